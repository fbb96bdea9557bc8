"""The picture: the only place that holds the napari viewer. It draws what the session says and hands strokes to the session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
from napari import Viewer
from napari.layers import Image, Labels, Layer

from napari_t12_bodycomp.gui import layers
from napari_t12_bodycomp.gui.actions import Actions
from napari_t12_bodycomp.gui.canvas_compare import DifferenceLines
from napari_t12_bodycomp.gui.canvas_drawing import CanvasDrawing, drawn_otherwise
from napari_t12_bodycomp.gui.canvas_layers import new_regions, new_slab, new_tissues, renew
from napari_t12_bodycomp.gui.canvas_lines import ContourLines
from napari_t12_bodycomp.gui.canvas_mouse import CanvasMouse
from napari_t12_bodycomp.gui.canvas_overlay import CanvasOverlay, overlay_words
from napari_t12_bodycomp.gui.canvas_preview import ToolPreview
from napari_t12_bodycomp.gui.canvas_strokes import CanvasStrokes
from napari_t12_bodycomp.gui.canvas_tools import CanvasTools
from napari_t12_bodycomp.gui.canvas_view import CanvasView
from napari_t12_bodycomp.gui.lost_layers import LostLayers
from napari_t12_bodycomp.gui.region_layer import RegionLayer
from napari_t12_bodycomp.model.axial_slice import AxialSlice
from napari_t12_bodycomp.model.tools import Display
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow import drawing
from napari_t12_bodycomp.workflow.session import Session
from napari_t12_bodycomp.workflow.session_state import SessionState


def _axial(state: SessionState) -> AxialSlice | None:
    return None if state.work is None else state.work.axial


class Canvas:
    """Shows one session in one viewer."""

    def __init__(self, viewer: Viewer, session: Session, actions: Actions, on_layer: Callable[[Layer], None] = lambda layer: None) -> None:
        self._on_layer = on_layer
        self.viewer = viewer
        self.session = session
        self.actions = actions
        self.ct: Image | None = None
        self.slab: Image | None = None
        self.tissues: Labels | None = None
        self.regions: RegionLayer | None = None
        self.window = "soft"
        self._updating = False
        self.view = CanvasView(viewer)
        self.overlay = CanvasOverlay(self.view.native)
        self.lines = ContourLines(self.view.scene)
        self.differences = DifferenceLines(self.view.scene)
        self.drawing = CanvasDrawing(session, self.lines, self.differences)
        self.drawing.on_drawn = self._words
        self.preview = ToolPreview(self.view.scene)
        self.tools = CanvasTools(session, self.view, self.drawing, self.preview)
        self.strokes = CanvasStrokes(session, self.drawing, lambda: self._updating, lambda: self.tools.is_paused)
        self.mouse = CanvasMouse(viewer, session, self.view)
        self.view.on_resize = self._on_resize
        viewer.scene.camera.events.zoom.connect(self._on_zoom)
        viewer.dims.events.current_step.connect(self._on_step)
        self._lost = LostLayers(viewer, self.view.native, self._is_ours, self._put_back)
        actions.key_changed.connect(self._words)
        session.changed.connect(self._on_changed)
        self._on_changed(SessionState(), session.state)

    def close(self) -> None:
        """Let go of the viewer; the layers stay in it as plain napari layers."""
        self.session.changed.disconnect(self._on_changed)
        self.viewer.scene.camera.events.zoom.disconnect(self._on_zoom)
        self.viewer.dims.events.current_step.disconnect(self._on_step)
        self._lost.close()
        self.drawing.forget()
        self.mouse.close()
        self.strokes.close()
        if self.regions is not None:
            self.regions.opacity = 0.5
        self.tools.close()
        self.lines.close()
        self.differences.hide()
        self.view.close()
        self.overlay.hide()
        self.overlay.deleteLater()

    # -- from the session --------------------------------------------------------------------------------------------------------------

    def _on_changed(self, old: SessionState, new: SessionState) -> None:
        if new.volume is not old.volume:
            self._show_volume(new)
        if new.work is not old.work:
            self._show_work(old, new)
        elif new.work is not None and drawn_otherwise(old, new):
            self.drawing.draw_soon(new.work.regions)
        if new.tools != old.tools or new.protocol is not old.protocol or new.locked != old.locked or _axial(new) is not _axial(old):
            self._show_tools(new)
        if new.view_index != old.view_index or new.volume is not old.volume:
            self._show_slice(new)
        if new.level is not old.level or new.view_index != old.view_index or _axial(new) is not _axial(old):
            self._show_overlay(new)
        self.tools.on_changed(old, new)
        self._words()

    def _show_volume(self, state: SessionState) -> None:
        """Show another scan. Layers are made once and shown anew: taking layers off the canvas can crash OpenGL drivers."""
        self._hide_work()
        if self.ct is not None:
            self.ct.visible = state.volume is not None
        if state.volume is None:
            return
        self._show_ct(state.volume)
        self.set_window("soft")
        self._show_slice(state)
        self.fit()

    def _show_ct(self, volume: CTVolume) -> None:
        data, looks, _ = layers.ct_layer(volume)
        with self._leading():
            if self._is_there(self.ct):
                renew(self.ct, data, looks)
            else:
                self.ct = self._add(Image(data, **looks), 0)
            self._park_work(volume)

    @contextmanager
    def _leading(self) -> Iterator[None]:
        """While layers are changed, napari's slider and controls move with them: the session does not follow them."""
        was, self._updating = self._updating, True
        try:
            yield
        finally:
            self._updating = was

    def _park_work(self, volume: CTVolume) -> None:
        """Put the layers of the drawing, empty and hidden, on the grid of `volume`: left on another scan's, they would shift napari's slices."""
        place = {**layers.grid(volume, 0), "metadata": {}}
        for layer in (self.slab, self.tissues, self.regions):
            if layer is not None and layer in self.viewer.layers:
                renew(layer, np.zeros((1, *volume.shape[1:]), layer.data.dtype), place)
                layer.visible = False

    def _hide_work(self) -> None:
        self.drawing.forget(shown=True)
        for layer in (self.regions, self.tissues, self.slab):
            if layer is not None:
                layer.visible = False
        self.lines.show(False)
        self.differences.hide()

    def _add(self, layer: Layer, position: int) -> Layer:
        layer.mouse_zoom = False
        self._on_layer(layer)
        self.viewer.layers.insert(position, layer)
        return layer

    def _show_work(self, old: SessionState, new: SessionState) -> None:
        if new.work is None:
            self._hide_work()
        elif self.regions is None or _axial(new) is not _axial(old):
            self._show_work_layers(new)
            self.drawing.draw(new.work.regions)
        else:
            if not np.array_equal(self.regions.data[0], new.work.regions):
                self.regions.data[0] = new.work.regions
                self.regions.refresh()
            self.drawing.draw_soon(new.work.regions)

    def _show_work_layers(self, state: SessionState) -> None:
        work, volume = state.work, state.volume
        assert work is not None and volume is not None
        place = {
            **layers.grid(volume, work.axial.index),
            "metadata": {layers.PLACE: (volume, work.axial.index), layers.HIDDEN: lambda: self.session.state.numbers_hidden},
        }
        nothing = np.zeros((1, *work.regions.shape), np.uint8)
        with self._leading():
            self._add_missing(work.axial.hu[None], nothing, place)
            assert self.slab is not None and self.tissues is not None and self.regions is not None
            for layer, data in ((self.slab, work.axial.hu[None]), (self.tissues, nothing), (self.regions, work.regions[None].copy())):
                renew(layer, data, place)
        self._show_slice(state)
        self.drawing.forget(shown=True)
        self.regions.set_brush_mm(state.tools.brush_mm)
        self.viewer.layers.selection.active = self.regions

    def _add_missing(self, hu: npt.NDArray[np.int16], labels: npt.NDArray[np.uint8], place: dict[str, Any]) -> None:
        """Make the layers of the drawing that were not made yet, or that somebody deleted, each in its place from below."""
        if not self._is_there(self.slab):
            self.slab = self._add(new_slab(hu, self.window, place), self._above(self.ct))
        if not self._is_there(self.tissues):
            self.tissues = self._add(new_tissues(labels, place), self._above(self.slab))
            self.drawing.tissues = self.tissues
        if not self._is_there(self.regions):
            regions = new_regions(labels, place)
            self.strokes.attach(regions)
            self.regions = self._add(regions, self._above(self.tissues))
            self.tools.attach(regions)

    def _is_ours(self, layer: Layer) -> bool:
        return any(layer is one for one in (self.ct, self.slab, self.tissues, self.regions))

    def _is_there(self, layer: Layer | None) -> bool:
        return layer is not None and layer in self.viewer.layers

    def _above(self, layer: Layer | None) -> int:
        """The place just above `layer` in the list."""
        return int(self.viewer.layers.index(layer)) + 1 if self._is_there(layer) else len(self.viewer.layers)

    def _show_tools(self, state: SessionState, take: bool = False) -> None:
        layer, work, tools = self.regions, state.work, state.tools
        if layer is None or work is None or self.tissues is None:
            return
        layer.rules = drawing.paint_rules(state)
        with self._leading():
            layer.selected_label = int(tools.region)
            if layer.brush_mm != tools.brush_mm:
                layer.set_brush_mm(tools.brush_mm)
            if take or layer.tool is not tools.tool:
                self.viewer.layers.selection.active = layer
                layer.take(tools.tool)
            layer.cursor_size = tools.brush_mm
        if self.tissues.opacity != tools.opacity:
            self.tissues.opacity = tools.opacity
        self._show_overlay(state)

    def _show_overlay(self, state: SessionState) -> None:
        tools = state.tools
        shown = drawing.shown_slice(state)
        here = state.work is not None and state.view_index == shown
        compare = tools.compare and not tools.flicker
        fills = not tools.hidden and tools.display is not Display.CONTOURS and not compare
        if self.tissues is not None and state.work is not None and self.tissues.visible is not fills:
            self.tissues.visible = fills
        elsewhere = state.work is not None and shown != state.work.axial.index
        self.lines.show(here and not tools.hidden and (tools.display is not Display.TISSUES or compare or elsewhere))
        self.differences.show(here and not tools.hidden and compare)

    def _show_slice(self, state: SessionState) -> None:
        if state.volume is not None:
            with self._leading():
                self.viewer.dims.set_current_step(0, state.view_index)

    def _words(self, *_: object) -> None:
        self.overlay.show_words(
            overlay_words(self.session.state, self.actions.key("toggle_lock"), self.actions.key("hide_overlay"), self.drawing.compared)
        )
        self.overlay.show_scale(float(self.viewer.scene.camera.zoom))

    def _put_back(self) -> None:
        """Show again what somebody deleted in the list of layers: the case goes on as it was."""
        state = self.session.state
        if state.volume is None:
            return
        was_there = self._is_there(self.ct)
        if not was_there:
            self._show_ct(state.volume)
            self.set_window(self.window)
        if state.work is not None:
            self._show_work_layers(state)
            self.drawing.draw(state.work.regions)
            self._show_tools(state, take=True)  # napari let go of the tool
        if not was_there:
            self._show_slice(state)
            self.fit()
        self.session.tell("The case needs that layer: it is back, and the drawing is as it was.")

    # -- from the picture --------------------------------------------------------------------------------------------------------------

    def _on_step(self, event: object = None) -> None:
        if not self._updating and self._is_there(self.ct):
            self.session.view(int(self.viewer.dims.current_step[0]))

    def _on_zoom(self, event: object = None) -> None:
        self.overlay.show_scale(float(self.viewer.scene.camera.zoom))

    def _on_resize(self, was_fitted: bool) -> None:
        self.overlay.setGeometry(self.view.native.rect())
        if was_fitted:
            self.fit()

    # -- asked for by actions ----------------------------------------------------------------------------------------------------------

    def set_window(self, name: str) -> None:
        """Show HU by another window: soft, bone or lung."""
        self.window = name
        for layer in (self.ct, self.slab):
            if layer is not None:
                layer.contrast_limits = layers.limits(name)

    def fit(self) -> None:
        """Fit the body to the view."""
        state = self.session.state
        if state.volume is not None:
            box = layers.body_box(state.volume.hu[state.view_index])
            place = layers.grid(state.volume)
            self.view.fit(box, place["scale"][1:], place["translate"][1:])
