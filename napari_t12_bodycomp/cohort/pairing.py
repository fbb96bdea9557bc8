"""One case read twice: its values, its level, and how the two drawings lie over each other."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from napari_t12_bodycomp.cohort.overlap import Mask, overlap
from napari_t12_bodycomp.cohort.quantities import getters, region_area, region_mask, tissue_area, tissue_mask
from napari_t12_bodycomp.model.agreement import CaseComparison, Overlap, Quantity
from napari_t12_bodycomp.model.reading import NAN, Reading
from napari_t12_bodycomp.model.tissue import Region, Tissue

_SAME_Z_MM = 0.05
"""Tables and headers round positions: slices no further apart are the same."""
_SAME_SPACING = 1e-3
"""Relative; headers round spacings likewise."""
_SAME_PLACE_MM = 0.1


def compare_case(first: Reading, second: Reading) -> CaseComparison:
    """One case read twice."""
    difference = _level_difference(first, second)
    why = _why_no_overlap(first, second, difference)
    values = {quantity.name: (get(first), get(second)) for quantity, get in getters().items()}
    overlaps = {quantity.name: Overlap(why_empty=why) if why else _overlap(quantity, first, second) for quantity in MASKS}
    return CaseComparison(first.case, first, second, difference, why, values, overlaps)


MASKS: Mapping[Quantity, Region | Tissue] = {**{tissue_area(t): t for t in Tissue}, **{region_area(r): r for r in Region}}
"""What has an outline, by the quantity of its area."""


def _mask(reading: Reading, what: Region | Tissue) -> Mask | None:
    return region_mask(reading, what) if isinstance(what, Region) else tissue_mask(reading, what)


def _overlap(quantity: Quantity, first: Reading, second: Reading) -> Overlap:
    what = MASKS[quantity]
    masks = {"first": _mask(first, what), "second": _mask(second, what)}
    one, other = masks.values()
    if one is None or other is None or first.pixel_spacing_mm is None:
        is_drawn = isinstance(what, Region)
        return Overlap(why_empty=_missing([s for s, mask in masks.items() if mask is None], "region" if is_drawn else "tissue map"))
    return overlap(one, other, first.pixel_spacing_mm)


def _missing(sides: list[str], what: str) -> str:
    return f"neither reading has a {what} here" if len(sides) == 2 else f"the {sides[0]} reading has no {what} here"


def _level_difference(first: Reading, second: Reading) -> float:
    """First minus second z (mm); NaN where one is unknown, or where they are positions in two scans."""
    if first.z_mm is None or second.z_mm is None or _are_other_scans(first, second):
        return NAN
    return first.z_mm - second.z_mm


def _are_other_scans(first: Reading, second: Reading) -> bool:
    return bool(first.scan and second.scan and first.scan != second.scan)


def _why_no_overlap(first: Reading, second: Reading, level_difference_mm: float) -> str:
    """Why the two drawings cannot be laid over each other; "" where they can."""
    drawn = [reading.regions if reading.regions is not None else reading.tissues for reading in (first, second)]
    if missing := [side for side, labels in zip(("first", "second"), drawn, strict=True) if labels is None]:
        return _missing(missing, "drawing")
    if _are_other_scans(first, second):
        return "two scans were measured"
    if math.isnan(level_difference_mm):
        return "it is unknown which slice was measured"
    if abs(level_difference_mm) > _SAME_Z_MM:
        return f"two slices were measured, {abs(level_difference_mm):.1f} mm apart"
    if not _on_one_grid(first, second):
        return "the drawings lie on two grids"
    return ""


def _on_one_grid(first: Reading, second: Reading) -> bool:
    """Whether two drawings have one shape and spacing and, as far as that is known, one place."""
    shapes = {labels.shape for r in (first, second) for labels in (r.regions, r.tissues) if labels is not None}
    ours, theirs = first.pixel_spacing_mm, second.pixel_spacing_mm
    if len(shapes) != 1 or ours is None or theirs is None or not np.allclose(ours, theirs, rtol=_SAME_SPACING, atol=0):
        return False
    here, there = first.origin_xy_mm, second.origin_xy_mm
    return here is None or there is None or bool(np.abs(np.subtract(here, there)).max() <= _SAME_PLACE_MM)
