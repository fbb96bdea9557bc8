"""The conditional likelihood of matched sets: who is the case, given who is in the set and how many cases it holds.

Source: Gail MH, Lubin JH, Rubinstein LV. Biometrika 1981;68:703-707 (the recursion for several cases in a set); Breslow NE, Day NE.
Statistical Methods in Cancer Research I, IARC 1980, chapter 7; Breslow NE. Biometrics 1974;30:89-99 and Efron B. J Am Stat Assoc
1977;72:557-565 (approximations for several cases).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from napari_t12_bodycomp.cohort.design import Bools, Floats
from napari_t12_bodycomp.cohort.newton import climb
from napari_t12_bodycomp.cohort.separation import estimable, row_space, separated
from napari_t12_bodycomp.errors import InputError

Ties = Literal["exact", "efron", "breslow"]
"""How several cases of one set are taken: exactly, or by an approximation of Cox's likelihood."""
_LARGE = 1e100


@dataclass(frozen=True, slots=True, eq=False)
class MatchedSet:
    """The cases (cases, columns) and controls (controls, columns) of one set."""

    cases: Floats
    controls: Floats

    def centred(self) -> Floats:
        """Cases, then controls, with the set's mean taken out (members, columns)."""
        members = np.concatenate([self.cases, self.controls])
        return np.asarray(members - members.mean(axis=0), dtype=np.float64)

    @property
    def sides(self) -> Floats:
        """1 for each case, -1 for each control."""
        return np.concatenate([np.ones(len(self.cases)), -np.ones(len(self.controls))])


@dataclass(frozen=True, slots=True, eq=False)
class ConditionalMaximum:
    """The supremum of the conditional likelihood; `b` and `covariance` are NaN where `finite` is False. `score` is the test at no effect."""

    log_likelihood: float
    null_log_likelihood: float
    score: float
    is_separated: bool
    finite: Bools
    b: Floats
    covariance: Floats


def maximum(sets: Sequence[MatchedSet], ties: Ties = "exact") -> ConditionalMaximum | None:
    """Of sets that each hold cases and controls, on columns none of which is redundant; None where cases are separated completely.

    Other `ties` than "exact" must not be asked for where the exact likelihood is separated at all.
    """
    scale = _scale(sets)
    scaled = [MatchedSet(s.cases / scale, s.controls / scale) for s in sets]
    k = len(scale)
    rest = _not_separated(scaled)
    if k and not rest:
        return None
    at_zero = _derivatives(scaled, ties, np.zeros(k))
    basis = row_space(np.concatenate([s.centred() for s in rest])) if rest else np.eye(k)
    projected = [MatchedSet(s.cases @ basis, s.controls @ basis) for s in rest]
    top = climb(partial(_derivatives, projected, ties), np.zeros(basis.shape[1]))
    if top is None:
        raise InputError(
            f"A regression that converges is wanted, this one of {len(sets)} sets does not: look for extreme values, or rescale."
        )
    finite = estimable(np.eye(k), basis)
    b, covariance = (basis @ top.b) / scale, basis @ np.linalg.inv(top.information) @ basis.T / np.outer(scale, scale)
    b[~finite] = np.nan
    covariance[~finite], covariance[:, ~finite] = np.nan, np.nan
    score = float(at_zero[1] @ np.linalg.solve(at_zero[2], at_zero[1])) if k else 0.0
    return ConditionalMaximum(top.log_likelihood, at_zero[0], score, not finite.all(), finite, b, covariance)


def is_separated(sets: Sequence[MatchedSet]) -> bool:
    """Whether any case stands strictly on its controls' right side in some direction."""
    scale = _scale(sets)
    return bool(_settled([MatchedSet(s.cases / scale, s.controls / scale) for s in sets]).any())


def _scale(sets: Sequence[MatchedSet]) -> Floats:
    """Root mean square of the columns within sets."""
    size = np.sqrt((np.concatenate([s.centred() for s in sets]) ** 2).mean(axis=0))
    return np.where(size > 0, size, 1.0)


def _settled(sets: Sequence[MatchedSet]) -> Bools:
    """Which members, set after set, are separated: cases above all controls of their set, controls below all cases."""
    sides = np.concatenate([s.sides for s in sets])
    numbers = np.repeat(np.arange(len(sets)), [len(s.cases) + len(s.controls) for s in sets])
    return separated(sides[:, np.newaxis] * np.concatenate([s.centred() for s in sets]), (sides, numbers))


