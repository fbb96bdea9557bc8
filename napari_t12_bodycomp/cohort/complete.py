"""Complete cases: a case with a missing value is left out whole, and counted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.model.agreement import MIN_CASES

ROUNDING = 1e-12
"""Differences up to this share of the largest value are rounding, not measurement."""


def why_too_few(n: int) -> str:
    """Why nothing can be said about so few complete cases; "" where they are enough."""
    return "" if n >= MIN_CASES else f"{MIN_CASES} complete cases or more are needed, there are {n}"


def complete_rows(table: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], int]:
    """The rows of `table` (cases, raters) without NaN, and how many were left out. ValueError where a value is infinite."""
    if np.isinf(table).any():
        raise ValueError("values must be finite, or NaN where they are missing")
    whole = table[~np.isnan(table).any(axis=1)]
    return whole, len(table) - len(whole)
