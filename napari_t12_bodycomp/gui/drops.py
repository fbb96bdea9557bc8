"""Scans dropped anywhere on the picture are opened as cases, read off the GUI thread; napari would ask which reader to take, and wait for it."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QEvent, QMimeData, QObject
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QWidget


def dropped_path(data: QMimeData) -> str:
    """The first local path that was dropped; "" where there is none."""
    return next((url.toLocalFile() for url in data.urls() if url.isLocalFile()), "")


class Drops(QObject):
    """Hands on what is dropped on `target` while `wanted()`; the widget itself goes without."""

    def __init__(self, target: QWidget, wanted: Callable[[], bool], take: Callable[[str], object]) -> None:
        super().__init__()
        self._target, self._wanted, self._take = target, wanted, take
        target.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        if not isinstance(event, QDropEvent) or event.type() != QEvent.Type.Drop or not self._wanted():
            return False
        path = dropped_path(event.mimeData())
        if path:
            event.acceptProposedAction()
            self._take(path)
        return bool(path)

    def close(self) -> None:
        """Give the widget its drops back."""
        self._target.removeEventFilter(self)
