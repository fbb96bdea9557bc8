"""Lets a window work for a while, or until something is there, while a script takes its pictures."""

from __future__ import annotations

import time
from collections.abc import Callable

from qtpy.QtWidgets import QApplication


def spin(seconds: float) -> None:
    """Let the window work for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.005)


def until(there: Callable[[], bool], seconds: float = 120.0) -> None:
    """Let the window work until `there` says so; the script ends where it takes longer than `seconds`."""
    end = time.monotonic() + seconds
    while not there():
        if time.monotonic() > end:
            raise SystemExit("The window did not get there in time.")
        spin(0.02)
