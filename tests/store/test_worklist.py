"""Worklist: filters, search, order, pages and counts, by hand."""

from __future__ import annotations

import pytest
import trial
from trial import PASSWORD, Trial

from napari_t12_bodycomp.errors import Refused, UsageError
from napari_t12_bodycomp.model.study import CaseState, ExclusionReason
from napari_t12_bodycomp.model.worklist import WorklistQuery
from napari_t12_bodycomp.workflow import case_sight, case_view, review
from napari_t12_bodycomp.workflow.study import latest_change, next_case, set_options, study_counts, worklist


@pytest.fixture
def seven(a_trial: Trial) -> Trial:
    """P-001 approved, P-002 submitted, P-003 drafted, P-004 excluded, P-005 to P-007 new; 5 is ann's, 6 is ben's."""
    t = a_trial
    trial.approved(t, 1)
    trial.submitted(t, t.ann, 2)
    trial.add_cases(t.lena, 5, 3)
    review.save_version(t.ben, 3, None, trial.result("ben"))
    review.exclude(t.lena, 4, ExclusionReason.ARTEFACTS)
    review.assign(t.lena, [5], assessor="ann")
    review.assign(t.ben, [6], assessor="ben")
    return t


def names(t: Trial, query: WorklistQuery) -> list[str]:
    return [row.pseudonym.removeprefix("P-00") for row in worklist(t.store, query).rows]


def test_filters_search_order_and_pages(seven: Trial) -> None:
    assert names(seven, WorklistQuery()) == list("1234567")
    assert names(seven, WorklistQuery(descending=True, limit=2)) == list("76")
    assert names(seven, WorklistQuery(offset=5, limit=5)) == list("67")
    assert names(seven, WorklistQuery(states=frozenset({CaseState.NEW}))) == list("567")
    assert names(seven, WorklistQuery(states=frozenset({CaseState.NEW, CaseState.APPROVED}), search="P-00")) == list("1567")
    assert names(seven, WorklistQuery(search="-006")) == ["6"]
    assert names(seven, WorklistQuery(search="p-006")) == ["6"]
    assert names(seven, WorklistQuery(search="%")) == []
    assert names(seven, WorklistQuery(assessor_id=seven.ann.account_id)) == ["5"]
    assert names(seven, WorklistQuery(assessor_id=0, states=frozenset({CaseState.NEW}))) == ["7"]
    assert names(seven, WorklistQuery(sort="state")) == list("1345672")
    assert names(seven, WorklistQuery(sort="updated_at", descending=True))[:2] == ["6", "5"]
    page = worklist(seven.store, WorklistQuery(limit=3))
    assert (page.total, page.first, len(page.rows)) == (7, 0, 3)
    row = worklist(seven.store, WorklistQuery(search="P-005")).rows[0]
    assert (row.assessor, row.reviewer, row.version, row.state) == ("ann", "", None, CaseState.NEW)


def test_counts_for_progress_and_flow_chart(seven: Trial) -> None:
    counts = study_counts(seven.store)
    assert (counts.screened, counts.included, counts.approved) == (7, 6, 1)
    assert counts.by_exclusion == {"artefacts": 1}
    assert counts.progress == "1 of 6 approved"


def test_an_excluded_case_comes_back_as_what_it_was(seven: Trial) -> None:
    assert review.include(seven.lena, 4).state is CaseState.NEW
    review.exclude(seven.ann, 3, ExclusionReason.OTHER, "moved away")
    assert review.include(seven.lena, 3).state is CaseState.DRAFTED
    assert study_counts(seven.store).excluded == 0


def test_a_reopened_case_is_drawn_and_approved_anew(seven: Trial) -> None:
    ticket = review.ticket_for(seven.store, 1)
    assert review.reopen(seven.lena, ticket, "wrong slice").state is CaseState.RETURNED
    version = review.save_version(seven.ann, 1, 1, trial.result("ann", 19))
    review.submit(seven.ann, 1, version.number)
    again = review.approve(seven.ben, review.ticket_for(seven.store, 1), PASSWORD)
    assert (again.state, again.current_version) == (CaseState.APPROVED, 2)
    assert [r.decision.value for r in case_view.reviews_of(seven.store, 1)] == ["approved", "reopened", "approved"]


def test_impossible_pages_are_refused() -> None:
    for wrong in ({"limit": 0}, {"limit": 1001}, {"offset": -1}, {"sort": "name"}):
        with pytest.raises(UsageError, match="wanted"):
            WorklistQuery(**wrong)  # type: ignore[arg-type]


def test_the_next_case_and_the_news(seven: Trial) -> None:
    new = WorklistQuery(frozenset({CaseState.NEW}))
    assert [next_case(seven.store, new, after) for after in ("", "P-005", "P-006", "P-007")] == [5, 6, 7, None]
    before = latest_change(seven.store)
    assert latest_change(seven.store) == before
    review.approve(seven.rev, review.ticket_for(seven.store, 2), PASSWORD)
    assert latest_change(seven.store) > before


def test_a_blinded_reviewer_sees_the_numbers_after_deciding(seven: Trial) -> None:
    with pytest.raises(Refused, match="blinded"):
        case_view.numbers_of(seven.rev, 2, 1)
    assert case_view.numbers_of(seven.ann, 2, 1)["muscle_area_cm2"] == pytest.approx(400 * 0.0064)
    set_options(seven.lena, blind_review=False)
    assert case_view.numbers_of(seven.rev, 2, 1)["vsr"] == pytest.approx(200 / 600)
    set_options(seven.lena, blind_review=True)
    review.return_case(seven.rev, review.ticket_for(seven.store, 2), "thin")
    assert case_view.numbers_of(seven.rev, 2, 1)["height_m"] == 1.6


def test_the_history_of_a_case_says_who_changed_what(seven: Trial) -> None:
    told = [(e.account, e.action, e.table) for e in case_sight.seen_history(seven.lena, 1)]
    assert told == [
        ("lena", "case.import", "cases"),
        ("lena", "case.import", "series"),
        ("ann", "case.save", "levels"),
        ("ann", "case.save", "region_versions"),
        ("ann", "case.save", "measurements"),
        ("ann", "case.save", "cases"),
        ("ann", "case.submit", "cases"),
        ("rev", "case.approve", "reviews"),
        ("rev", "case.approve", "cases"),
    ]
    last = case_sight.seen_history(seven.lena, 1)[-1]
    assert last.before is not None
    assert (last.before["state"], last.after["state"]) == ("submitted", "approved")
