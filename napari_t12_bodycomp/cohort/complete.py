"""Complete cases: a case with a missing value is left out whole, and counted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

ROUNDING = 1e-12
"""Differences up to this share of the largest value are rounding, not measurement."""


def complete_rows(table: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], int]:
    """The rows of `table` (cases, raters) without NaN, and how many were left out. ValueError where a value is infinite."""
    if np.isinf(table).any():
        raise ValueError("values must be finite, or NaN where they are missing")
    whole = table[~np.isnan(table).any(axis=1)]
    return whole, len(table) - len(whole)
