"""Which vertebra is which: every explanation of the whole column is weighed against everything seen on it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
from scipy import ndimage, special

from napari_t12_bodycomp.analysis import anatomy
from napari_t12_bodycomp.analysis.anatomy import Kind
from napari_t12_bodycomp.analysis.geometry import STEP_MM, Straight
from napari_t12_bodycomp.analysis.ribs import OUTER_MM, Track
from napari_t12_bodycomp.analysis.vertebrae import Level

OUTLIER = 0.04
SACRAL_U_MM = (24.0, 28.0, 32.0)
SACRAL_BONE_HU = 110.0
SACRAL_HEIGHT_MM = (23.0, 90.0)
SIDE_WEIGHT = 0.8
"""Both sides and both neighbours share the same noise: their evidence counts for less than if independent."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What is seen beside one vertebra: the track of each side or None, whether that side could be seen, and how sacral it looks (0..1)."""

    tracks: tuple[Track | None, Track | None]
    visible: tuple[bool, bool]
    sacral: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """One way to number the column: level `t12` (index, may lie outside the levels) is T12."""

    t12: int
    pairs: int
    lumbar: int
    stump: bool
    log_weight: float


def sacral_profile(straight: Straight) -> npt.NDArray[np.float64]:
    """Height (mm) along the spine, in each plane, of the bone 24 to 32 mm beside the canal, on the side where it is lower.

    Ribs and processes are 10 to 18 mm high there; the sacral ala is 30 to 50 mm.
    """
    v = slice(straight.v0 - 15, straight.v0 + 7)
    sides = []
    for side in (-1, 1):
        for u_mm in SACRAL_U_MM:
            u = straight.u0 + side * round(u_mm / STEP_MM)
            bone = ndimage.gaussian_filter(straight.hu[:, :, u - 1 : u + 2].mean(2), 0.8)[:, v] > SACRAL_BONE_HU
            parts, n = ndimage.label(bone)
            height = np.zeros(n + 1)
            for i, box in enumerate(ndimage.find_objects(parts), 1):
                height[i] = (box[0].stop - box[0].start) * STEP_MM
            sides.append(height[parts].max(1))
    return np.asarray(np.min(sides, axis=0))


def _sacral_share(profile: npt.NDArray[np.float64], level: Level) -> float:
    part = profile[max(0, round(level.low)) : max(0, round(level.high)) + 1]
    low, high = SACRAL_HEIGHT_MM
    return float(((part >= low) & (part <= high)).mean()) if part.size else 0.0


def _rise(track: Track) -> float:
    after = track.points[np.abs(track.points[:, 2] - track.points[0, 2] - 16).argmin()]
    return float(after[1] - track.points[0, 1])


