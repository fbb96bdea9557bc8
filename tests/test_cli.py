"""The command line: one JSON object in every case, exact exit codes, sentences that help."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pydicom
import pytest

from napari_t12_bodycomp import cli
from napari_t12_bodycomp.model.level import LevelCandidate, LevelFinding, LevelStatus, Vertebra
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.phantom import Phantom, PhantomOptions, make_phantom, write_phantom_series
from napari_t12_bodycomp.workflow import analyse

LOCATE_KEYS = {
    "status",
    "message",
    "series_instance_uid",
    "slice_index",
    "z_mm",
    "sop_instance_uid",
    "t12_body_z_mm",
    "confidence",
    "evidence",
    "warnings",
    "vertebrae",
    "rib_pairs_seen",
    "seconds",
}
MEASURE_KEYS = LOCATE_KEYS | {"areas_cm2", "mean_hu", "indices", "protocol", "quality", "files"}
TISSUES = {"muscle", "visceral_fat", "subcutaneous_fat", "intermuscular_fat"}

Call = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture(scope="session")
def phantom() -> Phantom:
    return make_phantom(PhantomOptions(pixel_mm=1.5, n_pixels=256, z_range_mm=(-25.0, 40.0)))


@pytest.fixture(scope="session")
def series(phantom: Phantom, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("series")
    write_phantom_series(phantom, folder, "explicit")
    return folder


@pytest.fixture
def copy(series: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(series, tmp_path / "copy"))


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Iterator[Call]:
    """Runs the program with --json; returns exit code, the one JSON object, and standard error."""

    def run(*words: object) -> tuple[int, dict[str, Any], str]:
        code = cli.main([*map(str, words), "--json"])
        out, err = capsys.readouterr()
        assert out.count("\n") == 1
        return code, json.loads(out, parse_constant=lambda c: pytest.fail(f"{c} is no JSON")), err

    yield run


@pytest.fixture
def finding(phantom: Phantom, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Sets what the search for T12 finds, so that these tests are about the command line."""
    t = phantom.truth
    vertebrae = tuple(Vertebra(n, z, t.body_z_mm[n], (140.0, 128.0)) for n, z in t.vertebrae.items() if n in ("L1", "T12", "T11"))
    found = LevelFinding(
        LevelStatus.FOUND, "T12 found.", t.t12_slice_index, t.t12_z_mm, t.t12_body_z_mm, 0.93, ("12 pairs.",), (), vertebrae, 12
    )

    def put(**changes: Any) -> None:
        def locate(volume: CTVolume, progress: object) -> LevelFinding:
            return replace(found, **changes)

        monkeypatch.setattr(analyse, "locate", locate)

    put()
    yield put


# -- usage ---------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["batch", "m.csv"], ["pacs", "echo"], ["agreement"], ["cohort"], ["lcoate", "x"]])
def test_what_is_no_command_and_no_path_is_wrong_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == 2
    assert "t12-bodycomp" in capsys.readouterr().err


def test_the_help_lists_what_works_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert "demo, series, locate, measure, batch" in text
    assert "exit codes" in text
    assert "cohort" not in text.split()


