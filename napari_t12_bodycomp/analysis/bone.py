"""Bone on one slice: ribs, vertebra and spinal canal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from napari_t12_bodycomp.analysis.organs import bright_organs

Mask = npt.NDArray[np.bool_]

BONE_HU = 190
RIM_HU = 130
DISC_HU, OPEN_DISC_MM = 80, 3.0
VESSEL_HU, VESSEL_CORE_MM, BODY_BACK_MM, BODY_FRONT_MM = 160, 3.5, 12.0, 30.0
"""No cortex is 7 mm thick, and a vertebral body fills the midline from 12 to 30 mm in front of the canal's centre."""
JOINT_MM, ARCH_MM, STRIP_MM = 4.5, 5.5, 1.5
SPINOUS_MM = 25.0
CANAL_RADIUS_MM = 9.0
CANAL_MM2 = (70.0, 800.0)


@dataclass(frozen=True, slots=True, eq=False)
class Bones:
    """`mask` is all bone with marrow, `vertebra` the vertebra with its processes and canal, `canal_px` the canal's (row, column)."""

    mask: Mask
    vertebra: Mask
    canal_px: tuple[float, float]
    canal_seen: bool


def find_bones(
    hu: npt.NDArray[np.int16], body: Mask, spacing_mm: tuple[float, float], canal_px: tuple[float, float] | None = None
) -> Bones:
    """Bone on `hu` (Y, X) within `body`; `canal_px` is the (row, column) of the spinal canal where it is known."""
    cortex = (hu > BONE_HU) & body
    box = ndi.find_objects(body.astype(np.uint8))[0]
    solid = np.zeros_like(cortex)
    solid[box] = cortex[box] | ndi.binary_erosion(ndi.binary_fill_holes(closed(cortex[box], spacing_mm, 3.0)))
    seen = canal_px is not None
    if canal_px is None:
        canal_px = _guess(solid, body)
    organs = bright_organs(hu, spacing_mm, canal_px)
    if organs is not None:
        solid &= ~organs
    vessel = _vessel(hu, canal_px, spacing_mm)
    solid &= ~vessel
    vertebra = _vertebra(np.where(vessel, 0, hu), solid, canal_px, spacing_mm)
    for _ in range(2):
        vertebra |= ndi.binary_dilation(vertebra) & (hu > RIM_HU) & body & ~vessel
    return Bones(solid | vertebra, vertebra, canal_px, seen)


def _vessel(hu: npt.NDArray[np.int16], canal_px: tuple[float, float], spacing_mm: tuple[float, float]) -> Mask:
    """The aorta (Y, X) filled with contrast: bright and thick, in front of the vertebra or beside its body."""
    top, bottom = (int(np.clip(canal_px[0] + d / spacing_mm[0], 0, hu.shape[0])) for d in (-90, -5))
    left, right = (int(np.clip(canal_px[1] + d / spacing_mm[1], 0, hu.shape[1])) for d in (-55, 55))
    window = np.s_[top:bottom, left:right]
    bright = hu[window] > VESSEL_HU
    core = ndi.binary_erosion(bright, disk(spacing_mm, VESSEL_CORE_MM))
    labels, count = ndi.label(core)
    rows, cols = np.ogrid[top:bottom, left:right]
    down, side = (rows - canal_px[0]) * spacing_mm[0], (cols - canal_px[1]) * spacing_mm[1]
    vessel = np.zeros(count + 1, bool)
    vessel[1:] = True
    vessel[np.unique(labels[((np.abs(side) < 12) & (down > -BODY_FRONT_MM)) | (down > -BODY_BACK_MM)])] = False
    result = np.zeros(hu.shape, bool)
    if vessel.any():
        result[window] = ndi.binary_dilation(vessel[labels], disk(spacing_mm, VESSEL_CORE_MM + 1.0)) & bright
    return result


def disk(spacing_mm: tuple[float, float], radius_mm: float) -> Mask:
    reach = [int(radius_mm / s) for s in spacing_mm]
    rows, cols = np.mgrid[-reach[0] : reach[0] + 1, -reach[1] : reach[1] + 1]
    inside: Mask = (rows * spacing_mm[0]) ** 2 + (cols * spacing_mm[1]) ** 2 <= radius_mm**2 + 1e-6
    return inside


