"""Whether the data let an estimate be finite: separation of the outcomes, by linear programming.

Sources: Albert A, Anderson JA. Biometrika 1984;71:1-10 (complete and quasi-complete separation); Konis K. DPhil thesis, Oxford 2007 (linear
programming); Geyer CJ. Electron J Stat 2009;3:259-289 (the likelihood's limit is that of the rows that are not separated).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.cohort.design import Bools, Floats
from napari_t12_bodycomp.errors import InputError

Thresholds = tuple[Floats, npt.NDArray[np.intp]]
"""For each row 1 (a case) or -1 (a control), and the number of its set, from 0."""
_LARGEST = 1e6
"""Bound of a direction's components per SD of its column: a margin below a millionth of an SD is rounding."""
_IN_ROW_SPACE = 1e-8
"""A coefficient is estimable where less than this share of it lies outside what the rows tell."""


def separated(rows: Floats, thresholds: Thresholds | None = None) -> Bools:
    """Which of `rows` (rows, coefficients) some direction d puts strictly on its right side (row . d > 0) while it puts none on its wrong side.

    For logistic regression a row is that of the design, intercept included, negated where the outcome is 0. For matched sets a row is a member
    without intercept, negated where it is a control, and `thresholds` gives each set an intercept of its own. Columns should be of about unit
    size. All rows: complete separation; some: quasi-complete; none: all estimates are finite.
    """
    from scipy import optimize, sparse

    n, k = rows.shape
    if n == 0 or k == 0:
        return np.zeros(n, dtype=bool)
    sides, sets = thresholds if thresholds else (np.empty((0,)), np.empty((0,), dtype=np.intp))
    n_sets = int(sets.max()) + 1 if len(sets) else 0
    free = sparse.csr_array((sides, (np.arange(len(sets)), sets)), shape=(n, n_sets))
    found = optimize.linprog(
        c=np.concatenate([np.zeros(k + n_sets), -np.ones(n)]),
        A_ub=sparse.hstack([sparse.csr_array(-rows), free, sparse.eye_array(n)], format="csr"),
        b_ub=np.zeros(n),
        bounds=[(-_LARGEST, _LARGEST)] * k + [(None, None)] * n_sets + [(0, 1)] * n,
        method="highs",
    )
    if found.status != 0:
        raise InputError(f"A check for separation is wanted, it does not end ({found.message}): look for extreme values, or rescale.")
    return np.asarray(found.x[k + n_sets :] > 1e-3, dtype=bool)


def row_space(rows: Floats) -> Floats:
    """Orthonormal basis (coefficients, rank) of what `rows` (rows, coefficients) can tell apart."""
    if not len(rows):
        return np.empty((rows.shape[1], 0))
    _, sizes, basis = np.linalg.svd(rows, full_matrices=False)
    return np.asarray(basis[sizes > 1e-9 * sizes.max(initial=0)].T, dtype=np.float64)


def estimable(wanted: Floats, basis: Floats) -> Bools:
    """Which `wanted` combinations (combinations, coefficients) lie in the space of `basis` (coefficients, rank)."""
    outside = wanted - (wanted @ basis) @ basis.T
    return np.asarray(np.linalg.norm(outside, axis=1) <= _IN_ROW_SPACE * np.linalg.norm(wanted, axis=1), dtype=bool)


def culprits(terms: Sequence[str], is_separated: Callable[[Sequence[str]], bool]) -> tuple[str, ...]:
    """The predictors that separate the outcomes each alone; where none does, a smallest group that does it together."""
    alone = tuple(term for term in terms if is_separated([term]))
    if alone:
        return alone
    together = list(terms)
    for term in reversed(terms):
        rest = [other for other in together if other != term]
        if is_separated(rest):
            together = rest
    return tuple(together)
