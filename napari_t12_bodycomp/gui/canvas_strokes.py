"""From the Regions layer to the session: strokes, and the region and tool that a person takes in hand in napari's own controls."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from napari_t12_bodycomp.gui.canvas_drawing import CanvasDrawing
from napari_t12_bodycomp.gui.region_layer import TOOLS, RegionLayer
from napari_t12_bodycomp.model.tissue import Region
from napari_t12_bodycomp.model.tools import Tool
from napari_t12_bodycomp.workflow import drawing
from napari_t12_bodycomp.workflow.session import Session

VERBS = {Tool.BRUSH: "paint", Tool.FILL: "fill", Tool.POLYGON: "polygon"}


class CanvasStrokes:
    """Listens to one layer. `is_ours` says whether the window itself is changing it, `is_paused` whether its mode stands for no tool."""

    def __init__(self, session: Session, shown: CanvasDrawing, is_ours: Callable[[], bool], is_paused: Callable[[], bool]) -> None:
        self._session, self._shown, self._is_ours, self._is_paused = session, shown, is_ours, is_paused
        self._layer: RegionLayer | None = None

    def attach(self, layer: RegionLayer) -> None:
        """Listen to `layer`, and no longer to another."""
        self.close()
        self._layer = layer
        layer.on_undo, layer.on_redo, layer.on_mode = self._session.undo, self._session.redo, self._on_mode
        layer.events.labels_update.connect(self._on_drawn)
        layer.events.paint.connect(self._on_stroke_end)
        layer.events.selected_label.connect(self._on_selected_label)

    def close(self) -> None:
        """Listen no longer."""
        if self._layer is not None:
            layer, self._layer = self._layer, None
            layer.on_undo = layer.on_redo = layer.on_mode = None
            layer.events.labels_update.disconnect(self._on_drawn)
            layer.events.paint.disconnect(self._on_stroke_end)
            layer.events.selected_label.disconnect(self._on_selected_label)

    def _on_drawn(self, event: object = None) -> None:
        """A part of a stroke was drawn: numbers follow at once, tissues and contours with the next picture."""
        if self._layer is not None and self._session.state.work is not None:
            regions = np.asarray(self._layer.data[0])
            self._session.preview(regions)
            self._shown.draw_soon(regions)

    def _on_stroke_end(self, event: object = None) -> None:
        """A stroke, fill or polygon is complete: one step of the session."""
        layer, state = self._layer, self._session.state
        if layer is None or state.work is None:
            return
        drawn = np.array(layer.data[0])
        after = layer.rules.kept(state.work.regions, drawn)
        tool = TOOLS.get(str(layer.mode), Tool.BRUSH)
        erased = tool is Tool.ERASE or layer.selected_label == 0
        self._session.edit(drawing.stroke_name("erase" if erased else VERBS.get(tool, "paint"), state.tools.region), after)
        if not np.array_equal(after, drawn):
            layer.data[0] = after
            layer.refresh()

    def _on_selected_label(self, event: object = None) -> None:
        if self._layer is not None and not self._is_ours() and self._layer.selected_label in [int(r) for r in Region]:
            self._session.set_tools(region=Region(self._layer.selected_label))

    def _on_mode(self, event: object = None) -> None:
        if self._layer is not None and not self._is_ours() and not self._is_paused():
            self._session.set_tools(tool=TOOLS.get(str(self._layer.mode), Tool.MOVE))
