"""What lies on the desk around the open case: the series to choose from, unfinished work, where results go, the sentence to read now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from psygnal import Signal

from napari_t12_bodycomp.workflow.autosave import Unfinished


@dataclass(frozen=True, slots=True, eq=False)
class DeskState:
    """Everything around the case that a window shows.

    Parameters
    ----------
    path : str
        What was opened, "" for nothing.
    offers : tuple
        The series found there (`workflow.source` offers), best first; `chosen` is the position of the open one, `reason` why it was chosen.
    resumable : Unfinished, optional
        Unfinished work on the open case, to be resumed or discarded.
    unfinished : tuple of Unfinished
        Unfinished work on all cases, shown while no case is open.
    out_folder : Path, optional
        Where results are written.
    message : str
        The last sentence for the person at the screen; `message_is_error` where it says that something failed.
    left_unsaved : str
        Which cases were left although saving them had failed, and why; "" for none.
    offer_draft : bool
        Whether saving as a draft is offered, because the measurement cannot leave as confirmed.
    asking : str
        What the foot of the dock asks for now: ``password`` or ``return`` of a reviewer, ``reopen`` of a lead, "" for nothing.
    compares_levels : bool
        Whether every confirmed level is compared with 5 mm lower and higher.
    """

    path: str = ""
    offers: tuple[Any, ...] = ()
    chosen: int = -1
    reason: str = ""
    resumable: Unfinished | None = None
    unfinished: tuple[Unfinished, ...] = ()
    out_folder: Path | None = None
    message: str = ""
    message_is_error: bool = False
    left_unsaved: str = ""
    offer_draft: bool = False
    compares_levels: bool = False
    asking: str = ""


class Desk:
    """Holds the `DeskState` and says when it changed."""

    changed = Signal(DeskState, DeskState)
    """Emitted with the old and the new state."""

    def __init__(self) -> None:
        self.state = DeskState()

    def set(self, **changes: Any) -> None:
        """Change fields of the state."""
        old = self.state
        self.state = replace(old, **changes)
        self.changed.emit(old, self.state)
