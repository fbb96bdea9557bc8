"""A whole run: what is damaged is left out and told, what a killed run left goes, visits and references stay linked, keys are kept."""

from __future__ import annotations

import csv
import json
import signal
import stat
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from ct_files import CT, body_hu, slice_dataset, write_series
from ctrl_c import heed_ctrl_c
from PIL import Image, ImageDraw, ImageFont
from pydicom import dcmread
from pydicom.uid import SecondaryCaptureImageStorage, UltrasoundImageStorage, generate_uid
from results import measured, regions, scan_of

from napari_t12_bodycomp import cli
from napari_t12_bodycomp.dicom.deid_keys import Keys, time_of_day
from napari_t12_bodycomp.dicom.deidentify import deidentified
from napari_t12_bodycomp.dicom.read_labels import read_regions
from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.workflow.deid_key_file import make_keys, read_keys
from napari_t12_bodycomp.workflow.deid_report import DeidentifyOptions
from napari_t12_bodycomp.workflow.deidentify import deidentify
from napari_t12_bodycomp.workflow.dicom_results import dicom_results
from napari_t12_bodycomp.workflow.source import load_volume

KEYS = Keys(bytes(range(32)))
NAME = "Rosenbaum_Gerlinde"


def messy(folder: Path) -> Path:
    """Six good slices; one cut short, one without its head's rest, one empty; a page, a letter, a photo and a text."""
    paths = write_series(folder)
    whole = paths[0].read_bytes()
    (folder / f"{NAME}_1").write_bytes(whole[:-500])
    (folder / f"{NAME}_2").write_bytes(whole[:200])
    (folder / f"{NAME}_3").write_bytes(b"")
    slice_dataset(90.0, ImageType=["DERIVED", "SECONDARY", "SCREEN SAVE"]).save_as(folder / f"{NAME}_4", enforce_file_format=True)
    for suffix in ("pdf", "jpg", "txt"):
        (folder / f"{NAME}.{suffix}").write_bytes(NAME.encode())
    (folder / "notes").write_bytes(NAME.encode() * 20)
    return folder


def run(source: Path, tmp_path: Path, *words: str) -> tuple[int, Path]:
    key, out = tmp_path / "key", tmp_path / f"out{len(list(tmp_path.glob('out*')))}"
    new = [] if key.exists() else ["--new-key"]
    return cli.main(["deidentify", str(source), "--out", str(out), "--key-file", str(key), *new, *words]), out


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_what_is_damaged_is_left_out_and_told_and_the_rest_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(messy(tmp_path / NAME), tmp_path, "--left-out-names", str(tmp_path / "names.csv"))
    said = capsys.readouterr()
    assert code == 3
    assert len(list(out.rglob("*.dcm"))) == 6
    last = said.err.strip().splitlines()[-1]
    assert "3 of 14 files were left out although they may belong to the scan" in last
    left = rows(out / "left_out.csv")
    assert [row["may_be_missing"] for row in left].count("yes") == 3
    assert len(left) == 8
    assert all(NAME not in file.read_text("utf-8") for file in out.glob("*.*"))
    assert NAME not in said.out + said.err
    names = rows(tmp_path / "names.csv")
    assert {row["file_number"] for row in names} == {row["file_number"] for row in left}
    assert sum(NAME in row["path"] for row in names) == 8
    summary = json.loads((out / "deidentification.json").read_text("utf-8"))
    assert (summary["complete"], summary["files"], summary["images"]) == (False, 14, 6)
    assert summary["left_out"]["no DICOM object"] == 4


def test_json_says_incomplete_and_a_whole_run_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(messy(tmp_path / "in"), tmp_path, "--json")[0] == 3
    told = json.loads(capsys.readouterr().out)
    assert (told["status"], told["exit_code"], told["images"]) == ("incomplete", 3, 6)
    good = tmp_path / "good"
    write_series(good)
    (good / "letter.pdf").write_bytes(b"%PDF")
    assert run(good, tmp_path, "--json")[0] == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["status"], told["left_out"]) == ("done", {"no DICOM object": 1})


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that fails to be read, which Linux has")
def test_a_file_that_cannot_be_opened_is_left_out(tmp_path: Path) -> None:
    write_series(tmp_path / "in")
    (tmp_path / "in" / "IM9").symlink_to("/proc/self/mem")
    tally = deidentify(tmp_path / "in", tmp_path / "out", KEYS)
    assert (tally.written, tally.skipped) == (6, {"cannot be opened": 1})
    assert "cannot be opened" in tally.missing


