"""A case from its path to its drawing: read, look for unfinished work, find T12, draft. Long parts run as jobs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from psygnal import Signal

from napari_t12_bodycomp.errors import InputError, T12Error
from napari_t12_bodycomp.gui.desk import Desk
from napari_t12_bodycomp.gui.jobs import Jobs
from napari_t12_bodycomp.model.level import LevelFinding, LevelStatus
from napari_t12_bodycomp.model.progress import Progress
from napari_t12_bodycomp.model.series import SeriesList, SeriesOffer
from napari_t12_bodycomp.model.volume import CTVolume, FirstSlice
from napari_t12_bodycomp.workflow import autosave
from napari_t12_bodycomp.workflow.analyse import DrawnSlice, draft_slice, locate
from napari_t12_bodycomp.workflow.session import Session
from napari_t12_bodycomp.workflow.session_state import SessionState
from napari_t12_bodycomp.workflow.source import list_series, load_volume

MARK = "::"


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    path: str
    offers: SeriesList
    volume: CTVolume | None
    offer: SeriesOffer | None


def source_name(path: str, offer: SeriesOffer | None, preselected: SeriesOffer | None) -> str:
    """How to open the same volume again: the path, and the series where it is not the preselected one."""
    if offer is None or offer is preselected:
        return path
    number = "" if offer.acquisition_number is None else str(offer.acquisition_number)
    return MARK.join((path, offer.series_instance_uid, number))


def parsed_source(source: str) -> tuple[str, str | None, int | None]:
    """Path, series and acquisition of a `source_name`."""
    parts = source.split(MARK)
    if len(parts) != 3:
        return source, None, None
    return parts[0], parts[1] or None, int(parts[2]) if parts[2] else None


class CaseFlow:
    """Moves one session through its case."""

    first_slice = Signal(FirstSlice)
    """Emitted with a slice of the scan that is being read, long before it is opened."""
    opened = Signal()
    """Emitted when a scan was opened, before anything was done with it, and when the one before was closed since none of several was chosen."""

    def __init__(self, session: Session, jobs: Jobs, desk: Desk, saver: autosave.Autosave) -> None:
        self.session, self.jobs, self.desk, self.saver = session, jobs, desk, saver
        self._resume_when_read: autosave.Unfinished | None = None
        self._drafted: set[tuple[int, float]] = set()
        session.changed.connect(self._on_changed)
        if session.state.volume is None:
            self.list_unfinished()

    def close(self) -> None:
        """Stop following the session."""
        self.session.changed.disconnect(self._on_changed)

    # -- opening -----------------------------------------------------------------------------------------------------------------------

    def open_path(self, source: str) -> None:
        """Read what lies at `source`; whatever runs for the case before is cancelled."""
        path, series, acquisition = parsed_source(source)
        show = self.jobs.for_window(self.first_slice.emit)

        def work(progress: Progress) -> _Read:
            listed = list_series(path, lambda share, words: progress(0.15 * share, words))
            wanted = [o for o in listed.offers if o.series_instance_uid == series and o.acquisition_number == acquisition]
            offer = wanted[0] if series and wanted else listed.chosen
            if offer is None:
                return _Read(path, listed, None, None)
            return _Read(path, listed, _load(path, offer, lambda share, words: progress(0.15 + 0.85 * share, words), show), offer)

        self._clear_message()
        self.jobs.start("Reading the scan", work, self._on_read, self._on_not_read)

    def open_series(self, offer: SeriesOffer) -> None:
        """Read another of the series offered."""
        path, offers = self.desk.state.path, self.desk.state.offers
        listed = SeriesList(tuple(offers), offer, "Chosen by hand.")
        show = self.jobs.for_window(self.first_slice.emit)

        def work(progress: Progress) -> _Read:
            if not offer.is_measurable:
                raise InputError(offer.refusal)
            return _Read(path, listed, _load(path, offer, progress, show), offer)

        self._clear_message()
        self.jobs.start("Reading the series", work, self._on_read, self._on_not_read)

    def _on_read(self, read: _Read) -> None:
        offers = read.offers.offers
        chosen = offers.index(read.offer) if read.offer is not None else -1
        self.desk.set(path=read.path, offers=offers, chosen=chosen, reason=read.offers.reason, resumable=None)
        if read.volume is None:
            self._resume_when_read = None
            self.session.close()
            self.opened.emit()
            self._say(read.offers.reason, error=True)
            return
        self.open_volume(read.volume, source_name(read.path, read.offer, read.offers.chosen))

    def _on_not_read(self, sentence: str) -> None:
        self._resume_when_read = None
        self._say(sentence, error=True)

    def open_volume(
        self,
        volume: CTVolume,
        source: str = "",
        finding: LevelFinding | None = None,
        restore: Callable[[], None] = lambda: None,
        task: str = "",
    ) -> None:
        """Start a case on a volume that is in memory; unfinished work on it is offered, T12 is searched for where `finding` is not given.

        `restore` puts back what was drawn on it before, where something was; `task` is what a study wants drawn on it.
        """
        self.jobs.cancel()
        self.saver.flush()
        self.session.open(volume, source, task)
        self.opened.emit()
        restore()
        self.jobs.cancel()  # what was put back is judged once T12 was searched for
        self._drafted.clear()
        found = None if self.session.state.locked else autosave.unfinished_for(volume, self.saver.folder, task)
        if found is not None and autosave.is_restored(self.session.state, found):
            found.file.unlink(missing_ok=True)
            found = None
        self.desk.set(resumable=found, offer_draft=False)
        if found is not None and self._resume_when_read is not None:
            self.resume()
        self._resume_when_read = None
        if finding is None:
            self.locate()
        else:
            self._on_located(finding)

    def locate(self) -> None:
        """Search for T12 in the open scan."""
        volume = self.session.state.volume
        if volume is not None:
            self.jobs.start("Finding T12", lambda progress: locate(volume, progress), self._on_located)

    def _on_located(self, finding: LevelFinding) -> None:
        self.session.set_finding(finding)
        if finding.status is not LevelStatus.FOUND:
            self._say(finding.message, error=finding.status is LevelStatus.ABSENT)
        self._draft_or_judge()

    # -- drafting ----------------------------------------------------------------------------------------------------------------------

    def _on_changed(self, old: SessionState, new: SessionState) -> None:
        if new.work is not None and (old.work is None or new.work.axial is not old.work.axial):
            self._draft_or_judge()
        if new.volume is None and old.volume is not None:
            self.list_unfinished()

    def _draft_or_judge(self) -> None:
        """Draft the slice at the level where nothing was ever drawn, and only judge it where something was; resumable work goes first."""
        work = self.session.state.work
        if work is None or self.jobs.state.running or self.desk.state.resumable is not None:
            return
        place = (work.axial.index, self.session.state.protocol.slab_mm)
        if work.draft is None and place not in self._drafted:
            self._drafted.add(place)
            self.draft(only_if_empty=True)

    def draft(self, only_if_empty: bool = False) -> None:
        """Draft the regions on the level's slice, as one step."""
        state = self.session.state
        if state.volume is None or state.level is None:
            self.session.tell("There is no slice to draft on yet: set the level first.")
            return
        if state.locked and not only_if_empty:
            self.session.tell(state.locked)
            return
        volume, level, protocol, finding = state.volume, state.level, state.protocol, state.finding

        def done(drawn: DrawnSlice) -> None:
            now, index = self.session.state.work, level.slice_index
            if self.session.state.volume is not volume or drawn.draft is None:
                return
            begun = now is not None and now.axial.index == index and bool(now.undo or now.redo or not now.is_empty)
            take = self.session.set_judgement if only_if_empty and begun else self.session.set_draft
            take(drawn.draft, drawn.quality, index, protocol.slab_mm)
            self._draft_or_judge()

        self.jobs.start("Drafting regions", lambda progress: draft_slice(volume, level, finding, protocol, progress), done)

    # -- unfinished work ---------------------------------------------------------------------------------------------------------------

    def list_unfinished(self) -> None:
        """Show what was begun and not exported."""
        self.desk.set(unfinished=tuple(autosave.unfinished(self.saver.folder)))

    def resume(self) -> None:
        """Put the unfinished work on the open case back."""
        found = self.desk.state.resumable
        if found is None:
            return
        try:
            autosave.resume(self.session, found)
        except T12Error as error:
            self._say(str(error), error=True)
        self.desk.set(resumable=None)
        self._draft_or_judge()

    def discard(self) -> None:
        """Throw the unfinished work on the open case away."""
        found = self.desk.state.resumable
        if found is not None:
            found.file.unlink(missing_ok=True)
            self.desk.set(resumable=None)
            self._draft_or_judge()

    def resume_case(self, found: autosave.Unfinished) -> None:
        """Open the scan that unfinished work belongs to and put it back."""
        self._resume_when_read = found
        self.open_path(found.source)

    def discard_case(self, found: autosave.Unfinished) -> None:
        """Throw unfinished work away without opening it."""
        found.file.unlink(missing_ok=True)
        self.list_unfinished()

    # -- words -------------------------------------------------------------------------------------------------------------------------

    def _say(self, sentence: str, error: bool = False) -> None:
        self.desk.set(message=sentence, message_is_error=error)

    def _clear_message(self) -> None:
        self.desk.set(message="", message_is_error=False, offer_draft=False)


def _load(path: str, offer: SeriesOffer, progress: Progress, show: Callable[[FirstSlice], None]) -> CTVolume:
    return load_volume(path, progress=progress, offer=offer if offer.source == "dicom" else None, show=show)
