"""Comparing two groups: small cases that can be checked on paper, and the choice of the test."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from napari_t12_bodycomp.cohort import fisher as fisher_module
from napari_t12_bodycomp.cohort.chi_square import chi_square
from napari_t12_bodycomp.cohort.compare_groups import compare
from napari_t12_bodycomp.cohort.correlate import spearman
from napari_t12_bodycomp.cohort.fisher import fisher
from napari_t12_bodycomp.cohort.mann_whitney import compare_ranks, mid_ranks
from napari_t12_bodycomp.cohort.t_test import compare_means
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.comparison import Procedure
from napari_t12_bodycomp.model.description import Kind


def _table(first: list[object], second: list[object]) -> pd.DataFrame:
    return pd.DataFrame({"group": [1] * len(first) + [2] * len(second), "x": [*first, *second]})


def test_t_tests_by_hand() -> None:
    """1, 2, 3 against 2, 4, 6: difference -2, variances 1 and 4."""
    found = compare_means([1, 2, 3], [2, 4, 6])
    assert found.student and found.welch
    assert (found.student.difference, found.student.df) == (-2, 4)
    assert found.student.t == pytest.approx(-2 / math.sqrt(2.5 * 2 / 3))
    assert found.welch.df == pytest.approx((5 / 3) ** 2 / ((1 / 3) ** 2 / 2 + (4 / 3) ** 2 / 2))
    assert found.cohen_d == pytest.approx(-2 / math.sqrt(2.5))


@pytest.mark.parametrize(("first", "second", "why"), [([1], [1, 2], "there are 1 and 2"), ([3, 3], [4, 4], "vary in neither")])
def test_where_no_t_test_is_possible_it_says_why(first: list[float], second: list[float], why: str) -> None:
    found = compare_means(first, second)
    assert found.student is None and why in found.why_empty


def test_mann_whitney_by_hand() -> None:
    """1, 2 against 3, 4: of 6 ways to draw two ranks, two are as extreme."""
    found = compare_ranks([1, 2], [3, 4])
    assert (found.u, found.p_exact, found.shift, found.rank_biserial) == ((0, 4), pytest.approx(1 / 3), -2, -1)
    assert found.z == pytest.approx(-2 / math.sqrt(4 * 5 / 12))


def test_ties_are_in_the_permutation_distribution() -> None:
    """1, 2 against 2, 3: rank sums of two of 1, 2.5, 2.5, 4 are 3.5 3.5 5 5 6.5 6.5; 3.5 and 6.5 are as extreme."""
    found = compare_ranks([1, 2], [2, 3])
    assert found.has_ties and found.u == (0.5, 3.5) and found.p_exact == pytest.approx(4 / 6)
    assert found.shift_ci is None


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=5), st.lists(st.integers(0, 6), min_size=1, max_size=5))
def test_the_exact_p_is_that_of_all_splits(first: list[int], second: list[int]) -> None:
    both = [*first, *second]
    if len(set(both)) == 1:
        assert compare_ranks(first, second).why_empty
        return
    ranks, n1 = mid_ranks(np.array(both, float)), len(first)
    centre = n1 * (len(both) + 1) / 2
    off = [abs(ranks[list(split)].sum() - centre) for split in itertools.combinations(range(len(both)), n1)]
    p = np.mean([o >= abs(ranks[:n1].sum() - centre) - 1e-9 for o in off])
    assert compare_ranks(first, second).p_exact == pytest.approx(p)


def test_without_ties_the_exact_p_reaches_far() -> None:
    x, y = np.arange(40.0), np.arange(30.0) + 10.5
    assert compare_ranks(x, y).p_exact == pytest.approx(stats.mannwhitneyu(x, y, method="exact").pvalue, rel=1e-9)
    large = compare_ranks(np.arange(300.0), np.arange(290.0) + 20.5)
    assert large.p is not None and large.p_exact == pytest.approx(large.p, rel=1e-2)


def test_large_groups_with_ties_say_why_there_is_no_exact_p() -> None:
    found = compare_ranks(np.arange(300.0), np.arange(300.0) + 10)
    assert found.p_exact is None and "too large" in found.why_no_exact and found.shift == -10
    huge = compare_ranks(np.arange(4000.0) % 50, np.arange(4000.0) % 50 + 1)
    assert huge.shift is None and huge.p is not None and huge.p < 0.01


def test_chi_square_by_hand() -> None:
    """10, 20 against 20, 10: 15 are expected everywhere."""
    found = chi_square([[10, 20], [20, 10]])
    assert found.chi2 == pytest.approx(4 * 25 / 15) and found.yates and found.yates[0] == pytest.approx(4 * 4.5**2 / 15)
    assert found.phi == found.cramers_v == pytest.approx(1 / 3)


def test_fisher_by_hand() -> None:
    """The lady tasting tea: 3 and 1, 1 and 3: (1 + 16 + 16 + 1) of 70."""
    found = fisher([[3, 1], [1, 3]])
    assert (found.p, found.p_greater, found.sample_or, found.n_tables) == (pytest.approx(34 / 70), pytest.approx(17 / 70), 9, 5)


def _all_tables(rows: list[int], columns: list[int]) -> list[np.ndarray]:
    """Every table with these margins, cell by cell."""
    shape = (len(rows), len(columns))
    found = []
    for cells in itertools.product(*(range(min(r, c) + 1) for r in rows for c in columns)):
        table = np.array(cells).reshape(shape)
        if table.sum(axis=1).tolist() == rows and table.sum(axis=0).tolist() == columns:
            found.append(table)
    return found


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=2, max_size=2), st.booleans())
def test_larger_tables_are_all_counted(cells: list[list[int]], is_turned: bool) -> None:
    table = np.array(cells)
    if min(table.sum(axis=0).min(), table.sum(axis=1).min()) == 0:
        return
    tables = _all_tables(table.sum(axis=1).tolist(), table.sum(axis=0).tolist())
    chances = np.array([1 / math.prod(math.factorial(n) for n in t.ravel().tolist()) for t in tables])
    own = 1 / math.prod(math.factorial(n) for n in table.ravel().tolist())
    found = fisher(table.T if is_turned else table)
    assert found.n_tables == len(tables)
    assert found.p == pytest.approx(chances[chances <= own * (1 + 1e-7)].sum() / chances.sum())


def test_where_too_many_tables_had_to_be_counted_it_says_so_and_pearson_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    huge = np.full((8, 2), 60) + np.arange(16).reshape(8, 2)
    huge[0] = (1, 3)
    assert "too many" in fisher(huge).why_empty and fisher(huge).p is None
    monkeypatch.setattr(fisher_module, "MOST_CELLS", 2)
    found = compare(_table(["a"] * 3 + ["b", "c"], ["a", "b", "b", "c", "c"]), "x", "group")
    assert found.test is Procedure.PEARSON and "read this p with care" in found.why


def test_the_choice_of_the_test_and_its_words() -> None:
    a, b = stats.norm.ppf((np.arange(40) + 0.5) / 40), stats.norm.ppf((np.arange(30) + 0.5) / 30)
    student = compare(_table(list(a), list(b + 0.1)), "x", "group")
    assert student.test is Procedure.STUDENT and student.means and student.means.student and student.p == student.means.student.p
    welch = compare(_table(list(a), list(4 * b)), "x", "group")
    assert welch.test is Procedure.WELCH and "Levene's test rejects equal variances (p < 0.001)" in welch.method
    ranks = compare(_table(list(np.exp(3 * a)), list(b)), "x", "group")
    assert ranks.test is Procedure.MANN_WHITNEY and "rejects normality in group 1 (p < 0.001)" in ranks.why
    far = compare(_table(list(a), list(b + 100)), "x", "group")
    assert far.method.startswith("Student's t test: p < 0.001;")
    pearson = compare(_table(["F"] * 20 + ["M"] * 20, ["F"] * 25 + ["M"] * 15), "x", "group")
    assert pearson.test is Procedure.PEARSON and "without Yates" in pearson.why
    few = compare(_table(["F"] * 20 + ["M"] * 2, ["F"] * 25 + ["M"]), "x", "group")
    assert few.test is Procedure.FISHER and "fewer than 5 are expected in 2 of 4 cells" in few.why


@pytest.mark.parametrize(
    ("first", "second", "kind", "why"),
    [
        ([3.0, 3.0, 3.0], [3.0, 3.0], Kind.NUMBERS, "all values are the same"),
        ([0, 0, 0], [0, 0], None, "only one level"),
        ([None, None], [1.0, 2.0], Kind.NUMBERS, "there are 0 and 2"),
        ([None, None], [None, None], None, "nobody was counted"),
    ],
)
def test_where_nothing_can_be_tested_there_is_no_p(first: list[object], second: list[object], kind: Kind | None, why: str) -> None:
    found = compare(_table(first, second), "x", "group", kind=kind)
    assert found.test is Procedure.NONE and found.p is None and why in found.why
    assert found.method.startswith("no test: p not available")


def test_a_tiny_group_goes_by_rank_and_says_why() -> None:
    found = compare(_table([1.0, 2.0], [3.0, 4.0, 5.0, 7.0]), "x", "group")
    assert found.test is Procedure.MANN_WHITNEY and "cannot be tested in group 1 (3 to 5000 values are needed, there are 2)" in found.why


def test_what_is_left_out_is_counted() -> None:
    table = _table([1.0, None, 2.5, 3.0], [4.0, 5.0, 7.5]).assign(group=[1, 1, 1, 1, 2, 2, None])
    assert compare(table, "x", "group").n_left_out == 2
    assert compare(table, "x", "group", groups=(2, 1)).groups == ("2", "1")


def test_groups_are_two() -> None:
    with pytest.raises(InputError, match="there are 3"):
        compare(pd.DataFrame({"group": [1, 2, 3], "x": [1, 2, 3]}), "x", "group")
    with pytest.raises(InputError, match="no row has it"):
        compare(_table([1], [2]), "x", "group", groups=(1, 9))


def test_spearman_by_hand() -> None:
    """1 2 3 4 against 2 1 4 3: squared differences 4, rho 1 - 24/60; 3 + 1 of 24 orders lie as near, doubled."""
    found = spearman([1, 2, 3, 4, math.nan], [2, 1, 4, 3, 1])
    assert (found.n, found.n_left_out, found.value) == (4, 1, pytest.approx(0.6))
    orders = [sum((a - b) ** 2 for a, b in zip(order, range(4), strict=True)) for order in itertools.permutations(range(4))]
    assert found.p_exact == pytest.approx(2 * sum(s <= 4 for s in orders) / 24)
    z, half = math.atanh(found.value or 0), stats.norm.ppf(0.975) * math.sqrt(1.06)
    assert found.ci_fieller == pytest.approx((math.tanh(z - half), math.tanh(z + half)))


@pytest.mark.parametrize(("x", "y", "why"), [([1, 2], [2, 1], "there are 2"), ([1, 2, 3, 4], [5, 5, 5, 5], "the same")])
def test_where_there_is_no_correlation_it_says_why(x: list[float], y: list[float], why: str) -> None:
    found = spearman(x, y)
    assert found.value is None and found.p is None and why in found.why_empty
