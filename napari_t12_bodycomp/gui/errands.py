"""Short calls to the study's database, off the GUI thread, one after another: none is lost, none overtakes another."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from napari_t12_bodycomp.errors import T12Error
from napari_t12_bodycomp.gui.bridge import Bridge

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _Errand:
    name: str
    work: Callable[[], Any]
    done: Callable[[Any], None]
    failed: Callable[[Exception], None]


class Errands:
    """A thread that runs errands in the order in which they were given; `tell` gets the sentence of one that failed unasked."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._waiting: queue.Queue[_Errand | None] = queue.Queue()
        self._bridge = Bridge()
        self._out = 0
        self._thread = threading.Thread(target=self._run, name="study", daemon=True)
        self._thread.start()

    @property
    def is_idle(self) -> bool:
        """Whether everything given was brought back."""
        return self._out == 0

    def run(
        self,
        name: str,
        work: Callable[[], Any],
        done: Callable[[Any], None] = lambda result: None,
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Run `work` and hand its result to `done`, or its error to `failed`, in the GUI thread."""
        self._out += 1
        self._waiting.put(_Errand(name, work, done, failed or (lambda error: self._tell(sentence_of(error, name)))))

    def close(self, timeout_s: float = 10.0) -> None:
        """Do what was given, and end; nothing more is brought back."""
        self._waiting.put(None)
        self._thread.join(timeout_s)
        self._bridge.said.disconnect()

    def _run(self) -> None:
        while (errand := self._waiting.get()) is not None:
            try:
                result = errand.work()
            except Exception as error:  # whatever it is, it is told in the window
                self._bridge.said.emit(lambda e=errand, r=error: self._on_failed(e, r))
            else:
                self._bridge.said.emit(lambda e=errand, r=result: self._on_done(e, r))

    def _on_done(self, errand: _Errand, result: Any) -> None:
        self._out -= 1
        try:
            errand.done(result)
        except Exception as error:  # as above: the window's last line of defence
            self._tell(sentence_of(error, errand.name))

    def _on_failed(self, errand: _Errand, error: Exception) -> None:
        self._out -= 1
        errand.failed(error)


def sentence_of(error: Exception, name: str) -> str:
    """What to tell the person at the screen about `error`; one that nobody foresaw is logged."""
    if isinstance(error, T12Error):
        return str(error)
    log.error("%s failed", name, exc_info=error)
    return f"{name} failed unexpectedly ({type(error).__name__}): the log says more."