@pytest.mark.parametrize(
    "words",
    [
        ["measure"],
        ["measure", "x"],
        ["measure", "x", "--out"],
        ["measure", "x", "--out", "o", "--height-cm", "tall"],
        ["measure", "x", "--out", "o", "--height-cm", "0"],
        ["measure", "x", "--out", "o", "--height-cm", "17"],
        ["measure", "x", "--out", "o", "--height-cm", "1700"],
        ["measure", "x", "--out", "o", "--weight-kg", "0"],
        ["measure", "x", "--out", "o", "--preset", "mine"],
        ["measure", "x", "--out", "o", "--slab-mm", "-1"],
        ["measure", "x", "--out", "o", "--z-mm", "nan"],
        ["measure", "x", "--out", "o", "--level-reason", "short ribs"],
        ["measure", "x", "--out", "o", "--second-opinion", "nobody.nii.gz"],
        ["locate", "x", "--second-opinion", "somebody"],
        ["measure", "x", "--out", "o", "--crura"],
        ["measure", "x", "--out", "o", "--thoracic-fat", "perhaps"],
        ["measure", "x", "--out", "o", "--dicom-pdf"],
        ["locate"],
        ["locate", "x", "y"],
        ["locate", "x", "--acquisition", "first"],
        ["series", "x", "--out", "o"],
    ],
)
def test_wrong_usage_is_exit_2_with_one_sentence_and_makes_nothing(
    words: list[str], call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, answer, err = call(*words)
    assert code == 2
    assert answer["status"] == "error"
    assert answer["message"] in err
    assert len(err.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


# -- input that must not be measured -------------------------------------------------------------------------------------------------------


def _change(folder: Path, **values: object) -> None:
    for file in folder.iterdir():
        ds = pydicom.dcmread(file)
        for name, value in values.items():
            setattr(ds, name, value)
        ds.save_as(file)


def _empty(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


def _text(folder: Path) -> Path:
    (folder / "a.txt").write_text("hello")
    return folder / "a.txt"


def _missing(folder: Path) -> Path:
    return folder / "nowhere"


def _one_slice(folder: Path) -> Path:
    return sorted(folder.iterdir())[0]


def _one_slice_folder(folder: Path) -> Path:
    for file in sorted(folder.iterdir())[1:]:
        file.unlink()
    return folder


def _localizer(folder: Path) -> Path:
    _change(folder, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    return folder


def _mr(folder: Path) -> Path:
    _change(folder, Modality="MR", SOPClassUID="1.2.840.10008.5.1.4.1.1.4")
    return folder


def _truncated(folder: Path) -> Path:
    for file in folder.iterdir():
        file.write_bytes(file.read_bytes()[:-40000])
    return folder


def _two_patients(folder: Path) -> Path:
    other = folder.with_name("other")
    shutil.copytree(folder, other)
    _change(other, PatientID="OTHER", PatientName="Other^One", StudyInstanceUID="2.25.1", SeriesInstanceUID="2.25.2")
    shutil.move(other, folder / "other")
    return folder


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_empty, "no file"),
        (_text, "none"),
        (_missing, "does not exist"),
        (_one_slice, "slice"),
        (_one_slice_folder, "slice"),
        (_localizer, "localizer"),
        (_mr, "MR"),
        (_truncated, "cut short|truncated|damaged|incomplete"),
        (_two_patients, "2 patients"),
    ],
)
@pytest.mark.parametrize("command", ["locate", "measure"])
def test_bad_input_is_exit_3_with_one_sentence(
    make: Callable[[Path], Path], words: str, command: str, copy: Path, call: Call, tmp_path: Path
) -> None:
    out = ["--out", tmp_path / "out"] if command == "measure" else []
    code, answer, err = call(command, make(copy), *out)
    assert code == 3, answer
    assert answer["status"] == "error"
    assert re.search(words, answer["message"], re.IGNORECASE), answer["message"]
    assert err.strip() == f"t12-bodycomp: {answer['message']}"
    assert "Other" not in err
    assert not (tmp_path / "out").exists()


# -- series --------------------------------------------------------------------------------------------------------------------------------


def test_series_says_what_is_there_and_which_one_and_why(
    series: Path, phantom: Phantom, call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    code, answer, _ = call("series", series)
    assert code == 0
    assert answer["chosen"]["series_instance_uid"] == phantom.volume.acquisition.series_instance_uid
    assert answer["chosen"] in answer["series"]
    assert answer["chosen"]["slices"] == len(phantom.volume.hu)
    assert answer["message"]
    assert cli.main(["series", str(series)]) == 0
    table = capsys.readouterr().out
    assert answer["message"] in table
    assert phantom.volume.acquisition.series_instance_uid in table


def test_series_of_two_patients_are_listed_and_none_is_chosen(copy: Path, call: Call) -> None:
    code, answer, _ = call("series", _two_patients(copy))
    assert (code, answer["chosen"], len(answer["series"])) == (3, None, 2)
    assert "2 patients" in answer["message"]


# -- locate --------------------------------------------------------------------------------------------------------------------------------


def test_locate_prints_the_promised_keys_at_the_slice(series: Path, phantom: Phantom, call: Call, finding: Callable[..., None]) -> None:
    code, answer, err = call("locate", series)
    assert (code, err) == (0, "")
    assert set(answer) >= LOCATE_KEYS
    index = phantom.truth.t12_slice_index
    assert index is not None
    assert (answer["status"], answer["slice_index"], answer["z_mm"]) == ("found", index, phantom.volume.z_mm[index])
    assert answer["sop_instance_uid"] == phantom.volume.sop_instance_uids[index]
    assert answer["vertebrae"][0].keys() == {"label", "z_mm"}


@pytest.mark.parametrize("status", [LevelStatus.UNCERTAIN, LevelStatus.ABSENT])
def test_an_uncertain_or_absent_t12_is_exit_4(
    series: Path, call: Call, finding: Callable[..., None], status: LevelStatus, tmp_path: Path
) -> None:
    nowhere = {} if status is LevelStatus.UNCERTAIN else {"slice_index": None, "z_mm": None, "body_z_mm": None}
    finding(status=status, message="T12 is nowhere to be seen.", **nowhere)
    for words in (["locate", series], ["measure", series, "--out", tmp_path / "out"]):
        code, answer, err = call(*words)
        assert code == 4
        assert (answer["status"], answer["message"]) == (status.value, "T12 is nowhere to be seen.")
        assert set(answer) >= LOCATE_KEYS
        assert (answer["z_mm"] is None) is (status is LevelStatus.ABSENT)
        assert "T12 is nowhere to be seen." in err
    assert "--z-mm" in err
    assert not (tmp_path / "out").exists()


# -- measure -------------------------------------------------------------------------------------------------------------------------------


def test_measure_prints_the_promised_keys_and_writes_its_files(
    series: Path, call: Call, finding: Callable[..., None], tmp_path: Path
) -> None:
    code, answer, _ = call("measure", series, "--out", tmp_path, "--height-cm", 165)
    assert code == 0
    assert set(answer) >= MEASURE_KEYS
    assert set(answer["areas_cm2"]) == set(answer["mean_hu"]) == TISSUES
    assert set(answer["indices"]) == {"SMI", "VFI", "SFI", "VSR"}
    assert answer["indices"]["SMI"] == pytest.approx(answer["areas_cm2"]["muscle"] / 1.65**2, abs=1e-3)
    assert answer["protocol"]["windows_hu"]["muscle"] == [-29, 150]
    assert (answer["status"], answer["level_method"], answer["level_confirmed_by"]) == ("found", "automatic", None)
    assert {name: (tmp_path / file).is_file() for name, file in answer["files"].items()} == dict.fromkeys(
        ("csv", "overlay", "regions", "tissues"), True
    )


def test_unknown_numbers_are_null(copy: Path, call: Call, finding: Callable[..., None], tmp_path: Path) -> None:
    for file in copy.iterdir():
        ds = pydicom.dcmread(file)
        del ds.PatientSize
        ds.save_as(file)
    _, answer, _ = call("measure", copy, "--out", tmp_path / "out")
    assert [answer["indices"][name] for name in ("SMI", "VFI", "SFI")] == [None] * 3
    assert answer["indices"]["VSR"] > 0
    assert answer["height_m"] is None


def test_exported_regions_measured_again_give_the_same_numbers(
    series: Path, call: Call, finding: Callable[..., None], tmp_path: Path
) -> None:
    _, draft, _ = call("measure", series, "--out", tmp_path / "a")
    code, again, _ = call("measure", series, "--out", tmp_path / "b", "--regions", tmp_path / "a" / "regions.nii.gz")
    assert code == 0
    assert again["areas_cm2"] == draft["areas_cm2"]
    assert again["regions_origin"] == draft["regions_origin"] == "draft"
    for name in ("regions.nii.gz", "tissues.nii.gz", "indices.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_what_counts_as_what_is_said_and_done(series: Path, call: Call, finding: Callable[..., None], tmp_path: Path) -> None:
    _, usual, _ = call("measure", series, "--out", tmp_path)
    _, less, _ = call("measure", series, "--out", tmp_path, "--intercostals", "exclude")
    assert (usual["protocol"]["intercostals_are_muscle"], less["protocol"]["intercostals_are_muscle"]) == (True, False)
    assert less["areas_cm2"]["muscle"] < usual["areas_cm2"]["muscle"]
    code, chest, _ = call("measure", series, "--out", tmp_path, "--thoracic-fat", "exclude")
    assert code == 0
    assert usual["thoracic_fat_cm2"] == pytest.approx(chest["thoracic_fat_cm2"])
    lost = usual["areas_cm2"]["visceral_fat"] - chest["areas_cm2"]["visceral_fat"]
    assert lost == pytest.approx(usual["thoracic_fat_cm2"], abs=1e-3)
    assert lost > 1
    _, rimless, _ = call("measure", series, "--out", tmp_path, "--fat-rims", "exclude")
    lost = usual["areas_cm2"]["visceral_fat"] - rimless["areas_cm2"]["visceral_fat"]
    assert lost == pytest.approx(usual["gas_rim_cm2"], abs=1e-3)
    assert usual["gas_rim_cm2"] == rimless["gas_rim_cm2"] > 0.2
    assert len((tmp_path / "indices.csv").read_text().splitlines()) == 1 + 4


def test_crura_that_the_slice_does_not_show_are_refused_unless_a_hand_drew_the_regions(
    series: Path, call: Call, finding: Callable[..., None], tmp_path: Path
) -> None:
    _, usual, _ = call("measure", series, "--out", tmp_path)
    code, answer, error = call("measure", series, "--out", tmp_path / "refused", "--crura", "include")
    assert code == 3
    assert "--regions" in answer["message"]
    assert "--crura exclude" in error
    assert not (tmp_path / "refused").exists()
    drawn = ("--regions", tmp_path / "regions.nii.gz")
    code, answer, _ = call("measure", series, "--out", tmp_path / "drawn", "--crura", "include", *drawn)
    assert code == 0
    assert answer["areas_cm2"] == usual["areas_cm2"]
    assert "crura_not_drafted" in answer["quality"]


def test_a_level_by_hand_is_manual_and_needs_no_t12(
    series: Path, phantom: Phantom, call: Call, finding: Callable[..., None], tmp_path: Path
) -> None:
    finding(status=LevelStatus.ABSENT, message="T12 is not in the scan.", slice_index=None, z_mm=None, body_z_mm=None)
    z = phantom.volume.z_mm[3]
    code, answer, _ = call("measure", series, "--out", tmp_path, "--z-mm", z + 1)
    assert code == 0
    assert (answer["z_mm"], answer["slice_index"], answer["level_method"], answer["status"]) == (z, 3, "manual", "absent")
    assert "t12_not_found" in answer["quality"]


def test_a_level_by_hand_keeps_its_reason_and_what_it_is(
    series: Path, phantom: Phantom, call: Call, finding: Callable[..., None], tmp_path: Path
) -> None:
    z = phantom.truth.vertebrae["T11"]
    _, answer, _ = call("measure", series, "--out", tmp_path, "--z-mm", z, "--level-reason", "13 pairs: counted\nfrom T1")
    assert (answer["level_method"], answer["level_candidate"], answer["level_reason"]) == ("manual", "T11", "13 pairs: counted from T1")
    t12 = phantom.truth.t12_z_mm
    choices = tuple(LevelCandidate(v, 0, phantom.truth.body_z_mm[n], 0.4, f"so {n}") for n, v in (("T12", t12), ("T11", z)))
    finding(status=LevelStatus.UNCERTAIN, candidates=choices)
    call("measure", series, "--out", tmp_path, "--z-mm", z, "--assessor", "b")
    with (tmp_path / "indices.csv").open(newline="") as stream:
        first, second = csv.DictReader(stream)
    assert (first["level_candidate"], first["level_reason"], first["level_candidates"]) == ("T11", "13 pairs: counted from T1", "")
    assert (second["level_candidate"], second["level_reason"], second["level_status"]) == ("B", "so T11", "uncertain")
    assert second["level_candidates"] == f"A z {t12:.1f} mm (0.40): so T12; B z {z:.1f} mm (0.40): so T11"


def _label_map(file: Path, phantom: Phantom, shift: int) -> Path:
    """Boxes for the bodies of L1 to T11, numbered as TotalSegmentator 2 does, `shift` vertebrae too low; with its label table."""
    volume, truth = phantom.volume, phantom.truth
    labels = np.zeros(volume.shape, np.uint8)
    for number, name in ((31, "L1"), (32, "T12"), (33, "T11")):
        low, high = truth.body_z_mm[name]
        labels[np.ix_((volume.z_mm >= low) & (volume.z_mm <= high), range(130, 155), range(113, 143))] = number - shift
    dy, dx = volume.pixel_spacing_mm
    affine = np.diag([-dx, -dy, volume.slice_spacing_mm, 1.0])
    affine[:3, 3] = -volume.origin_xy_mm[0], -volume.origin_xy_mm[1], volume.z_mm[0]
    image = nib.Nifti1Image(labels.transpose(2, 1, 0), affine)
    names = {30: "vertebrae_L2", 31: "vertebrae_L1", 32: "vertebrae_T12", 33: "vertebrae_T11"}
    table = "".join(f'<Label Key="{n}" Alpha="1"><![CDATA[{name}]]></Label>' for n, name in names.items())
    image.header.extensions.append(nib.nifti1.Nifti1Extension(0, table.encode()))
    nib.save(image, file)
    return file


def test_a_second_opinion_that_agrees_is_told_and_raises_the_confidence(
    series: Path, phantom: Phantom, call: Call, finding: Callable[..., None], tmp_path: Path
) -> None:
    file = _label_map(tmp_path / "map.nii.gz", phantom, 0)
    code, answer, _ = call("measure", series, "--out", tmp_path / "out", "--second-opinion", file)
    said = answer["second_opinion"]["level"]
    assert (code, said["verdict"], said["source"]) == (0, "agrees", "map.nii.gz") and answer["second_opinion"]["tissues"] is None
    assert said["t12_mid_z_mm"] == pytest.approx(phantom.truth.t12_z_mm, abs=2.5)
    assert 0.93 < answer["confidence"] < 0.98
    assert any("shift all others" in words for words in said["cautions"])
    assert "agrees (map.nii.gz)" in (tmp_path / "out" / "indices.csv").read_text()


def test_a_second_opinion_that_disagrees_stops_with_both_candidates(
    series: Path, phantom: Phantom, call: Call, finding: Callable[..., None], tmp_path: Path
) -> None:
    file = _label_map(tmp_path / "map.nii.gz", phantom, 1)
    for words in (["locate", series], ["measure", series, "--out", tmp_path / "out"]):
        code, answer, _ = call(*words, "--second-opinion", file)
        assert (code, answer["status"], answer["second_opinion"]["level"]["verdict"]) == (4, "uncertain", "disagrees")
        here = [phantom.truth.t12_z_mm, phantom.truth.vertebrae["T11"]]
        assert [c["z_mm"] for c in answer["candidates"]] == pytest.approx(here, abs=2.5)
    assert not (tmp_path / "out").exists()
    _, plain, _ = call("locate", series)
    assert plain["second_opinion"] is None


def test_the_level_s_weight_is_told_with_every_measurement(
    series: Path, phantom: Phantom, call: Call, finding: Callable[..., None], tmp_path: Path
) -> None:
    _, answer, _ = call("measure", series, "--out", tmp_path, "--height-cm", 165)
    around = answer["level_sensitivity"]
    for part in ("level", "-5_mm", "+5_mm", "body_mean"):
        assert around[part]["indices"]["SMI"] > 0
    assert around["body_mean"]["slices"] >= 3 and around["why_missing"] == {}
    _, bottom, _ = call("measure", series, "--out", tmp_path, "--z-mm", phantom.volume.z_mm[0])
    around = bottom["level_sensitivity"]
    assert around["-5_mm"] is None and "the scan ends before it" in around["why_missing"]["-5_mm"]


def test_a_level_outside_the_scan_or_an_unusable_directory_is_exit_3(
    series: Path, call: Call, finding: Callable[..., None], tmp_path: Path
) -> None:
    code, answer, _ = call("measure", series, "--out", tmp_path / "out", "--z-mm", 4000)
    assert (code, "sign and unit" in answer["message"]) == (3, True)
    (tmp_path / "file").write_text("x")
    code, answer, _ = call("measure", series, "--out", tmp_path / "file")
    assert (code, "is a file" in answer["message"]) == (3, True)
    code, answer, _ = call("measure", series, "--out", tmp_path / "out", "--regions", tmp_path / "file")
    assert (code, "cannot be read" in answer["message"]) == (3, True)
    assert not (tmp_path / "out").exists()


def test_a_series_that_is_not_there_is_exit_3(series: Path, call: Call) -> None:
    assert call("locate", series, "--series", "1.2.3")[0] == 3
    assert call("locate", series, "--acquisition", 77)[0] == 3


def test_a_preset_changes_windows_and_numbers(series: Path, call: Call, finding: Callable[..., None], tmp_path: Path) -> None:
    _, narrow, _ = call("measure", series, "--out", tmp_path)
    _, wide, _ = call("measure", series, "--out", tmp_path, "--preset", "alberta")
    assert wide["protocol"]["preset"] == "alberta"
    assert wide["areas_cm2"]["subcutaneous_fat"] > narrow["areas_cm2"]["subcutaneous_fat"]
    assert wide["areas_cm2"]["visceral_fat"] == narrow["areas_cm2"]["visceral_fat"]


def test_people_get_words_and_no_name_is_printed(
    series: Path, finding: Callable[..., None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = str(pydicom.dcmread(sorted(series.iterdir())[0]).PatientName)
    assert cli.main(["measure", str(series), "--out", str(tmp_path), "--verbose"]) == 0
    out, err = capsys.readouterr()
    assert "skeletal muscle" in out
    assert "not confirmed" in out
    assert str(tmp_path / "overlay.png") in out
    assert not name or name not in out + err


# -- faults, the window, start-up ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code"), [(KeyboardInterrupt(), 130), (MemoryError(), 3), (RuntimeError("SECRET^NAME"), 1), (np.linalg.LinAlgError("x"), 1)]
)
def test_what_nobody_foresaw_is_still_one_json_object(
    series: Path, call: Call, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    def fail(volume: CTVolume, progress: object) -> LevelFinding:
        raise error

    monkeypatch.setattr(analyse, "locate", fail)
    got, answer, err = call("locate", series)
    assert (got, answer["status"]) == (code, "error")
    assert "SECRET" not in answer["message"] + err
    assert "Traceback" not in err


def _modules_after(*words: str) -> set[str]:
    script = (
        "import sys\nfrom napari_t12_bodycomp import cli\n"
        f"code = cli.main({list(words)!r})\n"
        "print('\\n'.join(sorted(sys.modules)), file=sys.stderr)\nsys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


def test_series_starts_without_window_plots_or_tables(series: Path) -> None:
    loaded = _modules_after("series", str(series))
    assert "pydicom" in loaded
    assert not loaded & {"napari", "qtpy", "matplotlib", "pandas", "vispy", "skimage"}


def test_the_module_runs_as_the_program() -> None:
    done = subprocess.run([sys.executable, "-m", "napari_t12_bodycomp", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("t12-bodycomp ")


def test_a_path_alone_opens_the_window_with_it(series: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    monkeypatch.setattr(cli, "_open_window", lambda path: opened.append(path) or 0)
    assert cli.main([str(series)]) == 0
    assert cli.main([]) == 0
    assert opened == [series, None]


def test_without_qt_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "napari_t12_bodycomp.gui.app", None)
    monkeypatch.delattr("napari_t12_bodycomp.gui.app", raising=False)
    assert cli.main([]) == 2
    assert "pip install" in capsys.readouterr().err
