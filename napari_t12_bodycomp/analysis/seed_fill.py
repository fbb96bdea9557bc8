"""Filling from one pixel, bounded by HU and by a radius, so that a gap in the border never lets it run away."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_t12_bodycomp.model.tissue import HUWindow

Mask = npt.NDArray[np.bool_]


def near_value(hu: npt.NDArray[np.int16], seed: tuple[int, int], tolerance_hu: int) -> HUWindow:
    """The window of `tolerance_hu` on both sides of what `hu` (Y, X) is at `seed`: the median of the 3 x 3 pixels there, which noise moves little."""
    row, column = seed
    middle = round(float(np.median(hu[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2])))
    return HUWindow(middle - tolerance_hu, middle + tolerance_hu)


def seed_fill(
    hu: npt.NDArray[np.int16],
    seed: tuple[int, int],
    window: HUWindow,
    reach_mm: float,
    spacing_mm: tuple[float, float],
    open_to: Mask,
) -> Mask:
    """The connected area (4 neighbours) around `seed` within `window`.

    Parameters
    ----------
    hu : int16 array (Y, X)
    seed : (int, int)
        Row and column that it grows from.
    window : HUWindow
        HU of the pixels it may take, the seed's own included.
    reach_mm : float
        Radius of the circle around the seed that it stays in.
    open_to : bool array (Y, X)
        Pixels that it may enter at all.

    Returns
    -------
    bool array (Y, X)
        Empty where the seed itself lies outside the picture or may not be taken.
    """
    filled = np.zeros(hu.shape, bool)
    if not all(0 <= s < n for s, n in zip(seed, hu.shape, strict=True)):
        return filled
    low = [max(s - int(reach_mm / mm), 0) for s, mm in zip(seed, spacing_mm, strict=True)]
    box = np.s_[low[0] : seed[0] + int(reach_mm / spacing_mm[0]) + 1, low[1] : seed[1] + int(reach_mm / spacing_mm[1]) + 1]
    inside = open_to[box] & (hu[box] >= window.low) & (hu[box] <= window.high)
    rows, columns = np.ogrid[: inside.shape[0], : inside.shape[1]]
    down, across = (rows + low[0] - seed[0]) * spacing_mm[0], (columns + low[1] - seed[1]) * spacing_mm[1]
    inside &= down**2 + across**2 <= reach_mm**2
    areas, _ = ndimage.label(inside)
    own = areas[seed[0] - low[0], seed[1] - low[1]]
    if own:
        filled[box] = areas == own
    return filled