def opened(mask: Mask, spacing_mm: tuple[float, float], radius_mm: float) -> Mask:
    """Opening of `mask` (Y, X) with a disk."""
    result: Mask = ndi.binary_opening(mask, disk(spacing_mm, radius_mm))
    return result


def closed(mask: Mask, spacing_mm: tuple[float, float], radius_mm: float) -> Mask:
    """Closing with a disk."""
    result: Mask = ndi.binary_closing(mask, disk(spacing_mm, radius_mm))
    return result | mask


def find_canal(hu: npt.NDArray[np.int16], body: Mask, spacing_mm: tuple[float, float]) -> tuple[float, float] | None:
    """Centre of the hole in the vertebral ring, None where the ring is open on this slice."""
    rows, cols = np.flatnonzero(body.any(1)), np.flatnonzero(body.any(0))
    middle, half = (cols[0] + cols[-1]) / 2, (cols[-1] - cols[0]) / 2
    top = rows[0] + int(0.45 * (rows[-1] - rows[0]))
    left, right = int(middle - 0.4 * half), int(middle + 0.4 * half)
    window = np.s_[top : rows[-1] + 1, left : right + 1]
    for bone_hu, radius_mm in ((BONE_HU, 1.5), (BONE_HU, 3.0), (RIM_HU, 3.0)):
        ring = closed((hu[window] > bone_hu) & body[window], spacing_mm, radius_mm)
        labels, count = ndi.label(ndi.binary_fill_holes(ring) & ~ring)
        best, score = None, 0.0
        for i in range(1, count + 1):
            hole = labels == i
            area = hole.sum() * spacing_mm[0] * spacing_mm[1]
            if not CANAL_MM2[0] <= area <= CANAL_MM2[1]:
                continue
            darkest, median, brightest = np.percentile(hu[window][hole], (20, 50, 80))
            if not (darkest > -40 and -10 <= median <= 90 and brightest < 140):
                continue
            centre = ndi.center_of_mass(hole)
            if not _has_vertebra_in_front(hu, (centre[0] + top, centre[1] + left), spacing_mm):
                continue
            value = area * np.exp(-(((centre[1] + left - middle) / (0.15 * half)) ** 2))
            if value > score:
                best, score = (centre[0] + top, centre[1] + left), float(value)
        if best is not None:
            return best
    return None


def _has_vertebra_in_front(hu: npt.NDArray[np.int16], canal_px: tuple[float, float], spacing_mm: tuple[float, float]) -> bool:
    """Whether the 12 to 28 mm in front of a canal are filled by a vertebral body (or disc), on both sides of its column."""
    rows = slice(max(0, int(canal_px[0] - 28 / spacing_mm[0])), max(1, int(canal_px[0] - 12 / spacing_mm[0])))
    means = [
        np.mean(hu[rows, max(0, int(canal_px[1] + side / spacing_mm[1])) : int(canal_px[1] + (side + 10) / spacing_mm[1]) + 1])
        for side in (-12, 2)
    ]
    return bool(min(means) > 75)


def _guess(solid: Mask, body: Mask) -> tuple[float, float]:
    """Where the canal should be when no ring closes: a little behind the middle of the central bone in the back half."""
    rows, cols = np.flatnonzero(body.any(1)), np.flatnonzero(body.any(0))
    top, middle, half = rows[0] + 0.4 * (rows[-1] - rows[0]), (cols[0] + cols[-1]) / 2, (cols[-1] - cols[0]) / 2
    central = np.zeros_like(solid)
    central[int(top) : rows[-1], int(middle - 0.25 * half) : int(middle + 0.25 * half)] = True
    labels, count = ndi.label(solid & central)
    if not count:
        return rows[0] + 0.78 * (rows[-1] - rows[0]), float(middle)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    where_rows, where_cols = np.nonzero(labels == sizes.argmax())
    return float(np.percentile(where_rows, 65)), float(where_cols.mean())


