"""A trunk whose diaphragm is known: a dome with lung above and fat below, and two crura around the aorta."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.model.axial_slice import AxialSlice, axial_slice
from napari_t12_bodycomp.model.volume import CTVolume

Mask = npt.NDArray[np.bool_]
PIXEL_MM, SHEET_MM = 1.0, 2.5
CANAL_PX = (183.0, 150.0)


@dataclass(frozen=True, slots=True, eq=False)
class Trunk:
    """The volume with the slice at height 0 and what is true there, all (Y, X)."""

    volume: CTVolume
    axial: AxialSlice
    body: Mask
    cavity: Mask
    chest_fat: Mask
    abdomen_fat: Mask
    sheet: Mask


def chest_and_abdomen(low_mm: float = -40.0, high_mm: float = 80.0, noise_hu: float = 10.0, organ_at_crura: bool = False) -> Trunk:
    """Slices every 5 mm from `low_mm` to `high_mm`; the sheet is 5 mm thick, with 7 mm of fat between it and the lung."""
    y, x = (axis * PIXEL_MM for axis in np.mgrid[-120:120, -150:150].astype(float))
    cavity = (x / 120) ** 2 + (y / 85) ** 2 < 1
    body = (x / 145) ** 2 + (y / 108) ** 2 < 1
    z_mm = np.arange(low_mm, high_mm + 0.1, 5.0)
    planes = [_plane(x, y, float(z), organ_at_crura) for z in z_mm]
    noise = np.random.default_rng(5).normal(0, noise_hu, (len(planes), *x.shape))
    hu = np.stack([hu for hu, _, _ in planes]) + noise
    volume = CTVolume(np.rint(hu).astype(np.int16), z_mm, (PIXEL_MM, PIXEL_MM))
    index = volume.nearest_slice(0.0)
    plain, chest, sheet = planes[index]
    fat = cavity & (plain == -100)
    return Trunk(volume, axial_slice(volume, index), body, cavity, fat & chest, fat & ~chest, sheet)


def _plane(
    x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], z: float, organ_at_crura: bool
) -> tuple[npt.NDArray[np.float64], Mask, Mask]:
    """HU, the chest's part and the diaphragm of the plane at height `z`."""
    hu = np.full(x.shape, -1000.0)
    hu[(x / 145) ** 2 + (y / 108) ** 2 < 1] = -100
    hu[(x / 133) ** 2 + (y / 97) ** 2 < 1] = 50
    cavity = (x / 120) ** 2 + (y / 85) ** 2 < 1
    hu[cavity] = -100
    dome = 60 * (1 - (x / 120) ** 2 - (y / 85) ** 2) - 15
    above = (z - dome) / np.hypot(1, np.hypot(120 * x / 120**2, 120 * y / 85**2))
    hu[(((x + 45) / 45) ** 2 + (y / 40) ** 2 + ((z + 5) / 30) ** 2 < 1) & (above < -6)] = 60
    hu[cavity & (above > SHEET_MM + 7)] = -850
    sheet = cavity & (np.abs(above) < SHEET_MM)
    around = np.hypot(x / 19, (y - 22) / 22)
    space = (around < 1) & (z > -20)
    if organ_at_crura:
        hu[(around < 2.2) & (x < 12) & ~space] = 60
    ring = (around >= 1) & (np.hypot(x / 24, (y - 22) / 27) < 1) & (z > -25) & (above < SHEET_MM)
    sheet = (sheet | ring) & ~space
    hu[sheet] = 50
    hu[space] = -100
    hu[np.hypot(x, y - 12) < 8] = 45
    vertebra = np.hypot(x, y - 40) < 17
    hu[vertebra] = 250
    return hu, cavity & (((above > SHEET_MM) & ~ring) | space), sheet & cavity & ~vertebra
