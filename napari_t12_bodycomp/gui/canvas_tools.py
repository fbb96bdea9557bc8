"""Livewire, seed fill and push brush under the mouse. Each finished use is one step of the session; what is not finished changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from napari_t12_bodycomp.gui import layers
from napari_t12_bodycomp.gui.canvas_drawing import CanvasDrawing
from napari_t12_bodycomp.gui.canvas_preview import ToolPreview
from napari_t12_bodycomp.gui.canvas_view import CanvasView
from napari_t12_bodycomp.gui.region_layer import RegionLayer
from napari_t12_bodycomp.model.axial_slice import AxialSlice
from napari_t12_bodycomp.model.tissue import MAIN_TISSUE
from napari_t12_bodycomp.model.tools import CORRECTING_TOOLS, Tool
from napari_t12_bodycomp.workflow.correcting import Point, Push, Wire, ball_under, seed_area
from napari_t12_bodycomp.workflow.drawing import paint_rules, stroke_name
from napari_t12_bodycomp.workflow.session import Session
from napari_t12_bodycomp.workflow.session_state import SessionState

VERBS = {Tool.LIVEWIRE: "livewire", Tool.SEED: "seed fill", Tool.PUSH: "push"}
MIN_CORNERS = 3
CLOSE_PX = 9
"""A click this near to the first point closes the contour (pixels of the screen)."""


class CanvasTools:
    """Follows the mouse on the regions layer while one of `CORRECTING_TOOLS` is in hand."""

    def __init__(self, session: Session, view: CanvasView, drawing: CanvasDrawing, preview: ToolPreview) -> None:
        self._session, self._view, self._drawing, self._preview = session, view, drawing, preview
        self._wire: Wire | None = None
        self._wired: AxialSlice | None = None
        self._push: Push | None = None
        self._mouse: Point | None = None
        self._layer: RegionLayer | None = None
        self.is_paused = False
        """Whether the mouse moves the picture for the time being."""

    def attach(self, layer: RegionLayer) -> None:
        """Follow the mouse on `layer`."""
        self._layer = layer
        layer.mouse_drag_callbacks.append(self._on_press)
        layer.mouse_move_callbacks.append(self._on_move)
        layer.mouse_double_click_callbacks.append(self._on_double_click)

    def close(self) -> None:
        """Let go of the layer; what was begun is given up."""
        self.give_up()
        if self._layer is not None:
            self._layer.mouse_drag_callbacks.remove(self._on_press)
            self._layer.mouse_move_callbacks.remove(self._on_move)
            self._layer.mouse_double_click_callbacks.remove(self._on_double_click)
            self._layer.take(Tool.MOVE)
            self._layer = None
        self._preview.hide()

    def on_changed(self, old: SessionState, new: SessionState) -> None:
        """Follow the session: another slice or tool gives up what was begun, other tools and drawings change what the mouse shows."""
        axial = None if new.work is None else new.work.axial
        if new.work is not old.work:
            self._push = None
        if self._wired is not None and axial is not self._wired:
            self._wire = self._wired = None
        if new.tools.tool is not old.tools.tool or (old.work is not None and axial is not old.work.axial):
            self.give_up()
        if new.tools != old.tools or new.work is not old.work or new.view_index != old.view_index:
            self._show()

    # -- asked for by actions ----------------------------------------------------------------------------------------------------------

    def hold_move(self, held: bool = False) -> None:
        """Let the mouse move the picture while a key is held, whatever tool is in hand."""
        tool = self._session.state.tools.tool
        if self._layer is not None and tool is not Tool.MOVE:
            self.is_paused = True
            self._layer.take(Tool.MOVE if held else tool)
            self.is_paused = held

    def give_up(self) -> bool:
        """Drop the contour, polygon or push that was begun; False where there was none."""
        begun = self._push is not None or bool(self._wire and self._wire.points)
        if self._layer is not None:
            begun |= self._layer.drop_polygon()
        if self._push is not None:
            self._push = None
            state = self._session.state
            if state.work is not None:
                self._session.preview(state.work.regions)
                self._drawing.draw_soon(state.work.regions)
        if self._wire is not None:
            self._wire.clear()
        self._show()
        return begun

    def take_back(self) -> bool:
        """Take the last point of the contour or polygon away; False where there is none."""
        if self._layer is not None and self._layer.shorten_polygon():
            return True
        if self._wire is None or not self._wire.points:
            return False
        self._wire.take_back()
        self._show()
        return True

    def complete(self) -> bool:
        """Close the contour or polygon that is being drawn and fill it; False where there is none."""
        corners = 0 if self._layer is None else self._layer.polygon_corners
        points = len(self._wire.points) if self._wire is not None and self._is_in_hand(Tool.LIVEWIRE) else 0
        if 0 < corners + points < MIN_CORNERS:
            self._session.tell("Three points at least hold an area: click further ones, or give up with Escape.")
        elif corners and self._layer is not None:
            self._layer.complete_polygon()
        elif points:
            self._fill_wire()
        return bool(corners or points)

    def _fill_wire(self) -> None:
        state = self._session.state
        assert state.work is not None and self._wire is not None
        regions = state.work.regions
        area = self._wire.area((regions.shape[0], regions.shape[1]))
        self._wire.clear()
        self._edit(paint_rules(state).painted(regions, area))
        self._show()

    # -- the mouse ---------------------------------------------------------------------------------------------------------------------

    def _is_in_hand(self, *tools: Tool) -> bool:
        """Whether one of `tools` is in hand and the slice on screen is the one that is drawn on."""
        state = self._session.state
        return not self.is_paused and state.tools.tool in tools and state.work is not None and state.work.axial.index == state.view_index

    def _at(self, layer: RegionLayer, event: Any) -> Point:
        row, column = layer.world_to_data(event.position)[-2:]
        return float(row), float(column)

    def _on_press(self, layer: RegionLayer, event: Any) -> Iterator[None]:
        """napari calls this once at the press and goes on with it at every move and at the release."""
        if event.button != 1 or not self._is_in_hand(*CORRECTING_TOOLS):
            return
        self._mouse = self._at(layer, event)
        tool = self._session.state.tools.tool
        if tool is Tool.PUSH:
            yield from self._drag(layer, event, self._mouse)
        elif tool is Tool.SEED:
            self._fill(self._mouse)
        else:
            self._add_point(self._mouse)

    def _drag(self, layer: RegionLayer, event: Any, mouse: Point) -> Iterator[None]:
        push = self._push = Push(self._session.state, mouse)
        yield
        while event.type == "mouse_move":
            if self._push is push:
                self._mouse = self._at(layer, event)
                push.move(self._mouse)
                self._session.preview(push.regions)
                self._drawing.draw_soon(push.regions)
                self._show()
            yield
        if self._push is push:
            self._push = None
            self._edit(push.regions)

    def _on_move(self, layer: RegionLayer, event: Any) -> None:
        if self._is_in_hand(*CORRECTING_TOOLS):
            self._mouse = self._at(layer, event)
            self._show()

    def _on_double_click(self, layer: RegionLayer, event: Any) -> None:
        if event.button == 1 and self._is_in_hand(Tool.LIVEWIRE):
            self._add_point(self._at(layer, event))
            self.complete()

    def _add_point(self, mouse: Point) -> None:
        work = self._session.state.work
        assert work is not None
        if self._wire is None:
            self._wire, self._wired = Wire(work.axial), work.axial
        if self._wire.is_back(mouse, self._close_mm()):
            self.complete()
        else:
            self._wire.add(mouse)
            self._show()

    def _close_mm(self) -> float:
        return CLOSE_PX / self._view.pixels_per_mm

    def _fill(self, mouse: Point) -> None:
        state = self._session.state
        assert state.work is not None
        area = seed_area(state, mouse)
        if area.any():
            self._edit(paint_rules(state).painted(state.work.regions, area))
        else:
            self._session.tell("Nothing to fill here: the pixel is outside the window, protected, or belongs to the region already.")

    def _edit(self, regions: np.ndarray) -> None:
        tools = self._session.state.tools
        self._session.edit(stroke_name(VERBS[tools.tool], tools.region), regions)

    # -- what the mouse shows ----------------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        """Show what the tool in hand is about to do where the mouse is."""
        state = self._session.state
        if not self._is_in_hand(*CORRECTING_TOOLS) or self._mouse is None or state.volume is None or state.tools.hidden:
            self._preview.hide()
            return
        origin = layers.grid(state.volume)["translate"]
        self._preview.place(state.volume.pixel_spacing_mm, (origin[1], origin[2]))
        colour = MAIN_TISSUE[state.tools.region].colour
        if state.tools.tool is Tool.LIVEWIRE:
            self._show_wire(self._mouse, colour)
        elif state.tools.tool is Tool.SEED:
            self._preview.show_area(seed_area(state, self._mouse), colour)
        else:
            ball = self._push.ball if self._push is not None else ball_under(state, self._mouse)
            self._preview.show_ball(ball.centre(self._mouse), ball.radius_mm, colour if ball.from_inside else "white")

    def _show_wire(self, mouse: Point, colour: str) -> None:
        wire = self._wire
        if wire is None or not wire.points:
            self._preview.hide()
            return
        closes = wire.is_back(mouse, self._close_mm())
        live = wire.live(wire.points[0] if closes else mouse)
        self._preview.show_wire(np.array(wire.points, float), wire.fixed(), live, closes, colour)
