"""Contours as lines of one width on the screen, whatever the zoom; doubtful stretches are dashed white."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from vispy.scene.visuals import Line

from napari_t12_bodycomp.gui.layers import dashes, outlines
from napari_t12_bodycomp.model.tissue import MAIN_TISSUE, Region

WIDTH_PX = 1.5
ORDER = 10_000
"""Drawn after every layer."""


class ContourLines:
    """One line visual for each region and one for the doubtful stretches, in the scene `parent`."""

    def __init__(self, parent: Any) -> None:
        self._lines: dict[Region | None, Any] = {}
        for region in (*reversed(Region), None):
            colour = "white" if region is None else MAIN_TISSUE[region].colour
            line = Line(connect="segments", color=colour, width=WIDTH_PX + (region is None) * 0.5, antialias=True, parent=parent)
            line.order = ORDER + (1 if region is None else 0)
            line.set_gl_state("translucent", depth_test=False)
            line.visible = False
            self._lines[region] = line
        self._filled: dict[Region | None, bool] = {}
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
        line = self._lines[region]
        if len(segments):
            world = segments.reshape(-1, 2) * scale + origin
            line.set_data(pos=world[:, ::-1].astype(np.float32))
        self._filled[region] = bool(len(segments))
        line.visible = self._shown and self._filled[region]

    def show(self, shown: bool) -> None:
        """Show or hide all lines."""
        self._shown = shown
        for region, line in self._lines.items():
            line.visible = shown and self._filled.get(region, False)

    def close(self) -> None:
        """Hide the lines for good. They stay in the scene, whose end is theirs: buffers that go while others draw can take OpenGL with them."""
        self.show(False)
