"""What the numbers of well-known label maps stand for, and how to tell which of them a map without names follows.

Sources: TotalSegmentator 2.18.0, ``map_to_binary.class_map`` (``total`` since version 2, ``total_v1`` before, ``vertebrae_pp``,
``tissue_types``); VerSe 2020 (Sekuboyina et al., Med Image Anal 2021;73:102166), which numbers as ``vertebrae_pp`` does and knows L6 and T13.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from napari_t12_bodycomp.model.level_choice import is_vertebra

_UPWARD = (
    *(f"L{n}" for n in range(5, 0, -1)),
    *(f"T{n}" for n in range(12, 0, -1)),
    *(f"C{n}" for n in range(7, 0, -1)),
)
"""L5 to C1, from caudal to cranial."""


def _vertebrae(labels: range, names: tuple[str, ...]) -> dict[int, str]:
    return {label: f"vertebrae_{name}" for label, name in zip(labels, names, strict=True)}


def _ribs(first: int) -> dict[int, str]:
    return {first + 12 * place + n: f"rib_{side}_{n + 1}" for place, side in enumerate(("left", "right")) for n in range(12)}


SCHEMES: Mapping[str, Mapping[int, str]] = {
    "total": {25: "sacrum", 26: "vertebrae_S1"} | _vertebrae(range(27, 51), _UPWARD) | _ribs(92),
    "total_v1": _vertebrae(range(18, 42), _UPWARD) | _ribs(58) | {92: "sacrum"},
    "verse": _vertebrae(range(1, 25), _UPWARD[::-1]) | {25: "vertebrae_L6", 26: "sacrum", 28: "vertebrae_T13"},
    "tissue_types": {1: "subcutaneous_fat", 2: "torso_fat", 3: "skeletal_muscle"},
    "tissue_4_types": {1: "subcutaneous_fat", 2: "torso_fat", 3: "skeletal_muscle", 4: "intermuscular_fat"},
}
"""Of each scheme only what is used here: vertebrae, sacrum and ribs, or tissues."""

VERTEBRA_SCHEMES = ("total", "total_v1", "verse")
TISSUE_SCHEMES = ("tissue_types", "tissue_4_types")
TISSUE_NAMES = frozenset(SCHEMES["tissue_4_types"].values())
KNOWS_VARIANTS = frozenset({"T13", "L6"})


def vertebra_of(name: str) -> str | None:
    """``T12`` for ``vertebrae_T12``, ``vertebra_T12`` or ``T12``; None where the name is no vertebra's. ``sacrum`` stands for itself."""
    if name.lower() == "sacrum":
        return "sacrum"
    short = re.sub(r"^vertebrae?_(body_)?", "", name, flags=re.IGNORECASE)
    return short.upper() if is_vertebra(short.upper()) else None


def rib_of(name: str) -> tuple[str, int] | None:
    """Side and number for ``rib_left_12``; None where the name is no rib's."""
    match = re.fullmatch(r"rib_(left|right)_(\d+)", name)
    return (match[1], int(match[2])) if match else None
