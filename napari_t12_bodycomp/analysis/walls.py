"""The outer contour of the body wall: the fascia under the subcutaneous fat."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from napari_t12_bodycomp.analysis.bone import disk, opened
from napari_t12_bodycomp.analysis.polar import Rays, closed_path

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

STEP_MM = 0.5
RAY_MM = 2.0
"""About the distance between rays at the body wall."""
LEAN_HU, FAT_HU = -5.0, -55.0
SKIN_MM, THICK_SKIN_MM, VESSEL_MM2, LINK_MM = 2.0, 5.0, 40.0, 1.5
SEAM_MM = 1.0
"""Fat under the skin of the leanest, where there is any to see."""
DEEP_UNDER_SKIN_MM, DEEP_SHARE = 15.0, 0.1
"""No skin is this thick: what touches it and reaches deeper with more than this share is the wall, met by the edge of the field of view."""
FALLEN_MM = 10.0
"""On rays that the field of view cuts, a fascia this much deeper than between its neighbours has fallen through the missing wall."""
MUSCLE_OUTSIDE_COST, FAT_INSIDE_COST = 1.0, 0.5
SNAP_BLUR_MM, PURE_FAT_HU = 0.5, -100.0
USUAL_MUSCLE_HU = 55.0
CARTILAGE_HU = (77.0, 22.0)
"""Cartilage is brighter than the first, and than the own muscle plus the second."""


def outer_radius(rays: Rays, mask: Mask, reach_mm: float) -> Floats:
    """Radius (K,) of the outermost pixel of `mask` (Y, X) on each ray."""
    radius = np.arange(0.0, reach_mm, STEP_MM)
    inside = rays.sample(mask, radius, order=1, outside=0) > 0.5
    outermost: Floats = radius[inside.shape[1] - 1 - inside[:, ::-1].argmax(1)]
    return outermost


def lean_tissue(hu: npt.NDArray[np.int16], body: Mask, skin_depth_mm: Floats, spacing_mm: tuple[float, float]) -> Floats:
    """How lean (0 fat, 1 muscle or bone) each pixel (Y, X) is, for the search of the fascia.

    Skin, also where it is thick or wet because the patient lies on it, and small dense patches in the fat, which are vessels, count as fat.
    """
    box = ndi.find_objects(body.astype(np.uint8))[0]
    whole = np.zeros(hu.shape)
    hu, body, skin_depth_mm = hu[box], body[box], skin_depth_mm[box]
    smooth = ndi.gaussian_filter(hu.astype(np.float32), [0.5 / s for s in spacing_mm])
    lean = np.clip((smooth - FAT_HU) / (LEAN_HU - FAT_HU), 0, 1) * (body & (skin_depth_mm > SKIN_MM))
    firm = lean > 0.5
    shallow = skin_depth_mm < THICK_SKIN_MM
    thick = firm & (~shallow | opened(firm, spacing_mm, 2.0))
    firm = thick | _flaps(firm & ~thick, thick, skin_depth_mm)
    deep = firm & (skin_depth_mm > DEEP_UNDER_SKIN_MM)

    def skin_only(labels: npt.NDArray[np.intp], size: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        share = np.bincount(labels[deep], minlength=len(size)) / np.maximum(size, 1)
        return np.setdiff1d(np.unique(labels[shallow]), np.flatnonzero(share > DEEP_SHARE))

    at_skin = _pieces(firm, skin_only)
    firm &= ~at_skin
    linked = firm | ndi.binary_closing(firm, disk(spacing_mm, LINK_MM))
    pixel_mm2 = spacing_mm[0] * spacing_mm[1]
    firm &= ~_pieces(linked, lambda labels, size: np.flatnonzero(size * pixel_mm2 <= VESSEL_MM2))
    whole[box] = np.where(firm | ndi.binary_dilation(firm), lean, 0.0)
    return whole


def _flaps(thin: Mask, thick: Mask, skin_depth_mm: Floats) -> Mask:
    """The pieces of `thin` (Y, X) that hang on the `thick` wall, with fat between them and the skin: edges of flat muscles in the lean."""
    labels, count = ndi.label(thin, np.ones((3, 3)))
    hanging = np.bincount(labels[ndi.binary_dilation(thick, np.ones((3, 3)))], minlength=count + 1) > 0
    hanging[labels[skin_depth_mm < SKIN_MM + SEAM_MM]] = False
    hanging[0] = False
    result: Mask = hanging[labels]
    return result


def _pieces(mask: Mask, chosen: Callable[[npt.NDArray[np.intp], npt.NDArray[np.intp]], npt.NDArray[np.intp]]) -> Mask:
    """The connected pieces of `mask` (Y, X) that `chosen` names, given all labels and sizes; never the largest."""
    labels, count = ndi.label(mask)
    size = np.bincount(labels.ravel(), minlength=count + 1)
    size[0] = 0
    named = np.zeros(count + 1, bool)
    named[chosen(labels, size)] = True
    named[0] = named[size.argmax()] = False
    result: Mask = named[labels]
    return result


def find_fascia(lean: Floats, skin_mm: Floats, rays: Rays) -> Floats:
    """Radius (K,) of the outer contour of the muscles.

    A closed minimal path: each mm of lean tissue left outside costs, each mm of fat left inside costs less, and only down to the first
    muscle met from the skin, so that the path never falls through a thin wall into the fat of the cavity.
    """
    radius = np.arange(0.0, float(skin_mm.max()) + STEP_MM, STEP_MM)
    values = rays.sample(lean, radius, outside=0)
    out = values[:, ::-1]
    under_skin = radius[::-1][None, :] <= skin_mm[:, None]
    muscle_outside = np.cumsum(np.where(under_skin, out, 0), 1) * STEP_MM
    need = int(2 / STEP_MM)
    solid = np.lib.stride_tricks.sliding_window_view(np.pad(out, ((0, 0), (0, need - 1))), need, axis=1).mean(2) > 0.6
    first = np.where(solid.any(1), solid.argmax(1), out.shape[1] - 1)
    first = lipschitz(first, int(0.8 * RAY_MM / STEP_MM), int(30 / RAY_MM))
    fat_outside = np.cumsum(np.where(under_skin, 1 - out, 0), 1) * STEP_MM
    at_first = np.take_along_axis(fat_outside, first[:, None], 1)
    fat_inside = np.maximum(at_first - fat_outside, 0)
    cost = MUSCLE_OUTSIDE_COST * muscle_outside + FAT_INSIDE_COST * fat_inside
    cost = np.where(under_skin, cost, 1e3)
    low = int(max(0, first.min() - 10 / STEP_MM))
    low = int(np.argmax(under_skin.any(0)))
    high = int(min(out.shape[1], np.percentile(first, 98) + 40 / STEP_MM))
    path = closed_path(cost[:, low:high], 0.05, 6)
    return radius[::-1][path + low]


def bridged(fascia_mm: Floats, skin_mm: Floats, cut: Mask) -> Floats:
    """`fascia_mm` (K,) where the edge of the field of view cuts the body on the rays `cut` (K,).

    Where the wall itself lies outside the field, the fascia falls through into the cavity: there it runs straight between the ends that were seen,
    or along the edge, whichever is further in.
    """
    if not cut.any() or cut.all():
        return fascia_mm
    count = len(cut)
    known = np.flatnonzero(~cut)
    line = np.interp(np.arange(count), known, fascia_mm[known], period=count)
    fallen = cut & (fascia_mm < line - FALLEN_MM)
    return np.where(fallen, np.minimum(line, skin_mm), fascia_mm)


def lipschitz(depth: npt.NDArray[np.intp], slope: int, reach: int) -> npt.NDArray[np.intp]:
    """`depth` (K,) without narrow pits: nowhere deeper than a neighbour plus `slope` for each ray between."""
    result = depth.copy()
    for shift in range(1, reach + 1):
        result = np.minimum(result, np.minimum(np.roll(depth, shift), np.roll(depth, -shift)) + slope * shift)
    return result


def muscle_level(hu: npt.NDArray[np.int16], rays: Rays, fascia_mm: Floats) -> float:
    """HU of this person's own back muscles."""
    behind = rays.direction[:, 0] > 0.6
    values = rays.sample(hu, fascia_mm[:, None] - np.arange(4.0, 20.0, 1.0)[None, :])[behind]
    muscle = values[(values > 10) & (values < 120)]
    return float(np.median(muscle)) if muscle.size > 50 else USUAL_MUSCLE_HU


def cartilage_level(muscle_hu: float) -> float:
    """HU above which tissue in the wall is cartilage, not muscle: clearly above this person's own muscle."""
    return max(CARTILAGE_HU[0], muscle_hu + CARTILAGE_HU[1])


def snapped(inside: Mask, hu: npt.NDArray[np.int16], spacing_mm: tuple[float, float], muscle_hu: float) -> Mask:
    """`inside` (Y, X) with the pixels along its border given to the side that holds more of them: half-way from fat to the own muscle."""
    border = ndi.binary_dilation(inside) & ~ndi.binary_erosion(inside)
    lean = ndi.gaussian_filter(hu.astype(np.float32), [SNAP_BLUR_MM / s for s in spacing_mm]) > (muscle_hu + PURE_FAT_HU) / 2
    result: Mask = np.where(border, lean, inside)
    return result
