"""Regions drawn elsewhere, laid onto the measured slice: from another slice of this scan, or from an earlier visit of the same patient."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.analysis.body import find_trunk
from napari_t12_bodycomp.analysis.carry_over import Placing, body_frame, carried, fascia_frame, placed, spine_gap_mm
from napari_t12_bodycomp.dicom.read_labels import read_drawn_slice
from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.report import indices_csv
from napari_t12_bodycomp.workflow.drawing import PaintRules
from napari_t12_bodycomp.workflow.export import CSV_NAME
from napari_t12_bodycomp.workflow.options import DRAFTED_OPTIONS
from napari_t12_bodycomp.workflow.session_state import SessionState, Work

Labels = npt.NDArray[np.uint8]

NEAR_MM = 10.0
"""Within one scan, regions this near keep their place; further away body and spine have moved in the plane."""
ALIKE_MM = 5.0
"""Outlines that still lie further apart than this after matching belong to bodies of another shape."""
FINAL = ("confirmed", "approved")


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """Regions (Y, X) for the measured slice, the undo step's name, a plain sentence about where they came from, and the protocol they were made by."""

    regions: Labels
    name: str
    words: str
    follows: Protocol | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Earlier:
    regions: Labels
    spacing_mm: tuple[float, float]
    origin: str
    follows: Protocol | None


def from_other_slice(state: SessionState, drawn: Sequence[Work]) -> Carried:
    """Regions of the nearest other slice among `drawn`: one that a person drew on, else one that was drafted only.

    Raises
    ------
    UsageError
        Where no other slice of the scan holds regions.
    """
    work = _work(state)
    others = [w for w in drawn if w.axial.index != work.axial.index and not w.is_empty]
    if not others:
        raise UsageError("Regions on another slice of this scan are wanted, none are there yet: draw on one first.")
    there = min(others, key=lambda w: (not _is_by_hand(w), abs(w.axial.z_mm - work.axial.z_mm)))
    away = there.axial.z_mm - work.axial.z_mm
    placing = Placing() if abs(away) <= NEAR_MM else _placing(work, there.regions, there.axial.pixel_spacing_mm)
    regions = _laid(state, there.regions, there.axial.pixel_spacing_mm, placing)
    made = "drawn by hand" if _is_by_hand(there) else "the automatic draft there"
    place = f"slice {there.axial.index + 1} of this scan, {abs(away):.1f} mm {'higher' if away > 0 else 'lower'}"
    return Carried(regions, f"copy slice {there.axial.index + 1}", f"Copied from {place} ({made}){_how(placing)}", there.follows)


def from_earlier_visit(state: SessionState, path: Path) -> Carried:
    """Regions of an earlier measurement of the same patient: a results folder, its ``indices.csv``, or one of its ``regions.nii.gz``.

    Raises
    ------
    InputError
        Where they belong to another patient or to nobody known, or cannot be read.
    """
    work = _work(state)
    earlier = _read_earlier(path, state)
    placing = _placing(work, earlier.regions, earlier.spacing_mm)
    regions = _laid(state, earlier.regions, earlier.spacing_mm, placing)
    return Carried(regions, "copy earlier visit", f"Copied from {earlier.origin}{_how(placing)}", earlier.follows)


def _work(state: SessionState) -> Work:
    if state.work is None or state.volume is None:
        raise UsageError("A slice to draw on is wanted first: set the level.")
    return state.work


def _is_by_hand(work: Work) -> bool:
    return any(edit.name != "draft" for edit in work.undo)


def _placing(work: Work, regions: Labels, spacing_mm: tuple[float, float]) -> Placing:
    """How `regions` come to lie on the slice of `work`: by fascia and spine against its draft, else by the body's outline."""
    here = work.axial.pixel_spacing_mm
    drafted = np.zeros(work.regions.shape, np.uint8) if work.draft is None else work.draft.regions
    there_frame, here_frame = fascia_frame(regions), fascia_frame(drafted)
    if not (there_frame.any() and here_frame.any()):
        there_frame, here_frame = body_frame(regions), find_trunk(work.axial.hu, here).under_skin
    return placed(there_frame, spacing_mm, here_frame, here, spine_gap_mm(regions, spacing_mm), spine_gap_mm(drafted, here))


def _laid(state: SessionState, regions: Labels, spacing_mm: tuple[float, float], placing: Placing) -> Labels:
    """`regions` on the measured slice, within its body; regions that are protected stay as they are."""
    work, volume = _work(state), state.volume
    assert volume is not None
    trunk = find_trunk(work.axial.hu, work.axial.pixel_spacing_mm, volume.outside_fov)
    after = carried(regions, spacing_mm, placing, trunk.under_skin, work.axial.pixel_spacing_mm)
    return PaintRules(-1, None, frozenset(int(r) for r in state.tools.protected)).kept(work.regions, after)


