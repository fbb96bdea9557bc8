"""ROC analysis: small samples whose answer is counted on paper."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from napari_t12_bodycomp.cohort.proportion import proportion
from napari_t12_bodycomp.cohort.roc import compare_paired, compare_unpaired, roc
from napari_t12_bodycomp.cohort.trend import trend
from napari_t12_bodycomp.errors import InputError

NAN = math.nan


def test_by_hand() -> None:
    """Controls 1, 2, 3, cases 2, 4: of six pairs four are won, 4 against all three and 2 against 1, and 2 against 2 is a tie."""
    found = roc([0, 0, 0, 1, 1], [1, 2, 3, 2, 4])
    assert found.auc == pytest.approx(4.5 / 6) and found.u_cases == 4.5 and found.is_high_positive
    v_cases, v_controls = np.var([0.5, 1.0], ddof=1), np.var([1.0, 0.75, 0.5], ddof=1)
    assert found.se == pytest.approx(math.sqrt(v_cases / 2 + v_controls / 3))
    assert [(p.threshold, p.true_positives, p.false_positives) for p in found.points] == [
        (-math.inf, 2, 3),
        (1.5, 2, 2),
        (2.5, 1, 1),
        (3.5, 1, 0),
        (math.inf, 0, 0),
    ]
    assert [p.sensitivity for p in found.points[1:4]] == [1, 0.5, 0.5]
    assert [p.specificity for p in found.points[1:4]] == pytest.approx([1 / 3, 2 / 3, 1])
    (cut,) = found.best
    assert (cut.threshold, cut.below, cut.above, cut.data_value, cut.rule) == (3.5, 3, 4, 4, "positive if marker > threshold")
    assert (cut.true_positives, cut.false_positives, cut.true_negatives, cut.false_negatives) == (1, 0, 3, 1)
    assert [p.estimate for p in (cut.sensitivity, cut.specificity, cut.ppv, cut.npv, cut.accuracy)] == [0.5, 1, 1, 0.75, 0.8]


def test_low_values_mean_a_case_where_the_cases_lie_lower() -> None:
    """Muscle is lower in slow healing: the rule turns round, and with it what the predictive values mean."""
    low = roc([1, 1, 1, 0, 0, 0], [28, 30, 33, 31, 36, 39])
    assert low.is_high_positive is False and low.auc == pytest.approx(8 / 9)
    assert low.best[0].rule == "positive if marker < threshold"
    assert low.best[0].data_value == low.best[0].below
    forced = roc([1, 1, 1, 0, 0, 0], [28, 30, 33, 31, 36, 39], high_is_positive=True)
    assert forced.auc == pytest.approx(1 / 9)
    assert any("below 0.5" in warning for warning in forced.warnings)


def test_equal_youden_indices_are_all_reported_and_the_more_sensitive_chosen() -> None:
    found = roc([0, 0, 0, 0, 1, 1, 1, 1], [1, 2, 5, 6, 3, 4, 7, 8])
    assert [cut.threshold for cut in found.best] == [2.5, 6.5]
    assert found.chosen is found.best[0] and found.chosen.sensitivity.estimate == 1
    assert "2 cut-offs have the same largest Youden index" in found.warnings[0]


def test_ties_are_decided_on_whole_numbers() -> None:
    """3 cases and 7 controls: at each of the two cut-offs the index is 2/7 + 0, but 1/3 + 20/21 - 1 and the like differ by rounding."""
    cases, controls = [10.5, 20.5, 30.5], [1, 2, 15, 16, 17, 18, 25]
    found = roc([1] * 3 + [0] * 7, [*cases, *controls])
    scores = {cut.true_positives * 7 - cut.false_positives * 3 for cut in found.best}
    everywhere = [p.true_positives * 7 - p.false_positives * 3 for p in found.points[1:-1]]
    assert scores == {max(everywhere)} and len(found.best) == everywhere.count(max(everywhere))


def test_a_marker_without_overlap_and_one_without_variation_are_flagged() -> None:
    perfect = roc([0, 0, 1, 1], [1, 2, 3, 4])
    assert (perfect.auc, perfect.se, perfect.ci, perfect.p) == (1, 0, (1, 1), 0)
    assert "without overlap" in perfect.warnings[0]
    constant = roc([0, 0, 1, 1], [3, 3, 3, 3])
    assert (constant.auc, constant.z, constant.p, constant.null_p) == (0.5, None, None, None)
    assert "there is no cut-off" in constant.warnings[0]
    assert constant.best[0].threshold == -math.inf and constant.best[0].npv.estimate is None


@pytest.mark.parametrize(
    ("y", "words"), [([1, 1, 1], "there is no control"), ([0, 0, NAN], "there is no case"), ([NAN] * 3, "no case and no control")]
)
def test_one_class_is_no_curve(y: list[float], words: str) -> None:
    found = roc(y, [1, 2, 3])
    assert words in found.why_empty and (found.auc, found.p, found.best, found.points) == (None, None, (), ())


def test_a_single_case_has_an_area_without_an_interval() -> None:
    found = roc([1, 0, 0], [3, 1, 2])
    assert (found.auc, found.se, found.ci, found.p) == (1, None, None, None) and found.warnings


def test_missing_values_are_left_out_and_counted_for_both_markers_together() -> None:
    y, a, b = [1, 1, 1, 0, 0, 0, 1, 0], [5, 6, 7, 1, 6, 3, NAN, 2], [2, 4, 3, 1, 2, 5, 9, NAN]
    found = compare_paired(y, a, b)
    assert found.n_left_out == 2
    assert found.auc_first == roc(y[:6], a[:6]).auc and found.auc_second == roc(y[:6], b[:6]).auc
    assert roc(y, a).n_left_out == 1


def test_comparing_a_marker_with_itself_or_another_group_with_itself() -> None:
    y, x = [0, 0, 0, 1, 1], [1, 2, 3, 2, 4]
    same = compare_paired(y, x, [2 * v for v in x])
    assert same.difference == 0 and same.p is None and "order the rows alike" in same.why_empty
    groups = compare_unpaired((y, x), (y, x))
    assert (groups.difference, groups.statistic, groups.p) == (0, 0, 1)
    assert groups.df == pytest.approx(2 * (5 - 1))
    assert compare_unpaired((y, x), ([1, 1], [1, 2])).why_empty


@pytest.mark.parametrize(("y", "x"), [([0, 1], [1, 2, 3]), ([0, 2], [1, 2]), ([0, 1], [1, math.inf])])
def test_what_is_no_such_table_is_an_error(y: list[float], x: list[float]) -> None:
    with pytest.raises(InputError):
        roc(y, x)


@settings(deadline=None, max_examples=60)
@given(rows=st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=2, max_size=25))
def test_the_area_is_mann_whitney_s_and_the_turned_marker_mirrors_it(rows: list[tuple[bool, int]]) -> None:
    y, x = np.array([r[0] for r in rows]), np.array([r[1] for r in rows], dtype=float)
    if y.all() or not y.any():
        return
    found, turned = roc(y.astype(float), x, high_is_positive=True), roc(y.astype(float), -x, high_is_positive=False)
    u = stats.mannwhitneyu(x[y], x[~y], method="asymptotic", use_continuity=False)
    assert found.u_cases == u.statistic and found.auc == pytest.approx(u.statistic / (y.sum() * (~y).sum()))
    if found.null_p is not None:
        assert found.null_p == pytest.approx(u.pvalue)
    assert turned.auc == pytest.approx(found.auc)
    if np.ptp(x):
        assert [-c.threshold for c in turned.best[::-1]] == pytest.approx([c.threshold for c in found.best])


def test_proportions_by_hand() -> None:
    half = proportion(5, 10)
    assert half.wald == pytest.approx((0.5 - 1.959963984540054 * math.sqrt(0.025), 0.5 + 1.959963984540054 * math.sqrt(0.025)))
    none = proportion(0, 10)
    assert none.wilson is not None and none.clopper_pearson is not None
    assert none.wilson[0] == 0 and none.clopper_pearson == pytest.approx((0, 1 - 0.025**0.1))
    one = proportion(1, 62)
    assert one.wald is not None and one.wald[0] < 0 and one.wald_truncated is not None and one.wald_truncated[0] == 0
    assert proportion(0, 0).estimate is None and proportion(0, 0).wilson is None
    with pytest.raises(ValueError, match="0 to n"):
        proportion(3, 2)


def test_a_trend_with_its_band() -> None:
    x, y = [0, 1, 2, 3, 4, NAN], [1.1, 2.9, 5.2, 7.1, 8.8, 3]
    found, fit = trend(x, y, 5), stats.linregress(x[:5], y[:5])
    assert (found.n, found.n_left_out) == (5, 1)
    assert (found.slope, found.intercept) == pytest.approx((fit.slope, fit.intercept))
    assert found.line == pytest.approx([fit.intercept + fit.slope * v for v in range(5)])
    at_zero = stats.t.ppf(0.975, 3) * fit.intercept_stderr
    assert (found.low[0], found.high[0]) == pytest.approx((fit.intercept - at_zero, fit.intercept + at_zero))
    assert trend([1, 1, 1], [1, 2, 3]).why_empty and trend([1, 2], [1, 2]).why_empty
