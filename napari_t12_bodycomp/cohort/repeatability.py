"""The error of a single measurement, from repeated ones.

Sources: Dahlberg G. Statistical methods for medical and biological students, 1940 (sqrt(sum d2 / 2n)); Ulijaszek SJ, Kerr DA. Br J Nutr
1999;82:165-177 (technical error of measurement, also for more than two, and relative); Bland JM, Altman DG. BMJ 1996;313:106 and
Glueer CC et al. Osteoporos Int 1995;5:262-270 (root-mean-square CV); Lin LI. Biometrics 1989;45:255-268 and 2000;56:324-325 (concordance).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import special

from napari_t12_bodycomp.cohort.complete import ROUNDING, complete_rows, why_too_few
from napari_t12_bodycomp.model.agreement import Concordance, Repeatability


def repeatability(measured: npt.ArrayLike) -> Repeatability:
    """Technical error of measurement (TEM), smallest detectable change and coefficients of variation of `measured` (cases, repeats).

    TEM is the root of the mean variance within cases, for two repeats Dahlberg's sqrt(sum d2 / 2n); it holds a bias between the two.
    SDC = 1.96 sqrt(2) TEM. rTEM is TEM in percent of the grand mean; CV is each case's SD in percent of its mean, over the cases as
    root mean square and as mean. Cases with a NaN are left out.
    """
    table, _ = complete_rows(np.asarray(measured, dtype=np.float64))
    n = len(table)
    if why := why_too_few(n):
        return Repeatability(n, why_empty=why, why_no_percent=why)
    variance, mean = table.var(axis=1, ddof=1), table.mean(axis=1)
    tem = math.sqrt(variance.mean())
    sdc = 1.96 * math.sqrt(2) * tem
    if mean.min() <= 0:
        return Repeatability(n, tem, sdc, why_no_percent="a case's mean is not above 0: percentages have no meaning")
    cv = np.sqrt(variance) / mean
    return Repeatability(n, tem, sdc, 100 * tem / float(table.mean()), 100 * math.sqrt((cv**2).mean()), 100 * float(cv.mean()))


def concordance(first: npt.ArrayLike, second: npt.ArrayLike) -> Concordance:
    """Lin's concordance coefficient of `first` and `second` (cases,), variances with divisor n; pairs with a NaN are left out."""
    pairs, _ = complete_rows(np.stack([np.asarray(first, np.float64), np.asarray(second, np.float64)], axis=1))
    n = len(pairs)
    if why := why_too_few(n):
        return Concordance(n, why_empty=why)
    x, y = pairs.T
    noise = ROUNDING * float(np.abs(pairs).max())
    if np.ptp(x) <= noise or np.ptp(y) <= noise:
        return Concordance(n, why_empty="a reading does not vary: concordance cannot be judged")
    shift = float(y.mean() - x.mean())
    of_both = float(np.mean((x - x.mean()) * (y - y.mean())))
    value = 2 * of_both / (float(x.var() + y.var()) + shift**2)
    if np.abs(x - y).max() <= noise:
        return Concordance(n, 1.0, why_empty="the two readings are identical: no error is left to build an interval from")
    return Concordance(n, value, _z_interval(value, of_both, float(x.std() * y.std()), shift, n))


def _z_interval(value: float, of_both: float, spread: float, shift: float, n: int) -> tuple[float, float]:
    """95% interval by the z transformation (Lin 1989, with the correction of 2000); NaN where the readings do not correlate at all."""
    r, u2 = of_both / spread, shift**2 / spread
    if r == 0 or abs(value) >= 1:
        return float("nan"), float("nan")
    variance = ((1 - r**2) * value**2 * (1 - value**2) / r**2 + 2 * value**3 * (1 - value) * u2 / r - value**4 * u2**2 / (2 * r**2)) / (
        n - 2
    )
    if variance < 0:
        return float("nan"), float("nan")
    half = float(special.ndtri(0.975)) * math.sqrt(variance) / (1 - value**2)
    return math.tanh(math.atanh(value) - half), math.tanh(math.atanh(value) + half)
