"""A Labels layer that obeys the HU-lock: no stroke, fill or polygon ever leaves a pixel outside the window, not even for a moment.

All ways of drawing in napari's Labels end in `data_setitem`, and that is where the rules are asked. Brush, fill and polygon are our own up to
there: the brush is round in mm also where pixels are not square, and fill spreads over connected pixels within the lock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Labels

from napari_t12_bodycomp.model.tools import Tool
from napari_t12_bodycomp.workflow import drawing
from napari_t12_bodycomp.workflow.drawing import PaintRules

MODES = {Tool.MOVE: "pan_zoom", Tool.BRUSH: "paint", Tool.ERASE: "erase", Tool.FILL: "fill", Tool.POLYGON: "polygon"}
"""napari's own tools; under any other of ours its mode is the one that moves the picture, and the mouse does not move it."""
TOOLS = {mode: tool for tool, mode in MODES.items()}


class RegionLayer(Labels):
    """Regions on one slice: data (1, Y, X), uint8."""

    _type_string = "labels"

    def __init__(self, data: npt.NDArray[np.uint8], *, brush_mm: float = 6.0, **kwargs: Any) -> None:
        self.rules = PaintRules()
        self.brush_mm = brush_mm
        self.tool = Tool.MOVE
        self.on_undo: Callable[[], object] | None = None
        self.on_redo: Callable[[], object] | None = None
        self.on_mode: Callable[[], object] | None = None
        super().__init__(data, **kwargs)
        self.set_brush_mm(brush_mm)

    @property
    def spacing_mm(self) -> tuple[float, float]:
        """Distance between rows and between columns (mm)."""
        return float(self.scale[-2]), float(self.scale[-1])

    @property
    def mode(self) -> str:
        """napari's mode. `on_mode` is called whenever one is chosen, also the present one: tools that napari does not know share it."""
        return str(super().mode)

    @mode.setter
    def mode(self, mode: Any) -> None:
        Labels.mode.fset(self, mode)
        self._disable_stroke_without_button()
        if self.on_mode is not None:
            self.on_mode()

    def _disable_stroke_without_button(self) -> None:
        """In napari a right click with the brush begins a stroke that follows the mouse with no button down, until it comes back to its start.

        Nothing here shows that it runs, and numbers would keep what it drew where it is given up.
        """
        overlay: Any = self._overlays.get("brush_stroke")
        if overlay is not None:
            overlay.enabled = False

    def take(self, tool: Tool) -> None:
        """Take `tool` in hand: napari's mode, whether the mouse moves the picture, and the pointer."""
        self.tool = tool
        self.mode = MODES.get(tool, "pan_zoom")
        if self.mode == "pan_zoom":
            self.mouse_pan = tool is Tool.MOVE
            self.cursor = "standard" if tool is Tool.MOVE else "cross"

    def set_brush_mm(self, brush_mm: float) -> None:
        """Take a brush of this diameter; cursor and steps along a stroke follow."""
        self.brush_mm = brush_mm
        self.brush_size = max(1, round(brush_mm / min(self.spacing_mm)))
        self.cursor_size = brush_mm

    def _on_this_slice(self, coord: Sequence[float]) -> bool:
        return int(np.rint(coord[0])) == 0 and self._slice_input.ndisplay == 2

    def _set(self, pixels: drawing.Pixels, label: int, refresh: bool) -> None:
        if pixels[0].size:
            self.data_setitem((np.zeros_like(pixels[0]), *pixels), label, refresh)

    def paint(self, coord: Sequence[float], new_label: int, refresh: bool = True) -> None:
        """Paint a round brush at `coord` (slice, row, column)."""
        if self._on_this_slice(coord):
            centre = (float(coord[1]), float(coord[2]))
            self._set(drawing.disc(self.data.shape[1:], centre, self.brush_mm, self.spacing_mm), new_label, refresh)

    def fill(self, coord: Sequence[float], new_label: int, refresh: bool = True) -> None:
        """Fill the connected area around `coord` that has one label and lies within the lock."""
        if self._on_this_slice(coord):
            regions = np.asarray(self.data[0])
            mask = drawing.flood(regions, (int(np.rint(coord[1])), int(np.rint(coord[2]))), self.allowed(new_label))
            rows, columns = np.nonzero(mask)
            self._set((rows, columns), new_label, refresh)

    def paint_polygon(self, points: Any, new_label: int) -> None:
        """Paint the area inside `points` (slice, row, column), which napari counts from pixel edges."""
        corners = np.asarray(points, float)
        if len(corners) > 2 and self._slice_input.ndisplay == 2:
            self._set(drawing.inside_polygon(self.data.shape[1:], corners[:, 1:] - 0.5), new_label, True)

    @property
    def polygon_corners(self) -> int:
        """Corners of the polygon that is being drawn, the one under the mouse included."""
        overlay: Any = self._overlays["polygon"]
        return len(overlay.points) if self.mode == "polygon" else 0

    def complete_polygon(self) -> None:
        """Paint the polygon that is being drawn."""
        overlay: Any = self._overlays["polygon"]
        overlay.add_polygon_to_labels(self)

    def drop_polygon(self) -> bool:
        """Give up the polygon that is being drawn; False where there is none."""
        overlay: Any = self._overlays["polygon"]
        begun = bool(overlay.points)
        overlay.points = []
        return begun

    def shorten_polygon(self) -> bool:
        """Take the last corner of the polygon that is being drawn away; False where there is none."""
        overlay: Any = self._overlays["polygon"]
        begun = bool(overlay.points)
        overlay.points = [*overlay.points[:-2], overlay.points[-1]] if len(overlay.points) > 2 else []  # the last one follows the mouse
        return begun

    def allowed(self, label: int) -> npt.NDArray[np.bool_]:
        """Pixels (Y, X) that may become `label` now."""
        return self.rules.allowed(np.asarray(self.data[0]), label)

    def data_setitem(self, indices: Any, value: Any, refresh: bool = True) -> None:
        """Set `indices` (tuple of int arrays) to `value`, as far as the rules allow."""
        if self._slice_input.ndisplay != 2:
            return
        slices, rows, columns = (np.atleast_1d(i) for i in indices)
        values = np.broadcast_to(np.asarray(value, np.uint8), rows.shape)
        keep = np.zeros(rows.shape, bool)
        for label in np.unique(values):
            keep |= (values == label) & self.allowed(int(label))[rows, columns]
        if keep.any():
            kept = values[keep]
            one = bool((kept == kept[0]).all())
            place, labels = (slices[keep], rows[keep], columns[keep]), int(kept[0]) if one else kept
            # napari tells of a change outside a stroke before it is made; inside `block_history` it tells afterwards
            with nullcontext() if self._block_history else self.block_history():
                super().data_setitem(place, labels, refresh)

    def undo(self) -> None:
        """Undo is the session's, so that layer and model never drift apart."""
        if self.on_undo is not None:
            self.on_undo()

    def redo(self) -> None:
        """Redo is the session's too."""
        if self.on_redo is not None:
            self.on_redo()
