"""How much the level matters: drafts 5 mm lower and higher, and through the body of T12."""

from __future__ import annotations

import math

import numpy as np

from napari_t12_bodycomp.analysis.draft import draft_regions
from napari_t12_bodycomp.analysis.measure import measure
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.axial_slice import axial_slice
from napari_t12_bodycomp.model.level import LevelFinding, MeasuredLevel
from napari_t12_bodycomp.model.measurement import INDEX_NAMES, Measurement
from napari_t12_bodycomp.model.progress import Progress, no_progress
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.sensitivity import LevelSensitivity
from napari_t12_bodycomp.model.tissue import Tissue
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow.options import refuse_undrafted

OFFSETS_MM = (-5.0, 5.0)
BODY_STEP_MM = 5.0


def level_sensitivity(
    volume: CTVolume,
    level: MeasuredLevel,
    finding: LevelFinding | None,
    protocol: Protocol,
    height_m: float | None,
    progress: Progress = no_progress,
) -> LevelSensitivity | None:
    """Measure automatic drafts at the level, 5 mm below and above it, and about every 5 mm through the T12 body.

    All are drafts, so that differences come from the level and not from a person's corrections. The body is that of `finding`, where the
    level lies in it. None where not even the level's own slice can be drafted as
    the protocol's options want it.
    """
    known: dict[int, Measurement | None] = {}

    def at(index: int) -> Measurement | None:
        if index not in known:
            axial = axial_slice(volume, index, protocol.slab_mm)
            try:
                draft = draft_regions(volume, axial, protocol, canal=finding.canal if finding else None)
                refuse_undrafted(draft, protocol)
                known[index] = measure(axial, draft.regions, height_m, protocol, draft.thoracic)
            except InputError:
                known[index] = None
        return known[index]

    shifted_slices = {offset: _slice_at(volume, level.z_mm + offset) for offset in OFFSETS_MM}
    body_slices = _body_slices(volume, level, finding)
    wanted = [level.slice_index, *(i for i in shifted_slices.values() if i is not None), *body_slices]
    for done, index in enumerate(wanted):
        progress(done / len(wanted), "measuring around the level")
        at(index)
    progress(1.0, "measured around the level")
    reference = at(level.slice_index)
    if reference is None:
        return None
    body = [m for m in map(at, body_slices) if m is not None]
    return LevelSensitivity(
        reference,
        {offset: None if index is None else at(index) for offset, index in shifted_slices.items()},
        {t: _mean([m.areas_cm2[t] for m in body]) for t in Tissue},
        {name: _mean([m.indices[name] for m in body]) for name in INDEX_NAMES},
        len(body),
    )


def _slice_at(volume: CTVolume, z_mm: float) -> int | None:
    """The slice that holds `z_mm`; None where the scan has none there."""
    index, spacing = volume.nearest_slice(z_mm), volume.slice_spacing_mm
    reach = spacing / 2 if math.isfinite(spacing) else 0.0
    return index if abs(float(volume.z_mm[index]) - z_mm) <= reach + 1e-6 else None


def _body_slices(volume: CTVolume, level: MeasuredLevel, finding: LevelFinding | None) -> list[int]:
    """Slices about every 5 mm through the body of T12, the level's own among them; none where the level lies outside the body found."""
    if finding is None or finding.body_z_mm is None or not finding.body_z_mm[0] <= level.z_mm <= finding.body_z_mm[1]:
        return []
    low, high = finding.body_z_mm
    first, last = math.ceil((low - level.z_mm) / BODY_STEP_MM), math.floor((high - level.z_mm) / BODY_STEP_MM)
    places = (_slice_at(volume, level.z_mm + k * BODY_STEP_MM) for k in range(first, last + 1))
    return sorted({index for index in places if index is not None and low <= volume.z_mm[index] <= high})


def _mean(values: list[float]) -> float:
    """Mean of `values`, NaN where there are none or one is unknown."""
    return float(np.mean(values)) if values else math.nan
