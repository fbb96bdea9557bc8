"""The foot of a review: return, correct, reopen, and the line that a decision asks for, a password or a reason."""

from __future__ import annotations

from qtpy.QtWidgets import QWidget

from napari_t12_bodycomp.gui import widgets
from napari_t12_bodycomp.gui.desk import DeskState
from napari_t12_bodycomp.gui.panel import Panel
from napari_t12_bodycomp.gui.send_line import ReasonLine, SendLine
from napari_t12_bodycomp.gui.study_case import StudyCase
from napari_t12_bodycomp.gui.widgets import ActionButton
from napari_t12_bodycomp.model.review import RETURN_REASONS
from napari_t12_bodycomp.model.study import CaseState
from napari_t12_bodycomp.workflow.seat import SeatState
from napari_t12_bodycomp.workflow.session_state import SessionState


class DecidePanel(Panel):
    """Buttons besides Approve, which is the one next action; one line at a time above them."""

    def _build(self) -> None:
        self.password = SendLine("your password, then Enter", "Enter signs off, Escape cancels; the password is kept nowhere", secret=True)
        self.reason = ReasonLine(
            RETURN_REASONS, "what is to be changed?", "Pick a reason or type one; Enter returns the case, Escape cancels"
        )
        self.unlock = ReasonLine((), "why is it opened again?", "Enter reopens the case, Escape cancels")
        self.give_back = ActionButton(self.actions, "return_case", show_key=True, role="second", key_of="point_back")
        self.correct = ActionButton(self.actions, "correct", role="second")
        self.reopen = ActionButton(self.actions, "reopen_case", role="second")
        self._lines: dict[str, tuple[QWidget, SendLine | ReasonLine]] = {}
        for what, title, line in (
            ("password", "Sign off", self.password),
            ("return", "Return", self.reason),
            ("reopen", "Reopen", self.unlock),
        ):
            box = QWidget()
            box.setLayout(widgets.row(widgets.label(title, "strong"), line))
            self._lines[what] = (box, line)
        self.other_scan = widgets.label("", "warning", wrap=True)
        self.setLayout(
            widgets.column(
                self.other_scan, *(box for box, _ in self._lines.values()), widgets.row(self.give_back, self.correct, self.reopen, gap=8)
            )
        )

    def _connect(self) -> None:
        self.password.sent.connect(lambda text: self.actions.trigger("sign_off", text))
        self.reason.sent.connect(lambda text: self.actions.trigger("send_back", text))
        self.unlock.sent.connect(lambda text: self.actions.trigger("unlock", text))
        for _, line in self._lines.values():
            line.given_up.connect(lambda: self.actions.trigger("stop_asking"))
        self.desk.changed.connect(self._on_desk)
        self.seat.changed.connect(self._on_seat)

    def _on_desk(self, old: DeskState, new: DeskState) -> None:
        if old.asking != new.asking:
            self._show_line(new.asking)

    def _show_line(self, asking: str) -> None:
        for what, (box, line) in self._lines.items():
            box.setVisible(what == asking)
            if what == asking:
                line.setFocus()
            elif isinstance(line, ReasonLine):
                line.clear_text()
            else:
                line.clear()

    def _on_seat(self, old: SeatState, new: SeatState) -> None:
        if old.opened is not new.opened or old.sheet is not new.sheet:
            self._show_buttons()

    def _redraw(self, old: SessionState | None, new: SessionState) -> None:
        if old is None:
            self._show_line("")
        if old is None or (old.volume is None, old.case_state, old.locked) != (new.volume is None, new.case_state, new.locked):
            self._show_buttons()

    def _show_buttons(self) -> None:
        seat, opened = self.seat.state, self.seat.state.opened
        is_review = opened is not None and opened.is_review and self.session.state.volume is not None
        correcting = not self.session.state.locked
        self.give_back.setVisible(is_review)
        self.correct.setVisible(is_review)
        self.correct.set_action("correct", "Only look" if correcting else "Correct")
        self.reopen.setVisible(self.session.state.case_state is CaseState.APPROVED and seat.is_lead)
        locked = self.session.state.locked
        is_other = opened is not None and locked not in ("", StudyCase.why_locked(opened))
        widgets.set_text(self.other_scan, locked if is_other else "", hide_empty=True)
        asked = self.desk.state.asking in self._lines
        self.setVisible(asked or is_other or is_review or self.reopen.isVisibleTo(self))
