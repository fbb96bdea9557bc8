"""Scans stay where they are; one that was moved is found again by its UID. Then the whole way on the sample scan, without a window."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from napari_t12_bodycomp.errors import InputError, Refused
from napari_t12_bodycomp.model.study import Role
from napari_t12_bodycomp.model.tissue import Tissue
from napari_t12_bodycomp.workflow import case_view, places, review, study
from napari_t12_bodycomp.workflow.case_list import add_scan
from napari_t12_bodycomp.workflow.study_draft import draft_case
from napari_t12_bodycomp.workflow.study_export import export_study

PASSWORD = "correct horse"
SAMPLE = Path(__file__).resolve().parents[2] / "sample_data" / "chest_5mm"


@pytest.fixture
def moved(tmp_path: Path) -> tuple[study.Desk, Path]:
    """A study with the sample scan as its case, whose folder was moved after that; the new folder."""
    scan = tmp_path / "scans" / "first" / "ct"
    shutil.copytree(SAMPLE, scan)
    (tmp_path / "elsewhere").mkdir()
    lena = study.create_study(tmp_path / "study.sqlite", "Trial", "lena", PASSWORD)
    add_scan(lena, scan, "P-001", height_cm=165)
    target = tmp_path / "elsewhere" / "second"
    shutil.move(scan.parent, target)
    return lena, target / "ct"


def test_a_moved_folder_is_found_again_where_one_says_to_look(moved: tuple[study.Desk, Path], tmp_path: Path) -> None:
    lena, now = moved
    assert not places.is_there(case_view.case_named(lena.store, "P-001").series)
    assert places.relocate(lena, tmp_path / "scans") == []
    assert places.relocate(lena, tmp_path) == ["P-001"]
    case = case_view.case_named(lena.store, "P-001")
    assert Path(case.series.path) == now
    assert places.is_there(case.series)
    assert places.relocate(lena, tmp_path) == []
    assert lena.store.verify().is_clean


def test_a_case_is_loaded_from_where_it_is_now(moved: tuple[study.Desk, Path], tmp_path: Path) -> None:
    lena, now = moved
    case = case_view.case_named(lena.store, "P-001")
    with pytest.raises(InputError, match="no longer where they were"):
        places.load_case(lena, case)
    volume = places.load_case(lena, case, [tmp_path / "elsewhere"])
    assert volume.acquisition.series_instance_uid == case.series.series_instance_uid
    assert Path(case_view.case_named(lena.store, "P-001").series.path) == now


def test_a_folder_renamed_beside_its_old_place_is_found_by_itself(moved: tuple[study.Desk, Path], tmp_path: Path) -> None:
    lena, now = moved
    shutil.move(now, tmp_path / "scans" / "renamed")
    case = case_view.case_named(lena.store, "P-001")
    places.load_case(lena, case)
    assert Path(case_view.case_named(lena.store, "P-001").series.path) == tmp_path / "scans" / "renamed"


def test_a_scan_comes_in_once_and_goes_all_the_way(tmp_path: Path) -> None:
    lena = study.create_study(tmp_path / "study.sqlite", "Trial", "lena", PASSWORD)
    for name, role in (("ann", Role.ASSESSOR), ("rev", Role.REVIEWER)):
        study.add_account(lena, name, PASSWORD, [role])
    ann, rev = (study.sign_in(lena.store, name, PASSWORD) for name in ("ann", "rev"))
    case = add_scan(ann, SAMPLE, height_cm=165)
    assert case.pseudonym.startswith("T12-")
    with pytest.raises(Refused, match="in the study yet"):
        add_scan(ann, SAMPLE, "another")
    with pytest.raises(Refused, match="role assessor"):
        add_scan(rev, SAMPLE, "another")
    saved = draft_case(ann, case.pseudonym, confirm_level=True)
    review.submit(ann, case.id, saved.number)
    review.approve(rev, review.ticket_for(lena.store, case.id), PASSWORD)
    volume = places.load_case(ann, case)
    case = case_view.case_by_id(lena.store, case.id)
    again = case_view.result_of(lena.store, case, saved, volume)
    assert again.measurement.areas_cm2[Tissue.MUSCLE] == case_view.numbers_of(rev, case.id, 1)["muscle_area_cm2"]
    assert (again.assessor, again.reviewer, again.status, again.subject.height_m) == ("ann", "rev", "approved", 1.65)
    with pytest.raises(InputError, match="or it was changed"):
        case_view.result_of(lena.store, case, saved, replace(volume, hu=volume.hu + np.int16(1)))
    files = export_study(lena.store, tmp_path / "out")
    with files.csv.open(encoding="utf-8", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["case_id"], row["patient_id"]) == (case.pseudonym, case.pseudonym)
    assert (row["status"], row["assessor"], row["reviewer"], row["height_m"]) == ("approved", "ann", "rev", "1.650")
    assert float(row["smi_cm2_m2"]) == pytest.approx(float(row["muscle_area_cm2"]) / 1.65**2, abs=2e-3)
    for file in (files.csv, tmp_path / "study.sqlite"):
        assert b"PHANTOM-12" not in file.read_bytes()
        assert b"Phantom^Synthetic" not in file.read_bytes()
