"""What every panel is: a widget that draws itself from the session's state and touches only what changed."""

from __future__ import annotations

from qtpy.QtWidgets import QWidget

from napari_t12_bodycomp.gui.actions import Actions
from napari_t12_bodycomp.gui.desk import Desk
from napari_t12_bodycomp.gui.jobs import Jobs
from napari_t12_bodycomp.workflow.seat import Seat
from napari_t12_bodycomp.workflow.session import Session
from napari_t12_bodycomp.workflow.session_state import SessionState


class Panel(QWidget):
    """A panel of the dock. `_build` lays out, `_connect` wires, `_redraw` shows a new state."""

    def __init__(self, session: Session, actions: Actions, jobs: Jobs, desk: Desk, seat: Seat | None = None) -> None:
        super().__init__()
        self.session, self.actions, self.jobs, self.desk = session, actions, jobs, desk
        self.seat = seat or Seat()
        self._build()
        self._connect()
        session.changed.connect(self._redraw)
        self._redraw(None, session.state)

    def _build(self) -> None:
        raise NotImplementedError

    def _connect(self) -> None:
        """Wire signals; panels that only show have none."""

    def _redraw(self, old: SessionState | None, new: SessionState) -> None:
        """Show `new`; `old` is None the first time."""
        raise NotImplementedError
