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
    own: Measurement | None = None,
) -> LevelSensitivity | None:
    """Measure automatic drafts at the level, 5 mm below and above it, and about every 5 mm through the T12 body.

    All are drafts, so that differences come from the level and not from a person's corrections. The body is the one of `finding` that the level
    lies in: T12's, or that of the candidate or the vertebra that a person took for it. `own`, where given, is the draft measured at the level, which
    is then not made again. None where not even the level's own slice can be drafted as the protocol's options want it.
    """
    known: dict[int, Measurement | None] = {} if own is None else {level.slice_index: own}

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
    body = None if finding is None else finding.body_at(level.z_mm)
    body_slices = [] if body is None else _body_slices(volume, level, body)
    wanted = [level.slice_index, *(i for i in shifted_slices.values() if i is not None), *body_slices]
    for done, index in enumerate(wanted):
        progress(done / len(wanted), "measuring around the level")
        at(index)
    progress(1.0, "measured around the level")
    reference = at(level.slice_index)
    if reference is None:
        return None
    shifted = {offset: None if index is None else at(index) for offset, index in shifted_slices.items()}
    measured = [m for m in map(at, body_slices) if m is not None]
    why = {f"{offset:+g}": _why_not_there(volume, level, offset) for offset, m in shifted.items() if m is None}
    if not measured:
        why["body"] = "The level lies in no vertebral body that was found: where the body of T12 begins and ends is not known."
    return LevelSensitivity(
        reference,
        shifted,
        {t: _mean([m.areas_cm2[t] for m in measured]) for t in Tissue},
        {name: _mean([m.indices[name] for m in measured]) for name in INDEX_NAMES},
        len(measured),
        why,
    )


def _slice_at(volume: CTVolume, z_mm: float) -> int | None:
    """The slice that holds `z_mm`; None where the scan has none there."""
    index, spacing = volume.nearest_slice(z_mm), volume.slice_spacing_mm
    reach = spacing / 2 if math.isfinite(spacing) else 0.0
    return index if abs(float(volume.z_mm[index]) - z_mm) <= reach + 1e-6 else None


def _why_not_there(volume: CTVolume, level: MeasuredLevel, offset_mm: float) -> str:
    z = level.z_mm + offset_mm
    if _slice_at(volume, z) is not None:
        return f"No draft can be made at z {z:.1f} mm."
    low, high = float(volume.z_mm[0]), float(volume.z_mm[-1])
    where = "the scan ends before it" if not low <= z <= high else "slices are missing there"
    return f"There is no slice at z {z:.1f} mm: {where} (it runs from {low:.1f} to {high:.1f} mm)."


def _body_slices(volume: CTVolume, level: MeasuredLevel, body_z_mm: tuple[float, float]) -> list[int]:
    """Slices about every 5 mm through the body `body_z_mm`, the level's own among them."""
    low, high = body_z_mm
    first, last = math.ceil((low - level.z_mm) / BODY_STEP_MM), math.floor((high - level.z_mm) / BODY_STEP_MM)
    places = (_slice_at(volume, level.z_mm + k * BODY_STEP_MM) for k in range(first, last + 1))
    return sorted({index for index in places if index is not None and low <= volume.z_mm[index] <= high})


def _mean(values: list[float]) -> float:
    """Mean of `values`, NaN where there are none or one is unknown."""
    return float(np.mean(values)) if values else math.nan
