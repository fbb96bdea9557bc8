"""Matching: small cases that can be checked on paper, and what is refused or said."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from napari_t12_bodycomp.cohort.balance import pooled_difference
from napari_t12_bodycomp.cohort.nearest import ALONE, match_pairs, matched_table, nearest_partners
from napari_t12_bodycomp.cohort.propensity import propensity_scores
from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.matching import Caliper, Order, Scale

SCORES = np.array([0.50, 0.40, 0.48, 0.41, 0.30])
TREATED = np.array([True, True, False, False, False])


def _partners(order: Order, caliper: float | None = None, scores: npt.ArrayLike = SCORES, treated: npt.ArrayLike = TREATED) -> list[int]:
    return nearest_partners(np.asarray(scores, float), np.asarray(treated, bool), caliper, order).tolist()


def test_each_takes_the_nearest_that_is_free() -> None:
    assert _partners(Order.LARGEST) == [2, 3, ALONE, ALONE, ALONE]
    contested = [0.50, 0.44, 0.47, 0.30]
    assert _partners(Order.LARGEST, None, contested, [True, True, False, False])[:2] == [2, 3]
    assert _partners(Order.SMALLEST, None, contested, [True, True, False, False])[:2] == [3, 2]
    assert _partners(Order.DATA, None, contested[::-1], [False, False, True, True])[2:] == [1, 0]


def test_the_edge_of_the_caliper_belongs_to_it() -> None:
    assert _partners(Order.LARGEST, 0.25, [0.5, 0.25], [True, False]) == [1, ALONE]
    assert _partners(Order.LARGEST, 0.2499, [0.5, 0.25], [True, False]) == [ALONE, ALONE]


@pytest.mark.parametrize(
    ("scores", "treated", "chooser", "partner"),
    [
        ([0.25, 0.5, 0.75], [False, True, False], 1, 0),
        ([0.75, 0.5, 0.25], [False, True, False], 1, 2),
        ([0.5, 0.5, 0.5], [False, True, False], 1, 0),
        ([0.5, 0.5, 0.5], [True, False, False], 0, 1),
        ([0.25, 0.25, 0.5], [False, False, True], 2, 1),
        ([0.75, 0.75, 0.5], [False, False, True], 2, 0),
        ([0.25, 0.375, 0.5, 0.75], [False, True, True, False], 2, 3),
    ],
)
def test_of_two_equally_near_the_fewer_steps_win_and_then_the_left(
    scores: list[float], treated: list[bool], chooser: int, partner: int
) -> None:
    """Steps are counted among all patients sorted by score: in the last case another treated one stands to the left."""
    assert _partners(Order.LARGEST, None, scores, treated)[chooser] == partner


TABLE = pd.DataFrame(
    {
        "id": [f"p{i}" for i in range(12)],
        "slow": [1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
        "age": [70, 80, 75, 90, 85, 71, 79, 77, 88, 60, 65, 82],
        "sex": ["F", "M", "F", "F", "M", "M", "F", "F", "M", "F", "M", "F"],
    }
)


def test_pairs_say_who_was_matched_to_whom_and_how() -> None:
    found = match_pairs(propensity_scores(TABLE, "slow", 1, ["age", "sex"], ids="id"), Caliper(None))
    assert len(found.pairs) == 5 and found.n_controls_left == 2 and not found.unmatched
    assert "slow = 1 choose among 0, largest score first; no caliper" in found.method
    assert all(pair.distance == abs(pair.treated_score - pair.control_score) for pair in found.pairs)
    assert [(row.covariate, row.level) for row in found.balance.rows] == [("distance", ""), ("age", ""), ("sex", "M")]
    age = found.balance.rows[1].before
    assert (age.mean_treated, age.mean_control) == (80.0, pytest.approx(522 / 7))
    assert age.smd == pytest.approx((80 - 522 / 7) / math.sqrt(250 / 4))


def test_the_matched_rows_keep_their_columns_and_are_numbered() -> None:
    table = TABLE.assign(age=TABLE["age"].where(TABLE.index != 0))
    matching = match_pairs(propensity_scores(table, "slow", 1, ["age", "sex"], ids="id"), Caliper(None))
    found = matched_table(table, matching)
    assert found["id"].tolist() == [name for pair in matching.pairs for name in (pair.treated, pair.control)]
    assert found["pair"].tolist() == [1, 1, 2, 2, 3, 3, 4, 4] and found["slow"].tolist() == [1, 0] * 4
    with pytest.raises(InputError, match="the table has 'age'"):
        matched_table(table, matching, "age")


def test_who_stays_alone_has_a_reason() -> None:
    found = match_pairs(propensity_scores(TABLE, "slow", 1, ["age", "sex"], ids="id"), Caliper(0.001))
    assert len(found.pairs) + len(found.unmatched) == 5 and found.unmatched
    assert all("no control within the caliper: the nearest of all is" in alone.why for alone in found.unmatched)
    crowded = TABLE.assign(slow=[1] * 8 + [0] * 4)
    found = match_pairs(propensity_scores(crowded, "slow", 1, ["age"], ids="id"), Caliper(None))
    assert [alone.why for alone in found.unmatched] == ["all controls within reach were taken before"] * 4
    assert any("fewer controls (4)" in remark for remark in found.remarks)


def test_without_a_pair_there_is_no_balance_after() -> None:
    found = match_pairs(propensity_scores(TABLE, "slow", 1, ["age"], ids="id"), Caliper(1e-9))
    assert not found.pairs and all(row.after is None for row in found.balance.rows)
    assert found.balance.pooled_after == {"age": None} and found.balance.pooled_before["age"]


def test_patients_with_a_covariate_missing_are_left_out_and_counted() -> None:
    table = TABLE.assign(age=TABLE["age"].where(TABLE.index != 3), sex=TABLE["sex"].where(~TABLE.index.isin([3, 7])))
    scores = propensity_scores(table, "slow", 1, ["age", "sex"], ids="id")
    assert (scores.n_left_out, dict(scores.n_missing), len(scores.ids)) == (2, {"age": 1, "sex": 2}, 10)
    assert any("2 patients were left out because a covariate is missing (age in 1, sex in 2)" in r for r in match_pairs(scores).remarks)


def test_one_arm_alone_is_refused() -> None:
    with pytest.raises(InputError, match="there are 0"):
        propensity_scores(TABLE.assign(slow=1), "slow", 1, ["age"])
    with pytest.raises(InputError, match="group '1' of 'slow' has no such row"):
        propensity_scores(TABLE.assign(age=TABLE["age"].where(TABLE["slow"] == 0)), "slow", 1, ["age"])


def test_complete_separation_is_refused_and_partial_separation_is_said() -> None:
    with pytest.raises(InputError, match="tell them apart completely"):
        propensity_scores(TABLE.assign(rush=[10, 12, 13, 15, 17, 18, 19, 20, 21, 22, 23, 24]), "slow", 1, ["age", "rush"])
    table = TABLE.assign(smoking=[0, 1, 0, 0, 1] + [0] * 7)
    scores = propensity_scores(table, "slow", 1, ["age", "smoking"], ids="id")
    assert scores.separated == ("p1", "p4")
    assert "give 2 of 12 patients away (a value of smoking occurs in one group alone)" in scores.remarks[0]
    assert any("inflated" in remark for remark in match_pairs(scores, Caliper(0.2, Scale.LOGIT_SD)).remarks)


def test_columns_that_say_nothing_are_left_out_of_the_model() -> None:
    table = TABLE.assign(limb="left", age_months=TABLE["age"] * 12)
    scores = propensity_scores(table, "slow", 1, ["age", "limb", "age_months"])
    assert list(scores.coefficients) == ["intercept", "age"]
    assert any("age_months follows from" in remark for remark in scores.remarks)
    assert scores.score == pytest.approx(propensity_scores(TABLE, "slow", 1, ["age"]).score)


def test_equal_covariates_have_scores_that_are_equal_to_the_last_bit() -> None:
    many = pd.concat([TABLE] * 7, ignore_index=True)
    assert len(np.unique(propensity_scores(many, "slow", 1, ["age", "sex"]).score)) == 12


def test_a_patient_stands_once_in_the_table() -> None:
    with pytest.raises(InputError, match="stands twice"):
        propensity_scores(TABLE.assign(id="p1"), "slow", 1, ["age"], ids="id")
    with pytest.raises(UsageError, match="caliper above 0"):
        Caliper(0.0)


def test_levels_are_compared_all_at_once() -> None:
    """Of two levels the difference is that of a share; of three, with shares 1/2 1/4 1/4 and 1/4 1/2 1/4, it is written out."""
    table = pd.DataFrame({"slow": [1] * 4 + [0] * 4, "age": [1, 5, 2, 4, 3, 1, 2, 6]})
    two = propensity_scores(table.assign(sex=[*"FFFM", *"FFMM"]), "slow", 1, ["age", "sex"])
    assert match_pairs(two).balance.pooled_before["sex"] == pytest.approx(0.25 / math.sqrt((0.1875 + 0.25) / 2))
    three = propensity_scores(table.assign(nail=[*"AABC", *"ABBC"]), "slow", 1, ["age", "nail"])
    off, spread = np.array([0.25, 0.0]), np.array([[(0.1875 + 0.25) / 2, -0.09375], [-0.09375, 0.1875]])
    assert match_pairs(three).balance.pooled_before["nail"] == pytest.approx(math.sqrt(off @ np.linalg.inv(spread) @ off))
    assert [row.level for row in match_pairs(three).balance.rows if row.covariate == "nail"] == ["A", "B", "C"]


def test_pooled_differences_by_hand() -> None:
    assert pooled_difference([1, 2, 3], [2, 4, 6]) == pytest.approx(2 / math.sqrt(2.5))
    assert pooled_difference([0, 1], [0, 0, 0, 1]) == pytest.approx(0.25 / math.sqrt((0.25 + 0.1875) / 2))
    assert pooled_difference([0, 0], [0, 0]) == 0 and pooled_difference([], [1.0]) is None
    assert pooled_difference([5.0, 5.0], [6.0, 6.0]) is None
