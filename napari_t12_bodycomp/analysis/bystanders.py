"""Lean tissue under the skin that is no muscle: breast gland, bowel in a hernia or stoma, strands of water in the fat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from napari_t12_bodycomp.analysis.bone import disk, opened
from napari_t12_bodycomp.analysis.distance import near
from napari_t12_bodycomp.analysis.polar import Rays, filled
from napari_t12_bodycomp.analysis.walls import find_fascia

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

STRAND_BAND_MM, STRAND_MM, STRANDED_SHARE = (4.0, 12.0), 1.8, 0.06
KNOT_MM, KNOT_MM2 = 2.0, 200.0
"""Strands of oedema are thin and lie close under the skin; a muscle there is thicker, and seldom there at all. Knots where they
meet are small."""
GLAND_MM2, LINK_MM, GAP_MM, FRONT_SHARE, SUPPORTED = 40.0, 2.0, 4.0, 0.7, 0.75
"""A gland, or a fold of skin, lies apart from the body wall and, all of it, at least 4 mm outside; a rectus that hangs apart lies on the wall's own curve."""
BAY_MM, BAY_STEP_MM = 16.0, 3.0
GAS_HU, GAS_MM2, CURVE_MM, BOWEL_WALL_MM = -300, 25.0, 120.0, 6.0
"""Gas outside the wall's curve, a median over 12 cm of it, with what lies within 6 mm of it as its wall."""


@dataclass(frozen=True, slots=True, eq=False)
class Bystanders:
    """`lean` is the lean tissue (Y, X) that is left to the body wall; the gas outside it in cm2."""

    lean: Floats
    gas_cm2: float = 0.0
    is_stranded: bool = False


def without_bystanders(
    lean: Floats, hu: npt.NDArray[np.int16], body: Mask, depth_mm: Floats, skin_mm: Floats, rays: Rays
) -> tuple[Bystanders, Floats]:
    """Take out of `lean` (Y, X) what is no muscle though it lies under the skin; the fascia (K,) about what is left comes with it.

    `depth_mm` is the distance (Y, X) from the skin's surface, `skin_mm` (K,) the skin's radius on each ray.
    """
    pixel_cm2 = rays.spacing_mm[0] * rays.spacing_mm[1] / 100
    strands = _strands(lean, body, depth_mm, rays.spacing_mm)
    if strands is not None:
        lean = np.where(strands, 0.0, lean)
    fascia = find_fascia(lean, skin_mm, rays)
    outside = _bowel_outside(lean, hu, body, fascia, rays)
    if outside.any():
        lean = np.where(outside, 0.0, lean)
        fascia = find_fascia(lean, skin_mm, rays)
    gland = _gland(lean, skin_mm, rays)
    if gland.any():
        lean = np.where(gland, 0.0, lean)
        fascia = find_fascia(lean, skin_mm, rays)
    gas_cm2 = float((outside & (hu < GAS_HU)).sum()) * pixel_cm2
    return Bystanders(lean, gas_cm2, strands is not None), fascia


def _strands(lean: Floats, body: Mask, depth_mm: Floats, spacing_mm: tuple[float, float]) -> Mask | None:
    """Thin lean strands (Y, X) where the fat under the skin is full of them, None where it is not."""
    band = body & (depth_mm > STRAND_BAND_MM[0]) & (depth_mm < STRAND_BAND_MM[1])
    firm = lean > 0.3
    thin = firm & ~opened(firm, spacing_mm, STRAND_MM)
    if (thin & band).sum() < STRANDED_SHARE * band.sum():
        return None
    labels, count = ndi.label(opened(lean > 0.5, spacing_mm, KNOT_MM))
    large = np.bincount(labels.ravel(), minlength=count + 1) * spacing_mm[0] * spacing_mm[1] > KNOT_MM2
    large[0] = False
    strands: Mask = (lean > 0) & ~ndi.binary_dilation(large[labels])
    return strands


def _bowel_outside(lean: Floats, hu: npt.NDArray[np.int16], body: Mask, fascia_mm: Floats, rays: Rays) -> Mask:
    """Gas in front, outside the body wall, with what lies close around it (Y, X). Behind and below, air is caught between folds of skin."""
    none = np.zeros(body.shape, bool)
    labels, count = ndi.label(hu < GAS_HU)
    size = np.bincount(labels.ravel(), minlength=count + 1)
    kept = size * rays.spacing_mm[0] * rays.spacing_mm[1] > GAS_MM2
    kept[np.concatenate([[0], labels[0], labels[-1], labels[:, 0], labels[:, -1]])] = False
    if not kept.any():
        return none
    step_mm = float(np.median(np.hypot(*np.diff(rays.points_mm(fascia_mm), axis=0).T)))
    curve = ndi.median_filter(fascia_mm, 2 * int(CURVE_MM / 2 / max(step_mm, 0.5)) + 1, mode="wrap")
    in_front = np.arange(body.shape[0])[:, None] * rays.spacing_mm[0] < rays.foot_mm[0, 0]
    beyond = ~filled(rays.points_px(curve), body.shape) & in_front
    kept &= np.bincount(labels[beyond], minlength=count + 1) > 0.5 * size
    if not kept.any():
        return none
    whole = without_bays(body, rays.spacing_mm)
    kept &= np.bincount(labels[beyond & whole], minlength=count + 1) > 0.5 * size
    if not kept.any():
        return none
    around = near(kept[labels], rays.spacing_mm, BOWEL_WALL_MM)
    outside = ~filled(rays.points_px(curve - 1), body.shape) & whole
    return _with_what_hangs_on((around & outside) | kept[labels], lean, outside)


