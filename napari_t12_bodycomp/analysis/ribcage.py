"""The rib cage around one slice: where its inner and outer surface cross each ray, from the ribs of this slice and of its neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.analysis.polar import Rays
from napari_t12_bodycomp.model.axial_slice import AxialSlice
from napari_t12_bodycomp.model.volume import CTVolume

Floats = npt.NDArray[np.float64]

REACH_MM = 32.0
"""Ribs of one level come back about every 25 to 30 mm on the same ray: this far up and down each ray meets one or two of them."""
NEIGHBOUR_STEP_MM = 4.0
RAY_STEP = 2
SAMPLE_MM = 1.0
RIB_HU = 180
LUNG_HU = -500
DEEPEST_RIB_MM = 45.0
FOURIER_ORDER = 7
SPINE_MM = 38.0
"""Bone within this distance of the canal's column is transverse process, lamina or rib neck: no witness of the wall."""


@dataclass(frozen=True, slots=True, eq=False)
class RibCage:
    """Per ray of the slice (K,): radius (mm) of the ribs' inner and outer surface, how well it is supported (0 to 1), and the inner surface
    of the rib that this very slice shows there (NaN: none)."""

    inner_mm: Floats
    outer_mm: Floats
    support: Floats
    own_inner_mm: Floats


def neighbours(volume: CTVolume, axial: AxialSlice) -> list[int]:
    """Slices near the level, about `NEIGHBOUR_STEP_MM` apart, the level's own one among them."""
    chosen = [axial.index]
    for direction in (1, -1):
        i, last = axial.index + direction, axial.z_mm
        while 0 <= i < len(volume.z_mm) and abs(volume.z_mm[i] - axial.z_mm) <= REACH_MM:
            if abs(volume.z_mm[i] - last) >= NEIGHBOUR_STEP_MM - 0.3:
                chosen.append(i)
                last = float(volume.z_mm[i])
            i += direction
    return sorted(chosen)


def fit_rib_cage(
    volume: CTVolume, axial: AxialSlice, rays: Rays, fascia_mm: Floats, bone: npt.NDArray[np.bool_], canal_px: tuple[float, float]
) -> RibCage:
    """Where the rib cage lies on this slice.

    `fascia_mm` (K,) is the outer contour of the muscles on each ray, `bone` (Y, X) the filled bone of this slice. A smooth closed curve
    that moves with z is fitted to where the ribs' surfaces were met, then a local one to what it leaves, with outliers weighted down.
    """
    thin = rays.thinned(RAY_STEP)
    fascia = fascia_mm[::RAY_STEP]
    depths = np.arange(-8.0, DEEPEST_RIB_MM + 20, SAMPLE_MM)
    radius = fascia[:, None] - depths[None, :]
    spine = canal_px[1] * thin.spacing_mm[1]
    heights, inner, outer, weight = [], [], [], []
    own = np.full(len(thin), np.nan)
    for i in neighbours(volume, axial):
        is_own = i == axial.index
        hu = thin.sample(axial.hu if is_own else volume.hu[i], radius)
        top, bottom, found = rib_surfaces(np.where(thin.sample(bone, radius, outside=0) > 0.5, 1000, hu) if is_own else hu, depths)
        lung, gas = lung_edge(hu, depths)
        side = np.abs(thin.foot_mm[:, 1] + (fascia - top) * thin.direction[:, 1] - spine)
        found &= ~((side < SPINE_MM) & (thin.direction[:, 0] > 0))
        use_lung = gas & ~found & (thin.direction[:, 0] > -0.35) & (side >= SPINE_MM / 2)
        heights.append(float(volume.z_mm[i]) - axial.z_mm)
        inner.append(fascia - np.where(found, bottom, np.where(use_lung, lung, np.nan)))
        outer.append(fascia - np.where(found, top, np.nan))
        weight.append(np.where(found, 1.0, 0.6))
        if is_own:
            own = np.where(found, inner[-1], np.nan)
    dz, weights = np.asarray(heights), np.asarray(weight)
    deep, support = _surface(np.asarray(inner), weights, dz, fascia - 8.0)
    shallow, _ = _surface(np.asarray(outer), weights, dz, fascia - 2.0)
    back = np.arange(len(rays)) / RAY_STEP
    ring = np.arange(len(thin) + 1)

    def spread(values: Floats) -> Floats:
        spread_out: Floats = np.interp(back, ring, np.append(values, values[0]))
        return spread_out

    return RibCage(spread(deep), spread(shallow), spread(support), spread(own))


def _surface(radius: Floats, weight: Floats, dz: Floats, fallback: Floats) -> tuple[Floats, Floats]:
    """Fit `radius` (Z, K) at `dz` 0: (K,) and its support."""
    globally, slope = global_fit(radius, weight, dz, fallback)
    rest = radius - globally[None] - slope[None] * dz[:, None]
    locally, support = local_fit(rest, weight, dz)
    return globally + locally, support


