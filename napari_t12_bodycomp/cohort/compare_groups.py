"""One column compared between two groups, by the study's rule.

Numbers: Shapiro-Wilk in both groups; where it rejects normality in neither, a t test (Student's where Levene's test does not reject equal
variances, else Welch's), else Mann-Whitney. Categories: Pearson's chi-square, unless fewer than 5 are expected in a cell: then Fisher.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from napari_t12_bodycomp.cohort.chi_square import SMALLEST_EXPECTED, chi_square
from napari_t12_bodycomp.cohort.columns import kind_of, labels, numbers, two_groups
from napari_t12_bodycomp.cohort.describe import describe
from napari_t12_bodycomp.cohort.fisher import fisher
from napari_t12_bodycomp.cohort.mann_whitney import compare_ranks
from napari_t12_bodycomp.cohort.normality import ALPHA, look_normal, why_not_normal
from napari_t12_bodycomp.cohort.t_test import compare_means
from napari_t12_bodycomp.model.comparison import ChiSquare, Comparison, Fisher, MeanComparison, Procedure, RankComparison
from napari_t12_bodycomp.model.description import Description, Kind, QuartileType
from napari_t12_bodycomp.model.p_value import p_text

Choice = tuple[Procedure, float | None, str]
"""The test, its p, and why this one."""


def compare(
    table: pd.DataFrame,
    column: str,
    group: str,
    *,
    groups: tuple[object, object] | None = None,
    kind: Kind | None = None,
    quartile_type: QuartileType = QuartileType.TYPE_6,
    levels: Sequence[object] | None = None,
) -> Comparison:
    """Compare `column` between the two groups of column `group`.

    Parameters
    ----------
    groups : (first, second) or None
        The two values of `group`, in order; differences are first minus second. By default the two that occur.
    kind, quartile_type, levels
        As in `describe`.

    Returns
    -------
    Comparison
        Rows without a group or a value are left out and counted; what could not be chosen stands beside what was.

    Raises
    ------
    InputError
        Where there are not two groups, a column does not exist, or numbers are wanted and a cell is none.
    """
    of_row, names = two_groups(table, group, groups)
    chosen_kind = kind or kind_of(table, column)
    inside = table.assign(**{group: of_row})
    described = describe(inside, column, group, groups=names, kind=chosen_kind, quartile_type=quartile_type, levels=levels)
    if chosen_kind is Kind.NUMBERS:
        return _of_numbers(inside, column, group, names, described)
    return _of_categories(inside, column, group, names, described)


def _of_numbers(table: pd.DataFrame, column: str, group: str, names: tuple[str, str], described: Description) -> Comparison:
    values, of_row = numbers(table, column), np.array(labels(table, group), dtype=object)
    known = ~np.isnan(values)
    first, second = (values[known & (of_row == name)] for name in names)
    means, ranks = compare_means(first, second), compare_ranks(first, second)
    test, p, why = choose_for_numbers(described, means, ranks)
    n_left_out = len(table) - len(first) - len(second)
    return Comparison(column, group, names, described, test, p, why, n_left_out, means=means, ranks=ranks)


def choose_for_numbers(described: Description, means: MeanComparison, ranks: RankComparison) -> Choice:
    """t test or Mann-Whitney."""
    tests = [summary.normality for summary in described.numbers]
    if ranks.p is None:
        return Procedure.NONE, None, ranks.why_empty
    if not look_normal(tests) or means.student is None or means.welch is None:
        why = why_not_normal([summary.group for summary in described.numbers], tests) or means.why_empty
        return Procedure.MANN_WHITNEY, ranks.p, f"{why}; {ranks.method}"
    normal = "Shapiro-Wilk rejects normality in neither group"
    if means.levene is None or means.levene.p >= ALPHA:
        levene = "" if means.levene is None else f" and Levene's test does not reject equal variances ({p_text(means.levene.p)})"
        return Procedure.STUDENT, means.student.p, normal + levene
    return Procedure.WELCH, means.welch.p, f"{normal}, and Levene's test rejects equal variances ({p_text(means.levene.p)})"


def _of_categories(table: pd.DataFrame, column: str, group: str, names: tuple[str, str], described: Description) -> Comparison:
    counts = np.array([[count.n for count in summary.counts] for summary in described.categories], dtype=np.int64).T
    chi2, exact = chi_square(counts.reshape(-1, 2)), fisher(counts.reshape(-1, 2))
    test, p, why = choose_for_counts(chi2, exact)
    n_left_out = len(table) - int(counts.sum())
    return Comparison(column, group, names, described, test, p, why, n_left_out, chi_square=chi2, fisher=exact)


def choose_for_counts(chi2: ChiSquare, exact: Fisher) -> Choice:
    """Pearson or Fisher; empty levels were left out of both."""
    if chi2.smallest_expected is None:
        return Procedure.NONE, None, chi2.why_empty
    if chi2.smallest_expected >= SMALLEST_EXPECTED:
        return Procedure.PEARSON, chi2.p, f"at least {SMALLEST_EXPECTED:g} are expected in every cell; {chi2.method}"
    few = f"fewer than {SMALLEST_EXPECTED:g} are expected in {chi2.n_expected_below_5} of {sum(map(len, chi2.table))} cells"
    if exact.p is None:
        return Procedure.PEARSON, chi2.p, f"{few}, which asks for Fisher's exact test, but {exact.why_empty}: read this p with care"
    return Procedure.FISHER, exact.p, few
