"""The foot of the worklist: what can be done with the cases that are selected, and the pages."""

from __future__ import annotations

from qtpy.QtWidgets import QInputDialog, QMenu, QToolButton, QWidget

from napari_t12_bodycomp.gui import widgets
from napari_t12_bodycomp.gui.actions import Actions
from napari_t12_bodycomp.gui.flow_row import FlowRow
from napari_t12_bodycomp.gui.study_flow import StudyFlow
from napari_t12_bodycomp.gui.study_words import page_words
from napari_t12_bodycomp.gui.widgets import ActionButton
from napari_t12_bodycomp.gui.worklist_table import WorklistTable
from napari_t12_bodycomp.model.study import CaseState, ExclusionReason, Role
from napari_t12_bodycomp.workflow.seat import Seat, SeatState, Sheet


class WorklistDeeds(QWidget):
    """Does something with what is selected in `table`."""

    def __init__(self, seat: Seat, study: StudyFlow, actions: Actions, table: WorklistTable) -> None:
        super().__init__()
        self._seat, self._study, self._actions, self.table = seat, study, actions, table
        self._build()
        table.picked.connect(self._on_picked)

    def _build(self) -> None:
        self.open = widgets.button("Open", "Open the selected case (Enter, or a double click)", self._open)
        self.open.setProperty("role", "primary")
        self.next = ActionButton(self._actions, "next", show_key=True)
        self.take = widgets.button("Take", "Assign the selected cases to me", self._take)
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
        self.include = widgets.button("Take in again", "Take the selected excluded case into the study again", self._include)
        self.where = widgets.label("", "muted")
        self.earlier = widgets.button("‹", "The page before", lambda: self._turn(-1))
        self.later = widgets.button("›", "The next page", lambda: self._turn(1))
        deeds = [self.open, self.next, self.take, self.assign, self.exclude, self.include]
        pages = QWidget()
        pages.setLayout(widgets.row(self.where, self.earlier, self.later))
        self.setLayout(FlowRow(deeds, [pages]))

    def show_state(self, new: SeatState, sheet: Sheet) -> None:
        """Show what this person may do, to whom cases can be given, and the page."""
        widgets.set_text(self.where, page_words(sheet.page))
        self.earlier.setEnabled(sheet.page.first > 0)
        self.later.setEnabled(sheet.page.first + len(sheet.page.rows) < sheet.page.total)
        self.assign.setVisible(new.is_lead)
        self.take.setVisible(sheet.account.has(Role.ASSESSOR, Role.REVIEWER))
        self.exclude.setVisible(sheet.account.has(Role.LEAD, Role.ASSESSOR))
        self._show_people(sheet)

    def _show_people(self, sheet: Sheet) -> None:
        menu = self.assign.menu()
        menu.clear()
        for role, column in ((Role.ASSESSOR, "assessor"), (Role.REVIEWER, "reviewer")):
            part = menu.addMenu(f"as {column}")
            for account in sheet.people:
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

    def _open(self) -> None:
        chosen = self.table.selected()
        if chosen:
            self._actions.trigger("open_case", chosen[0].id)

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
