"""The spinal canal: the hole in the ring of bone that runs through every vertebra."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_t12_bodycomp.analysis.geometry import STEP_MM, Coarse, Points, straighten

Floats = npt.NDArray[np.float64]
Image = npt.NDArray[np.float32]
WINDOWS_MM = (24.0, 12.0, 6.0)
THRESHOLDS_HU = (100.0, 140.0, 200.0)
AREA_MM2 = (60.0, 900.0)
SEARCH_STEP_MM = 4.0
SEARCH_LATERAL_MM = 90.0
MAX_GAP_MM = 40.0
MIN_LENGTH_MM = 36.0
EXTENSION_MM = 50.0
NARROW_MM = (44.0, 44.0, 44.0)


@dataclass(frozen=True, slots=True, eq=False)
class Holes:
    """Soft places ringed by bone: `plane` index, `y_mm`, `x_mm`, `score` of each."""

    plane: npt.NDArray[np.int64]
    y_mm: Floats
    x_mm: Floats
    score: Floats


def find_holes(hu: Image, z_mm: Floats, spacing_mm: tuple[float, float], middle: Floats) -> Holes:
    """Holes in the bone of each plane that could be the spinal canal.

    Bone is taken as its maximum over a stretch of z, because the ring is closed at pedicle height only.

    Parameters
    ----------
    hu : float32 array (Z, Y, X)
    z_mm : float array (Z,)
    spacing_mm : (float, float)
        Between rows and columns.
    middle : float array (Z,)
        The body's middle column in each plane.
    """
    dz = float(np.median(np.diff(z_mm))) if len(z_mm) > 1 else 1.0
    stride = max(1, round(SEARCH_STEP_MM / dz))
    planes = np.arange(stride // 2, len(hu), stride)
    bone = np.clip(hu, 0, 400)
    size = tuple(max(1, round(20 / s)) for s in spacing_mm)
    column = ndimage.uniform_filter(ndimage.uniform_filter1d(bone, max(1, round(20 / dz)), axis=0)[planes], (1, *size))
    in_plane = np.zeros((3, 3, 3), bool)
    in_plane[1] = ndimage.generate_binary_structure(2, 1)
    least, most = (mm2 / (spacing_mm[0] * spacing_mm[1]) for mm2 in AREA_MM2)
    found: list[tuple[float, ...]] = []
    for window in WINDOWS_MM:
        top = ndimage.maximum_filter1d(bone, max(1, round(window / dz)), axis=0)[planes]
        for threshold in THRESHOLDS_HU:
            soft, n = ndimage.label(top < threshold, structure=in_plane)
            area = np.bincount(soft.ravel(), minlength=n + 1)
            for i, box in enumerate(ndimage.find_objects(soft), 1):
                if not round(least) <= area[i] <= most:
                    continue
                k = box[0].start
                mask = soft[k, box[1], box[2]] == i
                if _touches_edge(box, soft.shape):
                    continue
                score = _hole_score(hu[planes[k], box[1], box[2]], mask, box, column[k], spacing_mm, middle[planes[k]])
                if score > 0.3:
                    y, x = ((box[a].start + box[a].stop - 1) / 2 * spacing_mm[a - 1] for a in (1, 2))
                    found.append((planes[k], y, x, score + 0.1 * (window == WINDOWS_MM[0])))
    table = np.array(found, dtype=np.float64).reshape(-1, 4)
    table = table[np.argsort(table[:, 0], kind="stable")]
    return Holes(table[:, 0].astype(np.int64), table[:, 1], table[:, 2], table[:, 3])


def _touches_edge(box: tuple[slice, ...], shape: tuple[int, ...]) -> bool:
    return any(box[a].start == 0 or box[a].stop == shape[a] for a in (1, 2))


def _hole_score(
    hu: Image, mask: npt.NDArray[np.bool_], box: tuple[slice, ...], column: Image, spacing_mm: tuple[float, float], middle: float
) -> float:
    """How canal-like one hole is: a body of bone in front, soft inside, compact, 120 to 450 mm2, near the body's middle; -1 where it is none."""
    area = float(mask.sum()) * spacing_mm[0] * spacing_mm[1]
    height, width = mask.shape[0] * spacing_mm[0], mask.shape[1] * spacing_mm[1]
    mean = float(hu[mask].mean())
    if area > AREA_MM2[1] or not -60 <= mean <= 140 or not 8 <= width <= 42 or not 7 <= height <= 36:
        return -1.0
    y, x = (box[1].start + box[1].stop - 1) / 2, (box[2].start + box[2].stop - 1) / 2
    front = round(y - (height / 2 + 14) / spacing_mm[0])
    ahead = float(column[front, round(x)]) if front >= 0 else 0.0
    behind = float(column[min(round(y + (height / 2 + 24) / spacing_mm[0]), len(column) - 1), round(x)])
    score = 1.0 + 0.8 * np.clip((ahead - 100) / 80, -1.5, 1) + 0.6 * np.clip(float(mask.mean()) - 0.6, -0.3, 0.2)
    score -= 0.6 * max(0.0, (area - 450) / 300) + 0.5 * max(0.0, (120 - area) / 100)
    score -= 0.5 * np.clip((behind - 160) / 80, 0, 1)
    score -= max(0.0, (abs(mean - 35) - 45) / 60) + max(0.0, abs(x - middle) * spacing_mm[1] - 30) / 25
    return float(score)


