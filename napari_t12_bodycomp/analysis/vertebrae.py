"""Vertebrae along the straightened spine: pedicles are bright beside the canal, foramina between them dark."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_t12_bodycomp.analysis.geometry import STEP_MM, Straight

Floats = npt.NDArray[np.float64]
PEDICLE_U_MM, PEDICLE_V_MM = (12.0, 18.0), (-8.0, 2.0)
HEIGHTS_MM = np.arange(14.0, 47.0, 1.0)
THRESHOLD, USUAL_HEIGHT_MM = 0.22, 25.0
"""A level must be so much clearer than none; its worth grows with its height, else worn facets, bright between two pedicles, cut vertebrae in halves."""
LEAST_CONTRAST_HU = 38.0
"""Pedicles of soft bone still stand out from the foramina by 50 HU or more; noise makes sequences of 25 to 35 HU."""
SHRINK_PER_LEVEL = 0.96
"""Each vertebra with its disc is about 0.96 of the one below it in height."""


@dataclass(frozen=True, slots=True)
class Level:
    """One vertebra between two foramina; `low` and `high` are planes of the straightened spine (fractional).

    `low_seen`, `high_seen` are False where that end was placed by a neighbour's height; `contrast_hu` is pedicle minus foramina.
    """

    low: float
    high: float
    contrast_hu: float
    low_seen: bool = True
    high_seen: bool = True

    @property
    def height_mm(self) -> float:
        return (self.high - self.low) * STEP_MM

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2


def side_profile(straight: Straight, u_mm: tuple[float, float], v_mm: tuple[float, float], side: int) -> Floats:
    """Mean HU (clipped to -50..500) of a strip beside the canal in every plane; NaN where the strip leaves the scan."""
    v = slice(straight.v0 + round(v_mm[0] / STEP_MM), straight.v0 + round(v_mm[1] / STEP_MM) + 1)
    u = sorted(straight.u0 + side * round(m / STEP_MM) for m in u_mm)
    strip = np.clip(straight.hu[:, v, u[0] : u[1] + 1], -50, 500).mean((1, 2), dtype=np.float64)
    strip[~straight.inside[:, v, u[0] : u[1] + 1].all((1, 2))] = np.nan
    return np.asarray(strip)


def pedicle_profile(straight: Straight) -> Floats:
    """Mean of both sides' pedicle strips (HU) in every plane; NaN outside the scan."""
    both = np.stack([side_profile(straight, PEDICLE_U_MM, PEDICLE_V_MM, side) for side in (-1, 1)])
    return np.asarray(both.mean(0))


def find_levels(profile: Floats) -> list[Level]:
    """Trough-to-trough intervals of the pedicle profile, caudal to cranial (dynamic programming; each a little shorter than the one below)."""
    valid = np.flatnonzero(np.isfinite(profile))
    if len(valid) < 12:
        return []
    first, last = int(valid[0]), int(valid[-1])
    fine = np.interp(np.arange(first, last + 0.01, 0.5), valid, profile[valid])
    fine = ndimage.gaussian_filter1d(fine, 1.5)
    lengths = HEIGHTS_MM.astype(int)
    n = len(fine)
    cumulative = np.r_[0, np.cumsum(fine)]
    ends = np.arange(n)
    score = np.full((n, len(lengths)), -np.inf)
    for j, h in enumerate(lengths):
        a, b = ends[:-h] if h < n else ends[:0], ends[h:]
        lo, hi = (a + np.round(0.3 * h).astype(int)), (a + np.round(0.7 * h).astype(int))
        middle = (cumulative[hi + 1] - cumulative[lo]) / (hi - lo + 1)
        trough = np.maximum(fine[a], fine[b]) * 0.5 + (fine[a] + fine[b]) * 0.25
        contrast = middle - trough
        score[h:, j] = (np.tanh(contrast / 110) - THRESHOLD) * h / USUAL_HEIGHT_MM
    change = np.log(lengths[:, None] / lengths[None, :] / SHRINK_PER_LEVEL)
    penalty = 14.0 * change**2
    best, back = score.copy(), np.full((n, len(lengths)), -1)
    for end in range(n):
        for i, h in enumerate(lengths):
            if end - h < 0 or not np.isfinite(score[end, i]):
                continue
            value = best[end - h] - penalty[i]
            k = int(value.argmax())
            if value[k] > 0:
                best[end, i] = score[end, i] + value[k]
                back[end, i] = k
    end, i = (int(x) for x in np.unravel_index(int(np.argmax(best)), best.shape))
    levels: list[Level] = []
    while i >= 0 and np.isfinite(best[end, i]):
        start = end - int(lengths[i])
        tangent = score[end, i] * USUAL_HEIGHT_MM / lengths[i] + THRESHOLD
        contrast = float(np.arctanh(np.clip(tangent, -0.99, 0.99)) * 110)
        levels.append(Level(first + start / 2, first + end / 2, contrast))
        end, i = start, int(back[end, i])
    levels.reverse()
    if levels and np.median([level.contrast_hu for level in levels]) < LEAST_CONTRAST_HU:
        return []
    if levels:
        levels[0] = replace(levels[0], low=first + _trough(fine, round(2 * (levels[0].low - first))) / 2)
        levels[-1] = replace(levels[-1], high=first + _trough(fine, round(2 * (levels[-1].high - first))) / 2)
    return extend(levels, first, last)


def _trough(fine: Floats, at: int) -> int:
    """Place of the lowest value of `fine` within 4 mm of `at`."""
    reach = round(4.0 / (STEP_MM / 2))
    start = max(0, at - reach)
    return start + int(fine[start : at + reach + 1].argmin())


def extend(levels: list[Level], first: int, last: int) -> list[Level]:
    """`levels` with the partly seen ones at both ends of the scan, their far ends placed by the neighbour's height."""
    if not levels:
        return levels
    out = list(levels)
    edge = 3.0 / STEP_MM
    low, high = out[0], out[-1]
    if low.low - first < edge:
        size = out[1].height_mm / SHRINK_PER_LEVEL if len(out) > 1 else low.height_mm
        if low.height_mm < 0.93 * size:
            out[0] = Level(low.high - size / STEP_MM, low.high, low.contrast_hu, False, True)
    else:
        size = low.height_mm / SHRINK_PER_LEVEL
        if (low.low - first) * STEP_MM > 0.45 * size and (low.low - first) * STEP_MM < 1.2 * size:
            out.insert(0, Level(low.low - size / STEP_MM, low.low, float("nan"), False, True))
    if last - high.high < edge:
        size = out[-2].height_mm * SHRINK_PER_LEVEL if len(out) > 1 else high.height_mm
        if high.height_mm < 0.93 * size:
            out[-1] = Level(high.low, high.low + size / STEP_MM, high.contrast_hu, True, False)
    else:
        size = high.height_mm * SHRINK_PER_LEVEL
        if (last - high.high) * STEP_MM > 0.45 * size and (last - high.high) * STEP_MM < 1.2 * size:
            out.append(Level(high.high, high.high + size / STEP_MM, float("nan"), True, False))
    return out
