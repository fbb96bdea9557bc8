"""The rib cage around one slice: where its inner and outer surface cross each ray, from the ribs of this slice and of its neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from napari_t12_bodycomp.analysis.organs import without_bright_organs
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
SOFT_HU = 60
LUNG_HU = -500
DEEPEST_RIB_MM = 45.0
DEEP_MM, KIDNEY_MM, KIDNEY_HU = 22.0, (3.0, 21.0), 130
"""What begins deeper than this and stays as bright over the following 3 to 21 mm is an enhanced kidney, not a rib."""
OWN_WEIGHT = 4.0
"""This slice's own ribs against those of its neighbours: the wall between two ribs bows with them."""
LOCAL_RAYS, LOCAL_Z_MM, GLOBAL_Z_MM = 8.0, 8.0, 20.0
FOURIER_ORDER = 7
FRONT = 0.3
"""Rays whose direction has a row component below this may meet costal cartilage."""
CARTILAGE_GATE_MM = 9.0
"""Cartilage that ends this much deeper than the ribs around it let expect is liver or bowel."""
CARTILAGE_OFFSET_MM = 2.5
"""The transversus lies inside the costal cartilage."""
FAT_LINING_HU, LINING_MM = -25.0, (1.5, 4.0)
"""Half-way between fat and muscle, and where inside a calcified surface it is looked for, clear of the bone's own blur."""
CALCIFIED_FROM = -0.8
"""Bone on rays whose direction has a row component below this is more and more likely calcified cartilage, with the transversus inside."""
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
    volume: CTVolume,
    axial: AxialSlice,
    rays: Rays,
    fascia_mm: Floats,
    bone: npt.NDArray[np.bool_],
    canal_px: tuple[float, float],
    cartilage_hu: float,
) -> RibCage:
    """Where the rib cage lies on this slice.

    `fascia_mm` (K,) is the outer contour of the muscles on each ray, `bone` (Y, X) the filled bone of this slice. A smooth closed curve
    that moves with z is fitted to where the ribs' surfaces were met, then a local one to what it leaves, with outliers weighted down.
    """
    thin = rays.thinned(RAY_STEP)
    fascia = fascia_mm[::RAY_STEP]
    depths = np.arange(-8.0, DEEPEST_RIB_MM + 20, SAMPLE_MM)
    radius = fascia[:, None] - depths[None, :]
    chosen = neighbours(volume, axial)
    dz = volume.z_mm[chosen] - axial.z_mm
    slices = [axial.hu if i == axial.index else volume.hu[i] for i in chosen]
    samples = [thin.sample(without_bright_organs(hu, rays.spacing_mm, canal_px), radius) for hu in slices]
    mine = chosen.index(axial.index)
    marrow = thin.sample(ndi.binary_erosion(bone), radius, outside=0) > 0.9
    filled = [np.where(marrow, np.maximum(hu, 2.0 * RIB_HU), hu) if k == mine else hu for k, hu in enumerate(samples)]
    seen = [_observe(hu, depths, thin, fascia, canal_px) for hu in filled]
    inner, outer, weight = (np.asarray([getattr(o, name) for o in seen]) for name in ("inner", "outer", "weight"))
    first, _ = global_fit(fascia - inner, weight, dz, fascia - 8.0)
    gate = fascia - first + CARTILAGE_GATE_MM
    for k, hu in enumerate(samples):
        top, bottom, soft = cartilage_surfaces(hu, depths, cartilage_hu)
        bottom = bottom + CARTILAGE_OFFSET_MM
        soft &= (thin.direction[:, 0] < FRONT) & (bottom < gate) & ~(inner[k] > bottom)
        soft &= ~ring_dilated(np.isfinite(outer[k]), 2)
        soft = ring_opened(soft, 2)
        inner[k], outer[k] = np.where(soft, bottom, inner[k]), np.where(soft, top, outer[k])
        weight[k] = np.where(soft, 1.0, weight[k])
    weight[mine] *= OWN_WEIGHT
    deep, support = _surface(fascia - inner, weight, dz, fascia - 8.0)
    own = fascia - inner[mine]
    own = np.where(np.isfinite(outer[mine]) & (deep - own < 4.0), own, np.nan)
    shallow, _ = _surface(fascia - outer, weight, dz, fascia - 2.0)
    back = np.arange(len(rays)) / RAY_STEP
    ring = np.arange(len(thin) + 1)

    def spread(values: Floats) -> Floats:
        spread_out: Floats = np.interp(back, ring, np.append(values, values[0]))
        return spread_out

    return RibCage(spread(deep), spread(shallow), spread(support), spread(own))


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """Depth (mm) of the wall's inner and outer surface on each ray of one slice (NaN: not seen), and the weight of it."""

    inner: Floats
    outer: Floats
    weight: Floats


