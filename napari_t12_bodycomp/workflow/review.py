"""A case's way from the first drawing to the approved result. Each deed is one transaction: all of it happens, or none of it.

The rules are those of `model.review`, asked inside the transaction about the case and the account as they are at that moment.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace

from napari_t12_bodycomp.errors import Conflict, Refused
from napari_t12_bodycomp.model import review as rules
from napari_t12_bodycomp.model.reading_rules import why_not_own
from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.study import (
    Account,
    Case,
    CaseState,
    Decision,
    ExclusionReason,
    Role,
    Ticket,
    Version,
)
from napari_t12_bodycomp.model.subject import Subject
from napari_t12_bodycomp.model.tissue import Tissue
from napari_t12_bodycomp.report import indices_csv
from napari_t12_bodycomp.store import accounts, cases, readings, studies, versions
from napari_t12_bodycomp.store.ledger import Writer
from napari_t12_bodycomp.store.studies import StudyStore
from napari_t12_bodycomp.store.versions import NewVersion, PackedRegions
from napari_t12_bodycomp.workflow.case_list import subject_of
from napari_t12_bodycomp.workflow.comparing import note_first, note_open_again
from napari_t12_bodycomp.workflow.study import Desk, acting, check_own_password, refuse, still_same_password

FILLED_AT_EXPORT = ("patient_id", "status", "assessor", "reviewer", "reviewed_at", *indices_csv.FILE_COLUMNS)
"""Columns of the table of measurements that are not stored with a drawing: they say who the patient is, or what became of the drawing."""


def save_version(desk: Desk, case_id: int, base: int | None, result: Result, active_seconds: float = 0.0) -> Version:
    """Save a drawing with its numbers as a new version of a case.

    Parameters
    ----------
    base : int or None
        Number of the version that the drawing was made on; None where there was none.
    result : Result
        Measured by the study's protocol; its height and weight go into the case.

    Raises
    ------
    Conflict
        Where somebody saved the case since `base`: the drawing is kept as a version of its own that does not count.
    Refused
        Where the account may not draw this case now, or the result is of another scan or protocol.
    """
    packed = PackedRegions.of(result.regions)
    with desk.store.writing(desk.account_id, "case.save") as writer:
        actor, case = acting(writer, desk), cases.by_id(writer.connection, case_id)
        asked = readings.of_case(writer.connection, case_id)
        refuse(rules.why_blind(actor, asked) or why_not_own(actor.id, asked))
        new = new_version(writer, case, result, packed, active_seconds)
        late = base != case.current_version
        if not late:
            refuse(rules.why_not_save(actor, case) or (rules.why_undecided(asked) if case.state is CaseState.SUBMITTED else ""))
            refuse(rules.why_not_confirmed_by(actor, result.level.confirmed_by, _base_confirmed_by(writer, case)))
            if case.state is CaseState.SUBMITTED and not result.level.is_confirmed:
                raise Refused("The level of your correction is not confirmed: look at the evidence, confirm it, then save.")
        elif not actor.has(Role.ASSESSOR, Role.REVIEWER):
            raise Refused(f"Drawing needs the role assessor, the account {actor.name!r} does not have it: ask a lead.")
        version_id, number = versions.insert(writer, case, actor.id, base, new, kept=late)
        if not late:
            _count(writer, case, actor, version_id, result)
        saved = versions.one(writer.connection, case_id, number)
        winner = versions.one(writer.connection, case_id, case.current_version) if late and case.current_version else None
    if late:
        by = f"{winner.author} saved version {winner.number}" if winner else "the case was changed"
        raise Conflict(
            f"While you were drawing, {by} of this case: yours is kept as version {number} and does not count. "
            "Open the case again, compare the two, and save what is right.",
            number,
        )
    return saved


def new_version(writer: Writer, case: Case, result: Result, packed: PackedRegions, active_seconds: float) -> NewVersion:
    """`result` as a version to be saved; Refused where it is of another scan or protocol than the case's."""
    current = studies.current_protocol(writer.connection)
    if result.measurement.protocol != current.protocol:
        raise Refused(
            f"A drawing measured by version {current.number} of the study's protocol ({current.protocol.preset.name}) is wanted, another one came: "
            "measure it by the study's protocol."
        )
    own, wanted = result.acquisition.series_instance_uid, case.series.series_instance_uid
    if own and wanted and own != wanted:
        raise Refused("The drawing is of another series than the case: open the case's own scan.")
    if case.subject.height_m is not None and result.subject.height_m is None:
        raise Refused(
            f"The study knows a height of {case.subject.height_m:g} m for this case, the drawing was measured without one: measure it with it."
        )
    level, finding = result.level, result.finding
    measured = result.measurement
    return NewVersion(
        packed,
        {
            "slice_index": level.slice_index,
            "z_mm": level.z_mm,
            "sop_instance_uid": result.sop_instance_uid,
            "method": level.method.value,
            "confirmed_by": level.confirmed_by,
            "search_status": finding.status.value if finding else "",
            "search_confidence": finding.confidence if finding else None,
        },
        {
            **{f"{t.key}_area_cm2": measured.areas_cm2[t] for t in Tissue},
            "smd_hu": measured.smd_hu,
            **{name: measured.indices[index] for name, index in _INDEX_COLUMNS.items()},
            "height_m": result.subject.height_m if result.subject.height_m is not None else float("nan"),
        },
        {name: text for name, text in indices_csv.row(result).items() if name not in FILLED_AT_EXPORT},
        result.regions_origin,
        current.id,
        active_seconds,
    )


