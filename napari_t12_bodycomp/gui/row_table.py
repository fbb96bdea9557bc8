"""A table of whole rows: Enter takes one, a letter stays a key of the window."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView

ROW_PX = 24


class RowTable(QTableView):
    """What the tables of cases, studies and series have in common: how they look, and their keys."""

    def lay_out(self, widths_px: Sequence[int], several: bool) -> None:
        """Set the table up, once it has its model; with `several`, more than one row can be selected."""
        mode = QAbstractItemView.SelectionMode
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(mode.ExtendedSelection if several else mode.SingleSelection)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_PX)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for number, width in enumerate(widths_px):
            self.setColumnWidth(number, width)

    def take(self) -> None:
        """Take the row that is selected, where one is."""
        raise NotImplementedError

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self.take()
            event.accept()
        elif event.text() and event.text().isalpha():
            event.ignore()  # a letter is a key of the window
        else:
            super().keyPressEvent(event)
