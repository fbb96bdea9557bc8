"""Organs that contrast has made as bright as bone: spleen, kidneys, filled stomach and bowel. No rib is that thick."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

Mask = npt.NDArray[np.bool_]

BRIGHT_HU = 130.0
CORE_MM = 7.0
"""Ribs and cartilage are at most 12 to 13 mm across on an axial slice: a bright place wider than twice this is none."""
GRID_MM, BLUR_MM, RIM_MM = 3.0, 1.5, 2.5
SPINE_SIDE_MM, SPINE_FRONT_MM = 34.0, 60.0
"""The vertebra, bright and thick itself, lies within this distance beside and in front of the canal's centre; all behind it is bone or muscle."""
SOFT_HU = 100
"""What bright organs are taken for where bone is looked for."""


def bright_organs(hu: npt.NDArray[np.int16], spacing_mm: tuple[float, float], canal_px: tuple[float, float]) -> Mask | None:
    """Pixels (Y, X) of organs that are bright and wider than any rib; None where there are none.

    `canal_px` is the (row, column) of the spinal canal's centre.
    """
    step = [max(1, round(GRID_MM / s)) for s in spacing_mm]
    grid_mm = [n * s for n, s in zip(step, spacing_mm, strict=True)]
    coarse = ndi.gaussian_filter(hu[:: step[0], :: step[1]].astype(np.float32), [BLUR_MM / g for g in grid_mm])
    bright = np.pad(coarse > BRIGHT_HU, 1)
    depth = ndi.distance_transform_edt(bright, sampling=grid_mm)
    rows, columns = (np.arange(-1, n + 1) * k for n, k in zip(coarse.shape, step, strict=True))
    beside = np.abs(columns - canal_px[1])[None, :] * spacing_mm[1] < SPINE_SIDE_MM
    core = (depth > CORE_MM) & ~(beside & ((canal_px[0] - rows)[:, None] * spacing_mm[0] < SPINE_FRONT_MM))
    if not core.any():
        return None
    near = ndi.distance_transform_edt(~core, sampling=grid_mm) <= CORE_MM + RIM_MM
    fine = np.repeat(np.repeat((near & bright)[1:-1, 1:-1], step[0], 0), step[1], 1)
    return fine[: hu.shape[0], : hu.shape[1]]


def without_bright_organs(
    hu: npt.NDArray[np.int16], spacing_mm: tuple[float, float], canal_px: tuple[float, float]
) -> npt.NDArray[np.int16]:
    """`hu` (Y, X) with bright organs darkened to soft tissue, so that what is left above bone's threshold is bone."""
    organs = bright_organs(hu, spacing_mm, canal_px)
    return hu if organs is None else np.where(organs, np.minimum(hu, SOFT_HU), hu).astype(np.int16)
