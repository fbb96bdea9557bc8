"""Around the level of a case: look at its neighbours, ask for a second opinion, compare with 5 mm lower and higher. Long parts run as jobs."""

from __future__ import annotations

from napari_t12_bodycomp.errors import T12Error
from napari_t12_bodycomp.gui.desk import Desk
from napari_t12_bodycomp.gui.jobs import Jobs, JobState
from napari_t12_bodycomp.gui.words import tissue_opinion_words
from napari_t12_bodycomp.model.level import LevelStatus
from napari_t12_bodycomp.model.level_choice import neighbour
from napari_t12_bodycomp.model.progress import Progress
from napari_t12_bodycomp.model.sensitivity import LevelSensitivity
from napari_t12_bodycomp.workflow.second_opinion import TOTALSEGMENTATOR, Asked, ask, check_asked, tissues_beside
from napari_t12_bodycomp.workflow.sensitivity import level_sensitivity
from napari_t12_bodycomp.workflow.session import Session
from napari_t12_bodycomp.workflow.session_state import SessionState

COMPARING = "Comparing levels"
ASKING = "Asking for a second opinion"


class LevelFlow:
    """What is done with the level of one session besides finding it."""

    def __init__(self, session: Session, jobs: Jobs, desk: Desk) -> None:
        self.session, self.jobs, self.desk = session, jobs, desk
        self._compared: SessionState | None = None
        session.changed.connect(self._on_changed)
        jobs.changed.connect(self._on_jobs)

    def close(self) -> None:
        """Stop following session and jobs."""
        self.session.changed.disconnect(self._on_changed)
        self.jobs.changed.disconnect(self._on_jobs)

    def look_at_neighbour(self, step: int) -> None:
        """Show the middle of the next vertebra: towards the head for 1, towards the feet for -1."""
        state = self.session.state
        there = None if state.volume is None else neighbour(state.finding, float(state.volume.z_mm[state.view_index]), step)
        if state.volume is None or there is None:
            self.session.tell(f"No vertebra was seen {'above' if step > 0 else 'below'} this slice.")
        else:
            self.session.view(state.volume.nearest_slice(there.z_mm))

    # -- a second opinion --------------------------------------------------------------------------------------------------------------

    def ask_opinion(self, asked: str = TOTALSEGMENTATOR) -> None:
        """Ask TotalSegmentator, or the label map in the file `asked`, and weigh the answer into the finding."""
        state = self.session.state
        volume, finding = state.volume, state.finding
        if volume is None or finding is None:
            self.session.tell("There is nothing to ask about yet: open a scan and let T12 be searched for first.")
            return
        try:
            check_asked([asked])
        except T12Error as error:
            self.desk.set(message=str(error), message_is_error=True)
            return

        def work(progress: Progress) -> Asked:
            return ask(volume, finding, [asked], progress=progress)

        def done(answer: Asked) -> None:
            now, weighed = self.session.state, answer.finding
            if now.volume is not volume or now.finding is not finding:
                return
            if answer.tissues is not None:
                self._tell_tissues(answer)
                return
            self.session.weigh_again(weighed)
            doubtful = weighed.status is LevelStatus.UNCERTAIN and finding.status is not LevelStatus.UNCERTAIN
            if weighed.second_opinion is not None:
                self.desk.set(message=weighed.message if doubtful else weighed.second_opinion.sentence, message_is_error=doubtful)

        self.jobs.start(ASKING, work, done)

    def _tell_tissues(self, answer: Asked) -> None:
        """Say how a map of tissues lies to the drawing on screen; nothing is changed by it."""
        state = self.session.state
        if state.numbers_hidden:
            self.session.tell(state.numbers_hidden)
        elif state.work is None or state.measurement is None:
            self.session.tell("That is a map of tissues: it can be compared once regions are drawn on the level's slice.")
        elif (beside := tissues_beside(answer, state.work.axial, state.work.regions, state.protocol)) is not None:
            self.session.tell(tissue_opinion_words(beside, state.measurement))

    # -- how much the level matters ----------------------------------------------------------------------------------------------------

    def compare_levels(self) -> None:
        """Compare with 5 mm lower and higher, here and on every level that is confirmed from now on; asked for again, stop that."""
        state = self.session.state
        on = not self.desk.state.compares_levels
        if on and state.level is None:
            self.session.tell("There is no level to compare with yet: set the level first.")
        elif on and state.numbers_hidden:
            self.session.tell(state.numbers_hidden)
        elif on and self.jobs.state.running:
            self.session.tell(f"{self.jobs.state.name} is not done yet: compare the levels after it.")
        else:
            self.desk.set(compares_levels=on)
            if self.jobs.state.name == COMPARING:
                self.jobs.cancel()
            if on:
                self._compare()
            else:
                self.session.set_sensitivity(None, state)

    def _compare(self) -> None:
        state = self.session.state
        volume, level = state.volume, state.level
        if volume is None or level is None:
            return
        self._compared = state

        def work(progress: Progress) -> LevelSensitivity | None:
            return level_sensitivity(volume, level, state.finding, state.protocol, state.subject.height_m, progress)

        def done(found: LevelSensitivity | None) -> None:
            if found is None:
                self.session.tell("The levels cannot be compared: no draft can be made on the level's own slice.")
            self.session.set_sensitivity(found, state)

        self.jobs.start(COMPARING, work, done)

    def _compare_if_wanted(self) -> None:
        """Compare where it is wanted for every case, the level is confirmed and drawn on, and it was not tried before."""
        state = self.session.state
        if not self.desk.state.compares_levels or self.jobs.state.running or state.sensitivity is not None or state.numbers_hidden:
            return
        if state.level is None or not state.level.is_confirmed or state.work is None or state.work.is_empty:
            return
        if self._compared is None:
            self._compare()

    def _on_changed(self, old: SessionState, new: SessionState) -> None:
        if self.jobs.state.name == COMPARING and not new.measures_like(old):
            self.jobs.cancel()
        if self._compared is not None and (new.numbers_hidden or not new.measures_like(self._compared)):
            self._compared = None
        self._compare_if_wanted()

    def _on_jobs(self, job: JobState) -> None:
        if not job.running:
            self._compare_if_wanted()
