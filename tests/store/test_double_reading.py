"""Double reading: the story from the choice to the tables, on both databases, and what nobody sees."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import trial
from trial import PASSWORD, Trial

from napari_t12_bodycomp.errors import Refused
from napari_t12_bodycomp.model.double_reading import Limits, ReadingChoice, ReadingKind, ReadingState, Take
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.study import CaseState, ExclusionReason, Role
from napari_t12_bodycomp.model.tissue import preset
from napari_t12_bodycomp.model.worklist import WorklistQuery
from napari_t12_bodycomp.workflow import case_sight, case_view, review, seat, study
from napari_t12_bodycomp.workflow.double_reading import adjudicate, save_reading
from napari_t12_bodycomp.workflow.reading_choice import ask_reading, choose_readings
from napari_t12_bodycomp.workflow.reading_list import (
    listed_readings,
    open_reading,
    why_not_read,
)
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
    first, second = (trial.readings(t, number)[0] for number in doubles)
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
    looks = (
        lambda: case_sight.seen_versions(t.ben, case.id),
        lambda: case_sight.seen_regions(t.ben, case.id, 1),
        lambda: case_sight.seen_reviews(t.ben, case.id),
        lambda: case_sight.seen_comments(t.ben, case.id),
        lambda: case_sight.seen_history(t.ben, case.id),
        lambda: case_view.numbers_of(t.ben, case.id, 1),
    )
    for look in looks:
        with pytest.raises(Refused, match="without seeing what others made of it"):
            look()
    bare = seat.open_case(t.ben, case.id)
    assert (bare.base, bare.versions, bare.reviews, bare.comments, bare.ticket) == (None, (), (), (), None)
    assert bare.reading is not None and not bare.is_review and bare.case.current_version is None
    opened = open_reading(t.ben, case.id)
    assert (opened.why_not_draw, opened.reading.reader_id) == ("", t.ben.account_id)
    assert (opened.case.current_version, opened.case.current_version_id, opened.case.current_author) == (None, None, None)
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
    entries = case_sight.seen_history(t.ann, case.id)
    assert {e.account for e in entries} == {"lena", "ann"}
    assert "readings" not in {e.table for e in entries}
    assert listed_readings(t.ann) == []
    opened = seat.open_case(t.ann, case.id)
    assert ([v.author for v in opened.versions], opened.comments) == (["ann"], ())
    with pytest.raises(Refused, match="shown once the first one is submitted"):
        case_view.numbers_of(t.ann, case.id, 1)
    assert case_view.numbers_of(t.ann, case.id, 2)["muscle_area_cm2"] == pytest.approx(400 * 0.0064)
    # another assessor who could take the case over sees no more
    study.add_account(t.lena, "cat", PASSWORD, [Role.ASSESSOR])
    cat = study.sign_in(t.store, "cat", PASSWORD)
    assert [v.author for v in case_sight.seen_versions(cat, case.id)] == ["ann"]
    # submitting brings both together
    review.submit(t.ann, case.id, 2)
    assert trial.readings(t, case.id)[0].state is ReadingState.DISAGREES
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
    (reading,) = trial.readings(t, case.id)
    assert reading.state is ReadingState.AGREES
    assert [d.value for d in reading.differences if d.quantity == "muscle_dice"] == [1.0]
    assert t.store.verify().is_clean


def why_not_read_on(t: Trial, day: str, case_id: int) -> str:
    with trial.on(day):
        return why_not_read(t.ann, case_id)
