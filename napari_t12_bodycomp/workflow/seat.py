"""A person's seat in a study: who is signed in, what the worklist shows, and the case that is open. No window in here.

`look` and `open_case` ask the study's database and may take a moment: a window calls them off its own thread. `Seat` only holds what they
brought, and says when it changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from psygnal import Signal

from napari_t12_bodycomp.errors import Refused
from napari_t12_bodycomp.model import review as rules
from napari_t12_bodycomp.model.double_reading import AskedReading, Take
from napari_t12_bodycomp.model.reading_rules import why_not_adjudicate, why_not_own
from napari_t12_bodycomp.model.study import Account, Case, CaseState, Comment, ProtocolVersion, Review, Role, StudyRecord, Ticket, Version
from napari_t12_bodycomp.model.worklist import ReadingCounts, StudyCounts, WorklistPage, WorklistQuery
from napari_t12_bodycomp.store import accounts, cases, history, readings, studies, versions
from napari_t12_bodycomp.workflow.case_sight import sight
from napari_t12_bodycomp.workflow.reading_list import open_reading, reading_asked, reading_counts
from napari_t12_bodycomp.workflow.review import ticket_for
from napari_t12_bodycomp.workflow.study import Desk, refuse


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """The study as it was at one moment, as far as the worklist shows it; `change` rises with every change by whomever."""

    change: int
    study: StudyRecord
    account: Account
    people: tuple[Account, ...]
    protocol: ProtocolVersion
    page: WorklistPage
    counts: StudyCounts
    mine: ReadingCounts
    """What of double reading waits for the person at the desk."""


@dataclass(frozen=True, slots=True, eq=False)
class OpenCase:
    """The case on screen, as it was when it was opened or saved last.

    Parameters
    ----------
    base : int, optional
        Number of the version that the drawing on screen was made on; None where there was none.
    ticket : Ticket, optional
        What a decision is taken on; None where nothing is drawn.
    why_not_draw, why_not_submit, why_not_decide : str
        Why the person may not save a drawing, hand it in, or approve and return it; "" where they may.
    numbers_hidden : str
        Why the person does not see the numbers yet; "" where they do.
    reading : AskedReading, optional
        The reading that the person is here to draw, without seeing what others made of the case; None where they are not.
    dispute : AskedReading, optional
        The reading that disagrees with the first one, where the person may decide between the two; None elsewhere.
    """

    case: Case
    base: int | None
    versions: tuple[Version, ...]
    reviews: tuple[Review, ...]
    comments: tuple[Comment, ...]
    ticket: Ticket | None
    why_not_draw: str
    why_not_submit: str
    why_not_decide: str
    numbers_hidden: str
    reading: AskedReading | None = None
    dispute: AskedReading | None = None

    @property
    def is_review(self) -> bool:
        """Whether the person is here to decide on somebody else's drawing."""
        return not self.why_not_decide


@dataclass(frozen=True, slots=True, eq=False)
class SeatState:
    """What a window shows of the study.

    Parameters
    ----------
    where : str
        Path or URL of the study; "" while none is chosen.
    desk : Desk, optional
        Who is signed in; None while nobody is.
    opened : OpenCase, optional
        The case on screen; None where the scan on screen is not of the study, or none is open.
    trouble : str
        Why the study cannot be reached at the moment, in a sentence; "" where it can.
    """

    where: str = ""
    desk: Desk | None = None
    query: WorklistQuery = field(default_factory=WorklistQuery)
    sheet: Sheet | None = None
    opened: OpenCase | None = None
    trouble: str = ""

    @property
    def is_signed_in(self) -> bool:
        return self.desk is not None

    @property
    def is_lead(self) -> bool:
        """Whether the person may do what a lead does."""
        return self.sheet is not None and self.sheet.account.has(Role.LEAD)


class Seat:
    """Holds the `SeatState` and says when it changed."""

    changed = Signal(SeatState, SeatState)
    """Emitted with the old and the new state."""

    def __init__(self) -> None:
        self.state = SeatState()

    def set(self, **changes: Any) -> None:
        """Change fields of the state."""
        old = self.state
        self.state = replace(old, **changes)
        self.changed.emit(old, self.state)

    def leave(self) -> None:
        """Sign out; the database is let go of."""
        desk = self.state.desk
        self.set(desk=None, sheet=None, opened=None, trouble="", query=WorklistQuery())
        if desk is not None:
            desk.store.close()


