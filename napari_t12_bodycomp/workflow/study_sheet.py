"""The contact sheet of a study: the picture of every result, made anew from its scan and its stored drawing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from napari_t12_bodycomp.analysis.windowing import tissue_map
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.progress import Progress, no_progress
from napari_t12_bodycomp.model.study import CaseState
from napari_t12_bodycomp.report.contact_sheet import write_contact_sheet
from napari_t12_bodycomp.report.overlay_png import overlay_png
from napari_t12_bodycomp.store import cases
from napari_t12_bodycomp.store.studies import StudyStore
from napari_t12_bodycomp.workflow.case_view import case_by_id, result_of, versions_of
from napari_t12_bodycomp.workflow.places import is_there
from napari_t12_bodycomp.workflow.source import load_volume
from napari_t12_bodycomp.workflow.study_export import APPROVED_ONLY

SHEET_NAME = "contact_sheet.pdf"


def contact_sheet(
    store: StudyStore, out_dir: str | Path, states: Iterable[CaseState] = APPROVED_ONLY, progress: Progress = no_progress
) -> tuple[Path, list[str]]:
    """Write ``contact_sheet.pdf`` of the cases in `states` that have a drawing; its path, and why some have no picture, in words."""
    target = Path(out_dir) / SHEET_NAME
    partial = target.with_name(f".{SHEET_NAME}.partial")
    missing: list[str] = []
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_contact_sheet(partial, _pictures(store, states, missing, progress), missing)
        partial.replace(target)
    except OSError as error:
        raise InputError(
            f"A directory to write into is wanted, {out_dir} cannot be used ({error.strerror}): choose another one."
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return target, missing


def _pictures(store: StudyStore, states: Iterable[CaseState], missing: list[str], progress: Progress) -> Iterator[tuple[str, bytes]]:
    with store.reading() as connection:
        numbers = cases.ids_in(connection, states)
    for k, number in enumerate(numbers):
        progress(k / len(numbers), f"picture {k + 1} of {len(numbers)}")
        case = case_by_id(store, number)
        if case.current_version is None:
            continue
        if not is_there(case.series):
            missing.append(f"{case.pseudonym}: its scan is not where it was; find it with t12-bodycomp study relocate FOLDER.")
            continue
        try:
            volume = load_volume(case.series.path, case.series.series_instance_uid or None, case.series.acquisition_number)
            version = next(v for v in versions_of(store, number) if v.number == case.current_version)
            result = result_of(store, case, version, volume)
        except InputError as error:
            missing.append(f"{case.pseudonym}: {error}")
            continue
        tissues = tissue_map(result.axial.hu, result.regions, result.measurement.protocol.preset)
        yield f"{case.pseudonym}, version {version.number} by {version.author}, {case.state.value}", overlay_png(volume, result, tissues)
