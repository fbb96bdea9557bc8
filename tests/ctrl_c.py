"""Ctrl+C for programs that tests start: a shell that runs the tests in the background has it ignored, and programs inherit that."""

from __future__ import annotations

import signal


def heed_ctrl_c() -> None:
    """Let the program that is about to start stop at SIGINT, for `subprocess.Popen(preexec_fn=...)`."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
