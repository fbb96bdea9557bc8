"""Whether the data let an estimate be finite: separation of the outcomes, by linear programming.

Sources: Albert A, Anderson JA. Biometrika 1984;71:1-10 (complete and quasi-complete separation); Konis K. DPhil thesis, Oxford 2007 (linear
programming); Geyer CJ. Electron J Stat 2009;3:259-289 (the likelihood's limit is that of the rows that are not separated).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from napari_t12_bodycomp.cohort.design import Bools, Floats

_LARGEST = 1e6
"""Bound of a direction's components per SD of its column: a margin below a millionth of an SD is rounding."""
_IN_ROW_SPACE = 1e-8
"""A coefficient is estimable where less than this share of it lies outside what the rows tell."""


def separated(rows: Floats) -> Bools:
    """Which of `rows` (rows, coefficients) some direction d puts strictly on its right side (row . d > 0) while it puts none on its wrong side.

    For logistic regression a row is that of the design, intercept included, negated where the outcome is 0; for matched sets it is a case minus
    a control. Columns should be of about unit size. All rows: complete separation; some: quasi-complete; none: all estimates are finite.
    """
    from scipy import optimize, sparse

    n, k = rows.shape
    if n == 0 or k == 0:
        return np.zeros(n, dtype=bool)
    right_side = sparse.hstack([sparse.csr_array(-rows), sparse.eye_array(n)], format="csr")
    found = optimize.linprog(
        c=np.concatenate([np.zeros(k), -np.ones(n)]),
        A_ub=right_side,
        b_ub=np.zeros(n),
        bounds=[(-_LARGEST, _LARGEST)] * k + [(0, 1)] * n,
        method="highs",
    )
    if found.status != 0:
        raise RuntimeError(f"the check for separation did not finish: {found.message}")
    return np.asarray(found.x[k:] > 1e-3, dtype=bool)


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
