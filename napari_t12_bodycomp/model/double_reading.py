"""Double reading: a second person, or the same one after a wash-out, reads a case without seeing what was drawn before."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.model.reading import Reading
from napari_t12_bodycomp.model.tissue import Region, Tissue


class ReadingKind(StrEnum):
    DOUBLE = "double"
    """Another assessor reads the case: agreement between observers."""
    REREAD = "reread"
    """The same assessor reads it again after a wash-out: agreement within an observer."""


class ReadingState(StrEnum):
    WAITING = "waiting"
    DRAWN = "drawn"
    """Drawn; the first reading is not submitted yet, or not any more."""
    AGREES = "agrees"
    DISAGREES = "disagrees"
    """The two are further apart than the limits; a double reading then waits for its adjudication."""
    ADJUDICATED = "adjudicated"
    WITHDRAWN = "withdrawn"


UNDECIDED = frozenset({ReadingState.WAITING, ReadingState.DRAWN, ReadingState.DISAGREES})
"""States of a double reading in which nobody decides on its case."""
COMPARED = frozenset({ReadingState.AGREES, ReadingState.DISAGREES, ReadingState.ADJUDICATED})
"""States in which both readings are there: these count as agreement."""


class Take(StrEnum):
    """Which drawing an adjudicator takes."""

    FIRST = "first"
    SECOND = "second"
    THIRD = "third"
    """Neither: the adjudicator draws one."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How far two readings of a case may be apart before somebody else decides between them.

    Parameters
    ----------
    area_percent : float
        Of a tissue's area, in percent of the mean of both.
    area_floor_cm2 : float
        An area difference up to this (cm2) is never too large: of a small tissue, pixels are percents.
    dice : float
        Overlap of a drawn region below which they disagree; asked only where both measured the same slice.
    level_mm : float
        Between the measured slices.
    """

    area_percent: float = 10.0
    area_floor_cm2: float = 1.0
    dice: float = 0.9
    level_mm: float = 10.0

    def __post_init__(self) -> None:
        if not (self.area_percent >= 0 and self.area_floor_cm2 >= 0 and 0 <= self.dice <= 1 and self.level_mm >= 0):
            raise UsageError("Limits of 0 or more are wanted, and a Dice between 0 and 1.")


@dataclass(frozen=True, slots=True)
class ReadingChoice:
    """Which share of a study is read twice, and how.

    Parameters
    ----------
    double_percent, reread_percent : float
        Share of the cases that are not excluded.
    washout_days : int
        Days between handing the first reading in and the re-read.
    seed : int, optional
        Of the random choice (0 to 2147483647); None draws one. It is recorded either way.
    """

    double_percent: float
    reread_percent: float = 0.0
    washout_days: int = 30
    limits: Limits = field(default_factory=Limits)
    seed: int | None = None

    def __post_init__(self) -> None:
        if not all(0 <= share <= 100 for share in (self.double_percent, self.reread_percent)):
            raise UsageError(f"Shares between 0 and 100 percent are wanted, {self.double_percent:g} and {self.reread_percent:g} came.")
        if not 0 <= self.washout_days <= 3650:
            raise UsageError(f"A wash-out of 0 to 3650 days is wanted, {self.washout_days} came.")
        if self.seed is not None and not 0 <= self.seed < 2**31:
            raise UsageError(f"A seed between 0 and {2**31 - 1} is wanted, {self.seed} came.")


@dataclass(frozen=True, slots=True)
class ReadingPlan:
    """A choice that was made: who made it and when, its seed, and how many cases it chose from."""

    id: int
    choice: ReadingChoice
    n_cases: int
    account: str
    at: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One quantity of two readings: `value` None where one of them, or both, do not know it."""

    quantity: str
    value: float | None
    is_beyond: bool


@dataclass(frozen=True, slots=True)
class AskedReading:
    """A reading that was asked for, and what came of it.

    Parameters
    ----------
    first_reader_id, reader_id : int
        Whose reading is the case's own, and who reads it apart from that; one person in a re-read.
    not_before : str, optional
        Time (UTC, ISO 8601) from which on it may be drawn; None until the first reading is handed in.
    first_version_id, version_id : int, optional
        The two drawings that are compared; None where they are not there yet.
    differences : tuple of Difference
        Empty until both are there.
    """

    id: int
    case_id: int
    plan_id: int
    kind: ReadingKind
    state: ReadingState
    first_reader_id: int
    reader_id: int
    asked_at: str
    not_before: str | None = None
    first_version_id: int | None = None
    version_id: int | None = None
    finished_at: str | None = None
    differences: tuple[Difference, ...] = ()

    @property
    def is_undecided(self) -> bool:
        """Whether its case must wait with its review."""
        return self.kind is ReadingKind.DOUBLE and self.state in UNDECIDED

    @property
    def needs_adjudication(self) -> bool:
        return self.kind is ReadingKind.DOUBLE and self.state is ReadingState.DISAGREES


@dataclass(frozen=True, slots=True)
class Adjudication:
    """What somebody decided between two readings; `version` is the number of the drawing that counts since."""

    reading_id: int
    account: str
    take: Take
    reason: str
    version: int
    at: str


def compared(first: Reading, second: Reading, limits: Limits) -> tuple[Difference, ...]:
    """How far two readings of a case are apart: areas in percent, Dice of the drawn regions, level in mm."""
    areas = [_area(tissue, first, second, limits) for tissue in Tissue]
    level = None if first.z_mm is None or second.z_mm is None else abs(first.z_mm - second.z_mm)
    overlaps = [_overlap(region, first, second, limits, level == 0) for region in Region]
    return (*areas, *overlaps, Difference("level_mm", level, level is not None and level > limits.level_mm))


def _area(tissue: Tissue, first: Reading, second: Reading, limits: Limits) -> Difference:
    name = f"{tissue.key}_area_percent"
    one, other = (reading.areas_cm2.get(tissue, math.nan) for reading in (first, second))
    if math.isnan(one) or math.isnan(other):
        return Difference(name, None, math.isnan(one) != math.isnan(other))
    apart, mean = abs(one - other), (one + other) / 2
    percent = 100 * apart / mean if mean else 0.0
    return Difference(name, percent, apart > limits.area_floor_cm2 and percent > limits.area_percent)


def _overlap(region: Region, first: Reading, second: Reading, limits: Limits, is_same_slice: bool) -> Difference:
    name = f"{region.name.lower()}_dice"
    if first.regions is None or second.regions is None or first.regions.shape != second.regions.shape:
        return Difference(name, None, False)
    one, other = first.regions == region, second.regions == region
    drawn = int(np.count_nonzero(one)) + int(np.count_nonzero(other))
    if not drawn:
        return Difference(name, None, False)
    dice = 2 * int(np.count_nonzero(one & other)) / drawn
    return Difference(name, dice, is_same_slice and dice < limits.dice)
