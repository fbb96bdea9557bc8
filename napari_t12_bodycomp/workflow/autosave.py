"""Work is saved as it goes: one small file per case, written after every stroke, gone once the case is exported.

A case of a study has a file for each task: who is to read it apart from others finds nothing of theirs, nor of their own earlier drawing.
The file holds the drawing, its undo steps, the level, the protocol, height and weight, and the path that the scan was opened from; no pixel of the scan.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import platformdirs

from napari_t12_bodycomp.model.edit import Edit
from napari_t12_bodycomp.model.level import LevelMethod, MeasuredLevel
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.subject import Subject, ValueSource
from napari_t12_bodycomp.model.tissue import preset
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow.session import Session
from napari_t12_bodycomp.workflow.session_state import SessionState, Work, has_work

FORMAT = 3

_OPTIONS = ("slab_mm", "intercostals_are_muscle", "crura_are_muscle", "thoracic_fat_is_visceral", "gas_rims_are_fat")


def default_folder() -> Path:
    """Where unfinished work lies on this computer."""
    return Path(platformdirs.user_data_dir("napari-t12-bodycomp", appauthor=False)) / "unfinished"


def case_key(volume: CTVolume, task: str = "") -> str:
    """A name for the case that tells nobody who it is: a hash over series, acquisition, shape and positions, and `task` of a study."""
    a = volume.acquisition
    text = f"{a.series_instance_uid}|{a.acquisition_number}|{volume.shape}|{volume.z_mm[0]:.3f}|{volume.z_mm[-1]:.3f}" + (
        f"|{task}" if task else ""
    )
    return hashlib.sha256(text.encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True, eq=False)
class Unfinished:
    """Work found on disk."""

    file: Path
    source: str
    assessor: str
    level: MeasuredLevel
    subject: Subject
    protocol: Protocol
    regions: npt.NDArray[np.uint8]
    undo: tuple[Edit, ...]
    redo: tuple[Edit, ...]
    modified: float
    """When it was written, in seconds since the epoch."""
    follows: Protocol | None = None
    """The protocol that the regions were made by."""
    task: str = ""
    """What it is for, in a study; "" outside."""


def write(state: SessionState, folder: Path) -> Path | None:
    """Write the drawing of `state` into `folder`, whole or not at all; None where there is nothing to keep."""
    if state.volume is None or state.level is None or state.work is None or not has_work(state):
        return None
    level, subject, work = state.level, state.subject, state.work
    facts = {
        "format": FORMAT,
        "source": state.source,
        "task": state.task,
        "assessor": state.assessor,
        "level": [level.slice_index, level.z_mm, level.method, level.confirmed_by, level.reason, level.candidate],
        "height": [subject.height_m, subject.height_source],
        "weight": [subject.weight_kg, subject.weight_source],
        "protocol": _as_facts(state.protocol),
        "follows": _as_facts(work.follows),
        "undo": [_step_facts(e) for e in work.undo],
        "redo": [_step_facts(e) for e in work.redo],
    }
    arrays: dict[str, Any] = {"facts": np.frombuffer(json.dumps(facts).encode(), np.uint8), "regions": work.regions}
    for kind, edits in (("undo", work.undo), ("redo", work.redo)):
        for part in ("where", "before", "after"):
            arrays[f"{kind}_{part}"] = np.concatenate([getattr(e, part) for e in edits]) if edits else np.zeros(0, np.uint8)
        arrays[f"{kind}_sizes"] = np.array([e.where.size for e in edits], np.int64)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{case_key(state.volume, state.task)}.npz"
    partial = target.with_suffix(".partial")
    with partial.open("wb") as stream:
        np.savez_compressed(stream, **arrays)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(target)
    return target


def _as_facts(protocol: Protocol | None) -> dict[str, Any] | None:
    if protocol is None:
        return None
    return {name: getattr(protocol, name) for name in _OPTIONS} | {"preset": protocol.preset.name}


def _from_facts(facts: dict[str, Any] | None) -> Protocol | None:
    return None if facts is None else Protocol(**facts | {"preset": preset(facts["preset"])})


def _step_facts(edit: Edit) -> dict[str, Any]:
    return {"name": edit.name, "follows": None if edit.follows is None else [_as_facts(p) for p in edit.follows]}


def read(file: Path) -> Unfinished:
    """Read one file that `write` made; ValueError where it is not one."""
    try:
        with file.open("rb") as stream, np.load(stream) as data:
            facts = json.loads(data["facts"].tobytes())
            if facts["format"] != FORMAT:
                raise ValueError(f"{file.name} was written by another version of this program")
            undo, redo = (tuple(_edits(data, kind, facts[kind])) for kind in ("undo", "redo"))
            regions = data["regions"]
    except (OSError, KeyError, zipfile.BadZipFile, json.JSONDecodeError, EOFError) as error:
        raise ValueError(f"{file.name} holds no unfinished work") from error
    index, z_mm, method, *words = facts["level"]
    subject = Subject(
        height_m=facts["height"][0],
        height_source=ValueSource(facts["height"][1]),
        weight_kg=facts["weight"][0],
        weight_source=ValueSource(facts["weight"][1]),
    )
    level = MeasuredLevel(index, z_mm, LevelMethod(method), *words)
    protocol, follows = _from_facts(facts["protocol"]) or Protocol(), _from_facts(facts["follows"])
    modified, task = file.stat().st_mtime, facts.get("task", "")
    return Unfinished(file, facts["source"], facts["assessor"], level, subject, protocol, regions, undo, redo, modified, follows, task)


def _edits(data: Any, kind: str, steps: list[dict[str, Any]]) -> Iterator[Edit]:
    ends = np.cumsum(data[f"{kind}_sizes"])
    parts = [np.split(data[f"{kind}_{part}"], ends[:-1]) if len(ends) else [] for part in ("where", "before", "after")]
    for step, where, before, after in zip(steps, *parts, strict=True):
        follows = None if step["follows"] is None else (_from_facts(step["follows"][0]), _from_facts(step["follows"][1]))
        yield Edit(step["name"], where.astype(np.int32), before.astype(np.uint8), after.astype(np.uint8), follows)


def unfinished(folder: Path) -> list[Unfinished]:
    """The unfinished work in `folder` that belongs to no study, the newest first; unreadable files are passed over."""
    found = []
    for file in sorted(folder.glob("*.npz")):
        with contextlib.suppress(ValueError):
            found.append(read(file))
    return sorted((u for u in found if not u.task), key=lambda u: -u.modified)


def unfinished_for(volume: CTVolume, folder: Path, task: str = "") -> Unfinished | None:
    """The unfinished work on `volume` for `task`, None where there is none or where it cannot be read."""
    file = folder / f"{case_key(volume, task)}.npz"
    if not file.exists():
        return None
    try:
        found = read(file)
    except ValueError:
        return None
    return found if found.regions.shape == volume.shape[1:] and found.task == task else None


def is_restored(state: SessionState, found: Unfinished) -> bool:
    """Whether `state` holds all of `found` already, saved elsewhere in the meantime: drawing, level, typed height and weight, protocol.

    A study measures by its own protocol, whatever the work was begun with.
    """
    work, level = state.work, state.level
    if work is None or level is None or not np.array_equal(work.regions, found.regions):
        return False
    here, there = ((v.slice_index, v.method, v.confirmed_by, v.reason) for v in (level, found.level))
    return here == there and _holds_typed(state.subject, found.subject) and (bool(found.task) or state.protocol == found.protocol)


def _holds_typed(subject: Subject, found: Subject) -> bool:
    typed = ValueSource.TYPED
    return (found.height_source is not typed or found.height_m == subject.height_m) and (
        found.weight_source is not typed or found.weight_kg == subject.weight_kg
    )


def resume(session: Session, found: Unfinished) -> None:
    """Put unfinished work back into a session that has its volume open.

    A confirmed level stays confirmed for the same assessor, and where the drawing that the work began with has it confirmed just so.
    """
    before = session.state.level
    is_same_level = before is not None and before.slice_index == found.level.slice_index
    if found.assessor and not session.state.assessor:
        session.set_assessor(found.assessor)
    session.set_protocol(found.protocol)
    if found.subject.height_source is ValueSource.TYPED and found.subject.height_m is not None:
        session.set_height(found.subject.height_m * 100)
    if found.subject.weight_source is ValueSource.TYPED:
        session.set_weight(found.subject.weight_kg)
    session.restore_level(found.level, before.confirmed_by if before is not None and is_same_level else "")
    work = session.state.work
    assert work is not None
    session.restore_work(Work(work.axial, found.regions, found.undo, found.redo, follows=found.follows))


class Autosave:
    """Writes a session's work after every change of the drawing, on a thread of its own; the newest state wins."""

    def __init__(self, session: Session, folder: Path | None = None) -> None:
        self.folder = folder or default_folder()
        self._session = session
        self._waiting: SessionState | None = None
        self._condition = threading.Condition()
        self._closed = self._busy = False
        self.failed = ""
        """Why the last write failed, in a sentence; "" where it did not."""
        self._thread = threading.Thread(target=self._run, name="autosave", daemon=True)
        self._thread.start()
        session.changed.connect(self._on_changed)

    def _on_changed(self, old: SessionState, new: SessionState) -> None:
        if new.volume is None:
            return
        if new.saved and not old.saved:
            self.flush()
            (self.folder / f"{case_key(new.volume, new.task)}.npz").unlink(missing_ok=True)
        elif not new.saved and (
            new.work is not old.work or new.level is not old.level or new.subject is not old.subject or new.protocol is not old.protocol
        ):
            with self._condition:
                self._waiting = new
                self._condition.notify_all()

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._waiting is not None or self._closed)
                state, self._waiting = self._waiting, None
                if state is None:
                    return
                self._busy = True
            try:
                write(state, self.folder)
                self.failed = ""
            except OSError as error:
                self.failed = f"Work could not be saved in {self.folder} ({error.strerror}): free some space or export now."
            finally:
                with self._condition:
                    self._busy = False
                    self._condition.notify_all()

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until everything handed in is on disk; False where that took too long."""
        with self._condition:
            return self._condition.wait_for(lambda: self._waiting is None and not self._busy, timeout_s)

    def close(self) -> None:
        """Write what is waiting and stop."""
        self._session.changed.disconnect(self._on_changed)
        self.flush()
        with self._condition:
            self._closed = True
            self._condition.notify_all()
        self._thread.join(5.0)
