"""Logistic regression: tables whose answer is known on paper, and what must not be given a number."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_t12_bodycomp.cohort.logistic import logistic
from napari_t12_bodycomp.cohort.selection import select
from napari_t12_bodycomp.cohort.separation import separated
from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.regression import INTERCEPT, LogisticFit

NAN = math.nan


def _fourfold(a: int, b: int, c: int, d: int) -> tuple[list[int], list[int]]:
    """Outcome and exposure: `a` exposed events, `b` exposed others, `c` unexposed events, `d` unexposed others."""
    return [1] * a + [0] * b + [1] * c + [0] * d, [1] * (a + b) + [0] * (c + d)


def test_a_fourfold_table_by_hand() -> None:
    """Odds ratio ad/bc, SE of its logarithm the root of the reciprocals' sum (Woolf 1955)."""
    y, x = _fourfold(30, 20, 10, 40)
    found = logistic(y, {"x": x})
    row, se = found.coefficients[1], math.sqrt(1 / 30 + 1 / 20 + 1 / 10 + 1 / 40)
    assert row.odds_ratio == pytest.approx(6, rel=1e-12) and row.se == pytest.approx(se, rel=1e-12)
    assert row.ci == pytest.approx((6 * math.exp(-1.959963984540054 * se), 6 * math.exp(1.959963984540054 * se)), rel=1e-12)
    assert found.coefficients[0].b == pytest.approx(math.log(10 / 40), rel=1e-12)
    g2 = 2 * sum(n * math.log(n / e) for n, e in ((30, 20), (20, 30), (10, 20), (40, 30)))
    assert (found.lr, found.lr_df) == (pytest.approx(g2, rel=1e-12), 1)
    assert found.cox_snell_r2 == pytest.approx(1 - math.exp(-g2 / 100))
    assert (found.n, found.n_events, found.n_left_out, found.separation, found.warnings) == (100, 40, 0, "", ())


def test_a_profile_interval_ends_where_the_likelihood_has_fallen_by_its_share() -> None:
    """The intercept alone: the likelihood of a proportion, 8 of 10, is known in closed form at every value."""
    y, x = _fourfold(8, 2, 5, 5)
    profile = logistic(y, {"x": x}).coefficients[0].profile_ci
    assert profile is not None
    for odds in profile:
        p = odds / (1 + odds)
        fallen = 2 * (10 * math.log(0.5) - 5 * math.log(p) - 5 * math.log(1 - p))
        assert fallen == pytest.approx(3.841458820694124, rel=1e-6)


def test_a_category_is_compared_with_its_stated_reference() -> None:
    y = [1, 0, 0, 1, 1, 0, 1, 0, 0]
    kind = ["nail", "nail", "nail", "plate", "plate", "plate", "screw", "screw", "screw"]
    by_default, chosen = logistic(y, {"implant": kind}), logistic(y, {"implant": kind}, references={"implant": "plate"})
    assert [(row.level, row.reference) for row in by_default.coefficients[1:]] == [("plate", "nail"), ("screw", "nail")]
    assert [(row.level, row.reference) for row in chosen.coefficients[1:]] == [("nail", "plate"), ("screw", "plate")]
    assert by_default.coefficients[1].odds_ratio == pytest.approx(1 / chosen.coefficients[1].odds_ratio)  # type: ignore[operator]
    assert by_default.terms[0].df == 2 and by_default.terms[0].lr == pytest.approx(chosen.terms[0].lr)


def test_rows_with_a_missing_value_are_left_out_and_counted() -> None:
    y, x = _fourfold(30, 20, 10, 40)
    gaps = logistic([*y, 1, NAN, 0, 1], {"x": [*x, pd.NA, 1, 0, 1], "kind": [*["a", "b"] * 50, "a", "a", "", None]})
    whole = logistic(y, {"x": x, "kind": ["a", "b"] * 50})
    assert (gaps.n, gaps.n_left_out) == (100, 4)
    assert gaps.coefficients == whole.coefficients


@pytest.mark.parametrize(
    ("y", "columns", "words"),
    [
        ([0, 0, 0, 0], {"x": [1, 2, 3, 4]}, "the outcome is 0 in all 4 complete rows"),
        ([1, NAN], {"x": [NAN, 2]}, "there is no complete row"),
        ([0, 0, 0, 1, 1], {"x": [1, 2, 3, 4, 5]}, "completely by x:"),
        ([0, 0, 1, 1], {"x": [0, 0, 1, 1], "z": [1, 2, 1, 2]}, "no row with x = 1 has outcome 0"),
        ([0, 0, 1, 1], {"kind": ["a", "b", "c", "c"]}, "no row with kind = c has outcome 0"),
        ([0, 0, 0, 1, 1, 1], {"u": [0, 1, 2, 2.2, 0.2, 1.2], "v": [0, 1, 2, 1.8, -0.2, 0.8]}, "completely by u and v:"),
    ],
)
def test_without_a_finite_estimate_there_is_a_sentence_and_no_number(y: list[float], columns: dict[str, list[float]], words: str) -> None:
    found = logistic(y, columns)
    assert words in found.why_empty
    assert (found.minus_2ll, found.lr, found.lr_p, found.aic, found.nagelkerke_r2) == (None,) * 5
    assert all((row.b, row.se, row.p, row.odds_ratio, row.ci) == (None,) * 5 and row.why_empty for row in found.coefficients)


