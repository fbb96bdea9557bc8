"""The steps of a case with their state: done, now, later."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QPushButton, QSizePolicy

from napari_t12_bodycomp.gui import widgets
from napari_t12_bodycomp.gui.panel import Panel
from napari_t12_bodycomp.gui.words import STEP_TITLES, step_state
from napari_t12_bodycomp.workflow.session_state import SessionState, Step

_TIPS = {
    Step.OPEN: "Open a scan, choose its series, resume unfinished work",
    Step.LEVEL: "Find, move and confirm the T12 level",
    Step.DRAW: "Correct the drafted regions",
    Step.REVIEW: "Somebody who did not draw it decides",
    Step.EXPORT: "Where the results are",
}
_STATE_WORDS = {"done": "done", "now": "you are here", "later": "later"}


class StepsPanel(Panel):
    """One button a step; a click shows that step's controls. Only a case of a study has a review."""

    chosen = Signal(object)

    def _build(self) -> None:
        self._buttons: dict[Step, QPushButton] = {}
        for number, step in enumerate(Step, 1):
            button = QPushButton(f"{number} {STEP_TITLES[step]}")
            button.setToolTip(_TIPS[step])
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.clicked.connect(lambda _=False, s=step: self.chosen.emit(s))
            self._buttons[step] = button
            button.setStyleSheet("padding-left: 2px; padding-right: 2px;")
        self.setLayout(widgets.row(*self._buttons.values()))

    def _redraw(self, old: SessionState | None, new: SessionState) -> None:
        if old is not None and old.step is new.step and old.case_state is new.case_state:
            return
        is_study = new.case_state is not None
        self._buttons[Step.REVIEW].setVisible(is_study)
        steps = [(step, button) for step, button in self._buttons.items() if is_study or step is not Step.REVIEW]
        for number, (step, button) in enumerate(steps, 1):
            state = step_state(step, new.step)
            widgets.set_look(button, "state", state)
            button.setText(f"{'✓' if state == 'done' else number} {STEP_TITLES[step]}")
            button.setToolTip(f"{_TIPS[step]} ({_STATE_WORDS[state]})")

    def show_chosen(self, step: Step) -> None:
        """Mark the step whose controls are on screen."""
        for s, button in self._buttons.items():
            widgets.set_look(button, "shown", "true" if s is step and s is not self.session.state.step else "false")
