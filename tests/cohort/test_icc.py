"""Intraclass correlation: the printed example, closed forms, and what must not be given a number."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from napari_t12_bodycomp.cohort.icc import AVERAGE_FORMS, SINGLE_FORMS, intraclass

SHROUT_FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
"""Shrout and Fleiss 1979, table 2."""


def test_the_printed_coefficients_of_shrout_and_fleiss() -> None:
    found = intraclass(SHROUT_FLEISS)
    printed = {"ICC(1,1)": 0.17, "ICC(2,1)": 0.29, "ICC(3,1)": 0.71, "ICC(1,k)": 0.44, "ICC(2,k)": 0.62, "ICC(3,k)": 0.91}
    assert {form: round(icc.value, 2) for form, icc in found.items()} == printed
    assert found["ICC(3,1)"].f == pytest.approx(11.03, abs=0.005)


def test_two_raters_by_hand() -> None:
    """Cases 1, 2, 3 read 1, 2, 3 and 2, 3, 5: mean squares of cases 2.6667 + ..., written out."""
    found = intraclass([[1, 2], [2, 3], [3, 5]])
    ms_cases, ms_raters, ms_error = 19 / 6, 8 / 3, 1 / 6
    assert found["ICC(3,1)"].value == pytest.approx((ms_cases - ms_error) / (ms_cases + ms_error))
    assert found["ICC(2,1)"].value == pytest.approx((ms_cases - ms_error) / (ms_cases + ms_error + 2 * (ms_raters - ms_error) / 3))
    f = ms_cases / ms_error
    assert found["ICC(3,1)"].f == pytest.approx(f)
    low, high = f / stats.f.ppf(0.975, 2, 2), f * stats.f.ppf(0.975, 2, 2)
    assert found["ICC(3,1)"].ci == pytest.approx(((low - 1) / (low + 1), (high - 1) / (high + 1)))


def test_a_constant_shift_lowers_absolute_agreement_alone() -> None:
    first = np.array([10.0, 20, 30, 40])
    found = intraclass(np.stack([first, first + 5], axis=1))
    assert found["ICC(3,1)"].value == 1
    assert found["ICC(2,1)"].value < 1
    assert found["ICC(3,1)"].why_no_ci and math.isnan(found["ICC(3,1)"].ci[0])
    assert not found["ICC(2,1)"].why_no_ci


@pytest.mark.parametrize(
    ("ratings", "words"),
    [
        ([[3.1, 3.1], [3.1, 3.1], [3.1, 3.1], [3.1, 3.1]], "same value"),
        ([[3.1, 4], [3.1, 4], [3.1, 4]], "same value"),
        ([[0.1 + 0.2, 0.3], [0.3, 0.3], [0.3, 0.1 + 0.2]], "same value"),
        ([[1, 2], [2, 3]], "3 complete cases"),
        ([[1, 2], [2, math.nan], [math.nan, 3], [3, 4]], "there are 2"),
        (np.empty((0, 2)), "there are 0"),
    ],
)
def test_what_cannot_be_judged_is_not_available_with_its_reason(ratings: list[list[float]], words: str) -> None:
    for icc in intraclass(ratings).values():
        assert math.isnan(icc.value) and math.isnan(icc.p) and math.isnan(icc.ci[0])
        assert words in icc.why_empty


def test_identical_raters_agree_wholly_without_an_interval() -> None:
    for icc in intraclass(np.outer([0.1, 0.7, 1.3, 2.9], [1, 1, 1])).values():
        assert icc.value == 1 and math.isinf(icc.f)
        assert math.isnan(icc.ci[0]) and icc.why_no_ci and not icc.why_empty


def test_raters_who_contradict_each_other_have_a_negative_coefficient() -> None:
    found = intraclass([[1, 4], [2, 3], [3, 2], [4, 1]])
    assert found["ICC(3,1)"].value == pytest.approx(-1)
    assert math.isnan(found["ICC(3,k)"].value) and found["ICC(3,k)"].why_empty


def test_missing_ratings_are_left_out_by_case_and_counted() -> None:
    whole = np.array(SHROUT_FLEISS, float)
    gappy = np.vstack([whole, [[1, math.nan, 2, 3]]])
    for form, icc in intraclass(gappy).items():
        assert (icc.n_cases, icc.n_left_out) == (6, 1)
        assert icc.value == intraclass(whole)[form].value


@pytest.mark.parametrize("ratings", [[1.0, 2, 3], [[1.0], [2]], [[1.0, math.inf], [2, 3], [3, 4]]])
def test_what_is_no_table_of_finite_ratings_is_an_error(ratings: list[float]) -> None:
    with pytest.raises(ValueError, match=r"ratings must be|finite"):
        intraclass(ratings)


@settings(deadline=None, max_examples=60)
@given(
    table=st.lists(st.tuples(*[st.floats(-1e3, 1e3).map(lambda x: round(x, 2))] * 3), min_size=3, max_size=12),
    shift=st.floats(-50, 50).map(lambda x: round(x, 2)),
    order=st.permutations(range(3)),
)
def test_order_of_raters_and_a_common_shift_change_nothing(table: list[tuple[float, ...]], shift: float, order: list[int]) -> None:
    before, after = intraclass(table), intraclass(np.array(table)[:, order] + shift)
    for form in (*SINGLE_FORMS, *AVERAGE_FORMS):
        one, other = before[form], after[form]
        assert one.why_empty == other.why_empty
        if not one.why_empty and abs(one.value) < 1e3:
            assert other.value == pytest.approx(one.value, abs=1e-6)
        if not math.isnan(one.ci[0]) and abs(one.value) < 1e3:
            assert one.ci[0] <= one.value + 1e-9 and one.value <= one.ci[1] + 1e-9
