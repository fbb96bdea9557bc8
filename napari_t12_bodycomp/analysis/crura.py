"""Diaphragm and crura on one slice: the thin lean sheet between the chest's fat or lung and the abdomen's fat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from napari_t12_bodycomp.analysis.diaphragm import Diaphragm
from napari_t12_bodycomp.analysis.distance import near, opened_wide
from napari_t12_bodycomp.model.axial_slice import AxialSlice

Mask = npt.NDArray[np.bool_]

LEAN_HU, BRIGHT_HU, FAT_HU = -29, 150, -50
THICK_MM = 6.0
"""Half of the thickness from which something lean is aorta, oesophagus or an organ, not diaphragm: crura are up to about 12 mm thick."""
SIDE_MM = 8.0
"""How far the two sides of the sheet are looked for."""
VESSEL_MM2 = 25.0
FRONT_MM, BESIDE_MM = 70.0, 45.0
"""Where a crus lies: so far in front of the canal's centre at most, and so far beside it."""
LEAST_CRUS_CM2 = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Crura:
    """`mask` is diaphragm and crura (Y, X); `why_not` says why they cannot be outlined, "" where they were."""

    mask: Mask
    why_not: str = ""


def find_crura(axial: AxialSlice, body: Mask, cavity: Mask, parts: Diaphragm, canal_px: tuple[float, float]) -> Crura:
    """Diaphragm and crura within `cavity` (Y, X), where a plane of fat or lung shows them on both sides.

    Against liver, spleen or a vessel of the same brightness nothing shows where the sheet ends; there it is left out.
    """
    none = np.zeros_like(cavity)
    if parts.why_not:
        return Crura(none, parts.why_not)
    spacing = axial.pixel_spacing_mm
    if not cavity.any():
        return Crura(none, "no cavity was found")
    rows, cols = ndi.find_objects(cavity.astype(np.uint8))[0]
    box = (rows, cols)
    hu, inside = axial.hu[box], cavity[box]
    lean = (hu >= LEAN_HU) & inside & body[box]
    sheet = lean & ~opened_wide(lean, spacing, THICK_MM) & (hu <= BRIGHT_HU)
    chest = near((hu < FAT_HU) & parts.chest[box], spacing, SIDE_MM)
    abdomen = near((hu < FAT_HU) & parts.abdomen[box], spacing, SIDE_MM)
    sheet &= chest & abdomen
    labels, count = ndi.label(sheet, np.ones((3, 3)))
    large = np.bincount(labels.ravel(), minlength=count + 1) * spacing[0] * spacing[1] > VESSEL_MM2
    large[0] = False
    result = none.copy()
    result[box] = large[labels]
    return Crura(result, _why_not(result, spacing, canal_px))


def _why_not(mask: Mask, spacing_mm: tuple[float, float], canal_px: tuple[float, float]) -> str:
    """Why `mask` is no answer: a crus is missing on a side of the spine."""
    rows, cols = np.ogrid[: mask.shape[0], : mask.shape[1]]
    ahead, left = (canal_px[0] - rows) * spacing_mm[0], (cols - canal_px[1]) * spacing_mm[1]
    by_spine = mask & (ahead < FRONT_MM) & (ahead > 0)
    sides = {"right": by_spine & (left < 0) & (left > -BESIDE_MM), "left": by_spine & (left > 0) & (left < BESIDE_MM)}
    missing = [name for name, here in sides.items() if here.sum() * spacing_mm[0] * spacing_mm[1] / 100 < LEAST_CRUS_CM2]
    if not missing:
        return ""
    which = f"the {missing[0]} crus is" if len(missing) == 1 else "the crura are"
    return f"{which} not set off by fat on both sides"
