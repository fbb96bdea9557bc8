"""Numbers measured on one slice, with the protocol they were measured by. Unknown is NaN, never 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.tissue import Tissue

INDEX_NAMES = ("SMI", "VFI", "SFI", "VSR")


@dataclass(frozen=True, slots=True)
class Measurement:
    """Areas (cm2), mean HU and indices of one slice.

    `areas_cm2[t]` is NaN where the tissue's region was never drawn, 0 where it was drawn and holds no such pixel; `mean_hu[t]` is NaN where
    there is no pixel; an index is NaN without height (SMI, VFI, SFI in cm2/m2) or without subcutaneous fat (VSR).
    `gas_rim_cm2` is what partial volume at gas and in stool puts into the visceral fat window, counted or not as the protocol says;
    `thoracic_fat_cm2` is the visceral fat above the diaphragm, counted or not likewise, NaN where the diaphragm could not be told.
    `why_empty` says in a sentence, by index name, why an index is empty.
    """

    areas_cm2: Mapping[Tissue, float]
    mean_hu: Mapping[Tissue, float]
    indices: Mapping[str, float]
    why_empty: Mapping[str, str]
    low_attenuation_muscle_cm2: float
    protocol: Protocol
    slab_mm: float
    gas_rim_cm2: float = float("nan")
    thoracic_fat_cm2: float = float("nan")

    @property
    def smd_hu(self) -> float:
        """Skeletal muscle density: mean HU of the muscle."""
        return self.mean_hu[Tissue.MUSCLE]
