"""How two masks of one slice lie over each other.

Sources: Dice LR. Ecology 1945;26:297-302; Jaccard P. 1901; for distances between contours Maier-Hein L et al. Metrics reloaded. Nat Methods
2024;21:195-212 (average symmetric surface distance; the 95% Hausdorff distance as the greater of the two directed ones).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from napari_t12_bodycomp.model.agreement import Overlap

Mask = npt.NDArray[np.bool_]


def overlap(first: Mask, second: Mask, spacing_mm: tuple[float, float]) -> Overlap:
    """Compare two masks (bool, (Y, X)) whose rows and columns are `spacing_mm` apart.

    Where one of them is empty, Dice and Jaccard are 0 and there is no distance; where both are, nothing can be said.

    Raises
    ------
    ValueError
        Where the masks differ in shape.
    """
    if first.shape != second.shape or first.ndim != 2:
        raise ValueError(f"two masks of one shape (Y, X) are wanted, not {first.shape} and {second.shape}")
    shared, either = int((first & second).sum()), int((first | second).sum())
    if either == 0:
        return Overlap(why_empty="both masks are empty")
    dice, jaccard = 2 * shared / (either + shared), shared / either
    if not first.any() or not second.any():
        return Overlap(dice, jaccard, why_empty="one of the masks is empty: there is no distance between contours")
    surface_mm, hausdorff95_mm = surface_distances(first, second, spacing_mm)
    return Overlap(dice, jaccard, surface_mm, hausdorff95_mm)


def surface_distances(first: Mask, second: Mask, spacing_mm: tuple[float, float]) -> tuple[float, float]:
    """Mean symmetric and 95% Hausdorff distance (mm) of the contours of two masks (bool, (Y, X)), neither of them empty.

    A contour is a mask's pixels with a neighbour (4-connected) outside it, or at the picture's edge. From each contour pixel of one mask
    the distance to the nearest of the other's is taken, both ways; the mean is over all of them.
    """
    window = _window(first | second)
    one, other = (_contour(mask[window]) for mask in (first, second))
    there, back = _distances(one, other, spacing_mm), _distances(other, one, spacing_mm)
    mean = float(np.concatenate([there, back]).mean())
    return mean, max(float(np.percentile(there, 95)), float(np.percentile(back, 95)))


def _window(mask: Mask) -> tuple[slice, slice]:
    """The rows and columns that `mask` reaches."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _contour(mask: Mask) -> Mask:
    inner: Mask = ndi.binary_erosion(mask)
    return mask & ~inner


def _distances(start: Mask, goal: Mask, spacing_mm: tuple[float, float]) -> npt.NDArray[np.float64]:
    """Distance (mm) from each pixel of `start` to the nearest of `goal`."""
    to_goal = ndi.distance_transform_edt(~goal, sampling=spacing_mm)
    return np.asarray(to_goal[start], dtype=np.float64)
