"""The current version of a case put on screen again, just as it was saved, and whether what is on screen is still that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.axial_slice import axial_slice
from napari_t12_bodycomp.model.level import LevelMethod, MeasuredLevel
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.study import Version
from napari_t12_bodycomp.report.indices_csv import slice_digest
from napari_t12_bodycomp.store import studies, versions
from napari_t12_bodycomp.workflow.seat import OpenCase
from napari_t12_bodycomp.workflow.session import Session
from napari_t12_bodycomp.workflow.session_state import SessionState, Work
from napari_t12_bodycomp.workflow.study import Desk

OTHER_SCAN = "The scan that this case was drawn on is wanted, another one came, or it was changed: look for the right one."


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A stored version with its pixels: `regions` (uint8, (Y, X)), the protocol it was measured by, and its row of the table of measurements."""

    version: Version
    regions: npt.NDArray[np.uint8]
    protocol: Protocol
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class OnScreen:
    """What of a drawing on screen would be saved, to tell whether it changed; empty where nothing was ever saved."""

    regions: npt.NDArray[np.uint8] | None = None
    level: tuple[object, ...] = ()
    """Slice, method, who confirmed it and why it is there; its candidate follows from the search."""
    height_m: float | None = None
    weight_kg: float | None = None

    @classmethod
    def of(cls, state: SessionState) -> OnScreen:
        """What is on screen now."""
        work, level, subject = state.work, state.level, state.subject
        if work is None or level is None:
            return cls(height_m=subject.height_m, weight_kg=subject.weight_kg)
        where = (level.slice_index, level.method, level.confirmed_by, level.reason)
        return cls(work.regions, where, subject.height_m, subject.weight_kg)

    def is_as(self, other: OnScreen) -> bool:
        """Whether `other` would be saved the same."""
        if self.regions is None or other.regions is None:
            return self.regions is other.regions
        here, there = ((s.level, s.height_m, s.weight_kg) for s in (self, other))
        return here == there and np.array_equal(self.regions, other.regions)


def current_drawing(desk: Desk, opened: OpenCase) -> Drawn | None:
    """The version of the case that counts, with its pixels; None where nothing is drawn. InputError where it does not fit its checksum."""
    version = next((v for v in opened.versions if v.number == opened.base), None)
    if version is None:
        return None
    with desk.store.reading() as connection:
        stored = versions.regions_of(connection, version)
        cells = versions.cells_of(connection, version.id)
        protocol = studies.protocol_versions(connection)[version.protocol_number - 1].protocol
    return Drawn(version, stored.regions, protocol, cells)


def restore(session: Session, drawn: Drawn) -> None:
    """Put a stored drawing on the scan that the session has open; who confirmed its level stays said.

    Raises
    ------
    InputError
        Where the scan is not the one that it was drawn on, to the pixel of the measured slice. The session is left without a drawing.
    """
    volume, version = session.state.volume, drawn.version
    if volume is None or version.slice_index >= len(volume.hu) or drawn.regions.shape != volume.shape[1:]:
        raise InputError(OTHER_SCAN)
    axial = axial_slice(volume, version.slice_index, drawn.protocol.slab_mm)
    if slice_digest(axial) != drawn.cells["slice_sha256"]:
        raise InputError(OTHER_SCAN)
    said = (drawn.cells.get(name, "") for name in ("level_reason", "level_candidate"))
    level = MeasuredLevel(version.slice_index, version.z_mm, LevelMethod(version.level_method), version.level_confirmed_by, *said)
    session.restore_level(level, confirmed_by=version.level_confirmed_by)
    work = session.state.work
    assert work is not None
    session.restore_work(Work(work.axial, drawn.regions, follows=drawn.protocol))
