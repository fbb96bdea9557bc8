"""The drawings of one case: one for each slice, or average of slices, that somebody drew on or had drafted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from napari_t12_bodycomp.analysis.measure import measure
from napari_t12_bodycomp.model.axial_slice import axial_slice
from napari_t12_bodycomp.model.measurement import Measurement
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.quality import QualityFlag
from napari_t12_bodycomp.model.roi_map import Draft
from napari_t12_bodycomp.model.subject import Subject
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow.history import edited
from napari_t12_bodycomp.workflow.session_state import Work


class Drawings:
    """Keeps them while the level moves from slice to slice."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, ...], Work] = {}
        """By the slices averaged: a slab no thicker than its slice is that slice, whatever it is called."""

    @property
    def all(self) -> tuple[Work, ...]:
        """Every drawing that was kept."""
        return tuple(self._made.values())

    def forget(self) -> None:
        """Begin another case."""
        self._made.clear()

    def keep(self, work: Work) -> None:
        """Keep a drawing as that of its slice."""
        self._made[work.axial.indices] = work

    def on(self, volume: CTVolume, slice_index: int, slab_mm: float) -> Work:
        """The drawing of a slice, averaged over `slab_mm`: the one made before, else an empty one, which is not kept."""
        axial = axial_slice(volume, slice_index, slab_mm)
        return self._made.get(axial.indices) or Work(axial, np.zeros(axial.hu.shape, np.uint8))

    def keep_late(self, draft: Draft, quality: tuple[QualityFlag, ...], volume: CTVolume, slice_index: int, slab_mm: float) -> None:
        """Keep a draft of a slice that nobody looks at any more, unless that slice has a drawing."""
        work = self.on(volume, slice_index, slab_mm)
        if work.axial.indices not in self._made:
            self.keep(drafted(work, draft, quality))


def drafted(work: Work, draft: Draft, quality: tuple[QualityFlag, ...]) -> Work:
    """`work` with the regions of `draft`, as one undo step called "draft"."""
    return replace(edited(work, "draft", draft.regions, draft.protocol), draft=draft, quality=quality)


def measured_work(work: Work, subject: Subject, protocol: Protocol) -> Measurement | None:
    """What a drawing measures by `protocol`; None for an empty one."""
    thoracic = None if work.draft is None else work.draft.thoracic
    return None if work.is_empty else measure(work.axial, work.regions, subject.height_m, protocol, thoracic)
