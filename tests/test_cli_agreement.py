"""``t12-bodycomp agreement``, from what people have to the files."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt
import pytest

from napari_t12_bodycomp.cli import main
from napari_t12_bodycomp.model.axial_slice import axial_slice
from napari_t12_bodycomp.model.level import LevelMethod, MeasuredLevel
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.subject import Subject
from napari_t12_bodycomp.model.tissue import Region
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.report.label_nifti import label_nifti
from napari_t12_bodycomp.workflow.export import build_result, export_result

FILES = {"agreement.csv", "agreement_cases.csv", "bland_altman.png", "agreement.md"}
Regions = npt.NDArray[np.uint8]
Read = Callable[..., None]


@pytest.fixture
def read(small_volume: CTVolume, small_regions: Regions) -> Read:
    """Has somebody measure a case into a folder: `rows` of the visceral region go to the muscle."""

    def one(folder: Path, case: str, assessor: str, rows: int = 0, index: int = 4) -> None:
        regions = small_regions.copy()
        regions[15 : 15 + rows, 15:35] = Region.MUSCLE
        acquisition = replace(small_volume.acquisition, series_instance_uid=f"1.2.{case}")
        volume = replace(small_volume, acquisition=acquisition)
        level = MeasuredLevel(index, float(volume.z_mm[index]), LevelMethod.MANUAL)
        subject = Subject(case, height_m=1.6 + 0.01 * len(case))
        result = build_result(volume, None, level, axial_slice(volume, index), regions, Protocol(), subject, assessor=assessor)
        export_result(volume, result, folder)

    return one


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def run(*words: object) -> int:
    return main(["agreement", *map(str, words)])


def test_two_result_folders(read: Read, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for k, case in enumerate(("P-1", "P-22", "P-333", "P-4444")):
        read(tmp_path / "A", case, "ann", k)
        read(tmp_path / "B", case, "ben", k + 1 if k < 3 else k, index=5 if k == 3 else 4)
    read(tmp_path / "A", "P-only", "ann")
    assert run(tmp_path / "A", tmp_path / "B", "--out", tmp_path / "out", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert set(said["files"].values()) == FILES == {p.name for p in (tmp_path / "out").iterdir()}
    assert (said["status"], said["cases"], said["only_first"], said["first_reader"]) == ("done", 4, ["P-only"], "ann")
    cases = {row["case"]: row for row in _rows(tmp_path / "out" / "agreement_cases.csv")}
    assert float(cases["P-1"]["dice_visceral_region"]) == pytest.approx(2 * 180 / (200 + 180))
    assert float(cases["P-1"]["difference_visceral_region_area_cm2"]) == pytest.approx(20 * 0.0064)
    assert float(cases["P-1"]["difference_visceral_fat_area_cm2"]) == pytest.approx(20 * 0.0064, abs=1e-3)
    assert cases["P-4444"]["level_difference_mm"] == "-5"
    assert cases["P-4444"]["dice_visceral_region"] == "" and "two slices" in cases["P-4444"]["why_no_overlap"]
    assert said["overlaps"]["visceral_region"]["dice"]["n"] == 3
    assert said["quantities"]["smi_cm2_m2"]["n"] == 4


def test_regions_alone_give_regions(read: Read, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    read(tmp_path / "A", "P-1", "ann")
    read(tmp_path / "B", "P-1", "ben", 1)
    assert run(tmp_path / "A" / "regions.nii.gz", tmp_path / "B" / "regions.nii.gz", "--out", tmp_path / "out", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["overlaps"]["visceral_region"]["dice"]["median"] == pytest.approx(2 * 180 / 380)
    assert said["quantities"]["smi_cm2_m2"]["n"] == 0
    assert "need the scan" in " ".join(said["remarks"])


def test_folders_of_label_maps_with_the_same_names(small_volume: CTVolume, small_regions: Regions, tmp_path: Path) -> None:
    for side in "AB":
        (tmp_path / side / "deep").mkdir(parents=True)
        for name in ("one.nii.gz", "deep/two.nii.gz"):
            (tmp_path / side / name).write_bytes(label_nifti(small_volume, 3, small_regions))
    (tmp_path / "B" / "three.nii.gz").write_bytes(label_nifti(small_volume, 3, small_regions))
    (tmp_path / "B" / "tissues.nii.gz").write_bytes(b"not read")
    assert run(tmp_path / "A", tmp_path / "B", "--out", tmp_path / "out") == 0
    rows = _rows(tmp_path / "out" / "agreement_cases.csv")
    assert [(row["case"], row["dice_muscle_region"]) for row in rows] == [("deep/two", "1"), ("one", "1"), ("three", "")]
    assert rows[0]["first_z_mm"] == "-685"


def test_two_assessors_in_one_table_are_told_apart(read: Read, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for assessor in ("ann", "ben"):
        read(tmp_path / "A", "P-1", assessor, 1 if assessor == "ben" else 0)
    assert run(tmp_path / "A", tmp_path / "A", "--out", tmp_path / "out") == 3
    assert "--reader-a" in capsys.readouterr().err
    assert run(tmp_path / "A", tmp_path / "A", "--reader-a", "ann", "--reader-b", "ben", "--out", tmp_path / "out") == 0
    (row,) = _rows(tmp_path / "out" / "agreement_cases.csv")
    assert (row["first_reader"], row["second_reader"]) == ("ann", "ben")


def test_visits_of_one_patient_are_paired_by_scan(read: Read, tmp_path: Path) -> None:
    for side in "AB":
        read(tmp_path / side, "P-1", side)
        read(tmp_path / side, "P-22", side)
        table = tmp_path / side / "indices.csv"
        table.write_text(table.read_text(encoding="utf-8").replace("\nP-22,", "\nP-1,"), encoding="utf-8")
    assert run(tmp_path / "A", tmp_path / "B", "--out", tmp_path / "out") == 0
    assert [row["compared"] for row in _rows(tmp_path / "out" / "agreement_cases.csv")] == ["yes", "yes"]


def test_a_table_from_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("case_id,smi_cm2_m2\n1,40\n2,50\n3,35\n4,44\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("case_id,smi_cm2_m2\n4,44\n3,36\n2,49.5\n1,41\n", encoding="utf-8")
    assert run(tmp_path / "a.csv", tmp_path / "b.csv", "--out", tmp_path / "out") == 0
    smi = next(row for row in _rows(tmp_path / "out" / "agreement.csv") if row["quantity"] == "smi_cm2_m2")
    assert float(smi["bias"]) == -0.375


def test_a_drawing_that_is_not_there_is_said(read: Read, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for side in "AB":
        read(tmp_path / side, "P-1", side)
    (tmp_path / "B" / "regions.nii.gz").unlink()
    assert run(tmp_path / "A", tmp_path / "B", "--out", tmp_path / "out", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert any("1 of the drawings" in remark for remark in said["remarks"])
    assert said["quantities"]["smd_hu"]["n"] == 1 and said["overlaps"]["muscle"]["dice"]["n"] == 0


def _broken(folder: Path, volume: CTVolume, regions: Regions, what: str) -> Path:
    path = folder / "x.nii.gz"
    if what == "cut short":
        path.write_bytes(label_nifti(volume, 3, regions)[:-20])
    elif what == "empty":
        path.write_bytes(label_nifti(volume, 3, np.zeros_like(regions)))
    elif what == "two slices":
        data = np.zeros(volume.shape[::-1], np.uint8)
        data[5, 5, 2:4] = 1
        nib.save(nib.Nifti1Image(data, np.eye(4)), path)
    elif what == "tissues":
        path.write_bytes(label_nifti(volume, 3, np.where(regions == 1, 4, regions).astype(np.uint8)))
    elif what == "a text":
        path = folder / "x.txt"
        path.write_text("words")
    elif what == "an empty folder":
        path = folder / "nothing"
        path.mkdir()
    return path


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("cut short", "cannot be read"),
        ("empty", "drawn on 0"),
        ("two slices", "drawn on 2"),
        ("tissues", "holds others"),
        ("a text", "is none of them"),
        ("an empty folder", "none came"),
        ("missing", "does not exist"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(
    what: str, words: str, small_volume: CTVolume, small_regions: Regions, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = tmp_path / "good.nii.gz"
    good.write_bytes(label_nifti(small_volume, 3, small_regions))
    assert run(good, _broken(tmp_path, small_volume, small_regions, what), "--out", tmp_path / "out") == 3
    said = capsys.readouterr()
    assert words in said.err and said.out == "" and said.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_table_may_not_lead_out_of_its_folder(read: Read, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for side in "AB":
        read(tmp_path / side, "P-1", side)
    table = tmp_path / "B" / "indices.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("regions.nii.gz", "../A/regions.nii.gz"), encoding="utf-8")
    assert run(tmp_path / "A", tmp_path / "B", "--out", tmp_path / "out") == 3
    assert "lies elsewhere" in capsys.readouterr().err


def test_wrong_usage(tmp_path: Path) -> None:
    assert run(tmp_path) == 2


def test_an_unwritable_place_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "a.csv"
    table.write_text("case_id,smi_cm2_m2\n1,40\n", encoding="utf-8")
    assert run(table, table, "--out", table) == 3
    assert "is a file" in capsys.readouterr().err
