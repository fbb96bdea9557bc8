"""What napari's Plugins menu opens: a small panel that starts the workbench in this window, and closes it."""

from __future__ import annotations

from napari import Viewer
from qtpy.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from napari_t12_bodycomp.gui.app import assessor_name
from napari_t12_bodycomp.gui.workbench import Workbench, open_workbench


class WorkbenchStarter(QWidget):
    """Starts the workbench; its button closes and reopens it."""

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        self._viewer = napari_viewer
        self.workbench: Workbench | None = None
        self._button = QPushButton()
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel("T12 body composition"))
        layout.addWidget(self._button)
        layout.addStretch()
        self._button.clicked.connect(self.toggle)
        self.toggle()

    def toggle(self) -> None:
        """Open the workbench, or close it."""
        if self.workbench is None:
            self.workbench = open_workbench(self._viewer, assessor_name())
            self._button.setText("Close the workbench")
        else:
            self.workbench.close()
            self.workbench = None
            self._button.setText("Open the workbench")
