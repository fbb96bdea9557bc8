"""Model to napari's layer data and to lines for drawing; knows no viewer.

World coordinates are LPS mm as (z, y, x) on one regular grid, so that every layer lies on the CT; slices stand at equal distances there, the
median one, also where the scan's own spacing varies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_t12_bodycomp.model.tissue import MAIN_TISSUE, Region, Tissue
from napari_t12_bodycomp.model.volume import CTVolume

LayerData = tuple[Any, dict[str, Any], str]
AXIS_LABELS = ("z", "y", "x")
UNITS = ("mm", "mm", "mm")
HU_WINDOWS = {"soft": (400, 40), "bone": (1800, 400), "lung": (1500, -600)}
"""Display windows: width and level (HU)."""
NAMES = {"ct": "CT", "slab": "Measured slice", "tissues": "Tissues", "regions": "Regions"}


HIDDEN = "t12_numbers_hidden"
"""Key of a layer's metadata: a function that says why its numbers are hidden at the moment, "" where they are not."""
PLACE = "t12_place"
"""Key in a layer's metadata: the volume and the slice that its (1, Y, X) labels belong to."""


def limits(window: str) -> tuple[float, float]:
    """Contrast limits of a display window."""
    width, level = HU_WINDOWS[window]
    return level - width / 2, level + width / 2


def slice_step_mm(volume: CTVolume) -> float:
    """Distance of slices in the window (mm); a single slice stands for its own thickness."""
    spacing = volume.slice_spacing_mm
    return spacing if np.isfinite(spacing) else volume.acquisition.slice_thickness_mm or 1.0


def grid(volume: CTVolume, first_slice: int = 0) -> dict[str, Any]:
    """Where a layer that begins at `first_slice` lies: scale, translation, units and axis labels."""
    step = slice_step_mm(volume)
    return {
        "scale": (step, *volume.pixel_spacing_mm),
        "translate": (float(volume.z_mm[0]) + first_slice * step, volume.origin_xy_mm[1], volume.origin_xy_mm[0]),
        "units": UNITS,
        "axis_labels": AXIS_LABELS,
    }


def ct_layer(volume: CTVolume, name: str = NAMES["ct"]) -> LayerData:
    """The scan as an image."""
    looks = {
        "name": name,
        "colormap": "gray",
        "contrast_limits": limits("soft"),
        "interpolation2d": "linear",
        "metadata": {"volume": volume},
    }
    return volume.hu, {**looks, **grid(volume)}, "image"


def region_colours() -> dict[int | None, str]:
    """Colour by region, that of its main tissue."""
    return {None: "transparent", 0: "transparent", **{int(r): MAIN_TISSUE[r].colour for r in Region}}


def tissue_colours() -> dict[int | None, str]:
    """Colour by tissue."""
    return {None: "transparent", 0: "transparent", **{int(t): t.colour for t in Tissue}}


INSET = 0.2
"""How far a contour lies inside its own region (pixels), so that two regions' contours along one edge are both seen."""
_CORNERS = {8: (0, 0), 4: (0, 1), 2: (1, 1), 1: (1, 0)}
_SIDES = {"top": (8, 4), "right": (4, 2), "bottom": (1, 2), "left": (8, 1)}
_CELLS = {
    1: ("left bottom",),
    2: ("bottom right",),
    3: ("left right",),
    4: ("top right",),
    5: ("top right", "left bottom"),
    6: ("top bottom",),
    7: ("top left",),
    8: ("top left",),
    9: ("top bottom",),
    10: ("top left", "bottom right"),
    11: ("top right",),
    12: ("left right",),
    13: ("bottom right",),
    14: ("left bottom",),
}
"""Marching squares: sides that a segment joins, by which corners of a cell are inside (8 4 over 1 2)."""


def _crossing(code: int, side: str) -> npt.NDArray[np.float64]:
    """Where the contour crosses a cell's side, a little towards the corner that is inside."""
    first, second = _SIDES[side]
    inside, outside = (first, second) if code & first else (second, first)
    a, b = np.array(_CORNERS[inside], float), np.array(_CORNERS[outside], float)
    return np.asarray(a + (b - a) * (0.5 - INSET))


