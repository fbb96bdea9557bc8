"""The largest likelihood of a logistic regression, also where some estimates run away to infinity, and the profile of one coefficient.

statsmodels' GLM fits. It gives numbers for separated data as for others, so that these are found beforehand; its covariance comes from the step
before the last and is off in the eighth digit, so that a step of Newton's method is added and the covariance taken at the estimates.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import special

from napari_t12_bodycomp.cohort.design import Bools, Floats
from napari_t12_bodycomp.cohort.newton import Top, climb
from napari_t12_bodycomp.cohort.separation import estimable, row_space, separated
from napari_t12_bodycomp.errors import InputError

CHI2_95 = 3.841458820694124
"""The 95% point of chi-square with one degree of freedom: a profile interval ends where twice the log-likelihood has fallen by it."""
_MAX_STEPS = 60


@dataclass(frozen=True, slots=True, eq=False)
class Maximum:
    """The supremum of the likelihood over coefficients (intercept first) on the scale of the data.

    `rest` marks the rows that are not separated, which alone still shape the likelihood at its supremum; `b` and `covariance` are NaN where
    `finite` is False. `scaled` is the rest's design times `basis`, `weights` (coefficients, rank) turns its coefficients `gamma` into `b`.
    """

    log_likelihood: float
    rest: Bools
    finite: Bools
    b: Floats
    covariance: Floats
    outcome: Floats
    scaled: Floats
    weights: Floats
    gamma: Floats


def maximum(outcome: Floats, matrix: Floats) -> Maximum | None:
    """Of `outcome` (rows,) on `matrix` (rows, columns without intercept, none redundant); None where the outcomes are separated completely."""
    to_raw, design = _scaled(matrix)
    rest = ~separated((2 * outcome - 1)[:, np.newaxis] * design)
    if not rest.any():
        return None
    basis = row_space(design[rest])
    finite = estimable(to_raw, basis)
    weights, scaled, y = to_raw @ basis, design[rest] @ basis, outcome[rest]
    top = _fit(y, scaled)
    b, spread = weights @ top.b, weights @ np.linalg.inv(top.information) @ weights.T
    b[~finite] = np.nan
    spread[~finite], spread[:, ~finite] = np.nan, np.nan
    return Maximum(top.log_likelihood, rest, finite, b, spread, y, scaled, weights, top.b)


def is_separated(outcome: Floats, matrix: Floats) -> bool:
    """Whether any row is separated by these columns (with an intercept)."""
    return bool(separated((2 * outcome - 1)[:, np.newaxis] * _scaled(matrix)[1]).any())


def profile_interval(best: Maximum, which: int, se: float) -> tuple[float, float] | None:
    """The 95% profile-likelihood interval of coefficient `which`, which must be finite; None where rounding hides its ends."""
    from scipy import optimize

    root = _signed_root(best, which)
    ends = []
    for side in (-1.0, 1.0):
        far = _beyond(root, float(best.b[which]), side * se)
        if far is None:
            return None
        between = sorted((float(best.b[which]), far))
        try:
            ends.append(float(optimize.brentq(root, *between, args=(side,), xtol=1e-10 * se, rtol=1e-12)))
        except ValueError:
            return None
    return ends[0], ends[1]


def _beyond(root: Callable[[float, float], float], start: float, step: float) -> float | None:
    """A value, from `start` on in steps that grow, at which the profile has fallen far enough."""
    value = start
    for _ in range(_MAX_STEPS):
        value += step
        fallen = root(value, math.copysign(1, step))
        if math.isnan(fallen):
            return None
        if fallen * step > 0:
            return value
        step *= 1.5
    return None


def _signed_root(best: Maximum, which: int) -> Callable[[float, float], float]:
    """How far, in roots of chi-square, the profile at a value lies below its maximum, less the 95% point; rising with the value."""
    along = best.weights[which]
    length = float(np.linalg.norm(along))
    across = np.linalg.svd(along[np.newaxis] / length)[2][1:].T
    rest, direction = best.scaled @ across, best.scaled @ (along / length**2)
    last = across.T @ best.gamma

    def root(value: float, side: float) -> float:
        nonlocal last
        top = climb(partial(_derivatives, best.outcome, rest, direction * value), last)
        if top is None:
            return math.nan
        last = top.b
        fallen = math.sqrt(max(0.0, 2 * (best.log_likelihood - top.log_likelihood)))
        return side * (fallen - math.sqrt(CHI2_95))

    return root


def _scaled(matrix: Floats) -> tuple[Floats, Floats]:
    """What turns coefficients of the scaled design into those of the data, and the scaled design: an intercept and columns of mean 0, SD 1."""
    n, k = matrix.shape
    mean, sd = matrix.mean(axis=0), matrix.std(axis=0)
    sd = np.where(sd > 0, sd, 1.0)
    to_raw = np.diag(np.concatenate([[1.0], 1 / sd]))
    to_raw[0, 1:] = -mean / sd
    return to_raw, np.column_stack([np.ones(n), (matrix - mean) / sd]) if k else np.ones((n, 1))


def _fit(outcome: Floats, design: Floats) -> Top:
    """The top of the likelihood of data that are not separated."""
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    with np.errstate(over="ignore"):
        fitted = GLM(outcome, design, family=Binomial()).fit()
    start = np.asarray(fitted.params, dtype=np.float64) if fitted.converged else np.zeros(design.shape[1])
    top = climb(partial(_derivatives, outcome, design, np.zeros(len(outcome))), start)
    if top is None:
        raise InputError(
            f"A regression that converges is wanted, this one of {len(outcome)} rows does not: look for extreme values, or rescale."
        )
    return top


def _derivatives(outcome: Floats, design: Floats, offset: Floats, b: Floats) -> tuple[float, Floats, Floats]:
    """Log-likelihood, gradient and information of `design` (rows, coefficients) at `b`."""
    eta = design @ b + offset
    p = special.expit(eta)
    value = float(-np.logaddexp(0, np.where(outcome > 0.5, -eta, eta)).sum())
    return value, design.T @ (outcome - p), design.T @ (design * (p * special.expit(-eta))[:, np.newaxis])
