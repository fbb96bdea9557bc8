"""Where a draft is weakly supported, in pixels and in plain words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from napari_t12_bodycomp.analysis.body import Trunk
from napari_t12_bodycomp.analysis.polar import Rays

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

BAND_MM = 4.0
WEAK_BELIEF, WEAK_EDGE = 0.35, 0.2
MIRROR_MM, MIRROR_RATIO = 12.0, 1.8
SHORTEST_STRETCH = 4
"""Rays; a doubt that is shorter is not worth a look."""
CUT_MM = 8.0
FEWEST_RIBS = 0.3
"""Share of the wall. At T12 the ribs within 3 cm support 0.7 to 0.9 of it, at L2 about half."""


@dataclass(frozen=True, slots=True, eq=False)
class Doubts:
    """The contours with what supports them, all (K,) per ray: radii in mm, belief and edge as in `analysis.walls`."""

    rays: Rays
    skin_mm: Floats
    fascia_mm: Floats
    inner_mm: Floats
    belief: Floats
    edge: Floats

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
    def lopsided(self) -> Mask:
        """Wall clearly thicker than on the other side."""
        thick = self.fascia_mm - self.inner_mm
        mirror = (len(thick) // 2 - np.arange(len(thick))) % len(thick)
        other = ndi.median_filter(thick[mirror], 9, mode="wrap")
        return _stretches((thick > MIRROR_RATIO * other) & (thick > other + MIRROR_MM) & ~self._spine)

    @property
    def at_skin(self) -> Mask:
        """Muscle that touches the skin."""
        return _stretches(self.skin_mm - self.fascia_mm < 0.6)

    def mask(self, shape: tuple[int, int]) -> Mask:
        """Pixels (Y, X) near a doubtful stretch."""
        result = np.zeros(shape, bool)
        offsets = np.arange(-BAND_MM, BAND_MM + 0.25, 0.5)
        for rays, radius in ((self.unsupported | self.lopsided, self.inner_mm), (self.at_skin, self.fascia_mm)):
            for offset in offsets if rays.any() else ():
                points = self.rays.points_px(radius + offset)
                points = np.concatenate([points[rays], ((points + np.roll(points, -1, 0)) / 2)[rays]])
                rows, cols = np.rint(points).astype(np.intp).T
                inside = (rows >= 0) & (rows < shape[0]) & (cols >= 0) & (cols < shape[1])
                result[rows[inside], cols[inside]] = True
        closed: Mask = ndi.binary_closing(np.pad(result, 2), iterations=2)[2:-2, 2:-2]
        return closed

    def notes(self, canal_seen: bool) -> tuple[str, ...]:
        """The doubts in words."""
        notes = []
        if not canal_seen:
            notes.append("The spinal canal was not seen: check the inner wall beside the spine.")
        for rays, words in (
            (self.unsupported, "Neither a rib nor an edge shows where the inner wall runs {}: check it."),
            (self.lopsided, "The wall is much thicker {} than on the other side: organs may be counted as muscle."),
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
