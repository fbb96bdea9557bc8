"""Counts of levels in groups: Pearson's chi-square, with and without Yates' correction, and the likelihood ratio.

Sources: Pearson K. Philos Mag 1900;50:157-175; Yates F. Suppl J R Stat Soc 1934;1:217-235. SPSS prints all three and ignores empty levels.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import special

from napari_t12_bodycomp.cohort.columns import Numbers
from napari_t12_bodycomp.model.comparison import ChiSquare

SMALLEST_EXPECTED = 5.0
"""Where fewer are expected in a cell, Pearson's chi-square gives way to Fisher's exact test."""
Counts = npt.NDArray[np.int64]


def without_empty(table: npt.ArrayLike) -> Counts:
    """`table` of counts (levels, groups) without rows and columns that hold nobody. ValueError where it is no table of counts."""
    counts = np.asarray(table)
    if counts.ndim != 2 or not np.issubdtype(counts.dtype, np.integer) or (counts < 0).any():
        raise ValueError("a table of counts (levels, groups), none below 0, is wanted")
    counts = counts[counts.sum(axis=1) > 0]
    found: Counts = counts[:, counts.sum(axis=0) > 0].astype(np.int64)
    return found


def as_tuples(counts: Counts) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(int(n) for n in row) for row in counts)


def why_no_table(counts: Counts) -> str:
    """Why rows and columns cannot depend on each other; "" where they can."""
    if min(counts.shape, default=0) >= 2:
        return ""
    return "nobody was counted" if not counts.size else "only one level, or one group, occurs"


def chi_square(table: npt.ArrayLike) -> ChiSquare:
    """Chi-square of `table` of counts (levels, groups); empty rows and columns are left out first."""
    counts = without_empty(table)
    if why := why_no_table(counts):
        return ChiSquare(as_tuples(counts), why_empty=why)
    n = int(counts.sum())
    expected: Numbers = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / n
    off = counts - expected
    chi2 = float((off**2 / expected).sum())
    df = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    ratio = 2 * float(special.xlogy(counts, counts / expected).sum())
    is_fourfold = counts.shape == (2, 2)
    return ChiSquare(
        table=as_tuples(counts),
        chi2=chi2,
        df=df,
        p=float(special.chdtrc(df, chi2)),
        likelihood_ratio=ratio,
        p_likelihood_ratio=float(special.chdtrc(df, ratio)),
        yates=_yates(off, expected) if is_fourfold else None,
        phi=math.sqrt(chi2 / n) if is_fourfold else None,
        cramers_v=math.sqrt(chi2 / (n * (min(counts.shape) - 1))),
        smallest_expected=float(expected.min()),
        n_expected_below_5=int((expected < SMALLEST_EXPECTED).sum()),
    )


def _yates(off: Numbers, expected: Numbers) -> tuple[float, float]:
    corrected = np.abs(off) - np.minimum(0.5, np.abs(off))
    statistic = float((corrected**2 / expected).sum())
    return statistic, float(special.chdtrc(1, statistic))