def look(desk: Desk, query: WorklistQuery) -> Sheet:
    """The study now, with one page of its worklist. Refused where the account was disabled meanwhile."""
    with desk.store.reading() as connection:
        account = accounts.by_id(connection, desk.account_id)
        refuse(rules.why_not_work(account))
        return Sheet(
            history.latest_change(connection),
            studies.record(connection),
            account,
            tuple(accounts.everybody(connection)),
            studies.current_protocol(connection),
            _as_seen(cases.page(connection, query), readings.hidden_cases(connection, account.id)),
            cases.counts(connection),
            reading_counts(desk),
        )


def hidden_cases(desk: Desk) -> frozenset[int]:
    """Ids of the cases of which the person at the desk is to know nothing yet: they are to read them apart from others."""
    with desk.store.reading() as connection:
        return readings.hidden_cases(connection, desk.account_id)


def _as_seen(page: WorklistPage, hidden: frozenset[int]) -> WorklistPage:
    """The page without a word of how far a case is that the person is to read apart from others."""
    unsaid: dict[str, Any] = {"state": CaseState.NEW, "assessor": "", "reviewer": "", "version": None, "updated_at": ""}
    rows = (replace(row, **unsaid) if row.id in hidden and row.state is not CaseState.EXCLUDED else row for row in page.rows)
    return replace(page, rows=tuple(rows))


def open_case(desk: Desk, case_id: int) -> OpenCase:
    """The case now, with what the person at the desk may do with it. Refused where they may not see it."""
    with desk.store.reading() as connection:
        actor, case = accounts.by_id(connection, desk.account_id), cases.by_id(connection, case_id)
        asked = readings.of_case(connection, case_id)
        seen = sight(connection, actor, case, asked)
        if seen.why_nothing:
            return _to_read(desk, case_id, seen.why_nothing)
        blind = studies.record(connection).blind_review
        current = case.current_version_id
        drawers: frozenset[int] = frozenset() if current is None else versions.drawers_of(connection, current)
        every = versions.of_case(connection, case_id)
        hidden = {version.number for version in every if version.id in seen.hidden_versions}
        drawn = tuple(version for version in every if version.number not in hidden)
        decided = tuple(versions.reviews_of(connection, case_id))
        remarks = tuple(comment for comment in versions.comments_of(connection, case_id) if comment.version not in hidden)
    waits = rules.why_undecided(asked)
    dispute = next((reading for reading in asked if reading.needs_adjudication), None)
    may_adjudicate = not why_not_adjudicate(actor, case, dispute, Take.FIRST, False)
    return OpenCase(
        case,
        case.current_version,
        drawn,
        decided,
        remarks,
        None if current is None else ticket_for(desk.store, case_id),
        rules.why_not_save(actor, case) or why_not_own(actor.id, asked) or (waits if case.state is CaseState.SUBMITTED else ""),
        rules.why_not_submit(actor, case),
        rules.why_not_approve(actor, case, drawers) or waits,
        rules.why_not_numbers(actor, case, blind),
        dispute=dispute if may_adjudicate else None,
    )


def task_of(sheet: Sheet, opened: OpenCase) -> str:
    """What the person at the desk draws: which study, case and person, and the drawing that is reviewed, a reading, or a third drawing."""
    reading = opened.reading or opened.dispute
    what = "case" if reading is None else f"{'reading' if opened.reading else 'third'} {reading.id}"
    return "|".join((sheet.study.name, sheet.study.created_at, str(opened.case.id), str(sheet.account.id), what))


def _to_read(desk: Desk, case_id: int, why_nothing: str) -> OpenCase:
    """The case as somebody sees it who is to read it apart from others: as a new one. Refused where they are not, or not yet."""
    if reading_asked(desk, case_id) is None:
        raise Refused(why_nothing)
    found = open_reading(desk, case_id)
    refuse(found.why_not_draw)
    return OpenCase(found.case, None, (), (), (), None, "", "", why_nothing, "", reading=found.reading)


def waiting_case(desk: Desk, query: WorklistQuery, after: str) -> int:
    """Id of the next case that waits for the person at the desk, to be drawn or to be decided on; from the top again after the last one.

    The filters of `query` hold. Refused where none waits.
    """
    with desk.store.reading() as connection:
        actor = accounts.by_id(connection, desk.account_id)
        found = cases.waiting(connection, query, actor, after)
        if found is None and after:
            found = cases.waiting(connection, query, actor, "")
    if found is None:
        raise Refused("No case of the worklist waits for you: change its filters, or take a free case.")
    return found
