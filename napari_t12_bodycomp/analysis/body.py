"""The trunk on one slice: without table, clothes and arms, with the skin and the stretches that the field of view cuts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from napari_t12_bodycomp.errors import InputError

Mask = npt.NDArray[np.bool_]

BODY_HU = -250
TABLE_MM = 4.0
"""Half of the thickness below which something beside the body is a table top, a blanket or clothes."""
SKIN_MM = 1.8
"""Skin of the trunk is about 1.5 to 2 mm thick; what is thicker is told by its HU."""
ARM_BONE_HU, ARM_BONE_MM2 = 250, 25.0
ARM_MM = 12.0
"""Half of the thickness from which something apart from the trunk is an arm, not a table or a tube."""
SMALLEST_TRUNK_CM2 = 60.0
COARSE_MM = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Trunk:
    """`body` is (Y, X); `depth_mm` is the distance of its pixels from the skin's surface; `cut` marks body pixels where the field of view
    ends; `arms_removed` counts arms that were taken off."""

    body: Mask
    depth_mm: npt.NDArray[np.float64]
    cut: Mask
    arms_removed: int

    @property
    def under_skin(self) -> Mask:
        return self.depth_mm > SKIN_MM


def find_trunk(hu: npt.NDArray[np.int16], spacing_mm: tuple[float, float], outside_fov: Mask | None = None) -> Trunk:
    """The trunk on `hu` (Y, X); InputError where there is none."""
    inside = hu > BODY_HU
    unseen = _unseen(hu, outside_fov)
    inside &= ~unseen
    step = (max(1, int(COARSE_MM / spacing_mm[0])), max(1, int(COARSE_MM / spacing_mm[1])))
    coarse = inside[:: step[0], :: step[1]]
    coarse_mm = (spacing_mm[0] * step[0], spacing_mm[1] * step[1])
    trunk, arms, apart = _trunk_of(coarse, hu[:: step[0], :: step[1]] > ARM_BONE_HU, coarse_mm)
    near = np.repeat(np.repeat(ndi.binary_dilation(trunk), step[0], 0), step[1], 1)[: hu.shape[0], : hu.shape[1]]
    if arms.any():
        near &= ~np.repeat(np.repeat(arms, step[0], 0), step[1], 1)[: hu.shape[0], : hu.shape[1]]
    body = _largest(ndi.binary_opening(inside & near, np.ones((3, 3))))
    body = _without_holes(body)
    if body.sum() * spacing_mm[0] * spacing_mm[1] / 100 < SMALLEST_TRUNK_CM2:
        raise InputError(
            f"A slice through the trunk is wanted, this one holds less than {SMALLEST_TRUNK_CM2:.0f} cm2 of body: choose another slice."
        )
    rows, cols = ndi.find_objects(body.astype(np.uint8))[0]
    box = np.s_[max(0, rows.start - 2) : rows.stop + 2, max(0, cols.start - 2) : cols.stop + 2]
    seen_outside = np.pad(~body[box] & ~unseen[box], 1)
    cut = body & ndi.binary_dilation(np.pad(unseen, 1, constant_values=True), np.ones((3, 3)))[1:-1, 1:-1]
    depth = np.zeros(hu.shape)
    depth[box] = ndi.distance_transform_edt(~seen_outside, sampling=spacing_mm)[1:-1, 1:-1] - min(spacing_mm) / 2
    arms_removed = apart + (int(ndi.label(arms)[1]) if arms.any() else 0)
    return Trunk(body, np.where(body, depth, 0.0), cut, arms_removed)


def _unseen(hu: npt.NDArray[np.int16], outside_fov: Mask | None) -> Mask:
    """Pixels that were never reconstructed: as the reader says, else a constant filling outside the inscribed circle."""
    if outside_fov is not None:
        return outside_fov
    rows, cols = np.ogrid[: hu.shape[0], : hu.shape[1]]
    middle = ((hu.shape[0] - 1) / 2, (hu.shape[1] - 1) / 2)
    corners = (rows - middle[0]) ** 2 + (cols - middle[1]) ** 2 > (min(hu.shape) / 2) ** 2
    filling = hu[corners]
    return corners if filling.size and (filling == filling[0]).all() else np.zeros(hu.shape, bool)


def _trunk_of(inside: Mask, bone: Mask, spacing_mm: tuple[float, float]) -> tuple[Mask, Mask, int]:
    """The trunk, the arms cut off from it, and how many arms lie apart from it, on the coarse grid."""
    depth = ndi.distance_transform_edt(np.pad(inside, 1, mode="edge"), sampling=spacing_mm)[1:-1, 1:-1]
    core = depth > TABLE_MM
    if not core.any():
        return core, np.zeros_like(core), 0
    opened = (ndi.distance_transform_edt(~core, sampling=spacing_mm) <= TABLE_MM) & inside
    trunk = _largest(opened)
    labels, count = ndi.label(opened & ~trunk)
    apart = sum(depth[lump].max() > ARM_MM and _has_bone(lump, bone, spacing_mm) for lump in (labels == i for i in range(1, count + 1)))
    trunk = ndi.binary_fill_holes(trunk)
    inner = ndi.distance_transform_edt(np.pad(trunk, 1), sampling=spacing_mm)[1:-1, 1:-1]
    return *_without_arms(trunk, bone, inner, spacing_mm), int(apart)


def _without_arms(trunk: Mask, bone: Mask, depth: npt.NDArray[np.float64], spacing_mm: tuple[float, float]) -> tuple[Mask, Mask]:
    """Cut off lateral lumps that hang on the trunk by a neck clearly narrower than themselves."""
    arms = np.zeros_like(trunk)
    deepest = float(depth.max())
    for neck_mm in (10.0, 15.0, 20.0, 26.0):
        if neck_mm > 0.4 * deepest:
            break
        labels, count = ndi.label((depth > neck_mm) & ~arms)
        if count < 2:
            continue
        main = labels[np.unravel_index(int(np.where(arms, 0, depth).argmax()), depth.shape)]
        columns = np.flatnonzero((labels == main).any(0))
        for other in range(1, count + 1):
            lump = labels == other
            if other == main or depth[lump].max() < 1.35 * neck_mm or depth[lump].max() > 75:
                continue
            centre = np.flatnonzero(lump.any(0)).mean()
            middle = columns.mean()
            if abs(centre - middle) < 0.8 * (columns[-1] - columns[0]) / 2:
                continue
            to_lump = ndi.distance_transform_edt(~lump, sampling=spacing_mm)
            to_main = ndi.distance_transform_edt(labels != main, sampling=spacing_mm)
            side = trunk & (to_lump < to_main)
            if _has_bone(side, bone, spacing_mm):
                arms |= side
    rest = _largest(trunk & ~arms) if arms.any() else trunk
    return rest, arms


def _without_holes(mask: Mask) -> Mask:
    labels, _ = ndi.label(np.pad(~mask, 1, constant_values=True))
    filled: Mask = (labels != labels[0, 0])[1:-1, 1:-1]
    return filled


def _has_bone(lump: Mask, bone: Mask, spacing_mm: tuple[float, float]) -> bool:
    """Whether there is an arm's bone in `lump`: a fold of fat or a breast has none and belongs to the trunk."""
    return bool((lump & bone).sum() * spacing_mm[0] * spacing_mm[1] > ARM_BONE_MM2)


def _largest(mask: Mask) -> Mask:
    labels, count = ndi.label(mask)
    if count < 2:
        return mask
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    largest: Mask = labels == sizes.argmax()
    return largest
