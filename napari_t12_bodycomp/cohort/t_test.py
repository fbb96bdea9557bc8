"""Means of two groups: Student's and Welch's t test, and the tests of equal variances that choose between them.

Sources: Welch BL. Biometrika 1947;34:28-35 (unequal variances); Levene H. 1960 (deviations from the mean, as SPSS prints it beside the t
test); Brown MB, Forsythe AB. J Am Stat Assoc 1974;69:364-367 (from the median).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import special

from napari_t12_bodycomp.cohort.columns import Numbers
from napari_t12_bodycomp.cohort.normality import is_constant
from napari_t12_bodycomp.model.comparison import MeanComparison, TTest, VarianceTest


def compare_means(first: npt.ArrayLike, second: npt.ArrayLike) -> MeanComparison:
    """Both t tests of `first` minus `second` (cases,), none missing; none where a group has fewer than two values, or neither varies."""
    x, y = np.asarray(first, np.float64), np.asarray(second, np.float64)
    n = len(x), len(y)
    if min(n) < 2:
        return MeanComparison(n, why_empty=f"two values or more in each group are needed, there are {n[0]} and {n[1]}")
    if is_constant(x) and is_constant(y):
        return MeanComparison(n, why_empty="the values vary in neither group")
    v1, v2 = float(x.var(ddof=1)), float(y.var(ddof=1))
    pooled = ((n[0] - 1) * v1 + (n[1] - 1) * v2) / (sum(n) - 2)
    difference = float(x.mean() - y.mean())
    return MeanComparison(
        n=n,
        student=_t_test(difference, math.sqrt(pooled * (1 / n[0] + 1 / n[1])), sum(n) - 2, "Student's t test, pooled variance"),
        welch=_welch(difference, v1 / n[0], v2 / n[1], n),
        levene=_levene(x - x.mean(), y - y.mean(), "Levene, deviations from the mean"),
        brown_forsythe=_levene(x - np.median(x), y - np.median(y), "Brown-Forsythe, deviations from the median"),
        variance_ratio=_variance_ratio(v1, v2, n),
        cohen_d=difference / math.sqrt(pooled),
    )


def _t_test(difference: float, se: float, df: float, method: str) -> TTest:
    t, half = difference / se, float(special.stdtrit(df, 0.975)) * se
    p = 2 * float(special.stdtr(df, -abs(t)))
    return TTest(t, df, p, difference, (difference - half, difference + half), se, method)


def _welch(difference: float, square1: float, square2: float, n: tuple[int, int]) -> TTest:
    """`square1` and `square2` are the squared standard errors of the two means."""
    df = (square1 + square2) ** 2 / (square1**2 / (n[0] - 1) + square2**2 / (n[1] - 1))
    return _t_test(difference, math.sqrt(square1 + square2), df, "Welch's t test, unequal variances")


def _levene(x: Numbers, y: Numbers, method: str) -> VarianceTest | None:
    """One-way analysis of variance of the absolute deviations; None where they do not vary within the groups."""
    x, y = np.abs(x), np.abs(y)
    n = len(x), len(y)
    mean = (x.sum() + y.sum()) / sum(n)
    between = n[0] * (x.mean() - mean) ** 2 + n[1] * (y.mean() - mean) ** 2
    if is_constant(x) and is_constant(y):
        return None
    within = ((x - x.mean()) ** 2).sum() + ((y - y.mean()) ** 2).sum()
    df = (1.0, float(sum(n) - 2))
    f = float(between / (within / df[1]))
    return VarianceTest(f, df, _above(f, df), method)


def _variance_ratio(v1: float, v2: float, n: tuple[int, int]) -> VarianceTest | None:
    if not v2:
        return None
    df, f = (float(n[0] - 1), float(n[1] - 1)), v1 / v2
    p = 2 * min(_above(1 / f if f else math.inf, df[::-1]), _above(f, df))
    return VarianceTest(f, df, p, "F test of the ratio of variances, two-sided")


def _above(f: float, df: tuple[float, float]) -> float:
    """The chance of a larger F. By the incomplete beta function, which keeps its digits where the chance is tiny."""
    return float(special.betainc(df[1] / 2, df[0] / 2, df[1] / (df[1] + df[0] * f)))
