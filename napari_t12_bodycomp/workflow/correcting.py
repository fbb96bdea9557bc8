"""Livewire, seed fill and push brush as a hand uses them on the measured slice. No window is needed for any of it.

Points are (row, column) on the slice, fractions of pixels included.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.analysis.livewire import Floats, Paths, Point, Points, edge_cost, paths_from, rounded, snapped
from napari_t12_bodycomp.analysis.push import Ball, ball_at, swept
from napari_t12_bodycomp.analysis.rings import inside_rings
from napari_t12_bodycomp.analysis.seed_fill import near_value, seed_fill
from napari_t12_bodycomp.model.axial_slice import AxialSlice
from napari_t12_bodycomp.model.tissue import MAIN_TISSUE, HUWindow
from napari_t12_bodycomp.workflow.drawing import paint_rules
from napari_t12_bodycomp.workflow.session_state import SessionState, Work

__all__ = ["Ball", "Point", "Points", "Push", "Wire", "ball_under", "seed_area", "seed_window"]

Labels = npt.NDArray[np.uint8]


class Wire:
    """A livewire contour while it is drawn: its points, and the ways along edges between them."""

    def __init__(self, axial: AxialSlice) -> None:
        self._spacing_mm = axial.pixel_spacing_mm
        self._cost: Floats = edge_cost(axial.hu, axial.pixel_spacing_mm)
        self._maps: list[Paths] = []
        self._ways: list[Points] = []

    @property
    def points(self) -> tuple[tuple[int, int], ...]:
        """The pixels clicked, drawn to the nearest edge."""
        return tuple(paths.anchor for paths in self._maps)

    def add(self, point: Point) -> None:
        """Fix the way to `point`, drawn to the nearest edge; nothing happens where it is the last point again."""
        pixel = snapped(self._cost, point, self._spacing_mm)
        if self._maps and pixel == self._maps[-1].anchor:
            return
        if self._maps:
            self._ways.append(self._maps[-1].to(pixel))
        self._maps.append(paths_from(self._cost, pixel, self._spacing_mm))

    def take_back(self) -> None:
        """Take the last point away."""
        self._maps = self._maps[:-1]
        self._ways = self._ways[: max(len(self._maps) - 1, 0)]

    def clear(self) -> None:
        """Take all points away."""
        self._maps, self._ways = [], []

    def fixed(self) -> Points:
        """The way along all points (N, 2)."""
        return np.concatenate([*self._ways, np.array(self.points[-1:], float).reshape(-1, 2)])

    def live(self, point: Point) -> Points:
        """The way from the last point to `point` (N, 2); none before the first point."""
        return self._maps[-1].to(point) if self._maps else np.zeros((0, 2))

    def is_back(self, point: Point, within_mm: float) -> bool:
        """Whether `point` lies on the first point, or is drawn to it, and closing there would hold an area."""
        if len(self._maps) < 3:
            return False
        first = self._maps[0].anchor
        down, across = ((p - f) * s for p, f, s in zip(point, first, self._spacing_mm, strict=True))
        return math.hypot(down, across) <= within_mm or snapped(self._cost, point, self._spacing_mm) == first

    def area(self, shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
        """Pixels (Y, X) within the contour, closed along edges from the last point to the first."""
        ring = np.concatenate([self.fixed(), self.live(self._maps[0].anchor)])
        return inside_rings(shape, [rounded(ring)])


def _work(state: SessionState) -> Work:
    assert state.work is not None, "the tools are used on a slice that is drawn on"
    return state.work


def seed_window(state: SessionState, seed: tuple[int, int]) -> HUWindow:
    """The HU that a fill from `seed` takes: the active region's own window, or what lies near the seed's, as the tools say."""
    tools = state.tools
    if tools.tolerance_hu is None:
        return state.protocol.preset.window(MAIN_TISSUE[tools.region])
    return near_value(_work(state).axial.hu, seed, tools.tolerance_hu)


def seed_area(state: SessionState, point: Point) -> npt.NDArray[np.bool_]:
    """Pixels (Y, X) that a seed fill at `point` takes: those around it with the seed's own label or the active one, as far as the rules allow."""
    work, tools = _work(state), state.tools
    regions, seed = work.regions, (round(point[0]), round(point[1]))
    if not all(0 <= s < n for s, n in zip(seed, regions.shape, strict=True)):
        return np.zeros(regions.shape, bool)
    open_to = paint_rules(state).allowed(regions, int(tools.region)) & ((regions == regions[seed]) | (regions == tools.region))
    area = seed_fill(work.axial.hu, seed, seed_window(state, seed), tools.reach_mm, work.axial.pixel_spacing_mm, open_to)
    return np.asarray(area & (regions != tools.region))


def ball_under(state: SessionState, mouse: Point) -> Ball:
    """The ball that a push begun at `mouse` would use."""
    work = _work(state)
    return ball_at(work.regions == state.tools.region, mouse, state.tools.brush_mm / 2, work.axial.pixel_spacing_mm)


class Push:
    """One drag of the push brush. From inside the active region it carries the border outward, bound by the HU-lock; from outside inward, never
    bound by it, and what the region loses goes to the label that the drag began on."""

    def __init__(self, state: SessionState, mouse: Point) -> None:
        work = _work(state)
        self.ball = ball_under(state, mouse)
        self.regions: Labels = work.regions.copy()
        """The drawing so far (Y, X)."""
        self._spacing_mm = work.axial.pixel_spacing_mm
        self._rules, self._region = paint_rules(state), int(state.tools.region)
        row, column = (min(max(round(m), 0), n - 1) for m, n in zip(mouse, self.regions.shape, strict=True))
        self._to = self._region if self.ball.from_inside else int(self.regions[row, column])
        self._at = mouse

    def move(self, mouse: Point) -> None:
        """Carry the border along to `mouse`."""
        shape = (self.regions.shape[0], self.regions.shape[1])
        pixels = swept(shape, self.ball.centre(self._at), self.ball.centre(mouse), self.ball.radius_mm, self._spacing_mm)
        self._at = mouse
        touched = np.zeros(shape, bool)
        touched[pixels] = True
        if self.ball.from_inside:
            touched &= self._rules.allowed(self.regions, self._region)
        else:
            touched &= self.regions == self._region
        self.regions[touched] = self._to
