"""The inner contour of the body wall, around the cavity: carried by the ribs, drawn by edges."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from napari_t12_bodycomp.analysis.polar import Rays, path_margins
from napari_t12_bodycomp.analysis.ribcage import SPINE_MM, RibCage
from napari_t12_bodycomp.analysis.walls import FAT_HU, LEAN_HU, STEP_MM

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

THICKEST_FRONT_MM = 22.0
GAS_HU = -400
GAP_BELIEF, BACK_BELIEF = 0.25, 0.4
"""How far the prior is believed (0 to 1) between the ribs in front and beside the spine, where no rib carries it."""
PRIOR_COST, EDGE_COST, THIN_WALL_COST, FRONT_EDGE = 0.5, 1.0, 2.0, 2.0
"""Weights of the inner wall: being 3 mm off a fully believed prior costs half of what an edge from muscle to fat earns. In front a wall
thinner than the prior costs more, a thicker one less, and edges count more where no rib is: the rectus and the transversus lie inside
the costal cartilage, and nothing but fat behind them shows where they end."""
FRONT_FREEDOM = 0.8
BROAD_SHARE, BROAD_MM, SEAM_MM, EDGE_DEAD_HU = 0.4, 4.0, 2.0, 20.0
"""Edges are measured over 3 mm of wall against 4 mm inward, or against 2 mm where these are darker, and over 1.5 mm on both sides; less than 20 HU
is noise. In the lean the fat between wall and organ is but a seam: 4 mm would see the organ behind it from anywhere near."""
RIB_SLACK_MM = 2.0
INTERCOSTAL_MM, BOWED_FROM = 60.0, -0.7
LINING_MM = 0.5
"""Pleura and endothoracic fascia line the ribs from inside; between two ribs the wall keeps as much outside the ribs' inner surface."""
ORGAN_MM = (8.0, 17.0)
"""How far inside the expected wall an organ that touches it is looked at."""
ORGAN_HU, ORGAN_SPREAD_HU = (35.0, 220.0), 50.0
ORGAN_CONTRAST_HU = 25.0
"""Intercostal muscle, thin and with fat between its sheets, reads at least this much darker than liver or spleen beside it."""
DIAPHRAGM_MM = 2.0
"""Between the wall and liver or spleen lies the diaphragm, which reads like muscle but belongs to the cavity."""
ORGAN_COST, MOST_ORGAN_MM, ORGAN_RAYS = 0.3, 8.0, 25
EQUAL_COST, PLAY_COST = 0.5, 2.0
"""Walls whose cost differs by less than the first are equally good; the second is what moving the wall off a clear edge costs at least."""
POCKET_FROM, POCKET_HU, POCKET_MM = -0.7, (-150.0, -50.0), 8.0
"""In front, where nothing but the transversus lines the wall, fat pockets are looked for; muscle further in than this belongs to bowel."""
POCKET_COST, POCKET_FAT, MOST_POCKET_MM = 0.3, 0.3, 6.0
FAT_SEAM_MM, THICKEST_SHEET_MM, THICK_COST = 2.0, 7.0, 0.5
"""What lies behind a seam of fat and is thicker than the transversus can be belongs to the cavity; cost of each mm of it in the wall."""
AFLOAT_MM, FAT_DECIDES = (-3.0, 4.0), 0.1
"""Where the expected wall lies amid fat or has fat inside it, the fat and not the prior tells how thin the wall is."""


