"""From regions to files: numbers by hand, the same bytes, nothing half-written."""

from __future__ import annotations

import csv
import errno
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt
import pytest

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.axial_slice import axial_slice
from napari_t12_bodycomp.model.level import LevelFinding, LevelMethod, LevelStatus, MeasuredLevel, SecondOpinion, Verdict
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.quality import QualityFlag
from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.roi_map import Draft
from napari_t12_bodycomp.model.subject import Subject, ValueSource
from napari_t12_bodycomp.model.tissue import preset
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow import export
from napari_t12_bodycomp.workflow.export import build_result, check_out_dir, export_result, level_flags, still_doubtful

FILES = {"indices.csv", "overlay.png", "regions.nii.gz", "tissues.nii.gz"}
FOUND = LevelFinding(LevelStatus.FOUND, "T12 found.", 4, -681.2, (-690.0, -670.0), 0.95)
SUBJECT = Subject("P-7", "F", 49.0, 1.6, ValueSource.TYPED)


@pytest.fixture
def result(small_volume: CTVolume, small_regions: npt.NDArray[np.uint8]) -> Result:
    return _result(small_volume, small_regions)


def _result(volume: CTVolume, regions: npt.NDArray[np.uint8], subject: Subject = SUBJECT, **kwargs: object) -> Result:
    level = MeasuredLevel(4, float(volume.z_mm[4]), LevelMethod.MANUAL)
    flags = (QualityFlag("fov_truncated", "Cut."), QualityFlag("noise", "Noisy."))
    protocol = kwargs.pop("protocol", Protocol())
    return build_result(volume, None, level, axial_slice(volume, 4), regions, protocol, subject, flags, **kwargs)  # type: ignore[arg-type]


def _rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "indices.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_row_holds_the_numbers_counted_by_hand(small_volume: CTVolume, result: Result, tmp_path: Path) -> None:
    export_result(small_volume, result, tmp_path)
    (row,) = _rows(tmp_path)
    assert float(row["muscle_area_cm2"]) == pytest.approx(400 * 0.0064)
    assert float(row["visceral_fat_area_cm2"]) == pytest.approx(200 * 0.0064)
    assert float(row["subcutaneous_fat_area_cm2"]) == pytest.approx(600 * 0.0064)
    assert row["intermuscular_fat_area_cm2"] == "0.000"
    assert row["intermuscular_fat_mean_hu"] == ""
    assert row["smi_cm2_m2"] == "1.000"
    assert float(row["vsr"]) == pytest.approx(1 / 3, abs=1e-4)
    assert (row["smd_hu"], row["visceral_fat_mean_hu"]) == ("50.00", "-90.00")
    assert (row["z_mm"], row["slice_index"], row["sop_instance_uid"]) == ("-680.000", "4", "1.2.3.4")
    assert (row["level_method"], row["level_confirmed_by"], row["status"]) == ("manual", "", "draft")
    assert (row["quality"], row["kvp"], row["contrast"]) == ("fov_truncated;noise", "120", "none")


def test_without_height_the_indices_are_empty_and_never_zero(
    small_volume: CTVolume, small_regions: npt.NDArray[np.uint8], tmp_path: Path
) -> None:
    export_result(small_volume, _result(small_volume, small_regions, Subject()), tmp_path)
    (row,) = _rows(tmp_path)
    assert [row[c] for c in ("height_m", "smi_cm2_m2", "vfi_cm2_m2", "sfi_cm2_m2", "patient_id")] == [""] * 5


def test_the_label_maps_hold_regions_and_tissues_on_their_slice(small_volume: CTVolume, result: Result, tmp_path: Path) -> None:
    files = export_result(small_volume, result, tmp_path)
    for path, counts in ((files.regions, [400, 200, 600, 0]), (files.tissues, [400, 200, 600, 0])):
        data = np.asarray(nib.load(path).dataobj)
        assert [int((data == label).sum()) for label in (1, 2, 3, 4)] == counts
        assert not data[:, :, [0, 1, 2, 3, 5, 6, 7, 8]].any()


def test_the_same_result_gives_the_same_bytes_anywhere(small_volume: CTVolume, result: Result, tmp_path: Path) -> None:
    for name in ("a", "b", "b"):
        export_result(small_volume, result, tmp_path / name)
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert {p.name for p in (tmp_path / "b").iterdir()} == FILES


