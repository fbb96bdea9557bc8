"""Results of scans whose headers are unusual or poor: the archive files them with the scan, and every checker can read them."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from results import Scan, checked, folder_of, measured, plain

from napari_t12_bodycomp.workflow.dicom_results import dicom_results
from napari_t12_bodycomp.workflow.source import load_volume

KANJI = {"SpecificCharacterSet": ["", "ISO 2022 IR 87"], "PatientName": "Yamada^Tarou=山田^太郎=やまだ^たろう"}
KATAKANA = {"SpecificCharacterSet": ["ISO 2022 IR 13", "ISO 2022 IR 87"], "PatientName": "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"}
GREEK = {"SpecificCharacterSet": "ISO_IR 126", "PatientName": "Διονυσιος^Νικος", "StudyDescription": "Θώρακας"}
APPROVED = {"status": "approved", "reviewer": "RB2", "reviewed_at": "2026-03-04T22:06:07+00:00"}
NOT_THERE = ("Attribute present in one instance but not the other", "AccessionNumber> IE <")
"""What the standard wants to be there and the scan lacks is there, empty. The checker places the accession number elsewhere in reports than in
images, whoever made them."""


def scan_with(folder: Path, **changes: object) -> Scan:
    def make(z: int) -> Dataset:
        one = plain(z)
        for keyword, value in changes.items():
            if value is None:
                delattr(one, keyword)
            else:
                setattr(one, keyword, value)
        return one

    path = folder_of(make)(folder)
    return Scan(path, load_volume(path))


def made(scan: Scan, folder: Path, organisation: str = "", **words: str) -> dict[str, Dataset]:
    folder.mkdir()
    contents = dicom_results(scan.path, scan.volume, measured(scan, **words), frozenset({"seg", "sr"}), organisation=organisation)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return {name: dcmread(BytesIO(content)) for name, content in contents.items()}


@pytest.mark.parametrize(
    "changes",
    [
        KANJI,
        KATAKANA,
        GREEK,
        {"PatientID": "X" * 64},
        {"PatientID": None},
        {"PatientID": ""},
        {"StudyDate": None, "StudyTime": None},
        {"FrameOfReferenceUID": None, "PositionReferenceIndicator": None},
        {"SeriesNumber": None, "AccessionNumber": None, "StudyID": None, "PatientBirthDate": None, "PatientSex": None},
        {"SpecificCharacterSet": "ISO_IR 999"},
    ],
    ids=["kanji", "katakana", "greek", "long ID", "no ID", "empty ID", "no date", "no frame", "nearly nothing", "unknown characters"],
)
def test_unusual_headers_are_the_results_own_without_error(changes: dict[str, object], tmp_path: Path) -> None:
    scan = scan_with(tmp_path / "in", **changes)
    source = dcmread(next(scan.path.iterdir()))
    files = made(scan, tmp_path / "out")
    for name, one in files.items():
        for keyword in ("PatientName", "PatientID", "StudyInstanceUID", "StudyDate", "StudyDescription", "AccessionNumber"):
            assert str(one.get(keyword) or "") == str(source.get(keyword) or ""), keyword
        assert "Error" not in checked("dciodvfy", tmp_path / "out" / name)
        assert one.SeriesNumber in (9101, 9102, 9103)
    said = checked("dcentvfy", *scan.path.iterdir(), *(tmp_path / "out").iterdir())
    assert all(any(words in line for words in NOT_THERE) for line in said.splitlines() if line), said


def test_a_word_that_the_scans_characters_cannot_hold_makes_it_unicode(tmp_path: Path) -> None:
    """Whoever reads and reviews may have names that the scanner's country does not know."""
    scan = scan_with(tmp_path / "in", **GREEK)
    report = made(scan, tmp_path / "out", "Universitätsklinikum", **(APPROVED | {"assessor": "Ελένη", "reviewer": "山田 太郎"}))[
        "report.sr.dcm"
    ]
    assert report.SpecificCharacterSet == "ISO_IR 192"
    assert str(report.PatientName) == GREEK["PatientName"]
    assert str(report.VerifyingObserverSequence[0].VerifyingObserverName) == "山田 太郎"
    assert report.VerifyingObserverSequence[0].VerifyingOrganization == "Universitätsklinikum"


def test_names_that_mean_something_to_dicom_are_made_to_fit(tmp_path: Path) -> None:
    scan = scan_with(tmp_path / "in")
    files = made(scan, tmp_path / "out", "Klinik\\A\n" + "B" * 80, **(APPROVED | {"assessor": "a\\b=c", "reviewer": "R" * 100}))
    (observer,) = files["report.sr.dcm"].VerifyingObserverSequence
    assert (str(observer.VerifyingObserverName), observer.VerifyingOrganization) == ("R" * 64, ("Klinik A " + "B" * 80)[:64])
    assert str(files["tissues.seg.dcm"].ContentCreatorName) == "a b c"
    for name in files:
        assert "Error" not in checked("dciodvfy", tmp_path / "out" / name)


def test_times_go_by_the_scans_own_clock(tmp_path: Path) -> None:
    """An approval late in the evening of Greenwich is one of the next morning where the scan was made, and says so."""
    scan = scan_with(tmp_path / "in", TimezoneOffsetFromUTC="+0900")
    for one in made(scan, tmp_path / "out", **APPROVED).values():
        assert (one.TimezoneOffsetFromUTC, one.ContentDate, one.ContentTime) == ("+0900", "20260305", "070607")
        assert str(one.ContributingEquipmentSequence[0].ContributionDateTime).endswith("+0900")
    verified = dcmread(tmp_path / "out" / "report.sr.dcm").VerifyingObserverSequence[0].VerificationDateTime
    assert datetime.strptime(str(verified), "%Y%m%d%H%M%S%z").isoformat() == "2026-03-04T22:06:07+00:00"


def test_an_offset_that_is_none_is_not_handed_on(tmp_path: Path) -> None:
    assert "TimezoneOffsetFromUTC" not in made(scan_with(tmp_path / "in", TimezoneOffsetFromUTC="JST"), tmp_path / "out")["report.sr.dcm"]


def test_series_with_another_frame_of_reference_are_series_of_their_own(tmp_path: Path) -> None:
    """Some anonymisers give every slice its own: objects of one series must share it."""
    scan = scan_with(tmp_path / "in")
    first = made(scan, tmp_path / "one")["tissues.seg.dcm"]
    for path in scan.path.iterdir():
        image = dcmread(path)
        image.FrameOfReferenceUID = "1.2.3.4"
        image.save_as(path)
    second = made(scan, tmp_path / "two")["tissues.seg.dcm"]
    assert second.FrameOfReferenceUID == "1.2.3.4"
    assert second.SeriesInstanceUID != first.SeriesInstanceUID
