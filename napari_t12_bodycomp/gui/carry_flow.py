"""Copying regions from elsewhere: off the GUI thread, put down as one step, with a sentence about where they came from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from napari_t12_bodycomp.gui.jobs import Jobs
from napari_t12_bodycomp.workflow.carry_over import Carried, from_earlier_visit, from_other_slice
from napari_t12_bodycomp.workflow.session import Session


class CarryFlow:
    """Copies regions onto the measured slice of one session."""

    def __init__(self, session: Session, jobs: Jobs) -> None:
        self._session, self._jobs = session, jobs

    def from_other_slice(self) -> None:
        """Copy from the nearest other slice that was drawn on."""
        state, drawn = self._session.state, self._session.drawn
        self._start(lambda: from_other_slice(state, drawn))

    def from_earlier_visit(self, path: Path) -> None:
        """Copy from saved results of an earlier visit."""
        state = self._session.state
        self._start(lambda: from_earlier_visit(state, path))

    def _start(self, work: Callable[[], Carried]) -> None:
        begun_on = self._session.state.work
        if self._jobs.state.running:
            self._session.tell(f"{self._jobs.state.name} is not done yet: copy after it.")
            return

        def done(carried: Carried) -> None:
            if self._session.state.work is not begun_on:
                self._session.tell("The drawing changed while regions were copied: nothing was put down, copy again.")
                return
            self._session.edit(carried.name, carried.regions, carried.follows)
            self._session.tell(carried.words)

        self._jobs.start("Copying regions", lambda progress: work(), done)
