"""The way from a thread into the GUI thread."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QObject, Slot
from qtpy.QtCore import Signal as QtSignal


class Bridge(QObject):
    """Carries what a thread says into the GUI thread, where this object lives."""

    said = QtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self.said.connect(self._on_said)

    @Slot(object)
    def _on_said(self, call: Callable[[], None]) -> None:
        call()
