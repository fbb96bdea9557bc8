"""The spinal canal: the hole in the ring of bone that runs through every vertebra."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_t12_bodycomp.analysis.geometry import STEP_MM, Coarse, Points

Floats = npt.NDArray[np.float64]
WINDOWS_MM = (24.0, 12.0, 6.0)
THRESHOLDS_HU = (130.0, 190.0)
AREA_MM2 = (60.0, 900.0)
SEARCH_STEP_MM = 4.0
MAX_GAP_MM = 40.0
MIN_LENGTH_MM = 36.0


@dataclass(frozen=True, slots=True, eq=False)
class Holes:
    """Soft places ringed by bone: `plane` index, `y_mm`, `x_mm`, `score` of each."""

    plane: npt.NDArray[np.int64]
    y_mm: Floats
    x_mm: Floats
    score: Floats


def find_holes(hu: npt.NDArray[np.float32], z_mm: Floats, spacing_mm: tuple[float, float]) -> Holes:
    """Holes in the bone of each plane that could be the spinal canal.

    Bone is taken as its maximum over a stretch of z, because the ring is closed at pedicle height only.
    """
    dz = float(np.median(np.diff(z_mm))) if len(z_mm) > 1 else 1.0
    stride = max(1, round(SEARCH_STEP_MM / dz))
    planes = np.arange(stride // 2, len(hu), stride)
    bone = np.clip(hu, 0, 400)
    size = tuple(max(1, round(20 / s)) for s in spacing_mm)
    column = ndimage.uniform_filter(ndimage.uniform_filter1d(bone, max(1, round(20 / dz)), axis=0)[planes], (1, *size))
    in_plane = np.zeros((3, 3, 3), bool)
    in_plane[1] = ndimage.generate_binary_structure(2, 1)
    pixel = spacing_mm[0] * spacing_mm[1]
    middle = _body_middle(hu[planes])
    found: list[tuple[Floats, ...]] = []
    for window in WINDOWS_MM:
        top = ndimage.maximum_filter1d(bone, max(1, round(window / dz)), axis=0)[planes]
        for threshold in THRESHOLDS_HU:
            soft, n = ndimage.label(top < threshold, structure=in_plane)
            if n == 0:
                continue
            index = np.arange(1, n + 1)
            area = np.bincount(soft.ravel(), minlength=n + 1)[1:] * pixel
            boxes = ndimage.find_objects(soft)
            keep = [
                i
                for i in index[(area >= AREA_MM2[0]) & (area <= AREA_MM2[1])]
                if boxes[i - 1][1].start > 0
                and boxes[i - 1][2].start > 0
                and boxes[i - 1][1].stop < soft.shape[1]
                and boxes[i - 1][2].stop < soft.shape[2]
            ]
            for i in keep:
                box = boxes[i - 1]
                k = box[0].start
                mask = soft[k, box[1], box[2]] == i
                mean = float(hu[planes[k], box[1], box[2]][mask].mean())
                height, width = mask.shape[0] * spacing_mm[0], mask.shape[1] * spacing_mm[1]
                if not -50 <= mean <= 140 or not 8 <= width <= 42 or not 7 <= height <= 36:
                    continue
                y, x = (box[1].start + box[1].stop - 1) / 2, (box[2].start + box[2].stop - 1) / 2
                front = round(y - height / 2 / spacing_mm[0] - 14 / spacing_mm[0])
                ahead = float(column[k, front, round(x)]) if front >= 0 else 0.0
                far = round(y + height / 2 / spacing_mm[0] + 24 / spacing_mm[0])
                behind = float(column[k, min(far, column.shape[1] - 1), round(x)])
                fill = float(mask.mean())
                size_mm2 = float(area[i - 1])
                score = 1.0 + 0.8 * np.clip((ahead - 110) / 80, -1.5, 1) + 0.6 * np.clip(fill - 0.6, -0.3, 0.2)
                score -= 0.6 * max(0.0, (size_mm2 - 450) / 300) + 0.5 * max(0.0, (120 - size_mm2) / 100)
                score -= 0.5 * np.clip((behind - 160) / 80, 0, 1)
                score -= max(0.0, (abs(mean - 35) - 45) / 60) + max(0.0, abs(x - middle[k]) * spacing_mm[1] - 30) / 25
                score += 0.1 * (window == WINDOWS_MM[0])
                if score < 0.3:
                    continue
                found.append((planes[k], y * spacing_mm[0], x * spacing_mm[1], score))
    table = np.array(found, dtype=np.float64).reshape(-1, 4)
    table = table[np.argsort(table[:, 0], kind="stable")]
    return Holes(table[:, 0].astype(np.int64), table[:, 1], table[:, 2], table[:, 3])


def _body_middle(hu: npt.NDArray[np.float32]) -> Floats:
    """Column of the body's middle in each plane; the median over all planes where one shows little body."""
    columns = (hu > -300).sum(1) > 8
    at = np.arange(hu.shape[2])
    middles = np.array([np.median(at[c]) if c.sum() > 10 else np.nan for c in columns])
    usual = float(np.nanmedian(middles)) if np.isfinite(middles).any() else hu.shape[2] / 2
    middles[~np.isfinite(middles)] = usual
    return np.asarray(ndimage.median_filter(middles, 5, mode="nearest"))


