"""A case that belongs to no study is saved into a folder while the window goes on: one after another, and the last before the program ends."""

from __future__ import annotations

from collections import deque
from pathlib import Path

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.gui.desk import Desk
from napari_t12_bodycomp.gui.errands import Errands, sentence_of
from napari_t12_bodycomp.gui.left_unsaved import LeftUnsaved
from napari_t12_bodycomp.workflow import autosave
from napari_t12_bodycomp.workflow.export import ExportedFiles, export_result
from napari_t12_bodycomp.workflow.screen_result import result_on_screen
from napari_t12_bodycomp.workflow.session import Session
from napari_t12_bodycomp.workflow.session_state import SessionState, why_not_final

_NAME = "Saving"


class Saving:
    """Saves what is on screen; unfinished work is kept until its result is written."""

    def __init__(self, session: Session, desk: Desk, saver: autosave.Autosave) -> None:
        self.session, self.desk, self.saver = session, desk, saver
        self.errands = Errands(self._complain)
        self._unsaved = LeftUnsaved(session, desk, saver)
        self._written: deque[SessionState] = deque()
        """What was written, and is still to be told here."""

    def close(self) -> None:
        """Finish what is being written; what then is written is no unfinished work."""
        self.errands.close()
        self._unsaved.close()
        for state in self._written:
            if not why_not_final(state):
                self._throw_away(state)

    def save(self, folder: Path, as_draft: bool = False) -> None:
        """Write row, picture and regions into `folder`; as confirmed only where nothing speaks against it."""
        state = self.session.state
        why = why_not_final(state)
        if state.volume is None or state.level is None or state.work is None or state.work.is_empty:
            raise InputError(why or "Open a scan first: there is nothing to save.")
        if why and not as_draft:
            self.desk.set(offer_draft=True)
            raise InputError(why)
        volume = state.volume
        self.desk.set(message="Saving the result ...", message_is_error=False, offer_draft=False)

        def work() -> ExportedFiles:
            files = export_result(volume, result_on_screen(state), folder)
            self._written.append(state)
            return files

        self.errands.run(_NAME, work, lambda files: self._saved(state, files), lambda error: self._failed(state, error))

    def _saved(self, state: SessionState, files: ExportedFiles) -> None:
        self._written.popleft()
        self._unsaved.settle(state)
        is_draft = bool(why_not_final(state))
        if not is_draft:
            self._keep_no_longer(state)
        kept = f" The regions drawn there before are kept as {files.kept.name}." if files.kept is not None else ""
        words = f"{'Saved as draft' if is_draft else 'Saved'}: row, picture and regions are in {files.csv.parent}.{kept}"
        self.desk.set(message=words, message_is_error=False)

    def _failed(self, state: SessionState, error: Exception) -> None:
        sentence = sentence_of(error, _NAME)
        self._unsaved.note(state, sentence)
        if self._unsaved.is_on_screen(state):
            self._complain(sentence)

    def _keep_no_longer(self, state: SessionState) -> None:
        """What was written is no unfinished work any more, unless it was changed meanwhile."""
        now = self.session.state
        if now.volume is state.volume and now.task == state.task:
            parts = ((s.work, s.level, s.subject, s.protocol) for s in (now, state))
            if all(a is b for a, b in zip(*parts, strict=True)):
                self.session.mark_saved()
        else:
            self._throw_away(state)

    def _throw_away(self, state: SessionState) -> None:
        """Remove the unfinished work on the case of `state`, unless there is more in it."""
        assert state.volume is not None
        self.saver.flush()
        left = autosave.unfinished_for(state.volume, self.saver.folder, state.task)
        if left is not None and autosave.is_restored(state, left):
            left.file.unlink(missing_ok=True)
            self.desk.set(unfinished=tuple(u for u in self.desk.state.unfinished if u.file != left.file))

    def _complain(self, sentence: str) -> None:
        self.desk.set(message=sentence, message_is_error=True)