def _with_what_hangs_on(bowel: Mask, lean: Floats, outside: Mask) -> Mask:
    """`bowel` (Y, X) with the lean pieces `outside` the wall's curve that it alone joins to the wall, such as a stoma's rim at the skin."""
    labels, count = ndi.label((lean > 0) & ~bowel)
    hanging = np.zeros(count + 1, bool)
    hanging[labels[ndi.binary_dilation(bowel)]] = True
    hanging &= np.bincount(labels[outside], minlength=count + 1) > 0.9 * np.bincount(labels.ravel(), minlength=count + 1)
    hanging[0] = False
    result: Mask = bowel | hanging[labels]
    return result


def without_bays(body: Mask, spacing_mm: tuple[float, float]) -> Mask:
    """`body` (Y, X) with what gas or streaks close under the skin broke out of its outline; dents of up to about 3 cm are closed."""
    step = [max(1, round(BAY_STEP_MM / s)) for s in spacing_mm]
    coarse_mm = [step[0] * spacing_mm[0], step[1] * spacing_mm[1]]
    edge = int(BAY_MM / min(coarse_mm)) + 2
    coarse = np.pad(body[:: step[0], :: step[1]], edge)
    grown = ndi.distance_transform_edt(~coarse, sampling=coarse_mm) <= BAY_MM
    closed = (ndi.distance_transform_edt(grown, sampling=coarse_mm) > BAY_MM)[edge:-edge, edge:-edge]
    whole: Mask = np.repeat(np.repeat(closed, step[0], 0), step[1], 1)[: body.shape[0], : body.shape[1]]
    return whole | body


def _gland(lean: Floats, skin_mm: Floats, rays: Rays) -> Mask:
    """Lean lumps in front (Y, X) that lie clear of the body wall."""
    spacing = rays.spacing_mm
    firm = lean > 0.5
    none = np.zeros(lean.shape, bool)
    front = none.copy()
    front[: int(rays.foot_mm[0, 0] / spacing[0])] = True
    pieces, _ = ndi.label(firm)
    sizes = np.bincount(pieces.ravel())
    sizes[[0, int(sizes[1:].argmax()) + 1] if len(sizes) > 1 else [0]] = 0
    if sizes.max() * spacing[0] * spacing[1] < GLAND_MM2 / 4:
        return none
    linked, count = ndi.label(ndi.binary_closing(firm, disk(spacing, max(LINK_MM, 1.5 * max(spacing)))) | firm)
    size = np.bincount(linked.ravel(), minlength=count + 1) * spacing[0] * spacing[1]
    size[0] = 0
    candidates = size > GLAND_MM2
    candidates[[0, int(size.argmax())]] = False
    candidates &= np.bincount(linked[front], minlength=count + 1) > FRONT_SHARE * np.bincount(linked.ravel(), minlength=count + 1)
    if not candidates.any():
        return none
    around: Mask = candidates[linked]
    rest = np.where(around, 0.0, lean)
    fascia = find_fascia(rest, skin_mm, rays)
    if not _stands_on(rest, fascia, rays, around, skin_mm):
        return none
    clear = ~filled(rays.points_px(fascia + GAP_MM), lean.shape)
    outside = np.bincount(linked[clear & firm], minlength=count + 1) / np.maximum(np.bincount(linked[firm], minlength=count + 1), 1)
    glands: Mask = (candidates & (outside > 0.9))[linked]
    return ndi.binary_dilation(glands) & ~(firm & ~glands) if glands.any() else none


def _stands_on(lean: Floats, fascia_mm: Floats, rays: Rays, lumps: Mask, skin_mm: Floats) -> bool:
    """Whether the fascia (K,) under `lumps` (Y, X) lies on muscle: without a wall that was a lump itself it would hang over the cavity."""
    radius = np.arange(0.0, float(skin_mm.max()), 1.5)
    under = (rays.sample(lumps, radius, outside=0) > 0.5).any(1)
    support = rays.sample(lean, fascia_mm[:, None] - np.arange(0.5, 4.1, 0.5)[None, :], outside=0).mean(1) > 0.5
    return bool(under.any() and support[under].mean() > SUPPORTED)
