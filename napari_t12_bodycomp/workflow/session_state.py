"""What a case on one workstation is at a moment: frozen values, and the rules that follow from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.model.axial_slice import AxialSlice
from napari_t12_bodycomp.model.edit import Edit
from napari_t12_bodycomp.model.level import LevelFinding, LevelMethod, LevelStatus, MeasuredLevel
from napari_t12_bodycomp.model.level_choice import needs_reason
from napari_t12_bodycomp.model.measurement import Measurement
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.quality import QualityFlag
from napari_t12_bodycomp.model.roi_map import Draft
from napari_t12_bodycomp.model.sensitivity import LevelSensitivity
from napari_t12_bodycomp.model.study import CaseState
from napari_t12_bodycomp.model.subject import Subject
from napari_t12_bodycomp.model.tools import ToolState
from napari_t12_bodycomp.model.volume import CTVolume


class Step(StrEnum):
    """The steps of a case, in order. Only a case of a study is reviewed."""

    OPEN = "open"
    LEVEL = "level"
    DRAW = "draw"
    REVIEW = "review"
    EXPORT = "export"


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """The drawing on one slice: regions with their undo and redo steps, the slice's draft, and the protocol that the regions began with."""

    axial: AxialSlice
    regions: npt.NDArray[np.uint8]
    undo: tuple[Edit, ...] = ()
    redo: tuple[Edit, ...] = ()
    draft: Draft | None = None
    quality: tuple[QualityFlag, ...] = ()
    follows: Protocol | None = None
    """The protocol of the draft, or of the copy, that the regions were made from; None where nobody knows."""

    @property
    def is_empty(self) -> bool:
        return not self.regions.any()


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """A drawing that the one on screen is compared with: what it is called, its slice, and its regions, uint8 (Y, X)."""

    name: str
    slice_index: int
    regions: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class SessionState:
    """Everything that the window shows.

    Parameters
    ----------
    source : str
        Where the volume came from, to open it again.
    task : str
        Whose drawing this is and what for, where it belongs to a study; "" elsewhere. Unfinished work comes back to the same task alone.
    finding : LevelFinding, optional
        What the search for T12 said; None while it has not run.
    level : MeasuredLevel, optional
        The slice to be measured: proposed, or set by hand; None while nobody and nothing said where.
    view_index : int
        The slice on screen.
    work : Work, optional
        The drawing on the level's slice.
    saved : bool
        Whether the last export holds what is on screen.
    cutoffs : str
        Name of the cut-off set that indices are judged by; "" for none, which is the default.
    locked : str
        Why nothing may be changed, in a sentence; "" where it may.
    sensitivity : LevelSensitivity, optional
        How much the level matters here, where somebody asked; gone as soon as it would be about another level, protocol or finding.
    case_state : CaseState, optional
        Where the case stands in its study; None for a case that belongs to none.
    numbers_hidden : str
        Why nothing is measured on screen, in a sentence; "" where it is. While it stands, `measurement` and `sensitivity` are None.
    reference : Reference, optional
        What the drawing is compared with; None for the automatic draft of its slice.
    """

    source: str = ""
    task: str = ""
    volume: CTVolume | None = None
    subject: Subject = field(default_factory=Subject)
    protocol: Protocol = field(default_factory=Protocol)
    assessor: str = ""
    finding: LevelFinding | None = None
    level: MeasuredLevel | None = None
    view_index: int = 0
    work: Work | None = None
    measurement: Measurement | None = None
    tools: ToolState = field(default_factory=ToolState)
    saved: bool = False
    cutoffs: str = ""
    sensitivity: LevelSensitivity | None = None
    locked: str = ""
    case_state: CaseState | None = None
    numbers_hidden: str = ""
    reference: Reference | None = None

    def measures_like(self, other: SessionState) -> bool:
        """Whether an automatic draft of the level's slice would be the same one in both states."""
        here, there = (None if s.level is None else s.level.slice_index for s in (self, other))
        return self.volume is other.volume and self.finding is other.finding and here == there and self.protocol == other.protocol

    @property
    def step(self) -> Step:
        """The step that the case stands at."""
        if self.volume is None:
            return Step.OPEN
        if self.case_state is CaseState.SUBMITTED:
            return Step.REVIEW
        if self.case_state is CaseState.APPROVED:
            return Step.EXPORT
        if self.level is None or not self.level.is_confirmed:
            return Step.LEVEL
        return Step.EXPORT if self.saved and self.case_state is None else Step.DRAW


def has_work(state: SessionState) -> bool:
    """Whether a person did something that would be lost: the automatic draft of the level as it was found can be made again."""
    if state.level is None or state.work is None:
        return False
    steps = [step.name for step in (*state.work.undo, *state.work.redo)]
    is_touched = state.level.is_confirmed or state.level.method is LevelMethod.MANUAL
    return bool(steps) and (steps != ["draft"] or is_touched)


def why_not_confirmable(state: SessionState) -> str:
    """Why the level cannot be confirmed now, in a sentence; "" where it can."""
    if state.volume is None:
        return "Open a scan first: there is no level to confirm."
    if state.locked:
        return state.locked
    if state.level is None and state.finding is not None and state.finding.status is LevelStatus.UNCERTAIN:
        return "More than one vertebra may be T12: choose a candidate, or drag the level line, then confirm."
    if state.level is None:
        return "No level is set: drag the level line to the middle of T12, then confirm."
    if needs_reason(state.level, state.finding):
        return "Say in a few words why this candidate is T12: it is kept with the level."
    if not state.assessor:
        return "Type the assessor's name or code first: a level is confirmed by somebody."
    return ""


def why_not_final(state: SessionState) -> str:
    """Why the measurement cannot leave as confirmed, in a sentence; "" where it can."""
    if state.level is None or not state.level.is_confirmed:
        return "The level is not confirmed: look at the evidence and press Enter to confirm it, or move it."
    if state.work is None or state.work.is_empty:
        return "No region is drawn on this slice: draft the regions (D) or draw them."
    return ""
