"""Conditional logistic regression: answers known on paper, all choices written out, and what must not be given a number."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import optimize

from napari_t12_bodycomp.cohort.conditional import conditional_logistic
from napari_t12_bodycomp.cohort.matched_sets import MatchedSet, maximum
from napari_t12_bodycomp.cohort.selection import select
from napari_t12_bodycomp.errors import InputError

NAN = math.nan


def _pairs(case_only: int, control_only: int, both: int) -> dict[str, list[float]]:
    """Matched pairs by who is exposed."""
    exposed = [(1, 0)] * case_only + [(0, 1)] * control_only + [(1, 1)] * both
    return {
        "y": [1.0, 0.0] * len(exposed),
        "pair": [float(i) for i in range(len(exposed)) for _ in range(2)],
        "x": [float(v) for pair in exposed for v in pair],
    }


def test_pairs_by_hand() -> None:
    """The ratio of the two kinds of discordant pairs; the SE of its logarithm the root of their reciprocals' sum (McNemar 1947)."""
    table = _pairs(12, 4, 9)
    found = conditional_logistic(table["y"], table["pair"], {"x": table["x"]})
    row = found.coefficients[0]
    assert row.odds_ratio == pytest.approx(3, rel=1e-10) and row.se == pytest.approx(math.sqrt(1 / 12 + 1 / 4), rel=1e-10)
    assert found.score == pytest.approx((12 - 4) ** 2 / (12 + 4), rel=1e-12)
    assert found.log_likelihood == pytest.approx(12 * math.log(0.75) + 4 * math.log(0.25) + 9 * math.log(0.5), rel=1e-12)
    assert (found.n, found.n_sets, found.n_informative, found.pattern) == (50, 25, 25, (("1:1", 25),))


def test_several_cases_in_a_set_are_all_choices_written_out() -> None:
    """The likelihood as a sum over all choices of as many cases, maximised by another method."""
    rng = np.random.default_rng(11)
    sizes, columns = [(2, 3), (3, 2), (1, 4), (4, 4)], 2
    sets = [(rng.normal(0.4, 1, (m, columns)), rng.normal(0, 1, (n, columns))) for m, n in sizes]

    def lost(b: np.ndarray) -> float:
        total = 0.0
        for cases, controls in sets:
            members = np.concatenate([cases, controls]) @ b
            choices = [sum(choice) for choice in itertools.combinations(members, len(cases))]
            total += float((cases @ b).sum()) - math.log(sum(math.exp(choice) for choice in choices))
        return -total

    found = maximum([MatchedSet(cases, controls) for cases, controls in sets])
    assert found is not None
    other = optimize.minimize(lost, np.zeros(columns), method="BFGS", options={"gtol": 1e-8})
    assert found.b == pytest.approx(other.x, abs=1e-5)
    assert found.log_likelihood == pytest.approx(-lost(found.b), rel=1e-12)
    assert found.null_log_likelihood == pytest.approx(-sum(math.log(math.comb(m + n, m)) for m, n in sizes), rel=1e-12)


def test_a_set_of_a_thousand_is_counted_without_overflow() -> None:
    x = np.linspace(0, 1, 1200)[:, np.newaxis]
    sets = [MatchedSet(x[::2], x[1::2])]
    found = maximum(sets)
    assert found is not None
    assert found.null_log_likelihood == pytest.approx(-(math.lgamma(1201) - 2 * math.lgamma(601)), rel=1e-10)


def test_incomplete_rows_and_the_sets_that_they_break_tell_nothing() -> None:
    table = _pairs(12, 4, 9)
    whole = conditional_logistic(table["y"], table["pair"], {"x": table["x"]})
    more = conditional_logistic([*table["y"], 1, 0, 1, 0, 1], [*table["pair"], 90, 90, 91, 91, NAN], {"x": [*table["x"], 1, NAN, 0, 0, 1]})
    assert (more.n_left_out, more.n_sets, more.n_informative) == (2, 27, 26)
    assert more.coefficients[0].b == pytest.approx(whole.coefficients[0].b, rel=1e-12)


@pytest.mark.parametrize(
    ("y", "sets", "columns", "words"),
    [
        ([1, 0, 1, 0], [1, 1, 2, 2], {"x": [3, 1, 5, 2]}, "completely by x: no finite estimate exists"),
        ([1, 1, 0, 0], [1, 1, 2, 2], {"x": [3, 1, 5, 2]}, "no set holds both a case and a control"),
        ([1, 0, 1, 0], [1, 1, 2, 2], {"x": [3, 3, 5, 5]}, "no predictor varies within the sets"),
    ],
)
def test_without_an_estimate_there_is_a_sentence_and_no_number(
    y: list[int], sets: list[int], columns: dict[str, list[int]], words: str
) -> None:
    found = conditional_logistic(y, sets, columns)
    assert words in found.why_empty
    assert (found.lr, found.lr_p, found.wald, found.score, found.log_likelihood) == (None,) * 5
    assert all(row.b is None and row.p is None and row.why_empty for row in found.coefficients)


def test_one_infinite_estimate_leaves_the_others_finite() -> None:
    """q is never smaller in the case: pairs that differ in it are settled, and w is estimated from the rest."""
    pairs = _pairs(12, 4, 0)
    y, marks = [*pairs["y"], 1, 0, 1, 0], [*pairs["pair"], 50, 50, 51, 51]
    w, q = [*pairs["x"], 0, 1, 0, 0], [*[0] * 32, 1, 0, 1, 0]
    found = conditional_logistic(y, marks, {"w": w, "q": q})
    assert "quasi-completely by q" in found.separation and found.why_empty == ""
    rows = {row.name: row for row in found.coefficients}
    assert rows["q"].b is None and rows["q"].why_empty
    assert rows["w"].odds_ratio == pytest.approx(3, rel=1e-10)
    assert found.wald is None and {term.name: term.wald for term in found.terms}["q"] is None


def test_selection_takes_conditional_models_too() -> None:
    table = _pairs(12, 4, 9)
    columns = {"x": table["x"], "noise": [0.0, 0, 1, 1] * 12 + [1.0, 0.0]}
    found = select(lambda names: conditional_logistic(table["y"], table["pair"], {n: columns[n] for n in names}), list(columns))
    assert [c.enters for c in found.candidates] == [True, False]


def test_marks_must_fit_the_rows() -> None:
    with pytest.raises(InputError, match="mark is wanted for each of 2 rows"):
        conditional_logistic([1, 0], [1], {"x": [1, 2]})
