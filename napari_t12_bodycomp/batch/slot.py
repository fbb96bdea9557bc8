"""A place where one case after the other is measured next door, so that whatever a scan does to its process hits that case alone."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import threading
from pathlib import Path

import napari_t12_bodycomp
from napari_t12_bodycomp.batch.child import IDLE_CODE
from napari_t12_bodycomp.model.batch import Failed, FailureKind, Looked, Measured, Outcome
from napari_t12_bodycomp.workflow.batch_case import Job

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS")
_JOBS_A_PROCESS = 50
"""After so many jobs a new process takes over: what libraries keep in memory does not pile up."""


class Slot:
    """Runs jobs in a process of its own, which is started when it is first needed and again after it died.

    Parameters
    ----------
    limit_s : float
        A job that takes longer (seconds) is ended.
    """

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self._child: subprocess.Popen[bytes] | None = None
        self._jobs = 0
        self._is_closed = False
        self._lock = threading.Lock()

    def run(self, job: Job) -> Outcome:
        """What comes of `job`; a process that ended meanwhile is a `Failed` like any other."""
        try:
            return self._run(job) or self._run(job) or _crashed(job, IDLE_CODE)
        except OSError as error:
            words = f"No process could be started ({error.strerror}): close other programs, or give it fewer workers."
            return Failed(job.case_id, FailureKind.CRASHED, words)

    def close(self) -> None:
        """End the process, whatever it does."""
        with self._lock:
            self._is_closed = True
            self._end()

    def _run(self, job: Job) -> Outcome | None:
        """The outcome; None where the process had gone home before the job reached it."""
        child = self._living()
        assert child.stdin is not None and child.stdout is not None
        late = threading.Event()

        def end() -> None:
            late.set()
            child.kill()

        timer = threading.Timer(self.limit_s, end)
        timer.daemon = True
        timer.start()
        try:
            pickle.dump(job, child.stdin)
            child.stdin.flush()
            outcome = pickle.load(child.stdout)
            assert isinstance(outcome, Measured | Failed | Looked)
            return outcome
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            code = child.wait()
        finally:
            timer.cancel()
        if late.is_set():
            words = f"The case took longer than {self.limit_s:g} s: look at the scan, or give it more time with --limit-s."
            return Failed(job.case_id, FailureKind.OUT_OF_TIME, words)
        return None if code == IDLE_CODE else _crashed(job, code)

    def _living(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._child is None or self._child.poll() is not None or self._jobs >= _JOBS_A_PROCESS:
                self._end()
                if self._is_closed:
                    raise OSError(0, "the batch is being stopped")
                self._child, self._jobs = _start(), 0
            self._jobs += 1
            return self._child

    def _end(self) -> None:
        if self._child is None:
            return
        self._child.kill()
        self._child.wait()
        for stream in (self._child.stdin, self._child.stdout):
            with contextlib.suppress(OSError):
                assert stream is not None
                stream.close()


def _start() -> subprocess.Popen[bytes]:
    home = str(Path(napari_t12_bodycomp.__file__).resolve().parent.parent)
    path = os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, **dict.fromkeys(_ONE_THREAD, "1"), "PYTHONPATH": path, "MPLBACKEND": "Agg"}
    command = [sys.executable, "-m", "napari_t12_bodycomp.batch.child"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)


def _crashed(job: Job, code: int) -> Failed:
    how = f"exit code {code}"
    if code < 0:
        name = signal.Signals(-code).name if -code in {s.value for s in signal.Signals} else f"signal {-code}"
        how = f"{name}, often a lack of memory" if name == "SIGKILL" else name
    words = f"The process that measured the case ended ({how}): look at the scan, or give the batch fewer workers."
    return Failed(job.case_id, FailureKind.CRASHED, words)
