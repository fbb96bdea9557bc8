"""The worklist: progress, filters, the table, and what can be done with the cases that are selected."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QMenu, QToolButton, QWidget

from napari_t12_bodycomp.gui import widgets
from napari_t12_bodycomp.gui.actions import Actions
from napari_t12_bodycomp.gui.flow_row import FlowRow
from napari_t12_bodycomp.gui.progress_bar import ProgressBar
from napari_t12_bodycomp.gui.sending import Sending
from napari_t12_bodycomp.gui.study_flow import StudyFlow
from napari_t12_bodycomp.gui.study_words import progress_words, seat_words
from napari_t12_bodycomp.gui.widgets import ActionButton
from napari_t12_bodycomp.gui.worklist_deeds import WorklistDeeds
from napari_t12_bodycomp.gui.worklist_filters import WorklistFilters
from napari_t12_bodycomp.gui.worklist_import import WorklistImport
from napari_t12_bodycomp.gui.worklist_table import WorklistTable
from napari_t12_bodycomp.model.study import Role
from napari_t12_bodycomp.workflow.seat import Seat, SeatState

TITLE_PX = 420


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
        self._study, self._actions, self._sending = study, actions, sending
        self.table = WorklistTable()
        self.table.opened.connect(lambda number: actions.trigger("open_case", number))
        self.table.sorted.connect(lambda key, down: study.ask(sort=key, descending=down, offset=0))
        self.list = WorklistImport(study)
        self.filters = WorklistFilters(seat, study, self.table.setFocus)
        self.deeds = WorklistDeeds(seat, study, actions, self.table)
        self.trouble = widgets.label("", "error", wrap=True)
        self.trouble.hide()
        self.setLayout(
            widgets.column(
                self._head(add_account, read_twice), self.progress, self.bar, self.filters, self.trouble, self.list, self.table,
                self.deeds, gap=10, margins=(18, 16, 18, 14),
            )
        )  # fmt: skip
        seat.changed.connect(self._redraw)

    def _head(self, add_account: Callable[[], None], read_twice: Callable[[], None]) -> FlowRow:
        self.title, self.who = widgets.label("", "big"), widgets.label("", "muted")
        self.progress, self.bar = widgets.label(""), ProgressBar()
        self.people = widgets.button("People …", "Take somebody into the study", add_account)
        self.twice = widgets.button(
            "Read twice …", "Choose a share of the cases at random that two people read apart from each other", read_twice
        )
        self.listed = widgets.button(
            "Import a list …", "Take cases in from a table (CSV); every bad row is named before anything is taken in", self.list.choose
        )
        leave = widgets.button("Sign out", "Leave the study; unsaved work is kept on this computer", self._study.leave)
        back = ActionButton(self._actions, "study", "Back to the picture", show_key=True)
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

    def _redraw(self, old: SeatState, new: SeatState) -> None:
        widgets.set_text(self.trouble, new.trouble, hide_empty=True)
        sheet = new.sheet
        if sheet is None:
            self.list.show_list(None, "")
            return
        if old.desk is not new.desk:  # somebody sat down
            self.filters.clear()
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
            for button in (self.people, self.twice, self.listed):
                button.setVisible(new.is_lead)
            self.send.setVisible(sheet.account.has(Role.REVIEWER) and bool(self._sending.choices() or self._sending.target))
            self.filters.show_state(new)
            self.deeds.show_state(new, sheet)
