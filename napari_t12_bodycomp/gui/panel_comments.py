"""What others said about the drawing on screen: why it came back, and comments, which a click finds in the picture."""

from __future__ import annotations

import time

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QListWidgetItem, QPushButton

from napari_t12_bodycomp.gui import review_words as said
from napari_t12_bodycomp.gui import widgets
from napari_t12_bodycomp.gui.format import key_words
from napari_t12_bodycomp.gui.panel import Panel
from napari_t12_bodycomp.gui.panel_review import ShortList
from napari_t12_bodycomp.gui.send_line import SendLine
from napari_t12_bodycomp.workflow.seat import SeatState
from napari_t12_bodycomp.workflow.session_state import SessionState


class ReturnedPanel(Panel):
    """Why the case came back to its assessor; hidden where it did not."""

    def _build(self) -> None:
        self.words = widgets.label("", "warning", wrap=True)
        self.setLayout(widgets.column(self.words))

    def _connect(self) -> None:
        self.seat.changed.connect(self._on_seat)

    def _on_seat(self, old: SeatState, new: SeatState) -> None:
        if old.opened is not new.opened:
            self._redraw(None, self.session.state)

    def _redraw(self, old: SessionState | None, new: SessionState) -> None:
        if old is None or old.case_state is not new.case_state or old.volume is not new.volume:
            widgets.set_text(self.words, said.returned_words(self.seat.state.opened, time.time()), hide_empty=True)


class CommentsPanel(Panel):
    """Comments with the numbers of their pins, and a line for one on the whole drawing; `counted` says that there are more or fewer."""

    counted = Signal()

    def _build(self) -> None:
        self.list = ShortList("Click a comment to go to its slice and point")
        self.hint = widgets.label("", "muted")
        self.line = SendLine("on the whole drawing", "Enter notes it; a comment at a point is begun in the picture")
        self.note = QPushButton("Comment")
        self.note.setToolTip("Note what stands in the line")
        self.note.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setLayout(
            widgets.column(
                widgets.row(widgets.label("COMMENTS", "heading"), None, self.hint),
                self.list,
                widgets.row(self.line, self.note),
            )
        )

    def _connect(self) -> None:
        self.list.itemClicked.connect(self._on_comment)
        self.line.sent.connect(self._on_sent)
        self.line.given_up.connect(self.line.clearFocus)
        self.note.clicked.connect(self.line.send)
        self.seat.changed.connect(self._on_seat)
        self.actions.key_changed.connect(self._on_key)
        self._on_key("comment")

    def _on_key(self, action_id: str) -> None:
        if action_id == "comment":
            widgets.set_text(self.hint, f"at a point of the picture: {key_words(self.actions.key('comment'))}")
            self.hint.setToolTip(self.actions.tooltip("comment"))

    def _on_comment(self, item: QListWidgetItem) -> None:
        self.actions.trigger("go_to_comment", item.data(Qt.ItemDataRole.UserRole))

    def _on_sent(self, text: str) -> None:
        self.line.clearFocus()
        self.actions.trigger("add_comment", text)

    def _on_seat(self, old: SeatState, new: SeatState) -> None:
        if old.opened is not new.opened:
            self._redraw(None, self.session.state)

    def _redraw(self, old: SessionState | None, new: SessionState) -> None:
        opened = self.seat.state.opened
        if old is not None and old.volume is new.volume:
            return
        rows: list[tuple[str, object, str]] = []
        if opened is not None:
            for place, comment in enumerate(opened.comments, 1):
                tip = f"{comment.text}\n{comment.account}, {said.moment(comment.at)}"
                rows.append((said.comment_line(place, comment, opened), place, tip))
        before = self.list.count()
        self.list.show_rows(rows)
        if before != len(rows):
            self.counted.emit()
        can = opened is not None and opened.base is not None
        self.line.setEnabled(can)
        self.note.setEnabled(can)
