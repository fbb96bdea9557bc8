"""One story on both databases: create, accounts, import, assess, submit, return, correct, approve, export; clean at the end."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import trial
from trial import PASSWORD

from napari_t12_bodycomp.model.study import CaseState, Decision, ExclusionReason, Role
from napari_t12_bodycomp.model.subject import ValueSource
from napari_t12_bodycomp.model.worklist import WorklistQuery
from napari_t12_bodycomp.workflow import case_list, case_sight, case_view, review, study
from napari_t12_bodycomp.workflow.study_export import export_study


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_from_an_empty_database_to_the_approved_table(url: str, tmp_path: Path) -> None:
    # 1. a lead makes the study and takes people in
    lena = study.create_study(url, "Trial", "lena", PASSWORD)
    study.add_account(lena, "ann", PASSWORD, [Role.ASSESSOR])
    study.add_account(lena, "ben", PASSWORD, [Role.ASSESSOR, Role.REVIEWER])
    study.add_account(lena, "rev", PASSWORD, [Role.REVIEWER])

    # 2. the list of cases comes in, after a dry run
    table = tmp_path / "cases.csv"
    table.write_text("case_id,height_cm,sex,group\nP-001,160,F,a\nP-002,,M,b\nP-003,170,F,a\n", encoding="utf-8")
    assert case_list.read_case_list(lena.store, table).bad == ()
    assert len(case_list.import_cases(lena, table)) == 3

    # 3. somebody else opens the same database
    store = study.open_study(url)
    ann, ben, rev = (study.sign_in(store, name, PASSWORD) for name in ("ann", "ben", "rev"))
    review.assign(lena, [1, 2], assessor="ann", reviewer="rev")
    mine = study.worklist(store, WorklistQuery(assessor_id=ann.account_id))
    assert [row.pseudonym for row in mine.rows] == ["P-001", "P-002"]

    # 4. ann draws and submits; the height of the list is in the numbers
    case = case_view.case_named(store, "P-001")
    subject = case_list.subject_of(case, trial.volume().subject)
    assert (subject.height_m, subject.height_source) == (1.6, ValueSource.MANIFEST)
    first = review.save_version(ann, case.id, None, trial.result("ann", subject=subject), active_seconds=12.5)
    review.record_time(ann, case.id, "draw", 12.5)
    assert review.submit(ann, case.id, first.number).state is CaseState.SUBMITTED

    # 5. rev returns it with a reason and a remark at a point
    ticket = review.ticket_for(store, case.id)
    review.add_comment(rev, case.id, first.number, "too thin here", (12.0, 33.5))
    assert review.return_case(rev, ticket, "the muscle is too thin").state is CaseState.RETURNED

    # 6. ann draws again and submits; rev corrects it, so somebody else must approve
    second = review.save_version(ann, case.id, first.number, trial.result("ann", 19, subject=subject))
    review.submit(ann, case.id, second.number)
    third = review.save_version(rev, case.id, second.number, trial.result("rev", 18, subject=subject))
    review.assign(lena, [case.id], reviewer="ben")
    done = review.approve(ben, review.ticket_for(store, case.id), PASSWORD)
    assert (done.state, done.current_version) == (CaseState.APPROVED, third.number)
    assert [r.decision for r in case_view.reviews_of(store, case.id)] == [Decision.RETURNED, Decision.CORRECTED, Decision.APPROVED]
    assert [v.author for v in case_view.versions_of(store, case.id)] == ["ann", "ann", "rev"]
    (comment,) = case_view.comments_of(store, case.id)
    assert (comment.account, comment.row, comment.column) == ("rev", 12.0, 33.5)
    times = [
        (e.account, e.after["step"], e.after["active_seconds"]) for e in case_sight.seen_history(lena, case.id) if e.table == "timings"
    ]
    assert times == [("ann", "draw", 12.5)]
    assert (case_view.regions_of(store, case.id, 3).regions == trial.regions(18)).all()

    # 7. another case is only drafted, a third one excluded
    review.save_version(ann, 2, None, trial.result("ann"))
    review.exclude(lena, 3, ExclusionReason.INCOMPLETE_FOLLOW_UP)
    counts = study.study_counts(store)
    assert (counts.screened, counts.excluded, counts.progress) == (3, 1, "1 of 2 approved")

    # 8. the table holds the approved case alone, with who reviewed it
    files = export_study(store, tmp_path / "out")
    (row,) = read(files.csv)
    assert row["case_id"] == row["patient_id"] == "P-001"
    assert (row["status"], row["assessor"], row["reviewer"], row["level_confirmed_by"]) == ("approved", "rev", "ben", "rev")
    assert row["reviewed_at"] == case_view.reviews_of(store, case.id)[-1].at
    assert float(row["muscle_area_cm2"]) == pytest.approx((18 * 30 - 200) * 0.0064, abs=5e-4)
    assert float(row["smi_cm2_m2"]) == pytest.approx((18 * 30 - 200) * 0.0064 / 1.6**2, abs=5e-4)
    assert (row["version"], row["protocol_version"], row["group"]) == ("3", "1", "a")
    described = [line["column"] for line in read(files.dictionary)]
    assert described == list(row)
    flow = {(line["step"], line["reason"]): int(line["cases"]) for line in read(files.flow)}
    assert flow["screened", ""] == 3
    assert flow["excluded", "incomplete follow-up"] == flow["drafted", ""] == flow["approved", ""] == 1

    # 9. others come only when asked for, and say what they are
    everything = read(export_study(store, tmp_path / "all", frozenset(CaseState)).csv)
    assert [(r["case_id"], r["status"], r["reviewer"]) for r in everything] == [("P-001", "approved", "ben"), ("P-002", "drafted", "")]

    # 10. nobody changed anything behind the program's back
    found = store.verify()
    assert found.is_clean
    assert found.rows > 20
    store.close()
    lena.store.close()
