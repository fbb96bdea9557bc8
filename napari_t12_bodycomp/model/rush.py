"""RUSH, the Radiographic Union Score for Hip: ten items of 1 to 3 points.

Sources: Chiavaras MM, Bains S, Choudur H, et al. The Radiographic Union Score for Hip (RUSH): the use of a checklist to evaluate hip fracture
healing improves agreement between radiologists and orthopedic surgeons. Skeletal Radiol 2013;42:1079-1088 (items, total 10 to 30); Frank T,
Osterhoff G, Sprague S, et al. The Radiographic Union Score for Hip (RUSH) identifies radiographic nonunion of femoral neck fractures. Clin
Orthop Relat Res 2016;474:1396-1404 (below 18).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.agreement import Icc

CORTICES = ("anterior", "posterior", "medial", "lateral")
ITEMS: Mapping[str, str] = {
    **{f"cb_{side}": f"cortical bridging, {side}" for side in CORTICES},
    **{f"cfd_{side}": f"cortical fracture disappearance, {side}" for side in CORTICES},
    "trab_consolidation": "trabecular consolidation",
    "trab_fracture_disappearance": "trabecular fracture disappearance",
}
"""The ten items by the name of their column."""
POINTS = (1, 2, 3)
LOWEST, HIGHEST = len(ITEMS) * POINTS[0], len(ITEMS) * POINTS[-1]
SLOW_BELOW = 18
"""A total below it at 1 month is slower healing; 18 itself is not."""
DAY_1, MONTH_1 = "d1", "m1"


@dataclass(frozen=True, slots=True)
class RushScore:
    """One rater's score of one patient at one time; an item, or all ten where only a total was noted, is None where it is unknown.

    Raises
    ------
    InputError
        Where an item is not 1, 2 or 3, an item is unknown by name, or `noted_total` is not 10 to 30 or contradicts the items.
    """

    patient: str
    time: str
    rater: str
    items: Mapping[str, int | None]
    role: str = ""
    noted_total: int | None = None

    def __post_init__(self) -> None:
        if unknown := [name for name in self.items if name not in ITEMS]:
            raise InputError(f"The ten items of RUSH are wanted, {unknown[0]!r} is none: name them {', '.join(ITEMS)}.")
        for name, points in self.items.items():
            if points is not None and points not in POINTS:
                raise InputError(f"1, 2 or 3 points are wanted for {ITEMS[name]}, {points} came ({self.where}): correct the score.")
        if self.noted_total is not None:
            check_total(self.noted_total, self.where)
            summed = self.sum_of_items
            if summed is not None and summed != self.noted_total:
                raise InputError(
                    f"A total that is the sum of its items is wanted, {self.noted_total} stands beside items of {summed} ({self.where}): "
                    "correct one of them."
                )

    @property
    def where(self) -> str:
        return f"patient {self.patient}, {self.time}, rater {self.rater}"

    @property
    def missing(self) -> tuple[str, ...]:
        """The items that are unknown."""
        return tuple(name for name in ITEMS if self.items.get(name) is None)

    @property
    def sum_of_items(self) -> int | None:
        """The sum, where all ten items are known."""
        points = [self.items.get(name) for name in ITEMS]
        return sum(p for p in points if p is not None) if None not in points else None

    @property
    def total(self) -> int | None:
        """10 to 30: the sum of the items, else the noted total of a score without items; None where an item is missing."""
        has_items = len(self.missing) < len(ITEMS)
        return self.sum_of_items if has_items else self.noted_total


def check_total(total: float, where: str) -> int:
    """`total` as a whole number from 10 to 30; InputError names `where` it is none."""
    if not math.isfinite(total) or total != int(total) or not LOWEST <= total <= HIGHEST:
        raise InputError(f"A RUSH total of {LOWEST} to {HIGHEST} is wanted, {total:g} came ({where}): correct it.")
    return int(total)


def is_slow(total_month_1: int | None) -> bool | None:
    """Slower healing: a total below 18 at 1 month. None where the total is unknown."""
    return None if total_month_1 is None else total_month_1 < SLOW_BELOW


@dataclass(frozen=True, slots=True)
class Consensus:
    """One patient at one time: what the raters said, and what they agreed on.

    `agreed` is None where no consensus was noted: it comes out of a discussion, and the raters' median is a place to start it, no substitute.
    `slow_votes` counts the raters whose total is below 18; `is_slow` follows from the agreed total at 1 month, None elsewhere.
    """

    patient: str
    time: str
    totals: Mapping[str, int | None]
    median: float | None
    range: tuple[int, int] | None
    slow_votes: int
    n_votes: int
    agreed: int | None
    is_slow: bool | None
    remarks: tuple[str, ...] = ()

    @property
    def needs_discussion(self) -> bool:
        """Whether no total was agreed on although raters differ, or none of them scored."""
        return self.agreed is None and (self.range is None or self.range[0] != self.range[1])


@dataclass(frozen=True, slots=True)
class HealingOutcome:
    """One patient's outcome by the agreed totals: change from day 1 to month 1, and whether healing is slower. None is unknown."""

    patient: str
    day_1: int | None
    month_1: int | None
    change: int | None
    is_slow: bool | None


@dataclass(frozen=True, slots=True)
class RaterAgreement:
    """The six coefficients of one group of raters at one time; `why_empty` says why there are none.

    `n_patients` were scored by anybody at that time, `n_complete` by every rater of the group; only these are in the coefficients.
    """

    time: str
    group: str
    raters: tuple[str, ...]
    n_patients: int
    n_complete: int
    icc: Mapping[str, Icc]
    why_empty: str = ""
    method: str = "intraclass correlation of the totals (Shrout and Fleiss), patients scored by every rater of the group"
