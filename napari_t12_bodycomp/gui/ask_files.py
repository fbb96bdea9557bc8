"""Which file or folder? The dialogs of the window, and the folder that they start in."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import QSettings
from qtpy.QtWidgets import QFileDialog, QWidget


class AskFiles:
    """Asks over `window`. Every answer is a path, "" where nobody gave one; where scans are opened from is remembered in `settings`."""

    def __init__(self, window: QWidget, settings: QSettings) -> None:
        self._window, self._settings = window, settings

    def scan_folder(self) -> str:
        """A folder of DICOM files."""
        return self._remembered(QFileDialog.getExistingDirectory(self._window, "Open a folder of DICOM files", self._last_folder()))

    def scan_file(self) -> str:
        """A DICOM file, a zip or tar, or a NIfTI file."""
        return self._remembered(
            self._file(
                "Open a CT scan",
                self._last_folder(),
                "CT (*.dcm *.zip *.tar *.tgz *.tar.gz *.tar.bz2 *.tar.xz *.nii *.nii.gz);;All files (*)",
            )
        )

    def opinion(self) -> str:
        """A label map of the vertebrae."""
        return self._file("A label map of the vertebrae", self._last_folder(), "NIfTI (*.nii *.nii.gz)")

    def earlier_result(self, results: Path | None) -> str:
        """Regions of an earlier visit, to begin with in the folder `results`."""
        return self._file(
            "Regions of an earlier visit of this patient",
            str(results or self._last_folder()),
            "Saved results (*.nii.gz indices.csv);;All files (*)",
        )

    def results_folder(self, results: Path | None) -> str:
        """A folder for results, to begin with at `results`."""
        return QFileDialog.getExistingDirectory(self._window, "Write results into", str(results or Path.home()))

    def picture(self) -> str:
        """A name for a picture of the window."""
        file, _ = QFileDialog.getSaveFileName(self._window, "Save a picture of the window", "workbench.png", "PNG (*.png)")
        return file

    def _file(self, title: str, start: str, kinds: str) -> str:
        file, _ = QFileDialog.getOpenFileName(self._window, title, start, kinds)
        return file

    def _remembered(self, path: str) -> str:
        if path:
            self._settings.setValue("last_folder", str(Path(path).parent))
        return path

    def _last_folder(self) -> str:
        return str(self._settings.value("last_folder", str(Path.home())))
