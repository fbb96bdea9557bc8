"""Pushing a border with a ball: what it pushes grows or gives way exactly as far as the ball goes.

The ball starts where it fits on the side of the border that it was put on, touching nothing, and keeps its place beside the mouse from then on.
Nothing jumps at the start, and the border moves as far as the mouse does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_t12_bodycomp.analysis.contour import Pixels

Mask = npt.NDArray[np.bool_]
Point = tuple[float, float]

SPECK_MM2 = 30.0
"""Smaller holes and islands (flecks that a HU-lock left out) do not stand in the ball's way where it is put down."""


@dataclass(frozen=True, slots=True)
class Ball:
    """Where the ball lies beside the mouse (rows, columns), its radius, and whether it pushes from inside."""

    offset: Point
    radius_mm: float
    from_inside: bool

    def centre(self, mouse: Point) -> Point:
        """Its centre (row, column) while the mouse is at `mouse`."""
        return mouse[0] + self.offset[0], mouse[1] + self.offset[1]


def ball_at(mask: Mask, mouse: Point, radius_mm: float, spacing_mm: tuple[float, float]) -> Ball:
    """The ball that is put down at `mouse` (row, column) on the side of the border of `mask` (Y, X) where the mouse is.

    It lies as near to the mouse as it fits; where it fits nowhere within its radius, it is as large as fits there.
    """
    row, column = (min(max(round(m), 0), n - 1) for m, n in zip(mouse, mask.shape, strict=True))
    reach = [int(2 * radius_mm / s) + 2 for s in spacing_mm]
    low = max(row - reach[0], 0), max(column - reach[1], 0)
    here = mask[low[0] : row + reach[0] + 1, low[1] : column + reach[1] + 1]
    at = row - low[0], column - low[1]
    from_inside = bool(here[at])
    side = _without_specks(here if from_inside else ~here, spacing_mm)
    areas, _ = ndimage.label(side, np.ones((3, 3)))
    side = areas == areas[at]
    depth = ndimage.distance_transform_edt(np.pad(side, 1, mode="edge"), sampling=spacing_mm)[1:-1, 1:-1] - min(spacing_mm) / 2
    rows, columns = np.indices(here.shape)
    far = np.hypot((rows - at[0]) * spacing_mm[0], (columns - at[1]) * spacing_mm[1])
    fits = np.where(side & (far <= radius_mm), np.minimum(depth, radius_mm), -1.0) if side.any() else np.zeros(here.shape)
    best = np.unravel_index(int((fits - 1e-3 * far / max(radius_mm, 1e-9)).argmax()), here.shape)
    radius = float(min(max(depth[best], min(spacing_mm) / 2), radius_mm))
    return Ball((float(best[0] - at[0]), float(best[1] - at[1])), radius, from_inside)


def _without_specks(side: Mask, spacing_mm: tuple[float, float]) -> Mask:
    """`side` with the small areas that are not of it counted as part of it."""
    others, _ = ndimage.label(~side)
    sizes = np.bincount(others.ravel()) * spacing_mm[0] * spacing_mm[1]
    small = sizes <= SPECK_MM2
    small[0] = False
    touching = np.unique(np.concatenate([others[0], others[-1], others[:, 0], others[:, -1]]))
    small[touching] = False
    return np.asarray(side | small[others])


def swept(shape: tuple[int, int], start: Point, end: Point, radius_mm: float, spacing_mm: tuple[float, float]) -> Pixels:
    """Rows and columns of the pixels whose centres the ball covers on its way from `start` to `end` (row, column)."""
    reach = [radius_mm / s for s in spacing_mm]
    low = [max(int(np.ceil(min(a, b) - r)), 0) for a, b, r in zip(start, end, reach, strict=True)]
    high = [min(int(np.floor(max(a, b) + r)) + 1, n) for a, b, r, n in zip(start, end, reach, shape, strict=True)]
    if low[0] >= high[0] or low[1] >= high[1]:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    rows, columns = np.mgrid[low[0] : high[0], low[1] : high[1]]
    down, across = (rows - start[0]) * spacing_mm[0], (columns - start[1]) * spacing_mm[1]
    way = (end[0] - start[0]) * spacing_mm[0], (end[1] - start[1]) * spacing_mm[1]
    length2 = way[0] ** 2 + way[1] ** 2
    along = np.clip((down * way[0] + across * way[1]) / length2, 0, 1) if length2 else np.zeros(rows.shape)
    inside = (down - along * way[0]) ** 2 + (across - along * way[1]) ** 2 <= radius_mm**2
    return rows[inside], columns[inside]
