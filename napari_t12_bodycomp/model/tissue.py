"""Tissues, HU windows and the presets to choose from. Bounds are inclusive."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from napari_t12_bodycomp.errors import UsageError


class Region(IntEnum):
    """What an assessor draws: one label per pixel of the measured slice."""

    MUSCLE = 1
    VISCERAL = 2
    SUBCUTANEOUS = 3


class Tissue(IntEnum):
    """What is measured: a region AND a HU window, computed and never painted."""

    MUSCLE = 1
    VISCERAL_FAT = 2
    SUBCUTANEOUS_FAT = 3
    INTERMUSCULAR_FAT = 4

    @property
    def key(self) -> str:
        """Name in JSON and CSV, such as ``visceral_fat``."""
        return self.name.lower()

    @property
    def title(self) -> str:
        return {1: "skeletal muscle", 2: "visceral fat", 3: "subcutaneous fat", 4: "intermuscular fat"}[self.value]

    @property
    def region(self) -> Region:
        """The region that the tissue lies in."""
        return {1: Region.MUSCLE, 2: Region.VISCERAL, 3: Region.SUBCUTANEOUS, 4: Region.MUSCLE}[self.value]

    @property
    def colour(self) -> str:
        """Okabe-Ito colour, the same in window, PNG and plots."""
        return {1: "#D55E00", 2: "#F0E442", 3: "#56B4E9", 4: "#009E73"}[self.value]


MAIN_TISSUE = {Region.MUSCLE: Tissue.MUSCLE, Region.VISCERAL: Tissue.VISCERAL_FAT, Region.SUBCUTANEOUS: Tissue.SUBCUTANEOUS_FAT}
"""The tissue whose HU window locks the brush while a region is drawn."""


@dataclass(frozen=True, slots=True)
class HUWindow:
    """Inclusive HU bounds."""

    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low >= self.high:
            raise UsageError(f"A HU window needs its lower bound below the upper one, {self.low}..{self.high} came.")

    def __str__(self) -> str:
        return f"{self.low}..{self.high}"


@dataclass(frozen=True, slots=True)
class HUPreset:
    """A named set of HU windows with its source; name and bounds go into every exported row."""

    name: str
    muscle: HUWindow
    visceral_fat: HUWindow
    subcutaneous_fat: HUWindow
    intermuscular_fat: HUWindow
    source: str

    def window(self, tissue: Tissue) -> HUWindow:
        windows = {
            Tissue.MUSCLE: self.muscle,
            Tissue.VISCERAL_FAT: self.visceral_fat,
            Tissue.SUBCUTANEOUS_FAT: self.subcutaneous_fat,
            Tissue.INTERMUSCULAR_FAT: self.intermuscular_fat,
        }
        return windows[tissue]


_MUSCLE, _NARROW, _WIDE = HUWindow(-29, 150), HUWindow(-150, -50), HUWindow(-190, -30)
PRESETS: dict[str, HUPreset] = {
    p.name: p
    for p in (
        HUPreset("t12-study", _MUSCLE, _NARROW, _NARROW, _NARROW, "the T12 hip-fracture study, section 2.3"),
        HUPreset("alberta", _MUSCLE, _NARROW, _WIDE, _WIDE, "TomoVision / Alberta protocol"),
        HUPreset("uniform", _MUSCLE, _WIDE, _WIDE, _WIDE, "one fat window for all depots, as in BOA and BodyComposition"),
        HUPreset("imagej-hupr", HUWindow(-29, 199), _WIDE, _WIDE, _WIDE, "endonutriHUPR ImageJ macro"),
    )
}
DEFAULT_PRESET = "t12-study"
LOW_ATTENUATION_MUSCLE = HUWindow(-29, 29)
NORMAL_ATTENUATION_MUSCLE = HUWindow(30, 150)


def preset(name: str) -> HUPreset:
    """The preset called `name`; UsageError names the choices where there is none."""
    if name not in PRESETS:
        raise UsageError(f"A HU preset out of {', '.join(PRESETS)} is wanted, {name!r} came: choose one of these.")
    return PRESETS[name]
