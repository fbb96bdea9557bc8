"""The wheel: slices; with Shift the brush, with Ctrl the zoom."""

from __future__ import annotations

from typing import Any

from napari import Viewer

from napari_t12_bodycomp.gui.canvas_view import CanvasView
from napari_t12_bodycomp.model.tools import BRUSH_RANGE_MM
from napari_t12_bodycomp.workflow.session import Session

BRUSH_STEP = 1.15
ZOOM_STEP = 1.15


def stepped_brush(brush_mm: float, steps: int) -> float:
    """The brush `steps` larger (negative: smaller), in steps of about 15%, at least 0.5 mm, kept in range."""
    for _ in range(abs(steps)):
        wanted = brush_mm * BRUSH_STEP if steps > 0 else brush_mm / BRUSH_STEP
        wanted = max(wanted, brush_mm + 0.5) if steps > 0 else min(wanted, brush_mm - 0.5)
        brush_mm = min(max(round(wanted * 2) / 2, BRUSH_RANGE_MM[0]), BRUSH_RANGE_MM[1])
    return brush_mm


class CanvasMouse:
    """Takes the wheel over from napari while the workbench is open."""

    def __init__(self, viewer: Viewer, session: Session, view: CanvasView) -> None:
        self._viewer, self._session, self._view = viewer, session, view
        self._callbacks = list(viewer.mouse_wheel_callbacks)
        viewer.mouse_wheel_callbacks[:] = [self._on_wheel]

    def close(self) -> None:
        """Give the wheel back."""
        self._viewer.mouse_wheel_callbacks[:] = self._callbacks

    def _on_wheel(self, viewer: Any, event: Any) -> None:
        turn = float(event.delta[1]) or float(event.delta[0])  # with Shift or Alt some systems turn the wheel sideways
        steps = 1 if turn > 0 else -1 if turn < 0 else 0
        if not steps or self._session.state.volume is None:
            return
        if "Shift" in event.modifiers:
            self._session.set_tools(brush_mm=stepped_brush(self._session.state.tools.brush_mm, steps))
        elif "Control" in event.modifiers:
            self._view.zoom_at(ZOOM_STEP**steps, event.position)
        else:
            self._session.view(self._session.state.view_index + steps)
        event.handled = True
