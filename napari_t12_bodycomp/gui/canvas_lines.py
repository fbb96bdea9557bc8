"""Contours as lines of one width on the screen, whatever the zoom; doubtful stretches are dashed white."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from vispy.color import Color
from vispy.scene.visuals import Line

from napari_t12_bodycomp.gui.layers import dashes, outlines
from napari_t12_bodycomp.model.tissue import MAIN_TISSUE, Region

WIDTH_PX = 1.5
ORDER = 10_000
"""Drawn after every layer."""


class Segments:
    """One line visual of separate segments, of one colour and width (pixels of the screen)."""

    def __init__(self, parent: Any, colour: str, width_px: float, order: int) -> None:
        self._line = Line(connect="segments", color=_rgba(colour), width=width_px, antialias=True, parent=parent)
        self._line.order = order
        self._line.set_gl_state("translucent", depth_test=False)
        self._line.visible = False
        self._filled = False

    def put(self, segments: npt.NDArray[Any], scale: npt.NDArray[Any], origin: npt.NDArray[Any], colour: str | None = None) -> None:
        """Draw `segments` (N, 2, 2) of (row, column) points; `scale` and `origin` make world (y, x) of them."""
        if len(segments):
            world = segments.reshape(-1, 2) * scale + origin
            self._line.set_data(pos=world[:, ::-1].astype(np.float32), **({} if colour is None else {"color": _rgba(colour)}))
        self._filled = bool(len(segments))

    def show(self, shown: bool) -> None:
        """Show what was put, or hide it."""
        self._line.visible = shown and self._filled

    def hide(self) -> None:
        """Show nothing until something is put."""
        self._filled = self._line.visible = False


def _rgba(colour: str) -> npt.NDArray[np.float32]:
    """`colour` as numbers: a name is looked for among the colour maps of matplotlib first, at every drawing."""
    values: npt.NDArray[np.float32] = Color(colour).rgba
    return values


class ContourLines:
    """One line visual for each region and one for the doubtful stretches, in the scene `parent`."""

    def __init__(self, parent: Any) -> None:
        self._lines: dict[Region | None, Segments] = {}
        for region in (*reversed(Region), None):
            colour = "white" if region is None else MAIN_TISSUE[region].colour
            is_doubt = region is None
            self._lines[region] = Segments(parent, colour, WIDTH_PX + 0.5 * is_doubt, ORDER + is_doubt)
        self._shown = True

    def draw(
        self,
        regions: npt.NDArray[np.uint8],
        doubtful: npt.NDArray[np.bool_] | None,
        spacing_mm: tuple[float, float],
        origin_mm: tuple[float, float],
    ) -> None:
        """Outline `regions` (Y, X); `origin_mm` is the world (y, x) of pixel (0, 0)."""
        scale, origin = np.array(spacing_mm), np.array(origin_mm)
        white: list[npt.NDArray[np.float32]] = []
        found = outlines(regions, [int(r) for r in Region])
        for region in Region:
            segments = found[int(region)]
            self._put(region, segments, scale, origin)
            if doubtful is not None:
                white.append(dashes(segments, doubtful))
        self._put(None, np.concatenate(white) if white else np.zeros((0, 2, 2), np.float32), scale, origin)

    def _put(self, region: Region | None, segments: npt.NDArray[np.float32], scale: Any, origin: Any) -> None:
        self._lines[region].put(segments, scale, origin)
        self._lines[region].show(self._shown)

    def show(self, shown: bool) -> None:
        """Show or hide all lines."""
        self._shown = shown
        for line in self._lines.values():
            line.show(shown)

    def close(self) -> None:
        """Hide the lines for good. They stay in the scene, whose end is theirs: buffers that go while others draw can take OpenGL with them."""
        self.show(False)
