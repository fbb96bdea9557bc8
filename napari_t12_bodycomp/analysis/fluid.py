"""Fluid against the inner wall, ascites or pleural effusion: its edge to the muscle is faint, and has to be drawn where fluid ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from napari_t12_bodycomp.analysis.bone import disk, opened
from napari_t12_bodycomp.analysis.distance import near
from napari_t12_bodycomp.model.axial_slice import AxialSlice
from napari_t12_bodycomp.model.tissue import Region

Mask = npt.NDArray[np.bool_]

FLUID_HU = (-8.0, 24.0)
"""Ascites and effusion read 0 to 20 HU, a little more with blood or protein; muscle reads 40 to 65, and organs no less than 30."""
BLUR_MM, SLOPE_HU_MM = 1.8, 5.0
"""Fluid is plain: smoothed, it changes by less than this within a mm. At the edge between fat and muscle, which passes the same HU, it does not."""
FLUID_CM2, CONTACT_MM, TOUCH_MM = 3.0, 45.0, 6.0
POCKET_CM2, POCKET_CONTACT_MM, POCKET_HU = 0.5, 15.0, 6.0
"""Fluid is free to spread: where there is much of it, smaller pockets at the wall that read the same are the same."""
LEAST_CONTRAST_HU, REACH_MM, FLUID_SIDE = 18.0, 8.0, 0.4
DRAINED_HU = -100
RECESS_SHARE = 0.8
"""The pleural recess meets the tenth rib in the midaxillary line and the twelfth beside the spine: at T12 what fills it touches the wall behind that
line. Ascites floats in front and at the flanks as well."""


@dataclass(frozen=True, slots=True, eq=False)
class Fluid:
    """`mask` (Y, X) is fluid in touch with the wall, out to where muscle begins; `area_cm2` and `hu` are those of its plain middle.

    `is_behind` says that it touches the wall behind the midaxillary line only, where the pleural recess is.
    """

    mask: Mask
    area_cm2: float
    hu: float
    is_behind: bool

    def drained(self, hu: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
        """`hu` (Y, X) with fat in the place of the fluid, against which the wall's edge is clear."""
        return np.where(self.mask, DRAINED_HU, hu).astype(np.int16)


def find_fluid(axial: AxialSlice, regions: npt.NDArray[np.uint8], expected: Mask) -> Fluid | None:
    """Fluid against the inner wall of the drafted `regions` (uint8, (Y, X)); None where there is none to speak of.

    Where organs stand out behind fluid, the draft may have taken it into the wall: what lies inside the `expected` wall (Y, X), carried by the
    ribs, and reads like fluid and clearly darker than this person's muscle, is fluid there too.
    """
    spacing = axial.pixel_spacing_mm
    if not (regions == Region.VISCERAL).any():
        return None
    rows, cols = ndi.find_objects((regions == Region.VISCERAL).astype(np.uint8))[0]
    pad = [int(2 * REACH_MM / s) for s in spacing]
    box = np.s_[max(0, rows.start - pad[0]) : rows.stop + pad[0], max(0, cols.start - pad[1]) : cols.stop + pad[1]]
    hu, cavity, muscle = axial.hu[box], regions[box] == Region.VISCERAL, regions[box] == Region.MUSCLE
    smooth = ndi.gaussian_filter(np.clip(hu, -150, 150).astype(np.float32), [BLUR_MM / s for s in spacing])
    slope = np.hypot(*(ndi.sobel(smooth, axis) / (8 * spacing[axis]) for axis in (0, 1)))
    own_hu = _muscle_hu(hu, muscle & ~expected[box])
    inside = cavity | (muscle & expected[box] & (smooth < own_hu - LEAST_CONTRAST_HU))
    labels, count = ndi.label(inside & (smooth > FLUID_HU[0]) & (smooth < FLUID_HU[1]) & (slope < SLOPE_HU_MM))
    edge = cavity & ndi.binary_dilation(muscle, disk(spacing, 1.5 * max(spacing)))
    reached = ndi.maximum_filter(labels, [2 * round(TOUCH_MM / s) + 1 for s in spacing])
    contact_mm = np.bincount(reached[edge], minlength=count + 1) * float(np.sqrt(spacing[0] * spacing[1]))
    area_cm2 = np.bincount(labels.ravel(), minlength=count + 1) * spacing[0] * spacing[1] / 100
    large = (contact_mm > CONTACT_MM) & (area_cm2 > FLUID_CM2)
    large[0] = False
    if not large.any():
        return None
    level = float(np.median(hu[large[labels]]))
    pocket_hu = ndi.mean(hu, labels, np.arange(count + 1))
    large[1:] |= ((contact_mm > POCKET_CONTACT_MM) & (area_cm2 > POCKET_CM2) & (np.abs(pocket_hu - level) < POCKET_HU))[1:]
    plain: Mask = large[labels]
    middle = float(np.flatnonzero(cavity.any(1))[[0, -1]].mean())
    behind = float(np.mean(np.nonzero(large[reached] & edge)[0] > middle))
    mask = np.zeros(regions.shape, bool)
    mask[box] = _extent(muscle, plain, own_hu, level, smooth, spacing)
    return Fluid(mask, float(area_cm2[large].sum()), level, behind > RECESS_SHARE)


def _muscle_hu(hu: npt.NDArray[np.int16], muscle: Mask) -> float:
    """HU of this person's muscle, in the drafted region `muscle` (Y, X); -inf where none is."""
    lean = hu[muscle & (hu > -29) & (hu < 150)]
    return float(np.median(lean)) if lean.size else -np.inf


def _extent(
    muscle: Mask,
    fluid: Mask,
    muscle_hu: float,
    fluid_hu: float,
    smooth: npt.NDArray[np.float32],
    spacing_mm: tuple[float, float],
) -> Mask:
    """`fluid` (Y, X) grown to its borders, into the muscle region where that reads like fluid and this person's muscle clearly otherwise."""
    within = near(fluid, spacing_mm, REACH_MM) & (smooth > FLUID_HU[0])
    if muscle_hu - fluid_hu > LEAST_CONTRAST_HU:
        within &= smooth < fluid_hu + FLUID_SIDE * (muscle_hu - fluid_hu)
    else:
        within &= ~muscle
    return opened(ndi.binary_propagation(fluid, mask=within | fluid), spacing_mm, BLUR_MM) | fluid
