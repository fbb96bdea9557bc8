"""One case of a batch, wherever it is measured: what is asked goes in, a measurement or a failure comes out, and nothing is written."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path

from napari_t12_bodycomp import __version__
from napari_t12_bodycomp.errors import LevelError, T12Error, UsageError
from napari_t12_bodycomp.model.batch import Failed, FailureKind, Looked, Measured, Outcome
from napari_t12_bodycomp.model.level import LevelFinding, LevelStatus
from napari_t12_bodycomp.model.level_choice import candidates_in_words
from napari_t12_bodycomp.report import indices_csv
from napari_t12_bodycomp.workflow.analyse import MeasureRequest, locate, measure_volume
from napari_t12_bodycomp.workflow.export import result_files
from napari_t12_bodycomp.workflow.source import list_series, load_volume

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """What is asked of one case. Paths are absolute.

    Parameters
    ----------
    height_words : str
        Where the height comes from, in the manifest's own words; "" for its usual one.
    looks_only : bool
        Whether only headers are read, to see which series would be measured.
    version : str
        The version of this program that the numbers are to come from.
    """

    case_id: str
    path: Path
    request: MeasureRequest
    series: str | None = None
    acquisition: int | None = None
    height_words: str = ""
    looks_only: bool = False
    version: str = __version__

    def looking(self) -> Job:
        """The same case, looked at only."""
        return replace(self, looks_only=True)


def run_job(job: Job) -> Outcome:
    """Measure the case of `job`, or look at it. Whatever goes wrong with it is a `Failed`; nothing is raised for a bad scan."""
    try:
        missing = next((p for p in (job.path, job.request.regions) if p is not None and not p.exists()), None)
        if missing is not None:
            what = "path" if missing is job.path else "file of regions"
            return Failed(job.case_id, FailureKind.NOT_THERE, f"The {what} leads nowhere: check it, and whether the drive is there.")
        return _look(job) if job.looks_only else _measure(job)
    except UsageError as error:
        return Failed(job.case_id, FailureKind.WRONG_REQUEST, _without_paths(str(error), job))
    except (T12Error, OSError) as error:
        words = str(error) if isinstance(error, T12Error) else f"The scan cannot be read ({error.strerror or type(error).__name__})."
        return Failed(job.case_id, FailureKind.REFUSED, _without_paths(words, job))
    except MemoryError:
        words = "More memory than the computer has free was wanted: give it fewer workers, or choose a smaller series."
        return Failed(job.case_id, FailureKind.CRASHED, words)
    except Exception as error:
        _log.debug("case %s", job.case_id, exc_info=True)
        words = f"The program itself failed here ({type(error).__name__}): run t12-bodycomp measure --verbose on this scan and report it."
        return Failed(job.case_id, FailureKind.FAULT, words)


def _measure(job: Job) -> Outcome:
    volume = load_volume(job.path, series=job.series, acquisition=job.acquisition)
    finding = locate(volume)
    try:
        result = measure_volume(volume, job.request, finding)
    except LevelError as error:
        return _no_level(job, finding, error)
    cells = indices_csv.row(result)
    if job.height_words and job.request.height_cm is not None:
        cells["height_source"] = indices_csv.safe_text(job.height_words)
    return Measured(job.case_id, cells, result_files(volume, result))


def _no_level(job: Job, finding: LevelFinding, error: LevelError) -> Failed:
    kind = FailureKind.ABSENT if finding.status is LevelStatus.ABSENT else FailureKind.UNCERTAIN
    words = str(error).replace("with --z-mm", "as z_mm in the manifest")
    return Failed(job.case_id, kind, words, candidates_in_words(finding))


def _look(job: Job) -> Outcome:
    if job.series is not None or job.acquisition is not None:
        offers = [o for o in list_series(job.path).offers if o.answers_to(job.series, job.acquisition)]
        if not offers:
            return Failed(
                job.case_id, FailureKind.REFUSED, "The series or acquisition asked for is not there: list what is there and choose one."
            )
        chosen = next((o for o in offers if o.is_measurable), None)
        if chosen is None:
            return Failed(job.case_id, FailureKind.REFUSED, offers[0].refusal)
        return Looked(job.case_id, f"series {chosen.series_instance_uid} as asked ({chosen.n_slices} slices)")
    found = list_series(job.path)
    if found.chosen is None:
        return Failed(job.case_id, FailureKind.REFUSED, _without_paths(found.reason, job))
    return Looked(job.case_id, f"series {found.chosen.series_instance_uid or '(no UID)'} ({found.chosen.n_slices} slices): {found.reason}")


def _without_paths(words: str, job: Job) -> str:
    """`words` without the paths of the case: folders are often named after patients."""
    for path in (job.path, job.request.regions):
        if path is not None:
            words = words.replace(str(path), "the file").replace(repr(path.name), "the file")
    return words