def test_measuring_again_replaces_the_row_and_another_case_gets_its_own_files(
    small_volume: CTVolume, small_regions: npt.NDArray[np.uint8], tmp_path: Path
) -> None:
    export_result(small_volume, _result(small_volume, small_regions), tmp_path)
    other = export_result(small_volume, _result(small_volume, small_regions, Subject("P-8")), tmp_path)
    kept = (tmp_path / "regions.nii.gz").read_bytes()
    small_regions[20, 12] = 0
    again = export_result(small_volume, _result(small_volume, small_regions, Subject("P-8", height_m=1.7)), tmp_path)
    assert again == other
    assert other.regions.name == "regions_2.nii.gz"
    assert (tmp_path / "regions.nii.gz").read_bytes() == kept
    rows = _rows(tmp_path)
    assert [(r["patient_id"], r["height_m"], r["overlay_file"]) for r in rows] == [
        ("P-7", "1.600", "overlay.png"),
        ("P-8", "1.700", "overlay_2.png"),
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="the lock is not there on Windows")
def test_two_at_once_lose_no_row(small_volume: CTVolume, small_regions: npt.NDArray[np.uint8], tmp_path: Path) -> None:
    results = [_result(small_volume, small_regions, Subject(f"P-{n}")) for n in range(6)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda r: export_result(small_volume, r, tmp_path), results))
    rows = _rows(tmp_path)
    assert {r["patient_id"] for r in rows} == {f"P-{n}" for n in range(6)}
    assert len({r["regions_file"] for r in rows}) == 6


def test_another_preset_or_assessor_is_another_measurement(
    small_volume: CTVolume, small_regions: npt.NDArray[np.uint8], tmp_path: Path
) -> None:
    for kwargs in ({}, {"assessor": "B"}, {"protocol": Protocol(preset("alberta"))}):
        export_result(small_volume, _result(small_volume, small_regions, **kwargs), tmp_path)
    assert [(r["assessor"], r["hu_preset"]) for r in _rows(tmp_path)] == [("", "t12-study"), ("B", "t12-study"), ("", "alberta")]


def test_two_nifti_files_at_the_same_place_are_two_cases(
    small_volume: CTVolume, small_regions: npt.NDArray[np.uint8], tmp_path: Path
) -> None:
    bare = replace(
        small_volume, sop_instance_uids=(), acquisition=replace(small_volume.acquisition, series_instance_uid="", study_instance_uid="")
    )
    other = replace(bare, hu=bare.hu + np.int16(1))
    for volume in (bare, other, bare):
        export_result(volume, _result(volume, small_regions, Subject()), tmp_path)
    assert len(_rows(tmp_path)) == 2


def test_a_patient_id_that_is_a_formula_is_neutralised_and_found_again(
    small_volume: CTVolume, small_regions: npt.NDArray[np.uint8], tmp_path: Path
) -> None:
    for _ in range(2):
        export_result(small_volume, _result(small_volume, small_regions, Subject("=cmd|' /C calc'!A0")), tmp_path)
    (row,) = _rows(tmp_path)
    assert row["patient_id"].startswith("'=")