def inner_prior(rays: Rays, fascia_mm: Floats, cage: RibCage, canal_px: tuple[float, float]) -> tuple[Floats, Floats]:
    """Where the inner wall should be (K,), and how strongly that is believed (0 to 1).

    The ribs' inner surface where ribs support it; straight chords between supported ends; behind, chords from the canal to the first rib.
    """
    support = cage.support.copy()
    radius = np.where(support > 0.2, cage.inner_mm, np.nan)
    radius = _bowed(rays, radius, cage.own_inner_mm)
    canal = np.array([canal_px[0] * rays.spacing_mm[0], canal_px[1] * rays.spacing_mm[1]])
    known = np.isfinite(radius)
    points = rays.points_mm(np.where(known, radius, fascia_mm))
    belief = np.where(known, support, 0.0)
    side = points[:, 1] - canal[1]
    behind = rays.direction[:, 0] > 0
    near = behind & (np.abs(side) < SPINE_MM - 2)
    known &= ~near
    count = len(rays)
    bowed = np.clip(cage.inner_mm, fascia_mm - 18, fascia_mm - 4)
    if not known.any():
        return bowed, np.full(count, GAP_BELIEF)
    for start, end in gaps(known):
        here = np.arange(start + 1, end) % count
        a, b = points[start % count], points[end % count]
        back = rays.direction[here, 0].mean() > 0.5 and (a[1] - canal[1]) * (b[1] - canal[1]) < 0
        if back:
            chord = _by_canal(rays, here, a, b, canal)
            belief[here] = BACK_BELIEF
        else:
            line = np.full(count, np.nan)
            line[here] = rays.crossing(a, b)[here]
            chord = (line[here] + bowed[here]) / 2
            belief[here] = GAP_BELIEF
        limit = fascia_mm[here] - 3
        radius[here] = np.where(np.isfinite(chord), np.minimum(chord, limit), limit - 7)
    in_front = rays.direction[:, 0] < -0.4
    radius = np.where(in_front, np.maximum(radius, fascia_mm - THICKEST_FRONT_MM), radius)
    lined = ndi.gaussian_filter1d(
        np.where(support > 0.2, np.where(np.isfinite(cage.own_inner_mm), -LINING_MM, LINING_MM), 0.0), 1.5, mode="wrap"
    )
    return np.minimum(radius + lined, fascia_mm - 1), belief


def _bowed(rays: Rays, radius_mm: Floats, own_inner_mm: Floats) -> Floats:
    """`radius_mm` (K,) with the wall between two ribs of this slice bowed outward: halfway to a line that follows the trunk's own curve."""
    own = np.isfinite(own_inner_mm)
    result, count = radius_mm.copy(), len(rays)
    points = rays.points_mm(np.where(own, own_inner_mm, 0.0))
    for start, end in gaps(own):
        here = np.arange(start + 1, end) % count
        a, b = start % count, end % count
        if np.hypot(*(points[a] - points[b])) > INTERCOSTAL_MM or rays.direction[here, 0].min() < BOWED_FROM:
            continue
        curve = np.interp(np.arange(start + 1, end), (start, end), (own_inner_mm[a], own_inner_mm[b]))
        result[here] = np.where(curve > radius_mm[here], (curve + radius_mm[here]) / 2, radius_mm[here])
    return result


def _by_canal(rays: Rays, here: npt.NDArray[np.intp], a: Floats, b: Floats, canal: Floats) -> Floats:
    """Chords from one rib to the pedicle of its side, through the canal, and on to the other rib."""
    right, left = (a, b) if a[1] < b[1] else (b, a)
    pedicles = canal + np.array([-4.0, -20.0]), canal + np.array([-4.0, 20.0])
    result = np.full(len(here), np.nan)
    for start, end in ((right, pedicles[0]), (pedicles[0], pedicles[1]), (pedicles[1], left)):
        radius = rays.crossing(start, end)[here]
        column = rays.foot_mm[here, 1] + radius * rays.direction[here, 1]
        within = (column >= start[1] - 0.5) & (column <= end[1] + 0.5)
        result = np.where(within & np.isnan(result), radius, result)
    return result


def gaps(known: Mask) -> list[tuple[int, int]]:
    """Pairs of indices (last known before, first known after) of each unknown stretch of a ring; indices may exceed the ring's length."""
    count = len(known)
    if not known.any():
        return []
    places = np.flatnonzero(known)
    following = np.append(places[1:], places[0] + count)
    return [(int(a), int(b)) for a, b in zip(places, following, strict=True) if b - a > 1]


