"""Bland-Altman, errors of measurement and concordance by hand, and where they are not available."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from napari_t12_bodycomp.cohort.bland_altman import bland_altman
from napari_t12_bodycomp.cohort.repeatability import concordance, repeatability

FIRST, SECOND = [11.0, 19, 33, 40], [10.0, 20, 30, 40]
"""Differences 1, -1, 3, 0: mean 0.75, sum of squares 11, variance (11 - 4 x 0.5625) / 3."""


def test_bias_and_limits_by_hand() -> None:
    found = bland_altman(FIRST, SECOND)
    sd = math.sqrt((11 - 4 * 0.75**2) / 3)
    t = stats.t.ppf(0.975, 3)
    assert [found.n, found.bias, found.sd, found.mean_abs, found.max_abs] == pytest.approx([4, 0.75, sd, 1.25, 3])
    assert found.bias_ci == pytest.approx((0.75 - t * sd / 2, 0.75 + t * sd / 2))
    assert found.limits == pytest.approx((0.75 - 1.96 * sd, 0.75 + 1.96 * sd))
    half = t * sd * math.sqrt(1 / 4 + stats.norm.ppf(0.975) ** 2 / 6)
    assert found.upper_limit_ci == pytest.approx((found.limits[1] - half, found.limits[1] + half))
    assert found.t == pytest.approx(0.75 / (sd / 2))


def test_differences_turn_their_sign_with_the_readings() -> None:
    one, other = bland_altman(FIRST, SECOND), bland_altman(SECOND, FIRST)
    assert other.bias == -one.bias
    assert other.limits == pytest.approx(tuple(-x for x in reversed(one.limits)))
    assert other.lower_limit_ci == pytest.approx(tuple(-x for x in reversed(one.upper_limit_ci)))


def test_a_pair_with_a_gap_is_left_out() -> None:
    assert bland_altman([*FIRST, math.nan, 7.0], [*SECOND, 5.0, math.nan]) == bland_altman(FIRST, SECOND)


def test_two_pairs_have_a_bias_but_no_limits() -> None:
    found = bland_altman([1.0, 2], [2.0, 2])
    assert found.bias == -0.5
    assert math.isnan(found.sd) and math.isnan(found.limits[0]) and "there are 2" in found.why_empty


def test_without_a_pair_nothing_is_zero() -> None:
    found = bland_altman([math.nan], [1.0])
    assert found.n == 0 and math.isnan(found.bias) and found.why_empty


def test_a_constant_difference_has_limits_of_no_width_and_no_test() -> None:
    found = bland_altman([1.1, 2.1, 3.1], [1.0, 2.0, 3.0])
    assert found.sd == 0 and found.limits == pytest.approx((0.1, 0.1))
    assert math.isnan(found.t_p) and math.isnan(found.slope_p)


def test_percentages_need_values_above_zero() -> None:
    found = bland_altman([-1.0, 20, 30], [1.0, 21, 28])
    assert math.isnan(found.percent_bias) and "not above 0" in found.why_no_percent
    errors = repeatability([[-1.0, 1], [20, 21], [30, 28]])
    assert math.isnan(errors.rtem_percent) and math.isnan(errors.cv_rms_percent) and "not above 0" in errors.why_no_percent
    assert errors.tem == pytest.approx(math.sqrt((4 + 1 + 4) / 6))


def test_errors_by_hand() -> None:
    found = repeatability(np.stack([FIRST, SECOND], axis=1))
    tem = math.sqrt(11 / 8)
    assert [found.tem, found.sdc] == pytest.approx([tem, 1.96 * math.sqrt(2) * tem])
    assert found.rtem_percent == pytest.approx(100 * tem / np.mean([FIRST, SECOND]))
    cv = np.abs(np.subtract(FIRST, SECOND)) / math.sqrt(2) / np.mean([FIRST, SECOND], axis=0)
    assert found.cv_mean_percent == pytest.approx(100 * cv.mean())
    assert found.cv_rms_percent == pytest.approx(100 * math.sqrt((cv**2).mean()))


def test_a_bias_between_readers_is_an_error_of_measurement() -> None:
    shifted = repeatability([[10.0, 12], [20, 22], [30, 32]])
    assert shifted.tem == pytest.approx(math.sqrt(2))


@pytest.mark.parametrize(("first", "second"), [([1.0, 2], [1.0, 3]), ([2.0, 2, 2], [1.0, 2, 3]), ([1.0, 2, 3], [5.0, 5, 5])])
def test_concordance_that_cannot_be_judged(first: list[float], second: list[float]) -> None:
    found = concordance(first, second)
    assert math.isnan(found.value) and found.why_empty


def test_concordance_by_hand() -> None:
    x, y = np.array(FIRST), np.array(SECOND)
    found = concordance(x, y)
    expected = 2 * np.mean((x - x.mean()) * (y - y.mean())) / (x.var() + y.var() + 0.75**2)
    assert found.value == pytest.approx(expected)
    assert found.ci[0] < expected < found.ci[1]


def test_identical_readings_have_concordance_one_without_an_interval() -> None:
    found = concordance([1.0, 2, 4], [1.0, 2, 4])
    assert found.value == 1 and math.isnan(found.ci[0]) and found.why_empty
