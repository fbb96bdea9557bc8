"""Where a draft is weakly supported, in pixels and in plain words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from napari_t12_bodycomp.analysis.body import Trunk
from napari_t12_bodycomp.analysis.bone import Bones, disk
from napari_t12_bodycomp.analysis.polar import Rays, filled

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

BAND_MM = 5.0
LOOSE_MM = 2.0
"""An edge of 2 mm leaves the inner wall this much play; what can move further at little cost may lie elsewhere."""
WEAK_BELIEF, WEAK_EDGE = 0.35, 0.2
MIRROR_MM, MIRROR_RATIO = 12.0, 1.8
DEEP_MM, FRONT = 25.0, -0.4
"""In front a wall thicker than this holds more than muscle."""
THIN_RATIO, THIN_MM, NEIGHBOUR_RAYS = 0.4, 4.0, 25
GAS_HU, GAS_SAMPLE_MM = -300, 1.0
HAZE_MM, HAZE_SHARE = (0.5, 3.0), 2 / 3
OUTLINE_MM = 3.0
"""Cartilage and the arch of the vertebra, cut obliquely by a slice of 5 mm, blur into muscle over about this far."""
SHORTEST_STRETCH = 4
"""Rays; a doubt that is shorter is not worth a look."""
BEYOND_MM, STAKE_SHARE = 4.0, 0.04
"""In front the rectus and the transversus lie up to about so far inside the line of the ribs; liver, stomach and bowel lie there too. Where more than
this share of the muscle area may be theirs, the number is in doubt: at the levels of the chest published tools are off by 3.6% (median)."""
CUT_MM = 8.0
FEWEST_RIBS = 0.3
"""Share of the wall. At T12 the ribs within 3 cm support 0.7 to 0.9 of it, at L2 about half."""


@dataclass(frozen=True, slots=True, eq=False)
class Doubts:
    """The contours with what supports them, all (K,) per ray: radii and play in mm, belief and edge as in `analysis.inner_wall`.

    `expected_mm` is the radius at which the ribs, or straight lines between them, would have the inner wall.
    """

    rays: Rays
    skin_mm: Floats
    fascia_mm: Floats
    inner_mm: Floats
    belief: Floats
    edge: Floats
    play_mm: Floats
    hu: npt.NDArray[np.int16]
    expected_mm: Floats

    @property
    def thickness_mm(self) -> Floats:
        return self.fascia_mm - self.inner_mm

    @property
    def _spine(self) -> Mask:
        """Rays that cross the spine, where the inner wall is not a contour of muscle."""
        middle = self.rays.foot_mm[:, 1].mean()
        columns = self.rays.points_mm(self.inner_mm)[:, 1]
        spine: Mask = (self.rays.direction[:, 0] > 0.3) & (np.abs(columns - middle) < 30)
        return spine

    @property
    def unsupported(self) -> Mask:
        """Inner wall without rib and without edge."""
        return _stretches((self.belief < WEAK_BELIEF) & (self.edge < WEAK_EDGE) & ~self._spine)

    @property
    def loose(self) -> Mask:
        """Inner wall that would fit nearly as well elsewhere: no clear edge, or two."""
        return _stretches((self.play_mm > LOOSE_MM) & ~self._spine)

    @property
    def lopsided(self) -> Mask:
        """Wall clearly thicker than on the other side."""
        thick = self.thickness_mm
        mirror = (len(thick) // 2 - np.arange(len(thick))) % len(thick)
        other = ndi.median_filter(thick[mirror], 9, mode="wrap")
        return _stretches((thick > MIRROR_RATIO * other) & (thick > other + MIRROR_MM) & ~self._spine)

    @property
    def deep(self) -> Mask:
        """Wall in front thicker than muscle and cartilage can be."""
        return _stretches((self.thickness_mm > DEEP_MM) & (self.rays.direction[:, 0] < FRONT))

    @property
    def beyond(self) -> Mask:
        """Inner wall in front clearly further in than the ribs would have it: an organ that touches the wall may have been taken for muscle."""
        if (self.belief > WEAK_BELIEF).mean() < FEWEST_RIBS:
            return np.zeros(len(self.rays), bool)
        return _stretches((self.expected_mm - self.inner_mm > BEYOND_MM) & (self.rays.direction[:, 0] < FRONT))

    @property
    def at_stake_cm2(self) -> float:
        """Area (cm2) that may belong to the wall or to an organ: where nothing shows its end, and where it ends beyond the line of the ribs."""
        points = self.rays.points_mm(self.inner_mm)
        along_mm = np.hypot(*(np.roll(points, -1, 0) - np.roll(points, 1, 0)).T) / 2
        deep_mm = np.where(self.unsupported, self.play_mm, 0.0)
        deep_mm += np.where(self.beyond, self.expected_mm - self.inner_mm - BEYOND_MM, 0.0)
        return float(along_mm @ deep_mm) / 100

    def flags(self, muscle_cm2: float) -> list[tuple[str, str]]:
        """Code and sentence where the inner wall leaves much of the muscle area `muscle_cm2` in doubt."""
        at_stake = self.at_stake_cm2
        if at_stake <= STAKE_SHARE * muscle_cm2:
            return []
        sentence = (
            f"{at_stake:.0f} cm2 along the inner contour may be muscle or an organ that touches the wall: liver, stomach or bowel as bright as muscle "
            "show no border, or a false one. Check the inner contour, in front above all."
        )
        return [("organ_at_wall", sentence)]

    @property
    def thin(self) -> Mask:
        """Wall much thinner than on both sides of it, but for the midline in front, where only a tendon lies."""
        thick = self.thickness_mm
        around: Floats = ndi.median_filter(thick, 2 * NEIGHBOUR_RAYS + 1, mode="wrap")
        tendon = (self.rays.direction[:, 0] < 0) & (np.abs(self.rays.direction[:, 1]) < 0.15)
        return _stretches((thick < THIN_RATIO * around) & (thick < around - THIN_MM) & ~tendon & ~self._spine)

    @property
    def gassy(self) -> Mask:
        """Wall with gas in it: lung or bowel, or gas under the skin."""
        share = np.arange(0.1, 0.95, 0.1)
        radius = self.inner_mm[:, None] + GAS_SAMPLE_MM + share * np.maximum(self.thickness_mm - 2 * GAS_SAMPLE_MM, 0)[:, None]
        return _stretches(self.rays.sample(self.hu, radius).min(axis=1) < GAS_HU)

    @property
    def hazy(self) -> Mask:
        """Outer contour along which muscle and fat differ by clearly less than elsewhere."""
        beside = np.arange(*HAZE_MM, 0.5)
        inside = self.rays.sample(self.hu, self.fascia_mm[:, None] - beside).mean(axis=1)
        outside = self.rays.sample(self.hu, self.fascia_mm[:, None] + beside).mean(axis=1)
        step: Floats = ndi.gaussian_filter1d(inside - outside, 2.0, mode="wrap")
        return _stretches(step < HAZE_SHARE * np.median(step))

    @property
    def at_skin(self) -> Mask:
        """Muscle that touches the skin."""
        return _stretches(self.skin_mm - self.fascia_mm < 0.6)

    def mask(self, regions: npt.NDArray[np.uint8], bones: Bones) -> Mask:
        """Pixels (Y, X) near a doubtful stretch of the two contours, or of the outline of cartilage or the vertebral arch."""
        inner = self.loose | self.unsupported | self.lopsided | self.deep | self.beyond | self.thin | self.gassy
        result = self._band(inner, self.inner_mm, regions.shape)
        result |= self._band(self.at_skin | self.hazy | self.gassy | self.deep, self.fascia_mm, regions.shape)
        return result | self._outlines(regions, bones)

    def _band(self, rays: Mask, radius_mm: Floats, shape: tuple[int, ...]) -> Mask:
        """Pixels (Y, X) within `BAND_MM` of `radius_mm` on `rays` (K,)."""
        result = np.zeros(shape, bool)
        if not rays.any():
            return result
        steps = radius_mm[:, None] + np.arange(-BAND_MM, BAND_MM + 0.25, 0.5)[None, :]
        points = self.rays.foot_mm[:, None] + steps[..., None] * self.rays.direction[:, None]
        between = (points + np.roll(points, -1, 0)) / 2
        marked = np.concatenate([points[rays], between[rays & np.roll(rays, -1)]]) / np.array(self.rays.spacing_mm)
        rows, cols = np.rint(marked.reshape(-1, 2)).astype(np.intp).T
        inside = (rows >= 0) & (rows < shape[0]) & (cols >= 0) & (cols < shape[1])
        result[rows[inside], cols[inside]] = True
        closed: Mask = ndi.binary_closing(np.pad(result, 2), iterations=2)[2:-2, 2:-2]
        return closed

    def _outlines(self, regions: npt.NDArray[np.uint8], bones: Bones) -> Mask:
        """Pixels (Y, X) along costal cartilage and along the arch of the vertebra."""
        shape = (regions.shape[0], regions.shape[1])
        wall = filled(self.rays.points_px(self.fascia_mm), shape) & ~filled(self.rays.points_px(self.inner_mm), shape)
        soft = wall & (regions == 0) & ~bones.mask
        arch = bones.vertebra.copy()
        arch[: int(bones.canal_px[0])] = False
        ball = disk(self.rays.spacing_mm, OUTLINE_MM)
        outline: Mask = ndi.binary_dilation(soft | arch, ball) & ~ndi.binary_erosion(arch, ball)
        return outline

    def notes(self, canal_seen: bool) -> tuple[str, ...]:
        """The doubts in words."""
        notes = []
        if not canal_seen:
            notes.append("The spinal canal was not seen: check the inner wall beside the spine.")
        for rays, words in (
            (self.unsupported, "Neither a rib nor an edge shows where the inner wall runs {}: check it."),
            (self.lopsided, "The wall is much thicker {} than on the other side: organs may be counted as muscle."),
            (self.deep & ~self.lopsided, "The wall is thicker {} than muscle can be: organs may be counted as muscle."),
            (self.thin, "The wall is much thinner {} than beside it: muscle may be left out."),
            (self.gassy, "There is gas in the wall {}: lung or bowel may be counted as wall."),
            (self.at_skin, "Muscle touches the skin {}: check the outer contour."),
        ):
            if rays.any():
                notes.append(words.format(self._where(rays)))
        return tuple(notes)

    def _where(self, rays: Mask) -> str:
        """Sides of the body that `rays` point to."""
        down, left = self.rays.direction.T
        sides = {
            "in front": rays & (down < -0.7),
            "on the left": rays & (np.abs(down) <= 0.7) & (left > 0),
            "on the right": rays & (np.abs(down) <= 0.7) & (left < 0),
            "behind": rays & (down > 0.7),
        }
        names = [name for name, here in sides.items() if here.sum() >= 0.2 * rays.sum()]
        return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def _stretches(rays: Mask) -> Mask:
    """`rays` (K,) without stretches that are too short, around the ring."""
    kept: Mask = ndi.binary_opening(np.concatenate([rays, rays, rays]), np.ones(SHORTEST_STRETCH))[len(rays) : 2 * len(rays)]
    return kept


def scan_flags(trunk: Trunk, spacing_mm: tuple[float, float], rib_share: float) -> list[tuple[str, str]]:
    """Code and sentence of what the draft met on the slice; `rib_share` is the share of rays that ribs or lung support."""
    flags = []
    cut_mm = float(trunk.cut.sum()) * float(np.mean(spacing_mm))
    if cut_mm > CUT_MM:
        flags.append(("fov_truncated", f"The field of view cuts the body over about {cut_mm / 10:.0f} cm: areas read too small."))
    if trunk.arms_removed:
        arms = "An arm lies beside the trunk and was" if trunk.arms_removed == 1 else "Arms lie beside the trunk and were"
        flags.append(("arms_in_view", f"{arms} left out of the regions: check the side, and expect streaks."))
    if rib_share < FEWEST_RIBS:
        flags.append(
            ("ribs_not_seen", "Too few ribs were seen to carry the inner wall: is this slice at T12? Check the whole inner contour.")
        )
    return flags