def body_middle(hu: Image) -> Floats:
    """Column of the body's middle in each plane; the median over all planes where one shows little body."""
    columns = (hu[:, ::3] > -300).sum(1) > 3
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
    starts, ends = np.searchsorted(z, z - MAX_GAP_MM), np.searchsorted(z, z - 1e-6)
    for i in range(n):
        before = slice(int(starts[i]), int(ends[i]))
        if before.start >= before.stop:
            continue
        dz = z[i] - z[before]
        leap = np.hypot(holes.y_mm[i] - holes.y_mm[before], holes.x_mm[i] - holes.x_mm[before])
        cost = 0.08 * np.maximum(0, leap - 0.35 * dz) ** 1.5 + 0.04 * leap + 0.03 * (dz - dz.min())
        value = total[before] - cost
        best = int(value.argmax())
        if value[best] > 0:
            total[i] += value[best]
            back[i] = before.start + best
    chain: list[int] = []
    i = int(total.argmax()) if n else -1
    while i >= 0:
        chain.append(i)
        i = int(back[i])
    return _best_piece(np.array(chain[::-1], dtype=np.int64), holes, z)


def _best_piece(chain: npt.NDArray[np.int64], holes: Holes, z: Floats) -> npt.NDArray[np.int64]:
    """The best piece of `chain` after cutting it where it runs sideways or leaps."""
    if len(chain) < 2:
        return chain
    dz = np.diff(z[chain])
    sideways = np.abs(np.diff(holes.x_mm[chain])) > 4 + 0.8 * dz
    leap = np.abs(np.diff(holes.y_mm[chain])) > 5 + 1.3 * dz
    pieces = np.split(chain, np.flatnonzero(sideways | leap | (dz > MAX_GAP_MM)) + 1)
    return max(pieces, key=lambda piece: float(holes.score[piece].sum()))


def smooth_path(points_mm: Points, ends: tuple[float, float], sigma_mm: float = 12.0) -> Points:
    """A smooth line through `points_mm` (N, 3; z, y, x) every STEP_MM of arc length, reaching z `ends` by straight continuation."""
    p = points_mm[np.argsort(points_mm[:, 0])]
    z = np.arange(p[0, 0], p[-1, 0] + 0.1, STEP_MM)
    keep = np.ones(len(p), bool)
    curve = np.zeros((len(z), 3))
    curve[:, 0] = z
    for _ in range(2):
        for a in (1, 2):
            raw = np.interp(z, p[keep, 0], p[keep, a])
            pad = min(len(raw) - 1, 12)
            mirrored = np.r_[2 * raw[0] - raw[pad:0:-1], raw, 2 * raw[-1] - raw[-2 : -pad - 2 : -1]]
            curve[:, a] = ndimage.gaussian_filter1d(ndimage.median_filter(mirrored, 5), sigma_mm / STEP_MM)[pad : pad + len(raw)]
        off = np.hypot(*(np.interp(p[:, 0], z, curve[:, a]) - p[:, a] for a in (1, 2)))
        keep = off < 6
        keep[[0, -1]] = True
    return _even(_continued(curve, ends))


