"""RUSH scores of several raters: rows, consensus, outcome and agreement, in small cases."""

from __future__ import annotations

import pandas as pd
import pytest

from napari_t12_bodycomp.cohort.icc import intraclass
from napari_t12_bodycomp.cohort.rush import consensus_table, outcomes, rush_scores
from napari_t12_bodycomp.cohort.rush_agreement import ALL, rush_agreement
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.rush import ITEMS

TOTALS = {"att1": [17, 22, 12, 25], "att2": [18, 21, 13, 25], "res1": [19, 24, 11, 25], "res2": [16, 20, 15, None]}


def _table() -> pd.DataFrame:
    rows = [
        {"patient_id": f"p{i}", "timepoint": "m1", "rater": rater, "role": "attending" if rater < "r" else "resident", "total": total}
        for rater, totals in TOTALS.items()
        for i, total in enumerate(totals)
    ]
    return pd.DataFrame(rows)


def test_raters_agree_group_by_group_over_the_patients_that_all_of_them_scored() -> None:
    found = {row.group: row for row in rush_agreement(rush_scores(_table()))}
    assert {name: (row.n_patients, row.n_complete, row.raters) for name, row in found.items()} == {
        ALL: (4, 3, ("att1", "att2", "res1", "res2")),
        "attendings": (4, 4, ("att1", "att2")),
        "residents": (4, 3, ("res1", "res2")),
    }
    by_hand = intraclass([[17, 18], [22, 21], [12, 13], [25, 25]])["ICC(2,1)"]
    assert found["attendings"].icc["ICC(2,1)"] == by_hand
    assert found["residents"].icc["ICC(2,1)"].n_left_out == 1


def test_one_rater_alone_has_no_agreement() -> None:
    found = rush_agreement(rush_scores(_table()[lambda t: t["rater"] == "att1"]))
    assert not found[0].icc and "there are 1" in found[0].why_empty


def test_the_consensus_is_noted_and_never_computed() -> None:
    found = {row.patient: row for row in consensus_table(rush_scores(_table()), {("p0", "m1"): 18, ("p2", "m1"): 20})}
    first, second, third, fourth = (found[f"p{i}"] for i in range(4))
    assert (first.median, first.range, first.slow_votes, first.n_votes, first.is_slow) == (17.5, (16, 19), 2, 4, False)
    assert first.remarks == ("2 of 4 raters see slower healing",)
    assert second.agreed is None and second.is_slow is None and second.needs_discussion
    assert "lies outside what the raters said (11 to 15)" in third.remarks[0]
    assert fourth.n_votes == 3 and not fourth.needs_discussion


def test_the_outcome_needs_both_times_for_the_change_and_month_1_for_slow() -> None:
    both = pd.concat([_table(), _table().assign(timepoint="d1", total=11)])
    agreed = {("p0", "d1"): 11, ("p0", "m1"): 17, ("p1", "m1"): 22, ("p2", "d1"): 10}
    found = {o.patient: (o.change, o.is_slow) for o in outcomes(consensus_table(rush_scores(both), agreed))}
    assert found == {"p0": (6, True), "p1": (None, False), "p2": (None, None), "p3": (None, None)}


def test_items_are_summed_and_held_against_the_noted_total() -> None:
    items = pd.DataFrame([{"patient_id": "p0", "timepoint": "d1", "rater": "att1", **dict.fromkeys(ITEMS, 1), "total": 10}])
    assert rush_scores(items)[0].total == 10
    with pytest.raises(InputError, match="11 stands beside items of 10"):
        rush_scores(items.assign(total=11))
    with pytest.raises(InputError, match="row 1 does not"):
        rush_scores(items.assign(cb_medial=1.5))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: pd.concat([t, t]), "there are two"),
        (lambda t: t.assign(role=["attending", *t["role"][1:-1], "attending"]), "rater res2 has two"),
        (lambda t: t.assign(patient_id=[None, *t["patient_id"][1:]]), "patient_id is empty in row 1"),
        (lambda t: t.drop(columns="rater"), "'rater' is wanted"),
        (lambda t: t.assign(total=31), "10 to 30"),
    ],
)
def test_rows_that_cannot_be_are_refused(change: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        rush_scores(change(_table()))  # type: ignore[operator]


@pytest.mark.parametrize(("agreed", "words"), [({("p0", "m1"): 9}, "10 to 30"), ({("p9", "m1"): 18}, "nobody scored p9 at m1")])
def test_an_agreed_total_that_cannot_be_is_refused(agreed: dict[tuple[str, str], int], words: str) -> None:
    with pytest.raises(InputError, match=words):
        consensus_table(rush_scores(_table()), agreed)