def observe(straight: Straight, levels: list[Level], tracks: list[Track]) -> list[Seen]:
    """Assign to each level and side the ridge that leaves the spine there, or note that nothing is there or could be seen."""
    sacral = sacral_profile(straight)
    strong = sorted((float(np.median(t.strength)) for t in tracks if t.reach_mm > 60), reverse=True)
    usual = float(np.median(strong[: max(4, len(strong) // 2)])) if strong else 100.0
    seen: list[Seen] = []
    for level in levels:
        chosen: list[Track | None] = []
        visible: list[bool] = []
        for side in (-1, 1):
            best, best_cost = None, 6.0
            for t in tracks:
                f = (t.root - level.low) / (level.high - level.low)
                if t.side != side or not 0.0 <= f <= 1.0:
                    continue
                v = float(np.interp(34.0, t.points[:, 2], t.points[:, 1]))
                cost = ((f - 0.5) / 0.2) ** 2 + (max(0.0, abs(v - 6) - 8) / 5) ** 2
                cost -= 2.0 * min(1.2, float(np.median(t.strength)) / usual) + min(t.length_mm, 60) / 25
                if cost < best_cost:
                    best, best_cost = t, cost
            chosen.append(best if best_cost < 2.0 else None)
            s0, s1 = round(level.middle - 6 / STEP_MM), round(level.middle + 4 / STEP_MM)
            u = sorted((straight.u0 + side * 11, straight.u0 + side * 28))
            whole = s0 >= 0 and s1 < len(straight.hu)
            box = straight.inside[max(0, s0) : s1 + 1, straight.v0 - 3 : straight.v0 + 9, u[0] : u[1] + 1]
            visible.append(bool(whole and box.size and box.mean() > 0.97))
        seen.append(Seen((chosen[0], chosen[1]), (visible[0], visible[1]), _sacral_share(sacral, level)))
    return seen


def _normal(x: float, mean: float, sd: float) -> float:
    return float(np.exp(-0.5 * ((x - mean) / sd) ** 2) / (sd * 2.5066))


def side_likelihood(track: Track | None, visible: bool, kind: Kind, scale: float) -> float:
    """Likelihood of one side's track under `kind`; `scale` is the body's size relative to the usual adult."""
    if track is None:
        return kind.missed * (1 - OUTLIER) + OUTLIER * 0.3 if visible else 1.0
    reach, sd = kind.reach_mm[0] * scale, kind.reach_mm[1] * max(0.8, scale)
    if track.cut or track.reach_mm >= OUTER_MM - 2.1:
        p_reach = float(special.ndtr((reach - track.reach_mm) / sd)) / 60.0
        reference = 1 / 60.0
    else:
        p_reach, reference = _normal(track.reach_mm, reach, sd), 1 / 90.0
    noise = 5.0 / max(track.length_mm, 5.0)
    p_slope = _normal(track.slope, kind.slope[0], float(np.hypot(kind.slope[1], noise)))
    p_rise = _normal(_rise(track), *kind.rise_mm)
    wide = reference * _normal(track.slope, -0.2, 0.6) * _normal(_rise(track), 5.0, 9.0)
    return (1 - OUTLIER) * (1 - kind.missed) * p_reach * p_slope * p_rise + OUTLIER * wide


def _sacral_likelihood(share: float, number: int, lumbar: int) -> float:
    """Likelihood of `share` of a level's planes looking like the sacral ala in vertebra `number`."""
    if number == 13 + lumbar:
        return 0.04 + 0.96 * float(special.expit((share - 0.35) / 0.06))
    if number > 13 + lumbar:
        return 0.5
    return 1.0 - (0.85 if number == 12 + lumbar else 0.97) * float(special.expit((share - 0.4) / 0.06))


def level_log_likelihood(seen: Seen, kind: Kind, scale: float, number: int, lumbar: int) -> float:
    """Log-likelihood of everything seen at one level as vertebra `number` of this kind."""
    total = sum(float(np.log(side_likelihood(t, v, kind, scale) + 1e-12)) for t, v in zip(seen.tracks, seen.visible, strict=True))
    return SIDE_WEIGHT * total + float(np.log(_sacral_likelihood(seen.sacral, number, lumbar)))


class Likelihoods:
    """Log-likelihoods of each level under each kind, remembered: many explanations share them."""

    def __init__(self, seen: list[Seen]) -> None:
        self.seen = seen
        self._known: dict[tuple[int, int, float, int], float] = {}

    def level(self, k: int, number: int, pairs: int, lumbar: int, stump: bool, scale: float) -> float:
        """Log-likelihood of level `k` as vertebra `number`."""
        kind = anatomy.kind_of(number, pairs, lumbar, stump)
        key = (k, id(kind), round(scale, 1), number - 12 - lumbar if number > 11 + lumbar else -1)
        if key not in self._known:
            self._known[key] = level_log_likelihood(self.seen[k], kind, key[2], number, lumbar)
        return self._known[key]


def numbers_of(n: int, t12: int) -> npt.NDArray[np.int64]:
    """Vertebra numbers (1 = T1, 12 = T12, 13 = L1) of `n` levels, caudal to cranial, where level `t12` is T12."""
    return 12 - (np.arange(n) - t12)


def body_size(levels: list[Level], numbers: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Log of the body's size relative to the usual adult under a numbering, and how badly the heights' pattern fits (>= 0)."""
    whole = np.array([level.low_seen and level.high_seen for level in levels])
    use = whole if whole.any() else np.ones(len(levels), bool)
    usual = np.array([anatomy.height_mm(int(k)) for k in numbers])
    log_ratio = np.log(np.array([level.height_mm for level in levels]) / usual)
    size = float(np.median(log_ratio[use]))
    shape = np.clip((log_ratio[use] - size) / 0.09, -2.5, 2.5)
    return size, float((shape**2).sum())


def scale_of(size: float) -> float:
    """Lateral scale for a body whose vertebrae are exp(size) times the usual adult's: heights and ribs vary together only in part."""
    return float(np.exp(np.clip(0.6 * size, -0.25, 0.2)))


def explain(levels: list[Level], likelihoods: Likelihoods) -> list[Explanation]:
    """All explanations with their normalised log weights, best first."""
    n = len(levels)
    found: list[Explanation] = []
    for t12 in range(-17, n + 7):
        numbers = numbers_of(n, t12)
        if numbers.max() < -4 or numbers.min() > 20:
            continue
        size, misfit = body_size(levels, numbers)
        base = -0.5 * 0.35 * misfit - 0.5 * size**2 / 0.11**2
        for pairs, lumbar, stump in product(anatomy.PAIRS_PRIOR, anatomy.LUMBAR_PRIOR, (False, True)):
            weight = base + np.log(anatomy.PAIRS_PRIOR[pairs]) + np.log(anatomy.LUMBAR_PRIOR[lumbar])
            weight += np.log(anatomy.STUMP_PRIOR if stump else 1 - anatomy.STUMP_PRIOR)
            weight += sum(likelihoods.level(k, int(numbers[k]), pairs, lumbar, stump, scale_of(size)) for k in range(n))
            found.append(Explanation(t12, pairs, lumbar, stump, float(weight)))
    found.sort(key=lambda e: -e.log_weight)
    norm = float(special.logsumexp([e.log_weight for e in found])) if found else 0.0
    return [Explanation(e.t12, e.pairs, e.lumbar, e.stump, e.log_weight - norm) for e in found]
