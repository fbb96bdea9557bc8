"""How a measurement is to be made: HU preset, slab and what counts as muscle and as visceral."""

from __future__ import annotations

from dataclasses import dataclass, field

from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.model.tissue import DEFAULT_PRESET, PRESETS, HUPreset


@dataclass(frozen=True, slots=True)
class Protocol:
    """Measurement protocol, written into every exported row.

    Parameters
    ----------
    slab_mm : float
        Slices thinner than this are averaged to about this thickness around the level (the study's 5 mm). 0 measures the single slice.
    intercostals_are_muscle, crura_are_muscle : bool
        Whether the draft counts intercostal muscles, and diaphragm with crura, as skeletal muscle.
    thoracic_fat_is_visceral : bool
        Whether fat above the diaphragm that shares the slice counts as visceral fat.
    gas_rims_are_fat : bool
        Whether pixels between gas and soft tissue, and within stool, that lie in the fat window by partial volume alone count as visceral
        fat. True is the study's way: its windows count them.
    """

    preset: HUPreset = field(default_factory=lambda: PRESETS[DEFAULT_PRESET])
    slab_mm: float = 5.0
    intercostals_are_muscle: bool = True
    crura_are_muscle: bool = False
    thoracic_fat_is_visceral: bool = True
    gas_rims_are_fat: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.slab_mm <= 20:
            raise UsageError(f"A slab between 0 and 20 mm is wanted, {self.slab_mm:g} mm came: 5 mm is the study's own thickness.")