def written_on(hu: np.ndarray, text: str, at: tuple[int, int], size: int = 0) -> np.ndarray:
    """`hu` with `text` in the highest value that 12 bits hold."""
    font = ImageFont.load_default(size) if size else ImageFont.load_default_imagefont()
    paper = Image.new("L", hu.shape[::-1])
    ImageDraw.Draw(paper).text(at, text, fill=255, font=font)
    share = np.asarray(paper) / 255
    return np.round(hu * (1 - share) + 3071 * share).astype(np.int16)


@pytest.mark.parametrize(("at", "size"), [((4, 4), 0), ((130, 200), 0), ((4, 4), 20)])
def test_text_in_the_pixels_of_a_slice_is_seen(at: tuple[int, int], size: int, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    plain_hu = body_hu(0, 256, 256)
    for z, hu in ((0.0, plain_hu), (5.0, written_on(plain_hu, "ROSENBAUM G 19.07.47", at, size))):
        slice_dataset(z, hu).save_as(tmp_path / "in" / f"{z}", enforce_file_format=True)
    tally = deidentify(tmp_path / "in", tmp_path / "out", KEYS)
    assert [why for _, why in tally.look_at] == ["text seems to be written into the pixels"]
    image = rows(tmp_path / "out" / "look_at.csv")[0]["image"]
    assert dcmread(tmp_path / "out" / image).ImagePositionPatient[2] == 5
    assert tally.written == 2


def test_text_is_not_seen_where_there_is_none(tmp_path: Path) -> None:
    if not CT.exists():
        pytest.skip("needs the shared scans")
    folder = tmp_path / "in"
    folder.mkdir()
    for n, path in enumerate(sorted(CT.rglob("*.dcm"))[::25]):
        (folder / str(n)).symlink_to(path)
    tally = deidentify(folder, tmp_path / "out", KEYS)
    assert tally.written > 20
    assert [why for _, why in tally.look_at if "text seems" in why] == []


def test_pictures_stay_out_unless_asked_for_and_then_say_so(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    pictures = (
        slice_dataset(0.0, SOPClassUID=SecondaryCaptureImageStorage, Modality="OT"),
        slice_dataset(5.0, SOPClassUID=UltrasoundImageStorage, Modality="US"),
        slice_dataset(10.0, BurnedInAnnotation="YES"),
        slice_dataset(15.0, ImageType=["DERIVED", "SECONDARY", "SCREEN SAVE"]),
    )
    for n, dataset in enumerate((*pictures, slice_dataset(20.0))):
        dataset.save_as(folder / str(n), enforce_file_format=True)
    tally = deidentify(folder, tmp_path / "out", KEYS)
    assert (tally.written, tally.missing) == (1, "")
    assert all(why.startswith("picture: ") and "--with-pictures" in why for why in tally.skipped)
    taken = deidentify(folder, tmp_path / "out2", KEYS, DeidentifyOptions(with_pictures=True))
    assert (taken.written, len(taken.look_at)) == (5, 4)
    said = sorted(dcmread(p).PatientIdentityRemoved for p in (tmp_path / "out2").rglob("*.dcm"))
    assert said == ["NO"] * 4 + ["YES"]


def test_a_segmentation_goes_on_pointing_at_its_images(tmp_path: Path) -> None:
    scan = scan_of("folder", tmp_path / "in")
    made = dicom_results(scan.path, scan.volume, measured(scan), kinds=frozenset({"seg"}))
    (scan.path / "regions").write_bytes(made["regions.seg.dcm"])
    assert deidentify(scan.path, tmp_path / "without", KEYS).skipped == {"segmentation or contours (--with-regions takes them)": 1}
    deidentify(scan.path, tmp_path / "out", KEYS, DeidentifyOptions(with_regions=True))
    made = [dcmread(p) for p in (tmp_path / "out").rglob("*.dcm")]
    seg = next(d for d in made if d.Modality == "SEG")
    images = {d.SOPInstanceUID for d in made if d.Modality == "CT"}
    references = {str(e.value) for e in seg.iterall() if e.keyword == "ReferencedSOPInstanceUID"}
    assert references
    assert references <= images
    assert (seg.StudyInstanceUID, seg.FrameOfReferenceUID) == (made[0].StudyInstanceUID, made[0].FrameOfReferenceUID)
    assert seg.ReferencedSeriesSequence[0].SeriesInstanceUID == next(d for d in made if d.Modality == "CT").SeriesInstanceUID
    file = next(p for p in (tmp_path / "out").rglob(f"{seg.SOPInstanceUID}.dcm"))
    volume = load_volume(tmp_path / "out")
    assert np.array_equal(read_regions(file, volume, 4), regions())


def _linked(*changes: dict[str, str]) -> list[str]:
    made = []
    for change in changes:
        file = BytesIO()
        slice_dataset(0.0, **change).save_as(file, enforce_file_format=True)
        made.append(deidentified(file.getvalue(), KEYS).patient)
    return made


def test_one_id_from_two_issuers_is_two_patients_and_blanks_make_no_third() -> None:
    one, other, same = _linked(
        {"PatientID": "4711", "IssuerOfPatientID": "North"},
        {"PatientID": "4711", "IssuerOfPatientID": "South"},
        {"PatientID": " 47 11 ", "IssuerOfPatientID": "North "},
    )
    assert one == same != other
    first, second = _linked({"PatientID": "", "PatientName": "Doe^Jane"}, {"PatientID": " ", "PatientName": "DOE^JANE^"})
    assert first == second


def test_one_id_with_two_names_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for n, (name, born) in enumerate((("A^B", "19500101"), ("C^D", "19600202"), ("A^B^", "19500101"))):
        slice_dataset(5.0 * n, PatientName=name, PatientBirthDate=born).save_as(folder / str(n), enforce_file_format=True)
    tally = deidentify(folder, tmp_path / "out", KEYS)
    assert [w for w in tally.warnings if w.startswith("1 pseudonym stands for one ID")]
    assert "19500101" not in repr(tally)


def test_times_of_day_stay_where_asked_for_and_intervals_hold(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    moments = ("20210304080910", "20210304080955"), ("20210311230000", "20210312010000")
    for n, (study, scan) in enumerate(moments):
        slice_dataset(
            5.0 * n,
            StudyInstanceUID=generate_uid(),
            StudyDate=study[:8],
            StudyTime=study[8:],
            AcquisitionDate=scan[:8],
            AcquisitionTime=scan[8:],
            AcquisitionDateTime=f"{scan}.25+0100",
        ).save_as(folder / str(n), enforce_file_format=True)
    deidentify(folder, tmp_path / "out", KEYS, DeidentifyOptions(keep_times=True))
    made = sorted((dcmread(p) for p in (tmp_path / "out").rglob("*.dcm")), key=lambda d: d.ImagePositionPatient[2])
    old = [_seconds(text) for pair in moments for text in pair]
    new = [_seconds(text) for d in made for text in (d.StudyDate + d.StudyTime, d.AcquisitionDate + d.AcquisitionTime)]
    assert np.diff(new).tolist() == np.diff(old).tolist()
    assert new[0] < old[0]
    assert made[0].AcquisitionDateTime == f"{made[0].AcquisitionDate}080955.25"
    assert [time_of_day(text) for text in ("0809", "08:09:10", "noon", "9")] == ["0809", "080910", "", ""]


def _seconds(text: str) -> int:
    return int(
        np.datetime64(f"{text[:4]}-{text[4:6]}-{text[6:8]}T{text[8:10]}:{text[10:12]}:{text[12:14]}").astype("datetime64[s]").astype(int)
    )


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    made = make_keys(tmp_path / "key")
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert read_keys(tmp_path / "key") == made
    with pytest.raises(UsageError, match="exists"):
        make_keys(tmp_path / "key")
    with pytest.raises(InputError, match="cannot be read"):
        read_keys(tmp_path / "none")
    for text in ("", "ab" * 31, "no hexadecimal digits here, but long enough to be a key of thirty-two bytes"):
        (tmp_path / "bad").write_text(text, encoding="ascii")
        with pytest.raises(InputError, match="hexadecimal"):
            read_keys(tmp_path / "bad")


def test_a_key_that_others_can_read_or_guess_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_keys(tmp_path / "key")
    for mode in (0o640, 0o604, 0o660):
        (tmp_path / "key").chmod(mode)
        with pytest.raises(InputError, match="open to others"):
            read_keys(tmp_path / "key")
    (tmp_path / "weak").touch(0o600)
    (tmp_path / "weak").write_text("0123456789" * 7, encoding="ascii")
    with pytest.raises(InputError, match="could be guessed"):
        read_keys(tmp_path / "weak")
    write_series(tmp_path / "in")
    words = ["deidentify", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--new-key", "--key-file"]
    assert cli.main([*words, str(tmp_path / "out" / "key")]) == 2
    assert "given away" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_new_files_in_a_second_run_join_the_same_patient(tmp_path: Path) -> None:
    source = tmp_path / "in"
    write_series(source, (0, 5))
    assert run(source, tmp_path)[0] == 0
    write_series(source / "later", (10, 15))
    code, again = run(source, tmp_path)
    assert code == 0
    first = {p.relative_to(tmp_path / "out0"): p.read_bytes() for p in (tmp_path / "out0").rglob("*.dcm")}
    second = {p.relative_to(again): p.read_bytes() for p in again.rglob("*.dcm")}
    assert (len(first), len(second)) == (2, 4)
    assert first.items() <= second.items()


_SLOW = """
import sys, time
from pathlib import Path
from napari_t12_bodycomp import cli
from napari_t12_bodycomp.workflow import deidentify as workflow
took = workflow._Run.take
def slow(self, source, folder):
    took(self, source, folder)
    print("one", flush=True, file=sys.stderr)
    time.sleep(0.3)
workflow._Run.take = slow
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_stopped_half_way_nothing_is_half_written_and_a_second_run_tidies_up(how: signal.Signals, tmp_path: Path) -> None:
    write_series(tmp_path / "in", range(0, 100, 5))
    make_keys(tmp_path / "key")
    words = ["deidentify", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--key-file", str(tmp_path / "key")]
    running = subprocess.Popen([sys.executable, "-c", _SLOW, *words], stderr=subprocess.PIPE, text=True, preexec_fn=heed_ctrl_c)
    while "one" not in running.stderr.readline():
        assert running.poll() is None
    running.send_signal(how)
    running.communicate(timeout=30)
    assert running.returncode == (130 if how is signal.SIGINT else -how)
    assert not (tmp_path / "out").exists()
    left = [p.name for p in tmp_path.iterdir() if ".partial-" in p.name]
    assert len(left) == (1 if how is signal.SIGKILL else 0)
    assert cli.main(words) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in", "key", "out"]
    assert len(list((tmp_path / "out").rglob("*.dcm"))) == 20


def test_neither_folder_may_lie_in_the_other(tmp_path: Path) -> None:
    source = tmp_path / "in"
    write_series(source / "ct")
    with pytest.raises(InputError, match="lies within it"):
        deidentify(source, source / "out", KEYS)
    with pytest.raises(InputError, match="lies within it"):
        deidentify(source, source, KEYS)
    (tmp_path / "link").symlink_to(source)
    with pytest.raises(InputError, match="lies within it"):
        deidentify(source, tmp_path / "link" / "out", KEYS)
    with pytest.raises(InputError, match="holds something"):
        deidentify(source / "ct", source, KEYS)
    assert sorted(p.name for p in source.iterdir()) == ["ct"]
