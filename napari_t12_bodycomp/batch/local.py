"""Cases measured side by side on this computer."""

from __future__ import annotations

import os
import queue
import threading
from collections import deque
from collections.abc import Generator, Sequence

from napari_t12_bodycomp.batch.slot import Slot
from napari_t12_bodycomp.model.batch import Outcome
from napari_t12_bodycomp.workflow.batch import Crew
from napari_t12_bodycomp.workflow.batch_case import Job

_BYTES_A_WORKER = 13 * 10**8
"""What a worker wants where a scan is large: 380 MB for itself, and 2.7 times a volume of 600 slices of 512 x 512 two-byte pixels."""
_BYTES_LEFT = 10**9
"""What is left to others."""


def usual_workers() -> int:
    """As many workers as processors and free memory allow, one at least."""
    import psutil

    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(processors, int((psutil.virtual_memory().available - _BYTES_LEFT) // _BYTES_A_WORKER)))


def local_crew(workers: int, limit_s: float) -> Crew:
    """Measures on this computer, `workers` cases at a time, each in a process of its own and for `limit_s` seconds at most."""

    def crew(jobs: Sequence[Job]) -> Generator[Outcome, None, None]:
        todo = deque(jobs)
        done: queue.Queue[Outcome] = queue.Queue()
        slots = [Slot(limit_s) for _ in range(min(workers, len(jobs)))]
        threads = [threading.Thread(target=_work, args=(slot, todo, done), daemon=True) for slot in slots]
        for thread in threads:
            thread.start()
        try:
            for _ in jobs:
                yield _next(done)
        finally:
            todo.clear()
            for slot in slots:
                slot.close()
            for thread in threads:
                thread.join()

    return crew


def _work(slot: Slot, todo: deque[Job], done: queue.Queue[Outcome]) -> None:
    while True:
        try:
            job = todo.popleft()
        except IndexError:
            return
        done.put(slot.run(job))


def _next(done: queue.Queue[Outcome]) -> Outcome:
    while True:
        try:
            return done.get(timeout=0.5)  # short, so that Ctrl+C is heard on every system
        except queue.Empty:
            continue
