"""A calmer outline: specks and small holes go, the border is smoothed along itself, and nothing gets thinner."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.measure import find_contours

from napari_t12_bodycomp.analysis.rings import inside_rings
from napari_t12_bodycomp.model.tissue import Region

Labels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

SMALLEST_MM2 = 15.0
"""Lone areas and holes below this are flecks, not anatomy: the thinnest muscle drawn at T12 (an intercostal between two ribs) is larger."""
SCALE_MM = 1.5
_STEP_PX = 0.5


def simplified(
    regions: Labels,
    region: Region,
    allowed: Mask,
    spacing_mm: tuple[float, float],
    smallest_mm2: float = SMALLEST_MM2,
    scale_mm: float = SCALE_MM,
) -> Labels:
    """`regions` (Y, X) with `region` simplified.

    Holes are filled where no region holds them, whatever their HU: a fleck of fat in the muscle region is intermuscular fat. The border gains
    only `allowed` pixels (bool, (Y, X)); what it loses goes to the nearest other label.
    """
    mine = regions == region
    filled = mine | (_small(~mine, np.ones((3, 3)), smallest_mm2, spacing_mm) & (regions == 0))
    kept = filled & ~_small(filled, np.ones((3, 3)), smallest_mm2, spacing_mm)
    calm = smoothed(kept, spacing_mm, scale_mm)
    after = (calm & (filled | allowed)) if kept.any() else kept
    result = regions.copy()
    result[after] = region
    lost = mine & ~after
    if lost.any():
        nearest = ndimage.distance_transform_edt(mine | after, sampling=spacing_mm, return_distances=False, return_indices=True)
        result[lost] = regions[nearest[0][lost], nearest[1][lost]]
    return result


def _small(mask: Mask, structure: npt.NDArray[np.float64], largest_mm2: float, spacing_mm: tuple[float, float]) -> Mask:
    """The connected areas of `mask` below `largest_mm2` that do not touch the picture's edge."""
    areas, _ = ndimage.label(mask, structure)
    small = np.bincount(areas.ravel()) * spacing_mm[0] * spacing_mm[1] < largest_mm2
    small[0] = False
    small[np.unique(np.concatenate([areas[0], areas[-1], areas[:, 0], areas[:, -1]]))] = False
    return np.asarray(small[areas])


def smoothed(mask: Mask, spacing_mm: tuple[float, float], scale_mm: float) -> Mask:
    """`mask` (Y, X) with every outline smoothed along its own length at `scale_mm`.

    Both sides of a thin strip keep their places, since each outline is smoothed along itself and not across; the part of the smoothing that
    shrinks curves is added back (twicing: 2 G - G * G), so that a circle of 5 mm loses less than 1% of its radius.
    """
    padded = np.pad(mask, 2)
    rings = (_smooth_ring(ring, spacing_mm, scale_mm) for ring in find_contours(padded.astype(np.float32), 0.5))  # type: ignore[no-untyped-call]
    return inside_rings(padded.shape, rings)[2:-2, 2:-2]


def _smooth_ring(ring: npt.NDArray[np.float64], spacing_mm: tuple[float, float], scale_mm: float) -> npt.NDArray[np.float64]:
    """A closed ring (N, 2), first point last, smoothed at `scale_mm`; points at equal distances, in pixels."""
    mm = ring * spacing_mm
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(mm, axis=0).T))])
    step = _STEP_PX * min(spacing_mm)
    count = max(int(along[-1] / step), 8)
    at = np.linspace(0, along[-1], count, endpoint=False)
    even = np.stack([np.interp(at, along, mm[:, axis]) for axis in (0, 1)], axis=1)
    sigma = scale_mm / (along[-1] / count)
    once = ndimage.gaussian_filter1d(even, sigma, axis=0, mode="wrap")
    return np.asarray((2 * once - ndimage.gaussian_filter1d(once, sigma, axis=0, mode="wrap")) / spacing_mm)