def _continued(curve: Points, ends: tuple[float, float]) -> Points:
    """`curve` (N, 3), STEP_MM apart, continued straight as far as z `ends`."""
    span = min(len(curve) - 1, round(30 / STEP_MM))
    low, high = (curve[0] - curve[span]) / max(1, span), (curve[-1] - curve[-1 - span]) / max(1, span)
    n_low = int(max(0.0, (curve[0, 0] - ends[0]) / max(-low[0], 0.5)))
    n_high = int(max(0.0, (ends[1] - curve[-1, 0]) / max(high[0], 0.5)))
    return np.concatenate([curve[0] + low * np.arange(n_low, 0, -1)[:, None], curve, curve[-1] + high * np.arange(1, n_high + 1)[:, None]])


def _even(curve: Points) -> Points:
    arc = np.r_[0, np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))]
    even = np.arange(0, arc[-1] + 1e-6, STEP_MM)
    return np.stack([np.interp(even, arc, curve[:, a]) for a in range(3)], axis=1)


def find_canal(coarse: Coarse, reach_mm: float = 12.0) -> Points | None:
    """The canal's centre line (N, 3; z, y, x in mm on the coarse grid), caudal to cranial; None where no spine is seen."""
    middle = body_middle(coarse.hu)
    half = round(SEARCH_LATERAL_MM / coarse.spacing_mm[1])
    first, last = max(0, int(middle.min()) - half), int(middle.max()) + half + 1
    holes = find_holes(coarse.hu[:, :, first:last], coarse.z_mm, coarse.spacing_mm, middle - first)
    chain = best_chain(holes, coarse.z_mm)
    if len(chain) < 3:
        return None
    shift = first * coarse.spacing_mm[1]
    points = np.stack([coarse.z_mm[holes.plane[chain]], holes.y_mm[chain], holes.x_mm[chain] + shift], axis=1)
    if points[-1, 0] - points[0, 0] < MIN_LENGTH_MM:
        return None
    points = _grown(coarse, points)
    ends = (max(coarse.z_mm[0], points[0, 0] - reach_mm), min(coarse.z_mm[-1], points[-1, 0] + reach_mm))
    return smooth_path(points, ends)


def _grown(coarse: Coarse, points: Points) -> Points:
    """Points of the canal, looked for again in planes across it and beyond its ends: a tilted spine closes the hole in axial slices."""
    for _ in range(4):
        ends = (max(coarse.z_mm[0], points[0, 0] - EXTENSION_MM), min(coarse.z_mm[-1], points[-1, 0] + EXTENSION_MM))
        straight = straighten(coarse, smooth_path(points, ends), reach_mm=NARROW_MM)
        along = np.arange(len(straight.hu), dtype=np.float64) * STEP_MM
        holes = find_holes(straight.hu, along, (STEP_MM, STEP_MM), np.full(len(along), float(straight.u0)))
        chain = best_chain(holes, along)
        if len(chain) < 3:
            return points
        v, u = holes.y_mm[chain] - straight.v0 * STEP_MM, holes.x_mm[chain] - straight.u0 * STEP_MM
        k = holes.plane[chain]
        new = straight.origin[k] + v[:, None] * straight.back[k] + u[:, None] * straight.left[k]
        new = new[np.argsort(new[:, 0])]
        gain = (points[0, 0] - new[0, 0]) + (new[-1, 0] - points[-1, 0])
        if new[-1, 0] - new[0, 0] < 0.8 * (points[-1, 0] - points[0, 0]):
            return points
        points = new
        if gain < 10:
            break
    return points