def _how(placing: Placing) -> str:
    """What was done to make them fit, and what is to be done now."""
    check = "Check every contour."
    if math.isnan(placing.rms_mm):
        return f", cut to this slice's body. {check}"
    scaled = f"scaled {placing.scale[0]:.2f} front to back and {placing.scale[1]:.2f} side to side"
    by = "outline and vertebra" if placing.by_spine else "outline"
    said = f": laid on by {by} (turned {abs(math.degrees(placing.turn)):.0f}°, {scaled}), cut to this slice's body."
    if placing.rms_mm > ALIKE_MM:
        return f"{said} The outlines still lie {placing.rms_mm:.0f} mm apart: the body has another shape here, expect to redraw much."
    return f"{said} The outlines lie {placing.rms_mm:.1f} mm apart. {check}"


def _read_earlier(path: Path, state: SessionState) -> _Earlier:
    wanted = "Regions of an earlier visit of this patient are wanted"
    patient_id = indices_csv.safe_text(state.subject.patient_id)
    if not patient_id:
        raise InputError(f"{wanted}, but this scan names no patient ID: nobody could tell whose regions fit it, so draw them here.")
    folder = path if path.is_dir() else path.parent
    table = folder / CSV_NAME
    try:
        _, rows = indices_csv.parse(table.read_text(encoding="utf-8"), str(table))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{wanted}, but no {CSV_NAME} that says whose they are can be read beside them: choose a folder that results were saved into."
        ) from error
    only = "" if path.is_dir() or path.name == CSV_NAME else path.name
    rows = [row for row in rows if _file(folder, row) is not None and only in ("", row.get("regions_file", ""))]
    mine = [row for row in rows if row.get("patient_id", "") == patient_id]
    if not rows:
        raise InputError(
            f"{wanted}, but {CSV_NAME} there names no such regions: choose the folder or the regions.nii.gz of a saved result."
        )
    if not mine:
        raise InputError(f"{wanted}, but the ones chosen belong to another patient ID: nothing was copied, choose this patient's results.")
    return _from_row(folder, max(mine, key=lambda row: _rank(row, state)), state)


def _file(folder: Path, row: indices_csv.Row) -> Path | None:
    """The row's regions in `folder`; None where it names none that is there."""
    name = row.get("regions_file", "")
    return folder / name if name and Path(name).name == name and (folder / name).is_file() else None


def _rank(row: indices_csv.Row, state: SessionState) -> tuple[bool, bool, str]:
    """Another scan before this one, confirmed before drafts, the latest first."""
    return not _is_this_scan(row, state), row.get("status", "") in FINAL, row.get("study_date", "")


def _is_this_scan(row: indices_csv.Row, state: SessionState) -> bool:
    assert state.volume is not None
    a = state.volume.acquisition
    number = "" if a.acquisition_number is None else str(a.acquisition_number)
    same = row.get("series_instance_uid", "") == a.series_instance_uid and row.get("acquisition_number", "") == number
    return same and bool(a.series_instance_uid)


def _from_row(folder: Path, row: indices_csv.Row, state: SessionState) -> _Earlier:
    file = _file(folder, row)
    assert file is not None
    index = row.get("slice_index", "")
    regions, spacing_mm = read_drawn_slice(file, int(index) if index.isdecimal() else None)
    date = row.get("study_date", "")
    day = f"{date[:4]}-{date[4:6]}-{date[6:]}" if len(date) == 8 and date.isdecimal() else date
    study = "this same scan" if _is_this_scan(row, state) else f"the study of {day}" if day else "a study without date"
    by = f" by {row['assessor']}" if row.get("assessor") else ""
    origin = f"{file.name} of {study} (saved as {row.get('status') or 'unknown'}{by})"
    return _Earlier(regions, spacing_mm, origin, _protocol_of(row, state.protocol))


def _protocol_of(row: indices_csv.Row, here: Protocol) -> Protocol | None:
    """`here` with the options that the row's regions were made by; None where the row does not say.

    A row that carries an option's own flag was measured by one protocol with regions made by the other.
    """
    said: dict[str, Any] = {}
    flags = row.get("quality", "").split(";")
    for name, code in DRAFTED_OPTIONS.items():
        if row.get(name, "") not in ("yes", "no"):
            return None
        said[name] = (row[name] == "yes") != (code in flags)
    return replace(here, **said)
