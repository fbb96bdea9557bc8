"""Double reading: cases are chosen for it, read apart from what was drawn before, and decided between where two readings disagree."""

from __future__ import annotations

from dataclasses import replace

from napari_t12_bodycomp.model import reading_rules as rules
from napari_t12_bodycomp.model.double_reading import AskedReading, ReadingState, Take
from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.study import Case, Version
from napari_t12_bodycomp.store import cases, readings, versions
from napari_t12_bodycomp.store.ledger import Writer
from napari_t12_bodycomp.store.versions import PackedRegions
from napari_t12_bodycomp.workflow.comparing import settle
from napari_t12_bodycomp.workflow.reading_list import own_reading
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
