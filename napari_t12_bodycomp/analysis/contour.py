"""Drawing operations on a label map of regions: pure, one slice, (row, column).

Every operation that paints asks `may_change` first, so the HU-lock and the protection of other regions hold everywhere in the same way.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.draw import polygon2mask

from napari_t12_bodycomp.model.tissue import Region

Labels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Pixels = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]

LARGEST_HOLE_MM2 = 150.0
"""Larger holes are anatomy (a vertebra in the muscle, a kidney in the cavity) and stay open."""


def may_change(regions: Labels, label: int, active: int, locked_to: Mask | None, protected: Collection[int]) -> Mask:
    """Pixels that may become `label`.

    Parameters
    ----------
    regions : uint8 array (Y, X)
        The map as it is, 0 for none.
    label : int
        What is painted; 0 erases.
    active : int
        The region in hand: never protected from itself.
    locked_to : bool array (Y, X), optional
        Pixels within the HU window of the lock; None where the lock is off. It never holds an eraser back.
    protected : collection of int
        Regions that are neither painted over nor erased.
    """
    allowed = np.ones(regions.shape, bool) if locked_to is None or label == 0 else locked_to.copy()
    for other in protected:
        if other != active:
            allowed &= regions != other
    return allowed


def disc(shape: tuple[int, int], centre: tuple[float, float], diameter_mm: float, spacing_mm: tuple[float, float]) -> Pixels:
    """Rows and columns of the pixels under a round brush: those whose centres lie within it, at least the one under its centre."""
    reach = [diameter_mm / 2 / s for s in spacing_mm]
    low = [max(int(np.ceil(c - r)), 0) for c, r in zip(centre, reach, strict=True)]
    high = [min(int(np.floor(c + r)) + 1, n) for c, r, n in zip(centre, reach, shape, strict=True)]
    if low[0] < high[0] and low[1] < high[1]:
        rows, columns = np.mgrid[low[0] : high[0], low[1] : high[1]]
        inside = ((rows - centre[0]) * spacing_mm[0]) ** 2 + ((columns - centre[1]) * spacing_mm[1]) ** 2 <= (diameter_mm / 2) ** 2
        if inside.any():
            return rows[inside], columns[inside]
    row, column = (int(np.rint(c)) for c in centre)
    if 0 <= row < shape[0] and 0 <= column < shape[1]:
        return np.array([row], np.intp), np.array([column], np.intp)
    return np.zeros(0, np.intp), np.zeros(0, np.intp)


def inside_polygon(shape: tuple[int, int], points: Sequence[Sequence[float]] | npt.NDArray[np.float64]) -> Pixels:
    """Rows and columns of the pixels whose centres lie in the polygon through `points` (row, column)."""
    if len(points) < 3:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    rows, columns = np.nonzero(polygon2mask(shape, np.asarray(points, float)))  # type: ignore[no-untyped-call]
    return rows, columns


def flood(regions: Labels, seed: tuple[int, int], allowed: Mask) -> Mask:
    """The connected area (4 neighbours) around `seed` that has the seed's label and is allowed; empty where the seed itself is not."""
    if not (0 <= seed[0] < regions.shape[0] and 0 <= seed[1] < regions.shape[1]) or not allowed[seed]:
        return np.zeros(regions.shape, bool)
    areas, _ = ndimage.label(allowed & (regions == regions[seed]))
    return np.asarray(areas == areas[seed])


def fill_holes(regions: Labels, region: Region, spacing_mm: tuple[float, float], largest_mm2: float = LARGEST_HOLE_MM2) -> Labels:
    """Fill holes in `region` up to `largest_mm2`; pixels of other regions in them stay what they are."""
    mine = regions == region
    holes, _ = ndimage.label(ndimage.binary_fill_holes(mine) & ~mine)
    sizes = np.bincount(holes.ravel())
    sizes[0] = 0
    small = (sizes > 0) & (sizes * spacing_mm[0] * spacing_mm[1] <= largest_mm2)
    result = regions.copy()
    result[small[holes] & (regions == 0)] = region
    return result


def grow(regions: Labels, region: Region, allowed: Mask) -> Labels:
    """Grow `region` by one pixel (4 neighbours) into `allowed` pixels that no region holds."""
    result = regions.copy()
    result[ndimage.binary_dilation(regions == region) & (regions == 0) & allowed] = region
    return result


def shrink(regions: Labels, region: Region) -> Labels:
    """Take the outermost pixel layer (4 neighbours) off `region`, also along the edge of the picture's other regions."""
    mine = regions == region
    result = regions.copy()
    result[mine & ~ndimage.binary_erosion(mine, border_value=1)] = 0
    return result
