"""Rows of text, one of them selected: the studies and the series that an archive has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt, Signal
from qtpy.QtGui import QColor, QFont

from napari_t12_bodycomp.gui import theme
from napari_t12_bodycomp.gui.row_table import RowTable


class RowsModel(QAbstractTableModel):
    """Cells of text; some rows are bold, some faint."""

    def __init__(self, titles: Sequence[str]) -> None:
        super().__init__()
        self._titles = tuple(titles)
        self.cells: tuple[tuple[str, ...], ...] = ()
        self._bold: frozenset[int] = frozenset()
        self._faint: frozenset[int] = frozenset()

    def show(self, cells: Sequence[tuple[str, ...]], bold: Sequence[int], faint: Sequence[int]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self.cells, self._bold, self._faint = tuple(cells), frozenset(bold), frozenset(faint)
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802 - Qt's name
        return len(self.cells)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802 - Qt's name
        return len(self._titles)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._titles[section]
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self.cells[index.row()][index.column()]
        if role == Qt.ItemDataRole.FontRole and index.row() in self._bold:
            font = QFont()
            font.setBold(True)
            return font
        if role == Qt.ItemDataRole.ForegroundRole and index.row() in self._faint:
            return QColor(theme.FAINT)
        return None


class RowsTable(RowTable):
    """Shows rows; the arrow keys and clicks pick one, a double click or Enter takes it."""

    picked = Signal(int)
    """Emitted with the number of the row that a person picked."""
    taken = Signal(int)

    def __init__(self, columns: Sequence[tuple[str, int]], tip: str) -> None:
        super().__init__()
        self.rows = RowsModel([title for title, _ in columns])
        self.setModel(self.rows)
        self.setToolTip(tip)
        self.lay_out([width for _, width in columns], several=False)
        self._is_ours = False
        self.selectionModel().currentRowChanged.connect(self._on_current)
        self.doubleClicked.connect(lambda index: self.taken.emit(index.row()))

    def show_rows(self, cells: Sequence[tuple[str, ...]], chosen: int = -1, bold: Sequence[int] = (), faint: Sequence[int] = ()) -> None:
        """Show other rows, with the row `chosen` selected (-1: none); nobody is told of that."""
        self._is_ours = True
        self.rows.show(cells, bold, faint)
        if 0 <= chosen < len(cells):
            self.selectRow(chosen)
        self._is_ours = False

    def _on_current(self, now: QModelIndex, before: QModelIndex) -> None:
        if not self._is_ours and now.isValid():
            self.picked.emit(now.row())

    def take(self) -> None:
        """Take the row that the keys stand on."""
        if self.currentIndex().isValid():
            self.taken.emit(self.currentIndex().row())