def test_a_directory_that_is_a_file_is_refused_before_the_work(small_volume: CTVolume, result: Result, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    for out in (tmp_path / "out", tmp_path / "out" / "deeper"):
        with pytest.raises(InputError, match="is a file"):
            check_out_dir(out)
        with pytest.raises(InputError, match="is a file"):
            export_result(small_volume, result, out)


def test_checking_makes_nothing(tmp_path: Path) -> None:
    check_out_dir(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


def test_a_foreign_table_is_left_alone(small_volume: CTVolume, result: Result, tmp_path: Path) -> None:
    (tmp_path / "indices.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="table of measurements"):
        check_out_dir(tmp_path)
    with pytest.raises(InputError, match="table of measurements"):
        export_result(small_volume, result, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["indices.csv"]


@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "no space left"), (errno.EROFS, "may not be written"), (errno.EIO, "cannot be used")]
)
def test_a_failed_write_leaves_the_files_of_before(
    small_volume: CTVolume, small_regions: npt.NDArray[np.uint8], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    export_result(small_volume, _result(small_volume, small_regions), tmp_path)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}

    def full(descriptor: int) -> None:
        raise OSError(number, "simulated")

    monkeypatch.setattr(export.os, "fsync", full)
    small_regions[20, 12] = 0
    with pytest.raises(InputError, match=words):
        export_result(small_volume, _result(small_volume, small_regions), tmp_path)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_a_row_says_whether_anybody_changed_the_draft(small_volume: CTVolume, small_regions: npt.NDArray[np.uint8], tmp_path: Path) -> None:
    body = small_regions > 0
    drafted = Draft(small_regions.copy(), body, ~body)
    small_regions[20, 12] = 0
    results = [_result(small_volume, r, draft=d) for r, d in ((drafted.regions, drafted), (small_regions, drafted), (small_regions, None))]
    assert [r.regions_origin for r in results] == ["draft", "drawn", ""]
    export_result(small_volume, results[1], tmp_path)
    assert _rows(tmp_path)[0]["regions_origin"] == "drawn"


def test_a_level_outside_the_t12_that_was_found_is_flagged() -> None:
    assert level_flags(MeasuredLevel(4, -680.0, LevelMethod.MANUAL), FOUND) == ()
    assert [f.code for f in level_flags(MeasuredLevel(1, -695.0, LevelMethod.MANUAL), FOUND)] == ["level_outside_t12"]


@pytest.mark.parametrize(
    ("status", "words"), [(LevelStatus.UNCERTAIN, "uncertain which vertebra"), (LevelStatus.ABSENT, "no T12 in this scan")]
)
def test_a_level_that_the_search_could_not_support_is_flagged(status: LevelStatus, words: str) -> None:
    flags = level_flags(MeasuredLevel(1, -695.0, LevelMethod.MANUAL), replace(FOUND, status=status))
    assert [f.code for f in flags] == ["t12_not_found"]
    against = SecondOpinion("map", Verdict.DISAGREES, "map calls it L1.")
    level = MeasuredLevel(1, -695.0, LevelMethod.MANUAL, reason="counted from T1")
    first, second = level_flags(level, replace(FOUND, status=status, second_opinion=against))
    assert "alone (counted from T1)." in first.sentence
    assert (second.code, second.sentence) == ("second_opinion_disagrees", "Level: map calls it L1.")
    assert words in flags[0].sentence


def test_doubts_about_level_and_series_go_into_every_row(
    small_volume: CTVolume, small_regions: npt.NDArray[np.uint8], tmp_path: Path
) -> None:
    gap = replace(small_volume, acquisition=replace(small_volume.acquisition, warnings=("A slice is missing.", "Another one too.")))
    finding = replace(FOUND, warnings=("The last ribs are short.",))
    level = MeasuredLevel(4, -680.0, LevelMethod.AUTOMATIC)
    result = build_result(gap, finding, level, axial_slice(gap, 4), small_regions, Protocol(), SUBJECT)
    assert [f.sentence for f in result.quality] == ["Level: The last ribs are short.", "A slice is missing.", "Another one too."]
    export_result(gap, result, tmp_path)
    assert _rows(tmp_path)[0]["quality"] == "level_doubt;series_irregular"


def test_a_correction_settles_the_doubt_around_it(small_regions: npt.NDArray[np.uint8]) -> None:
    doubtful = np.zeros(small_regions.shape, bool)
    doubtful[10] = True
    draft = Draft(small_regions, small_regions > 0, doubtful)
    assert np.array_equal(still_doubtful(draft, small_regions), doubtful)
    corrected = small_regions.copy()
    corrected[9, 20] = 1
    left = still_doubtful(draft, corrected)[10]
    assert not left[18:23].any()
    assert left[:18].all()
    assert left[23:].all()


def test_a_draft_never_takes_the_place_of_a_drawing(small_volume: CTVolume, small_regions: npt.NDArray[np.uint8], tmp_path: Path) -> None:
    draft = Draft(small_regions, small_regions > 0, np.zeros(small_regions.shape, bool), ())
    drawn = small_regions.copy()
    drawn[0:4, 0:4] = 1
    first = export_result(small_volume, _result(small_volume, drawn, draft=draft), tmp_path)
    by_hand = first.regions.read_bytes()
    again = export_result(small_volume, _result(small_volume, small_regions, draft=draft), tmp_path)
    assert again.regions == first.regions and again.regions.read_bytes() != by_hand
    assert again.kept is not None and again.kept.read_bytes() == by_hand
    assert export_result(small_volume, _result(small_volume, small_regions, draft=draft), tmp_path).kept is None
    assert export_result(small_volume, _result(small_volume, drawn, draft=draft), tmp_path).kept is None
