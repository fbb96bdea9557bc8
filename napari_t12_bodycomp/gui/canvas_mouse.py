"""The wheel: slices; with Shift the size of the tool, with Ctrl the zoom. A double click belongs to the tool in hand.

Wheels and keys that are held down ask for slices faster than pictures can be painted. Notches of the wheel that come before the picture of the
one before is painted are summed, and a key that repeats is not heard.
"""

from __future__ import annotations

from typing import Any

from napari import Viewer
from qtpy.QtCore import QTimer

from napari_t12_bodycomp.gui.canvas_view import CanvasView
from napari_t12_bodycomp.model.tools import CORRECTING_TOOLS
from napari_t12_bodycomp.workflow.session import Session

ZOOM_STEP = 1.15


class CanvasMouse:
    """Takes the wheel over from napari while the workbench is open, and the double click while it would zoom under a tool of ours."""

    def __init__(self, viewer: Viewer, session: Session, view: CanvasView) -> None:
        self._viewer, self._session, self._view = viewer, session, view
        self._notches = 0
        self._soon = QTimer()
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._turn)
        self._callbacks = list(viewer.mouse_wheel_callbacks)
        viewer.mouse_wheel_callbacks[:] = [self._on_wheel]
        self._double_click_callbacks = list(viewer.mouse_double_click_callbacks)
        viewer.mouse_double_click_callbacks[:] = [self._on_double_click]

    def close(self) -> None:
        """Give wheel and double click back."""
        self._soon.stop()
        self._viewer.mouse_wheel_callbacks[:] = self._callbacks
        self._viewer.mouse_double_click_callbacks[:] = self._double_click_callbacks

    def _on_double_click(self, viewer: Any, event: Any) -> None:
        if self._session.state.tools.tool not in CORRECTING_TOOLS:
            for callback in self._double_click_callbacks:
                callback(viewer, event)

    def _on_wheel(self, viewer: Any, event: Any) -> None:
        turn = float(event.delta[1]) or float(event.delta[0])  # with Shift or Alt some systems turn the wheel sideways
        steps = 1 if turn > 0 else -1 if turn < 0 else 0
        if not steps or self._session.state.volume is None:
            return
        if "Shift" in event.modifiers:
            self._session.set_tools(self._session.state.tools.resized(steps))
        elif "Control" in event.modifiers:
            self._view.zoom_at(ZOOM_STEP**steps, event.position)
        else:
            self._notches += steps
            if self._view.is_painted:
                self._turn()
            else:
                self._soon.start()
        event.handled = True

    def _turn(self) -> None:
        notches, self._notches = self._notches, 0
        self._go(notches)

    def step(self, slices: int) -> None:
        """Go on by `slices`, unless a key that is held down asks for it before the last one was seen."""
        if self._view.may_step:
            self._go(slices)

    def _go(self, slices: int) -> None:
        before = self._session.state.view_index
        self._session.view(before + slices)
        if self._session.state.view_index != before:
            self._view.is_painted = False