def find_inner_wall(
    hu: npt.NDArray[np.int16],
    rays: Rays,
    fascia_mm: Floats,
    prior_mm: Floats,
    belief: Floats,
    rib_inner_mm: Floats,
    muscle_hu: float,
) -> tuple[Floats, Floats, Floats]:
    """Radius (K,) of the inner wall, how clear the edge there is (0 none, 1 muscle against fat, more against gas), and its play (mm).

    The wall lies near the prior, on an edge from wall to fat or gas or outside an organ brighter than muscle, not outside a rib of this slice.

    Of walls that cost about the same the mean is taken; the play is how far the wall can move on its ray at little cost.

    `rib_inner_mm` (K,) is where this slice's own ribs end inward, NaN where there is none.
    """
    offsets = np.arange(-16.0, 19.0 + STEP_MM, STEP_MM)
    radius = prior_mm[:, None] + offsets[None, :]
    pad = 4.0
    wide = np.arange(offsets[0] - pad, offsets[-1] + pad + STEP_MM, STEP_MM)
    raw = rays.sample(hu, prior_mm[:, None] + wide[None, :])
    values = ndi.gaussian_filter1d(np.clip(raw, -110, 90) - 150 * (raw < GAS_HU), 1.0, axis=0, mode="wrap")
    total = np.pad(np.cumsum(values, 1), ((0, 0), (1, 0)))
    at = np.arange(len(offsets)) + int(pad / STEP_MM)

    def box(start: int, stop: int) -> Floats:
        mean: Floats = (total[:, at + stop] - total[:, at + start]) / (stop - start)
        return mean

    broad = box(0, 6) - np.minimum(box(-int(BROAD_MM / STEP_MM), 0), box(-int(SEAM_MM / STEP_MM), 0))
    narrow = box(0, 3) - box(-3, 0)
    edge = np.clip(BROAD_SHARE * broad + (1 - BROAD_SHARE) * narrow - EDGE_DEAD_HU, 0, 220) / 100
    front = np.clip(-rays.direction[:, :1] * 2, 0, 1)
    off = np.minimum((offsets[None, :] / 3.0) ** 2, 9.0)
    thin_wall = np.where(offsets[None, :] > 0, 1 + THIN_WALL_COST * front, 1 - FRONT_FREEDOM * front)
    pocket = _fat_in_front(hu, rays, prior_mm, ORGAN_MM)
    afloat = _fat_in_front(hu, rays, prior_mm, AFLOAT_MM) | pocket
    thin_wall = np.where(afloat[:, None] & (offsets[None, :] > 0), FAT_DECIDES, thin_wall)
    cost = (
        off * thin_wall * (0.15 + 0.85 * belief[:, None]) * PRIOR_COST - EDGE_COST * (1 + FRONT_EDGE * front * (1 - belief[:, None])) * edge
    )
    cost += np.where(radius > fascia_mm[:, None] - 1.0, 50.0, 0.0)
    cost += np.maximum(np.nan_to_num(radius - rib_inner_mm[:, None]) - RIB_SLACK_MM, 0)
    cost += organ_cost(hu, rays, prior_mm, offsets, muscle_hu)
    cost += thick_cost(hu, rays, radius, fascia_mm)
    cost += np.where(pocket[:, None], pocket_cost(hu, rays, prior_mm, offsets), 0.0)
    margins = path_margins(cost, 0.15, 4)
    weight = np.exp(-margins / EQUAL_COST)
    path = margins.argmin(1)
    play = (margins < PLAY_COST).sum(1) * STEP_MM
    return prior_mm + (weight @ offsets) / weight.sum(1), edge[np.arange(len(path)), path], play


def _fat_in_front(hu: npt.NDArray[np.int16], rays: Rays, prior_mm: Floats, depth_mm: tuple[float, float]) -> Mask:
    """Rays (K,) in front on which fat lies at `depth_mm` (from, to) inside the expected wall."""
    deep: Floats = np.median(rays.sample(hu, prior_mm[:, None] - np.arange(*depth_mm, 1.0)[None, :]), axis=1)
    return (deep < POCKET_HU[1]) & (deep > POCKET_HU[0]) & (rays.direction[:, 0] < POCKET_FROM)


