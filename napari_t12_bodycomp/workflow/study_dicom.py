"""Results of a study as DICOM, each in the study of its own scan: for the archive, so that they carry the patient's identity as the scan does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.progress import Progress, no_progress
from napari_t12_bodycomp.model.quality import stored_flag
from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.study import CaseState
from napari_t12_bodycomp.store import cases, studies, versions
from napari_t12_bodycomp.store.studies import StudyStore
from napari_t12_bodycomp.workflow.case_view import case_by_id, result_of, versions_of
from napari_t12_bodycomp.workflow.dicom_results import ALL_KINDS, dicom_results
from napari_t12_bodycomp.workflow.export import write_atomically
from napari_t12_bodycomp.workflow.places import is_there
from napari_t12_bodycomp.workflow.source import load_volume
from napari_t12_bodycomp.workflow.study_export import APPROVED_ONLY


def case_dicom_results(store: StudyStore, case_id: int, kinds: frozenset[str] = ALL_KINDS) -> tuple[Result, dict[str, bytes]]:
    """The current version of a case as DICOM files by name, with the result that they hold. Observers belong to the study.

    Raises
    ------
    InputError
        Where nothing is drawn, or the scan is no DICOM, is not where it was, or is another one.
    """
    case = case_by_id(store, case_id)
    if case.current_version is None:
        raise InputError(f"A drawing is wanted, case {case.pseudonym!r} has none yet: draw it first.")
    if not is_there(case.series):
        raise InputError(f"The scan of case {case.pseudonym!r} is not where it was: find it with t12-bodycomp study relocate FOLDER.")
    volume = load_volume(case.series.path, case.series.series_instance_uid or None, case.series.acquisition_number)
    version = next(v for v in versions_of(store, case_id) if v.number == case.current_version)
    result = _with_stored_words(store, version.id, result_of(store, case, version, volume))
    with store.reading() as connection:
        name = studies.record(connection).name
    at = datetime.fromisoformat(result.reviewed_at or version.created_at)
    return result, dicom_results(case.series.path, volume, result, kinds, made_at=at, organisation=name)


def _with_stored_words(store: StudyStore, version_id: int, result: Result) -> Result:
    """`result` with what its row said when it was saved and the scan alone cannot say again: flags, reason, who made the regions."""
    with store.reading() as connection:
        cells = versions.cells_of(connection, version_id)
    known = {flag.code for flag in result.quality}
    flags = [stored_flag(code) for code in cells.get("quality", "").split(";") if code]
    return replace(
        result,
        quality=(*result.quality, *(flag for flag in flags if flag.code not in known)),
        level=replace(result.level, reason=cells.get("level_reason", ""), candidate=cells.get("level_candidate", "")),
        regions_origin=cells.get("regions_origin", ""),
    )


def _folder_name(result: Result) -> str:
    """SERIES UID_ACQUISITION_SLICE: a series may hold several acquisitions, each a case of its own."""
    scan = result.acquisition
    return "_".join(str(part) for part in (scan.series_instance_uid, scan.acquisition_number, result.level.slice_index) if part is not None)


def export_dicom(
    store: StudyStore, out_dir: str | Path, states: Iterable[CaseState] = APPROVED_ONLY, progress: Progress = no_progress
) -> tuple[int, list[str]]:
    """Write the DICOM results of the cases in `states` below `out_dir`, by study and scan; how many cases, and why others are missing.

    No file or folder carries a case's name, so that nothing here ties it to the patient.
    """
    out, done, missing = Path(out_dir), 0, []
    with store.reading() as connection:
        numbers = cases.ids_in(connection, states)
    for k, number in enumerate(numbers):
        progress(k / len(numbers), f"results {k + 1} of {len(numbers)}")
        try:
            result, files = case_dicom_results(store, number)
        except InputError as error:
            missing.append(f"{case_by_id(store, number).pseudonym}: {error}")
            continue
        place = out / result.acquisition.study_instance_uid / _folder_name(result)
        try:
            place.mkdir(parents=True, exist_ok=True)
            for name, content in files.items():
                write_atomically(place / name, content)
        except OSError as error:
            raise InputError(
                f"A directory to write into is wanted, {out} cannot be used ({error.strerror}): choose another one."
            ) from error
        done += 1
    return done, missing
