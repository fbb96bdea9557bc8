"""What is done with the case of the study that is on screen: saved, handed in, decided on. One deed at a time, each as an errand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari_t12_bodycomp.errors import Conflict, InputError, T12Error
from napari_t12_bodycomp.gui.errands import sentence_of
from napari_t12_bodycomp.gui.study_case import StudyCase, record_time
from napari_t12_bodycomp.model.study import CaseState, Decision, Version
from napari_t12_bodycomp.workflow import review
from napari_t12_bodycomp.workflow.drawn_case import OnScreen
from napari_t12_bodycomp.workflow.screen_result import result_on_screen
from napari_t12_bodycomp.workflow.seat import OpenCase, open_case
from napari_t12_bodycomp.workflow.session_state import why_not_final

HANDING_IN = "The case is being handed in: wait a moment."
SAVING, DECIDING = "saving", "deciding"


class CaseDeeds:
    """Carries deeds out. A key that is pressed twice does nothing twice: a second save waits for the first, a second decision is passed over."""

    def __init__(self, case: StudyCase) -> None:
        self.case, self.seat, self.session, self.errands = case, case.seat, case.session, case.errands
        self._under_way = ""
        self._put_off: Callable[[], None] | None = None
        self._unsaved: Callable[[], None] | None = None
        """What to do once the study can be reached again: save what could not be saved."""
        case.on_reached = self._save_again

    # -- saving and handing in ---------------------------------------------------------------------------------------------------------

    def save(self, hand_in: bool = False) -> None:
        """Save the drawing on screen as a version of the case, and submit it with `hand_in`."""
        desk, opened, state = self.seat.state.desk, self.seat.state.opened, self.session.state
        if desk is None or opened is None or self._waits(self.save):
            return
        if state.locked:
            raise InputError(state.locked)
        self.case.measure_by_the_study()
        state = self.session.state
        if state.level is None or state.work is None or state.work.is_empty:
            raise InputError(why_not_final(state) or "There is nothing to save yet.")
        seconds, number = self.case.timer.take(), opened.case.id
        on_screen = OnScreen.of(state)
        submits = hand_in and opened.case.state is not CaseState.SUBMITTED

        def work() -> tuple[OpenCase, Version, str]:
            version = review.save_version(desk, number, opened.base, result_on_screen(state), sum(seconds.values()))
            record_time(desk, number, seconds)
            refused = ""
            if submits:
                try:
                    review.submit(desk, number, version.number)
                except T12Error as error:  # saved all the same
                    refused = str(error)
            return open_case(desk, number), version, refused

        def saved(found: tuple[OpenCase, Version, str]) -> None:
            now, version, refused = found
            self.case.refresh()
            if self._is_on_screen(number):
                self.seat.set(opened=now)
                self.case.saved = on_screen
                if not self.case.is_changed:
                    self.session.mark_saved()
                self.case.lock(now)
            if self.seat.state.desk is desk:
                self.case.tell(refused or self._saved_words(now, version, hand_in), error=bool(refused))

        def failed(error: Exception) -> None:
            self.case.timer.put_back(seconds)
            if isinstance(error, InputError):
                self._unsaved = lambda: self._save_if_changed(number, on_screen if hand_in else None)

        self._run(DECIDING if hand_in else SAVING, "Saving", work, saved, failed, hold=hand_in)

    def _saved_words(self, now: OpenCase, version: Version, hand_in: bool) -> str:
        if hand_in and _is_correction(now):
            return "Your correction is saved: somebody else must approve it. Next case: N."
        if hand_in:
            return f"{now.case.pseudonym} is submitted. Next case: N."
        return f"Saved as version {version.number} of {now.case.pseudonym}."

    def _save_again(self) -> None:
        """Save once the database is there again."""
        again, self._unsaved = self._unsaved, None
        if again is not None:
            again()

    def _save_if_changed(self, number: int, to_hand_in: OnScreen | None) -> None:
        """Save what is on screen; it is handed in only where that is just what was to be handed in."""
        if self._is_on_screen(number) and self.case.is_changed:
            self.save(to_hand_in is not None and OnScreen.of(self.session.state).is_as(to_hand_in))

    def submit(self) -> None:
        """Hand the case in; what is not saved yet is saved before."""
        desk, opened = self.seat.state.desk, self.seat.state.opened
        if desk is None or opened is None or self._waits(self.submit):
            return
        if why := why_not_final(self.session.state):
            raise InputError(why)
        if self.case.is_changed:
            self.save(hand_in=True)
            return
        number, version = opened.case.id, opened.base
        if version is None:
            raise InputError("Nothing is saved yet: save the drawing, then submit.")
        if opened.case.state is CaseState.SUBMITTED:
            self.case.tell(self._saved_words(opened, opened.versions[-1], True) if _is_correction(opened) else opened.why_not_submit)
            return
        said = f"{opened.case.pseudonym} is submitted. Next case: N."
        self.deed("Submitting", lambda: review.submit(desk, number, version), said, self._keep_no_longer)

    def _keep_no_longer(self) -> None:
        """What is handed in is no unfinished work, with whatever steps were taken back in it."""
        if not self.case.is_changed:
            self.session.mark_saved()

    # -- any deed ----------------------------------------------------------------------------------------------------------------------

    def deed(self, name: str, work: Callable[[], Any], said: str, done: Callable[[], None] = lambda: None) -> None:
        """Carry out something that changes the open case, then show the case and the worklist as they are, and say `said`."""
        desk, opened = self.seat.state.desk, self.seat.state.opened
        if desk is None or opened is None or self._under_way:
            return
        number, seconds = opened.case.id, self.case.timer.take()

        def run() -> OpenCase:
            work()
            record_time(desk, number, seconds)
            return open_case(desk, number)

        def finished(now: OpenCase) -> None:
            if self._is_on_screen(number):
                self.seat.set(opened=now)
                self.case.lock(now)
                done()
            if self.seat.state.desk is desk:
                self.case.tell(said)
            self.case.refresh()

        self._run(DECIDING, name, run, finished, lambda error: self.case.timer.put_back(seconds), hold=True)

    def once(self, name: str, work: Callable[[dict[str, float]], Any], done: Callable[[Any], None], hold: bool = False) -> None:
        """Run an errand about the open case, unless a deed is under way; `work` gets the active seconds. `hold`: nothing is drawn meanwhile."""
        if self._under_way:
            return
        seconds = self.case.timer.take()
        self._run(DECIDING, name, lambda: work(seconds), done, lambda error: self.case.timer.put_back(seconds), hold)

    def _run(
        self,
        kind: str,
        name: str,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        hold: bool = False,
    ) -> None:
        """Run an errand as the deed under way. With `hold` nothing is drawn meanwhile: a stroke would not be in what is handed in."""
        before, volume = self.session.state.locked, self.session.state.volume
        self._under_way = kind
        if hold:
            self.session.lock(HANDING_IN)

        def finished(result: Any) -> None:
            self._under_way = ""
            done(result)
            self._go_on()

        def went_wrong(error: Exception) -> None:
            self._under_way, self._put_off = "", None
            failed(error)
            if hold and self.session.state.volume is volume:
                self.session.lock(before)
            if isinstance(error, Conflict | InputError):
                self.case.refresh()
            self.case.complain(sentence_of(error, name))

        self.errands.run(name, work, finished, went_wrong)

    def _waits(self, what: Callable[[], None]) -> bool:
        """Whether `what` is to wait, or not to be done at all, because a deed is under way."""
        if self._under_way == SAVING:
            self._put_off = what
        return bool(self._under_way)

    def _go_on(self) -> None:
        what, self._put_off = self._put_off, None
        if what is not None and (what == self.submit or self.case.is_changed):
            try:
                what()
            except T12Error as error:
                self.case.complain(str(error))

    def _is_on_screen(self, number: int) -> bool:
        opened = self.seat.state.opened
        return opened is not None and opened.case.id == number


def _is_correction(opened: OpenCase) -> bool:
    """Whether the version that counts is a reviewer's correction."""
    return any(r.decision is Decision.CORRECTED and r.version == opened.base for r in opened.reviews)
