"""The fields that a search in an archive is typed into."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtWidgets import QLineEdit, QPushButton, QWidget

from napari_t12_bodycomp.gui import widgets
from napari_t12_bodycomp.gui.pacs_words import typed_query
from napari_t12_bodycomp.model.pacs import StudyQuery


class SearchFields(QWidget):
    """One row of fields, and `button` at its end; Enter in any field calls `search`."""

    def __init__(self, search: Callable[[], None], button: QPushButton) -> None:
        super().__init__()
        self._search = search
        self.patient_id = self._field("patient ID", "* and ? stand for any characters", 150)
        self.date_from = self._field("from YYYY-MM-DD", "Studies from this day on", 130)
        self.date_to = self._field("to YYYY-MM-DD", "Studies until this day", 130)
        self.description = self._field("study description", "A part of the study's description", 180)
        self.modality = self._field("CT", "Modality; empty: any", 50)
        self.modality.setText("CT")
        self._all = (self.patient_id, self.date_from, self.date_to, self.description, self.modality)
        self._searched: tuple[str, ...] = ()
        self.setLayout(widgets.row(*self._all, button, None, gap=8))

    def query(self) -> StudyQuery:
        """What to search for; UsageError where that cannot be."""
        query = typed_query(*self._typed())
        self._searched = self._typed()
        return query

    @property
    def is_waiting(self) -> bool:
        """Whether the keys are still here since the last search, and nothing was typed after it."""
        return self._typed() == self._searched and any(field.hasFocus() for field in self._all)

    def _typed(self) -> tuple[str, str, str, str, str]:
        patient_id, date_from, date_to, description, modality = (field.text() for field in self._all)
        return patient_id, date_from, date_to, description, modality

    def _field(self, hint: str, tip: str, width: int) -> QLineEdit:
        field = QLineEdit()
        field.setPlaceholderText(hint)
        field.setToolTip(tip)
        field.setFixedWidth(width)
        field.returnPressed.connect(self._search)
        return field
