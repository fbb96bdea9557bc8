"""Standardised mean differences of two groups, before and after matching.

Sources: Austin PC. Stat Med 2009;28:3083-3107 (pooled SD); Yang D, Dalton JE. SAS Global Forum 2012;335 (several levels at once); Stuart EA.
Stat Sci 2010;25:1-21, section 4.1 (SD of the treated before matching, as MatchIt prints it).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.cohort.columns import Numbers
from napari_t12_bodycomp.cohort.propensity import columns_of
from napari_t12_bodycomp.model.matching import ArmDifference, Balance, BalanceRow, Propensity

DISTANCE = "distance"
_METHOD = (
    "differences in SD of the treated before matching (where they do not vary: of both groups, weighted by size); shares p have SD "
    "sqrt(p (1 - p)); pooled: absolute difference over the root of the mean of both variances, several levels at once (Yang-Dalton)"
)
_NO_SPREAD = math.sqrt(float(np.finfo(np.float64).eps))
Rows = npt.NDArray[np.int64]


def balance_table(propensity: Propensity, distance: Numbers, treated: Rows, controls: Rows) -> Balance:
    """Balance of all patients of `propensity`, and of the matched rows `treated` and `controls` (pairs,)."""
    everyone = np.flatnonzero(propensity.is_treated), np.flatnonzero(~propensity.is_treated)
    rows = [_row(DISTANCE, "", distance, everyone, (treated, controls))]
    before: dict[str, float | None] = {}
    after: dict[str, float | None] = {}
    for covariate in propensity.covariates:
        values = propensity.cells[covariate.name]
        for name, column in columns_of(covariate, values).items():
            level = name.removeprefix(f"{covariate.name}: ") if covariate.levels else ""
            rows.append(_row(covariate.name, level, column, everyone, (treated, controls)))
        compare = _over_levels if covariate.levels else _of_shares if _is_share(values) else _of_numbers
        before[covariate.name] = compare(values[everyone[0]], values[everyone[1]])
        after[covariate.name] = compare(values[treated], values[controls])
    return Balance(tuple(rows), before, after, _METHOD)


def _row(covariate: str, level: str, column: Numbers, everyone: tuple[Rows, Rows], matched: tuple[Rows, Rows]) -> BalanceRow:
    first, second = (column[rows] for rows in everyone)
    is_share = _is_share(column)
    sd = math.sqrt(_variance(first, is_share=is_share) or 0.0)
    if sd < _NO_SPREAD:
        of_both = [(len(arm), _variance(arm, is_share=is_share) or 0.0) for arm in (first, second)]
        sd = math.sqrt(sum(n * variance for n, variance in of_both) / len(column))
    after = _difference(column[matched[0]], column[matched[1]], sd, is_share=is_share) if len(matched[0]) else None
    return BalanceRow(covariate, level, _difference(first, second, sd, is_share=is_share), after)


def _difference(first: Numbers, second: Numbers, sd: float, *, is_share: bool) -> ArmDifference:
    off = float(first.mean() - second.mean())
    above, below = (None if is_share else _variance(arm, is_share=False) for arm in (first, second))
    smd = 0.0 if off == 0 else off / sd if sd >= _NO_SPREAD else None
    return ArmDifference(float(first.mean()), float(second.mean()), smd, above / below if above is not None and below else None)


def _variance(values: Numbers, *, is_share: bool) -> float | None:
    """p (1 - p) of a share; else with n - 1, None for a single value."""
    if is_share:
        return float(values.mean() * (1 - values.mean()))
    return float(values.var(ddof=1)) if len(values) > 1 else None


def pooled_difference(first: npt.ArrayLike, second: npt.ArrayLike) -> float | None:
    """The absolute standardised difference of `first` and `second` (cases,), in their own pooled SD.

    Columns of 0 and 1 alone are shares, with variance p (1 - p). None where a group is empty, or nothing varies although the groups differ.
    """
    x, y = np.asarray(first, np.float64), np.asarray(second, np.float64)
    return (_of_shares if _is_share(x) and _is_share(y) else _of_numbers)(x, y)


def _is_share(values: Numbers) -> bool:
    return bool(np.isin(values, (0.0, 1.0)).all())


def _of_shares(x: Numbers, y: Numbers) -> float | None:
    return _pooled(x, y, is_share=True)


def _of_numbers(x: Numbers, y: Numbers) -> float | None:
    return _pooled(x, y, is_share=False)


def _pooled(x: Numbers, y: Numbers, *, is_share: bool) -> float | None:
    if not len(x) or not len(y):
        return None
    off = abs(float(x.mean() - y.mean()))
    if off == 0:
        return 0.0
    variances = [_variance(arm, is_share=is_share) for arm in (x, y)]
    pooled = math.sqrt(sum(v or 0.0 for v in variances) / 2)
    return off / pooled if pooled > 0 and None not in variances else None


def _over_levels(x: Numbers, y: Numbers) -> float | None:
    """Of codes of levels, over all levels at once."""
    if not len(x) or not len(y):
        return None
    levels = np.unique(np.concatenate([x, y]))
    first, second = (np.array([(arm == level).mean() for level in levels]) for arm in (x, y))
    off = (first - second)[1:]
    if not off.any():
        return 0.0
    spread = sum((np.diag(p[1:]) - np.outer(p[1:], p[1:])) / 2 for p in (first, second))
    square = float(off @ np.linalg.pinv(spread) @ off)
    return math.sqrt(square) if square > 0 else None