_INDEX_COLUMNS = {"smi_cm2_m2": "SMI", "vfi_cm2_m2": "VFI", "sfi_cm2_m2": "SFI", "vsr": "VSR"}


def _base_confirmed_by(writer: Writer, case: Case) -> str:
    if case.current_version is None:
        return ""
    return versions.one(writer.connection, case.id, case.current_version).level_confirmed_by


def _count(writer: Writer, case: Case, actor: Account, version_id: int, result: Result) -> None:
    """Make the new version the one that counts."""
    if case.state is CaseState.SUBMITTED:
        ticket = Ticket(case.id, version_id, case.revision, secrets.token_hex(16))
        versions.add_review(writer, ticket, actor.id, Decision.CORRECTED)
    state = CaseState.DRAFTED if case.state is CaseState.NEW else case.state
    cases.change(writer, case, current_version_id=version_id, state=state.value, **cases.subject_values(measured_subject(case, result)))


def measured_subject(case: Case, result: Result) -> Subject:
    """The subject of `case` with the height and weight that `result` was measured with."""
    subject = subject_of(case, result.subject)
    if result.subject.height_m is not None:
        subject = replace(subject, height_m=result.subject.height_m, height_source=result.subject.height_source)
    if result.subject.weight_kg is not None:
        subject = replace(subject, weight_kg=result.subject.weight_kg, weight_source=result.subject.weight_source)
    return subject


def submit(desk: Desk, case_id: int, version: int) -> Case:
    """Hand version `version` in for review."""
    with desk.store.writing(desk.account_id, "case.submit") as writer:
        actor, case = acting(writer, desk), cases.by_id(writer.connection, case_id)
        refuse(rules.why_not_submit(actor, case))
        if version != case.current_version:
            raise Refused(f"Version {case.current_version} is the current one, version {version} came: open the case again, then submit.")
        if not versions.one(writer.connection, case_id, version).level_confirmed_by:
            raise Refused("The level is not confirmed: look at the evidence, confirm it and save, then submit.")
        cases.change(writer, case, state=CaseState.SUBMITTED.value)
        note_first(writer, actor, case)
        return cases.by_id(writer.connection, case_id)


def ticket_for(store: StudyStore, case_id: int) -> Ticket:
    """What a reviewer now has on screen, to decide on; good for one decision, as long as the case does not change."""
    with store.reading() as connection:
        case = cases.by_id(connection, case_id)
    if case.current_version_id is None:
        raise Refused("Nothing is drawn in this case yet: there is nothing to decide on.")
    return Ticket(case.id, case.current_version_id, case.revision, secrets.token_hex(16))


def approve(desk: Desk, ticket: Ticket, password: str) -> Case:
    """Sign off what `ticket` stands for; `password` is typed again for it. The case is locked from then on."""
    stored = check_own_password(desk, password)
    with desk.store.writing(desk.account_id, "case.approve") as writer:
        still_same_password(writer, desk, stored)
        actor, case = acting(writer, desk), cases.by_id(writer.connection, ticket.case_id)
        _refuse_used(writer, ticket)
        drawers = versions.drawers_of(writer.connection, ticket.version_id)
        waits = rules.why_undecided(readings.of_case(writer.connection, case.id))
        refuse(rules.why_not_approve(actor, case, drawers) or waits or rules.why_stale(case, ticket.version_id, ticket.revision))
        if not versions.with_id(writer.connection, ticket.version_id).level_confirmed_by:
            raise Refused("The level of this version is not confirmed by anybody: return the case, or correct it.")
        versions.add_review(writer, ticket, actor.id, Decision.APPROVED)
        cases.change(writer, case, state=CaseState.APPROVED.value)
        return cases.by_id(writer.connection, case.id)


