"""The study in the window: sign in, look at the worklist, look after people and cases. Every call to the database runs as an errand."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from qtpy.QtCore import QTimer

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.gui.desk import Desk as Around
from napari_t12_bodycomp.gui.errands import Errands, sentence_of
from napari_t12_bodycomp.gui.study_case import StudyCase
from napari_t12_bodycomp.model.case_list import CaseList
from napari_t12_bodycomp.model.double_reading import AskedReading, ReadingChoice, ReadingKind, ReadingPlan
from napari_t12_bodycomp.model.study import ExclusionReason, Role
from napari_t12_bodycomp.model.worklist import WorklistQuery
from napari_t12_bodycomp.workflow import review, study
from napari_t12_bodycomp.workflow.case_list import import_cases, read_case_list
from napari_t12_bodycomp.workflow.reading_choice import choose_readings
from napari_t12_bodycomp.workflow.seat import Seat, Sheet, look
from napari_t12_bodycomp.workflow.session import Session
from napari_t12_bodycomp.workflow.session_state import has_work
from napari_t12_bodycomp.workflow.study import Desk

LOOK_EVERY_MS = 2000
"""How often the window asks whether somebody changed the study."""


class StudyFlow:
    """Moves one window through a study."""

    def __init__(self, seat: Seat, session: Session, case: StudyCase, around: Around, errands: Errands) -> None:
        self.seat, self.session, self.case, self.around, self.errands = seat, session, case, around, errands
        case.refresh = self.refresh
        self._looking = False
        self._before = session.state.assessor, session.state.protocol
        """Who worked here by which protocol before somebody signed in."""
        self._poll = QTimer()
        self._poll.setInterval(LOOK_EVERY_MS)
        self._poll.timeout.connect(self.ask_for_change)

    def close(self) -> None:
        """Note the time worked, and let go of the study."""
        with suppress(RuntimeError):  # Qt has deleted it meanwhile
            self._poll.stop()
        self.case.close()
        self.errands.close()
        self.seat.leave()

    # -- sitting down ------------------------------------------------------------------------------------------------------------------

    def sign_in(self, where: str, name: str, password: str, done: Callable[[str], None] = lambda sentence: None) -> None:
        """Open the study at `where` and take a seat; `done` gets "", or the sentence that says why not."""

        def work() -> Desk:
            store = study.open_study(where)
            with store.closed_on_failure():
                return study.sign_in(store, name, password)

        self._sit("Signing in", where, work, done)

    def create(self, where: str, name: str, lead: str, password: str, done: Callable[[str], None] = lambda sentence: None) -> None:
        """Make a study that measures by the protocol on screen, and take a seat in it as its lead."""
        protocol = self.session.state.protocol
        self._sit("Making the study", where, lambda: study.create_study(where, name, lead, password, protocol), done)

    def _sit(self, deed: str, where: str, work: Callable[[], Desk], done: Callable[[str], None]) -> None:
        query = WorklistQuery()

        def sit() -> tuple[Desk, Sheet]:
            desk = work()
            with desk.store.closed_on_failure():
                return desk, look(desk, query)

        def seated(found: tuple[Desk, Sheet]) -> None:
            self.leave()
            desk, sheet = found
            left = has_work(self.session.state) and not self.session.state.saved
            self.session.close()
            self._before = self.session.state.assessor, self.session.state.protocol
            self.session.set_assessor(desk.name)
            self.session.set_protocol(sheet.protocol.protocol)
            self.seat.set(where=where, desk=desk, sheet=sheet, query=query)
            self._poll.start()
            self._say(
                "The scan that was open is left: its unsaved work is kept on this computer, for when nobody is signed in." if left else ""
            )
            done("")

        self.errands.run(deed, sit, seated, lambda error: done(sentence_of(error, deed)))

    def leave(self) -> None:
        """Sign out. The case on screen is closed; what was not saved is kept on this computer as unfinished work."""
        desk = self.seat.state.desk
        if desk is None:
            return
        self._poll.stop()
        self.case.leave()
        if self.session.state.volume is None:
            self.session.set_assessor(self._before[0])
            self.session.set_protocol(self._before[1])
        self.seat.set(desk=None, sheet=None, opened=None, trouble="", query=WorklistQuery())
        self.errands.run("Signing out", desk.store.close)

    # -- worklist ----------------------------------------------------------------------------------------------------------------------

    def ask(self, **changes: Any) -> None:
        """Show other cases in the worklist: `changes` to the fields of its `WorklistQuery`."""
        self.seat.set(query=replace(self.seat.state.query, **changes))
        self.refresh()

    def refresh(self) -> None:
        """Look at the study again."""
        desk, query = self.seat.state.desk, self.seat.state.query
        if desk is not None:
            self.errands.run("Looking at the study", lambda: look(desk, query), self._on_sheet, self._on_trouble)

    def _on_sheet(self, sheet: Sheet) -> None:
        state = self.seat.state
        if state.desk is None or sheet.account.id != state.desk.account_id:
            return
        self.seat.set(sheet=sheet, trouble="")
        if state.trouble:
            self.case.on_reached()

    def ask_for_change(self) -> None:
        """See whether somebody changed the study; asked once at a time."""
        state = self.seat.state
        if state.desk is None or state.sheet is None or self._looking:
            return
        desk, seen = state.desk, state.sheet.change
        self._looking = True

        def done(change: int) -> None:
            self._looking = False
            if change != seen or self.seat.state.trouble:
                self.refresh()
                self.case.look()

        def failed(error: Exception) -> None:
            self._looking = False
            self._on_trouble(error)

        self.errands.run("Looking at the study", lambda: study.latest_change(desk.store), done, failed)

    def _on_trouble(self, error: Exception) -> None:
        if isinstance(error, InputError):
            self.seat.set(trouble="The study cannot be reached: work goes on and is kept on this computer; it is tried again.")
        else:
            self._complain(sentence_of(error, "Looking at the study"))

    # -- what a lead does --------------------------------------------------------------------------------------------------------------

    def on_study(self, name: str, work: Callable[[Desk], Any], said: str = "", done: Callable[[Any], None] = lambda result: None) -> None:
        """Carry out something that changes the study, look at it again, and say `said`."""
        desk = self.seat.state.desk
        if desk is None:
            return

        def finished(result: Any) -> None:
            if said:
                self._say(said)
            self.refresh()
            self.case.look()
            done(result)

        self.errands.run(name, lambda: work(desk), finished)

    def assign(self, case_ids: list[int], assessor: str | None = None, reviewer: str | None = None) -> None:
        """Give cases to somebody; "" sets them free."""
        many = "1 case" if len(case_ids) == 1 else f"{len(case_ids)} cases"
        who = assessor if assessor is not None else reviewer
        said = f"{many} assigned to {who}." if who else f"{many} set free."
        self.on_study("Assigning", lambda desk: review.assign(desk, case_ids, assessor, reviewer), said)

    def exclude(self, case_id: int, reason: ExclusionReason, note: str = "") -> None:
        """Take a case out of the study."""
        self.on_study("Excluding", lambda desk: review.exclude(desk, case_id, reason, note), f"Excluded: {reason.value}.")

    def include(self, case_id: int) -> None:
        """Take an excluded case in again."""
        self.on_study("Taking in again", lambda desk: review.include(desk, case_id), "The case is in the study again.")

    def check_list(self, file: str, done: Callable[[CaseList], None]) -> None:
        """Read a list of cases and name every bad row, as a job that can be cancelled: headers are read; nothing is taken in."""
        desk = self.seat.state.desk
        if desk is not None:
            self.case.jobs.start("Reading the list", lambda progress: read_case_list(desk.store, file, progress), done)

    def import_list(self, file: str, done: Callable[[], None]) -> None:
        """Take all cases of a list in, or none, as a job that can be cancelled while it reads."""
        desk = self.seat.state.desk
        if desk is None:
            return

        def finished(numbers: list[int]) -> None:
            self._say(f"{len(numbers)} cases were taken in.")
            self.refresh()
            self.case.look()
            done()

        self.case.jobs.start("Importing", lambda progress: import_cases(desk, file, progress), finished)

    def add_account(self, name: str, password: str, roles: frozenset[Role], done: Callable[[str], None]) -> None:
        """Take somebody into the study; `done` gets "", or the sentence that says why not."""
        desk = self.seat.state.desk
        if desk is None:
            return

        def added(_: object) -> None:
            self._say(f"{name} can sign in now.")
            self.refresh()
            done("")

        deed = "Adding an account"
        self.errands.run(deed, lambda: study.add_account(desk, name, password, roles), added, lambda error: done(sentence_of(error, deed)))

    def read_twice(self, choice: ReadingChoice, done: Callable[[str], None]) -> None:
        """Choose cases for a second reading; `done` gets "", or the sentence that says why not."""
        desk = self.seat.state.desk
        if desk is None:
            return

        def chosen(found: tuple[ReadingPlan, list[AskedReading]]) -> None:
            plan, asked = found
            kinds = [sum(reading.kind is kind for reading in asked) for kind in ReadingKind]
            self._say(f"{kinds[0]} double readings and {kinds[1]} re-reads are asked for (seed {plan.choice.seed}).")
            self.refresh()
            done("")

        deed = "Choosing cases"
        self.errands.run(deed, lambda: choose_readings(desk, choice), chosen, lambda error: done(sentence_of(error, deed)))

    # -- words -------------------------------------------------------------------------------------------------------------------------

    def _say(self, sentence: str, error: bool = False) -> None:
        self.around.set(message=sentence, message_is_error=error)

    def tell(self, sentence: str) -> None:
        """Show `sentence` to the person at the screen."""
        self._say(sentence)

    def _complain(self, sentence: str) -> None:
        self._say(sentence, error=True)
