"""A case of a study measured without a window: its scan found, T12 located, the regions drafted, and saved as what it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from napari_t12_bodycomp.model.double_reading import Take
from napari_t12_bodycomp.model.progress import Progress, no_progress
from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.study import Case, Version
from napari_t12_bodycomp.workflow.analyse import MeasureRequest, locate, measure_volume
from napari_t12_bodycomp.workflow.case_list import subject_of
from napari_t12_bodycomp.workflow.case_view import case_named
from napari_t12_bodycomp.workflow.double_reading import adjudicate, save_reading
from napari_t12_bodycomp.workflow.places import load_case
from napari_t12_bodycomp.workflow.reading_list import why_not_adjudicate, why_not_read
from napari_t12_bodycomp.workflow.review import save_version
from napari_t12_bodycomp.workflow.study import Desk, refuse, study_protocol


def draft_case(
    desk: Desk,
    pseudonym: str,
    z_mm: float | None = None,
    regions: Path | None = None,
    height_cm: float | None = None,
    confirm_level: bool = False,
    as_reading: bool = False,
    progress: Progress = no_progress,
) -> Version:
    """Measure the case called `pseudonym` by the study's protocol and save it.

    `z_mm` and `regions` stand for T12 found and regions drafted; `confirm_level` says that the person at the desk has looked at the level. With
    `as_reading`, it is the reading that was asked of them, which is saved beside what was drawn before.
    """
    case = case_named(desk.store, pseudonym)
    if as_reading:
        refuse(why_not_read(desk, case.id))
    result = _measured(desk, case, z_mm, regions, height_cm, confirm_level, progress)
    if as_reading:
        return save_reading(desk, case.id, result)
    return save_version(desk, case.id, case.current_version, result)


def adjudicate_drawing(
    desk: Desk,
    pseudonym: str,
    reason: str = "",
    z_mm: float | None = None,
    regions: Path | None = None,
    confirm_level: bool = False,
    progress: Progress = no_progress,
) -> Case:
    """Decide between two readings by a third, measured as `draft_case` does it."""
    case = case_named(desk.store, pseudonym)
    refuse(why_not_adjudicate(desk, case.id))
    result = _measured(desk, case, z_mm, regions, None, confirm_level, progress)
    return adjudicate(desk, case.id, Take.THIRD, reason, result)


def _measured(
    desk: Desk, case: Case, z_mm: float | None, regions: Path | None, height_cm: float | None, confirm_level: bool, progress: Progress
) -> Result:
    request = MeasureRequest(study_protocol(desk.store).protocol, z_mm, regions, height_cm, assessor=desk.name)
    volume = load_case(desk, case, progress=progress)
    volume = replace(volume, subject=subject_of(case, volume.subject))
    result = measure_volume(volume, request, locate(volume, progress), progress)
    if confirm_level:
        result = replace(result, level=replace(result.level, confirmed_by=desk.name))
    return result
