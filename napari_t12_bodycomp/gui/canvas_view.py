"""The private parts of napari's window that the canvas needs, in one place, and the camera."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
from napari import Viewer
from qtpy.QtCore import QEvent, QObject, QPointF, QTimer
from qtpy.QtWidgets import QWidget

MARGIN_PX = (30, 62)
"""Left and right, top and bottom."""


class CanvasView(QObject):
    """The canvas widget, its scene, and fitting a box to it."""

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        canvas: Any = viewer.window._qt_viewer.canvas
        self.native: QWidget = canvas.native
        self.scene: Any = canvas.view.scene
        self.on_resize: Callable[[bool], None] | None = None
        self._fitted: tuple[float, ...] = ()
        self.is_painted = True
        """Whether a picture was painted since a slice was stepped to."""
        self._key_repeats = False
        self._events: Any = canvas._scene_canvas.events
        self._events.draw.connect(self._on_painted, position="last")
        self._events.key_press.connect(self._on_key, position="first")
        self._events.key_press.connect(self._on_key_done, position="last")
        self.native.installEventFilter(self)
        self._set_brush_box(False)

    def _set_brush_box(self, on: bool) -> None:
        """napari lays a black box under the brush circle: it hides the very pixels that are about to be painted, and stays when the brush is put down."""
        with suppress(AttributeError, KeyError):  # where napari has no such box
            self._viewer.canvas.overlays._brush_circle.box = on

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        if event is not None and event.type() == QEvent.Type.Resize and self.on_resize is not None:
            self.on_resize(self._fitted == self._camera())
        return False

    def _on_painted(self, event: Any = None) -> None:
        self.is_painted = True

    def _on_key(self, event: Any) -> None:
        self._key_repeats = event.native is not None and event.native.isAutoRepeat()

    def _on_key_done(self, event: Any = None) -> None:
        self._key_repeats = False

    @property
    def may_step(self) -> bool:
        """Whether a key may step on: one that is held down waits for each picture, so that nothing goes on when it is let go."""
        return self.is_painted or not self._key_repeats

    @property
    def pixels_per_mm(self) -> float:
        """Pixels of the screen to a millimetre of the slice."""
        return float(self._viewer.scene.camera.zoom)

    def to_screen(self, y_mm: float, x_mm: float) -> QPointF:
        """Where the world's (y, x) lies on the canvas."""
        zoom, _, y, x = self._camera()
        return QPointF(self.native.width() / 2 + (x_mm - x) * zoom, self.native.height() / 2 + (y_mm - y) * zoom)

    def to_world(self, point: QPointF) -> tuple[float, float]:
        """The world's (y, x) at a point of the canvas (mm)."""
        zoom, _, y, x = self._camera()
        return y + (point.y() - self.native.height() / 2) / zoom, x + (point.x() - self.native.width() / 2) / zoom

    def _camera(self) -> tuple[float, ...]:
        camera = self._viewer.scene.camera
        return (float(camera.zoom), *(float(c) for c in camera.center))

    def fit(self, box: tuple[int, int, int, int], scale: tuple[float, float], origin: tuple[float, float]) -> None:
        """Fit rows box[0]..box[1] and columns box[2]..box[3] to the widget, leaving room for the words."""
        width = max(self.native.width() - 2 * MARGIN_PX[0], 50)
        height = max(self.native.height() - 2 * MARGIN_PX[1], 50)
        high, wide = (box[1] - box[0] + 1) * scale[0], (box[3] - box[2] + 1) * scale[1]
        centre = ((box[0] + box[1]) / 2 * scale[0] + origin[0], (box[2] + box[3]) / 2 * scale[1] + origin[1])
        camera = self._viewer.scene.camera
        camera.center = (0.0, *centre)
        camera.zoom = min(width / wide, height / high)
        self._fitted = self._camera()

    def zoom_at(self, factor: float, position: tuple[float, ...]) -> None:
        """Zoom by `factor` and keep the world point `position` where it is."""
        camera = self._viewer.scene.camera
        centre, point = np.array(camera.center[-2:]), np.array(position[-2:])
        camera.zoom *= factor
        camera.center = (0.0, *(centre + (point - centre) * (1 - 1 / factor)))

    def close(self) -> None:
        """Stop watching the widget, which paints again in the next pass of the event loop.

        Panels that go resize the widget, and Qt repaints it within the resize; a window that is being closed may have let its buffers go by then.
        """
        self.native.removeEventFilter(self)
        self._events.draw.disconnect(self._on_painted)
        self._events.key_press.disconnect(self._on_key)
        self._events.key_press.disconnect(self._on_key_done)
        self._set_brush_box(True)
        self.native.setUpdatesEnabled(False)
        thaw = QTimer(self.native)  # its child: where the widget goes first, nothing is painted any more
        thaw.setSingleShot(True)
        thaw.timeout.connect(lambda: self.native.setUpdatesEnabled(True))
        thaw.start(0)
