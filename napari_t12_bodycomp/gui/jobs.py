"""Long work off the GUI thread: one job at a time, with progress, Cancel, and errors told in one sentence.

`Jobs.start` runs a function on a thread and brings its result back to the GUI thread. A job that was cancelled or overtaken by another never
delivers: results for a case that is closed are dropped here, in one place.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from psygnal import Signal

from napari_t12_bodycomp.errors import Cancelled, T12Error
from napari_t12_bodycomp.gui.bridge import Bridge
from napari_t12_bodycomp.model.progress import Progress

log = logging.getLogger(__name__)

WORDS_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class JobState:
    """What runs now: `name` ("" for nothing), the share done (0 to 1) and a few words."""

    name: str = ""
    share: float = 0.0
    words: str = ""

    @property
    def running(self) -> bool:
        return bool(self.name)


@dataclass(slots=True, eq=False)
class _Job:
    name: str
    work: Callable[[Progress], Any]
    done: Callable[[Any], None]
    failed: Callable[[str], None]
    cancelled: threading.Event
    told_at: float = 0.0
    last: tuple[float, str] = (0.0, "")
    waits: bool = False
    """Whether the last word is on its way to the window already."""


class Jobs:
    """The one job that runs, if any."""

    changed = Signal(JobState)
    """Emitted, in the GUI thread, whenever `state` changed."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.state = JobState()
        self._tell = tell
        self._job: _Job | None = None
        self._threads: list[threading.Thread] = []
        self._bridge = Bridge()
        self._number = 0

    def start(
        self,
        name: str,
        work: Callable[[Progress], Any],
        done: Callable[[Any], None],
        failed: Callable[[str], None] | None = None,
    ) -> None:
        """Run `work(progress)` on a thread and hand its result to `done` in the GUI thread; a job that runs already is cancelled.

        `failed`, where given, gets the sentence of an error; else it is told to the person at the screen.
        """
        self.cancel()
        job = _Job(name, work, done, failed or self._tell, threading.Event())
        self._job = job
        self._number += 1
        self._set(JobState(name, 0.0, name))
        thread = threading.Thread(target=self._run, args=(job,), name=name, daemon=True)
        self._threads = [t for t in self._threads if t.is_alive()] + [thread]
        thread.start()

    def for_window(self, function: Callable[[Any], None]) -> Callable[[Any], None]:
        """`function`, to be called on a job's thread and carried out in the GUI thread, as long as the job that runs now is not cancelled.

        Given in the GUI thread, before the job starts; the first job that starts afterwards is the one that counts.
        """
        started = self._number

        def call(value: Any) -> None:
            self._bridge.said.emit(lambda: function(value) if self._number == started + 1 and self._job is not None else None)

        return call

    def cancel(self) -> None:
        """Stop what runs; nothing that it made is delivered."""
        if self._job is not None:
            self._job.cancelled.set()
            self._job = None
            self._set(JobState())

    def close(self, timeout_s: float = 5.0) -> None:
        """Cancel and wait for the threads to end."""
        self.cancel()
        for thread in self._threads:
            thread.join(timeout_s)

    def _set(self, state: JobState) -> None:
        if state != self.state:
            self.state = state
            self.changed.emit(state)

    def _run(self, job: _Job) -> None:
        def progress(share: float, words: str) -> None:
            if job.cancelled.is_set():
                raise Cancelled("Cancelled; nothing was changed.")
            now = time.monotonic()
            if now - job.told_at >= WORDS_EVERY_S:
                job.told_at, job.last = now, (float(share), words)
                if not job.waits:  # a window that is busy shows the last of several words, and none of those before
                    job.waits = True
                    self._bridge.said.emit(partial(self._on_progress, job))

        try:
            result, error = job.work(progress), None
        except BaseException as e:  # a thread's last line of defence: whatever it is, it is told in the window
            result, error = None, e
        self._bridge.said.emit(partial(self._on_finished, job, result, error))

    def _on_progress(self, job: _Job) -> None:
        job.waits = False
        if job is self._job:
            share, words = job.last
            self._set(JobState(job.name, min(max(share, 0.0), 1.0), words))

    def _on_finished(self, job: _Job, result: Any, error: BaseException | None) -> None:
        if job is not self._job:
            return
        self._job = None
        self._set(JobState())
        if error is None:
            try:
                job.done(result)
            except T12Error as e:
                job.failed(str(e))
            except Exception as e:
                self._fault(job, e)
        elif isinstance(error, Cancelled):
            pass
        elif isinstance(error, T12Error):
            job.failed(str(error))
        else:
            self._fault(job, error)

    def _fault(self, job: _Job, error: BaseException) -> None:
        log.error("%s failed", job.name, exc_info=error)
        job.failed(f"{job.name} failed unexpectedly ({type(error).__name__}): the log says more.")
