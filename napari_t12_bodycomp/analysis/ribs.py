"""Ribs and transverse processes: bright ridges that run outward from the spine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_t12_bodycomp.analysis.geometry import STEP_MM, Straight

Floats = npt.NDArray[np.float64]
INNER_MM, OUTER_MM = 22.0, 112.0
HEAD_MM = 14.0
"""Lateral distance of the last ribs' heads from the canal's centre: half a pedicle's breadth beyond its inner edge."""
SEED_MM = (26.0, 30.0, 36.0, 44.0)
MIN_RIDGE_HU = 28.0
V_RANGE_MM = (-22.0, 30.0)


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """A ridge followed outward on one side (-1 right, +1 left).

    Parameters
    ----------
    points : float array (N, 3)
        Plane, v (mm behind the canal) and lateral distance (mm), from the spine outward.
    strength : float array (N,)
        Ridge height (HU) at each point.
    cut : bool
        The ridge leaves the scan at its outer end: it may be longer.
    """

    side: int
    points: Floats
    strength: Floats
    cut: bool

    @property
    def reach_mm(self) -> float:
        return float(self.points[:, 2].max())

    @property
    def length_mm(self) -> float:
        steps = np.diff(self.points * (STEP_MM, 1.0, 1.0), axis=0)
        return float(np.linalg.norm(steps, axis=1).sum())

    @property
    def rib_length_mm(self) -> float:
        """Length from the joint with the vertebra, which lies about `HEAD_MM` nearer to the midline than the first point followed."""
        return self.length_mm + max(0.0, float(self.points[0, 2]) - HEAD_MM)

    @property
    def root(self) -> float:
        """Plane in which the ridge leaves the spine."""
        near = self.points[: max(3, min(len(self.points), 6))]
        if len(near) < 3:
            return float(self.points[0, 0])
        slope, start = np.polyfit(near[:, 2] - INNER_MM, near[:, 0], 1)
        return float(start) if abs(slope) < 1.5 else float(near[0, 0])

    @property
    def slope(self) -> float:
        """Planes-in-mm gained per mm outward over the first part: ribs fall, lumbar processes do not."""
        near = self.points[self.points[:, 2] <= self.points[0, 2] + 34]
        if len(near) < 3:
            return 0.0
        return float(np.polyfit(near[:, 2], near[:, 0] * STEP_MM, 1)[0])


def ridge_volume(straight: Straight) -> npt.NDArray[np.float32]:
    """Difference of Gaussians (3 and 10 mm) in parasagittal planes; positive on rib-sized bright bars."""
    bone = np.clip(straight.hu, 0, 500)
    lateral = ndimage.gaussian_filter1d(bone, 1.0, axis=2)
    narrow = ndimage.gaussian_filter1d(ndimage.gaussian_filter1d(lateral, 1.5, axis=0, truncate=2.5), 1.5, axis=1, truncate=2.5)
    wide = ndimage.gaussian_filter1d(ndimage.gaussian_filter1d(lateral, 5.0, axis=0, truncate=2.5), 5.0, axis=1, truncate=2.5)
    return np.asarray(narrow - wide)


def _best(plane: npt.NDArray[np.float32], s: float, v: float, rs: int, rv: int) -> tuple[float, float, float]:
    s0, s1 = max(0, round(s) - rs), min(plane.shape[0], round(s) + rs + 1)
    v0, v1 = max(0, round(v) - rv), min(plane.shape[1], round(v) + rv + 1)
    if s0 >= s1 or v0 >= v1:
        return s, v, -1.0
    window = plane[s0:s1, v0:v1]
    ds, dv = np.arange(s0, s1) - s, np.arange(v0, v1) - v
    value = window - 2.0 * (ds[:, None] ** 2 + 0.7 * dv[None, :] ** 2)
    i, j = np.unravel_index(int(value.argmax()), value.shape)
    return float(s0 + i), float(v0 + j), float(window[i, j])


def _course(recent: list[tuple[float, ...]]) -> tuple[float, float]:
    """Least-squares change of s and v for each plane outward, within what ribs can do."""
    n = len(recent)
    mean = [sum(p[a] for p in recent) / n for a in (0, 1, 2)]
    spread = sum((p[2] - mean[2]) ** 2 for p in recent)
    gs, gv = (sum((p[2] - mean[2]) * (p[a] - mean[a]) for p in recent) / spread for a in (0, 1))
    return min(1.0, max(-1.6, gs)), min(1.5, max(-1.5, gv))


