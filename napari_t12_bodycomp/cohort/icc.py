"""Intraclass correlation of any number of raters, in the six forms of Shrout and Fleiss.

Sources: Shrout PE, Fleiss JL. Psychol Bull 1979;86:420-428 (ICC(1,1) to ICC(3,k) and their intervals); McGraw KO, Wong SP. Psychol Methods
1996;1:30-46 (the same as ICC(A,1), ICC(C,1), ..., and the interval of ICC(A,k)).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from napari_t12_bodycomp.cohort.complete import ROUNDING, complete_rows, why_too_few
from napari_t12_bodycomp.model.agreement import UNKNOWN_RANGE, Icc

SINGLE_FORMS = ("ICC(1,1)", "ICC(2,1)", "ICC(3,1)")
AVERAGE_FORMS = ("ICC(1,k)", "ICC(2,k)", "ICC(3,k)")
_TAIL = 0.975
_IDENTICAL = "the raters do not differ beyond a constant: no error is left to build an interval from"

_NO_DF = "too few degrees of freedom are left for the raters' differences to build an interval from"
_FEWEST_DF = 0.05
"""Below it the F distribution's quantiles leave the range of numbers."""


def intraclass(ratings: npt.ArrayLike) -> dict[str, Icc]:
    """The six coefficients of `ratings` (cases, raters), by name; NaN marks a missing rating.

    A case with a missing rating is left out whole (listwise) and counted in `n_left_out`. The forms: (1,.) raters differ from case to
    case, (2,.) two-way, absolute agreement, (3,.) two-way, consistency; (.,1) a single rater, (.,k) the mean of all.

    Raises
    ------
    ValueError
        Where `ratings` is not a table of two raters or more.
    """
    table = np.asarray(ratings, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] < 2:
        raise ValueError(f"ratings must be (cases, raters) with two raters or more, not {table.shape}")
    whole, n_left_out = complete_rows(table)
    n = len(whole)
    if why := _why_empty(whole):
        return {form: Icc(form, n, n_left_out, why_empty=why, why_no_ci=why) for form in (*SINGLE_FORMS, *AVERAGE_FORMS)}
    squares = _mean_squares(whole)
    singles = [_one_way(squares, n_left_out), _absolute(squares, n_left_out), _consistency(squares, n_left_out)]
    averages = [_average(icc, form, squares) for icc, form in zip(singles, AVERAGE_FORMS, strict=True)]
    return {icc.form: icc for icc in (*singles, *averages)}


@dataclass(frozen=True, slots=True)
class _MeanSquares:
    """Mean squares of the two-way analysis of variance: cases, raters, residual, and within cases."""

    n: int
    k: int
    cases: float
    raters: float
    residual: float
    within: float


def _why_empty(whole: npt.NDArray[np.float64]) -> str:
    if why := why_too_few(len(whole)):
        return why
    if np.ptp(whole, axis=0).max() <= _noise(whole):
        return "all cases have the same value: without differences between cases agreement cannot be judged"
    return ""


def _noise(whole: npt.NDArray[np.float64]) -> float:
    return ROUNDING * float(np.abs(whole).max())


def _mean_squares(whole: npt.NDArray[np.float64]) -> _MeanSquares:
    n, k = whole.shape
    noise = _noise(whole)
    by_case, by_rater = whole.mean(axis=1, keepdims=True), whole.mean(axis=0, keepdims=True)

    def mean_square(deviations: npt.NDArray[np.float64], df: int) -> float:
        return 0.0 if np.abs(deviations).max() <= noise else float((deviations**2).sum()) / df

    return _MeanSquares(
        n=n,
        k=k,
        cases=k * mean_square(by_case - whole.mean(), n - 1),
        raters=n * mean_square(by_rater - whole.mean(), k - 1),
        residual=mean_square(whole - by_case - by_rater + whole.mean(), (n - 1) * (k - 1)),
        within=mean_square(whole - by_case, n * (k - 1)),
    )


