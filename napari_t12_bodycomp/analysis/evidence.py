"""What the parts of the column say about a numbering, each for itself: first rib, last rib, sacrum."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from napari_t12_bodycomp.analysis import anatomy
from napari_t12_bodycomp.analysis.labelling import Explanation, Likelihoods, body_size, numbers_of, scale_of
from napari_t12_bodycomp.analysis.vertebrae import Level


class End(StrEnum):
    FIRST_RIB = "first rib"
    LAST_RIB = "last rib"
    SACRUM = "sacrum"


AGREES, CONFLICTS = 1.5, -1.5
AGREES_UNCLOSED = 3.0
"""Support from which a first rib counts that the scan shows without the vertebra above it."""
LEANS, STRONG = 0.5, 4.0
"""An end that is only partly shown, as a sacrum cut soon below its top, leans towards the count from here; that is no doubt where another end speaks this strongly."""
_NUMBERS = {End.FIRST_RIB: range(-1, 4), End.LAST_RIB: range(10, 15), End.SACRUM: range(16, 20)}
_KEY = {End.FIRST_RIB: (1, 2), End.LAST_RIB: (12, 13), End.SACRUM: (17, 18)}


@dataclass(frozen=True, slots=True)
class Witness:
    """One end of the count: whether it lies in the scan, and by how much (log likelihood) it prefers this count to one shifted."""

    end: End
    covered: bool
    support: float
    closed: bool = True
    """For the first rib: whether the scan reaches the vertebra above it. Without that, a lower rib cut short could be taken for the first."""

    @property
    def agrees(self) -> bool:
        return self.support >= (AGREES if self.closed else AGREES_UNCLOSED)

    @property
    def leans(self) -> bool:
        """Whether it prefers the count at all."""
        return self.support >= LEANS

    @property
    def is_strong(self) -> bool:
        return self.agrees and self.support >= STRONG

    @property
    def conflicts(self) -> bool:
        return self.covered and self.support <= CONFLICTS


def stump_weight(stump: bool) -> float:
    """Log prior of short or usual last ribs."""
    return math.log(anatomy.STUMP_PRIOR if stump else 1 - anatomy.STUMP_PRIOR)


def ask_witnesses(levels: list[Level], likelihoods: Likelihoods, best: Explanation) -> list[Witness]:
    """Ask each end whether it prefers `best` to the same count shifted by one."""
    n = len(levels)
    numbers = numbers_of(n, best.t12)
    scale = scale_of(body_size(levels, numbers)[0])
    out = []
    for end, chosen in _NUMBERS.items():
        indices = [k for k in range(n) if int(numbers[k]) in chosen]

        def total(shift: int, stumps: tuple[bool, ...], indices: list[int] = indices) -> float:
            return max(
                stump_weight(stump)
                + sum(likelihoods.level(k, int(numbers[k]) + shift, best.pairs, best.lumbar, stump, scale) for k in indices)
                for stump in stumps
            )

        here = total(0, (best.stump,))
        support = min(here - total(shift, (False, True)) for shift in (-1, 1)) if indices else 0.0
        covered = all(any(int(numbers[k]) == key and all(likelihoods.seen[k].visible) for k in range(n)) for key in _KEY[end])
        closed = end is not End.FIRST_RIB or 0 in numbers
        out.append(Witness(end, covered and closed, support, closed))
    return out
