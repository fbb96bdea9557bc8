"""Correlation of two columns: Spearman's rho, and Pearson's r beside it, with p and intervals.

Sources: Fieller EC, Hartley HO, Pearson ES. Biometrika 1957;44:470-481 (variance 1.06/(n - 3) of the z of rho: SPSS's default); Bonett DG,
Wright TA. Psychometrika 2000;65:23-28 ((1 + rho^2 / 2)/(n - 3)); Fisher RA. Metron 1921;1:3-32 (1/(n - 3)). The p takes t on n - 2 degrees
of freedom, as SPSS does.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import special

from napari_t12_bodycomp.cohort.columns import Numbers
from napari_t12_bodycomp.cohort.complete import complete_rows, why_too_few
from napari_t12_bodycomp.cohort.mann_whitney import mid_ranks
from napari_t12_bodycomp.cohort.normality import is_constant
from napari_t12_bodycomp.model.comparison import Correlation

MOST_EXACT = 9
"""Up to so many cases without ties the p of rho is also counted out over all orders (as R does)."""
_NORMAL_975 = float(special.ndtri(0.975))


def spearman(x: npt.ArrayLike, y: npt.ArrayLike) -> Correlation:
    """Spearman's rho of `x` and `y` (cases,); a case in which either is NaN is left out and counted."""
    return _correlation(x, y, "Spearman's rho", by_rank=True)


def pearson(x: npt.ArrayLike, y: npt.ArrayLike) -> Correlation:
    """Pearson's r of `x` and `y` (cases,), with Fisher's interval alone; a case in which either is NaN is left out and counted."""
    return _correlation(x, y, "Pearson's r", by_rank=False)


def _correlation(x: npt.ArrayLike, y: npt.ArrayLike, method: str, *, by_rank: bool) -> Correlation:
    pairs, n_left_out = complete_rows(np.stack([np.asarray(x, np.float64), np.asarray(y, np.float64)], axis=1))
    n = len(pairs)
    if why := why_too_few(n):
        return Correlation(method, n, n_left_out, why_empty=why)
    first, second = pairs.T
    if is_constant(first) or is_constant(second):
        return Correlation(method, n, n_left_out, why_empty="the values of one column are all the same")
    has_ties = by_rank and min(len(np.unique(first)), len(np.unique(second))) < n
    if by_rank:
        first, second = mid_ranks(first), mid_ranks(second)
    value = _product_moment(first, second)
    t = value * math.sqrt((n - 2) / ((1 - value) * (1 + value))) if abs(value) < 1 else math.copysign(math.inf, value)
    why_no_ci = "the order is the same, or reversed, throughout" if abs(value) == 1 else "" if n > 3 else "four cases or more are needed"

    def interval(variance: float) -> tuple[float, float] | None:
        if why_no_ci:
            return None
        z, half = math.atanh(value), _NORMAL_975 * math.sqrt(variance / (n - 3))
        return math.tanh(z - half), math.tanh(z + half)

    return Correlation(
        method=method,
        n=n,
        n_left_out=n_left_out,
        value=value,
        t=t,
        p=2 * float(special.stdtr(n - 2, -abs(t))),
        p_exact=_p_exact(first, second) if by_rank and not has_ties and n <= MOST_EXACT else None,
        has_ties=has_ties,
        ci_fieller=interval(1.06) if by_rank else None,
        ci_bonett_wright=interval(1 + value**2 / 2) if by_rank else None,
        ci_fisher=interval(1.0),
        se_bonett_wright=(1 - value**2) * math.sqrt((1 + value**2 / 2) / (n - 3)) if by_rank and not why_no_ci else None,
        why_no_ci=why_no_ci,
    )


def _product_moment(first: Numbers, second: Numbers) -> float:
    x, y = first - first.mean(), second - second.mean()
    value = float((x * y).sum() / math.sqrt(float((x * x).sum()) * float((y * y).sum())))
    return math.copysign(1.0, value) if abs(value) > 1 - 1e-15 else value


def _p_exact(first: Numbers, second: Numbers) -> float:
    """Twice the smaller tail of the sum of squared rank differences over all orders of few, untied ranks."""
    n = len(first)
    most = n * (n * n - 1) // 3
    counts = np.zeros((2**n, most + 1))
    counts[0, 0] = 1.0
    for taken in range(2**n - 1):
        place = taken.bit_count()
        for rank in range(n):
            if not taken >> rank & 1:
                square = (rank - place) ** 2
                counts[taken | 1 << rank, square:] += counts[taken, : most + 1 - square]
    chances = counts[-1] / math.factorial(n)
    observed = round(float(((first - second) ** 2).sum()))
    return min(1.0, 2 * min(float(chances[: observed + 1].sum()), float(chances[observed:].sum())))
