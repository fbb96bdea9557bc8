"""Costal cartilage on one slice."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from napari_t12_bodycomp.analysis.bone import Bones, closed, disk, opened

Mask = npt.NDArray[np.bool_]

CALCIFICATION_MM2 = 100.0
OPEN_MM, CLOSE_MM = 1.2, 2.5
BLUR_MM, CORE_MM2 = 2.0, 5.0
"""Bone brightens what lies nearer than this; cartilage shows at least so much of itself beyond."""
SIDE = 0.4
"""Costal cartilage lies in front of this share of the way from the front of the wall to the canal; further back there are ribs only."""
FAT_RIM_HU, RIM_MM, RIM_REACH_MM = -29, 1.0, 1.6


def find_cartilage(
    hu: npt.NDArray[np.int16], wall: Mask, cavity: Mask, bones: Bones, level_hu: float, spacing_mm: tuple[float, float]
) -> Mask:
    """Costal cartilage (Y, X) in front and at the sides of the `wall`: brighter than `level_hu`, compact, calcified parts included.

    What is bright only within the blur of a bone is its rim, no cartilage.
    """
    size = [max(1, 2 * int(1.5 / s) + 1) for s in spacing_mm]
    rows, cols = np.flatnonzero(wall.any(1)), np.flatnonzero(wall.any(0))
    if not rows.size:
        return np.zeros_like(wall)
    side = rows[0] + int(SIDE * max(0.0, bones.canal_px[0] - rows[0]))
    window = np.s_[rows[0] : side + 1, cols[0] : cols[-1] + 1]
    smooth = ndi.median_filter(hu[window], size)
    pieces, _ = ndi.label(bones.mask[window])
    ribs = np.bincount(pieces.ravel()) * spacing_mm[0] * spacing_mm[1] > CALCIFICATION_MM2
    ribs[0] = False
    rim = ndi.binary_dilation(ribs[pieces])
    bright = opened((smooth > level_hu) & wall[window] & ~rim, spacing_mm, OPEN_MM)
    labels, _ = ndi.label(bright)
    apart = ndi.distance_transform_edt(~bones.mask[window], sampling=spacing_mm) > BLUR_MM
    pixel_mm2 = spacing_mm[0] * spacing_mm[1]
    big = np.bincount(labels.ravel(), weights=(apart & bright).ravel()) * pixel_mm2 > CORE_MM2
    big[0] = False
    result = np.zeros_like(wall)
    soft = big[labels]
    soft |= ndi.binary_dilation(soft, disk(spacing_mm, 1.6)) & (smooth > level_hu)
    whole = ndi.binary_fill_holes(closed(soft | (bones.mask[window] & ndi.binary_dilation(soft, iterations=2)), spacing_mm, CLOSE_MM))
    result[window] = whole | _rim(whole, hu[window], wall[window], cavity[window], bones.mask[window], spacing_mm)
    return result & wall


def _rim(cartilage: Mask, hu: npt.NDArray[np.int16], wall: Mask, cavity: Mask, bone: Mask, spacing_mm: tuple[float, float]) -> Mask:
    """Pixels between cartilage and fat that look like muscle because they hold a part of both: a sheet too thin for muscle."""
    lean = wall & (hu > FAT_RIM_HU) & ~cartilage & ~bone
    near = ndi.binary_dilation(cartilage, disk(spacing_mm, RIM_REACH_MM)) & ndi.binary_dilation(cavity, disk(spacing_mm, 2 * RIM_REACH_MM))
    rim: Mask = lean & ~opened(lean, spacing_mm, RIM_MM) & near
    return rim
