"""What a batch brings of each case: a measurement, or a failure with its reason. Plain values, which travel between processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class FailureKind(StrEnum):
    """Why a case has no numbers."""

    UNCERTAIN = "uncertain"
    ABSENT = "absent"
    REFUSED = "refused"
    NOT_THERE = "not there"
    WRONG_REQUEST = "wrong request"
    OUT_OF_TIME = "out of time"
    CRASHED = "crashed"
    FAULT = "fault"

    @property
    def words(self) -> str:
        """What it means, for a summary."""
        return _WORDS[self]

    @property
    def exit_code(self) -> int:
        """The exit code that `measure` has for it."""
        return {"uncertain": 4, "absent": 4, "refused": 3, "not there": 3, "wrong request": 2}.get(self.value, 1)


_WORDS = {
    FailureKind.UNCERTAIN: "uncertain which vertebra is T12",
    FailureKind.ABSENT: "T12 is not in the scan, or cannot be told",
    FailureKind.REFUSED: "cannot be read or must not be measured",
    FailureKind.NOT_THERE: "the path leads nowhere",
    FailureKind.WRONG_REQUEST: "the request is wrong",
    FailureKind.OUT_OF_TIME: "took longer than the limit",
    FailureKind.CRASHED: "ended the process that measured it, or wanted more memory than is free",
    FailureKind.FAULT: "a fault of the program",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """A measured case: its row by column name, and its files' contents by the column that names them."""

    case_id: str
    cells: Mapping[str, str]
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Failed:
    """A case without numbers; `message` never holds a patient's name or a path."""

    case_id: str
    kind: FailureKind
    message: str
    candidates: str = ""
    """Where the level is uncertain: all candidates in words."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What would be measured of a case, from headers alone."""

    case_id: str
    words: str


Outcome = Measured | Failed | Looked


@dataclass(frozen=True, slots=True)
class Checked:
    """What a run would do with a case: `state` is done, changed, to measure, or the kind of failure that it would be."""

    case_id: str
    state: str
    words: str


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What came of a batch, over all cases of its manifest.

    Parameters
    ----------
    failures : dict
        How many cases have no numbers, by kind.
    not_reached : int
        Cases that a stop came before.
    same_slice : tuple of tuple of str
        Names of cases that were measured on one and the same slice.
    """

    cases: int
    measured_now: int
    measured_before: int
    failures: Mapping[FailureKind, int]
    not_reached: int
    without_height: int
    same_slice: tuple[tuple[str, ...], ...]
    is_stopped: bool
    seconds: float
    out: Path
    csv: Path
    failures_csv: Path

    @property
    def measured(self) -> int:
        return self.measured_now + self.measured_before
