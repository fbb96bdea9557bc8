"""The table of cases: what a page of the worklist holds, sorted by the study's database."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt, Signal
from qtpy.QtGui import QColor, QIcon

from napari_t12_bodycomp.gui import theme
from napari_t12_bodycomp.gui.row_table import RowTable
from napari_t12_bodycomp.gui.study_words import STATE_COLOURS, changed_words, state_words
from napari_t12_bodycomp.gui.widgets import dot_icon
from napari_t12_bodycomp.model.study import CaseState
from napari_t12_bodycomp.model.worklist import SortKey, WorklistQuery, WorklistRow

COLUMNS: tuple[tuple[str, SortKey | None, int], ...] = (
    ("case", "pseudonym", 190),
    ("state", "state", 190),
    ("assessor", "assessor", 120),
    ("reviewer", "reviewer", 120),
    ("version", None, 70),
    ("changed", "updated_at", 130),
)
"""Title, what the database sorts by, and width in pixels."""


class WorklistModel(QAbstractTableModel):
    """The rows of one page."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[WorklistRow, ...] = ()
        self.open_id: int | None = None
        self._dots: dict[CaseState, QIcon] = {}

    def show(self, rows: tuple[WorklistRow, ...], open_id: int | None) -> None:
        """Show `rows`; the one of the case on screen is bold."""
        if len(rows) != len(self.rows):
            self.beginResetModel()
            self.rows, self.open_id = rows, open_id
            self.endResetModel()
        else:
            self.rows, self.open_id = rows, open_id
            if rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(COLUMNS) - 1))

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802 - Qt's name
        return len(self.rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802 - Qt's name
        return len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section][0]
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._texts(row)[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.pseudonym}: {state_words(row)}"
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 1:
            return self._dots.setdefault(row.state, dot_icon(STATE_COLOURS[row.state]))
        if role == Qt.ItemDataRole.FontRole and row.id == self.open_id:
            from qtpy.QtGui import QFont

            font = QFont()
            font.setBold(True)
            return font
        if role == Qt.ItemDataRole.ForegroundRole and row.state is CaseState.EXCLUDED:
            return QColor(theme.FAINT)
        return None

    @staticmethod
    def _texts(row: WorklistRow) -> tuple[str, ...]:
        version = "" if row.version is None else str(row.version)
        return row.pseudonym, state_words(row), row.assessor or "–", row.reviewer or "–", version, changed_words(row.updated_at)


class WorklistTable(RowTable):
    """Shows a page; a double click or Enter opens a case, a click on a heading sorts."""

    opened = Signal(int)
    """Emitted with the id of the case to open."""
    sorted = Signal(str, bool)
    """Emitted with what to sort by, and whether downwards."""
    picked = Signal()
    """Emitted when other rows are selected."""

    def __init__(self) -> None:
        super().__init__()
        self.rows = WorklistModel()
        self.setModel(self.rows)
        self.lay_out([width for _, _, width in COLUMNS], several=True)
        header = self.horizontalHeader()
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.sectionClicked.connect(self._on_heading)
        self._query = WorklistQuery()
        self.doubleClicked.connect(lambda index: self.opened.emit(self.rows.rows[index.row()].id))
        self.selectionModel().selectionChanged.connect(lambda *_: self.picked.emit())

    def show_page(self, rows: tuple[WorklistRow, ...], query: WorklistQuery, open_id: int | None) -> None:
        """Show a page; what was selected stays so where it is still there."""
        self._query = query
        chosen = {row.id for row in self.selected()}
        was = self.rows.rows
        self.rows.show(rows, open_id)
        if [row.id for row in was] != [row.id for row in rows]:
            self._select(chosen or ({open_id} if open_id is not None else set()))
        place = next((n for n, (_, key, _) in enumerate(COLUMNS) if key == query.sort), 0)
        order = Qt.SortOrder.DescendingOrder if query.descending else Qt.SortOrder.AscendingOrder
        self.horizontalHeader().setSortIndicator(place, order)
        self.picked.emit()

    def _select(self, ids: set[int]) -> None:
        self.clearSelection()
        places = [n for n, row in enumerate(self.rows.rows) if row.id in ids] or ([0] if self.rows.rows else [])
        for place in places:
            self.selectionModel().select(
                self.rows.index(place, 0),
                self.selectionModel().SelectionFlag.Select | self.selectionModel().SelectionFlag.Rows,
            )
        if places:
            self.selectionModel().setCurrentIndex(self.rows.index(places[0], 0), self.selectionModel().SelectionFlag.NoUpdate)

    def selected(self) -> list[WorklistRow]:
        """The rows that are selected, from top to bottom."""
        places = sorted({index.row() for index in self.selectionModel().selectedRows()})
        return [self.rows.rows[place] for place in places if place < len(self.rows.rows)]

    def _on_heading(self, section: int) -> None:
        key = COLUMNS[section][1]
        if key is not None:
            self.sorted.emit(key, not self._query.descending if key == self._query.sort else False)

    def take(self) -> None:
        """Open the first case that is selected."""
        chosen = self.selected()
        if chosen:
            self.opened.emit(chosen[0].id)
