"""Fisher's exact test, for tables of any shape by counting all tables with the same margins.

Sources: Fisher RA. Statistical methods for research workers, 1934, section 21.02; Freeman GH, Halton JH. Biometrika 1951;38:141-149 (larger
tables). A table counts as no more likely than the observed one up to a relative 1e-7, as in R.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import special

from napari_t12_bodycomp.cohort.chi_square import Counts, as_tuples, why_no_table, without_empty
from napari_t12_bodycomp.cohort.columns import Numbers
from napari_t12_bodycomp.model.comparison import Fisher

MOST_CELLS = 24_000_000
"""Cells of half tables that are kept at once: a few seconds and some hundred megabytes."""
_SAME = math.log1p(1e-7)


def fisher(table: npt.ArrayLike) -> Fisher:
    """Fisher's exact test of `table` of counts (levels, groups); empty rows and columns are left out first.

    All tables with the observed margins are counted, none is drawn at random; where they are too many, `why_empty` says so.
    """
    counts = without_empty(table)
    if why := why_no_table(counts):
        return Fisher(as_tuples(counts), why_empty=why)
    return _fourfold(counts) if counts.shape == (2, 2) else _larger(counts)


def _fourfold(counts: Counts) -> Fisher:
    from scipy import stats
    from scipy.stats.contingency import odds_ratio

    (a, b), (c, d) = counts.tolist()
    conditional = odds_ratio(counts, kind="conditional")
    interval = conditional.confidence_interval(0.95)
    p, less, greater = (float(stats.fisher_exact(counts, alternative=side).pvalue) for side in ("two-sided", "less", "greater"))
    return Fisher(
        table=as_tuples(counts),
        p=min(1.0, p),
        p_less=less,
        p_greater=greater,
        sample_or=a * d / (b * c) if b * c else math.inf,
        conditional_or=float(conditional.statistic),
        conditional_or_ci=(float(interval.low), float(interval.high)),
        n_tables=min(a, d) + min(b, c) + 1,
    )


def _larger(counts: Counts) -> Fisher:
    """Freeman and Halton: the columns are split into two halves, each half is counted out, and halves that make a whole are paired."""
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    if counts.shape[0] < counts.shape[1]:
        rows, columns = columns, rows
    halves = _halves(rows, columns)
    if max(_how_many(rows, half) for half in halves) * len(rows) > MOST_CELLS:
        return Fisher(as_tuples(counts), why_empty="too many tables have these margins to count them all")
    n = int(counts.sum())
    constant = float(special.gammaln(rows + 1).sum() + special.gammaln(columns + 1).sum() - special.gammaln(n + 1))
    limit = -float(special.gammaln(counts + 1).sum()) + _SAME
    bases = np.concatenate([[1], np.cumprod(rows[:-1] + 1)]).astype(np.int64)
    (codes, weights), (others, other_weights) = (_count_out(rows, half, bases) for half in halves)
    p, n_tables = _pair_up(codes, weights, int(rows @ bases) - others, other_weights, limit, constant)
    return Fisher(as_tuples(counts), min(1.0, p), n_tables=n_tables, method="Fisher-Freeman-Halton exact test, all tables counted")


def _halves(rows: Counts, columns: Counts) -> tuple[list[int], list[int]]:
    """The columns in two parts with about as many ways to fill each."""
    parts: tuple[list[int], list[int]] = ([], [])
    sizes = [1, 1]
    for column in sorted(columns.tolist(), key=lambda c: -_how_many(rows, [c])):
        smaller = int(sizes[1] < sizes[0])
        parts[smaller].append(column)
        sizes[smaller] *= _how_many(rows, [column])
    return parts


def _how_many(rows: Counts, columns: list[int]) -> int:
    """In how many ways `columns` can be filled, each for itself, with no cell above its row's sum."""
    total = 1
    for column in columns:
        ways = [1] + [0] * column
        for row in rows.tolist():
            sums = np.cumsum(np.array(ways, dtype=object))
            ways = [int(sums[k] - (sums[k - row - 1] if k > row else 0)) for k in range(column + 1)]
        total *= ways[column]
    return total


def _fillings(rows: Counts, column: int) -> Counts:
    """All ways (ways, rows) to fill one column."""
    found = np.zeros((1, 0), dtype=np.int64)
    for i, row in enumerate(rows.tolist()):
        left = column - found.sum(axis=1)
        rest = int(rows[i + 1 :].sum())
        parts = []
        for k in range(min(row, column) + 1):
            fits = (left >= k) & (left - k <= rest)
            parts.append(np.hstack([found[fits], np.full((int(fits.sum()), 1), k)]))
        found = np.vstack(parts)
    return found


def _count_out(rows: Counts, columns: list[int], bases: Counts) -> tuple[Counts, Numbers]:
    """All ways to fill `columns`: the code of the sums by row, and minus the sum of log factorials of the cells."""
    sums, weights = np.zeros((1, len(rows)), dtype=np.int64), np.zeros(1)
    for column in columns:
        ways = _fillings(rows, column)
        way_weights = -special.gammaln(ways + 1).sum(axis=1)
        many, few = ((sums, weights), (ways, way_weights)) if len(sums) >= len(ways) else ((ways, way_weights), (sums, weights))
        new_sums, new_weights = [], []
        for one, weight in zip(*few, strict=True):
            both = many[0] + one
            fits = (both <= rows).all(axis=1)
            new_sums.append(both[fits])
            new_weights.append(many[1][fits] + weight)
        sums, weights = np.vstack(new_sums), np.concatenate(new_weights)
    return sums @ bases, weights


def _pair_up(codes: Counts, weights: Numbers, others: Counts, other_weights: Numbers, limit: float, constant: float) -> tuple[float, int]:
    """The chance of all whole tables up to `limit` (log, without `constant`), and how many whole tables there are."""
    order, other_order = np.argsort(codes, kind="stable"), np.lexsort((other_weights, others))
    codes, weights, others, other_weights = codes[order], weights[order], others[other_order], other_weights[other_order]
    found, starts = np.unique(codes, return_index=True)
    ends = np.append(starts[1:], len(codes))
    lows, highs = np.searchsorted(others, found, "left"), np.searchsorted(others, found, "right")
    n_tables = int(((ends - starts) * (highs - lows)).sum())
    is_single = (ends - starts == 1) & (highs - lows == 1)
    whole = weights[starts[is_single]] + other_weights[lows[is_single]]
    p = float(np.exp(whole[whole <= limit] + constant).sum())
    is_many = ~is_single & (highs > lows)
    for start, end, low, high in zip(starts[is_many], ends[is_many], lows[is_many], highs[is_many], strict=True):
        ours, theirs = weights[start:end], other_weights[low:high]
        running = np.concatenate([[0.0], np.cumsum(np.exp(theirs - theirs[-1]))])
        up_to = running[np.searchsorted(theirs, limit - ours, "right")]
        p += float((np.exp(ours + theirs[-1] + constant) * up_to).sum())
    return p, n_tables
