"""The spine of one scan, straightened and cut into levels, and what every explanation of it means for a reader."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_t12_bodycomp.analysis import anatomy
from napari_t12_bodycomp.analysis.anatomy import Kind
from napari_t12_bodycomp.analysis.endplates import BODY_V_MM, Disc, find_discs
from napari_t12_bodycomp.analysis.geometry import STEP_MM, Coarse, Points, Straight, coarse_grid, straighten
from napari_t12_bodycomp.analysis.labelling import Explanation, Seen, numbers_of, observe
from napari_t12_bodycomp.analysis.ribs import Track, axial_twist, find_tracks
from napari_t12_bodycomp.analysis.spine import find_canal
from napari_t12_bodycomp.analysis.vertebrae import Level, find_levels, pedicle_profile
from napari_t12_bodycomp.model.level import RibHint, Vertebra
from napari_t12_bodycomp.model.progress import Progress
from napari_t12_bodycomp.model.volume import CTVolume

MIN_LEVELS = 3
MIN_TWIST = 0.045
"""Radians (2.6 degrees): smaller turns do not change what is seen."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """The spine of one scan: straightened, cut into levels (caudal to cranial), and what is seen beside them."""

    coarse: Coarse
    straight: Straight
    levels: list[Level]
    seen: list[Seen]
    discs: list[Disc]
    """One more than levels: level `k` lies between discs `k` and `k + 1`."""

    def _body_s(self, k: int) -> tuple[float, float]:
        low, high = self.discs[k], self.discs[k + 1]
        return low.s + low.half_mm / STEP_MM, high.s - high.half_mm / STEP_MM

    def body_z_mm(self, k: int) -> tuple[float, float]:
        """Lower and upper endplate of level `k`'s body (LPS z, mm)."""
        low, high = (float(self.straight.point(s, BODY_V_MM, 0)[0]) for s in self._body_s(k))
        return low, high

    def middle_z_mm(self, k: int) -> float:
        """Middle of level `k`'s body (LPS z, mm)."""
        return float(np.mean(self.body_z_mm(k)))

    def spread_mm(self, k: int) -> float:
        """Standard deviation of the place of level `k`'s middle (mm)."""
        return float(np.hypot(self.discs[k].spread_mm, self.discs[k + 1].spread_mm) / 2)

    def index_of(self, number: int, e: Explanation) -> int | None:
        """The level that `e` numbers `number` (1 = T1, 12 = T12), None where it lies outside."""
        k = e.t12 + 12 - number
        return k if 0 <= k < len(self.levels) else None

    def kind(self, k: int, e: Explanation) -> Kind:
        return anatomy.kind_of(int(numbers_of(len(self.levels), e.t12)[k]), e.pairs, e.lumbar, e.stump)

    def tracks(self, k: int, e: Explanation) -> list[Track]:
        """Ribs or processes of level `k` as `e` explains it, right before left."""
        return [t for t in self.seen[k].tracks(self.kind(k, e)) if t is not None]

    def ribs(self, k: int, e: Explanation) -> list[Track]:
        """The ribs of level `k` as `e` explains it; none where it bears none."""
        return self.tracks(k, e) if self.kind(k, e).is_rib else []

    def canal(self) -> Points:
        """The canal's centre (N, 3) as (z in mm, source row, source column)."""
        return self.coarse.to_source(np.asarray(self.straight.origin))

    def vertebrae(self, e: Explanation) -> tuple[Vertebra, ...]:
        out = []
        for k, number in enumerate(numbers_of(len(self.levels), e.t12)):
            if number < anatomy.C1:
                continue
            body = self.body_z_mm(k)
            centre = self.coarse.to_source(self.straight.point(float(np.mean(self._body_s(k))), BODY_V_MM, 0))
            label = anatomy.name_of(int(number), e.lumbar)
            out.append(Vertebra(label, float(np.mean(body)), body, (float(centre[1]), float(centre[2]))))
        return tuple(out)

    def rib_hints(self, e: Explanation) -> tuple[RibHint, ...]:
        hints = []
        for k, number in enumerate(numbers_of(len(self.levels), e.t12)):
            for track in self.ribs(k, e):
                points = np.array([self.straight.point(s, v, track.side * u) for s, v, u in track.points])
                side = "left" if track.side > 0 else "right"
                hints.append(RibHint(f"{number}", side, track.length_mm, self.coarse.to_source(points)))
        return tuple(hints)


def find_column(volume: CTVolume, progress: Progress) -> Column | Points | None:
    """The spine's column; the canal alone (source coordinates) where too few vertebrae are seen on it; None where there is no spine."""
    coarse = coarse_grid(volume)
    if coarse is None or len(coarse.hu) < 2:
        return None
    progress(0.25, "following the spinal canal")
    canal = find_canal(coarse)
    if canal is None:
        return None
    progress(0.5, "straightening the spine")
    straight = straighten(coarse, canal)
    progress(0.65, "following ribs")
    tracks = find_tracks(straight)
    twist = axial_twist(tracks, len(canal))
    if np.abs(twist).max() > MIN_TWIST:
        progress(0.75, "turning the spine to face forward")
        straight = straighten(coarse, canal, twist)
        tracks = find_tracks(straight)
    progress(0.85, "finding vertebrae")
    levels = find_levels(pedicle_profile(straight))
    if len(levels) < MIN_LEVELS:
        return coarse.to_source(canal)
    seen = observe(straight, levels, tracks)
    discs = find_discs(volume, coarse, straight, levels)
    return Column(coarse, straight, levels, seen, discs)
