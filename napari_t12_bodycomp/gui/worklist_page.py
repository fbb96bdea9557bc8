"""The worklist: progress, filters, the table, and what can be done with the cases that are selected."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QRectF, Qt, QTimer
from qtpy.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from qtpy.QtWidgets import QComboBox, QFileDialog, QInputDialog, QLineEdit, QMenu, QPushButton, QToolButton, QWidget

from napari_t12_bodycomp.errors import T12Error
from napari_t12_bodycomp.gui import theme, widgets
from napari_t12_bodycomp.gui.actions import Actions
from napari_t12_bodycomp.gui.flow_row import FlowRow
from napari_t12_bodycomp.gui.sending import Sending
from napari_t12_bodycomp.gui.study_flow import StudyFlow
from napari_t12_bodycomp.gui.study_words import BAR_ORDER, STATE_COLOURS, STATE_TITLES, page_words, progress_words, seat_words
from napari_t12_bodycomp.gui.widgets import ActionButton
from napari_t12_bodycomp.gui.worklist_table import WorklistTable
from napari_t12_bodycomp.model.case_list import CaseList
from napari_t12_bodycomp.model.study import Account, CaseState, ExclusionReason, Role
from napari_t12_bodycomp.model.worklist import StudyCounts
from napari_t12_bodycomp.workflow.seat import Seat, SeatState

SEARCH_AFTER_MS = 250
SHOWN_BAD_ROWS = 12
TITLE_PX = 420


_ALL = {"reading_by": None, "adjudication_by": None, "offset": 0}


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


class WorklistPage(QWidget):
    """Everything that a person sees of the study between cases."""

    def __init__(
        self,
        seat: Seat,
        study: StudyFlow,
        actions: Actions,
        sending: Sending,
        add_account: Callable[[], None],
        read_twice: Callable[[], None],
    ) -> None:
        super().__init__()
        self._seat, self._study, self._actions, self._sending = seat, study, actions, sending
        self._people: tuple[Account, ...] = ()
        self._head_row = self._head(add_account, read_twice)
        self.table = WorklistTable()
        self.table.opened.connect(lambda number: actions.trigger("open_case", number))
        self.table.sorted.connect(lambda key, down: study.ask(sort=key, descending=down, offset=0))
        self.table.picked.connect(self._on_picked)
        self._filter_row = self._filters()
        self._foot_row = self._foot()
        self.trouble = widgets.label("", "error", wrap=True)
        self.trouble.hide()
        self.list_words = widgets.label("", "note", wrap=True)
        self.list_words.hide()
        self.setLayout(
            widgets.column(
                self._head_row, self.progress, self.bar, self._filter_row, self.trouble, self.list_words, self._list_row, self.table,
                self._foot_row, gap=10, margins=(18, 16, 18, 14),
            )
        )  # fmt: skip
        self._typed = QTimer(self)
        self._typed.setSingleShot(True)
        self._typed.setInterval(SEARCH_AFTER_MS)
        self._typed.timeout.connect(lambda: study.ask(search=self.search.text().strip(), offset=0))
        seat.changed.connect(self._redraw)

    # -- layout ------------------------------------------------------------------------------------------------------------------------

    def _head(self, add_account: Callable[[], None], read_twice: Callable[[], None]) -> FlowRow:
        self.title, self.who = widgets.label("", "big"), widgets.label("", "muted")
        self.progress, self.bar = widgets.label(""), ProgressBar()
        self.people = _button("People …", "Take somebody into the study", add_account)
        self.twice = _button("Read twice …", "Choose a share of the cases at random that two people read apart from each other", read_twice)
        self.listed = _button(
            "Import a list …", "Take cases in from a table (CSV); every bad row is named before anything is taken in", self._choose_list
        )
        leave = _button("Sign out", "Leave the study; unsaved work is kept on this computer", self._study.leave)
        back = ActionButton(self._actions, "study", "Back to the picture", show_key=True)
        self.take_in = _button("Take them in", "Take all cases of the list in, or none", self._take_in)
        self.take_in.setProperty("role", "primary")
        self.drop_list = _button("Leave it", "Take nothing in", lambda: self._show_list(None, ""))
        self._list_buttons = QWidget()
        self._list_buttons.setLayout(widgets.row(self.take_in, self.drop_list, None))
        self._list_buttons.hide()
        self._list_row = widgets.row(self._list_buttons)
        self._list_file = ""
        self.send = QToolButton()
        self.send.setToolTip("Whether the results that you approve go to an archive, as DICOM beside their scan")
        self.send.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.send.setMenu(QMenu(self.send))
        self.send.menu().aboutToShow.connect(self._list_archives)
        self._show_archive()
        return FlowRow([self.title, self.who], [self.people, self.twice, self.listed, self.send, leave, back], gap=10)

    def _list_archives(self) -> None:
        menu = self.send.menu()
        menu.clear()
        for title, name in (("nowhere", ""), *((name, name) for name in self._sending.choices())):
            menu.addAction(title, lambda n=name: self.send_to(n))

    def send_to(self, name: str) -> None:
        """Send what is approved here to the archive `name` from now on; "" for none."""
        self._sending.target = name
        self._show_archive()

    def _show_archive(self) -> None:
        self.send.setText(f"Approved results go to {self._sending.target or 'nowhere'}")

    def _filters(self) -> FlowRow:
        self.chips: dict[CaseState | None, QPushButton] = {}
        for state in (None, *CaseState):
            chip = _button("", "Show all cases" if state is None else f"Show the cases that are {STATE_TITLES[state]}", None)
            chip.setCheckable(True)
            chip.clicked.connect(lambda _=False, s=state: self._study.ask(states=frozenset() if s is None else frozenset({s}), **_ALL))
            self.chips[state] = chip
        self.to_read = _button("", "Show the cases that you are to read apart from others", lambda: self._show_mine("reading_by"))
        self.to_settle = _button(
            "", "Show the cases whose two readings disagree, for you to decide", lambda: self._show_mine("adjudication_by")
        )
        for chip in (self.to_read, self.to_settle):
            chip.setCheckable(True)
            chip.hide()
        self.search = SearchField(self.table.setFocus)
        self.search.textChanged.connect(lambda _: self._typed.start())
        self.assessor = QComboBox()
        self.assessor.setToolTip("Show the cases of one assessor")
        self.assessor.setFixedWidth(130)
        self.assessor.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.assessor.activated.connect(self._on_assessor)
        return FlowRow([*self.chips.values(), self.to_read, self.to_settle], [self.assessor, self.search])

    def _foot(self) -> FlowRow:
        self.open = _button("Open", "Open the selected case (Enter, or a double click)", self._open)
        self.open.setProperty("role", "primary")
        self.next = ActionButton(self._actions, "next", show_key=True)
        self.take = _button("Take", "Assign the selected cases to me", self._take)
        self.assign = QToolButton()
        self.assign.setText("Assign …")
        self.assign.setToolTip("Give the selected cases to somebody")
        self.assign.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.assign.setMenu(QMenu(self.assign))
        self.exclude = QToolButton()
        self.exclude.setText("Exclude …")
        self.exclude.setToolTip("Take the selected case out of the study, with the reason that the flow chart counts")
        self.exclude.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        reasons = QMenu(self.exclude)
        for reason in ExclusionReason:
            reasons.addAction(reason.value, lambda r=reason: self._exclude(r))
        self.exclude.setMenu(reasons)
        self.include = _button("Take in again", "Take the selected excluded case into the study again", self._include)
        self.where = widgets.label("", "muted")
        self.earlier = _button("‹", "The page before", lambda: self._turn(-1))
        self.later = _button("›", "The next page", lambda: self._turn(1))
        deeds = [self.open, self.next, self.take, self.assign, self.exclude, self.include]
        pages = QWidget()
        pages.setLayout(widgets.row(self.where, self.earlier, self.later))
        return FlowRow(deeds, [pages])

    # -- from the study ----------------------------------------------------------------------------------------------------------------

    def _redraw(self, old: SeatState, new: SeatState) -> None:
        widgets.set_text(self.trouble, new.trouble, hide_empty=True)
        sheet = new.sheet
        if sheet is None:
            self._show_list(None, "")
            return
        if old.desk is not new.desk:
            self._show_no_filter()
        if old.sheet is not sheet or old.opened is not new.opened:
            open_id = None if new.opened is None else new.opened.case.id
            self.table.show_page(sheet.page.rows, new.query, open_id)
        if old.sheet is not sheet:
            short = self.title.fontMetrics().elidedText(sheet.study.name, Qt.TextElideMode.ElideRight, TITLE_PX)
            widgets.set_text(self.title, short)
            self.title.setToolTip(sheet.study.name)
            widgets.set_text(self.who, seat_words(sheet.account))
            widgets.set_text(self.progress, progress_words(sheet.counts))
            self.bar.show_counts(sheet.counts)
            widgets.set_text(self.where, page_words(sheet.page))
            self.earlier.setEnabled(sheet.page.first > 0)
            self.later.setEnabled(sheet.page.first + len(sheet.page.rows) < sheet.page.total)
            for button in (self.people, self.twice, self.listed, self.assign):
                button.setVisible(new.is_lead)
            self.send.setVisible(sheet.account.has(Role.REVIEWER) and bool(self._sending.choices() or self._sending.target))
            self.take.setVisible(sheet.account.has(Role.ASSESSOR, Role.REVIEWER))
            self.exclude.setVisible(sheet.account.has(Role.LEAD, Role.ASSESSOR))
            self._show_chips(new)
            self._show_people(new)

    def _show_no_filter(self) -> None:
        """Somebody sat down: every case is shown to begin with, whatever was looked for before."""
        self._typed.stop()
        self.search.blockSignals(True)
        self.search.clear()
        self.search.blockSignals(False)
        self.assessor.setCurrentIndex(0)

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
        menu = self.assign.menu()
        menu.clear()
        for role, column in ((Role.ASSESSOR, "assessor"), (Role.REVIEWER, "reviewer")):
            part = menu.addMenu(f"as {column}")
            for account in new.sheet.people:
                if account.has(role) and not account.disabled:
                    part.addAction(account.name, lambda c=column, n=account.name: self._assign(c, n))
            part.addAction("nobody", lambda c=column: self._assign(c, ""))

    def _on_picked(self) -> None:
        chosen, sheet = self.table.selected(), self._seat.state.sheet
        excluded = [row for row in chosen if row.state is CaseState.EXCLUDED]
        approved = [row for row in chosen if row.state is CaseState.APPROVED]
        self.open.setEnabled(bool(chosen))
        self.take.setEnabled(bool(chosen) and not excluded and not approved)
        self.assign.setEnabled(bool(chosen) and not approved)
        self.exclude.setEnabled(len(chosen) == 1 and not excluded and not approved)
        self.include.setVisible(sheet is not None and self._seat.state.is_lead and bool(excluded) and len(chosen) == 1)

    # -- what buttons do ---------------------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        chosen = self.table.selected()
        if chosen:
            self._actions.trigger("open_case", chosen[0].id)

    def _on_assessor(self, place: int) -> None:
        self._study.ask(assessor_id=self.assessor.itemData(place), offset=0)

    def _turn(self, pages: int) -> None:
        query = self._seat.state.query
        self._study.ask(offset=max(0, query.offset + pages * query.limit))

    def _take(self) -> None:
        """Take the selected cases: to draw them, or, where one waits for review, to review them."""
        sheet = self._seat.state.sheet
        if sheet is None:
            return
        me, chosen = sheet.account, self.table.selected()
        for role, column, states in (
            (Role.ASSESSOR, "assessor", {CaseState.NEW, CaseState.DRAFTED, CaseState.RETURNED}),
            (Role.REVIEWER, "reviewer", {CaseState.SUBMITTED}),
        ):
            ids = [row.id for row in chosen if row.state in states]
            if ids:
                self._study.assign(ids, **{column: me.name}) if me.has(role) else self._study.tell(
                    f"Taking these needs the role {role.value}: ask a lead."
                )

    def _assign(self, column: str, name: str) -> None:
        self._study.assign([row.id for row in self.table.selected()], **{column: name})

    def _exclude(self, reason: ExclusionReason) -> None:
        chosen = self.table.selected()
        if len(chosen) != 1:
            return
        note, go_on = QInputDialog.getText(
            self, f"Exclude {chosen[0].pseudonym}: {reason.value}", "A note (no names), as far as one is needed:"
        )
        if go_on:
            self._study.exclude(chosen[0].id, reason, note.strip())

    def _include(self) -> None:
        chosen = self.table.selected()
        if len(chosen) == 1:
            self._study.include(chosen[0].id)

    # -- a list of cases ---------------------------------------------------------------------------------------------------------------

    def _choose_list(self) -> None:
        file, _ = QFileDialog.getOpenFileName(self, "A list of cases", "", "Tables (*.csv);;All files (*)")
        if file:
            self.check_list(file)

    def check_list(self, file: str) -> None:
        """Read a list of cases and show what is wrong with it, or how many cases it would take in."""
        try:
            self._study.check_list(file, lambda listed: self._show_list(listed, file))
        except T12Error as error:
            self._study.tell(str(error))

    def _show_list(self, listed: CaseList | None, file: str) -> None:
        self._list_file = file
        self._list_buttons.setVisible(listed is not None)
        self.take_in.setVisible(listed is not None and not listed.bad)
        if listed is None:
            widgets.set_text(self.list_words, "", hide_empty=True)
            return
        widgets.set_look(self.list_words, "role", "warning" if listed.bad else "note")
        if not listed.bad:
            said = f"The list is good: {len(listed.cases)} cases would be taken in."
        else:
            rows = [f"line {row.line}: {row.sentence}" for row in listed.bad[:SHOWN_BAD_ROWS]]
            more = len(listed.bad) - len(rows)
            rest = [f"… and {more} more: t12-bodycomp study add --dry-run names all of them."] if more else []
            head = f"{len(listed.bad)} of {len(listed.bad) + len(listed.cases)} rows are bad; nothing is taken in until all are good:"
            said = "\n".join([head, *rows, *rest])
        widgets.set_text(self.list_words, said, hide_empty=True)

    def _take_in(self) -> None:
        self._study.import_list(self._list_file, lambda: self._show_list(None, ""))


def _button(text: str, tip: str, function: Callable[[], object] | None) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    if function is not None:
        button.clicked.connect(lambda _=False: function())
    return button
