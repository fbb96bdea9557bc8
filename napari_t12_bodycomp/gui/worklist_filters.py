"""Which cases the worklist shows: by state, by what waits for the person at the desk, by assessor, by name."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QComboBox, QLineEdit, QPushButton, QWidget

from napari_t12_bodycomp.gui import widgets
from napari_t12_bodycomp.gui.flow_row import FlowRow
from napari_t12_bodycomp.gui.study_flow import StudyFlow
from napari_t12_bodycomp.gui.study_words import STATE_TITLES
from napari_t12_bodycomp.model.study import Account, CaseState, Role
from napari_t12_bodycomp.workflow.seat import Seat, SeatState

SEARCH_AFTER_MS = 250
_ALL = {"reading_by": None, "adjudication_by": None, "offset": 0}


class SearchField(QLineEdit):
    """Looks for cases while somebody types; Enter hands the keys to the table, Escape clears."""

    def __init__(self, to_table: Callable[[], object]) -> None:
        super().__init__()
        self._to_table = to_table
        self.setPlaceholderText("search")
        self.setToolTip("Show the cases whose name has this in it")
        self.setClearButtonEnabled(True)
        self.setFixedWidth(140)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down):
            self._to_table()
        elif key == Qt.Key.Key_Escape:
            self.clear()
        else:
            super().keyPressEvent(event)


class WorklistFilters(QWidget):
    """Asks the study for other cases and shows what was asked for; `to_table` hands the keys to the table."""

    def __init__(self, seat: Seat, study: StudyFlow, to_table: Callable[[], object]) -> None:
        super().__init__()
        self._seat, self._study = seat, study
        self._people: tuple[Account, ...] = ()
        self._typed = QTimer(self)
        self._typed.setSingleShot(True)
        self._typed.setInterval(SEARCH_AFTER_MS)
        self._typed.timeout.connect(lambda: study.ask(search=self.search.text().strip(), offset=0))
        self._build(to_table)

    def _build(self, to_table: Callable[[], object]) -> None:
        self.chips: dict[CaseState | None, QPushButton] = {}
        for state in (None, *CaseState):
            chip = widgets.button("", "Show all cases" if state is None else f"Show the cases that are {STATE_TITLES[state]}", None)
            chip.setCheckable(True)
            chip.clicked.connect(lambda _=False, s=state: self._study.ask(states=frozenset() if s is None else frozenset({s}), **_ALL))
            self.chips[state] = chip
        self.to_read = widgets.button("", "Show the cases that you are to read apart from others", lambda: self._show_mine("reading_by"))
        self.to_settle = widgets.button(
            "", "Show the cases whose two readings disagree, for you to decide", lambda: self._show_mine("adjudication_by")
        )
        for chip in (self.to_read, self.to_settle):
            chip.setCheckable(True)
            chip.hide()
        self.search = SearchField(to_table)
        self.search.textChanged.connect(lambda _: self._typed.start())
        self.assessor = QComboBox()
        self.assessor.setToolTip("Show the cases of one assessor")
        self.assessor.setFixedWidth(130)
        self.assessor.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.assessor.activated.connect(self._on_assessor)
        self.setLayout(FlowRow([*self.chips.values(), self.to_read, self.to_settle], [self.assessor, self.search]))

    def clear(self) -> None:
        """Show every case to begin with, whatever was looked for before."""
        self._typed.stop()
        self.search.blockSignals(True)
        self.search.clear()
        self.search.blockSignals(False)
        self.assessor.setCurrentIndex(0)

    def show_state(self, new: SeatState) -> None:
        """Show what of the study is asked for, and how many cases there are."""
        self._show_chips(new)
        self._show_people(new)

    def _show_chips(self, new: SeatState) -> None:
        assert new.sheet is not None
        counts = new.sheet.counts
        for state, chip in self.chips.items():
            n = counts.screened if state is None else counts.by_state.get(state, 0)
            chip.setText(f"{'all' if state is None else STATE_TITLES[state]} {n}")
            mine = new.query.reading_by is not None or new.query.adjudication_by is not None
            chip.setChecked(not mine and new.query.states == (frozenset() if state is None else frozenset({state})))
        for chip, words, n, chosen in (
            (self.to_read, "to read", new.sheet.mine.due, new.query.reading_by),
            (self.to_settle, "to adjudicate", new.sheet.mine.adjudications, new.query.adjudication_by),
        ):
            chip.setText(f"{words} {n}")
            chip.setVisible(bool(n) or chosen is not None)
            chip.setChecked(chosen is not None)

    def _show_mine(self, what: str) -> None:
        """Show what of double reading waits for the person at the desk."""
        desk = self._seat.state.desk
        if desk is not None:
            self._study.ask(states=frozenset(), **_ALL | {what: desk.account_id})

    def _show_people(self, new: SeatState) -> None:
        assert new.sheet is not None
        people = new.sheet.people
        if people == self._people:
            return
        self._people, chosen = people, self.assessor.currentData()
        self.assessor.clear()
        for title, number in (
            ("everybody's", None),
            ("nobody's", 0),
            *((f"{a.name}'s", a.id) for a in new.sheet.people if a.has(Role.ASSESSOR)),
        ):
            self.assessor.addItem(title, number)
        self.assessor.setCurrentIndex(max(0, self.assessor.findData(chosen)))

    def _on_assessor(self, place: int) -> None:
        self._study.ask(assessor_id=self.assessor.itemData(place), offset=0)
