"""Sagittal and coronal pictures of a scan, following the spine where it is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.model.level import LevelFinding
from napari_t12_bodycomp.model.volume import CTVolume

STEP_MM = 1.0
SAGITTAL_SLAB_MM = 6.0
CORONAL_FRONT_MM, CORONAL_BACK_MM = 28.0, 22.0
"""The coronal picture is the brightest HU from this far in front of the canal (the bodies) to this far behind it (the ribs' necks)."""
BODY_HU = -300


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

    Beyond the canal's ends its nearest point is kept. Without a canal the middle of the body stands in: its middle column, and the row at
    three quarters of its depth.
    """
    canal = None if finding is None else finding.canal
    if canal is not None and len(canal) > 0:
        order = np.argsort(canal[:, 0])
        z, rows, columns = canal[order].T
        return np.interp(volume.z_mm, z, rows), np.interp(volume.z_mm, z, columns), True
    middle = volume.hu[len(volume.hu) // 2, ::4, ::4] > BODY_HU
    rows, columns = np.flatnonzero(middle.any(axis=1)) * 4, np.flatnonzero(middle.any(axis=0)) * 4
    row = rows[0] + 0.75 * (rows[-1] - rows[0]) if len(rows) else 0.75 * volume.shape[1]
    column = (columns[0] + columns[-1]) / 2 if len(columns) else volume.shape[2] / 2
    n = len(volume.hu)
    return np.full(n, float(row)), np.full(n, float(column)), False


def sagittal(volume: CTVolume, finding: LevelFinding | None) -> Reformat:
    """The mean of `SAGITTAL_SLAB_MM` around the canal's column of each slice; the body's middle where no canal is known."""
    rows, columns, _ = spine_path(volume, finding)
    half = SAGITTAL_SLAB_MM / 2 / volume.pixel_spacing_mm[1]
    picture = np.empty((volume.shape[0], volume.shape[1]), np.int16)
    for k, (low, high) in enumerate(_bounds(columns - half, columns + half, volume.shape[2])):
        picture[k] = volume.hu[k, :, low:high].mean(axis=1, dtype=np.float32)
    return _even(volume, picture, volume.pixel_spacing_mm[0], float(np.median(rows)))


def coronal(volume: CTVolume, finding: LevelFinding | None) -> Reformat:
    """The brightest HU through bodies and ribs' necks of each slice, so that vertebrae and ribs can be counted."""
    rows, columns, _ = spine_path(volume, finding)
    row_mm = volume.pixel_spacing_mm[0]
    picture = np.empty((volume.shape[0], volume.shape[2]), np.int16)
    for k, (low, high) in enumerate(_bounds(rows - CORONAL_FRONT_MM / row_mm, rows + CORONAL_BACK_MM / row_mm, volume.shape[1])):
        picture[k] = volume.hu[k, low:high].max(axis=0)
    return _even(volume, picture, volume.pixel_spacing_mm[1], float(np.median(columns)))


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
