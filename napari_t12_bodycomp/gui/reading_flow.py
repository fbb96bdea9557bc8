"""Double reading in the window: hand a reading in, and decide between two that disagree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.gui.case_deeds import CaseDeeds
from napari_t12_bodycomp.gui.study_case import StudyCase
from napari_t12_bodycomp.model.double_reading import AskedReading, Take
from napari_t12_bodycomp.workflow.double_reading import adjudicate, save_reading
from napari_t12_bodycomp.workflow.screen_result import result_on_screen
from napari_t12_bodycomp.workflow.seat import OpenCase, SeatState
from napari_t12_bodycomp.workflow.session_state import why_not_final
from napari_t12_bodycomp.workflow.study import Desk

ONCE = "A reading is saved once, when it is handed in (Ctrl+Enter); until then every stroke is kept on this computer."


class ReadingFlow:
    """Moves the reading, or the adjudication, that is on screen."""

    def __init__(self, case: StudyCase, deeds: CaseDeeds, compare_with: Callable[[int | None], None]) -> None:
        self.case, self.seat, self.session, self.errands = case, case.seat, case.session, case.errands
        self.deeds, self._compare_with = deeds, compare_with
        self.seat.changed.connect(self._on_seat)

    def close(self) -> None:
        """Stop following the seat."""
        self.seat.changed.disconnect(self._on_seat)

    def _on_seat(self, old: SeatState, new: SeatState) -> None:
        """Compare the two readings from the start, where somebody is to decide between them."""
        if new.opened is not None and new.opened.dispute is not None and (old.opened is None or old.opened.case.id != new.opened.case.id):
            second = next((v.number for v in new.opened.versions if v.id == new.opened.dispute.version_id), None)
            self.errands.run("Comparing", lambda: second, self._compare_with)

    # -- a reading ---------------------------------------------------------------------------------------------------------------------

    def hand_in(self) -> None:
        """Save the reading on screen, for good, and leave the case."""
        desk, opened, state = self.seat.state.desk, self.seat.state.opened, self.session.state
        if desk is None or opened is None or opened.reading is None:
            return
        if why := why_not_final(state):
            raise InputError(why)
        self.case.measure_by_the_study()
        drawn = self.session.state

        def done(_: object) -> None:
            on_screen = self.seat.state.opened
            if on_screen is not None and on_screen.case.id == opened.case.id:
                self.session.mark_saved()
                self.case.leave()
            self.case.tell(f"Your reading of {opened.case.pseudonym} is saved. Next case: N.")
            self.case.refresh()

        def work(seconds: dict[str, float]) -> Any:
            return save_reading(desk, opened.case.id, result_on_screen(drawn), sum(seconds.values()))

        self.deeds.once("Handing in", work, done, hold=True)

    # -- an adjudication ---------------------------------------------------------------------------------------------------------------

    def _dispute(self) -> tuple[Desk, OpenCase, AskedReading]:
        desk, opened = self.seat.state.desk, self.seat.state.opened
        if desk is None or opened is None or opened.dispute is None:
            raise InputError("Two readings that disagree are wanted on screen, none are: open such a case from the worklist.")
        return desk, opened, opened.dispute

    def take(self, which: Take, reason: str = "") -> None:
        """Let the first or the second reading count."""
        desk, opened, _ = self._dispute()
        self._decide(opened, lambda seconds: adjudicate(desk, opened.case.id, which, reason), f"The {which.value} reading counts now.")

    def draw_third(self) -> None:
        """Let the adjudicator draw: what is handed in counts."""
        self._dispute()
        self.session.lock("")
        self.case.measure_by_the_study()
        self.case.tell("Draw what is right, confirm the level and hand it in (Ctrl+Enter): your drawing counts then.")

    def hand_in_third(self) -> None:
        """Let the drawing on screen count."""
        desk, opened, _ = self._dispute()
        state = self.session.state
        if state.locked:
            raise InputError("Take one of the two readings, or choose to draw a third one first.")
        if why := why_not_final(state):
            raise InputError(why)
        self.case.measure_by_the_study()
        drawn = self.session.state

        def work(seconds: dict[str, float]) -> Any:
            return adjudicate(desk, opened.case.id, Take.THIRD, "", result_on_screen(drawn), sum(seconds.values()))

        self._decide(opened, work, "Your drawing counts now.")

    def _decide(self, opened: OpenCase, work: Callable[[dict[str, float]], Any], said: str) -> None:
        name, number = opened.case.pseudonym, opened.case.id

        def done(_: object) -> None:
            self.case.refresh()
            on_screen = self.seat.state.opened
            if on_screen is not None and on_screen.case.id == number:
                self.session.mark_saved()
                self.case.open(number, f"{name}: {said} It waits for its review.")

        self.deeds.once("Adjudicating", work, done, hold=True)
