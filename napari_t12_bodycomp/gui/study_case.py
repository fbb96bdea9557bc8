"""A case of the study in the window: found, opened, restored, looked at again. Every call to the database runs as an errand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.gui.active_time import ActiveTime
from napari_t12_bodycomp.gui.case_flow import CaseFlow, parsed_source
from napari_t12_bodycomp.gui.desk import Desk as Around
from napari_t12_bodycomp.gui.errands import Errands, sentence_of
from napari_t12_bodycomp.gui.jobs import Jobs, JobState
from napari_t12_bodycomp.gui.read_ahead import ReadAhead, ReadScan
from napari_t12_bodycomp.model.progress import Progress
from napari_t12_bodycomp.model.study import Case
from napari_t12_bodycomp.model.subject import ValueSource
from napari_t12_bodycomp.model.volume import FirstSlice
from napari_t12_bodycomp.workflow import review
from napari_t12_bodycomp.workflow.case_list import add_scan, subject_of
from napari_t12_bodycomp.workflow.drawn_case import Drawn, OnScreen, current_drawing, restore
from napari_t12_bodycomp.workflow.places import load_case
from napari_t12_bodycomp.workflow.seat import OpenCase, Seat, open_case, task_of, waiting_case
from napari_t12_bodycomp.workflow.session import Session
from napari_t12_bodycomp.workflow.study import Desk

REVIEWING = "You are reviewing this drawing: choose Correct to change it, and save a version of your own."
READING = "Reading the scan"


class StudyCase:
    """Moves the case of a study that is on screen.

    `refresh` asks for the worklist to be looked at again.
    """

    def __init__(
        self, seat: Seat, session: Session, flow: CaseFlow, jobs: Jobs, around: Around, timer: ActiveTime, errands: Errands
    ) -> None:
        self.seat, self.session, self.flow, self.jobs = seat, session, flow, jobs
        self.around, self.timer, self.errands = around, timer, errands
        self.ahead = ReadAhead()
        self.refresh: Callable[[], None] = lambda: None
        self.on_shown: Callable[[], None] = lambda: None
        self.on_reached: Callable[[], None] = lambda: None
        """Called when the study can be reached again."""
        self.saved = OnScreen()
        """What the study has of the case on screen."""
        self._opening = self._seeking = False
        self._passed_over = ""
        """Name of the case that was to be opened last, where its scan could not be read."""
        flow.opened.connect(self._on_scan_opened)
        jobs.changed.connect(self._on_jobs)

    def close(self) -> None:
        """Note the time worked, and stop reading ahead."""
        self.note_time()
        self.flow.opened.disconnect(self._on_scan_opened)
        self.jobs.changed.disconnect(self._on_jobs)
        self.ahead.close()

    def leave(self) -> None:
        """Close the case on screen; what was not saved is kept on this computer as unfinished work."""
        self.note_time()
        self.ahead.drop()
        self._passed_over = ""
        if self.jobs.state.name == READING:
            self.jobs.cancel()
        if self.seat.state.opened is not None:
            self.jobs.cancel()
            self.seat.set(opened=None)
            self.session.close()

    # -- opening a case ----------------------------------------------------------------------------------------------------------------

    def open(self, case_id: int, said: str = "") -> None:
        """Open a case of the study, then say `said`; the one on screen is left, its unsaved work kept on this computer."""
        desk = self.seat.state.desk
        if desk is None:
            return
        self.note_time()

        def fetch() -> tuple[OpenCase, Drawn | None]:
            opened = open_case(desk, case_id)
            return opened, current_drawing(desk, opened)

        def fetched(found: tuple[OpenCase, Drawn | None]) -> None:
            self._seeking = False
            if self.seat.state.desk is not desk:  # somebody else sits here by now
                return
            opened, drawn = found
            show = self.jobs.for_window(self.flow.first_slice.emit)

            def shown(scan: ReadScan) -> None:
                if self.seat.state.desk is not desk:
                    return
                self._show(opened, drawn, scan)
                if said:
                    self.tell(said)

            def not_read(sentence: str) -> None:
                self._passed_over = opened.case.pseudonym
                self.complain(f"{opened.case.pseudonym}: {sentence}")

            ready = self.ahead.take(case_id)
            if ready is not None:
                shown(ready)
            else:
                self.jobs.start(READING, lambda progress: _read(desk, opened, progress, show), shown, not_read)

        self.errands.run("Opening the case", fetch, fetched, self._not_found)

    def _not_found(self, error: Exception) -> None:
        self._seeking = False
        self.complain(sentence_of(error, "Opening the case"))

    def next(self) -> None:
        """Open the next case of the worklist that waits for the person here; asked again while it comes, nothing happens."""
        desk, query, opened = self.seat.state.desk, self.seat.state.query, self.seat.state.opened
        if desk is None or self._seeking or self.jobs.state.name == READING:
            return
        after, self._seeking = self._passed_over or ("" if opened is None else opened.case.pseudonym), True

        def found(case_id: int) -> None:
            if opened is not None and case_id == opened.case.id:
                self._seeking = False
                self.tell("No other case of the worklist waits for you.")
            elif self.seat.state.desk is desk:
                self.open(case_id)
            else:
                self._seeking = False

        self.errands.run("Finding the next case", lambda: waiting_case(desk, query, after), found, self._not_found)

    def add_scan_on_screen(self) -> None:
        """Take the scan on screen, which is no case yet, into the study, and open it as its case."""
        desk, state = self.seat.state.desk, self.session.state
        if desk is None or state.volume is None or self.seat.state.opened is not None:
            raise InputError("A scan that is no case of the study yet is wanted on screen, and somebody signed in: sign in, then open one.")
        acquired, (path, _, _) = state.volume.acquisition, parsed_source(state.source)
        series = acquired.series_instance_uid or None
        typed = state.subject.height_m if state.subject.height_source is ValueSource.TYPED else None

        def work(progress: Progress) -> Case:
            return add_scan(desk, path, "", series, acquired.acquisition_number, typed and typed * 100, progress)

        def added(case: Case) -> None:
            self.refresh()
            self.open(case.id, f"The scan is in the study now, as {case.pseudonym}.")

        self.jobs.start("Adding the scan to the study", work, added, self.complain)

    def _show(self, opened: OpenCase, drawn: Drawn | None, scan: ReadScan) -> None:
        """Put a case with its current version on screen."""
        sheet = self.seat.state.sheet
        if self.seat.state.desk is None or sheet is None:
            return
        case, self._passed_over = opened.case, ""
        left = self._left_behind()
        volume = replace(scan.volume, subject=replace(subject_of(case, scan.volume.subject), patient_id=case.pseudonym))
        self.around.set(message="", message_is_error=False, offer_draft=False, path=case.series.path, offers=(), chosen=-1, reason="")
        self.session.close()
        may_draw = not (opened.why_not_draw or opened.is_review)
        self.session.set_protocol(sheet.protocol.protocol if drawn is None or may_draw else drawn.protocol)
        self._opening = True
        self.seat.set(opened=opened)
        try:
            self.flow.open_volume(volume, case.series.path, scan.finding, lambda: self._restore(opened, drawn), task_of(sheet, opened))
        finally:
            self._opening = False
        if left:
            self.tell(
                f"{left} was left with changes that are not saved: they are kept on this computer, and offered when it is opened again."
            )
        self.on_shown()

    def _left_behind(self) -> str:
        """Name of the case on screen where it has strokes that are not saved; "" where not."""
        opened, work = self.seat.state.opened, self.session.state.work
        drawn = work is not None and any(step.name != "draft" for step in work.undo)
        return opened.case.pseudonym if opened is not None and drawn and self.is_changed else ""

    def _restore(self, opened: OpenCase, drawn: Drawn | None) -> None:
        self.saved = OnScreen()
        if drawn is not None:
            try:
                restore(self.session, drawn)
            except InputError as error:
                self.session.lock(str(error))
                self.complain(str(error))
                return
            self.saved = OnScreen.of(self.session.state)
        self.lock(opened)

    def lock(self, opened: OpenCase) -> None:
        """Let the drawing be changed, or not, as the person at the desk may."""
        self.session.lock(self.why_locked(opened))

    @staticmethod
    def why_locked(opened: OpenCase) -> str:
        """Why the drawing of `opened` may only be looked at to begin with; "" where it may be changed."""
        return opened.why_not_draw or (REVIEWING if opened.is_review else "")

    @property
    def is_changed(self) -> bool:
        """Whether the drawing on screen is not the study's current version any more."""
        return not self.saved.is_as(OnScreen.of(self.session.state))

    def _on_scan_opened(self) -> None:
        """A scan from elsewhere was opened: it is no case of the study."""
        if not self._opening and self.seat.state.opened is not None:
            self.note_time()
            self.seat.set(opened=None)

    # -- what the person may do with it ------------------------------------------------------------------------------------------------

    def measure_by_the_study(self) -> None:
        """Unfinished work that was resumed may have brought another protocol with it."""
        sheet = self.seat.state.sheet
        if sheet is not None and self.session.state.protocol != sheet.protocol.protocol:
            self.session.set_protocol(sheet.protocol.protocol)

    def correct(self) -> None:
        """Let the reviewer change the drawing: what is saved is a version that somebody else must approve."""
        opened = self.seat.state.opened
        if opened is not None and not opened.why_not_draw:
            self.session.lock("")
            self.measure_by_the_study()
            self.tell("Change what is wrong and save: your version must be approved by somebody else.")

    def look(self) -> None:
        """See whether somebody else changed the case on screen."""
        desk, opened = self.seat.state.desk, self.seat.state.opened
        if desk is None or opened is None or opened.reading is not None:  # a reader is told nothing of what others do
            return

        def done(now: OpenCase) -> None:
            before = self.seat.state.opened
            if before is None or before.case.id != now.case.id or before is not opened:
                return
            if now.case.revision == before.case.revision:
                self.seat.set(opened=replace(now, ticket=before.ticket))  # comments may be new
                return
            who = self._name_of(now.case.current_author)
            said = f"Somebody changed this case: it is {now.case.state.value} now, version {now.case.current_version} by {who}."
            self.tell(f"{said} Open it again to see it; what you save now is kept as a version of its own.", error=True)

        self.errands.run("Looking at the case", lambda: open_case(desk, opened.case.id), done, lambda error: None)

    def _name_of(self, account_id: int | None) -> str:
        sheet = self.seat.state.sheet
        return next((a.name for a in sheet.people if a.id == account_id), "nobody") if sheet is not None else "nobody"

    # -- between cases -----------------------------------------------------------------------------------------------------------------

    def _on_jobs(self, job: JobState) -> None:
        """Read the next scan ahead as soon as the present case needs nothing any more."""
        desk, opened, query = self.seat.state.desk, self.seat.state.opened, self.seat.state.query
        if job.running or desk is None or opened is None or self._opening or self.session.state.finding is None:
            return
        number = opened.case.id

        def found(case_id: int) -> None:
            on_screen = self.seat.state.opened
            if case_id != number and on_screen is not None and on_screen.case.id == number:
                self.ahead.prepare(desk, case_id)

        self.errands.run("Finding the next case", lambda: waiting_case(desk, query, opened.case.pseudonym), found, lambda error: None)

    def note_time(self) -> None:
        """Store how long the case on screen was worked on."""
        desk, opened, seconds = self.seat.state.desk, self.seat.state.opened, self.timer.take()
        if desk is not None and opened is not None:
            self.errands.run("Noting the time", lambda: record_time(desk, opened.case.id, seconds), failed=lambda error: None)

    # -- words -------------------------------------------------------------------------------------------------------------------------

    def tell(self, sentence: str, error: bool = False) -> None:
        """Show `sentence` to the person at the screen."""
        self.around.set(message=sentence, message_is_error=error)

    def complain(self, sentence: str) -> None:
        """Show `sentence`, which says what failed."""
        self.tell(sentence, error=True)


def _read(desk: Desk, opened: OpenCase, progress: Progress, show: Callable[[FirstSlice], None]) -> ReadScan:
    return ReadScan(load_case(desk, opened.case, progress=progress, show=show))


def record_time(desk: Desk, case_id: int, seconds: dict[str, float]) -> None:
    """Store active seconds by step; steps that took none are left out."""
    for step, worked in seconds.items():
        if worked >= 0.5:
            review.record_time(desk, case_id, step, round(worked, 1))
