"""napari with the workbench in it."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

import napari
from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication

from napari_t12_bodycomp.gui.workbench import Workbench, open_workbench

SIZE = (1600, 960)


def assessor_name() -> str:
    """Who works here: ``T12_ASSESSOR`` where it is set, else the name that this computer knows the person by; "" where it knows none."""
    try:
        return os.environ.get("T12_ASSESSOR") or getpass.getuser()
    except (KeyError, OSError):
        return ""


def quiet_viewer() -> napari.Viewer:
    """A hidden viewer that does not lay napari's word about the age of PyQt5 over the picture."""
    from napari._qt import qt_main_window

    qt_main_window.SHOW_QT_WARNING = False
    return napari.Viewer(title="T12 body composition", show=False)


def run(path: str | Path | None) -> int:
    """Start napari with the workbench, open `path` in it where one is given, and return when the window is closed."""
    viewer = quiet_viewer()
    workbench = open_workbench(viewer, assessor_name())
    viewer.show()
    viewer.window.resize(*SIZE)
    if path:
        workbench.flow.open_path(str(path))
    napari.run()
    return 0


def close_window(workbench: Workbench) -> None:
    """Close a window from a script, which has no event loop to delete it: left until Python ends, it could crash there."""
    workbench.close()
    workbench.viewer.close()
    kind = QEvent.Type.DeferredDelete
    QApplication.sendPostedEvents(None, getattr(kind, "value", kind))  # PyQt6 wants the number, PyQt5 takes both
