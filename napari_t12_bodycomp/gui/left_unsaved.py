"""Cases that were left although saving them had failed: said until they are saved, opened again or thrown away."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath

from napari_t12_bodycomp.gui.desk import Desk, DeskState
from napari_t12_bodycomp.workflow.autosave import Autosave, case_key
from napari_t12_bodycomp.workflow.session import Session
from napari_t12_bodycomp.workflow.session_state import SessionState


@dataclass(frozen=True, slots=True)
class _Failed:
    scan: str
    why: str
    file: Path
    is_kept: bool
    """Whether the drawing lay on disk as unfinished work."""


class LeftUnsaved:
    """Keeps `DeskState.left_unsaved` true. A message about one case would be gone as soon as the next one is opened."""

    def __init__(self, session: Session, desk: Desk, saver: Autosave) -> None:
        self._session, self._desk, self._saver = session, desk, saver
        self._failed: dict[Path, _Failed] = {}
        session.changed.connect(self._on_session)
        desk.changed.connect(self._on_desk)

    def close(self) -> None:
        """Stop following."""
        self._session.changed.disconnect(self._on_session)
        self._desk.changed.disconnect(self._on_desk)

    def is_on_screen(self, state: SessionState) -> bool:
        """Whether the case of `state` is the one on screen, be it read anew."""
        return self._file(self._session.state) == self._file(state)

    def note(self, state: SessionState, why: str) -> None:
        """The case of `state` could not be saved, because of `why`, a sentence."""
        self._saver.flush()
        file = self._file(state)
        if file is not None:
            scan = PurePath(state.source.split("::")[0]).name or "A scan"
            self._failed[file] = _Failed(scan, why, file, file.exists())
        self._say()

    def settle(self, state: SessionState) -> None:
        """The case of `state` is saved."""
        file = self._file(state)
        if file is not None:
            self._failed.pop(file, None)
        self._say()

    def _file(self, state: SessionState) -> Path | None:
        """Where unfinished work on the case of `state` lies, which also names the case."""
        return None if state.volume is None else self._saver.folder / f"{case_key(state.volume, state.task)}.npz"

    def _on_session(self, old: SessionState, new: SessionState) -> None:
        if self._failed and new.volume is not old.volume:
            self._say()

    def _on_desk(self, old: DeskState, new: DeskState) -> None:
        if self._failed and (new.unfinished is not old.unfinished or new.resumable is not old.resumable):
            self._say()

    def _say(self) -> None:
        here = self._file(self._session.state)
        self._failed = {f: v for f, v in self._failed.items() if f == here or not v.is_kept or f.exists()}
        words = " ".join(_words(failed) for file, failed in self._failed.items() if file != here)
        if words != self._desk.state.left_unsaved:
            self._desk.set(left_unsaved=words)


def _words(failed: _Failed) -> str:
    then = "Its drawing is kept: open it again and resume." if failed.is_kept else "Its drawing is not kept either: draw it again."
    return f"{failed.scan} is not saved. {failed.why} {then}"