def _not_separated(sets: Sequence[MatchedSet]) -> list[MatchedSet]:
    """The sets as they shape the likelihood at its supremum, without the members that are settled."""
    settled, found, start = _settled(sets), [], 0
    for s in sets:
        is_open = ~settled[start : start + len(s.cases) + len(s.controls)]
        start += len(is_open)
        cases, controls = s.cases[is_open[: len(s.cases)]], s.controls[is_open[len(s.cases) :]]
        if len(cases) and len(controls):
            found.append(MatchedSet(cases, controls))
    return found


def _derivatives(sets: Sequence[MatchedSet], ties: Ties, b: Floats) -> tuple[float, Floats, Floats]:
    """Log-likelihood, gradient and information (minus the second derivative) over all sets."""
    is_pair = [len(s.cases) == len(s.controls) == 1 for s in sets]
    value, gradient, information = _pairs([s for s, of_two in zip(sets, is_pair, strict=True) if of_two], b)
    for s in (s for s, of_two in zip(sets, is_pair, strict=True) if not of_two):
        centre = s.controls.mean(axis=0)
        cases, controls = s.cases - centre, s.controls - centre
        one = _one_set(cases, controls, b) if ties == "exact" else _one_set_approximately(cases, controls, ties, b)
        value, gradient, information = value + one[0], gradient + one[1], information + one[2]
    return value, gradient, information


def _pairs(pairs: Sequence[MatchedSet], b: Floats) -> tuple[float, Floats, Floats]:
    """All pairs at once: the logistic likelihood of their differences, exactly and by each approximation (Breslow and Day, section 7.1)."""
    if not pairs:
        return 0.0, np.zeros(len(b)), np.zeros((len(b), len(b)))
    differences = np.concatenate([s.cases for s in pairs]) - np.concatenate([s.controls for s in pairs])
    eta = differences @ b
    missed = np.exp(-np.logaddexp(0.0, eta))
    return -float(np.logaddexp(0.0, -eta).sum()), missed @ differences, (differences.T * (missed * (1 - missed))) @ differences


def _one_set(cases: Floats, controls: Floats, b: Floats) -> tuple[float, Floats, Floats]:
    """The exact likelihood of one set: over all choices of as many cases among its members, by recursion over the members.

    `total[m]` sums exp(eta) over the choices of m among the members so far, `first` and `second` are its derivatives.
    """
    members = np.concatenate([cases, controls])
    eta = members @ b
    top, n_cases, k = float(eta.max()), len(cases), len(b)
    total, first, second = np.zeros(n_cases + 1), np.zeros((n_cases + 1, k)), np.zeros((n_cases + 1, k, k))
    total[0], log_scale = 1.0, 0.0
    for x, weight in zip(members, np.exp(eta - top), strict=True):
        cross = first[:-1, :, np.newaxis] * x
        second[1:] += weight * (second[:-1] + cross + cross.transpose(0, 2, 1) + np.multiply.outer(total[:-1], np.outer(x, x)))
        first[1:] += weight * (first[:-1] + np.outer(total[:-1], x))
        total[1:] += weight * total[:-1]
        if (largest := float(total.max())) > _LARGE:
            total, first, second, log_scale = total / largest, first / largest, second / largest, log_scale + float(np.log(largest))
    mean = first[-1] / total[-1]
    value = float(eta[:n_cases].sum()) - (float(np.log(total[-1])) + log_scale + n_cases * top)
    return value, cases.sum(axis=0) - mean, second[-1] / total[-1] - np.outer(mean, mean)


def _one_set_approximately(cases: Floats, controls: Floats, ties: Ties, b: Floats) -> tuple[float, Floats, Floats]:
    """Cox's partial likelihood of one set: its cases fail one after another, each among all members (Breslow), or with the cases' own share
    falling from one to the next (Efron)."""
    members, n_cases = np.concatenate([cases, controls]), len(cases)
    eta = members @ b
    top = float(eta.max())
    is_case = np.arange(len(members)) < n_cases
    value, gradient, information = float(eta[:n_cases].sum()), cases.sum(axis=0), np.zeros((len(b), len(b)))
    for nth in range(n_cases):
        gone = nth / n_cases if ties == "efron" else 0.0
        weights = np.exp(eta - top) * (1 - gone * is_case)
        total = float(weights.sum())
        mean = weights @ members / total
        value -= float(np.log(total)) + top
        gradient = gradient - mean
        information += (members.T * weights) @ members / total - np.outer(mean, mean)
    return value, gradient, information
