"""A small study for tests and benchmarks: people, a tiny scan, drawings on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.model.axial_slice import axial_slice
from napari_t12_bodycomp.model.double_reading import AskedReading, ReadingKind
from napari_t12_bodycomp.model.level import LevelMethod, MeasuredLevel
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.study import Case, Role, SeriesReference
from napari_t12_bodycomp.model.subject import Subject, ValueSource
from napari_t12_bodycomp.model.volume import Acquisition, CTVolume
from napari_t12_bodycomp.store import cases, ledger
from napari_t12_bodycomp.store.cases import NewCase
from napari_t12_bodycomp.store.studies import StudyStore
from napari_t12_bodycomp.workflow import double_reading, reading_choice, review, study
from napari_t12_bodycomp.workflow.export import build_result
from napari_t12_bodycomp.workflow.reading_list import listed_readings
from napari_t12_bodycomp.workflow.study import Desk

PASSWORD = "correct horse"
SUBJECT = Subject("", "F", 49.0, 1.6, ValueSource.TYPED, 60.0, ValueSource.TYPED)
PEOPLE = {
    "ann": {Role.ASSESSOR},
    "ben": {Role.ASSESSOR, Role.REVIEWER},
    "rev": {Role.REVIEWER},
    "ray": {Role.RATER},
}


@dataclass(frozen=True, slots=True)
class Trial:
    """A study whose people are signed in: `lena` leads, `ann` draws, `ben` draws and reviews, `rev` reviews, `ray` rates."""

    store: StudyStore
    lena: Desk
    ann: Desk
    ben: Desk
    rev: Desk
    ray: Desk


def make_trial(url: str) -> Trial:
    """Make the study and its people."""
    lena = study.create_study(url, "Trial", "lena", PASSWORD)
    for name, roles in PEOPLE.items():
        study.add_account(lena, name, PASSWORD, roles)
    return seated(lena.store)


def seated(store: StudyStore) -> Trial:
    """The people of a study that `make_trial` made, at their desks."""
    return Trial(store, **{account.name: Desk(store, account.id, account.name) for account in study.everybody(store)})


def add_cases(desk: Desk, n: int = 1, first: int = 1) -> list[Case]:
    """Cases P-001, P-002, ..., each with a series UID of its own."""
    new = [NewCase(f"P-{k:03d}", Subject(), SeriesReference(f"1.2.3.{k}", "1.2", 1, "")) for k in range(first, first + n)]
    with desk.store.writing(desk.account_id, "case.import") as writer:
        return [cases.by_id(writer.connection, number) for number in cases.insert(writer, new)]


def volume(series_uid: str = "") -> CTVolume:
    """Nine slices of 40 x 50 pixels of 0.8 mm: a box of fat, in it muscle, in it visceral fat."""
    hu = np.full((9, 40, 50), -1000, np.int16)
    hu[:, 5:35, 5:45] = -100
    hu[:, 10:30, 10:40] = 50
    hu[:, 15:25, 15:35] = -90
    acquisition = Acquisition(series_uid, "1.2", 1, "chest", "CT", "Maker", "Scanner", "B", 120.0, "none", 5.0, "20240101")
    return CTVolume(
        hu, np.arange(9) * 5.0 - 700.0, (0.8, 0.8), sop_instance_uids=tuple(f"1.2.3.9.{k}" for k in range(9)), acquisition=acquisition
    )


def regions(rows_of_muscle: int = 20) -> npt.NDArray[np.uint8]:
    """The box's regions: 30 pixels of muscle less the visceral ones in each of `rows_of_muscle` rows."""
    drawn = np.zeros((40, 50), np.uint8)
    drawn[5:35, 5:45] = 3
    drawn[10 : 10 + rows_of_muscle, 10:40] = 1
    drawn[15:25, 15:35] = 2
    return drawn


def result(
    by: str,
    rows_of_muscle: int = 20,
    series_uid: str = "",
    protocol: Protocol | None = None,
    subject: Subject = SUBJECT,
    slice_index: int = 4,
) -> Result:
    """A drawing by `by` with the level confirmed, measured."""
    scan = volume(series_uid)
    level = MeasuredLevel(slice_index, float(scan.z_mm[slice_index]), LevelMethod.MANUAL, by)
    axial = axial_slice(scan, slice_index)
    return build_result(scan, None, level, axial, regions(rows_of_muscle), protocol or Protocol(), subject, assessor=by)


def unconfirmed(by: str) -> Result:
    made = result(by)
    return replace(made, level=replace(made.level, confirmed_by=""))


def submitted(trial: Trial, desk: Desk | None = None, number: int = 1) -> Case:
    """A new case, drawn and submitted by `desk` (ann)."""
    desk = desk or trial.ann
    (case,) = add_cases(trial.lena, 1, number)
    version = review.save_version(desk, case.id, None, result(desk.name))
    return review.submit(desk, case.id, version.number)


def approved(trial: Trial, number: int = 1) -> Case:
    """A new case, drawn by ann and approved by rev."""
    case = submitted(trial, trial.ann, number)
    return review.approve(trial.rev, review.ticket_for(trial.store, case.id), PASSWORD)


@contextmanager
def on(day: str) -> Iterator[None]:
    """The store's clock stands at noon (UTC) of `day`."""
    real = ledger.now
    ledger.now = lambda: f"{day}T12:00:00.000000+00:00"
    try:
        yield
    finally:
        ledger.now = real


def asked(trial: Trial, number: int = 1) -> Case:
    """A new case that ann draws and that ben is to read too."""
    (case,) = add_cases(trial.lena, 1, number)
    review.assign(trial.lena, [case.id], assessor="ann")
    reading_choice.ask_reading(trial.lena, case.id, ReadingKind.DOUBLE, "ben")
    return case


def drawn(trial: Trial, case: Case, rows_of_muscle: int = 20) -> Case:
    """`case` drawn and submitted by ann."""
    version = review.save_version(trial.ann, case.id, None, result("ann", rows_of_muscle))
    return review.submit(trial.ann, case.id, version.number)


def disagreeing(trial: Trial, number: int = 1) -> Case:
    """A new case, drawn by ann (version 1) and, with half the muscle, read by ben (version 2): the two disagree."""
    case = asked(trial, number)
    submitted_case = drawn(trial, case)
    double_reading.save_reading(trial.ben, case.id, result("ben", 10))
    return submitted_case


def coming_back(trial: Trial, number: int = 1) -> Case:
    """A new case, drawn and submitted by ann on the first of January 2030, that comes back to her after 30 days."""
    with on("2030-01-01"):
        (case,) = add_cases(trial.lena, 1, number)
        review.assign(trial.lena, [case.id], assessor="ann")
        reading_choice.ask_reading(trial.lena, case.id, ReadingKind.REREAD, "ann")
        return drawn(trial, case)


def readings(trial: Trial, case_id: int) -> list[AskedReading]:
    """What a lead sees of the readings of a case, the oldest first."""
    return [one.reading for one in listed_readings(trial.lena) if one.reading.case_id == case_id]
