"""A case of a study as the program reads it: its versions, decisions, comments, history, and its result on the scan again.

What a person is shown goes through `workflow.case_sight`, which knows what is hidden from whom.
"""

from __future__ import annotations

from dataclasses import replace

from napari_t12_bodycomp.errors import InputError, Refused
from napari_t12_bodycomp.model import review as rules
from napari_t12_bodycomp.model.axial_slice import axial_slice
from napari_t12_bodycomp.model.level import LevelMethod, MeasuredLevel
from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.study import Case, CaseState, Comment, Decision, Review, StoredRegions, Version
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.report import indices_csv
from napari_t12_bodycomp.store import accounts, cases, readings, studies, versions
from napari_t12_bodycomp.store.studies import StudyStore
from napari_t12_bodycomp.workflow.case_list import subject_of
from napari_t12_bodycomp.workflow.export import build_result
from napari_t12_bodycomp.workflow.study import Desk, refuse


def case_named(store: StudyStore, pseudonym: str) -> Case:
    """The case called `pseudonym`."""
    with store.reading() as connection:
        return cases.by_name(connection, pseudonym)


def case_by_id(store: StudyStore, case_id: int) -> Case:
    """The case with the number `case_id`."""
    with store.reading() as connection:
        return cases.by_id(connection, case_id)


def versions_of(store: StudyStore, case_id: int) -> list[Version]:
    """All versions of a case, the oldest first."""
    with store.reading() as connection:
        return versions.of_case(connection, case_id)


def regions_of(store: StudyStore, case_id: int, version: int) -> StoredRegions:
    """The drawing of a version; InputError where it does not fit its checksum."""
    with store.reading() as connection:
        return versions.regions_of(connection, versions.one(connection, case_id, version))


def reviews_of(store: StudyStore, case_id: int) -> list[Review]:
    """All decisions on a case, the oldest first."""
    with store.reading() as connection:
        return versions.reviews_of(connection, case_id)


def comments_of(store: StudyStore, case_id: int) -> list[Comment]:
    """All remarks on a case, the oldest first."""
    with store.reading() as connection:
        return versions.comments_of(connection, case_id)


def numbers_of(desk: Desk, case_id: int, version: int) -> dict[str, float | None]:
    """Areas, indices and mean HU of a version by column name, None where unknown.

    Refused to a blinded reviewer who has not decided yet, and to whom the version is hidden for double reading.
    """
    with desk.store.reading() as connection:
        actor, case = accounts.by_id(connection, desk.account_id), cases.by_id(connection, case_id)
        asked = readings.of_case(connection, case_id)
        refuse(rules.why_not_see(actor, asked) or rules.why_not_numbers(actor, case, studies.record(connection).blind_review))
        wanted = versions.one(connection, case_id, version).id
        if any(hidden.version_id == wanted for hidden in rules.hidden_readings(actor, asked)):
            raise Refused(rules.HIDDEN_READING)
        return versions.numbers_of(connection, wanted)


def result_of(store: StudyStore, case: Case, version: Version, volume: CTVolume) -> Result:
    """The measured slice of a stored version on its scan, as when it was saved, for pictures and comparison.

    Raises
    ------
    InputError
        Where `volume` is not the scan that the version was drawn on, to the pixel of the measured slice.
    """
    with store.reading() as connection:
        stored = versions.regions_of(connection, version)
        cells = versions.cells_of(connection, version.id)
        protocol = studies.protocol_versions(connection)[version.protocol_number - 1].protocol
        decided = [r for r in versions.reviews_of(connection, case.id) if r.decision is Decision.APPROVED and r.version == version.number]
    other = InputError(
        f"The scan that case {case.pseudonym!r} was drawn on is wanted, another one came, or it was changed: look for the right one."
    )
    if version.slice_index >= len(volume.z_mm) or stored.regions.shape != volume.shape[1:]:
        raise other
    level = MeasuredLevel(version.slice_index, version.z_mm, LevelMethod(version.level_method), version.level_confirmed_by)
    axial = axial_slice(volume, version.slice_index, protocol.slab_mm)
    approved = case.state is CaseState.APPROVED and case.current_version == version.number and decided
    made = build_result(
        volume,
        None,
        level,
        axial,
        stored.regions,
        protocol,
        replace(subject_of(case, volume.subject), patient_id=case.pseudonym),
        assessor=version.author,
        reviewer=decided[-1].account if approved else "",
        reviewed_at=decided[-1].at if approved else "",
        status=case.state.value,
    )
    if indices_csv.row(made)["slice_sha256"] != cells["slice_sha256"]:
        raise other
    return made
