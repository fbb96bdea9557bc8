"""The next case is read, and its T12 searched for, while somebody works on the present one."""

from __future__ import annotations

from dataclasses import dataclass

from napari_t12_bodycomp.gui.jobs import Jobs
from napari_t12_bodycomp.model.level import LevelFinding
from napari_t12_bodycomp.model.progress import Progress
from napari_t12_bodycomp.model.study import Case
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow.analyse import locate
from napari_t12_bodycomp.workflow.case_view import case_by_id
from napari_t12_bodycomp.workflow.places import load_case
from napari_t12_bodycomp.workflow.study import Desk


@dataclass(frozen=True, slots=True, eq=False)
class ReadScan:
    """The scan of a case, with what the search for T12 said; None where nobody searched yet."""

    volume: CTVolume
    finding: LevelFinding | None = None


class ReadAhead:
    """Holds at most one scan that was read ahead. What fails here fails again, with its sentence, when the case is opened."""

    def __init__(self) -> None:
        self._jobs = Jobs(lambda sentence: None)
        self._wanted: int | None = None
        self._ready: ReadScan | None = None

    @property
    def is_ready(self) -> bool:
        """Whether a scan waits here."""
        return self._ready is not None

    def prepare(self, desk: Desk, case_id: int) -> None:
        """Read the scan of a case in the background; nothing happens where just that is done or under way."""
        if case_id == self._wanted and (self._ready is not None or self._jobs.state.running):
            return
        self._wanted, self._ready = case_id, None

        def work(progress: Progress) -> ReadScan:
            case: Case = case_by_id(desk.store, case_id)
            volume = load_case(desk, case, progress=lambda share, words: progress(share / 2, words))
            return ReadScan(volume, locate(volume, lambda share, words: progress(0.5 + share / 2, words)))

        self._jobs.start("Reading ahead", work, self._on_ready)

    def _on_ready(self, scan: ReadScan) -> None:
        self._ready = scan

    def take(self, case_id: int) -> ReadScan | None:
        """The scan of `case_id` where it was read ahead; None where not. It is held here no longer."""
        scan = self._ready if case_id == self._wanted else None
        self.drop()
        return scan

    def drop(self) -> None:
        """Hold nothing, and stop reading."""
        self._jobs.cancel()
        self._wanted = self._ready = None

    def close(self) -> None:
        """Stop for good."""
        self.drop()
        self._jobs.close()
