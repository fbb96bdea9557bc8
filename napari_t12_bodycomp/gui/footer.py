"""The strip at the foot of the window: time on this case, whether work is kept, the keys that matter now."""

from __future__ import annotations

import time
from collections.abc import Callable

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QWidget

from napari_t12_bodycomp.gui import format as fmt
from napari_t12_bodycomp.gui import theme, widgets
from napari_t12_bodycomp.gui.actions import Actions
from napari_t12_bodycomp.gui.desk import Desk
from napari_t12_bodycomp.gui.jobs import Jobs, JobState
from napari_t12_bodycomp.gui.words import kept_words, keys_now, study_words
from napari_t12_bodycomp.workflow.autosave import Autosave
from napari_t12_bodycomp.workflow.seat import Seat, SeatState
from napari_t12_bodycomp.workflow.session import Session
from napari_t12_bodycomp.workflow.session_state import SessionState

HEIGHT = 26


class Footer(QWidget):
    """One line, renewed each second and after every change."""

    def __init__(
        self,
        session: Session,
        actions: Actions,
        jobs: Jobs,
        desk: Desk,
        autosave: Autosave | None = None,
        now: Callable[[], float] = time.monotonic,
        seat: Seat | None = None,
    ) -> None:
        super().__init__()
        self._session, self._actions, self._autosave, self._now = session, actions, autosave, now
        self._opened_at = self._edited_at = now()
        self.setObjectName("t12footer")
        self.setAutoFillBackground(True)
        self.setStyleSheet(theme.stylesheet())
        self.setFixedHeight(HEIGHT)
        self._seat = seat or Seat()
        self.progress = widgets.label("", "", tip="How far the study has come")
        self.clock = widgets.label("", "muted", tip="Time since this case was opened")
        self.kept = widgets.label("", "good")
        self.running = widgets.label("", "muted")
        self.keys = widgets.label("", "muted")
        layout = widgets.row(self.progress, self.clock, self.kept, self.running, None, self.keys, gap=24)
        layout.setContentsMargins(12, 0, 12, 0)
        self.setLayout(layout)
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(self._tick)
        self._timer.start()
        session.changed.connect(self._redraw)
        jobs.changed.connect(self._on_job)
        actions.key_changed.connect(self._on_key)
        self._seat.changed.connect(self._on_seat)
        self._on_seat(None, self._seat.state)
        self._redraw(None, session.state)

    def _redraw(self, old: SessionState | None, new: SessionState) -> None:
        if old is None or old.volume is not new.volume:
            self._opened_at = self._now()
        if old is not None and old.work is not new.work:
            self._edited_at = self._now()
        if old is None or old.step is not new.step or old.level is not new.level or old.locked != new.locked:
            self._show_keys(new)
        self._tick()

    def _on_seat(self, old: SeatState | None, new: SeatState) -> None:
        widgets.set_text(self.progress, study_words(new), hide_empty=True)
        if old is not None and (old.opened, old.desk) != (new.opened, new.desk):
            self._show_keys(self._session.state)
        self._tick()

    def _on_key(self, _: str) -> None:
        self._show_keys(self._session.state)

    def _on_job(self, job: JobState) -> None:
        widgets.set_text(self.running, f"{job.name} {fmt.number(job.share * 100, 0)} %" if job.running else "")

    def _show_keys(self, new: SessionState) -> None:
        said = []
        for action_id, word in keys_now(new, self._seat.state):
            key = self._actions.key(action_id)
            if key:
                said.append(f"{word} {fmt.key_words(key)}")
        widgets.set_text(self.keys, " · ".join(said))

    def _tick(self) -> None:
        state = self._session.state
        widgets.set_text(self.clock, f"this case {fmt.clock(self._now() - self._opened_at)}" if state.volume else "no case open")
        failed = self._seat.state.trouble or (self._autosave.failed if self._autosave is not None else "")
        widgets.set_look(self.kept, "role", "error" if failed else "good")
        widgets.set_text(self.kept, failed or kept_words(state, self._now() - self._edited_at, self._autosave is not None))