def _follow(
    ridge: npt.NDArray[np.float32], straight: Straight, side: int, seed: tuple[float, float, int], step: int, taken: npt.NDArray[np.bool_]
) -> list[tuple[float, ...]]:
    """Points (s, v, u steps, ridge) after the seed in direction `step` (+1 outward, -1 inward)."""
    s, v, k = seed
    path: list[tuple[float, ...]] = [(s, v, float(k), float(ridge[round(s), round(v), straight.u0 + side * k]))]
    misses = 0
    while True:
        k += step
        if not INNER_MM / STEP_MM <= k <= OUTER_MM / STEP_MM:
            break
        recent = path[-6:]
        gs, gv = (0.0, 0.0) if len(recent) < 3 else _course(recent)
        last = path[-1]
        ahead = k - last[2]
        p, q, r = _best(ridge[:, :, straight.u0 + side * k], last[0] + gs * ahead, last[1] + gv * ahead, 2, 2)
        limit = max(MIN_RIDGE_HU, 0.3 * float(np.median([x[3] for x in path])))
        if r < limit:
            misses += 1
            if misses > 3:
                break
            continue
        misses = 0
        if step > 0 and taken[round(p), round(q), k]:
            break
        path.append((p, q, float(k), r))
    return path[1:]


def find_tracks(straight: Straight) -> list[Track]:
    """All ridges that start near the spine, both sides, longest first where two share a course."""
    ridge = ridge_volume(straight)
    v_low, v_high = (straight.v0 + round(m / STEP_MM) for m in V_RANGE_MM)
    tracks: list[Track] = []
    for side in (-1, 1):
        taken = np.zeros((*ridge.shape[:2], round(OUTER_MM / STEP_MM) + 1), bool)
        for seed_mm in reversed(SEED_MM):
            k = round(seed_mm / STEP_MM)
            plane = ridge[:, v_low:v_high, straight.u0 + side * k]
            peaks = (plane == ndimage.maximum_filter(plane, (5, 5))) & (plane > MIN_RIDGE_HU * 1.2)
            order = np.argwhere(peaks)
            order = order[np.argsort(-plane[peaks])]
            for s, v in order:
                if taken[s, v + v_low, k]:
                    continue
                seed = (float(s), float(v + v_low), k)
                inward = _follow(ridge, straight, side, seed, -1, taken)
                outward = _follow(ridge, straight, side, seed, 1, taken)
                here = (seed[0], seed[1], float(k), float(plane[s, v]))
                path = np.array([*inward[::-1], here, *outward])
                for p, q, u, _ in path:
                    a, b = int(p), int(q)
                    taken[max(0, a - 2) : a + 3, max(0, b - 2) : b + 3, max(0, int(u) - 1) : int(u) + 2] = True
                if path[0, 2] * STEP_MM > 34:
                    continue
                points = np.stack([path[:, 0], (path[:, 1] - straight.v0) * STEP_MM, path[:, 2] * STEP_MM], axis=1)
                tracks.append(Track(side, points, path[:, 3], _leaves(straight, side, path)))
    return tracks


def _leaves(straight: Straight, side: int, path: Floats) -> bool:
    """True where the scan ends within 5 mm beyond the track's outer end."""
    tail = path[-5:]
    end_s, end_v, end_u = (round(x) for x in tail[-1, :3])
    near = straight.inside[max(0, end_s - 3) : end_s + 4, min(end_v, straight.inside.shape[1] - 1), straight.u0 + side * end_u]
    if end_s < 3 or end_s >= straight.hu.shape[0] - 3 or not near.all():
        return True
    step = (tail[-1] - tail[0]) / max(1, len(tail) - 1)
    for ahead in (1, 2, 3):
        s, v, u = (round(x) for x in tail[-1, :3] + ahead * step[:3])
        if not (0 <= s < straight.hu.shape[0] and 0 <= v < straight.hu.shape[1] and u < straight.u0):
            return True
        if not straight.inside[s, v, straight.u0 + side * u]:
            return True
    return False


def axial_twist(tracks: list[Track], n_planes: int) -> Floats:
    """How far the body is turned about the spine in each plane (radians), from the depth of right and left ribs; 0 where too few agree.

    Positive where the left side lies farther back.
    """
    depth: dict[int, list[tuple[float, float]]] = {-1: [], 1: []}
    for t in tracks:
        if t.reach_mm > 58 and t.slope > -1.6:
            depth[t.side].append((t.root, float(np.interp(50.0, t.points[:, 2], t.points[:, 1]))))
    found = [
        (float((a + b) / 2), float(np.arctan2(left - right, 100.0)))
        for a, right in depth[-1]
        for b, left in depth[1]
        if abs(a - b) * STEP_MM < 9
    ]
    if len(found) < 3:
        return np.zeros(n_planes)
    at, angle = np.array(found).T
    middle = float(np.median(angle))
    good = np.abs(angle - middle) < np.radians(6)
    if good.mean() < 0.6 or good.sum() < 3:
        return np.zeros(n_planes)
    if good.sum() < 6 or np.ptp(at[good]) * STEP_MM < 100:
        return np.full(n_planes, middle)
    slope, start = np.polyfit(at[good], angle[good], 1)
    along = start + slope * np.clip(np.arange(n_planes), at[good].min(), at[good].max())
    return np.asarray(np.clip(along, middle - 0.1, middle + 0.1))