def return_case(desk: Desk, ticket: Ticket, reason: str) -> Case:
    """Send the case back to its assessor, who reads `reason`."""
    with desk.store.writing(desk.account_id, "case.return") as writer:
        actor, case = acting(writer, desk), cases.by_id(writer.connection, ticket.case_id)
        _refuse_used(writer, ticket)
        waits = rules.why_undecided(readings.of_case(writer.connection, case.id))
        refuse(rules.why_not_return(actor, case, reason) or waits or rules.why_stale(case, ticket.version_id, ticket.revision))
        versions.add_review(writer, ticket, actor.id, Decision.RETURNED, reason)
        cases.change(writer, case, state=CaseState.RETURNED.value)
        note_open_again(writer, case)
        return cases.by_id(writer.connection, case.id)


def reopen(desk: Desk, ticket: Ticket, reason: str) -> Case:
    """A lead unlocks an approved case: it goes back to its assessor."""
    with desk.store.writing(desk.account_id, "case.reopen") as writer:
        actor, case = acting(writer, desk), cases.by_id(writer.connection, ticket.case_id)
        _refuse_used(writer, ticket)
        refuse(rules.why_not_reopen(actor, case, reason) or rules.why_stale(case, ticket.version_id, ticket.revision))
        versions.add_review(writer, ticket, actor.id, Decision.REOPENED, reason)
        cases.change(writer, case, state=CaseState.RETURNED.value)
        note_open_again(writer, case)
        return cases.by_id(writer.connection, case.id)


def _refuse_used(writer: Writer, ticket: Ticket) -> None:
    if versions.is_used(writer.connection, ticket):
        raise Refused(versions.USED_TICKET)


def exclude(desk: Desk, case_id: int, reason: ExclusionReason, note: str = "") -> Case:
    """Take a case out of the study, with the reason that the flow chart counts."""
    with desk.store.writing(desk.account_id, "case.exclude") as writer:
        actor, case = acting(writer, desk), cases.by_id(writer.connection, case_id)
        refuse(rules.why_not_exclude(actor, case, reason, note))
        cases.change(writer, case, state=CaseState.EXCLUDED.value, exclusion=reason.value, exclusion_note=note)
        return cases.by_id(writer.connection, case_id)


def include(desk: Desk, case_id: int) -> Case:
    """A lead takes an excluded case in again: new, or drafted where it has a drawing."""
    with desk.store.writing(desk.account_id, "case.include") as writer:
        actor, case = acting(writer, desk), cases.by_id(writer.connection, case_id)
        refuse(rules.why_not_include(actor, case))
        state = CaseState.NEW if case.current_version is None else CaseState.DRAFTED
        cases.change(writer, case, state=state.value, exclusion=None, exclusion_note="")
        note_open_again(writer, case)
        return cases.by_id(writer.connection, case_id)


def assign(desk: Desk, case_ids: Sequence[int], assessor: str | None = None, reviewer: str | None = None) -> None:
    """A lead assigns cases; an assessor or reviewer takes free ones. A name of "" sets a case free, None leaves it as it is."""
    with desk.store.writing(desk.account_id, "case.assign") as writer:
        actor = acting(writer, desk)
        people = {
            column: _assignable(writer, name, role)
            for column, name, role in (("assessor_id", assessor, Role.ASSESSOR), ("reviewer_id", reviewer, Role.REVIEWER))
            if name is not None
        }
        for case_id in case_ids:
            case = cases.by_id(writer.connection, case_id)
            refuse(rules.why_not_assign(actor, case, people))
            if person := people.get("assessor_id"):
                refuse(why_not_own(person, readings.of_case(writer.connection, case_id)))
            cases.change(writer, case, **people)


def _assignable(writer: Writer, name: str, role: Role) -> int | None:
    if not name:
        return None
    account = accounts.by_name(writer.connection, name)
    if account.disabled or not account.has(role):
        raise Refused(f"An enabled {role.value} is wanted, {name!r} is none: choose another account.")
    return account.id


def add_comment(desk: Desk, case_id: int, version: int, text: str, point: tuple[float, float] | None = None) -> None:
    """Pin a remark to a point (row, column in pixels) of a version, or to all of it."""
    if not text.strip():
        raise Refused("A comment is wanted, nothing came: type one.")
    with desk.store.writing(desk.account_id, "case.comment") as writer:
        actor = acting(writer, desk)
        refuse(rules.why_not_see(actor, readings.of_case(writer.connection, case_id)))
        on = versions.one(writer.connection, case_id, version)
        versions.add_comment(writer, case_id, on.id, actor.id, text, point)


def record_time(desk: Desk, case_id: int, step: str, active_seconds: float) -> None:
    """Note how long the person at the desk worked on a step of a case, idle time left out (`model.activity`)."""
    with desk.store.writing(desk.account_id, "case.time") as writer:
        versions.add_timing(writer, case_id, acting(writer, desk).id, step, active_seconds)