def global_fit(values: Floats, weight: Floats, dz: Floats, fallback: Floats) -> tuple[Floats, Floats]:
    """A smooth closed curve (K,) through `values` (Z, K) at `dz` 0 and its change per mm of z (K,).

    `fallback` (K,) pulls very gently everywhere: it decides only where no rib was seen at all.
    """
    count = values.shape[1]
    angle = 2 * np.pi * np.arange(count) / count

    def waves(order: int) -> Floats:
        return np.stack([np.ones(count), *(f(k * angle) for k in range(1, order + 1) for f in (np.cos, np.sin))], 1)

    shape, drift = waves(FOURIER_ORDER), waves(2)
    z, ray = np.nonzero(np.isfinite(values))
    design = np.concatenate([np.hstack([shape[ray], drift[ray] * (dz[z] / 10)[:, None]]), np.hstack([shape, 0 * drift])])
    target = np.concatenate([values[z, ray], fallback])
    base = np.concatenate([weight[z, ray] * np.exp(-0.5 * (dz[z] / 20) ** 2), np.full(count, 0.02)])
    ridge = np.diag(np.concatenate([[0.0], np.repeat(np.arange(1, FOURIER_ORDER + 1) ** 2 * 0.02, 2), np.full(drift.shape[1], 2.0)]))
    robust = np.ones_like(base)
    answer = np.zeros(design.shape[1])
    for _ in range(4):
        w = (base * robust)[:, None]
        answer = np.linalg.solve(design.T @ (w * design) + ridge + 1e-6 * np.eye(len(ridge)), design.T @ (w[:, 0] * target))
        robust = 1.0 / (1.0 + ((target - design @ answer) / 5.0) ** 2)
    split = shape.shape[1]
    return shape @ answer[:split], drift @ answer[split:] / 10


def rib_surfaces(hu: Floats, depths: Floats) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Depth (mm) of the outer and inner surface of the first rib met on each row of `hu` (K, D), and where one was met."""
    bone = hu > RIB_HU
    step = float(depths[1] - depths[0])
    first = bone.argmax(1)
    found = bone.any(1) & (depths[first] < DEEPEST_RIB_MM - 12)
    last = first.copy()
    alive = found.copy()
    for offset in range(1, int(20 / step)):
        at = np.minimum(first + offset, hu.shape[1] - 1)
        hit = bone[np.arange(len(hu)), at]
        alive &= (at - last) * step <= 9
        last = np.where(alive & hit, at, last)
    rows = np.arange(len(hu))
    after = np.minimum(last + 1, hu.shape[1] - 1)
    inside, outside = hu[rows, last], hu[rows, after]
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.clip((inside - RIB_HU) / np.maximum(inside - outside, 1.0), 0, 1)
    return depths[first], depths[last] + part * step, found & ((last - first) * step >= 1)


def lung_edge(hu: Floats, depths: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Depth (mm) of the outer edge of gas that is at least 5 mm deep, on each row of `hu` (K, D)."""
    step = float(depths[1] - depths[0])
    need = max(2, int(5 / step))
    gas = hu < LUNG_HU
    runs = np.lib.stride_tricks.sliding_window_view(gas, need, axis=1).all(2)
    first = runs.argmax(1)
    start = depths[first]
    found = runs.max(axis=1) & (start > 3) & (start < DEEPEST_RIB_MM - 10)
    return start - 1.0, found


def local_fit(values: Floats, weight: Floats, dz: Floats, sigma_rays: float = 5.0, sigma_z: float = 14.0) -> tuple[Floats, Floats]:
    """Fit `values` (Z, K), NaN where unknown, by a plane in (ray, z) around each ray.

    Returns the fit (K,) at `dz` 0 and its support (0 to 1).
    """
    count = values.shape[1]
    known = np.isfinite(values)
    value = np.where(known, values, 0.0)
    kernel_z = np.exp(-0.5 * (dz / sigma_z) ** 2)[:, None]
    base = np.where(known, weight, 0.0) * kernel_z
    distance = (np.arange(count)[None, :] - np.arange(count)[:, None] + count // 2) % count - count // 2
    kernel = np.exp(-0.5 * (distance / sigma_rays) ** 2)
    d1, d2 = kernel * distance / sigma_rays, kernel * (distance / sigma_rays) ** 2
    zeta = (dz / sigma_z)[:, None]
    robust = np.ones_like(base)
    fit = np.zeros(count)
    slope_z = np.zeros(count)
    for _ in range(4):
        w = base * robust
        m0, mz, mzz, v0, vz = (a.sum(0) for a in (w, w * zeta, w * zeta**2, w * value, w * value * zeta))
        s0, sz, szz, st, stt, stz = kernel @ m0, kernel @ mz, kernel @ mzz, d1 @ m0, d2 @ m0, d1 @ mz
        b0, bt, bz = kernel @ v0, d1 @ v0, kernel @ vz
        ridge = 0.05 * s0 + 0.5
        matrix = np.stack([np.stack([s0 + 1e-6, st, sz], 1), np.stack([st, stt + ridge, stz], 1), np.stack([sz, stz, szz + ridge], 1)], 1)
        answer = np.linalg.solve(matrix, np.stack([b0, bt, bz], 1)[..., None])[..., 0]
        fit, slope_z = answer[:, 0], answer[:, 2]
        residual = np.where(known, value - fit[None] - slope_z[None] * zeta, 0.0)
        robust = 1.0 / (1.0 + (residual / 2.5) ** 2)
    near = np.exp(-0.5 * (distance / 2.0) ** 2)
    support = near @ (base * robust).sum(0) / near[0].sum()
    return fit, np.clip(support, 0.0, 1.0)
