"""One case on one workstation: the only mutable object. Panels call its methods and redraw from what it emits.

`Session` holds a frozen `SessionState` and emits ``changed(old, new)`` after every change. It knows no window and runs nothing long: reading,
finding T12 and drafting are done elsewhere, and their results are handed in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from psygnal import Signal

from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.model.cutoffs import cutoff_set
from napari_t12_bodycomp.model.level import LevelFinding, LevelMethod, LevelStatus, MeasuredLevel
from napari_t12_bodycomp.model.level_choice import lettered, tidy_reason
from napari_t12_bodycomp.model.measurement import Measurement
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.quality import QualityFlag
from napari_t12_bodycomp.model.roi_map import Draft
from napari_t12_bodycomp.model.sensitivity import LevelSensitivity
from napari_t12_bodycomp.model.study import CaseState
from napari_t12_bodycomp.model.subject import Subject
from napari_t12_bodycomp.model.tools import ToolState
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow.drawings import Drawings, drafted, measured_work
from napari_t12_bodycomp.workflow.history import edited, redone, undone
from napari_t12_bodycomp.workflow.level_moves import confirmed, level_on, restored, under
from napari_t12_bodycomp.workflow.session_state import Reference, SessionState, Work

_NO_CASE: dict[str, Any] = {"subject": Subject(), "view_index": 0, "saved": False}
_NO_CASE |= dict.fromkeys(("source", "task", "locked", "numbers_hidden"), "")
_NO_CASE |= dict.fromkeys(("volume", "finding", "level", "work", "measurement", "case_state", "reference"))


class Session:
    """The state of one case, with the moves that are allowed on it."""

    changed = Signal(SessionState, SessionState)
    """Emitted after every change with the old and the new state."""
    told = Signal(str)
    """Emitted with a sentence for the person at the screen."""

    def __init__(self, assessor: str = "", protocol: Protocol | None = None) -> None:
        self._state = SessionState(assessor=assessor, protocol=protocol or Protocol())
        self._drawings = Drawings()

    @property
    def state(self) -> SessionState:
        return self._state

    @property
    def drawn(self) -> tuple[Work, ...]:
        """The drawings made or drafted on this case so far, on whichever slices."""
        return self._drawings.all

    def _set(self, **changes: Any) -> None:
        old = self._state
        new = replace(old, **changes)
        if new.sensitivity is not None and not new.measures_like(old):
            new = replace(new, sensitivity=None)
        self._state = new
        self.changed.emit(old, self._state)

    def tell(self, sentence: str) -> None:
        """Show `sentence` to the person at the screen."""
        self.told.emit(sentence)

    # -- opening -----------------------------------------------------------------------------------------------------------------------

    def open(self, volume: CTVolume, source: str = "", task: str = "") -> None:
        """Start a case on `volume`; what was drawn on the case before is gone from here (it was autosaved).

        `task` says what a study wants to be drawn, "" for a scan of none.
        """
        self._drawings.forget()
        place = {"source": source, "task": task, "volume": volume, "subject": volume.subject, "view_index": len(volume.hu) // 2}
        self._set(**_NO_CASE | place)

    def close(self) -> None:
        """Back to no case."""
        self._drawings.forget()
        self._set(**_NO_CASE)

    def lock(self, why: str) -> None:
        """Let nothing be changed from now on, because of `why`, a sentence; "" lets it be changed again."""
        if why != self._state.locked:
            self._set(locked=why)

    def follow_study(self, case_state: CaseState | None, numbers_hidden: str) -> None:
        """Note where the case stands in its study, and show its numbers, or not: `numbers_hidden` says why not. None: it is of no study."""
        old = self._state
        if (case_state, numbers_hidden) == (old.case_state, old.numbers_hidden):
            return
        measured = old.measurement
        if numbers_hidden != old.numbers_hidden:
            measured = None if old.work is None or numbers_hidden else measured_work(old.work, old.subject, old.protocol)
        around = None if numbers_hidden else old.sensitivity
        self._set(case_state=case_state, numbers_hidden=numbers_hidden, measurement=measured, sensitivity=around)

    def set_reference(self, reference: Reference | None) -> None:
        """Compare the drawing with `reference`; None for the automatic draft of its slice."""
        if reference is not self._state.reference:
            self._set(reference=reference)

    def _measure(self, work: Work, subject: Subject | None = None, protocol: Protocol | None = None) -> Measurement | None:
        """What `work` measures, where that may be shown."""
        return None if self._state.numbers_hidden else measured_work(work, subject or self._state.subject, protocol or self._state.protocol)

    def _is_locked(self) -> bool:
        """Whether nothing may be changed; the person is told why."""
        if self._state.locked:
            self.tell(self._state.locked)
        return bool(self._state.locked)

    # -- level -------------------------------------------------------------------------------------------------------------------------

    def set_finding(self, finding: LevelFinding) -> None:
        """Take the result of the search for T12: a found level is proposed, never confirmed; a level set by hand meanwhile stays."""
        if self._state.level is not None:
            self._set(finding=finding, level=lettered(self._state.level, finding))
            return
        self._set(finding=finding)
        if finding.status is LevelStatus.FOUND and finding.slice_index is not None:
            self._go_to_level(finding.slice_index, LevelMethod.AUTOMATIC)
        elif finding.slice_index is not None:
            self.view(finding.slice_index)

    def weigh_again(self, finding: LevelFinding) -> None:
        """Take a finding that a second opinion was weighed into. A proposal that became doubtful is withdrawn; what a person chose stays."""
        level = self._state.level
        if level is None or level.method is LevelMethod.MANUAL or finding.status is LevelStatus.FOUND:
            self._set(finding=finding, level=lettered(self._state.level, finding))
        else:
            self._set(finding=finding, level=None, work=None, measurement=None, saved=False)

    def choose_level(self, slice_index: int) -> None:
        """Put the level on `slice_index`; it counts as automatic only where T12 was found on just that slice. It must be confirmed anew.

        One of several candidates is a person's choice: manual, with the candidate's reason until the person gives another.
        """
        if self._is_locked():
            return
        finding = self._state.finding
        is_found = finding is not None and finding.status is LevelStatus.FOUND and finding.slice_index == slice_index
        self._go_to_level(slice_index, LevelMethod.AUTOMATIC if is_found else LevelMethod.MANUAL)

    def _go_to_level(self, slice_index: int, method: LevelMethod) -> None:
        there = level_on(self._state.volume, slice_index, method, self._state.finding)
        level = self._state.level
        if level is not None and level.slice_index == slice_index and level.method is method:
            self.view(slice_index)
        else:
            self._set(level=there, view_index=slice_index, saved=False, **self._work_on(slice_index, self._state.protocol))

    def _work_on(self, slice_index: int, protocol: Protocol) -> dict[str, Any]:
        """The changes that put the drawing of `slice_index` on screen: the one made before, else an empty one."""
        volume = self._state.volume
        assert volume is not None
        work = self._drawings.on(volume, slice_index, protocol.slab_mm)
        return {"work": work, "measurement": self._measure(work, protocol=protocol)}

    def set_level_reason(self, reason: str) -> None:
        """Keep why the level was put where it is; nothing happens where it was not put there by hand."""
        level, reason = self._state.level, tidy_reason(reason)
        if self._is_locked():
            return
        if level is not None and level.method is LevelMethod.MANUAL and level.reason != reason:
            self._set(level=replace(level, reason=reason), saved=False)

    def restore_level(self, level: MeasuredLevel, confirmed_by: str = "") -> None:
        """Put back a level as it was saved; it stays confirmed only where the same assessor sits here, or where the study says who did."""
        level = restored(level, self._state.volume, self._state.assessor, confirmed_by)
        self._set(level=level, view_index=level.slice_index, saved=False, **self._work_on(level.slice_index, self._state.protocol))

    def confirm_level(self) -> None:
        """Confirm the level in the assessor's name. LevelError says why where it cannot be."""
        level = confirmed(self._state)
        self._set(level=level, view_index=level.slice_index)

    def view(self, slice_index: int) -> None:
        """Show slice `slice_index` (kept inside the scan)."""
        volume = self._state.volume
        if volume is None:
            return
        index = min(max(slice_index, 0), len(volume.hu) - 1)
        if index != self._state.view_index:
            self._set(view_index=index)

    # -- drawing -----------------------------------------------------------------------------------------------------------------------

    def set_draft(self, draft: Draft, quality: tuple[QualityFlag, ...], slice_index: int, slab_mm: float) -> None:
        """Take drafted regions for the slice they were made for, as one undo step called "draft"; late ones for another slice are kept for it."""
        volume, work = self._state.volume, self._work_at(slice_index, slab_mm)
        if volume is None:
            return
        if work is not None:
            self._put(drafted(work, draft, quality))
        else:
            self._drawings.keep_late(draft, quality, volume, slice_index, slab_mm)

    def set_judgement(self, draft: Draft, quality: tuple[QualityFlag, ...], slice_index: int, slab_mm: float) -> None:
        """Take what a draft says about a slice that is drawn on already: its regions stay as they are, and nothing is there to undo."""
        work = self._work_at(slice_index, slab_mm)
        if work is not None:
            work = replace(work, draft=draft, quality=quality, follows=work.follows or draft.protocol)
            self._drawings.keep(work)
            self._set(work=work, measurement=self._measure(work))

    def _work_at(self, slice_index: int, slab_mm: float) -> Work | None:
        """The drawing in hand where it is on this slice and slab; None where another one is."""
        work = self._state.work
        return work if work is not None and work.axial.index == slice_index and self._state.protocol.slab_mm == slab_mm else None

    def edit(self, name: str, regions: npt.NDArray[np.uint8], follows: Protocol | None = None) -> None:
        """Take `regions` (uint8, (Y, X)) as the drawing; `name` is the undo step's name. Nothing happens where nothing changed.

        `follows` is the protocol that the regions were made by, where they were copied from elsewhere.
        """
        work = self._state.work
        if work is None:
            raise UsageError("A level is wanted before drawing: set the level first.")
        if self._is_locked():
            return
        changed = edited(work, name, regions, follows)
        if changed is not work:
            self._put(changed)

    def preview(self, regions: npt.NDArray[np.uint8]) -> None:
        """Measure `regions` (uint8, (Y, X)), a stroke that is still being drawn: the numbers follow, the drawing changes only with `edit`."""
        work = self._state.work
        if work is not None:
            self._set(measurement=self._measure(replace(work, regions=regions)))

    def undo(self) -> str:
        """Take the last step on this slice back; its name, or "" where there is none."""
        return self._step("undo", undone)

    def redo(self) -> str:
        """Do the step taken back last again; its name, or "" where there is none."""
        return self._step("redo", redone)

    def _step(self, kept_in: str, moved: Callable[[Work], Work]) -> str:
        work = self._state.work
        steps = () if work is None else getattr(work, kept_in)
        if work is None or not steps or self._is_locked():
            return ""
        self._put(moved(work))
        return str(steps[-1].name)

    def restore_work(self, work: Work) -> None:
        """Put back a drawing that was autosaved, on the level's slice."""
        self._put(work)

    def _put(self, work: Work) -> None:
        self._drawings.keep(work)
        self._set(work=work, measurement=self._measure(work), saved=False)

    # -- what the numbers need ---------------------------------------------------------------------------------------------------------

    def set_height(self, height_cm: float | None) -> None:
        """Take a typed height (cm); None clears it. UsageError says what is wrong with an impossible one."""
        if not self._is_locked():
            self._set_subject(self._state.subject.with_height_cm(height_cm))

    def set_weight(self, weight_kg: float | None) -> None:
        """Take a typed weight (kg); None clears it."""
        if not self._is_locked():
            self._set_subject(self._state.subject.with_weight_kg(weight_kg))

    def _set_subject(self, subject: Subject) -> None:
        work = self._state.work
        measured = None if work is None else self._measure(work, subject)
        self._set(subject=subject, measurement=measured, saved=False)

    def set_protocol(self, protocol: Protocol) -> None:
        """Measure by another protocol; the regions stay, unless the slab changes, which makes it another slice to draw on."""
        if self._is_locked():
            return
        old, level = self._state.protocol, self._state.level
        if level is None or self._state.work is None:
            self._set(protocol=protocol)
        elif protocol.slab_mm != old.slab_mm:
            self._set(protocol=protocol, saved=False, **self._work_on(level.slice_index, protocol))
        else:
            self._set(protocol=protocol, saved=False, measurement=self._measure(self._state.work, protocol=protocol))

    def set_sensitivity(self, found: LevelSensitivity | None, of: SessionState) -> None:
        """Take how much the level matters, as it was found for the state `of`; nothing happens where the case has moved on since."""
        if self._state.measures_like(of) and found is not self._state.sensitivity and not self._state.numbers_hidden:
            self._set(sensitivity=found)

    def choose_cutoffs(self, name: str) -> None:
        """Judge the indices by the cut-off set `name`, "" for none. UsageError where there is no such set."""
        if name:
            cutoff_set(name)
        if name != self._state.cutoffs:
            self._set(cutoffs=name)

    def set_assessor(self, assessor: str) -> None:
        """Set who works here; a level confirmed under another name must be confirmed again."""
        self._set(assessor=assessor, level=under(assessor, self._state.level))

    def set_tools(self, tools: ToolState | None = None, **changes: Any) -> None:
        """Take `tools` in hand, else the present ones, with `changes` to their fields."""
        tools = replace(tools or self._state.tools, **changes)
        if tools != self._state.tools:
            self._set(tools=tools)

    def mark_saved(self) -> None:
        """Note that what is on screen was exported."""
        self._set(saved=True)