def test_a_value_that_two_groups_share_is_quasi_complete_separation() -> None:
    found = logistic([0, 0, 0, 1, 1, 1], {"x": [1, 2, 3, 3, 4, 5]})
    assert "quasi-completely by x" in found.separation and found.why_empty == ""
    assert all(row.b is None for row in found.coefficients)
    assert found.minus_2ll == pytest.approx(-4 * math.log(0.5)), "the two rows at 3 are all that is left uncertain"


def test_an_infinite_category_leaves_the_comparison_of_the_others() -> None:
    """No event at all in the reference: every comparison with it is infinite, but the model's likelihood is known."""
    y = [0, 0, 0, 0, 1, 0, 0, 1, 1, 1, 0, 1]
    kind = ["a"] * 4 + ["b"] * 4 + ["c"] * 4
    found = logistic(y, {"kind": kind})
    assert "no row with kind = a has outcome 1" in found.separation
    assert [row.b for row in found.coefficients] == [None, None, None]
    assert found.minus_2ll == pytest.approx(-8 * math.log(0.5) - 2 * (3 * math.log(0.75) + math.log(0.25)), rel=1e-9)
    other = logistic(y, {"kind": kind}, references={"kind": "b"})
    rows = {row.level or row.name: row for row in other.coefficients}
    assert rows["a"].b is None
    assert rows["c"].odds_ratio == pytest.approx(3 / 1, rel=1e-9) and rows[INTERCEPT].b == pytest.approx(0, abs=1e-9)


def test_what_tells_nothing_new_is_left_out_by_name() -> None:
    y, x = _fourfold(30, 20, 10, 40)
    twice = [2 * v + 1 for v in x]
    found = logistic(y, {"x": x, "same": [3.1] * 100, "twice": twice})
    assert found.warnings == (
        "same does not vary in the complete rows: it tells nothing and is left out",
        "twice is a combination of x: the later column is left out",
    )
    assert [row.b is None for row in found.coefficients] == [False, False, True, True]
    assert found.coefficients[1] == logistic(y, {"x": x}).coefficients[1]


def test_too_few_events_are_warned_of() -> None:
    rng = np.random.default_rng(3)
    y = [1] * 12 + [0] * 60
    found = logistic(y, {name: rng.normal(size=72) for name in "abc"})
    assert found.warnings == (
        "10 rows with the rarer outcome are wanted for each coefficient, there are 4.0 (12 for 3): estimates may be biased and unstable.",
    )


@pytest.mark.parametrize(
    ("y", "columns", "references", "error", "words"),
    [
        ([1, 2, 1], {"x": [1, 2, 3]}, {}, InputError, "it holds 1, 2: recode it"),
        ([1, 0, 1], {"x": [1, 2]}, {}, InputError, "'x' has 2"),
        ([1, 0, 1], {"x": [1, math.inf, 3]}, {}, InputError, "infinite"),
        ([1, 0, 1], {"x": ["a", "b", "a"]}, {"x": "c"}, UsageError, "among a, b"),
        ([1, 0, 1], {"x": [1, 2, 3]}, {"x": "1"}, UsageError, "write the categories as text"),
    ],
)
def test_what_is_no_such_table_is_an_error(
    y: list[float], columns: dict[str, list[float]], references: dict[str, str], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        logistic(y, columns, references=references)


def test_selection_says_who_enters_and_why() -> None:
    y, x = _fourfold(30, 20, 10, 40)
    columns = {"x": x, "noise": [0, 1] * 50, "rare": [1] + [0] * 99, "same": [5] * 100}
    found = select(lambda names: logistic(y, {name: columns[name] for name in names}), list(columns))
    assert [c.enters for c in found.candidates] == [True, False, False, False]
    assert found.candidates[0].why.startswith("enters: p = ") and "(Wald), 0.2 is the limit" in found.candidates[0].why
    assert found.candidates[1].p == pytest.approx(1, abs=1e-6)
    assert found.candidates[2].p is None and "no row with rare = 1 has outcome 0" in found.candidates[2].why
    assert "does not vary" in found.candidates[3].why
    assert isinstance(found.multivariable, LogisticFit) and found.multivariable.terms[0].name == "x"
    nobody = select(lambda names: logistic(y, {name: columns[name] for name in names}), ["noise"])
    assert nobody.multivariable is None and nobody.why_empty == "no predictor has a univariable p below 0.2"


@settings(deadline=None, max_examples=40)
@given(values=st.lists(st.tuples(st.booleans(), st.integers(-6, 6)), min_size=2, max_size=14), scale=st.sampled_from([1e-3, 1.0, 1e4]))
def test_one_number_separates_where_the_groups_ranges_do_not_overlap(values: list[tuple[bool, int]], scale: float) -> None:
    """What linear programming finds must be what the ranges show: no overlap, or a touch in one value."""
    y, x = np.array([v[0] for v in values]), np.array([v[1] for v in values]) * scale
    if y.all() or not y.any() or np.ptp(x) == 0:
        return
    low, high = x[y], x[~y]
    overlap = not (low.min() >= high.max() or low.max() <= high.min())
    rows = np.where(y, 1.0, -1.0)[:, np.newaxis] * np.column_stack([np.ones(len(x)), (x - x.mean()) / x.std()])
    assert separated(rows).any() == (not overlap)
    found = logistic(y.astype(float), {"x": x})
    assert (found.separation == "") == overlap
