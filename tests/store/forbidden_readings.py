"""The forbidden deeds of double reading and of signing in, with the sentences that refuse them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace

import trial
from trial import PASSWORD, Trial

from napari_t12_bodycomp.errors import Refused
from napari_t12_bodycomp.model.double_reading import ReadingChoice, ReadingKind, Take
from napari_t12_bodycomp.model.study import ExclusionReason
from napari_t12_bodycomp.workflow import case_sight, review, study
from napari_t12_bodycomp.workflow.double_reading import adjudicate, save_reading, withdraw_reading
from napari_t12_bodycomp.workflow.reading_choice import ask_reading, choose_readings
from napari_t12_bodycomp.workflow.reading_list import reading_asked

Deed = Callable[[Trial], object]


# -- looking -------------------------------------------------------------------------------------------------------------------------------


def looking_at_the_first_reading_before_one_s_own(t: Trial) -> None:
    case_sight.seen_versions(t.ben, trial.drawn(t, trial.asked(t)).id)


def looking_at_the_second_reading_before_submitting(t: Trial) -> None:
    case = trial.asked(t)
    save_reading(t.ben, case.id, trial.result("ben"))
    case_sight.seen_regions(t.ann, case.id, 1)


def looking_at_one_s_first_reading_before_the_second(t: Trial) -> None:
    case_sight.seen_regions(t.ann, trial.coming_back(t).id, 1)


def commenting_before_one_s_own_reading(t: Trial) -> None:
    review.add_comment(t.ben, trial.drawn(t, trial.asked(t)).id, 1, "is it so")


def looking_at_a_case_as_a_rater(t: Trial) -> None:
    case_sight.seen_versions(t.ray, trial.submitted(t).id)


# -- reading -------------------------------------------------------------------------------------------------------------------------------


def reading_what_another_is_to_read(t: Trial) -> None:
    save_reading(t.ann, trial.drawn(t, trial.asked(t)).id, trial.result("ann"))


def reading_by_a_disabled_account(t: Trial) -> None:
    case = trial.asked(t)
    study.change_account(t.lena, "ben", disabled=True)
    save_reading(t.ben, case.id, trial.result("ben"))


def reading_again_before_the_wash_out_is_over(t: Trial) -> None:
    case = trial.coming_back(t)
    with trial.on("2030-01-30"):
        save_reading(t.ann, case.id, trial.result("ann"))


def reading_again_before_the_first_reading(t: Trial) -> None:
    (case,) = trial.add_cases(t.lena)
    review.assign(t.lena, [case.id], assessor="ann")
    ask_reading(t.lena, case.id, ReadingKind.REREAD, "ann")
    save_reading(t.ann, case.id, trial.result("ann"))


def reading_again_while_the_first_is_changed(t: Trial) -> None:
    case = trial.coming_back(t)
    with trial.on("2030-02-10"):
        review.return_case(t.rev, review.ticket_for(t.store, case.id), "too thin")
        save_reading(t.ann, case.id, trial.result("ann"))


def changing_a_finished_reading(t: Trial) -> None:
    save_reading(t.ben, trial.disagreeing(t).id, trial.result("ben", 20))


def reading_with_an_unconfirmed_level(t: Trial) -> None:
    save_reading(t.ben, trial.asked(t).id, trial.unconfirmed("ben"))


def reading_a_withdrawn_reading(t: Trial) -> None:
    case = trial.asked(t)
    asked = reading_asked(t.ben, case.id)
    assert asked is not None
    withdraw_reading(t.lena, asked.id, "on holiday")
    save_reading(t.ben, case.id, trial.result("ben"))


def reading_an_excluded_case(t: Trial) -> None:
    case = trial.asked(t)
    review.exclude(t.lena, case.id, ExclusionReason.ARTEFACTS)
    save_reading(t.ben, case.id, trial.result("ben"))


def reading_after_the_case_is_locked(t: Trial) -> None:
    case = trial.drawn(t, trial.asked(t))
    save_reading(t.ben, case.id, trial.result("ben"))
    review.approve(t.rev, review.ticket_for(t.store, case.id), PASSWORD)
    save_reading(t.ben, case.id, trial.result("ben", 19))


def reading_another_scan(t: Trial) -> None:
    save_reading(t.ben, trial.asked(t).id, trial.result("ben", series_uid="9.9.9"))


def saving_a_reading_as_the_case_s_drawing(t: Trial) -> None:
    review.save_version(t.ben, trial.asked(t).id, None, trial.result("ben"))


def drawing_a_case_after_reading_it(t: Trial) -> None:
    case = trial.asked(t)
    save_reading(t.ben, case.id, trial.result("ben"))
    review.assign(t.lena, [case.id], assessor="")
    review.save_version(t.ben, case.id, None, trial.result("ben"))


def assigning_a_case_to_its_second_reader(t: Trial) -> None:
    review.assign(t.lena, [trial.asked(t).id], assessor="ben")


# -- asking --------------------------------------------------------------------------------------------------------------------------------


def choosing_cases_without_the_role(t: Trial) -> None:
    trial.add_cases(t.lena)
    choose_readings(t.ann, ReadingChoice(50.0))


def asking_for_a_reading_without_the_role(t: Trial) -> None:
    ask_reading(t.rev, trial.submitted(t).id, ReadingKind.DOUBLE, "ben")


def asking_for_a_reading_of_a_locked_case(t: Trial) -> None:
    ask_reading(t.lena, trial.approved(t).id, ReadingKind.DOUBLE, "ben")


def asking_for_a_reading_twice(t: Trial) -> None:
    ask_reading(t.lena, trial.asked(t).id, ReadingKind.DOUBLE, "ben")


def asking_the_first_reader_for_the_second_reading(t: Trial) -> None:
    ask_reading(t.lena, trial.submitted(t).id, ReadingKind.DOUBLE, "ann")


def asking_somebody_who_drew_the_case(t: Trial) -> None:
    (case,) = trial.add_cases(t.lena)
    review.save_version(t.ben, case.id, None, trial.result("ben"))
    version = review.save_version(t.ann, case.id, 1, trial.result("ann", 19))
    review.submit(t.ann, case.id, version.number)
    ask_reading(t.lena, case.id, ReadingKind.DOUBLE, "ben")


def asking_somebody_without_the_role(t: Trial) -> None:
    ask_reading(t.lena, trial.submitted(t).id, ReadingKind.DOUBLE, "rev")


def withdrawing_without_the_role(t: Trial) -> None:
    withdraw_reading(t.ben, trial.readings(t, trial.asked(t).id)[0].id, "no time")


def withdrawing_what_disagrees(t: Trial) -> None:
    withdraw_reading(t.lena, trial.readings(t, trial.disagreeing(t).id)[0].id, "a nuisance")


# -- deciding ------------------------------------------------------------------------------------------------------------------------------


def approval_before_the_second_reading(t: Trial) -> None:
    review.approve(t.rev, review.ticket_for(t.store, trial.drawn(t, trial.asked(t)).id), PASSWORD)


def approval_before_the_adjudication(t: Trial) -> None:
    review.approve(t.rev, review.ticket_for(t.store, trial.disagreeing(t).id), PASSWORD)


def returning_before_the_adjudication(t: Trial) -> None:
    review.return_case(t.rev, review.ticket_for(t.store, trial.disagreeing(t).id), "too thin")


def correcting_before_the_adjudication(t: Trial) -> None:
    review.save_version(t.rev, trial.disagreeing(t).id, 1, trial.result("rev", 15))


def adjudicating_one_s_own_reading(t: Trial) -> None:
    adjudicate(t.ben, trial.disagreeing(t).id, Take.SECOND)


def adjudicating_without_the_role(t: Trial) -> None:
    adjudicate(t.ray, trial.disagreeing(t).id, Take.FIRST)


def adjudicating_what_agrees(t: Trial) -> None:
    case = trial.drawn(t, trial.asked(t))
    save_reading(t.ben, case.id, trial.result("ben"))
    adjudicate(t.rev, case.id, Take.FIRST)


def adjudicating_twice(t: Trial) -> None:
    case = trial.disagreeing(t)
    adjudicate(t.rev, case.id, Take.FIRST)
    adjudicate(t.lena, case.id, Take.SECOND)


def adjudicating_a_case_that_is_being_drawn(t: Trial) -> None:
    case = trial.disagreeing(t)
    review.exclude(t.lena, case.id, ExclusionReason.ARTEFACTS)
    review.include(t.lena, case.id)
    adjudicate(t.rev, case.id, Take.FIRST)


def taking_a_third_reading_without_a_drawing(t: Trial) -> None:
    adjudicate(t.rev, trial.disagreeing(t).id, Take.THIRD)


def a_third_drawing_by_a_lead_without_the_role(t: Trial) -> None:
    adjudicate(t.lena, trial.disagreeing(t).id, Take.THIRD, result=trial.result("lena", 15))


def a_third_drawing_with_another_one_s_level(t: Trial) -> None:
    made = trial.result("rev", 15)
    level = replace(made.level, confirmed_by="ann")
    adjudicate(t.rev, trial.disagreeing(t).id, Take.THIRD, result=replace(made, level=level))


def approving_one_s_own_third_drawing(t: Trial) -> None:
    case = trial.disagreeing(t)
    adjudicate(t.rev, case.id, Take.THIRD, result=trial.result("rev", 15))
    review.approve(t.rev, review.ticket_for(t.store, case.id), PASSWORD)


def approving_one_s_own_reading_that_was_taken(t: Trial) -> None:
    case = trial.disagreeing(t)
    adjudicate(t.rev, case.id, Take.SECOND)
    review.approve(t.ben, review.ticket_for(t.store, case.id), PASSWORD)


# -- signing in ----------------------------------------------------------------------------------------------------------------------------


def _five_wrong_passwords(t: Trial) -> None:
    for _ in range(5):
        try:
            study.sign_in(t.store, "ann", "not the password")
        except Refused:
            continue
        raise AssertionError("a wrong password was taken")


def signing_in_after_five_wrong_passwords(t: Trial) -> None:
    with trial.on("2030-01-01"):
        _five_wrong_passwords(t)
        study.sign_in(t.store, "ann", PASSWORD)


def lifting_one_s_own_lock(t: Trial) -> None:
    _five_wrong_passwords(t)
    study.lift_lock(t.ann, "ann")


_UNSEEN = "You are to read this case without seeing what others made of it: that is shown once your reading is saved."
_DISAGREE = "The two readings of this case disagree: it waits until somebody adjudicates."
_OWN = "You drew this version yourself: somebody else must approve it."

READINGS_BEHIND_ITS_BACK = {
    "changing a limit": "UPDATE reading_plans SET dice = 0.1 WHERE id = 1",
    "changing an adjudication": "UPDATE adjudications SET take = 'first' WHERE id = 1",
    "deleting a reading": "DELETE FROM readings WHERE id = 4",
    "deleting failed sign-ins": "DELETE FROM sign_ins WHERE id = 1",
    "forgetting a failed sign-in": "UPDATE sign_ins SET outcome = 'succeeded' WHERE id = 1",
    "lifting a lock by an assessor": "INSERT INTO sign_ins VALUES (90, 2, 'lifted', 2, 'now')",
    "a plan by an assessor": "INSERT INTO reading_plans SELECT 90, 1, 1, 1, 1, 1, 0.5, 1, 1, 1, 2, 'now' FROM study",
    "a reading that begins finished": "INSERT INTO readings SELECT 90, 1, plan_id, 'double', 'agrees', 2, 3, 1, 'now', 'now', 1, 2, 'now', '', '' FROM readings WHERE id = 1",
    "a reading asked for by an assessor": "INSERT INTO readings SELECT 90, 5, plan_id, 'double', 'waiting', 2, 3, 2, 'now', 'now', NULL, NULL, NULL, '', '' FROM readings WHERE id = 1",
    "a reading by a reviewer": "INSERT INTO readings SELECT 90, 5, plan_id, 'double', 'waiting', 2, 4, 1, 'now', 'now', NULL, NULL, NULL, '', '' FROM readings WHERE id = 1",
    "a double reading by one person": "INSERT INTO readings SELECT 90, 5, plan_id, 'double', 'waiting', 3, 3, 1, 'now', 'now', NULL, NULL, NULL, '', '' FROM readings WHERE id = 1",
    "a second double reading": "INSERT INTO readings SELECT 90, 1, plan_id, 'double', 'waiting', 2, 3, 1, 'now', 'now', NULL, NULL, NULL, '', '' FROM readings WHERE id = 1",
    "a double reading of a locked case": "INSERT INTO readings SELECT 90, 6, plan_id, 'double', 'waiting', 2, 3, 1, 'now', 'now', NULL, NULL, NULL, '', '' FROM readings WHERE id = 1",
    "another reader": "UPDATE readings SET reader_id = 2, first_reader_id = 3 WHERE id = 1",
    "another drawing for a reading": "UPDATE readings SET version_id = 1 WHERE id = 1",
    "the first drawing as the second": "UPDATE readings SET version_id = 5, finished_at = '2099', state = 'drawn' WHERE id = 3",
    "a reading before it is due": "UPDATE readings SET version_id = 6, finished_at = '2030-01-02', state = 'agrees' WHERE id = 4",
    "disagreement forgotten": "UPDATE readings SET state = 'agrees' WHERE id = 1",
    "adjudicated without anybody": "UPDATE readings SET state = 'adjudicated' WHERE id = 1",
    "approving before the second reading": "INSERT INTO reviews SELECT 90, id, current_version_id, 4, 'approved', '', revision, 'n', 'now' FROM cases WHERE id = 3",
    "returning before the adjudication": "INSERT INTO reviews SELECT 90, id, current_version_id, 4, 'returned', 'r', revision, 'n', 'now' FROM cases WHERE id = 1",
    "adjudicating by a reader": "INSERT INTO adjudications SELECT 90, 1, 1, 3, 'second', '', 1, 'now' FROM study",
    "adjudicating by a rater": "INSERT INTO adjudications SELECT 90, 1, 1, 5, 'first', '', 1, 'now' FROM study",
    "adjudicating what waits": "INSERT INTO adjudications SELECT 90, 3, 3, 4, 'first', '', 5, 'now' FROM study",
    "counting the reading itself": "INSERT INTO adjudications SELECT 90, 1, 1, 4, 'second', '', 2, 'now' FROM study",
    "adjudicating twice": "INSERT INTO adjudications SELECT 90, 2, 2, 4, 'first', '', 3, 'now' FROM study",
}
"""SQL that breaks a rule, on a study as `readings_of_all_kinds` makes it."""


def readings_of_all_kinds(t: Trial) -> None:
    """P-001 disagrees (reading 1), P-002 is adjudicated (2), P-003 waits for its second reading (3), P-004 for its wash-out (4).

    P-005 is submitted, P-006 approved, both without readings; somebody typed a wrong password.
    """
    trial.disagreeing(t, 1)
    adjudicate(t.rev, trial.disagreeing(t, 2).id, Take.FIRST, "the wall")
    trial.drawn(t, trial.asked(t, 3))
    trial.coming_back(t, 4)
    trial.submitted(t, number=5)
    trial.approved(t, 6)
    with contextlib.suppress(Refused):
        study.sign_in(t.store, "ann", "not the password")


FORBIDDEN_READINGS: tuple[tuple[Deed, str], ...] = (
    (looking_at_the_first_reading_before_one_s_own, _UNSEEN),
    (looking_at_the_second_reading_before_submitting, "The second reading is shown once the first one is submitted."),
    (
        looking_at_one_s_first_reading_before_the_second,
        "You are to read this case again without seeing your first reading: that is shown once your second one is saved.",
    ),
    (commenting_before_one_s_own_reading, _UNSEEN),
    (
        looking_at_a_case_as_a_rater,
        "A rater scores radiographs and sees the names of the cases alone: ask a lead for another role.",
    ),
    (reading_what_another_is_to_read, "No reading of this case is asked of you: list yours with t12-bodycomp study readings."),
    (reading_by_a_disabled_account, "The account 'ben' is disabled: ask a lead to enable it."),
    (
        reading_again_before_the_wash_out_is_over,
        "This case comes back to you on 2030-01-31, not before: wait until the wash-out is over.",
    ),
    (
        reading_again_before_the_first_reading,
        "Your first reading of this case is not handed in yet: it comes back to you after that.",
    ),
    (
        reading_again_while_the_first_is_changed,
        "Your first reading of this case is not handed in yet: it comes back to you after that.",
    ),
    (changing_a_finished_reading, "Your reading of this case is finished and stays as it is."),
    (reading_with_an_unconfirmed_level, "You have not confirmed the level of your reading: look at the evidence, confirm it, then save."),
    (reading_a_withdrawn_reading, "This reading was withdrawn: nothing is to be drawn."),
    (reading_an_excluded_case, "The case is excluded from the study: ask a lead to take it in again."),
    (reading_after_the_case_is_locked, "Your reading of this case is finished and stays as it is."),
    (reading_another_scan, "The drawing is of another series than the case: open the case's own scan."),
    (saving_a_reading_as_the_case_s_drawing, _UNSEEN),
    (drawing_a_case_after_reading_it, "The second reader of a case does not make its first drawing too: leave it to its assessor."),
    (assigning_a_case_to_its_second_reader, "The second reader of a case does not make its first drawing too: leave it to its assessor."),
    (choosing_cases_without_the_role, "Only a lead may choose cases for a second reading: ask one."),
    (asking_for_a_reading_without_the_role, "Only a lead may ask for a second reading: ask one."),
    (asking_for_a_reading_of_a_locked_case, "The case is approved and locked: ask a lead to reopen it, with a reason."),
    (
        asking_for_a_reading_twice,
        "Such a reading of this case was asked for already: withdraw that one first, or choose another case.",
    ),
    (asking_the_first_reader_for_the_second_reading, "The second reader must be somebody else than the first: choose another assessor."),
    (asking_somebody_who_drew_the_case, "'ben' has drawn in this case already and cannot read it unseen: choose another assessor."),
    (asking_somebody_without_the_role, "An enabled assessor is wanted, 'rev' is none: choose another account."),
    (withdrawing_without_the_role, "Only a lead may withdraw a reading: ask one."),
    (withdrawing_what_disagrees, "A reading that waits is wanted, this one is finished: it stays."),
    (approval_before_the_second_reading, "The case waits for its second reading: decide on it after that."),
    (approval_before_the_adjudication, _DISAGREE),
    (returning_before_the_adjudication, _DISAGREE),
    (correcting_before_the_adjudication, _DISAGREE),
    (adjudicating_one_s_own_reading, "You are one of the two readers of this case: somebody else must adjudicate."),
    (adjudicating_without_the_role, "Adjudicating needs the role reviewer or lead, the account 'ray' has neither: ask a lead."),
    (adjudicating_what_agrees, "No two readings of this case wait for a decision between them: there is nothing to adjudicate."),
    (adjudicating_twice, "No two readings of this case wait for a decision between them: there is nothing to adjudicate."),
    (
        adjudicating_a_case_that_is_being_drawn,
        "A submitted case is wanted, this one is drafted: wait until its assessor submits it.",
    ),
    (
        taking_a_third_reading_without_a_drawing,
        "A third reading is wanted with its drawing, the first or second without one: draw, or take one of the two.",
    ),
    (
        a_third_drawing_by_a_lead_without_the_role,
        "Drawing needs the role assessor or reviewer, the account 'lena' has neither: ask a lead.",
    ),
    (
        a_third_drawing_with_another_one_s_level,
        "You have not confirmed the level of your reading: look at the evidence, confirm it, then save.",
    ),
    (approving_one_s_own_third_drawing, _OWN),
    (approving_one_s_own_reading_that_was_taken, _OWN),
    (
        signing_in_after_five_wrong_passwords,
        "5 wrong passwords came for 'ann': wait until 12:01:00 UTC, or ask a lead to lift the lock.",
    ),
    (lifting_one_s_own_lock, "Only a lead may lift a lock: ask one."),
)
