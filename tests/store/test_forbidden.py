"""Every deed that the rules forbid, tried through the program and behind its back: refused with its sentence, and nothing changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import trial
from forbidden_readings import FORBIDDEN_READINGS, READINGS_BEHIND_ITS_BACK, readings_of_all_kinds
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from trial import PASSWORD, Trial

from napari_t12_bodycomp.errors import Conflict, Refused, T12Error
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.study import ExclusionReason, Role
from napari_t12_bodycomp.model.tissue import preset
from napari_t12_bodycomp.store import database, triggers
from napari_t12_bodycomp.workflow import review, study

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "study.md"
Deed = Callable[[Trial], object]


def own_approval(t: Trial) -> None:
    case = trial.submitted(t, t.ben)
    review.approve(t.ben, review.ticket_for(t.store, case.id), PASSWORD)


def own_correction_approved(t: Trial) -> None:
    case = trial.submitted(t)
    review.save_version(t.rev, case.id, 1, trial.result("rev", 19))
    review.approve(t.rev, review.ticket_for(t.store, case.id), PASSWORD)


def own_drawing_saved_again_by_another(t: Trial) -> None:
    (case,) = trial.add_cases(t.lena)
    review.save_version(t.ben, case.id, None, trial.result("ben"))
    review.save_version(t.ann, case.id, 1, trial.result("ann"))
    review.submit(t.ann, case.id, 2)
    review.approve(t.ben, review.ticket_for(t.store, case.id), PASSWORD)


def approval_without_the_role(t: Trial) -> None:
    review.approve(t.ann, review.ticket_for(t.store, trial.submitted(t, t.ben).id), PASSWORD)


def approval_by_a_lead(t: Trial) -> None:
    review.approve(t.lena, review.ticket_for(t.store, trial.submitted(t).id), PASSWORD)


def approval_of_a_draft(t: Trial) -> None:
    (case,) = trial.add_cases(t.lena)
    review.save_version(t.ann, case.id, None, trial.result("ann"))
    review.approve(t.rev, review.ticket_for(t.store, case.id), PASSWORD)


def approval_with_a_wrong_password(t: Trial) -> None:
    review.approve(t.rev, review.ticket_for(t.store, trial.submitted(t).id), "not the password")


def approval_of_a_stale_version(t: Trial) -> None:
    case = trial.submitted(t)
    ticket = review.ticket_for(t.store, case.id)
    review.save_version(t.ben, case.id, 1, trial.result("ben", 19))
    review.approve(t.rev, ticket, PASSWORD)


def replayed_sign_off(t: Trial) -> None:
    case = trial.submitted(t)
    ticket = review.ticket_for(t.store, case.id)
    review.approve(t.rev, ticket, PASSWORD)
    review.reopen(t.lena, review.ticket_for(t.store, case.id), "wrong slice")
    review.submit(t.ann, case.id, 1)
    review.approve(t.rev, ticket, PASSWORD)


def approval_for_another_reviewer(t: Trial) -> None:
    case = trial.submitted(t)
    review.assign(t.lena, [case.id], reviewer="ben")
    review.approve(t.rev, review.ticket_for(t.store, case.id), PASSWORD)


def approval_by_a_disabled_account(t: Trial) -> None:
    ticket = review.ticket_for(t.store, trial.submitted(t).id)
    study.change_account(t.lena, "rev", disabled=True)
    review.approve(t.rev, ticket, PASSWORD)


def drawing_by_a_disabled_account(t: Trial) -> None:
    (case,) = trial.add_cases(t.lena)
    study.change_account(t.lena, "ann", disabled=True)
    review.save_version(t.ann, case.id, None, trial.result("ann"))


def sign_in_of_a_disabled_account(t: Trial) -> None:
    study.change_account(t.lena, "ann", disabled=True)
    study.sign_in(t.store, "ann", PASSWORD)


def sign_in_with_a_wrong_password(t: Trial) -> None:
    study.sign_in(t.store, "ann", "not the password")


def sign_in_of_nobody(t: Trial) -> None:
    study.sign_in(t.store, "nobody", PASSWORD)


def editing_approved(t: Trial) -> None:
    review.save_version(t.ann, trial.approved(t).id, 1, trial.result("ann", 19))


def assigning_approved(t: Trial) -> None:
    review.assign(t.lena, [trial.approved(t).id], assessor="ben")


def excluding_approved(t: Trial) -> None:
    review.exclude(t.lena, trial.approved(t).id, ExclusionReason.ARTEFACTS)


def editing_excluded(t: Trial) -> None:
    (case,) = trial.add_cases(t.lena)
    review.exclude(t.lena, case.id, ExclusionReason.NO_CHEST_CT)
    review.save_version(t.ann, case.id, None, trial.result("ann"))


def drawing_without_the_role(t: Trial) -> None:
    (case,) = trial.add_cases(t.lena)
    review.save_version(t.ray, case.id, None, trial.result("ray"))


def drawing_for_another_assessor(t: Trial) -> None:
    (case,) = trial.add_cases(t.lena)
    review.assign(t.lena, [case.id], assessor="ben")
    review.save_version(t.ann, case.id, None, trial.result("ann"))


def correcting_without_the_role(t: Trial) -> None:
    review.save_version(t.ann, trial.submitted(t).id, 1, trial.result("ann", 19))


def correcting_with_an_unconfirmed_level(t: Trial) -> None:
    review.save_version(t.rev, trial.submitted(t).id, 1, trial.unconfirmed("rev"))


def saving_on_a_stale_version(t: Trial) -> None:
    (case,) = trial.add_cases(t.lena)
    review.save_version(t.ann, case.id, None, trial.result("ann"))
    review.save_version(t.ben, case.id, None, trial.result("ben", 19))


def drawing_by_another_protocol(t: Trial) -> None:
    (case,) = trial.add_cases(t.lena)
    review.save_version(t.ann, case.id, None, trial.result("ann", protocol=Protocol(preset("alberta"))))


def drawing_of_another_scan(t: Trial) -> None:
    (case,) = trial.add_cases(t.lena)
    review.save_version(t.ann, case.id, None, trial.result("ann", series_uid="9.9.9"))


def drawing_without_the_known_height(t: Trial) -> None:
    (case,) = trial.add_cases(t.lena)
    review.save_version(t.ann, case.id, None, trial.result("ann"))
    review.save_version(t.ann, case.id, 1, trial.result("ann", subject=replace(trial.SUBJECT, height_m=None)))


def level_confirmed_for_another(t: Trial) -> None:
    (case,) = trial.add_cases(t.lena)
    review.save_version(t.ann, case.id, None, trial.result("ben"))


def submitting_nothing(t: Trial) -> None:
    (case,) = trial.add_cases(t.lena)
    review.submit(t.ann, case.id, 1)


def submitting_an_unconfirmed_level(t: Trial) -> None:
    (case,) = trial.add_cases(t.lena)
    review.save_version(t.ann, case.id, None, trial.unconfirmed("ann"))
    review.submit(t.ann, case.id, 1)


def submitting_another_one_s_drawing(t: Trial) -> None:
    (case,) = trial.add_cases(t.lena)
    review.save_version(t.ann, case.id, None, trial.result("ann"))
    review.submit(t.ben, case.id, 1)


def submitting_twice(t: Trial) -> None:
    review.submit(t.ann, trial.submitted(t).id, 1)


def submitting_a_stale_version(t: Trial) -> None:
    (case,) = trial.add_cases(t.lena)
    review.save_version(t.ann, case.id, None, trial.result("ann"))
    review.save_version(t.ann, case.id, 1, trial.result("ann", 19))
    review.submit(t.ann, case.id, 1)


def returning_without_a_reason(t: Trial) -> None:
    review.return_case(t.rev, review.ticket_for(t.store, trial.submitted(t).id), "  ")


def returning_without_the_role(t: Trial) -> None:
    review.return_case(t.ann, review.ticket_for(t.store, trial.submitted(t).id), "no")


def reopening_without_the_role(t: Trial) -> None:
    review.reopen(t.rev, review.ticket_for(t.store, trial.approved(t).id), "wrong slice")


def reopening_without_a_reason(t: Trial) -> None:
    review.reopen(t.lena, review.ticket_for(t.store, trial.approved(t).id), "")


def reopening_what_is_open(t: Trial) -> None:
    review.reopen(t.lena, review.ticket_for(t.store, trial.submitted(t).id), "wrong slice")


def excluding_without_the_role(t: Trial) -> None:
    review.exclude(t.rev, trial.add_cases(t.lena)[0].id, ExclusionReason.ARTEFACTS)


def excluding_for_other_without_a_note(t: Trial) -> None:
    review.exclude(t.ann, trial.add_cases(t.lena)[0].id, ExclusionReason.OTHER)


def including_without_the_role(t: Trial) -> None:
    (case,) = trial.add_cases(t.lena)
    review.exclude(t.ann, case.id, ExclusionReason.ARTEFACTS)
    review.include(t.ann, case.id)


def assigning_to_others_without_the_role(t: Trial) -> None:
    review.assign(t.ann, [trial.add_cases(t.lena)[0].id], assessor="ben")


def assigning_to_somebody_without_the_role(t: Trial) -> None:
    review.assign(t.lena, [trial.add_cases(t.lena)[0].id], assessor="rev")


def adding_an_account_without_the_role(t: Trial) -> None:
    study.add_account(t.ann, "eve", PASSWORD, [Role.LEAD])


def giving_oneself_a_role(t: Trial) -> None:
    study.change_account(t.ann, "ann", [Role.ASSESSOR, Role.REVIEWER])


def disabling_the_last_lead(t: Trial) -> None:
    study.change_account(t.lena, "lena", disabled=True)


def taking_a_taken_name(t: Trial) -> None:
    study.add_account(t.lena, "Ann", PASSWORD, [Role.ASSESSOR])


def setting_another_one_s_password(t: Trial) -> None:
    study.set_password(t.ann, "rev", "my own password", PASSWORD)


def changing_the_protocol_without_the_role(t: Trial) -> None:
    study.change_protocol(t.ann, Protocol(preset("alberta")), "why not")


def keeping_patient_ids_without_the_role(t: Trial) -> None:
    study.set_options(t.ann, keep_patient_ids=True)


FORBIDDEN: tuple[tuple[Deed, str], ...] = (
    (own_approval, "You drew this version yourself: somebody else must approve it."),
    (own_correction_approved, "You drew this version yourself: somebody else must approve it."),
    (own_drawing_saved_again_by_another, "You drew this version yourself: somebody else must approve it."),
    (approval_without_the_role, "Approving needs the role reviewer, the account 'ann' does not have it: ask a lead."),
    (approval_by_a_lead, "Approving needs the role reviewer, the account 'lena' does not have it: ask a lead."),
    (approval_of_a_draft, "A submitted case is wanted, this one is drafted: wait until its assessor submits it."),
    (approval_with_a_wrong_password, "Name and password do not fit together: type them again."),
    (
        approval_of_a_stale_version,
        "The case has changed since you opened it: open it again and look at the current version before you decide.",
    ),
    (replayed_sign_off, "This decision was taken already and counts once: open the case again to decide anew."),
    (approval_for_another_reviewer, "The case is assigned to another reviewer: take one of yours, or ask a lead to assign it to you."),
    (approval_by_a_disabled_account, "The account 'rev' is disabled: ask a lead to enable it."),
    (drawing_by_a_disabled_account, "The account 'ann' is disabled: ask a lead to enable it."),
    (sign_in_of_a_disabled_account, "The account 'ann' is disabled: ask a lead to enable it."),
    (sign_in_with_a_wrong_password, "Name and password do not fit together: type them again."),
    (sign_in_of_nobody, "Name and password do not fit together: type them again."),
    (editing_approved, "The case is approved and locked: ask a lead to reopen it, with a reason."),
    (assigning_approved, "The case is approved and locked: ask a lead to reopen it, with a reason."),
    (excluding_approved, "The case is approved and locked: ask a lead to reopen it, with a reason."),
    (editing_excluded, "The case is excluded from the study: ask a lead to take it in again."),
    (drawing_without_the_role, "Drawing needs the role assessor, the account 'ray' does not have it: ask a lead."),
    (drawing_for_another_assessor, "The case is assigned to another assessor: take one of yours, or ask a lead to assign it to you."),
    (correcting_without_the_role, "Correcting a submitted case needs the role reviewer, the account 'ann' does not have it: ask a lead."),
    (
        correcting_with_an_unconfirmed_level,
        "The level of your correction is not confirmed: look at the evidence, confirm it, then save.",
    ),
    (
        saving_on_a_stale_version,
        "While you were drawing, ann saved version 1 of this case: yours is kept as version 2 and does not count. "
        "Open the case again, compare the two, and save what is right.",
    ),
    (
        drawing_by_another_protocol,
        "A drawing measured by version 1 of the study's protocol (t12-study) is wanted, another one came: measure it by the study's protocol.",
    ),
    (drawing_of_another_scan, "The drawing is of another series than the case: open the case's own scan."),
    (
        drawing_without_the_known_height,
        "The study knows a height of 1.6 m for this case, the drawing was measured without one: measure it with it.",
    ),
    (level_confirmed_for_another, "The level is said to be confirmed by 'ben', you are 'ann': look at the level and confirm it yourself."),
    (submitting_nothing, "Nothing is drawn yet: draft or draw the regions and save them, then submit."),
    (submitting_an_unconfirmed_level, "The level is not confirmed: look at the evidence, confirm it and save, then submit."),
    (
        submitting_another_one_s_drawing,
        "The current version was drawn by somebody else: whoever drew it submits it, or save a version of your own first.",
    ),
    (submitting_twice, "The case is submitted already: it waits for its review."),
    (submitting_a_stale_version, "Version 2 is the current one, version 1 came: open the case again, then submit."),
    (returning_without_a_reason, "A reason is wanted for returning a case, none came: say what is to be changed."),
    (returning_without_the_role, "Returning needs the role reviewer, the account 'ann' does not have it: ask a lead."),
    (reopening_without_the_role, "Only a lead may reopen an approved case: ask one."),
    (reopening_without_a_reason, "A reason is wanted for reopening a case, none came: say why."),
    (reopening_what_is_open, "An approved case is wanted, this one is submitted: there is nothing to reopen."),
    (excluding_without_the_role, "Excluding a case needs the role lead or assessor, the account 'rev' has neither: ask a lead."),
    (excluding_for_other_without_a_note, "A note is wanted with the reason 'other', none came: say why the case is excluded."),
    (including_without_the_role, "Only a lead may take an excluded case in again: ask one."),
    (
        assigning_to_others_without_the_role,
        "Only a lead may assign cases to others or take them from somebody: take a free one, or ask a lead.",
    ),
    (assigning_to_somebody_without_the_role, "An enabled assessor is wanted, 'rev' is none: choose another account."),
    (adding_an_account_without_the_role, "Only a lead may add an account: ask one."),
    (giving_oneself_a_role, "Only a lead may change an account: ask one."),
    (disabling_the_last_lead, "A study needs an enabled lead, this is its last one: make somebody else a lead first."),
    (taking_a_taken_name, "A new name is wanted, an account 'Ann' exists already: choose another one."),
    (setting_another_one_s_password, "Only a lead may set somebody else's password: ask one."),
    (changing_the_protocol_without_the_role, "Only a lead may change the protocol: ask one."),
    (keeping_patient_ids_without_the_role, "Only a lead may change the study's options: ask one."),
    *FORBIDDEN_READINGS,
)
"""Each forbidden deed with the sentence that refuses it; the table in ``docs/study.md`` is this one."""


@pytest.mark.parametrize(("deed", "sentence"), FORBIDDEN, ids=[deed.__name__ for deed, _ in FORBIDDEN])
def test_what_is_forbidden_is_refused_with_its_sentence(a_trial: Trial, deed: Deed, sentence: str) -> None:
    with pytest.raises(T12Error) as caught:
        deed(a_trial)
    assert str(caught.value) == sentence
    assert isinstance(caught.value, Conflict if deed is saving_on_a_stale_version else Refused)
    assert a_trial.store.verify().is_clean


def test_the_document_has_the_same_table() -> None:
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    described = {deed.strip(): sentence.strip() for deed, sentence in rows}
    for deed, sentence in FORBIDDEN:
        assert described.get(deed.__name__.replace("_s_", "'s ").replace("_", " ")) == sentence


BEHIND_ITS_BACK = {
    "deleting a case": "DELETE FROM cases WHERE id = 2",
    "deleting an audit row": "DELETE FROM audit WHERE id = 3",
    "changing an audit row": "UPDATE audit SET action = 'x' WHERE id = 3",
    "inserting an audit row in between": "INSERT INTO audit SELECT 900, at, account_id, action, table_name, row_id, before, after, hash, hash FROM audit WHERE id = 3",
    "changing a drawing": "UPDATE region_versions SET checksum = 'x' WHERE id = 1",
    "changing a number": "UPDATE measurements SET smd_hu = 1 WHERE id = 1",
    "changing a review": "UPDATE reviews SET reason = 'x' WHERE id = 1",
    "changing an approved case's height": "UPDATE cases SET height_m = 1.9, revision = revision + 1 WHERE id = 1",
    "approving without a review": "UPDATE cases SET state = 'approved', revision = revision + 1 WHERE id = 2",
    "opening an approved case": "UPDATE cases SET state = 'returned', revision = revision + 1 WHERE id = 1",
    "drafting an approved case": "UPDATE cases SET state = 'drafted', revision = revision + 1 WHERE id = 1",
    "skipping the submission": "UPDATE cases SET state = 'approved', revision = revision + 1 WHERE id = 3",
    "changing without a revision": "UPDATE cases SET height_m = 1.9 WHERE id = 2",
    "pointing to another case's drawing": "UPDATE cases SET current_version_id = 1, revision = revision + 1 WHERE id = 2",
    "approving one's own drawing": "INSERT INTO reviews SELECT 90, 2, 2, author_id, 'approved', '', 3, 'n', 'now' FROM region_versions WHERE id = 2",
    "approving by an assessor": "INSERT INTO reviews VALUES (90, 2, 2, 2, 'approved', '', 3, 'n', 'now')",
    "approving a stale revision": "INSERT INTO reviews VALUES (90, 2, 2, 4, 'approved', '', 2, 'n', 'now')",
    "approving another case's version": "INSERT INTO reviews VALUES (90, 2, 1, 4, 'approved', '', 3, 'n', 'now')",
    "replaying a nonce": "INSERT INTO reviews SELECT 90, 2, 2, 4, 'approved', '', 3, nonce, 'now' FROM reviews WHERE id = 1",
    "returning without a reason": "INSERT INTO reviews VALUES (90, 2, 2, 4, 'returned', ' ', 3, 'n', 'now')",
    "reopening by a reviewer": "INSERT INTO reviews VALUES (90, 1, 1, 4, 'reopened', 'why', 4, 'n', 'now')",
    "adding a version to an approved case": "INSERT INTO region_versions SELECT 90, 1, 90, author_id, base, 0, origin, protocol_id, level_id, rows, columns, pixels, checksum, 0, 'now' FROM region_versions WHERE id = 1",
    "drawing by a rater": "INSERT INTO region_versions SELECT 90, 2, 90, 5, base, 0, origin, protocol_id, level_id, rows, columns, pixels, checksum, 0, 'now' FROM region_versions WHERE id = 2",
    "changing the frozen protocol": "UPDATE protocols SET slab_mm = 3 WHERE id = 1",
    "a case that begins approved": "INSERT INTO cases SELECT 90, 'X', NULL, 'approved', 1, NULL, sex, NULL, NULL, '', NULL, '', '', NULL, NULL, NULL, '', 'now' FROM cases WHERE id = 2",
    "excluding without a reason": "UPDATE cases SET state = 'excluded', revision = revision + 1 WHERE id = 2",
    "a role that is neither yes nor no": "UPDATE accounts SET lead = 2 WHERE id = 2",
    "a second study": "INSERT INTO study SELECT 2, name, created_at, 0, 0, pseudonym_key FROM study",
}
"""SQL that breaks a rule, on a study with P-001 approved, P-002 submitted (revision 3) and P-003 new."""


@pytest.fixture
def half_done(a_trial: Trial) -> Trial:
    trial.approved(a_trial, 1)
    trial.submitted(a_trial, a_trial.ben, 2)
    trial.add_cases(a_trial.lena, 1, 3)
    return a_trial


def accepted(t: Trial, statements: dict[str, str]) -> list[str]:
    """Those of the statements that the database takes."""
    taken = []
    for name, sql in statements.items():
        try:
            with database.connected(t.store.engine, writing=True) as connection:
                connection.execute(text(sql))
            taken.append(name)
        except DBAPIError:
            pass
    return taken


def test_the_database_itself_refuses_what_goes_around_the_program(half_done: Trial) -> None:
    assert accepted(half_done, BEHIND_ITS_BACK) == []
    assert half_done.store.verify().is_clean


def test_the_database_itself_refuses_what_goes_around_double_reading(a_trial: Trial) -> None:
    readings_of_all_kinds(a_trial)
    assert accepted(a_trial, READINGS_BEHIND_ITS_BACK) == []
    assert a_trial.store.verify().is_clean


def test_a_level_that_nobody_confirmed_is_not_approved_even_where_the_case_was_pushed_on(a_trial: Trial) -> None:
    t = a_trial
    (case,) = trial.add_cases(t.lena)
    review.save_version(t.ann, case.id, None, trial.unconfirmed("ann"))
    pushed = {"submitting": f"UPDATE cases SET state = 'submitted', revision = revision + 1 WHERE id = {case.id}"}
    assert accepted(t, pushed) == ["submitting"]
    with pytest.raises(Refused, match="not confirmed by anybody"):
        review.approve(t.rev, review.ticket_for(t.store, case.id), PASSWORD)
    rev = t.rev.account_id
    approval = f"INSERT INTO reviews VALUES (1, {case.id}, 1, {rev}, 'approved', '', 3, 'n', 'now')"
    assert accepted(t, {"approving": approval}) == []
    with database.connected(t.store.engine, writing=True) as connection:
        triggers.remove(connection)
    assert accepted(t, {"approving": approval}) == ["approving"], "else the statement itself would be wrong"


def test_the_same_sql_passes_where_the_rules_are_taken_away(sqlite_trial: Trial) -> None:
    """Else the test above would pass for statements that are wrong SQL."""
    trial.approved(sqlite_trial, 1)
    trial.submitted(sqlite_trial, sqlite_trial.ben, 2)
    trial.add_cases(sqlite_trial.lena, 1, 3)
    with database.connected(sqlite_trial.store.engine, writing=True) as connection:
        triggers.remove(connection)
    _all_pass(sqlite_trial, BEHIND_ITS_BACK)


def test_the_same_sql_on_double_reading_passes_where_the_rules_are_taken_away(sqlite_trial: Trial) -> None:
    readings_of_all_kinds(sqlite_trial)
    with database.connected(sqlite_trial.store.engine, writing=True) as connection:
        triggers.remove(connection)
    _all_pass(sqlite_trial, READINGS_BEHIND_ITS_BACK)


def _all_pass(t: Trial, statements: dict[str, str]) -> None:
    by_constraint = {
        "replaying a nonce",
        "returning without a reason",
        "excluding without a reason",
        "a role that is neither yes nor no",
        "a second study",
        "a double reading by one person",
        "adjudicating twice",
    }
    for name, sql in statements.items():
        if name in by_constraint or name == "deleting a case":  # foreign keys and checks hold these
            continue
        with t.store.engine.connect() as connection:
            assert connection.execute(text(sql)).rowcount == 1, name
            connection.rollback()


def test_a_decision_that_breaks_a_rule_of_the_database_is_refused_by_its_sentence(half_done: Trial) -> None:
    from napari_t12_bodycomp.model.study import Decision, Ticket
    from napari_t12_bodycomp.store import versions

    with pytest.raises(Refused, match="Nobody approves a version that they drew"), half_done.store.writing(1, "test") as writer:
        versions.add_review(writer, Ticket(2, 2, 3, "n"), half_done.ben.account_id, Decision.APPROVED)
