"""Which vertebra is which: every explanation of the whole column is weighed against everything seen on it."""

from __future__ import annotations

import math
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
STRAY = 0.10
"""Share of single measures that say nothing, because the ridge was followed badly there."""
SACRAL_U_MM = (24.0, 28.0, 32.0)
SACRAL_BONE_HU = 110.0
SACRAL_HEIGHT_MM = (23.0, 64.0)
SIDE_WEIGHT = 0.8
"""Both sides and both neighbours share the same noise: their evidence counts for less than if independent."""


@dataclass(frozen=True, slots=True, eq=False)
class Option:
    """One ridge that may be the rib or process of a level: its measures, and how well it starts there (0..1)."""

    track: Track
    quality: float
    rise_mm: float
    depth_mm: float


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What is seen beside one vertebra: ridges of the right and the left side, whether each side could be seen, how sacral it looks (0..1)."""

    options: tuple[tuple[Option, ...], tuple[Option, ...]]
    visible: tuple[bool, bool]
    sacral: float

    def tracks(self, kind: Kind, scale: float = 1.0) -> tuple[Track | None, Track | None]:
        """The right and left ridge that fit `kind` best, None where none does."""
        right, left = (best_option(options, kind, scale) for options in self.options)
        return right, left


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


def _option(track: Track, level: Level, usual: float) -> Option | None:
    f = (track.root - level.low) / (level.high - level.low)
    if not -0.1 <= f <= 1.1:
        return None
    strength = float(np.median(track.strength)) / usual
    quality = float(np.exp(-0.5 * ((f - 0.5) / 0.18) ** 2)) * min(1.0, strength / 0.45)
    u, v = track.points[:, 2], track.points[:, 1]
    rise = float(v[np.abs(u - u[0] - 16).argmin()] - v[0])
    return Option(track, quality, rise, float(np.interp(36.0, u, v))) if quality > 0.02 else None


def observe(straight: Straight, levels: list[Level], tracks: list[Track]) -> list[Seen]:
    """Assign to each level and side the ridges that leave the spine there, and note which sides could be seen."""
    sacral = sacral_profile(straight)
    strong = sorted((float(np.median(t.strength)) for t in tracks if t.reach_mm > 60), reverse=True)
    usual = float(np.median(strong[: max(4, len(strong) // 2)])) if strong else 100.0
    seen: list[Seen] = []
    for level in levels:
        found: list[tuple[Option, ...]] = []
        visible: list[bool] = []
        for side in (-1, 1):
            found.append(tuple(o for t in tracks if t.side == side and (o := _option(t, level, usual)) is not None))
            s0, s1 = round(level.middle - 6 / STEP_MM), round(level.middle + 4 / STEP_MM)
            u = sorted((straight.u0 + side * 11, straight.u0 + side * 28))
            whole = s0 >= 0 and s1 < len(straight.hu)
            box = straight.inside[max(0, s0) : s1 + 1, straight.v0 - 3 : straight.v0 + 9, u[0] : u[1] + 1]
            visible.append(bool(whole and box.size and box.mean() > 0.97))
        seen.append(Seen((found[0], found[1]), (visible[0], visible[1]), _sacral_share(sacral, level)))
    return seen


def _normal(x: float, mean: float, sd: float) -> float:
    return math.exp(-0.5 * ((x - mean) / sd) ** 2) / (sd * 2.5066)


def _option_likelihood(option: Option, kind: Kind, scale: float) -> tuple[float, float]:
    """Density of the ridge's measures under `kind`, and under clutter; `scale` is the body's size relative to the usual adult."""
    track = option.track
    reach, sd = kind.reach_mm[0] * scale, kind.reach_mm[1] * max(0.8, scale)
    if track.cut or track.reach_mm >= OUTER_MM - 2.1:
        p, clutter = 0.5 * math.erfc((track.reach_mm - reach) / sd / math.sqrt(2)) / 60.0, 1 / 60.0
    else:
        p, clutter = _normal(track.reach_mm, reach, sd), 1 / 90.0
    p = (1 - STRAY) * p + STRAY * clutter
    noise = 5.0 / max(track.length_mm, 5.0)
    slope = (kind.slope[0], math.hypot(kind.slope[1], noise))
    for value, usual, wide in (
        (track.slope, slope, (-0.2, 0.6)),
        (option.rise_mm, kind.rise_mm, (5.0, 9.0)),
        (option.depth_mm, kind.depth_mm, (2.0, 14.0)),
    ):
        stray = _normal(value, *wide)
        p *= (1 - STRAY) * _normal(value, *usual) + STRAY * stray
        clutter *= stray
    return p, clutter


def best_option(options: tuple[Option, ...], kind: Kind, scale: float) -> Track | None:
    """The ridge that fits `kind` best, None where clutter explains all of them better."""
    best, best_value = None, 0.0
    for o in options:
        p, clutter = _option_likelihood(o, kind, scale)
        value = o.quality * p / _clutter_weight(o, scale)
        if value > best_value and (1 - kind.missed) * p > 0.05 * clutter:
            best, best_value = o.track, value
    return best


def side_likelihood(options: tuple[Option, ...], visible: bool, kind: Kind, scale: float) -> float:
    """Likelihood of one side's ridges under `kind`: one of them is it, or it was missed and all are clutter.

    Beside the sacrum ridges are ala, joint and iliac wing in no fixed form: all are clutter, and `_sacral_likelihood` judges the ala.
    """
    if not options:
        return kind.missed * (1 - OUTLIER) + OUTLIER * 0.1 if visible else 1.0
    both = [_option_likelihood(o, kind, scale) for o in options]
    if kind is anatomy.SACRUM:
        return float(np.mean([c for _, c in both]))
    weights = np.array([o.quality for o in options])
    weights /= weights.sum() + 0.1
    stray = np.array([_clutter_weight(o, scale) for o in options])
    clutter = float(np.mean([c for _, c in both]))
    p = float(sum(w * p * stray.prod() / k for w, (p, _), k in zip(weights, both, stray, strict=True)))
    missed = kind.missed if visible else 0.5
    return (1 - OUTLIER) * ((1 - missed) * p + missed * 0.3 * clutter * float(stray.prod())) + OUTLIER * clutter * float(stray.min())


def _clutter_weight(option: Option, scale: float) -> float:
    """How freely a ridge may be left unexplained: a strong, long one at a rib's depth that starts as ribs do hardly is anything else."""
    if option.track.reach_mm < 58 * scale or not -8 <= option.depth_mm <= 26:
        return 1.0
    return 1.0 - 0.93 * min(1.0, option.quality / 0.8)


def _rising(share: float, middle: float) -> float:
    return 1.0 / (1.0 + math.exp((middle - share) / 0.06))


def _sacral_likelihood(share: float, number: int, lumbar: int) -> float:
    """Likelihood of `share` of a level's planes looking like the sacral ala in vertebra `number`."""
    if number == 13 + lumbar:
        return 0.04 + 0.96 * _rising(share, 0.35)
    if number > 13 + lumbar:
        return 0.5
    return 1.0 - (0.85 if number == 12 + lumbar else 0.92) * _rising(share, 0.4)


def level_log_likelihood(seen: Seen, kind: Kind, scale: float, number: int, lumbar: int) -> float:
    """Log-likelihood of everything seen at one level as vertebra `number` of this kind."""
    total = sum(math.log(side_likelihood(o, v, kind, scale) + 1e-12) for o, v in zip(seen.options, seen.visible, strict=True))
    return SIDE_WEIGHT * total + math.log(_sacral_likelihood(seen.sacral, number, lumbar))


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
