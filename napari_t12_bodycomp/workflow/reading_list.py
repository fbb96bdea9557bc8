"""What of double reading waits for whom, and what came of it: lists, counts, and a case opened to be read or decided on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from napari_t12_bodycomp.model import reading_rules as rules
from napari_t12_bodycomp.model import review
from napari_t12_bodycomp.model.double_reading import Adjudication, AskedReading, ReadingPlan, ReadingState, Take
from napari_t12_bodycomp.model.study import Case, Role
from napari_t12_bodycomp.model.worklist import ReadingCounts
from napari_t12_bodycomp.store import accounts, cases, ledger, readings
from napari_t12_bodycomp.store.studies import StudyStore
from napari_t12_bodycomp.workflow.study import Desk, refuse


def own_reading(asked: list[AskedReading], account_id: int) -> AskedReading | None:
    """What is asked of the account: what waits before what is finished, and that before what was withdrawn."""
    order = {ReadingState.WAITING: 0, ReadingState.WITHDRAWN: 2}
    own = [reading for reading in asked if reading.reader_id == account_id]
    return min(own, key=lambda reading: (order.get(reading.state, 1), -reading.id), default=None)


@dataclass(frozen=True, slots=True)
class OpenReading:
    """A case as who reads it may see it: `case` without a word of what was drawn; `why_not_draw` is "" where it may be drawn now."""

    case: Case
    reading: AskedReading
    why_not_draw: str


def open_reading(desk: Desk, case_id: int) -> OpenReading:
    """The reading of a case that is asked of the person at the desk, to be drawn on its scan. Refused where none is."""
    with desk.store.reading() as connection:
        actor, case = accounts.by_id(connection, desk.account_id), cases.by_id(connection, case_id)
        reading = own_reading(readings.of_case(connection, case_id), actor.id)
        why_not = rules.why_not_read(actor, case, reading, ledger.now())
    if reading is None or reading.state is not ReadingState.WAITING:
        refuse(why_not)
    assert reading is not None
    unseen = replace(case, current_version=None, current_version_id=None, current_author=None)
    return OpenReading(unseen, reading, why_not)


@dataclass(frozen=True, slots=True)
class ListedReading:
    """A reading with the names that belong to it, and who decided, where that was needed."""

    reading: AskedReading
    case: str
    first_reader: str
    reader: str
    adjudication: Adjudication | None


def listed_readings(desk: Desk) -> list[ListedReading]:
    """The readings that the person at the desk may know of, by case: a lead all, others their own and those that they may decide between."""
    with desk.store.reading() as connection:
        actor = accounts.by_id(connection, desk.account_id)
        refuse(review.why_not_look(actor))
        names = {account.id: account.name for account in accounts.everybody(connection)}
        decided = readings.adjudications_by_reading(connection)
        standing = readings.case_states(connection)
        found = [r for r in readings.everything(connection) if _may_know(actor.id, actor.has(Role.LEAD), actor.has(Role.REVIEWER), r)]
    return sorted(
        (ListedReading(r, standing[r.case_id][0], names[r.first_reader_id], names[r.reader_id], decided.get(r.id)) for r in found),
        key=lambda one: (one.case, one.reading.id),
    )


def _may_know(account_id: int, is_lead: bool, is_reviewer: bool, reading: AskedReading) -> bool:
    is_reader = account_id in (reading.reader_id, reading.first_reader_id)
    decides = is_reviewer and reading.needs_adjudication and not is_reader
    finished = is_reader and reading.state not in (ReadingState.WAITING, ReadingState.DRAWN)
    return is_lead or reading.reader_id == account_id or decides or finished


def reading_asked(desk: Desk, case_id: int) -> AskedReading | None:
    """The reading of a case that waits for the person at the desk, due or not; None where none does."""
    with desk.store.reading() as connection:
        own = own_reading(readings.of_case(connection, case_id), desk.account_id)
    return own if own is not None and own.state is ReadingState.WAITING else None


def why_not_read(desk: Desk, case_id: int) -> str:
    """Why the person at the desk may not draw a reading of the case now; "" where they may. For a window that offers it."""
    with desk.store.reading() as connection:
        actor, case = accounts.by_id(connection, desk.account_id), cases.by_id(connection, case_id)
        return rules.why_not_read(actor, case, own_reading(readings.of_case(connection, case_id), actor.id), ledger.now())


def why_not_adjudicate(desk: Desk, case_id: int) -> str:
    """Why the person at the desk may not decide between two readings of the case; "" where they may."""
    with desk.store.reading() as connection:
        actor, case = accounts.by_id(connection, desk.account_id), cases.by_id(connection, case_id)
        reading = next((r for r in readings.of_case(connection, case_id) if r.needs_adjudication), None)
        return rules.why_not_adjudicate(actor, case, reading, Take.FIRST, False)


def reading_counts(desk: Desk) -> ReadingCounts:
    """What waits for the person at the desk: readings due and later, and adjudications that they may decide."""
    with desk.store.reading() as connection:
        actor = accounts.by_id(connection, desk.account_id)
        waits = (readings.due(actor.id), readings.later(actor.id), readings.disagreeing(actor.id))
        due, later, disagreeing = readings.count(connection, *waits)
        return ReadingCounts(due, later, disagreeing if actor.has(Role.REVIEWER, Role.LEAD) else 0)


def reading_plans(store: StudyStore) -> list[ReadingPlan]:
    """How readings were chosen, the oldest choice first."""
    with store.reading() as connection:
        return readings.plans(connection)