def _observe(hu: Floats, depths: Floats, rays: Rays, fascia_mm: Floats, canal_px: tuple[float, float]) -> _Seen:
    """Ribs and lung on one slice, `hu` (K, D)."""
    top, bottom, found = rib_surfaces(hu, depths, np.where(rays.direction[:, 0] > 0.6, 42.0, 24.0))
    lung, gas = lung_edge(hu, depths)
    side = np.abs(rays.foot_mm[:, 1] + (fascia_mm - top) * rays.direction[:, 1] - canal_px[1] * rays.spacing_mm[1])
    found &= ~((side < SPINE_MM) & (rays.direction[:, 0] > 0))
    lung_here = gas & ~found & (rays.direction[:, 0] > -0.35) & (side >= SPINE_MM / 2)
    calcified = CARTILAGE_OFFSET_MM * np.clip((CALCIFIED_FROM - rays.direction[:, 0]) / 0.15, 0, 1)
    calcified = np.where(_fat_follows(hu, depths, bottom), 0.0, calcified)
    inner = np.where(found, bottom + calcified, np.where(lung_here, lung, np.nan))
    return _Seen(inner, np.where(found, top, np.nan), np.where(found, 1.0, 0.6))


def _fat_follows(hu: Floats, depths: Floats, bottom: Floats) -> npt.NDArray[np.bool_]:
    """Rays of `hu` (K, D) on which fat lies right inside depth `bottom` (K,): no muscle lines the wall there."""
    lining = (depths > bottom[:, None] + LINING_MM[0]) & (depths < bottom[:, None] + LINING_MM[1])
    mean = np.where(lining, hu, 0.0).sum(1) / np.maximum(lining.sum(1), 1)
    fat: npt.NDArray[np.bool_] = lining.any(1) & (mean < FAT_LINING_HU)
    return fat


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
    base = np.concatenate([weight[z, ray] * np.exp(-0.5 * (dz[z] / GLOBAL_Z_MM) ** 2), np.full(count, 0.02)])
    ridge = np.diag(np.concatenate([[0.0], np.repeat(np.arange(1, FOURIER_ORDER + 1) ** 2 * 0.02, 2), np.full(drift.shape[1], 2.0)]))
    robust = np.ones_like(base)
    answer = np.zeros(design.shape[1])
    for _ in range(4):
        w = (base * robust)[:, None]
        answer = np.linalg.solve(design.T @ (w * design) + ridge + 1e-6 * np.eye(len(ridge)), design.T @ (w[:, 0] * target))
        robust = 1.0 / (1.0 + ((target - design @ answer) / 5.0) ** 2)
    split = shape.shape[1]
    return shape @ answer[:split], drift @ answer[split:] / 10