def _ratio_form(form: str, m: _MeanSquares, error: float, df2: int, n_left_out: int) -> Icc:
    """ICC(1,1) and ICC(3,1): both depend on F = cases / error alone."""
    value = (m.cases - error) / (m.cases + (m.k - 1) * error)
    df = (float(m.n - 1), float(df2))
    if error == 0:
        return Icc(form, m.n, n_left_out, value, f=math.inf, df=df, p=0.0, why_no_ci=_IDENTICAL)
    f = m.cases / error
    low, high = f / special.fdtri(*df, _TAIL), f * special.fdtri(*df[::-1], _TAIL)
    ci = (float((low - 1) / (low + m.k - 1)), float((high - 1) / (high + m.k - 1)))
    return Icc(form, m.n, n_left_out, value, ci, f, df, float(special.fdtrc(*df, f)))


def _one_way(m: _MeanSquares, n_left_out: int) -> Icc:
    return _ratio_form("ICC(1,1)", m, m.within, m.n * (m.k - 1), n_left_out)


def _consistency(m: _MeanSquares, n_left_out: int) -> Icc:
    return _ratio_form("ICC(3,1)", m, m.residual, (m.n - 1) * (m.k - 1), n_left_out)


def _absolute(m: _MeanSquares, n_left_out: int) -> Icc:
    """ICC(2,1), its interval with Satterthwaite's degrees of freedom (Shrout and Fleiss 1979, p. 424)."""
    n, k = m.n, m.k
    value = (m.cases - m.residual) / (m.cases + (k - 1) * m.residual + k * (m.raters - m.residual) / n)
    df = (float(n - 1), float((n - 1) * (k - 1)))
    f = m.cases / m.residual if m.residual else math.inf
    p = float(special.fdtrc(*df, f))
    if m.residual == 0 and m.raters == 0:
        return Icc("ICC(2,1)", n, n_left_out, value, f=f, df=df, p=p, why_no_ci=_IDENTICAL)
    of_raters = k * value * m.raters
    of_residual = (n * (1 + (k - 1) * value) - k * value) * m.residual
    squares = (n - 1) * of_raters**2 + of_residual**2
    v = (k - 1) * (n - 1) * (of_raters + of_residual) ** 2 / squares if squares else 0.0
    ci = _absolute_interval(m, v) if v >= _FEWEST_DF else UNKNOWN_RANGE
    if not ci[0] <= value <= ci[1]:
        return Icc("ICC(2,1)", n, n_left_out, value, f=f, df=df, p=p, why_no_ci=_NO_DF)
    return Icc("ICC(2,1)", n, n_left_out, value, ci, f, df, p)


def _absolute_interval(m: _MeanSquares, v: float) -> tuple[float, float]:
    """The limits of ICC(2,1) where its denominator has `v` degrees of freedom."""
    n, k = m.n, m.k
    rest = k * m.raters + (k * n - k - n) * m.residual
    upper, lower = (float(special.fdtri(*df, _TAIL)) for df in ((n - 1, v), (v, n - 1)))
    low = n * (m.cases - upper * m.residual) / (upper * rest + n * m.cases)
    return low, n * (lower * m.cases - m.residual) / (rest + n * lower * m.cases)


def _average(single: Icc, form: str, m: _MeanSquares) -> Icc:
    """The coefficient of the mean of all raters, by Spearman and Brown; a limit where that formula turns over is not available."""

    def stepped_up(x: float) -> float:
        return m.k * x / (1 + (m.k - 1) * x)

    turns_over = -1 / (m.k - 1)
    why = single.why_no_ci
    if not why and min(single.ci) <= turns_over:
        why = "the lower limit of the single rater lies where the formula for the mean of raters has no meaning"
    value = stepped_up(single.value) if single.value > turns_over else float("nan")
    why_empty = "" if single.value > turns_over else "the raters contradict each other: the mean of raters has no coefficient"
    ci = UNKNOWN_RANGE if why or why_empty else (stepped_up(single.ci[0]), stepped_up(single.ci[1]))
    return Icc(form, single.n_cases, single.n_left_out, value, ci, single.f, single.df, single.p, why_empty, why or why_empty)
