"""napari with the workbench in it."""

from __future__ import annotations

import gc
import getpass
import os
from pathlib import Path

import napari
from qtpy.QtCore import QTimer

from napari_t12_bodycomp.gui.leaving import delete_closed_windows
from napari_t12_bodycomp.gui.workbench import Workbench, open_workbench

SIZE = (1600, 960)
WARM_EVERY_MS = 200
"""Between two looks at whether everything is loaded."""


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


def show_workbench(assessor: str, autosave_folder: Path | None = None) -> Workbench:
    """The workbench in a window of its own, in a program that does nothing else."""
    workbench = open_workbench(quiet_viewer(), assessor, autosave_folder)
    gc.collect()
    workbench.viewer.show()
    workbench.viewer.window.resize(*SIZE)
    _keep_what_is_loaded(workbench)
    return workbench


def _keep_what_is_loaded(workbench: Workbench) -> None:
    """Look no more for garbage in what napari consists of, once it is loaded: that takes a fifth of a second, again and again, in the middle of work."""
    timer = QTimer(workbench.frame.main)

    def look() -> None:
        if not workbench.warming.is_alive():
            timer.stop()
            gc.freeze()

    timer.timeout.connect(look)
    timer.start(WARM_EVERY_MS)


def run(path: str | Path | None) -> int:
    """Start napari with the workbench, open `path` in it where one is given, and return when the window is closed."""
    workbench = show_workbench(assessor_name())
    if path:
        workbench.flow.open_path(str(path))
    napari.run()
    return 0


def close_window(workbench: Workbench) -> None:
    """Close a window from a script, which has no event loop to delete it: left until Python ends, it could crash there."""
    workbench.close()
    workbench.viewer.close()
    delete_closed_windows()
