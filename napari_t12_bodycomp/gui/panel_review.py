"""What a reviewer looks at before deciding: who drew what on which level, on what evidence, what was decided before, what to compare with."""

from __future__ import annotations

import time

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QListWidget, QListWidgetItem

from napari_t12_bodycomp.gui import review_words as said
from napari_t12_bodycomp.gui import widgets
from napari_t12_bodycomp.gui.format import key_words
from napari_t12_bodycomp.gui.panel import Panel
from napari_t12_bodycomp.gui.widgets import ActionButton
from napari_t12_bodycomp.gui.words import level_title
from napari_t12_bodycomp.model.study import CaseState, Version
from napari_t12_bodycomp.workflow.drawing import DRAFT_NAME
from napari_t12_bodycomp.workflow.seat import OpenCase, SeatState
from napari_t12_bodycomp.workflow.session_state import SessionState

MAX_EVIDENCE = 4
MAX_DECISIONS = 3
ROW_PX = 20
ROWS_SEEN = 4


class ShortList(QListWidget):
    """A list that is as high as its rows, and scrolls within beyond `ROWS_SEEN` of them."""

    def __init__(self, tip: str) -> None:
        super().__init__()
        self.setToolTip(tip)
        self.setObjectName("t12list")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setUniformItemSizes(True)
        self.hide()

    def show_rows(self, rows: list[tuple[str, object, str]]) -> None:
        """Show rows of text, what each stands for, and its tooltip."""
        if rows == [(i.text(), i.data(Qt.ItemDataRole.UserRole), i.toolTip()) for i in self.rows()]:
            return
        self.clear()
        for text, value, tip in rows:
            item = QListWidgetItem(text.replace("\n", " "))
            item.setData(Qt.ItemDataRole.UserRole, value)
            item.setToolTip(tip)
            item.setSizeHint(QSize(0, ROW_PX))
            self.addItem(item)
        self.setFixedHeight(ROW_PX * min(max(len(rows), 1), ROWS_SEEN) + 4)
        self.setHidden(not rows)

    def rows(self) -> list[QListWidgetItem]:
        """The rows, from the top."""
        return [self.item(k) for k in range(self.count())]


class ReviewPanel(Panel):
    """Version, level with its evidence, which is put away once the case is approved, decisions so far, and what to compare with."""

    def _build(self) -> None:
        self.drawn = widgets.label("", "strong", wrap=True)
        self.title = widgets.label("", "", wrap=True)
        self.place = widgets.label("", "muted", wrap=True)
        self.apart = widgets.label("", "warning", wrap=True)
        self.evidence = widgets.label("", "muted", wrap=True)
        self.warnings = widgets.label("", "warning", wrap=True)
        self.decisions = widgets.label("", "note", wrap=True)
        self.versions = ShortList("What F shows and Differences compares with: click one")
        self.compare = ActionButton(self.actions, "compare_draft", "Differences")
        self.compare.setCheckable(True)
        self.hint = widgets.label("", "muted")
        self.setLayout(
            widgets.column(
                widgets.label("REVIEW", "heading"),
                self.drawn,
                self.title,
                self.place,
                self.apart,
                self.evidence,
                self.warnings,
                self.decisions,
                widgets.row(widgets.label("COMPARE WITH", "heading"), None, self.hint, self.compare),
                self.versions,
            )
        )

    def _connect(self) -> None:
        self.versions.itemClicked.connect(self._on_version)
        self.seat.changed.connect(self._on_seat)
        self.actions.key_changed.connect(self._on_key)
        self._on_key("flicker")

    def _on_key(self, action_id: str) -> None:
        if action_id == "flicker":
            widgets.set_text(self.hint, f"hold {key_words(self.actions.key('flicker'))} to see it")
            self.hint.setToolTip(self.actions.tooltip("flicker"))

    def _on_version(self, item: QListWidgetItem) -> None:
        self.actions.trigger("compare_with", item.data(Qt.ItemDataRole.UserRole))

    def _on_seat(self, old: SeatState, new: SeatState) -> None:
        if old.opened is not new.opened:
            self._show(self.session.state)

    def _redraw(self, old: SessionState | None, new: SessionState) -> None:
        told = ("volume", "finding", "level", "reference", "case_state")
        if old is None or any(getattr(old, name) is not getattr(new, name) for name in told):
            self._show(new)
        self.compare.setChecked(new.tools.compare)

    def _show(self, new: SessionState) -> None:
        opened, now = self.seat.state.opened, time.time()
        if opened is None or new.volume is None:
            return
        version = said.current(opened)
        widgets.set_text(self.drawn, said.drawn_words(opened, now))
        self.drawn.setToolTip("" if version is None else said.moment(version.created_at))
        widgets.set_text(self.title, level_title(new))
        widgets.set_look(self.title, "role", "good" if new.level is not None and new.level.is_confirmed else "strong")
        widgets.set_text(self.place, said.level_words(opened, new), hide_empty=True)
        widgets.set_text(self.apart, said.level_apart(opened, new.finding), hide_empty=True)
        finding = new.finding
        is_settled = new.case_state is CaseState.APPROVED
        evidence = () if finding is None or is_settled else (finding.evidence or (finding.message,))
        widgets.set_text(self.evidence, "\n".join(f"• {e}" for e in evidence[:MAX_EVIDENCE]), hide_empty=True)
        self.evidence.setToolTip("\n".join(evidence))
        widgets.set_text(self.warnings, "\n".join(finding.warnings if finding and not is_settled else ()), hide_empty=True)
        decisions = [said.decision_line(review, now) for review in reversed(opened.reviews)]
        widgets.set_text(self.decisions, "\n".join(decisions[:MAX_DECISIONS]), hide_empty=True)
        self.decisions.setToolTip("\n".join(decisions))
        self._show_versions(opened, new, now)

    def _show_versions(self, opened: OpenCase, new: SessionState, now: float) -> None:
        earlier = [v for v in reversed(opened.versions) if v.number != opened.base]
        rows: list[tuple[str, object, str]] = [(DRAFT_NAME, None, "The regions as the program drafts them on this slice")]
        rows += [(said.version_line(v, opened, now), v.number, self._tip(v)) for v in earlier]
        self.versions.show_rows(rows)
        name = DRAFT_NAME if new.reference is None else new.reference.name
        names = [DRAFT_NAME, *(said.version_name(v) for v in earlier)]
        self.versions.setCurrentRow(names.index(name) if name in names else 0)

    @staticmethod
    def _tip(version: Version) -> str:
        return f"{said.version_name(version)}, {said.moment(version.created_at)}, on slice {version.slice_index + 1}"
