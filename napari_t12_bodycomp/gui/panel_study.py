"""The study in the Open step: where to sign in, how far the study has come, and the way to its cases."""

from __future__ import annotations

from qtpy.QtWidgets import QFrame

from napari_t12_bodycomp.gui import widgets
from napari_t12_bodycomp.gui.panel import Panel
from napari_t12_bodycomp.gui.progress_bar import ProgressBar
from napari_t12_bodycomp.gui.study_words import progress_words, seat_words
from napari_t12_bodycomp.gui.widgets import ActionButton
from napari_t12_bodycomp.workflow.seat import SeatState
from napari_t12_bodycomp.workflow.session_state import SessionState

INVITATION = "Sign in to draw the cases of its worklist, and to have every drawing reviewed by a second person."


class StudyPanel(Panel):
    """A card: nobody signed in, or who is, and how far the study has come."""

    def _build(self) -> None:
        card = QFrame()
        card.setProperty("role", "card")
        self.title = widgets.label("Study", "strong")
        self.who = widgets.label("", "muted")
        self.words = widgets.label(INVITATION, "muted", wrap=True)
        self.bar = ProgressBar()
        self.study = ActionButton(self.actions, "study", show_key=True)
        self.next = ActionButton(self.actions, "next", show_key=True)
        self.add = ActionButton(self.actions, "add_to_study")
        card.setLayout(
            widgets.column(
                widgets.row(self.title, None, self.who),
                self.words,
                self.bar,
                widgets.row(self.study, self.next, self.add, None),
                margins=(12, 10, 12, 10),
            )
        )
        self.setLayout(widgets.column(card))

    def _connect(self) -> None:
        self.seat.changed.connect(self._on_seat)
        self._on_seat(None, self.seat.state)

    def _on_seat(self, old: SeatState | None, new: SeatState) -> None:
        if old is None or (old.sheet, old.desk, old.opened) != (new.sheet, new.desk, new.opened):
            sheet = new.sheet
            widgets.set_text(self.title, "Study" if sheet is None else sheet.study.name)
            widgets.set_text(self.who, "" if sheet is None else seat_words(sheet.account))
            widgets.set_text(self.words, INVITATION if sheet is None else progress_words(sheet.counts))
            if sheet is not None:
                self.bar.show_counts(sheet.counts)
            for widget in (self.bar, self.next):
                widget.setVisible(sheet is not None)
            self.study.set_action("study", "Study" if sheet is None else "Worklist")
            self._show_add()

    def _show_add(self) -> None:
        is_other = self.session.state.volume is not None and self.seat.state.opened is None
        self.add.setVisible(self.seat.state.is_signed_in and is_other)

    def _redraw(self, old: SessionState | None, new: SessionState) -> None:
        if old is None or old.volume is not new.volume:
            self._show_add()
