"""A proportion with its intervals.

Sources: Wilson EB. J Am Stat Assoc 1927;22:209-212; Clopper CJ, Pearson ES. Biometrika 1934;26:404-413. Wald's interval is unsuitable near 0 and
1, and is given because printed tables hold it.
"""

from __future__ import annotations

import math

from scipy import special

from napari_t12_bodycomp.cohort.wald import NORMAL_975
from napari_t12_bodycomp.model.roc import Interval, Proportion


def proportion(x: int, n: int) -> Proportion:
    """`x` of `n` with its 95% intervals; nothing is known of none."""
    if not 0 <= x <= n:
        raise ValueError(f"x must lie in 0 to n, not {x} of {n}")
    if n == 0:
        return Proportion(x, n)
    p = x / n
    half = NORMAL_975 * math.sqrt(p * (1 - p) / n)
    wald = (p - half, p + half)
    return Proportion(x, n, p, wald, (max(0.0, wald[0]), min(1.0, wald[1])), _wilson(p, n), _clopper_pearson(x, n))


def _wilson(p: float, n: int) -> Interval:
    z2 = NORMAL_975**2 / n
    centre, half = p + z2 / 2, NORMAL_975 * math.sqrt((p * (1 - p) + z2 / 4) / n)
    low, high = (centre - half) / (1 + z2), (centre + half) / (1 + z2)
    return 0.0 if p == 0 else low, 1.0 if p == 1 else high


def _clopper_pearson(x: int, n: int) -> Interval:
    low = float(special.betaincinv(x, n - x + 1, 0.025)) if x > 0 else 0.0
    high = float(special.betaincinv(x + 1, n - x, 0.975)) if x < n else 1.0
    return low, high
