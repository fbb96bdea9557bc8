"""What Qt was asked to delete is gone before Python, and PyQt after it, look for what is left."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import atexit
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QWidget
from napari_t12_bodycomp.gui.leaving import leave_in_order

atexit.register(print, "the others' turn", flush=True)
leave_in_order()
leave_in_order()
app = QApplication([])
window = QWidget()
window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
window.destroyed.connect(lambda: print("the window is gone", flush=True))
window.close()
app.processEvents()
print("the end", flush=True)
"""


def test_a_closed_window_is_gone_before_anything_else_that_happens_at_the_end() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["the end", "the window is gone", "the others' turn"]
