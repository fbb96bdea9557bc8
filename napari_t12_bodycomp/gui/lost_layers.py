"""A layer of the case that somebody deletes in napari's list is missed, and put back once the list is at rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari import Viewer
from napari.layers import Layer
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QWidget


class LostLayers:
    """Calls `put_back` after a layer that `is_ours` went, while the picture, `native`, is seen: a window that closes is left alone."""

    def __init__(self, viewer: Viewer, native: QWidget, is_ours: Callable[[Layer], bool], put_back: Callable[[], None]) -> None:
        self._viewer, self._native, self._is_ours, self._put_back = viewer, native, is_ours, put_back
        self._soon = QTimer(native)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._on_rest)
        viewer.layers.events.removed.connect(self._on_removed)

    def close(self) -> None:
        """Miss nothing any more."""
        self._viewer.layers.events.removed.disconnect(self._on_removed)
        self._soon.stop()

    def _on_removed(self, event: Any) -> None:
        if self._is_ours(event.value):
            self._soon.start()

    def _on_rest(self) -> None:
        if self._native.isVisible():
            self._put_back()