def rib_surfaces(hu: Floats, depths: Floats, deepest_mm: Floats) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Depth (mm) of the outer and inner surface of the first rib met on each row of `hu` (K, D), and where one was met."""
    bone = hu > RIB_HU
    step = float(depths[1] - depths[0])
    first = bone.argmax(1)
    found = bone.any(1) & (depths[first] < deepest_mm)
    last = first.copy()
    alive = found.copy()
    for offset in range(1, int(20 / step)):
        at = np.minimum(first + offset, hu.shape[1] - 1)
        hit = bone[np.arange(len(hu)), at]
        alive &= (at - last) * step <= 9
        last = np.where(alive & hit, at, last)
    rows = np.arange(len(hu))
    after = np.minimum(last + 1, hu.shape[1] - 1)
    peak = np.max([hu[rows, np.maximum(last - back, 0)] for back in range(4)], axis=0)
    bounded = (last - first) * step < 18
    summed = np.cumsum(hu, 1)
    start, end = (np.minimum(first + int(mm / step), hu.shape[1] - 1) for mm in KIDNEY_MM)
    beyond = (summed[np.arange(len(hu)), end] - summed[np.arange(len(hu)), start]) / np.maximum(end - start, 1)
    found &= (depths[first] < DEEP_MM) | (beyond < KIDNEY_HU)
    level = np.clip((peak + SOFT_HU) / 2, RIB_HU, 400)
    for _ in range(3):
        lower = (hu[rows, last] < level) & (last > first)
        last = np.where(lower, last - 1, last)
    after = np.minimum(last + 1, hu.shape[1] - 1)
    inside, outside = hu[rows, last], hu[rows, after]
    part = np.clip((inside - level) / np.maximum(inside - outside, 1.0), 0, 1)
    return depths[first], depths[last] + part * step, found & bounded & ((last - first) * step >= 1)


def cartilage_surfaces(hu: Floats, depths: Floats, level_hu: float) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Depth (mm) of the outer and inner surface of costal cartilage, on each row of `hu` (K, D), and where there is some.

    Cartilage is brighter than muscle, 3 to 17 mm thick, and ends in something darker: what goes on inward is liver or bowel.
    """
    step = float(depths[1] - depths[0])
    smooth = ndi.gaussian_filter(np.minimum(hu, level_hu + 60.0), (1.5, 1.0 / step), mode=("wrap", "nearest"))
    bright = (smooth > level_hu) & (depths > 1.0)[None, :]
    first = bright.argmax(1)
    rows = np.arange(len(hu))
    ends = (~bright) & (np.arange(hu.shape[1])[None, :] > first[:, None])
    last = np.where(ends.any(1), ends.argmax(1), hu.shape[1] - 1)
    thick = (last - first) * step
    total = np.cumsum(np.pad(smooth, ((0, 0), (1, 0))), 1)
    own = (total[rows, last] - total[rows, first]) / np.maximum(last - first, 1)
    behind = smooth[rows, np.minimum(last + int(3 / step), hu.shape[1] - 1)]
    inside = np.cumsum(np.pad(hu > RIB_HU, ((0, 0), (1, 0))), 1)
    hard = (inside[rows, last] - inside[rows, first]) * step / np.maximum(thick, step)
    found = bright.any(1) & (hard < 0.4) & (thick >= 3) & (thick <= 17) & (depths[first] < 25) & (own > level_hu + 6) & (behind < own - 25)
    return depths[first], depths[last] - step / 2, found


def ring_dilated(mask: npt.NDArray[np.bool_], reach: int) -> npt.NDArray[np.bool_]:
    """`mask` (K,) of a ring of rays, grown by `reach` rays on both sides."""
    result: npt.NDArray[np.bool_] = ndi.maximum_filter1d(mask, 2 * reach + 1, mode="wrap")
    return result


def ring_opened(mask: npt.NDArray[np.bool_], reach: int) -> npt.NDArray[np.bool_]:
    """`mask` (K,) of a ring of rays without stretches of `2 * reach` rays or fewer."""
    return ring_dilated(~ring_dilated(~mask, reach), reach)


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


def local_fit(
    values: Floats, weight: Floats, dz: Floats, sigma_rays: float = LOCAL_RAYS, sigma_z: float = LOCAL_Z_MM
) -> tuple[Floats, Floats]:
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
