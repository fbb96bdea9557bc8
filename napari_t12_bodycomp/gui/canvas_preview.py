"""What the tool in hand is about to do, drawn over the slice: contour points and ways, the area of a fill, the ball of a push."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from vispy.scene.visuals import Markers

from napari_t12_bodycomp.gui.canvas_lines import ORDER, Segments
from napari_t12_bodycomp.gui.layers import hatch, joined, outline

WHITE = "white"
MARK_PX = 8


def circle(centre: tuple[float, float], radius_mm: float, spacing_mm: tuple[float, float]) -> npt.NDArray[np.float64]:
    """A closed ring (N, 2) of points (row, column) around `centre`."""
    angle = np.linspace(0, 2 * np.pi, 49)
    return np.stack([centre[0] + radius_mm / spacing_mm[0] * np.sin(angle), centre[1] + radius_mm / spacing_mm[1] * np.cos(angle)], axis=1)


class ToolPreview:
    """Lines of the tool in hand in the scene `parent`; `place` says where the slice lies."""

    def __init__(self, parent: Any) -> None:
        self._fixed = Segments(parent, WHITE, 2.5, ORDER + 3)
        self._live = Segments(parent, WHITE, 1.5, ORDER + 4)
        self._hatch = Segments(parent, WHITE, 1.0, ORDER + 2)
        self._points = Markers(pos=np.zeros((1, 2), np.float32), parent=parent)  # without any point, vispy cannot tell its bounds
        self._points.order = ORDER + 5
        self._points.set_gl_state("translucent", depth_test=False)
        self._points.visible = False
        self._spacing_mm: tuple[float, float] = (1.0, 1.0)
        self._origin_mm: tuple[float, float] = (0.0, 0.0)
        self.is_shown = False

    def place(self, spacing_mm: tuple[float, float], origin_mm: tuple[float, float]) -> None:
        """Draw on a slice with this spacing whose pixel (0, 0) lies at the world's (y, x) `origin_mm`."""
        self._spacing_mm, self._origin_mm = spacing_mm, origin_mm

    def show_wire(
        self, points: npt.NDArray[np.float64], fixed: npt.NDArray[np.float64], live: npt.NDArray[np.float64], closes: bool, colour: str
    ) -> None:
        """Points (N, 2), the way along them and the way to the mouse; the first point is larger where a click there would close."""
        self._hatch.hide()
        self._put(self._fixed, joined(fixed), colour)
        self._put(self._live, joined(live), WHITE)
        if len(points):
            sizes = np.full(len(points), float(MARK_PX))
            sizes[0] = MARK_PX * (2.0 if closes else 1.4)
            world = points * self._spacing_mm + self._origin_mm
            self._points.set_data(pos=world[:, ::-1].astype(np.float32), size=sizes, face_color=colour, edge_color=WHITE, edge_width=1.5)
        self._points.visible = bool(len(points))
        self.is_shown = bool(len(points))

    def show_area(self, area: npt.NDArray[np.bool_], colour: str) -> None:
        """The area (Y, X) that a click would fill."""
        self._fixed.hide()
        self._points.visible = False
        self._put(self._live, outline(area), WHITE)
        self._put(self._hatch, hatch(area, rising=True), colour)
        self.is_shown = bool(area.any())

    def show_ball(self, centre: tuple[float, float], radius_mm: float, colour: str) -> None:
        """The ball that pushes."""
        self._fixed.hide()
        self._hatch.hide()
        self._points.visible = False
        self._put(self._live, joined(circle(centre, radius_mm, self._spacing_mm)), colour)
        self.is_shown = True

    def hide(self) -> None:
        """Show nothing."""
        for line in (self._fixed, self._live, self._hatch):
            line.hide()
        self._points.visible = False
        self.is_shown = False

    def _put(self, line: Segments, segments: npt.NDArray[Any], colour: str) -> None:
        line.put(segments, np.array(self._spacing_mm), np.array(self._origin_mm), colour)
        line.show(True)
