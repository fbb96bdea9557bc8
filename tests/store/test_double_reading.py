"""Double reading: who is chosen, what nobody sees, what two readings lead to; and the story from the choice to the tables, on both databases."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
import trial
from trial import PASSWORD, Trial

from napari_t12_bodycomp.errors import Refused
from napari_t12_bodycomp.model.double_reading import Limits, ReadingChoice, ReadingKind, ReadingState, Take
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.study import CaseState, ExclusionReason, Role
from napari_t12_bodycomp.model.tissue import preset
from napari_t12_bodycomp.model.worklist import ReadingCounts, WorklistQuery
from napari_t12_bodycomp.workflow import case_sight, case_view, review, seat, study
from napari_t12_bodycomp.workflow.double_reading import (
    adjudicate,
    listed_readings,
    reading_asked,
    reading_counts,
    reading_plans,
    readings_of,
    save_reading,
    why_not_adjudicate,
    why_not_read,
    withdraw_reading,
)
from napari_t12_bodycomp.workflow.reading_choice import ask_reading, choose_readings
from napari_t12_bodycomp.workflow.study_export import export_study


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def names(t: Trial, query: WorklistQuery) -> list[str]:
    return [row.pseudonym for row in study.worklist(t.store, query).rows]


# -- the story -----------------------------------------------------------------------------------------------------------------------------


def test_from_the_choice_to_the_tables_of_agreement(a_trial: Trial, tmp_path: Path) -> None:
    t = a_trial
    # 1. ten cases come in; a fifth of them is read by two, a tenth comes back after 30 days
    with trial.on("2030-01-01"):
        trial.add_cases(t.lena, 10)
        review.assign(t.lena, list(range(1, 11)), assessor="ann", reviewer="rev")
        plan, chosen = choose_readings(t.lena, ReadingChoice(20.0, 10.0, 30, Limits(5.0, 0.5), seed=7))
    doubles = [r.case_id for r in chosen if r.kind is ReadingKind.DOUBLE]
    (again,) = (r.case_id for r in chosen if r.kind is ReadingKind.REREAD)
    assert (len(doubles), plan.n_cases, plan.choice.seed, plan.account) == (2, 10, 7, "lena")
    assert {r.reader_id for r in chosen if r.kind is ReadingKind.DOUBLE} == {t.ben.account_id}

    # 2. ann draws everything; ben reads his two without seeing a thing of hers
    mine = WorklistQuery(reading_by=t.ben.account_id)
    with trial.on("2030-01-02"):
        for number in range(1, 11):
            version = review.save_version(t.ann, number, None, trial.result("ann"))
            review.submit(t.ann, number, version.number)
        assert len(names(t, mine)) == 2
        for number, rows in zip(doubles, (20, 16), strict=True):
            with pytest.raises(Refused, match="without seeing what others made of it"):
                case_sight.seen_versions(t.ben, number)
            saved = save_reading(t.ben, number, trial.result("ben", rows), 30.0)
            assert saved.kept
            assert case_view.case_by_id(t.store, number).current_author == t.ann.account_id
        assert names(t, mine) == []

    # 3. the same drawing agrees; a fifth of its rows less does not, and waits for somebody else
    first, second = (readings_of(t.store, number)[0] for number in doubles)
    assert (first.state, second.state) == (ReadingState.AGREES, ReadingState.DISAGREES)
    assert {d.quantity for d in second.differences if d.is_beyond} == {"muscle_area_percent", "muscle_dice"}
    waiting = WorklistQuery(adjudication_by=t.rev.account_id)
    assert len(names(t, waiting)) == study.study_counts(t.store).adjudications == 1
    assert names(t, WorklistQuery(adjudication_by=t.ben.account_id)) == []
    with pytest.raises(Refused, match="waits until somebody adjudicates"):
        review.approve(t.rev, review.ticket_for(t.store, doubles[1]), PASSWORD)

    # 4. rev takes the second; it counts in ben's name, and rev approves it, as all others
    case = adjudicate(t.rev, doubles[1], Take.SECOND, "the wall is no muscle")
    assert (case.state, case.current_version, case.current_author) == (CaseState.SUBMITTED, 3, t.ben.account_id)
    assert names(t, waiting) == []
    with trial.on("2030-01-03"):
        for number in range(1, 11):
            review.approve(t.rev, review.ticket_for(t.store, number), PASSWORD)

        # 5. after the wash-out one comes back to ann, approved or not, and the result stays what it was
        assert study.study_counts(t.store).readings_later == 1
    with trial.on("2030-02-01"):
        assert names(t, WorklistQuery(reading_by=t.ann.account_id)) == [case_view.case_by_id(t.store, again).pseudonym]
        with pytest.raises(Refused, match="without seeing your first reading"):
            case_sight.seen_regions(t.ann, again, 1)
        save_reading(t.ann, again, trial.result("ann", 19))
        approved = case_view.case_by_id(t.store, again)
    assert (approved.state, approved.current_version) == (CaseState.APPROVED, 3 if again == doubles[1] else 1)
    assert case_sight.seen_versions(t.ann, again)

    # 6. the export: the result that was decided on, and what the readings agree in
    files = export_study(t.store, tmp_path)
    rows = {row["case_id"]: row for row in read(files.csv)}
    assert len(rows) == 10
    decided = case_view.case_by_id(t.store, doubles[1]).pseudonym
    assert (rows[decided]["assessor"], rows[decided]["reviewer"]) == ("ben", "rev")
    assert float(rows[decided]["muscle_area_cm2"]) == pytest.approx((16 * 30 - 200) * 0.0064, abs=5e-4)
    listed = read(tmp_path / "readings.csv")
    assert [(r["kind"], r["outcome"], r["in_agreement"]) for r in listed] == [
        ("double", "agrees" if doubles[0] < doubles[1] else "adjudicated", "yes"),
        ("double", "adjudicated" if doubles[0] < doubles[1] else "agrees", "yes"),
        ("reread", "agrees", "yes"),
    ]
    (told,) = (r for r in listed if r["outcome"] == "adjudicated")
    assert (told["first_reader"], told["second_reader"], told["adjudicated_by"], told["taken"]) == ("ann", "ben", "rev", "second")
    assert float(told["muscle_area_percent"]) == pytest.approx(100 * 120 / 340, abs=1e-3)
    between = tmp_path / "agreement_between_observers"
    assert {r["case"] for r in read(between / "agreement_cases.csv")} == {case_view.case_by_id(t.store, n).pseudonym for n in doubles}
    assert (tmp_path / "agreement_within_observers" / "agreement_cases.csv").exists()
    assert all(path.exists() for path in files.agreement)

    # 7. nobody changed anything behind the program's back
    assert t.store.verify().is_clean


# -- what nobody sees ----------------------------------------------------------------------------------------------------------------------


def test_a_second_reader_sees_nothing_until_their_reading_is_saved(a_trial: Trial) -> None:
    t = a_trial
    case = trial.drawn(t, trial.asked(t))
    review.add_comment(t.rev, case.id, 1, "thin")
    scan = trial.volume()
    looks = (
        lambda: case_sight.seen_versions(t.ben, case.id),
        lambda: case_sight.seen_regions(t.ben, case.id, 1),
        lambda: case_sight.seen_reviews(t.ben, case.id),
        lambda: case_sight.seen_comments(t.ben, case.id),
        lambda: case_sight.seen_times(t.ben, case.id),
        lambda: case_sight.seen_history(t.ben, case.id),
        lambda: case_sight.seen_result(t.ben, case.id, 1, scan),
        lambda: case_view.numbers_of(t.ben, case.id, 1),
        lambda: seat.open_case(t.ben, case.id),
    )
    for look in looks:
        with pytest.raises(Refused, match="without seeing what others made of it"):
            look()
    (own,) = listed_readings(t.ben)
    assert (own.case, own.reading.differences) == (case.pseudonym, ())
    save_reading(t.ben, case.id, trial.result("ben", 19))
    assert [v.author for v in case_sight.seen_versions(t.ben, case.id)] == ["ann", "ben"]
    assert [c.text for c in case_sight.seen_comments(t.ben, case.id)] == ["thin"]
    assert case_sight.seen_history(t.ben, case.id)


def test_who_draws_a_case_sees_no_second_reading_before_submitting(a_trial: Trial) -> None:
    t = a_trial
    case = trial.asked(t)
    assert {e.table for e in case_sight.seen_history(t.ann, case.id)} == {"cases", "series"}
    assert "readings" in {e.table for e in case_sight.seen_history(t.rev, case.id)}
    save_reading(t.ben, case.id, trial.result("ben", 10))
    review.add_comment(t.ben, case.id, 1, "ben's remark")
    review.record_time(t.ben, case.id, "draw", 60.0)
    review.save_version(t.ann, case.id, None, trial.result("ann"))
    assert [v.author for v in case_sight.seen_versions(t.ann, case.id)] == ["ann"]
    assert case_sight.seen_comments(t.ann, case.id) == []
    assert case_sight.seen_times(t.ann, case.id) == {}
    entries = case_sight.seen_history(t.ann, case.id)
    assert {e.account for e in entries} == {"lena", "ann"}
    assert "readings" not in {e.table for e in entries}
    assert listed_readings(t.ann) == []
    opened = seat.open_case(t.ann, case.id)
    assert ([v.author for v in opened.versions], opened.comments) == (["ann"], ())
    with pytest.raises(Refused, match="shown once the first one is submitted"):
        case_view.numbers_of(t.ann, case.id, 1)
    with pytest.raises(Refused, match="shown once the first one is submitted"):
        case_sight.seen_result(t.ann, case.id, 1, trial.volume())
    assert case_view.numbers_of(t.ann, case.id, 2)["muscle_area_cm2"] == pytest.approx(400 * 0.0064)
    # another assessor who could take the case over sees no more
    study.add_account(t.lena, "cat", PASSWORD, [Role.ASSESSOR])
    cat = study.sign_in(t.store, "cat", PASSWORD)
    assert [v.author for v in case_sight.seen_versions(cat, case.id)] == ["ann"]
    # submitting brings both together
    review.submit(t.ann, case.id, 2)
    assert readings_of(t.store, case.id)[0].state is ReadingState.DISAGREES
    assert [v.author for v in case_sight.seen_versions(t.ann, case.id)] == ["ben", "ann"]
    assert len(listed_readings(t.ann)) == 1
    assert "readings" in {e.table for e in case_sight.seen_history(t.ann, case.id)}


def test_cases_whose_second_reading_is_missing_are_left_out_of_every_export(a_trial: Trial, tmp_path: Path) -> None:
    t = a_trial
    trial.drawn(t, trial.asked(t, 1))
    trial.submitted(t, number=2)
    files = export_study(t.store, tmp_path, [CaseState.SUBMITTED])
    assert ([row["case_id"] for row in read(files.csv)], files.n_left_out) == (["P-002"], 1)
    (row,) = read(tmp_path / "readings.csv")
    assert (row["in_agreement"], row["muscle_dice"]) == ("no: the reading is waiting", "")
    assert [path.name for path in files.agreement] == ["readings.csv"]
    save_reading(t.ben, 1, trial.result("ben"))
    assert export_study(t.store, tmp_path, [CaseState.SUBMITTED]).n_left_out == 0
    review.exclude(t.lena, 1, ExclusionReason.ARTEFACTS)
    (row,) = read(export_study(t.store, tmp_path).agreement[0])
    assert row["in_agreement"] == "no: the case is excluded"


def test_readings_by_two_versions_of_the_protocol_are_not_compared_as_people(sqlite_trial: Trial, tmp_path: Path) -> None:
    t = sqlite_trial
    trial.approved(t, 1)
    case = trial.drawn(t, trial.asked(t, 2))
    changed = Protocol(preset("uniform"))
    assert study.change_protocol(t.lena, changed, "other windows") == 2
    save_reading(t.ben, case.id, trial.result("ben", protocol=changed))
    (row,) = read(export_study(t.store, tmp_path).agreement[0])
    assert row["in_agreement"] == "no: the two are measured by versions 1 and 2 of the protocol"


def test_without_double_reading_the_export_has_no_tables_of_it(sqlite_trial: Trial, tmp_path: Path) -> None:
    trial.approved(sqlite_trial)
    files = export_study(sqlite_trial.store, tmp_path)
    assert (files.agreement, files.n_left_out) == ((), 0)
    assert not (tmp_path / "readings.csv").exists()


def test_a_case_that_came_back_is_hidden_only_between_handing_in_and_reading_again(sqlite_trial: Trial) -> None:
    t = sqlite_trial
    with trial.on("2030-01-01"):
        (case,) = trial.add_cases(t.lena)
        review.assign(t.lena, [case.id], assessor="ann")
        ask_reading(t.lena, case.id, ReadingKind.REREAD, "ann")
        review.save_version(t.ann, case.id, None, trial.result("ann"))
        assert case_sight.seen_regions(t.ann, case.id, 1).version.number == 1
        review.submit(t.ann, case.id, 1)
        with pytest.raises(Refused, match="without seeing your first"):
            case_sight.seen_versions(t.ann, case.id)
    with trial.on("2030-01-20"):
        review.return_case(t.rev, review.ticket_for(t.store, case.id), "thin")
        assert case_sight.seen_versions(t.ann, case.id)
        review.save_version(t.ann, case.id, 1, trial.result("ann", 19))
        review.submit(t.ann, case.id, 2)  # the wash-out begins anew
    assert "on 2030-02-19, not before" in why_not_read_on(t, "2030-02-10", case.id)
    assert why_not_read_on(t, "2030-02-19", case.id) == ""
    with trial.on("2030-02-19"):
        save_reading(t.ann, case.id, trial.result("ann", 19))
    (reading,) = readings_of(t.store, case.id)
    assert reading.state is ReadingState.AGREES
    assert [d.value for d in reading.differences if d.quantity == "muscle_dice"] == [1.0]
    assert t.store.verify().is_clean


def why_not_read_on(t: Trial, day: str, case_id: int) -> str:
    with trial.on(day):
        return why_not_read(t.ann, case_id)


# -- what two readings lead to -------------------------------------------------------------------------------------------------------------


def test_the_first_is_taken_as_it_stands(a_trial: Trial) -> None:
    t = a_trial
    case = trial.disagreeing(t)
    assert why_not_adjudicate(t.rev, case.id) == ""
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
        assert readings_of(t.store, case.id)[0].state is state


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
    assert [r.state for r in readings_of(t.store, case.id)] == [ReadingState.WITHDRAWN, ReadingState.AGREES]
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
    assert readings_of(t.store, 1)[0].state is ReadingState.AGREES
    assert t.store.verify().is_clean