def _segment_table(which: int) -> npt.NDArray[np.float32]:
    """The `which`th segment (2, 2) of each cell code; NaN where it has none."""
    table = np.full((16, 2, 2), np.nan, np.float32)
    for code, pairs in _CELLS.items():
        if which < len(pairs):
            table[code] = np.stack([_crossing(code, side) for side in pairs[which].split()])
    return table


_FIRST, _SECOND = _segment_table(0), _segment_table(1)


def outline(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """The outline of `mask` as segments (N, 2, 2), each two (row, column) points between pixel centres (marching squares)."""
    return outlines(mask.astype(np.uint8), (1,))[1]


def outlines(labels: npt.NDArray[np.uint8], values: Sequence[int]) -> dict[int, npt.NDArray[np.float32]]:
    """The outline of each of `values` in a label map (Y, X), as `outline` gives it; the map is searched once for all."""
    padded = np.zeros((labels.shape[0] + 2, labels.shape[1] + 2), labels.dtype)
    padded[1:-1, 1:-1] = labels
    corners = {8: padded[:-1, :-1], 4: padded[:-1, 1:], 2: padded[1:, 1:], 1: padded[1:, :-1]}
    edge = (corners[8] != corners[4]) | (corners[8] != corners[2]) | (corners[8] != corners[1])
    cells = np.flatnonzero(edge)
    rows, columns = np.divmod(cells, edge.shape[1])
    at = np.stack([rows, columns], axis=1).astype(np.float32) - 1
    there = {weight: corner[rows, columns] for weight, corner in corners.items()}
    found = {}
    for value in values:
        code = np.zeros(len(cells), np.uint8)
        for weight, corner in there.items():
            code += (corner == value).astype(np.uint8) * np.uint8(weight)
        one, two = np.flatnonzero((code > 0) & (code < 15)), np.flatnonzero((code == 5) | (code == 10))
        found[value] = np.concatenate([at[k][:, None, :] + table[code[k]] for k, table in ((one, _FIRST), (two, _SECOND))])
    return found


def dashes(segments: npt.NDArray[np.float32], where: npt.NDArray[np.bool_], length: float = 4.0) -> npt.NDArray[np.float32]:
    """The segments within `where` (bool, (Y, X)), every other few pixels along a course around the middle left out."""
    if not len(segments) or not where.any():
        return segments[:0]
    middle = segments.mean(axis=1)
    at = np.clip(np.rint(middle).astype(int), 0, np.array(where.shape) - 1)
    offset = middle - np.array(where.shape) / 2
    radius = np.hypot(offset[:, 0], offset[:, 1])
    around = np.arctan2(offset[:, 0], offset[:, 1]) * max(float(radius.mean()), 1.0)
    on = (np.floor(around / length) + np.floor(radius / length)) % 2 == 0
    return segments[where[at[:, 0], at[:, 1]] & on]


def joined(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The segments (N - 1, 2, 2) along `points` (N, 2)."""
    return np.stack([points[:-1], points[1:]], axis=1)


def hatch(mask: npt.NDArray[np.bool_], rising: bool, every: int = 4) -> npt.NDArray[np.float64]:
    """Slanted lines through `mask` (Y, X), one for each `every` pixels, as segments (N, 2, 2); rising to the right, or falling."""
    rows, columns = np.nonzero(mask)
    on = ((rows + columns) if rising else (rows - columns)) % every == 0
    at = np.stack([rows[on], columns[on]], axis=1)[:, None, :].astype(np.float64)
    return at + np.array([[0.5, -0.5], [-0.5, 0.5]] if rising else [[-0.5, -0.5], [0.5, 0.5]])


def body_box(hu: npt.NDArray[np.int16]) -> tuple[int, int, int, int]:
    """First and last row, first and last column of the largest body on a slice (whole pixels); the whole slice where there is none."""
    coarse = ndimage.binary_opening(hu[::4, ::4] > -300, iterations=3)
    areas, n = ndimage.label(coarse)
    if n == 0:
        return 0, hu.shape[0] - 1, 0, hu.shape[1] - 1
    rows, columns = ndimage.find_objects(areas)[np.bincount(areas.ravel())[1:].argmax()]
    return rows.start * 4, min(rows.stop * 4, hu.shape[0]) - 1, columns.start * 4, min(columns.stop * 4, hu.shape[1]) - 1
