"""How a p value is written."""

from __future__ import annotations

SMALLEST_P = 0.001
"""A smaller p is written as "< 0.001": no p is ever written as 0."""


def p_text(p: float | None, decimals: int = 3) -> str:
    """`p` in words: "p = 0.035", "p < 0.001", or "p not available" where it is None or NaN."""
    if p is None or p != p:
        return "p not available"
    if p < SMALLEST_P:
        return f"p < {SMALLEST_P:g}"
    return f"p = {p:.{decimals}f}"
