"""How far the study is, as one bar."""

from __future__ import annotations

from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPaintEvent
from qtpy.QtWidgets import QWidget

from napari_t12_bodycomp.gui import theme
from napari_t12_bodycomp.gui.study_words import BAR_ORDER, STATE_COLOURS, progress_words
from napari_t12_bodycomp.model.study import CaseState
from napari_t12_bodycomp.model.worklist import StudyCounts


class ProgressBar(QWidget):
    """The included cases as one bar, the approved ones first."""

    def __init__(self) -> None:
        super().__init__()
        self._counts = StudyCounts({})
        self.setFixedHeight(8)

    def show_counts(self, counts: StudyCounts) -> None:
        """Show how many cases stand where."""
        self._counts = counts
        self.setToolTip(progress_words(counts))
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.SUNKEN))
        painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        x, whole = 0.0, max(1, self._counts.included)
        for state in BAR_ORDER:
            width = self.width() * self._counts.by_state.get(state, 0) / whole
            if state not in (CaseState.NEW,) and width:
                painter.setBrush(QColor(STATE_COLOURS[state]))
                painter.drawRect(QRectF(x, 0, width, self.height()))
            x += width
        painter.end()
