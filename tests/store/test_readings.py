"""Double reading: what two readings lead to, what waits for whom, and who is chosen."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import trial
from trial import PASSWORD, Trial

from napari_t12_bodycomp.errors import Refused
from napari_t12_bodycomp.model.double_reading import ReadingChoice, ReadingKind, ReadingState, Take
from napari_t12_bodycomp.model.study import CaseState, ExclusionReason, Role
from napari_t12_bodycomp.model.worklist import ReadingCounts, WorklistQuery
from napari_t12_bodycomp.workflow import case_sight, case_view, review, seat, study
from napari_t12_bodycomp.workflow.double_reading import adjudicate, save_reading, withdraw_reading
from napari_t12_bodycomp.workflow.reading_choice import ask_reading, choose_readings
from napari_t12_bodycomp.workflow.reading_list import (
    listed_readings,
    open_reading,
    reading_asked,
    reading_counts,
    reading_plans,
    why_not_adjudicate,
)


def names(t: Trial, query: WorklistQuery) -> list[str]:
    return [row.pseudonym for row in study.worklist(t.store, query).rows]


# -- what two readings lead to -------------------------------------------------------------------------------------------------------------


def test_the_first_is_taken_as_it_stands(a_trial: Trial) -> None:
    t = a_trial
    case = trial.disagreeing(t)
    assert why_not_adjudicate(t.rev, case.id) == ""
    opened = seat.open_case(t.lena, case.id)
    assert opened.dispute is not None
    assert [v.author for v in opened.versions if v.id in (opened.dispute.first_version_id, opened.dispute.version_id)] == ["ann", "ben"]
    assert (case_sight.seen_regions(t.lena, case.id, 2).regions == trial.regions(10)).all()
    assert seat.open_case(t.ben, case.id).dispute is None
    assert [v.kept for v in opened.versions if v.id == opened.dispute.version_id] == [True]
    assert "one of the two readers" in why_not_adjudicate(t.ben, case.id)
    with pytest.raises(Refused, match="No reading of this case is asked of you"):
        open_reading(t.rev, case.id)
    decided = adjudicate(t.lena, case.id, Take.FIRST)
    assert (decided.current_version, decided.current_author) == (1, t.ann.account_id)
    assert review.approve(t.rev, review.ticket_for(t.store, case.id), PASSWORD).state is CaseState.APPROVED
    assert t.store.verify().is_clean


def test_a_third_drawing_counts_in_the_name_of_who_decided(a_trial: Trial) -> None:
    t = a_trial
    study.add_account(t.lena, "una", PASSWORD, [Role.REVIEWER])
    case = trial.disagreeing(t)
    decided = adjudicate(t.rev, case.id, Take.THIRD, "neither", trial.result("rev", 15))
    assert (decided.current_version, decided.current_author) == (3, t.rev.account_id)
    assert (case_view.regions_of(t.store, case.id, 3).regions == trial.regions(15)).all()
    una = study.sign_in(t.store, "una", PASSWORD)
    assert review.approve(una, review.ticket_for(t.store, case.id), PASSWORD).state is CaseState.APPROVED
    (listed,) = listed_readings(t.ben)
    assert listed.adjudication is not None
    assert (listed.adjudication.account, listed.adjudication.take, listed.adjudication.version) == ("rev", Take.THIRD, 3)
    assert t.store.verify().is_clean


def test_the_first_is_taken_even_where_the_case_was_drawn_again_since(sqlite_trial: Trial) -> None:
    t = sqlite_trial
    case = trial.disagreeing(t)
    review.exclude(t.lena, case.id, ExclusionReason.ARTEFACTS)
    review.include(t.lena, case.id)
    review.save_version(t.ann, case.id, 1, trial.result("ann", 12))
    review.submit(t.ann, case.id, 3)
    assert adjudicate(t.rev, case.id, Take.FIRST).current_version == 4
    assert (case_view.regions_of(t.store, case.id, 4).regions == trial.regions(20)).all()
    assert t.store.verify().is_clean


def test_levels_too_far_apart_are_a_disagreement(sqlite_trial: Trial) -> None:
    t = sqlite_trial
    for number, slice_index, state in ((1, 6, ReadingState.AGREES), (2, 7, ReadingState.DISAGREES)):
        case = trial.drawn(t, trial.asked(t, number))
        save_reading(t.ben, case.id, trial.result("ben", slice_index=slice_index))
        assert trial.readings(t, case.id)[0].state is state


def test_a_reading_is_withdrawn_and_given_to_somebody_else(a_trial: Trial) -> None:
    t = a_trial
    study.add_account(t.lena, "cat", PASSWORD, [Role.ASSESSOR])
    case = trial.drawn(t, trial.asked(t))
    asked = reading_asked(t.ben, case.id)
    assert asked is not None
    assert withdraw_reading(t.lena, asked.id, "on holiday").state is ReadingState.WITHDRAWN
    assert case_sight.seen_versions(t.ben, case.id)
    ask_reading(t.lena, case.id, ReadingKind.DOUBLE, "cat")
    cat = study.sign_in(t.store, "cat", PASSWORD)
    save_reading(cat, case.id, trial.result("cat"))
    assert [r.state for r in trial.readings(t, case.id)] == [ReadingState.WITHDRAWN, ReadingState.AGREES]
    assert review.approve(t.rev, review.ticket_for(t.store, case.id), PASSWORD).state is CaseState.APPROVED
    assert t.store.verify().is_clean


def test_what_waits_is_counted_for_everybody_and_for_each(a_trial: Trial) -> None:
    t = a_trial
    trial.disagreeing(t, 1)
    trial.asked(t, 2)
    trial.coming_back(t, 3)
    counts = study.study_counts(t.store)
    assert (counts.readings_due, counts.readings_later, counts.adjudications) == (1, 1, 1)
    assert reading_counts(t.ben) == ReadingCounts(1, 0, 0)
    assert reading_counts(t.ann) == ReadingCounts(0, 1, 0)
    assert reading_counts(t.rev) == reading_counts(t.lena) == ReadingCounts(0, 0, 1)
    assert names(t, WorklistQuery(reading_by=t.ben.account_id)) == names(t, WorklistQuery(reading_by=0)) == ["P-002"]
    assert names(t, WorklistQuery(reading_by=t.ann.account_id)) == []
    assert names(t, WorklistQuery(adjudication_by=0)) == ["P-001"]
    with trial.on("2030-03-01"):
        assert names(t, WorklistQuery(reading_by=t.ann.account_id)) == ["P-003"]
    # who decides between two readings is asked for it, and no reviewer is before the second one is there
    trial.drawn(t, case_view.case_by_id(t.store, 2))
    assert [seat.waiting_case(t.rev, WorklistQuery(), after) for after in ("", "P-001", "P-003")] == [1, 3, 1]
    assert [seat.waiting_case(t.ben, WorklistQuery(), after) for after in ("", "P-002", "P-003")] == [2, 3, 2]
    review.assign(t.lena, [trial.add_cases(t.lena, 1, 4)[0].id], assessor="ann")
    assert seat.waiting_case(t.ann, WorklistQuery(), "") == 4
    with trial.on("2030-03-01"):
        assert seat.waiting_case(t.ann, WorklistQuery(), "") == 3
    review.exclude(t.lena, 2, ExclusionReason.ARTEFACTS)
    assert study.study_counts(t.store).readings_due == 0
    assert names(t, WorklistQuery(reading_by=0)) == []


# -- who is chosen -------------------------------------------------------------------------------------------------------------------------


def four_readers(t: Trial, n_cases: int) -> dict[int, str]:
    for name in ("cat", "dan"):
        study.add_account(t.lena, name, PASSWORD, [Role.ASSESSOR])
    trial.add_cases(t.lena, n_cases)
    return {account.id: account.name for account in study.everybody(t.store)}


def test_cases_without_an_assessor_are_shared_evenly_among_two_different_ones(a_trial: Trial) -> None:
    t = a_trial
    people = four_readers(t, 40)
    _, chosen = choose_readings(t.lena, ReadingChoice(30.0, 10.0, seed=1))
    doubles = [r for r in chosen if r.kind is ReadingKind.DOUBLE]
    assert (len(doubles), len(chosen) - len(doubles)) == (12, 4)
    assert Counter(people[r.first_reader_id] for r in doubles) == dict.fromkeys(("ann", "ben", "cat", "dan"), 3)
    seconds = Counter(people[r.reader_id] for r in doubles)
    assert set(seconds) == {"ann", "ben", "cat", "dan"}
    assert max(seconds.values()) - min(seconds.values()) <= 1
    assert all(r.reader_id != r.first_reader_id for r in doubles)
    assigned = {case_id: case_view.case_by_id(t.store, case_id).assessor_id for case_id in {r.case_id for r in chosen}}
    assert all(assigned[r.case_id] == r.first_reader_id for r in chosen)
    assert t.store.verify().is_clean


def test_the_same_seed_chooses_the_same_cases_and_a_later_call_only_fills_up(sqlite_trial: Trial, tmp_path: Path) -> None:
    t = sqlite_trial
    four_readers(t, 20)
    copy = study.restore_study(study.backup_study(t.store, tmp_path / "b.sqlite"), tmp_path / "copy.sqlite")
    plan, chosen = choose_readings(t.lena, ReadingChoice(25.0, 10.0))
    other = trial.study.Desk(copy, t.lena.account_id, "lena")
    _, again = choose_readings(other, ReadingChoice(25.0, 10.0, seed=plan.choice.seed))
    assert [(r.case_id, r.kind, r.reader_id) for r in again] == [(r.case_id, r.kind, r.reader_id) for r in chosen]
    assert choose_readings(t.lena, ReadingChoice(25.0, 10.0))[1] == []
    trial.add_cases(t.lena, 20, 21)
    more = choose_readings(t.lena, ReadingChoice(25.0, 10.0))[1]
    assert Counter(r.kind for r in more) == {ReadingKind.DOUBLE: 5, ReadingKind.REREAD: 2}
    assert not {r.case_id for r in more if r.kind is ReadingKind.DOUBLE} & {r.case_id for r in chosen if r.kind is ReadingKind.DOUBLE}
    assert [p.n_cases for p in reading_plans(t.store)] == [20, 20, 40]
    copy.close()


def test_who_drew_or_reviews_a_case_is_not_its_second_reader_where_others_are(sqlite_trial: Trial) -> None:
    t = sqlite_trial
    people = four_readers(t, 6)
    review.assign(t.lena, list(range(1, 7)), assessor="ann", reviewer="ben")
    review.save_version(study.sign_in(t.store, "ann", PASSWORD), 1, None, trial.result("ann"))
    _, chosen = choose_readings(t.lena, ReadingChoice(100.0, seed=3))
    assert {people[r.reader_id] for r in chosen} == {"cat", "dan"}
    with pytest.raises(Refused, match="Two enabled assessors are wanted"):
        for name in ("ben", "cat", "dan"):
            study.change_account(t.lena, name, disabled=True)
        choose_readings(t.lena, ReadingChoice(100.0))


def test_locked_cases_come_back_to_who_drew_them_and_are_never_chosen_for_two(sqlite_trial: Trial) -> None:
    t = sqlite_trial
    trial.approved(t, 1)
    trial.submitted(t, number=2)
    review.exclude(t.lena, trial.add_cases(t.lena, 1, 3)[0].id, ExclusionReason.ARTEFACTS)
    with trial.on("2030-01-01"):
        _, chosen = choose_readings(t.lena, ReadingChoice(100.0, 100.0, 0, seed=1))
    assert sorted((r.case_id, r.kind.value, r.reader_id) for r in chosen) == [
        (1, "reread", t.ann.account_id),
        (2, "double", t.ben.account_id),
        (2, "reread", t.ann.account_id),
    ]
    save_reading(t.ann, 1, trial.result("ann"))
    assert trial.readings(t, 1)[0].state is ReadingState.AGREES
    assert t.store.verify().is_clean
