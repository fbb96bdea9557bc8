"""Differences of paired readings.

Sources: Bland JM, Altman DG. Lancet 1986;327:307-310 (bias, limits); the same, Stat Methods Med Res 1999;8:135-160, section 2.1 (variance of
the limits, with 1.96 squared instead of the rounded 3 of 1986; percentages).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import special

from napari_t12_bodycomp.cohort.complete import ROUNDING, complete_rows, why_too_few
from napari_t12_bodycomp.model.agreement import UNKNOWN_RANGE, BlandAltman

LIMIT_SD = 1.96
"""The limits of agreement lie this many SD from the bias."""
_NORMAL_975 = float(special.ndtri(0.975))


def bland_altman(first: npt.ArrayLike, second: npt.ArrayLike) -> BlandAltman:
    """Bias, limits of agreement and their 95% intervals of `first` minus `second` (cases,); pairs with a NaN are left out."""
    pairs, _ = complete_rows(np.stack([np.asarray(first, np.float64), np.asarray(second, np.float64)], axis=1))
    n = len(pairs)
    if n == 0:
        return BlandAltman(0, why_empty=why_too_few(0), why_no_percent=why_too_few(0))
    difference, mean = pairs[:, 0] - pairs[:, 1], pairs.mean(axis=1)
    bias, mean_abs, max_abs = float(difference.mean()), float(np.abs(difference).mean()), float(np.abs(difference).max())
    if why := why_too_few(n):
        return BlandAltman(n, bias, mean_abs, max_abs, why_empty=why, why_no_percent=why)
    sd = 0.0 if np.ptp(difference) <= ROUNDING * np.abs(pairs).max() else float(difference.std(ddof=1))
    limits = bias - LIMIT_SD * sd, bias + LIMIT_SD * sd
    t_value = float(special.stdtrit(n - 1, 0.975))
    of_bias = t_value * sd / math.sqrt(n)
    of_limit = t_value * sd * math.sqrt(1 / n + _NORMAL_975**2 / (2 * (n - 1)))
    t, t_p = _paired_t(bias, sd, n)
    slope, slope_p = _slope(mean, difference)
    percent_bias, percent_limits, why_no_percent = _percent(difference, mean)
    return BlandAltman(
        n=n,
        bias=bias,
        mean_abs=mean_abs,
        max_abs=max_abs,
        sd=sd,
        bias_ci=(bias - of_bias, bias + of_bias),
        limits=limits,
        lower_limit_ci=(limits[0] - of_limit, limits[0] + of_limit),
        upper_limit_ci=(limits[1] - of_limit, limits[1] + of_limit),
        t=t,
        t_p=t_p,
        slope=slope,
        slope_p=slope_p,
        percent_bias=percent_bias,
        percent_limits=percent_limits,
        why_no_percent=why_no_percent,
    )


def _paired_t(bias: float, sd: float, n: int) -> tuple[float, float]:
    """Paired t and its p; NaN where the differences do not vary."""
    if sd == 0:
        return UNKNOWN_RANGE
    t = bias / (sd / math.sqrt(n))
    return t, 2 * float(special.stdtr(n - 1, -abs(t)))


def _slope(mean: npt.NDArray[np.float64], difference: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Slope of the difference on the mean and its p: whether the bias grows with size; NaN where either does not vary."""
    noise = ROUNDING * float(np.abs(mean).max())
    if np.ptp(mean) <= noise or np.ptp(difference) <= noise:
        return UNKNOWN_RANGE
    x, y = mean - mean.mean(), difference - difference.mean()
    slope, df = float((x * y).sum() / (x * x).sum()), len(x) - 2
    rest = float(((y - slope * x) ** 2).sum())
    t = slope * math.sqrt(df * float((x * x).sum()) / rest) if rest else math.inf
    return slope, 2 * float(special.stdtr(df, -abs(t)))


def _percent(difference: npt.NDArray[np.float64], mean: npt.NDArray[np.float64]) -> tuple[float, tuple[float, float], str]:
    """Bias and limits of the differences in percent of the pair's mean, and why there are none."""
    if mean.min() <= 0:
        return float("nan"), UNKNOWN_RANGE, "a pair's mean is not above 0: percentages have no meaning"
    percent = 100 * difference / mean
    bias, sd = float(percent.mean()), float(percent.std(ddof=1))
    return bias, (bias - LIMIT_SD * sd, bias + LIMIT_SD * sd), ""