def _vertebra(hu: npt.NDArray[np.int16], solid: Mask, canal_px: tuple[float, float], spacing_mm: tuple[float, float]) -> Mask:
    """Bone that belongs to the spine: what lies near the canal and hangs together there, with canal and disc."""
    top, bottom = (int(np.clip(canal_px[0] + d / spacing_mm[0], 0, solid.shape[0])) for d in (-65, 75))
    left, right = (int(np.clip(canal_px[1] + d / spacing_mm[1], 0, solid.shape[1])) for d in (-50, 50))
    window = np.s_[top:bottom, left:right]
    rows, cols = np.ogrid[top:bottom, left:right]
    down, side = (rows - canal_px[0]) * spacing_mm[0], (cols - canal_px[1]) * spacing_mm[1]
    near = (np.abs(side) < 45) & (down > -60) & (down < 70) & ((np.abs(side) < 30) | (down > -12))
    core = (np.abs(side) < 14) & (np.abs(down) < 22)
    bone = solid[window] & near
    labels, count = ndi.label(bone)
    kept = np.zeros(count + 1, bool)
    kept[np.unique(labels[core & bone])] = True
    midline = bone & (np.abs(side) < 8) & (down > 0)
    kept[np.unique(labels[midline])] = True
    kept[0] = False
    vertebra = kept[labels] | (down**2 + side**2 < CANAL_RADIUS_MM**2)
    disc = ((down + 27) / 20) ** 2 + (side / 25) ** 2 < 1
    disc &= ndi.gaussian_filter(hu[window].astype(np.float32), [1.5 / s for s in spacing_mm]) > DISC_HU
    vertebra |= _around(opened(disc, spacing_mm, OPEN_DISC_MM), (np.abs(side) < 8) & (np.abs(down + 22) < 8))
    joints = (np.abs(side) < 36) & (np.abs(down) < 22)
    arch = ((down - 6) ** 2 + side**2 < 15**2) & (down > -6)
    vertebra |= _spinous_strip(vertebra, side, down, spacing_mm)
    tight, loose, wide = (closed(vertebra, spacing_mm, r) for r in (2.0, JOINT_MM, ARCH_MM))
    result = np.zeros_like(solid)
    result[window] = ndi.binary_fill_holes(vertebra | tight | (joints & loose) | (arch & wide))
    return result


def _around(mask: Mask, seed: Mask) -> Mask:
    """The pieces of `mask` (Y, X) that meet `seed`."""
    labels, count = ndi.label(mask)
    kept = np.zeros(count + 1, bool)
    kept[np.unique(labels[mask & seed])] = True
    kept[0] = False
    result: Mask = kept[labels]
    return result


def _spinous_strip(
    vertebra: Mask, side_mm: npt.NDArray[np.float64], down_mm: npt.NDArray[np.float64], spacing_mm: tuple[float, float]
) -> Mask:
    """The midline from the arch to the tip of the spinous process: bone and the ligament between two processes, never muscle."""
    midline = vertebra & (np.abs(side_mm) < 8) & (down_mm > 0)
    rows = np.flatnonzero(midline.any(1))
    strip = np.zeros_like(vertebra)
    if not rows.size or down_mm[rows[-1], 0] < SPINOUS_MM:
        return strip
    tip = float(side_mm[0, midline[rows[-1]]].mean())
    middle = tip * np.clip(down_mm / down_mm[rows[-1], 0], 0, 1)
    strip[:] = (np.abs(side_mm - middle) < STRIP_MM) & (down_mm > 0) & (down_mm <= down_mm[rows[-1], 0])
    return strip


def behind_spine(bones: Bones, spacing_mm: tuple[float, float]) -> Mask:
    """Pixels (Y, X) close behind the tip of a spinous process that this slice shows: skin and fat, never muscle."""
    row, col = bones.canal_px
    midline = bones.vertebra[:, max(0, int(col - 5 / spacing_mm[1])) : int(col + 5 / spacing_mm[1]) + 1]
    result = np.zeros_like(bones.vertebra)
    tip = int(np.flatnonzero(midline.any(1))[-1]) if midline.any() else 0
    if (tip - row) * spacing_mm[0] > SPINOUS_MM:
        reach = int(12 / spacing_mm[1])
        result[tip + 1 + int(1.5 / spacing_mm[0]) :, max(0, int(col) - reach) : int(col) + reach + 1] = True
    return result
