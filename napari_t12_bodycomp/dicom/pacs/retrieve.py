"""A series from an archive into a folder: what lies there is not fetched again, a server that goes away is waited for, all is counted."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from napari_t12_bodycomp.dicom.pacs.archive import Archive
from napari_t12_bodycomp.dicom.pacs.faults import Interrupted, NotDicom
from napari_t12_bodycomp.dicom.pacs.inbox import Inbox
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.pacs import Instance, Retrieved
from napari_t12_bodycomp.model.progress import Progress, no_progress

_FRUITLESS = 3
"""Complete requests that bring nothing new before the archive is said not to deliver."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an archive that went away is waited for, in seconds; the pause doubles each time, and begins anew once something comes."""

    first_pause_s: float = 0.5
    longest_pause_s: float = 20.0
    total_s: float = 120.0
    """Without anything new."""


class _Waiting:
    """The pauses between attempts."""

    def __init__(self, patience: Patience, progress: Callable[[str], None]) -> None:
        self._patience, self._tell = patience, progress
        self.count = 0
        self.begin_anew()

    def begin_anew(self) -> None:
        self._pause_s, self._since = self._patience.first_pause_s, time.monotonic()

    def wait(self, error: Interrupted) -> None:
        """Wait for the next attempt, asking often whether to stop; raises `error` where patience is at its end."""
        self.count += 1
        end = time.monotonic() + self._pause_s
        if end - self._since > self._patience.total_s:
            raise error
        while (left := end - time.monotonic()) > 0:
            self._tell(f"The archive went away; trying again in {left:.0f} s")
            time.sleep(min(left, 0.1))
        self._pause_s = min(2 * self._pause_s, self._patience.longest_pause_s)


def retrieve_series(
    archive: Archive,
    study_uid: str,
    series_uid: str,
    folder: Path,
    progress: Progress = no_progress,
    patience: Patience | None = None,
) -> Retrieved:
    """Bring every object of a series into `folder`, each once.

    Parameters
    ----------
    folder : Path
        Made where it is missing. What lies there whole stays and is not fetched again.
    progress : Progress
        Told by whichever thread an image comes on. May raise `Cancelled`; what came is kept, and a later run goes on from there.

    Raises
    ------
    InputError
        Where the archive does not have the series, does not deliver all of it, or is away for longer than `patience`.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # libraries quote header values in theirs
        return _retrieved(archive, study_uid, series_uid, folder, progress, patience or Patience())


def _retrieved(archive: Archive, study_uid: str, series_uid: str, folder: Path, progress: Progress, patience: Patience) -> Retrieved:
    shown = _Shown(progress)
    waiting = _Waiting(patience, shown.say)
    listed = _listed(archive, study_uid, series_uid, waiting)
    inbox = Inbox(folder, study_uid, series_uid, (one.uid for one in listed))
    inbox.look()
    shown.inbox = inbox
    fruitless = 0
    while inbox.missing:
        before = inbox.n_here
        wanted = [one for one in listed if one.uid in inbox.missing]
        broken: Interrupted | None = None
        try:
            archive.fetch(study_uid, series_uid, wanted, len(wanted) == len(listed), inbox.keep, shown)
        except Interrupted as error:
            broken = error
        except NotDicom as error:
            if not waiting.count:
                raise
            broken = Interrupted(str(error))  # it did speak DICOM before it went away: it is being started again
        inbox.check()
        if inbox.n_here > before:
            fruitless = 0
            waiting.begin_anew()
        if broken is not None:
            waiting.wait(Interrupted(f"{broken} {_tally(inbox)}"))
        elif inbox.n_here == before:
            fruitless += 1
            if fruitless == _FRUITLESS:
                raise InputError(_undelivered(inbox))
    progress(1.0, f"{inbox.n_here} images")
    return Retrieved(inbox.n_here, inbox.n_fetched, waiting.count)


class _Shown:
    """Tells the progress of an inbox; called by itself it is a `Stop`, which also ends what cannot be written."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.inbox: Inbox | None = None

    def __call__(self) -> None:
        if self.inbox is not None:
            self.inbox.check()
        self.say("")

    def say(self, words: str) -> None:
        inbox = self.inbox
        here, total = (0, 1) if inbox is None else (inbox.n_here, inbox.n_here + len(inbox.missing))
        counted = f"{here} of {total} images" if inbox is not None else "Asking for the list of images"
        self._progress(min(here / total, 0.999), f"{counted}. {words}" if words else counted)


def _listed(archive: Archive, study_uid: str, series_uid: str, waiting: _Waiting) -> list[Instance]:
    while True:
        try:
            listed = archive.instances(study_uid, series_uid)
            break
        except Interrupted as error:
            waiting.wait(error)
    if not listed:
        raise InputError("The archive holds no such series: search again, and give the UIDs of study and series as they are listed.")
    waiting.begin_anew()
    return listed


def _tally(inbox: Inbox) -> str:
    return f"{inbox.n_here} of {inbox.n_here + len(inbox.missing)} images lie in the folder; the next run fetches the rest."


def _undelivered(inbox: Inbox) -> str:
    refused = f", {inbox.n_refused} that came were not what was asked for and were not kept" if inbox.n_refused else ""
    return (
        f"The archive lists {inbox.n_here + len(inbox.missing)} images and does not deliver {len(inbox.missing)} of them{refused}: "
        "ask its administrators, or try again later."
    )
