"""Whether numbers look normally distributed.

Source: Royston P. Appl Stat 1995;44:547-551 (AS R94), for 3 to 5000 values, as in SPSS and R.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.cohort.complete import ROUNDING
from napari_t12_bodycomp.model.description import Normality
from napari_t12_bodycomp.model.p_value import p_text

ALPHA = 0.05
"""The study's level: from this p on normality, and equality of variances, are not rejected."""
FEWEST, MOST = 3, 5000


def shapiro_wilk(values: npt.ArrayLike) -> Normality:
    """The Shapiro-Wilk test of `values` (cases,) without missing ones; none for fewer than 3, more than 5000, or constant values."""
    from scipy import stats

    known = np.asarray(values, dtype=np.float64)
    n = len(known)
    if not FEWEST <= n <= MOST:
        return Normality(n, why_empty=f"{FEWEST} to {MOST} values are needed, there are {n}")
    if is_constant(known):
        return Normality(n, why_empty="all values are the same")
    found = stats.shapiro(known)
    return Normality(n, float(found.statistic), float(found.pvalue))


def is_constant(values: npt.NDArray[np.float64]) -> bool:
    """Whether `values` differ by no more than rounding; True where there are none."""
    return not len(values) or bool(np.ptp(values) <= ROUNDING * np.abs(values).max())


def look_normal(tests: Sequence[Normality]) -> bool:
    """Whether normality was tested in every group and rejected in none."""
    return all(test.p is not None and test.p >= ALPHA for test in tests)


def why_not_normal(groups: Sequence[str], tests: Sequence[Normality]) -> str:
    """In words what stands against means and t tests; "" where `look_normal`."""
    of_groups = list(zip(groups, tests, strict=True))
    rejected = [f"group {name} ({p_text(test.p)})" for name, test in of_groups if test.p is not None and test.p < ALPHA]
    unknown = [f"group {name} ({test.why_empty})" for name, test in of_groups if test.p is None]
    reasons = [f"Shapiro-Wilk rejects normality in {' and '.join(rejected)}"] if rejected else []
    return "; ".join([*reasons, f"normality cannot be tested in {' and '.join(unknown)}"] if unknown else reasons)
