"""Double reading: cases are chosen for it, read apart from what was drawn before, and decided between where two readings disagree."""

from __future__ import annotations

from dataclasses import dataclass, replace

from napari_t12_bodycomp.model import reading_rules as rules
from napari_t12_bodycomp.model import review
from napari_t12_bodycomp.model.double_reading import Adjudication, AskedReading, ReadingPlan, ReadingState, Take, own_reading
from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.study import Case, Role, Version
from napari_t12_bodycomp.model.worklist import ReadingCounts
from napari_t12_bodycomp.store import accounts, cases, ledger, readings, versions
from napari_t12_bodycomp.store.ledger import Writer
from napari_t12_bodycomp.store.studies import StudyStore
from napari_t12_bodycomp.store.versions import PackedRegions
from napari_t12_bodycomp.workflow.comparing import settle
from napari_t12_bodycomp.workflow.review import measured_subject, new_version
from napari_t12_bodycomp.workflow.study import Desk, acting, refuse


def save_reading(desk: Desk, case_id: int, result: Result, active_seconds: float = 0.0) -> Version:
    """Save the drawing of who was asked to read a case: a version that does not count by itself, and that stays as it is.

    Raises
    ------
    Refused
        Where no reading is asked of the person at the desk, or not yet; where the level is not theirs; where `result` is of another scan or
        protocol.
    """
    packed = PackedRegions.of(result.regions)
    with desk.store.writing(desk.account_id, "reading.save") as writer:
        actor, case = acting(writer, desk), cases.by_id(writer.connection, case_id)
        reading = own_reading(readings.of_case(writer.connection, case_id), actor.id)
        refuse(rules.why_not_read(actor, case, reading, writer.at) or rules.why_not_read_level(actor, result.level.confirmed_by))
        assert reading is not None
        new = new_version(writer, case, result, packed, active_seconds)
        version_id, _ = versions.insert(writer, case, actor.id, None, new, kept=True)
        settle(writer, case, replace(reading, version_id=version_id, finished_at=writer.at))
        return versions.with_id(writer.connection, version_id)


def adjudicate(desk: Desk, case_id: int, take: Take, reason: str = "", result: Result | None = None, active_seconds: float = 0.0) -> Case:
    """Decide between two readings that disagree, as a reviewer or lead who is neither of the readers. The review goes on after that.

    The second reading is taken by a version that copies it, in the name of who drew it. `result` is the drawing of a third one.
    """
    packed = None if result is None else PackedRegions.of(result.regions)
    with desk.store.writing(desk.account_id, "case.adjudicate") as writer:
        actor, case = acting(writer, desk), cases.by_id(writer.connection, case_id)
        reading = next((r for r in readings.of_case(writer.connection, case_id) if r.needs_adjudication), None)
        refuse(rules.why_not_adjudicate(actor, case, reading, take, result is not None))
        assert reading is not None
        if result is None or packed is None:
            version_id = _taken(writer, case, reading, take)
            changes: dict[str, object] = {}
        else:
            refuse(rules.why_not_read_level(actor, result.level.confirmed_by))
            new = new_version(writer, case, result, packed, active_seconds)
            version_id, _ = versions.insert(writer, case, actor.id, case.current_version, new, kept=False)
            changes = cases.subject_values(measured_subject(case, result))
        readings.adjudicate(writer, reading, actor.id, take, reason, version_id)
        readings.change(writer, reading, state=ReadingState.ADJUDICATED.value)
        cases.change(writer, case, current_version_id=version_id, **changes)
        return cases.by_id(writer.connection, case_id)


def _taken(writer: Writer, case: Case, reading: AskedReading, take: Take) -> int:
    """Id of the version that counts, where one of the two readings is taken: itself if it counts already, else its copy."""
    wanted = reading.first_version_id if take is Take.FIRST else reading.version_id
    assert wanted is not None
    return wanted if wanted == case.current_version_id else versions.copy(writer, case, wanted)


def withdraw_reading(desk: Desk, reading_id: int, reason: str) -> AskedReading:
    """A lead takes back that a reading was asked for, as where its reader has left; the case can then be given to another one."""
    with desk.store.writing(desk.account_id, "reading.withdraw") as writer:
        actor, reading = acting(writer, desk), readings.by_id(writer.connection, reading_id)
        refuse(rules.why_not_withdraw(actor, reading, reason))
        readings.change(writer, reading, state=ReadingState.WITHDRAWN.value, note=reason)
        return readings.by_id(writer.connection, reading_id)


# -- looking -------------------------------------------------------------------------------------------------------------------------------


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


def readings_of(store: StudyStore, case_id: int) -> list[AskedReading]:
    """All readings that were asked for of a case, the oldest first: for the program itself."""
    with store.reading() as connection:
        return readings.of_case(connection, case_id)


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
        due, later = (readings.count(connection, waits(actor.id)) for waits in (readings.due, readings.later))
        may_decide = actor.has(Role.REVIEWER, Role.LEAD)
        return ReadingCounts(due, later, readings.count(connection, readings.disagreeing(actor.id)) if may_decide else 0)


def reading_plans(store: StudyStore) -> list[ReadingPlan]:
    """How readings were chosen, the oldest choice first."""
    with store.reading() as connection:
        return readings.plans(connection)
