"""Ranks of two groups: Mann-Whitney U, as SPSS prints it, and exactly.

Sources: Mann HB, Whitney DR. Ann Math Stat 1947;18:50-60; Lehmann EL. Nonparametrics, 1975, sections 1.4 (ties) and 2.5 (shift); Streitberg
B, Roehmel J. EDV Med Biol 1987;18:12-19 (the shift algorithm for the permutation distribution, ties included).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import special

from napari_t12_bodycomp.cohort.columns import Numbers
from napari_t12_bodycomp.model.comparison import RankComparison

MOST_WORK = 300_000_000
"""Additions that the permutation distribution may take: about a second."""
MOST_PAIRS = 10_000_000
"""Pairs whose differences may be held at once, for the shift."""
_MOST_COUNTED = 1000
"""Patients up to whom the number of ways to draw a group stays a finite floating-point number."""
_TOO_LARGE = "the groups are too large for the permutation distribution: the asymptotic p is exact enough"


def compare_ranks(first: npt.ArrayLike, second: npt.ArrayLike) -> RankComparison:
    """Mann-Whitney U of `first` against `second` (cases,), none missing."""
    x, y = np.asarray(first, np.float64), np.asarray(second, np.float64)
    n1, n2 = len(x), len(y)
    if not n1 or not n2:
        return RankComparison((n1, n2), why_empty=f"values in both groups are needed, there are {n1} and {n2}")
    ranks = mid_ranks(np.concatenate([x, y]))
    rank_sum = float(ranks[:n1].sum())
    u = rank_sum - n1 * (n1 + 1) / 2
    counts = np.unique(ranks, return_counts=True)[1].astype(float)
    if len(counts) == 1:
        return RankComparison((n1, n2), (u, n1 * n2 - u), has_ties=True, why_empty="all values are the same")
    n = n1 + n2
    sd = math.sqrt(n1 * n2 / 12 * (n + 1 - (counts**3 - counts).sum() / (n * (n - 1))))
    off = u - n1 * n2 / 2
    has_ties = bool(counts.max() > 1)
    p_exact, shift_ci, why_no_exact = _exact(ranks, x, y, u)
    return RankComparison(
        n=(n1, n2),
        u=(u, n1 * n2 - u),
        rank_sum=(rank_sum, n * (n + 1) / 2 - rank_sum),
        z=off / sd,
        p=2 * float(special.ndtr(-abs(off) / sd)),
        p_continuity=min(1.0, 2 * float(special.ndtr(-(abs(off) - 0.5) / sd))),
        p_exact=p_exact,
        why_no_exact=why_no_exact,
        has_ties=has_ties,
        auc=u / (n1 * n2),
        rank_biserial=2 * u / (n1 * n2) - 1,
        shift=float(np.median(np.subtract.outer(x, y))) if n1 * n2 <= MOST_PAIRS else None,
        shift_ci=shift_ci,
    )


def mid_ranks(values: Numbers) -> Numbers:
    """Ranks from 1; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    found: Numbers = (last - (counts - 1) / 2)[place]
    return found


def _exact(ranks: Numbers, x: Numbers, y: Numbers, u: float) -> tuple[float | None, tuple[float, float] | None, str]:
    """The exact two-sided p, the exact interval of the shift (for untied ranks), and why there are none."""
    n1, n2 = len(x), len(y)
    if len(np.unique(ranks)) == n1 + n2:
        if min(n1, n2) * n1 * n2 > MOST_WORK:
            return None, None, _TOO_LARGE
        up_to = np.cumsum(_chances_of_u(n1, n2))
        place = max(1, int(np.searchsorted(up_to, 0.025)))
        differences = np.sort(np.subtract.outer(x, y).ravel())
        interval = float(differences[place - 1]), float(differences[n1 * n2 - place])
        return min(1.0, 2 * float(up_to[round(min(u, n1 * n2 - u))])), interval, ""
    doubled = np.rint(2 * ranks).astype(int)
    size = int(np.sort(doubled)[::-1][:n1].sum()) + 1
    if len(ranks) * n1 * size > MOST_WORK or len(ranks) > _MOST_COUNTED:
        return None, None, _TOO_LARGE
    off = np.arange(size) / 2 - n1 * (n1 + n2 + 1) / 2
    p = float(_chances_of_sums(doubled, n1, size)[np.abs(off) >= abs(u - n1 * n2 / 2) - 1e-9].sum())
    return min(1.0, p), None, ""


def _chances_of_u(n1: int, n2: int) -> Numbers:
    """Chance of each U from 0 to `n1` times `n2` without ties: the Gaussian binomial, factor by factor."""
    few, many, size = min(n1, n2), max(n1, n2), n1 * n2 + 1
    chances = np.zeros(size)
    chances[0] = 1.0
    for i in range(1, few + 1):
        chances[many + i :] -= chances[: max(0, size - many - i)].copy()
        padded = np.zeros(-(-size // i) * i)
        padded[:size] = chances
        chances = np.cumsum(padded.reshape(-1, i), axis=0).ravel()[:size] * (i / (many + i))
    half = size // 2
    chances[size - half :] = chances[:half][::-1]
    return chances


def _chances_of_sums(doubled: npt.NDArray[np.int_], n1: int, size: int) -> Numbers:
    """Chance of each sum (by its value, doubled) of `n1` ranks drawn out of `doubled` without replacement."""
    chances = np.zeros((n1 + 1, size))
    chances[0, 0] = 1.0
    for drawn, rank in enumerate(doubled.tolist()):
        for k in range(min(drawn + 1, n1), 0, -1):
            chances[k, rank:] += chances[k - 1, : size - rank]
    found: Numbers = chances[n1] / math.comb(len(doubled), n1)
    return found