def best_chain(holes: Holes, z_mm: Floats) -> npt.NDArray[np.int64]:
    """Indices of the chain of holes, one a plane, that is most canal-like and smooth (dynamic programming along z)."""
    n = len(holes.plane)
    z = z_mm[holes.plane] if n else np.zeros(0)
    total, back = holes.score.copy(), np.full(n, -1)
    for i in range(n):
        before = np.flatnonzero((z[:i] < z[i] - 1e-6) & (z[:i] >= z[i] - MAX_GAP_MM))
        if len(before) == 0:
            continue
        dz = z[i] - z[before]
        slope = np.hypot(holes.y_mm[i] - holes.y_mm[before], holes.x_mm[i] - holes.x_mm[before])
        cost = 0.08 * np.maximum(0, slope - 0.35 * dz) ** 1.5 + 0.04 * slope + 0.03 * (dz - dz.min())
        value = total[before] - cost
        best = int(value.argmax())
        if value[best] > 0:
            total[i] += value[best]
            back[i] = before[best]
    chain: list[int] = []
    i = int(total.argmax()) if n else -1
    while i >= 0:
        chain.append(i)
        i = int(back[i])
    return _longest_piece(np.array(chain[::-1], dtype=np.int64), holes, z)


def _longest_piece(chain: npt.NDArray[np.int64], holes: Holes, z: Floats) -> npt.NDArray[np.int64]:
    """The best piece of `chain` after cutting it where it runs sideways or leaps."""
    if len(chain) < 2:
        return chain
    dz = np.diff(z[chain])
    sideways = np.abs(np.diff(holes.x_mm[chain])) > 4 + 0.8 * dz
    leap = np.abs(np.diff(holes.y_mm[chain])) > 5 + 1.3 * dz
    pieces = np.split(chain, np.flatnonzero(sideways | leap | (dz > MAX_GAP_MM)) + 1)
    return max(pieces, key=lambda piece: float(holes.score[piece].sum()))


def smooth_path(points_mm: Points, z_ends: tuple[float, float], sigma_mm: float = 12.0) -> Points:
    """A smooth line through `points_mm` (N, 3; z, y, x) every STEP_MM of arc length, reaching `z_ends` by straight continuation."""
    z = np.arange(points_mm[0, 0], points_mm[-1, 0] + 0.1, STEP_MM)
    order = np.argsort(points_mm[:, 0])
    p = points_mm[order]
    keep = np.ones(len(p), bool)
    curve = np.zeros((len(z), 3))
    for _ in range(2):
        for a in (1, 2):
            raw = np.interp(z, p[keep, 0], p[keep, a])
            pad = min(len(raw) - 1, 12)
            ext = np.r_[2 * raw[0] - raw[pad:0:-1], raw, 2 * raw[-1] - raw[-2 : -pad - 2 : -1]]
            curve[:, a] = ndimage.gaussian_filter1d(ndimage.median_filter(ext, 5), sigma_mm / STEP_MM)[pad : pad + len(raw)]
        off = np.hypot(*(np.interp(p[:, 0], z, curve[:, a]) - p[:, a] for a in (1, 2)))
        keep = (off < 6) | (np.arange(len(p)) == 0) | (np.arange(len(p)) == len(p) - 1)
    curve[:, 0] = z
    span = min(len(z) - 1, round(30 / STEP_MM))
    low, high = (curve[0] - curve[span]) / max(1, span), (curve[-1] - curve[-1 - span]) / max(1, span)
    n_low = max(0, int((z[0] - z_ends[0]) / STEP_MM))
    n_high = max(0, int((z_ends[1] - z[-1]) / STEP_MM))
    curve = np.concatenate([curve[0] + low * np.arange(n_low, 0, -1)[:, None], curve, curve[-1] + high * np.arange(1, n_high + 1)[:, None]])
    arc = np.r_[0, np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))]
    even = np.arange(0, arc[-1] + 1e-6, STEP_MM)
    return np.stack([np.interp(even, arc, curve[:, a]) for a in range(3)], axis=1)


def find_canal(coarse: Coarse, reach_mm: float = 12.0) -> Points | None:
    """The canal's centre line (N, 3; z, y, x in mm on the coarse grid), caudal to cranial; None where no spine is seen."""
    holes = find_holes(coarse.hu, coarse.z_mm, coarse.spacing_mm)
    chain = best_chain(holes, coarse.z_mm)
    if len(chain) < 3:
        return None
    points = np.stack([coarse.z_mm[holes.plane[chain]], holes.y_mm[chain], holes.x_mm[chain]], axis=1)
    if points[-1, 0] - points[0, 0] < MIN_LENGTH_MM:
        return None
    ends = (max(coarse.z_mm[0], points[0, 0] - reach_mm), min(coarse.z_mm[-1], points[-1, 0] + reach_mm))
    return smooth_path(points, ends)
