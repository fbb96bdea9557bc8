"""A slice of the scan over the picture while the others are still being read."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QEvent, QObject, QRectF
from qtpy.QtGui import QColor, QImage, QPainter, QPaintEvent
from qtpy.QtWidgets import QWidget

from napari_t12_bodycomp.gui.jobs import Jobs, JobState
from napari_t12_bodycomp.gui.layers import limits
from napari_t12_bodycomp.model.volume import FirstSlice
from napari_t12_bodycomp.workflow.session import Session
from napari_t12_bodycomp.workflow.session_state import SessionState

_MOUSE = frozenset(
    {
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseButtonRelease,
        QEvent.Type.MouseButtonDblClick,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
    }
)


class FirstSlicePicture(QWidget):
    """Covers `canvas` from the first slice on until the scan is there, or its reading ends without one."""

    def __init__(self, canvas: QWidget, session: Session, jobs: Jobs) -> None:
        super().__init__(canvas)
        self._canvas, self._session, self._jobs = canvas, session, jobs
        self._image: QImage | None = None
        self._size_mm = (1.0, 1.0)
        self._words = ""
        session.changed.connect(self._on_changed)
        jobs.changed.connect(self._on_job)
        canvas.installEventFilter(self)
        self.hide()

    def show_slice(self, first: FirstSlice) -> None:
        """Show `first` in the soft-tissue window, as large as fits."""
        low, high = limits("soft")
        grey = np.clip((first.hu.astype(np.float32) - low) * (255 / (high - low)), 0, 255).astype(np.uint8)
        rows, columns = grey.shape
        self._image = QImage(np.ascontiguousarray(grey).tobytes(), columns, rows, columns, QImage.Format.Format_Grayscale8).copy()
        self._size_mm = (rows * first.pixel_spacing_mm[0], columns * first.pixel_spacing_mm[1])
        self._words = f"slice {first.index + 1} / {first.n_slices}: the others are being read"
        self.setGeometry(self._canvas.rect())
        self.show()
        self.raise_()
        self.update()

    def drop(self) -> None:
        """Show nothing."""
        self._image = None
        self.hide()

    def close_for_good(self) -> None:
        """Leave the canvas as it was."""
        self._session.changed.disconnect(self._on_changed)
        self._jobs.changed.disconnect(self._on_job)
        self._canvas.removeEventFilter(self)
        self.deleteLater()

    def _on_changed(self, old: SessionState, new: SessionState) -> None:
        if new.volume is not old.volume:
            self.drop()

    def _on_job(self, job: JobState) -> None:
        if not job.running:
            self.drop()

    def event(self, event: QEvent | None) -> bool:
        """The mouse stops here: nobody draws on the scan before, which is not seen."""
        if event is not None and event.type() in _MOUSE:
            event.accept()
            return True
        return bool(super().event(event))

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        if event is not None and event.type() == QEvent.Type.Resize and self.isVisible():
            self.setGeometry(self._canvas.rect())
        return False

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor("#000000"))
        if self._image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            high, wide = self._size_mm
            scale = min(self.width() / wide, self.height() / high)
            place = QRectF((self.width() - wide * scale) / 2, (self.height() - high * scale) / 2, wide * scale, high * scale)
            painter.drawImage(place, self._image)
            painter.setPen(QColor("#c9ccd1"))
            painter.drawText(14, 24, self._words)
        painter.end()
