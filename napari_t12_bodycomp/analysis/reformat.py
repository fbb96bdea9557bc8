"""Sagittal and coronal pictures of a scan, following the spine where it is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter

from napari_t12_bodycomp.model.level import LevelFinding
from napari_t12_bodycomp.model.volume import CTVolume

STEP_MM = 1.0
SAGITTAL_SLAB_MM = 6.0
CORONAL_FRONT_MM, CORONAL_BACK_MM = 28.0, 22.0
"""Beside the spine the coronal picture is the brightest HU from this far in front of the canal to this far behind it: ribs, processes."""
BODY_FRONT_MM = (16.0, 34.0)
"""In the spine it is the mean HU over this depth in front of the canal, where the bodies are: discs and endplates stay visible."""
SPINE_HALF_MM, BLEND_MM = 15.0, 8.0
"""Half width of the spine, and the stretch over which one passes into the other."""
BONE_HU, NEAR_MIDDLE_MM, BEHIND_BONE_MM = 200, 60.0, 15.0
"""Where no canal is known: bone within 60 mm of the picture's middle; the canal lies about 15 mm behind the middle of that bone."""


@dataclass(frozen=True, slots=True, eq=False)
class Reformat:
    """One picture with its place in the scan.

    Parameters
    ----------
    hu : int16 array (Z, U)
        Row 0 most caudal; U runs along image rows (sagittal: anterior to posterior) or columns (coronal: patient's right to left).
    z_mm : float array (Z,)
        LPS z of each row, evenly spaced by `STEP_MM`.
    u_mm : float
        Distance between neighbouring U (mm).
    spine_u : float
        The U that the picture should be centred on.
    """

    hu: npt.NDArray[np.int16]
    z_mm: npt.NDArray[np.float64]
    u_mm: float
    spine_u: float


def spine_path(volume: CTVolume, finding: LevelFinding | None) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], bool]:
    """Row and column of the spinal canal in each slice, (Z,) each, and whether they were seen.

    Beyond the canal's ends its nearest point is kept. Without a canal the place where most slices hold bone, near the middle, stands in.
    """
    canal = None if finding is None else finding.canal
    if canal is not None and len(canal) > 0:
        order = np.argsort(canal[:, 0])
        z, rows, columns = canal[order].T
        return np.interp(volume.z_mm, z, rows), np.interp(volume.z_mm, z, columns), True
    step = max(1, len(volume.hu) // 40)
    bone = uniform_filter((volume.hu[::step, ::4, ::4] > BONE_HU).sum(axis=0, dtype=np.float32), 5)
    middle = bone.shape[1] / 2
    bone *= np.abs(np.arange(bone.shape[1]) - middle) * 4 * volume.pixel_spacing_mm[1] < NEAR_MIDDLE_MM
    row, column = np.unravel_index(int(bone.argmax()), bone.shape) if bone.any() else (int(0.7 * bone.shape[0]), int(middle))
    n = len(volume.hu)
    behind = BEHIND_BONE_MM / volume.pixel_spacing_mm[0]
    return np.full(n, 4.0 * row + behind), np.full(n, 4.0 * column), False


def sagittal(volume: CTVolume, finding: LevelFinding | None) -> Reformat:
    """The mean of `SAGITTAL_SLAB_MM` around the canal's column of each slice; the body's middle where no canal is known."""
    rows, columns, _ = spine_path(volume, finding)
    half = SAGITTAL_SLAB_MM / 2 / volume.pixel_spacing_mm[1]
    picture = np.empty((volume.shape[0], volume.shape[1]), np.int16)
    for k, (low, high) in enumerate(_bounds(columns - half, columns + half, volume.shape[2])):
        picture[k] = volume.hu[k, :, low:high].mean(axis=1, dtype=np.float32)
    return _even(volume, picture, volume.pixel_spacing_mm[0], float(rows.min() + rows.max()) / 2)


def coronal(volume: CTVolume, finding: LevelFinding | None) -> Reformat:
    """Vertebral bodies with their discs in the middle, ribs and processes beside them, so that both can be counted."""
    rows, columns, _ = spine_path(volume, finding)
    row_mm, column_mm = volume.pixel_spacing_mm
    whole = _bounds(rows - CORONAL_FRONT_MM / row_mm, rows + CORONAL_BACK_MM / row_mm, volume.shape[1])
    bodies = _bounds(rows - BODY_FRONT_MM[1] / row_mm, rows - BODY_FRONT_MM[0] / row_mm, volume.shape[1])
    beside_mm = np.abs(np.arange(volume.shape[2]) - columns[:, None]) * column_mm - SPINE_HALF_MM
    share = np.clip(beside_mm / BLEND_MM, 0, 1).astype(np.float32)
    share[~_bodies_known(volume, finding)] = 1
    picture = np.empty((volume.shape[0], volume.shape[2]), np.int16)
    for k in range(len(picture)):
        brightest = volume.hu[k, whole[k][0] : whole[k][1]].max(axis=0)
        mean = volume.hu[k, bodies[k][0] : bodies[k][1]].mean(axis=0, dtype=np.float32)
        picture[k] = mean + (brightest - mean) * share[k]
    return _even(volume, picture, column_mm, float(columns.min() + columns.max()) / 2)


def _bodies_known(volume: CTVolume, finding: LevelFinding | None) -> npt.NDArray[np.bool_]:
    """Slices (Z,) between the lowest and the highest vertebral body that was found."""
    if finding is None or finding.canal is None or not finding.vertebrae:
        return np.zeros(len(volume.z_mm), bool)
    above_sacrum = [v.z_range_mm for v in finding.vertebrae if not v.label.startswith("S")] or [(np.inf, -np.inf)]
    inside: npt.NDArray[np.bool_] = (volume.z_mm >= min(r[0] for r in above_sacrum)) & (volume.z_mm <= max(r[1] for r in above_sacrum))
    return inside


def _bounds(low: npt.NDArray[np.float64], high: npt.NDArray[np.float64], size: int) -> list[tuple[int, int]]:
    """Whole-pixel bounds inside 0..size, at least one pixel wide."""
    first = np.clip(np.floor(low).astype(int), 0, size - 1)
    last = np.clip(np.ceil(high).astype(int), first + 1, size)
    return list(zip(first.tolist(), last.tolist(), strict=True))


def _even(volume: CTVolume, picture: npt.NDArray[np.int16], u_mm: float, spine_u: float) -> Reformat:
    """`picture` (one row a slice) on evenly spaced z, linear between slices."""
    z = volume.z_mm
    n = int(np.floor((z[-1] - z[0]) / STEP_MM)) + 1
    even = z[0] + STEP_MM * np.arange(n)
    if len(z) == 1:
        return Reformat(picture, even, u_mm, spine_u)
    above = np.clip(np.searchsorted(z, even, side="right"), 1, len(z) - 1)
    share = ((even - z[above - 1]) / (z[above] - z[above - 1])).astype(np.float32)[:, None]
    mixed = picture[above - 1] * (1 - share) + picture[above] * share
    return Reformat(np.rint(mixed).astype(np.int16), even, u_mm, spine_u)


def to_grey(hu: npt.NDArray[np.int16], width: float, centre: float) -> npt.NDArray[np.uint8]:
    """`hu` through a display window (`width`, `centre` in HU) as grey values 0..255; any shape."""
    low = centre - width / 2
    grey: npt.NDArray[np.uint8] = np.clip((hu.astype(np.float32) - low) * (255.0 / width), 0, 255).astype(np.uint8)
    return grey
