"""What runs, what was said last, Save, and the one next action."""

from __future__ import annotations

import time

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QProgressBar, QPushButton, QSizePolicy, QWidget

from napari_t12_bodycomp.gui import widgets
from napari_t12_bodycomp.gui.case_words import unfinished_words
from napari_t12_bodycomp.gui.desk import DeskState
from napari_t12_bodycomp.gui.jobs import JobState
from napari_t12_bodycomp.gui.panel import Panel
from napari_t12_bodycomp.gui.widgets import ActionButton
from napari_t12_bodycomp.gui.words import next_action
from napari_t12_bodycomp.workflow.seat import SeatState
from napari_t12_bodycomp.workflow.session_state import SessionState, Step


class JobPanel(Panel):
    """The running job: words, share, Cancel. Hidden while nothing runs."""

    def _build(self) -> None:
        self.words = widgets.label("", "muted", wrap=True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.cancel = ActionButton(self.actions, "cancel")
        self.setLayout(widgets.row(widgets.column(self.words, self.bar, gap=3), self.cancel))

    def _connect(self) -> None:
        self.jobs.changed.connect(self._on_job)
        self._on_job(self.jobs.state)

    def _on_job(self, job: JobState) -> None:
        self.setVisible(job.running)
        words = job.name if job.words in ("", job.name) else f"{job.name}: {job.words}"
        widgets.set_text(self.words, words)
        self.bar.setUpdatesEnabled(False)  # or it paints itself, and with it the whole window, at once and in the middle of all else
        self.bar.setValue(round(job.share * 1000))
        self.bar.setUpdatesEnabled(True)

    def _redraw(self, old: SessionState | None, new: SessionState) -> None:
        """The session says nothing about jobs."""


class ResumePanel(Panel):
    """Unfinished work on the open case: resume or discard."""

    def _build(self) -> None:
        self.words = widgets.label("Unfinished work on this case was found.", "note", wrap=True)
        self.resume = ActionButton(self.actions, "resume", role="primary")
        self.discard = ActionButton(self.actions, "discard")
        self.setLayout(widgets.column(self.words, widgets.row(self.resume, self.discard, None)))

    def _connect(self) -> None:
        self.desk.changed.connect(self._on_desk)
        self._on_desk(None, self.desk.state)

    def _on_desk(self, old: DeskState | None, new: DeskState) -> None:
        if old is None or old.resumable is not new.resumable:
            self.setVisible(new.resumable is not None)
            if new.resumable is not None:
                widgets.set_text(self.words, f"Unfinished work on this case was found: {unfinished_words(new.resumable, time.time())}.")

    def _redraw(self, old: SessionState | None, new: SessionState) -> None:
        """The desk knows, the session does not."""


class SavePanel(Panel):
    """The last sentence, where results go, Save, and the one next action."""

    def _build(self) -> None:
        self.left_unsaved = widgets.label("", "error", wrap=True)
        self.left_unsaved.hide()
        self.message = widgets.label("", "note", wrap=True)
        self.draft = ActionButton(self.actions, "save_draft")
        self.why = widgets.label("", "muted", wrap=True)
        self.folder = QPushButton()
        self.folder.setProperty("role", "link")
        self.folder.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.folder.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.save = ActionButton(self.actions, "save", "Save", show_key=True, role="second")
        self.next = ActionButton(self.actions, "open_folder", "Open a scan", show_key=True, role="primary")
        self.next.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._buttons = QWidget()
        buttons = widgets.row(self.save, self.next)
        buttons.setStretch(0, 2)
        buttons.setStretch(1, 3)
        self.setLayout(widgets.column(self.left_unsaved, self.message, self.draft, self.why, self.folder, buttons))

    def _connect(self) -> None:
        self.folder.clicked.connect(lambda: self.actions.trigger("choose_folder"))
        self.desk.changed.connect(self._on_desk)
        self._on_desk(None, self.desk.state)
        self.seat.changed.connect(self._on_seat)

    def _on_seat(self, old: SeatState, new: SeatState) -> None:
        if old.opened is not new.opened or old.desk is not new.desk:
            self._redraw(None, self.session.state)

    def _on_desk(self, old: DeskState | None, new: DeskState) -> None:
        if old is None or (old.message, old.message_is_error) != (new.message, new.message_is_error):
            widgets.set_look(self.message, "role", "error" if new.message_is_error else "note")
            finding = self.session.state.finding
            said_above = finding is not None and new.message == finding.message
            widgets.set_text(self.message, "" if said_above else new.message, hide_empty=True)
        if old is None or old.left_unsaved != new.left_unsaved:
            widgets.set_text(self.left_unsaved, new.left_unsaved, hide_empty=True)
        if old is None or old.offer_draft != new.offer_draft:
            self.draft.setVisible(new.offer_draft)
        if old is None or old.out_folder != new.out_folder:
            self._show_folder(new)

    def _show_folder(self, new: DeskState) -> None:
        if new.out_folder is None:
            self.folder.setText("Results go to: choose a folder …")
            self.folder.setToolTip(self.actions.tooltip("choose_folder"))
        else:
            self.folder.setText(f"Results go to {new.out_folder.name or new.out_folder} · change")
            self.folder.setToolTip(f"{new.out_folder}\n{self.actions.tooltip('choose_folder')}")

    def _redraw(self, old: SessionState | None, new: SessionState) -> None:
        said = self.desk.state
        if old is not None and old.level is not new.level and (said.message or said.offer_draft):
            self.desk.set(message="", message_is_error=False, offer_draft=False)  # it spoke of the level before
        opened = self.seat.state.opened
        do = next_action(new, self.seat.state)
        if old is None or do != next_action(old, self.seat.state):
            self.next.set_action(do.action_id, do.text)
            self.next.setEnabled(not do.why_not)
            self.next.setToolTip(do.why_not or self.actions.tooltip(do.action_id))
        if old is None or old.volume is not new.volume or old.locked != new.locked or do != next_action(old, self.seat.state):
            is_once = opened is not None and (opened.reading is not None or opened.dispute is not None)
            self.save.setHidden(do.action_id in ("save", "open_folder") or new.volume is None or bool(new.locked) or is_once)
            self.folder.setVisible(new.volume is not None and opened is None)
            widgets.set_text(self.why, do.why_not if new.step is Step.DRAW else "", hide_empty=True)
        can_save = new.work is not None and not new.work.is_empty and not new.locked
        if self.save.isEnabled() != can_save:
            self.save.setEnabled(can_save)
