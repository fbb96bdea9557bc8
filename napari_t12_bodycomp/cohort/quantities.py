"""What of a reading is compared: numbers by column name, and masks."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.model.agreement import Quantity
from napari_t12_bodycomp.model.reading import NAN, Reading
from napari_t12_bodycomp.model.tissue import Region, Tissue

LEVEL = Quantity("z_mm", "level", "mm", has_zero=False)
_INDICES = {
    "SMI": Quantity("smi_cm2_m2", "SMI", "cm2/m2"),
    "VFI": Quantity("vfi_cm2_m2", "VFI", "cm2/m2"),
    "SFI": Quantity("sfi_cm2_m2", "SFI", "cm2/m2"),
    "VSR": Quantity("vsr", "VSR", ""),
}


def tissue_area(tissue: Tissue) -> Quantity:
    return Quantity(f"{tissue.key}_area_cm2", f"{tissue.title} area", "cm2")


def region_area(region: Region) -> Quantity:
    return Quantity(f"{region.name.lower()}_region_area_cm2", f"{region.name.lower()} region area", "cm2")


Getter = Callable[[Reading], float]


def getters() -> dict[Quantity, Getter]:
    """The compared quantities in the order of the tables, each with how it is taken from a reading; NaN where it is unknown."""
    found: dict[Quantity, Getter] = {}
    for tissue in Tissue:
        found[tissue_area(tissue)] = lambda r, t=tissue: r.areas_cm2.get(t, NAN)  # type: ignore[misc]
    for name, quantity in _INDICES.items():
        found[quantity] = lambda r, n=name: r.indices.get(n, NAN)  # type: ignore[misc]
    found[Quantity("smd_hu", "SMD", "HU")] = lambda r: r.smd_hu
    for region in Region:
        found[region_area(region)] = lambda r, g=region: region_cm2(r, g)  # type: ignore[misc]
    found[LEVEL] = lambda r: NAN if r.z_mm is None else r.z_mm
    return found


def region_cm2(reading: Reading, region: Region) -> float:
    """Area (cm2) of a drawn region; NaN where it is not drawn."""
    mask = region_mask(reading, region)
    if mask is None or reading.pixel_spacing_mm is None:
        return NAN
    return int(mask.sum()) * reading.pixel_spacing_mm[0] * reading.pixel_spacing_mm[1] / 100.0


def region_mask(reading: Reading, region: Region) -> npt.NDArray[np.bool_] | None:
    """Where `region` was drawn (bool, (Y, X)); None where it was not: a region without a pixel is unknown, not empty."""
    if reading.regions is None:
        return None
    mask = reading.regions == region
    return mask if mask.any() else None


def tissue_mask(reading: Reading, tissue: Tissue) -> npt.NDArray[np.bool_] | None:
    """Where `tissue` lies (bool, (Y, X)), empty where its region was drawn and holds none; None where that is unknown."""
    if reading.tissues is None:
        return None
    mask = reading.tissues == tissue
    is_known_empty = region_mask(reading, tissue.region) is not None or not math.isnan(reading.areas_cm2.get(tissue, NAN))
    return mask if mask.any() or is_known_empty else None
