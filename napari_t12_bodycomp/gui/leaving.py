"""Windows are gone before Python ends.

A window that was closed is deleted by the next turn of Qt's event loop, which a script or a test may never come to. What is left when Python
ends, PyQt deletes while it walks through the table of its objects. A whole window that goes then runs Python code, which makes entries in that
table; where they make it grow, the walk goes on in memory that was given back, and the program ends with a segmentation fault.
"""

from __future__ import annotations

import atexit
from functools import cache

from qtpy.QtCore import QCoreApplication, QEvent


@cache
def leave_in_order() -> None:
    """Delete closed windows when Python ends, before PyQt looks for what is left; asked for again, nothing changes."""
    atexit.register(delete_closed_windows)


def delete_closed_windows() -> None:
    """Do now what Qt was asked to delete later."""
    if QCoreApplication.instance() is not None:
        QCoreApplication.sendPostedEvents(None, _number(QEvent.Type.DeferredDelete))


def _number(kind: QEvent.Type) -> int:
    """The number of a kind of events, under Qt 5 and 6."""
    return int(getattr(kind, "value", kind))