def pocket_cost(hu: npt.NDArray[np.int16], rays: Rays, prior_mm: Floats, offsets_mm: Floats) -> Floats:
    """What a wall at each of `offsets_mm` (R,) from the prior costs (K, R) where fat lies inside it.

    Counted are the mm of muscle left inside and, less, the mm of fat left in the wall: the transversus often runs behind a pocket of fat.
    """
    values = rays.sample(hu, prior_mm[:, None] + offsets_mm[None, :])
    values = ndi.gaussian_filter1d(np.clip(values, -110, 60), 1.0, axis=0, mode="wrap")
    lean = np.clip((values - FAT_HU) / (LEAN_HU - FAT_HU), 0, 1)
    left_inside = np.cumsum(np.where(offsets_mm > -POCKET_MM, lean, 0), 1)
    left_in_wall = np.cumsum(np.where(offsets_mm > -POCKET_MM, 1 - lean, 0)[:, ::-1], 1)[:, ::-1]
    wrong_mm = (left_inside + POCKET_FAT * left_in_wall) * STEP_MM
    wrong_mm = np.minimum(wrong_mm - wrong_mm.min(1, keepdims=True), MOST_POCKET_MM)
    cost: Floats = POCKET_COST * wrong_mm
    return cost


def thick_cost(hu: npt.NDArray[np.int16], rays: Rays, radius_mm: Floats, fascia_mm: Floats) -> Floats:
    """What a wall at each of `radius_mm` (K, R), rising outward, costs (K, R) for the mm of liver, bowel or stomach left in it.

    In front, lean tissue behind a seam of fat that is thicker than a sheet of muscle is none.
    """
    values = rays.sample(hu, radius_mm)
    values = ndi.gaussian_filter1d(np.clip(values, -110, 60), 1.0, axis=0, mode="wrap")
    lean = values > (FAT_HU + LEAN_HU) / 2
    seam = np.cumsum((~lean & (radius_mm < fascia_mm[:, None]))[:, ::-1], 1)[:, ::-1] * STEP_MM >= FAT_SEAM_MM
    run = np.zeros(lean.shape)
    for column in range(lean.shape[1]):
        before = run[:, column - 1] if column else np.zeros(len(lean))
        run[:, column] = np.where(lean[:, column], before + STEP_MM, 0.0)
    for column in range(lean.shape[1] - 2, -1, -1):
        run[:, column] = np.where(lean[:, column] & lean[:, column + 1], run[:, column + 1], run[:, column])
    thick = lean & seam & (run > THICKEST_SHEET_MM) & (rays.direction[:, :1] < POCKET_FROM)
    left_in_wall: Floats = np.cumsum(thick[:, ::-1], 1)[:, ::-1] * STEP_MM
    return THICK_COST * np.minimum(left_in_wall, MOST_ORGAN_MM)


def organ_cost(hu: npt.NDArray[np.int16], rays: Rays, prior_mm: Floats, offsets_mm: Floats, muscle_hu: float) -> Floats:
    """What a wall at each of `offsets_mm` (R,) from the prior costs (K, R) where an organ brighter than muscle touches it, else 0.

    Counted are the mm of organ left in the wall and the mm of wall left inside; the diaphragm lies between the two.
    """
    deep = rays.sample(hu, prior_mm[:, None] - np.arange(*ORGAN_MM, 1.0)[None, :])
    low, middle, high = np.percentile(deep, (25, 50, 75), axis=1)
    organ = ndi.median_filter(middle, ORGAN_RAYS, mode="wrap")
    even = (np.abs(middle - organ) < ORGAN_CONTRAST_HU) & (high - low < ORGAN_SPREAD_HU)
    here = even & (organ > max(ORGAN_HU[0], muscle_hu)) & (organ < ORGAN_HU[1])
    half = np.maximum(organ - muscle_hu, ORGAN_CONTRAST_HU)[:, None] / 2
    values = rays.sample(hu, prior_mm[:, None] - DIAPHRAGM_MM + offsets_mm[None, :])
    values = ndi.gaussian_filter1d(np.clip(values, -110, 250), 2.0, axis=0, mode="wrap")
    like_organ = np.where(values < 0, 0.0, np.clip((values - organ[:, None] + half) / half, -1, 1))
    left_in_wall = np.cumsum(np.maximum(like_organ, 0)[:, ::-1], 1)[:, ::-1]
    left_inside = np.cumsum(np.maximum(-like_organ, 0), 1)
    wrong_mm = (left_in_wall + left_inside) * STEP_MM
    wrong_mm = np.minimum(wrong_mm - wrong_mm.min(1, keepdims=True), MOST_ORGAN_MM)
    sure = np.clip((organ - muscle_hu) / 20.0, 0.3, 2.0)
    cost: Floats = np.where(here, ORGAN_COST * sure, 0.0)[:, None] * wrong_mm
    return cost
