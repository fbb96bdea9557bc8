"""How long somebody works on a case, step by step: seconds between a key, a click or a turn of the wheel and the next, without the idle ones."""

from __future__ import annotations

import time
from collections.abc import Callable

from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QApplication, QWidget

from napari_t12_bodycomp.model.activity import IDLE_AFTER_S

_WORK = frozenset(
    {QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease, QEvent.Type.MouseMove, QEvent.Type.Wheel}
)


class ActiveTime(QObject):
    """Counts while `window` is the one that is worked in; `step` says what it is worked on."""

    def __init__(self, window: QWidget, step: Callable[[], str], now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._window, self._step, self._now = window, step, now
        self._last: float | None = None
        self._seconds: dict[str, float] = {}
        QApplication.instance().installEventFilter(self)

    def close(self) -> None:
        """Count no more."""
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        if event is not None and event.type() in _WORK and event.spontaneous() and self._window.isActiveWindow():
            self.note()
        return False

    def note(self) -> None:
        """Somebody did something just now."""
        now = self._now()
        if self._last is not None and now - self._last <= IDLE_AFTER_S:
            step = self._step()
            self._seconds[step] = self._seconds.get(step, 0.0) + now - self._last
        self._last = now

    def take(self) -> dict[str, float]:
        """Active seconds by step since the last time; counting begins anew."""
        taken, self._seconds = self._seconds, {}
        return taken

    def put_back(self, seconds: dict[str, float]) -> None:
        """Count seconds that were taken and could not be stored."""
        for step, worked in seconds.items():
            self._seconds[step] = self._seconds.get(step, 0.0) + worked
