"""What of the worklist is asked for, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.model.study import CaseState

SortKey = Literal["pseudonym", "state", "updated_at", "assessor", "reviewer", "id"]
SORT_KEYS: tuple[SortKey, ...] = ("pseudonym", "state", "updated_at", "assessor", "reviewer", "id")
MAX_PAGE = 1000


@dataclass(frozen=True, slots=True)
class WorklistQuery:
    """Which cases, in which order, and which page of them.

    Parameters
    ----------
    states : frozenset of CaseState
        Empty for all.
    search : str
        Part of the pseudonym, letter case aside.
    assessor_id, reviewer_id : int, optional
        Cases assigned to this account; 0: assigned to nobody; None: whichever.
    reading_by : int, optional
        Cases with a reading that this account may draw now; 0: that anybody may.
    adjudication_by : int, optional
        Cases whose two readings disagree and that this account, none of the readers, may decide on; 0: that anybody may.
    offset, limit : int
        The page: how many cases to pass over, and how many to give (1 to 1000).
    """

    states: frozenset[CaseState] = frozenset()
    search: str = ""
    assessor_id: int | None = None
    reviewer_id: int | None = None
    sort: SortKey = "pseudonym"
    descending: bool = False
    offset: int = 0
    limit: int = 100
    reading_by: int | None = None
    adjudication_by: int | None = None

    def __post_init__(self) -> None:
        if self.sort not in SORT_KEYS:
            raise UsageError(f"A column out of {', '.join(SORT_KEYS)} to sort by is wanted, {self.sort!r} came.")
        if not 1 <= self.limit <= MAX_PAGE or self.offset < 0:
            raise UsageError(f"A page of 1 to {MAX_PAGE} cases is wanted, {self.limit} from {self.offset} on came.")


@dataclass(frozen=True, slots=True)
class WorklistRow:
    """One line of the worklist; "" where nobody is assigned."""

    id: int
    pseudonym: str
    state: CaseState
    assessor: str
    reviewer: str
    version: int | None
    exclusion: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class WorklistPage:
    """One page: `total` is how many cases the filters leave, `first` how many were passed over."""

    rows: tuple[WorklistRow, ...]
    total: int
    first: int


@dataclass(frozen=True, slots=True)
class StudyCounts:
    """How many cases stand where: the enrolment flow chart is drawn from these."""

    by_state: Mapping[CaseState, int]
    by_exclusion: Mapping[str, int] = field(default_factory=dict)
    readings_due: int = 0
    """Second readings that may be drawn now, by whomever."""
    readings_later: int = 0
    """Second readings that wait for the first one, or for the end of their wash-out."""
    adjudications: int = 0
    """Cases whose two readings disagree and wait for somebody to decide."""

    @property
    def screened(self) -> int:
        return sum(self.by_state.values())

    @property
    def excluded(self) -> int:
        return self.by_state.get(CaseState.EXCLUDED, 0)

    @property
    def included(self) -> int:
        return self.screened - self.excluded

    @property
    def approved(self) -> int:
        return self.by_state.get(CaseState.APPROVED, 0)

    @property
    def progress(self) -> str:
        """Such as ``37 of 496 approved``."""
        return f"{self.approved} of {self.included} approved"


@dataclass(frozen=True, slots=True)
class ReadingCounts:
    """What waits for one person: readings `due` now and `later`, and `adjudications` that they may decide."""

    due: int
    later: int
    adjudications: int
