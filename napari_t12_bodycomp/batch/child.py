"""The process next door: takes one job after the other from standard input and answers on standard output.

It ends by itself when nobody listens any more, or when no job came for a while.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import sys
import threading
import warnings
from pathlib import Path
from typing import BinaryIO

IDLE_S = 60.0
IDLE_CODE = 75
"""The exit code that says: no job came."""


def main() -> None:
    """Answer jobs until there are none."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the whole group; the parent decides what it means
    warnings.simplefilter("ignore")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")  # where memory runs out, this process goes before its parent
    jobs: queue.Queue[object] = queue.Queue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, jobs), daemon=True).start()
    from napari_t12_bodycomp.workflow.batch_case import Job, run_job

    while True:
        try:
            job = jobs.get(timeout=IDLE_S)
        except queue.Empty:
            os._exit(IDLE_CODE)
        assert isinstance(job, Job)
        pickle.dump(run_job(job), answers)
        answers.flush()


def _listen(stream: BinaryIO, jobs: queue.Queue[object]) -> None:
    while True:
        try:
            jobs.put(pickle.load(stream))
        except EOFError:
            os._exit(0)  # the parent is gone: nobody waits for what is being measured
        except Exception:
            os._exit(1)  # no job of this program


if __name__ == "__main__":
    main()
