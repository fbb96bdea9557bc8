"""Without identity: nothing of it is left in any byte, visits stay linked, the numbers are the same, and all appears or nothing."""

from __future__ import annotations

import csv
import json
import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from ct_files import slice_dataset
from pydicom import Dataset, dcmread
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    RLELossless,
    SecondaryCaptureImageStorage,
    generate_uid,
)
from results import FORMS, checked, enhanced, folder_of, item, measured, plain, scan_of

from napari_t12_bodycomp import cli
from napari_t12_bodycomp.dicom.deid_keys import SHIFT_DAYS, Keys
from napari_t12_bodycomp.dicom.deid_words import cleaned, cleaned_agent
from napari_t12_bodycomp.dicom.deidentify import deidentified
from napari_t12_bodycomp.errors import Cancelled, InputError
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow.deid_report import DeidentifyOptions
from napari_t12_bodycomp.workflow.deidentify import deidentify
from napari_t12_bodycomp.workflow.source import load_volume

KEYS, OTHER_KEYS = Keys(b"k" * 32), Keys(b"o" * 32)
SECRETS = {
    "PatientName": "Rosenbaum^Gerlinde",
    "PatientID": "MRN-55512",
    "OtherPatientIDs": "INS-99887",
    "PatientBirthDate": "19470719",
    "AccessionNumber": "ACC-13579",
    "StudyID": "ST-2468",
    "ReferringPhysicianName": "Sauerbruch^Ferdinand",
    "OperatorsName": "Operatore^Olga",
    "InstitutionName": "Klinikum Musterstadt",
    "InstitutionAddress": "Hauptstrasse 17",
    "StationName": "CT-RAUM-4",
    "DeviceSerialNumber": "SN-424242",
    "StudyDate": "20210304",
    "SeriesDate": "20210305",
    "AcquisitionDate": "20210306",
    "ContentDate": "20210307",
    "AcquisitionDateTime": "20210308091011",
    "StudyTime": "091011",
    "PatientAddress": "Gartenweg 3",
    "PatientTelephoneNumbers": "0123-456789",
    "ImageComments": "Angehoerige: Tochter Irmgard",
    "AdditionalPatientHistory": "Sturz im Pflegeheim Abendsonne",
    "RequestingPhysician": "Virchow^Rudolf",
}
NESTED_UID, FRAME_UID = generate_uid(), generate_uid()


def secret_slice(z: int = 0, **changes: object) -> Dataset:
    """A CT slice full of identity, in sequences, private elements, overlays, free text and file meta too."""
    dataset = slice_dataset(float(z), **(SECRETS | {"FrameOfReferenceUID": FRAME_UID} | changes))
    dataset.PatientSex, dataset.PatientAge, dataset.PatientSize, dataset.PatientWeight = "F", "093Y", "1.58", "61"
    dataset.SeriesDescription = "Chest 5.0 mm Rosenbaum, Dr. Sauerbruch"
    dataset.StudyDescription = "Thorax nativ fuer Gerlinde"
    dataset.ConvolutionKernel, dataset.ContrastBolusAgent = "B30f", "Omnipaque 350 Charge A4711Z"
    dataset.ManufacturerModelName, dataset.SoftwareVersions = "Scanner 16", "GERLINDE 2"
    dataset.RequestAttributesSequence = [item(RequestedProcedureDescription="Rosenbaum Thorax", ScheduledProcedureStepID="SP-1")]
    dataset.ReferencedImageSequence = [item(ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.2", ReferencedSOPInstanceUID=NESTED_UID)]
    dataset.CTDIPhantomTypeCodeSequence = [item(CodeValue="113691", CodingSchemeDesignator="DCM", CodeMeaning="Rosenbaum phantom")]
    dataset.add_new(0x00091001, "LO", "Rosenbaum privat")
    dataset.add_new(0x00090010, "LO", "MAKER 1.0")
    dataset.add_new(0x60003000, "OW", b"Gerlinde")
    dataset.add_new(0x60000022, "LO", "Gerlinde overlay")
    dataset.file_meta.SourceApplicationEntityTitle = "KLINIKUM"
    dataset.file_meta.PrivateInformation, dataset.file_meta.PrivateInformationCreatorUID = b"Rosenbaum!", generate_uid()
    dataset.preamble = b"Gerlinde".ljust(128, b"\0")
    return dataset


def written(folder: Path, *datasets: Dataset) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for dataset in datasets:
        dataset.save_as(folder / f"{dataset.PatientID}_{len(list(folder.iterdir()))}.dcm", enforce_file_format=True)
    return folder


def images(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.dcm"))


def forbidden(dataset: Dataset) -> set[str]:
    """Everything in `dataset` that must be nowhere afterwards: names, IDs, dates, UIDs, and words around them."""
    found = {part for value in SECRETS.values() for part in re.split(r"[\^ ]", value) if len(part) > 3}
    found |= {"Omnipaque", "A4711Z", "Irmgard", "Rosenbaum", "Gerlinde", "KLINIKUM", "MAKER", "SP-1", "20210308"}
    for element in [*dataset.iterall(), *dataset.file_meta]:
        if element.VR == "UI":
            found |= {str(v) for v in ([element.value] if element.VM == 1 else element.value) if not str(v).startswith("1.2.840.10008.")}
    return found


def test_nothing_of_the_identity_is_left_in_any_byte(tmp_path: Path) -> None:
    originals = [secret_slice(z) for z in (0, 5, 10)]
    source = written(tmp_path / "in", *originals)
    before = {p: p.read_bytes() for p in source.iterdir()}
    deidentify(source, tmp_path / "out", KEYS)
    words = set().union(*(forbidden(dataset) for dataset in originals))
    assert len(words) > 40
    files = [p for p in (tmp_path / "out").rglob("*") if p.is_file()]
    assert len(files) == 3 + 4
    for file in files:
        content = file.read_bytes().upper()
        assert [w for w in words if w.upper().encode() in content] == [], file.name
        assert [w for w in words if w.upper() in str(file.relative_to(tmp_path)).upper()] == []
    assert {p: p.read_bytes() for p in source.iterdir()} == before


def test_what_measurement_needs_stays_and_the_rest_says_that_it_went(tmp_path: Path) -> None:
    deidentify(written(tmp_path / "in", secret_slice()), tmp_path / "out", KEYS)
    made = dcmread(images(tmp_path / "out")[0])
    assert (made.PatientSex, made.PatientAge, made.PatientSize, made.PatientWeight) == ("F", "090Y", 1.58, 61)
    assert (made.KVP, made.ConvolutionKernel, made.ContrastBolusAgent) == (120, "B30f", "CONTRAST")
    assert (made.SeriesDescription, made.ManufacturerModelName, made.SoftwareVersions) == ("Chest 5.0 mm", "Scanner 16", "")
    assert made.PixelData == secret_slice().PixelData
    assert made.PatientName == made.PatientID == KEYS.pseudonym("id|MRN-55512")
    assert made.PatientBirthDate == made.StudyTime == made.AccessionNumber == ""
    assert made.PatientIdentityRemoved == "YES"
    assert made.LongitudinalTemporalInformationModified == "MODIFIED"
    assert {c.CodeValue for c in made.DeidentificationMethodCodeSequence} == {"113100", "113105", "113107", "113108"}
    assert made.ReferencedImageSequence[0].ReferencedSOPInstanceUID == KEYS.uid(NESTED_UID)
    assert made.ReferencedImageSequence[0].ReferencedSOPClassUID == "1.2.840.10008.5.1.4.1.1.2"
    assert made.file_meta.MediaStorageSOPInstanceUID == made.SOPInstanceUID
    assert made.preamble == bytes(128)
    assert not any(element.tag.is_private or 0x6000 <= element.tag.group < 0x6100 for element in made.iterall())
    assert not any(element.keyword == "RequestAttributesSequence" for element in made)


def test_the_same_key_links_visits_and_another_one_does_not(tmp_path: Path) -> None:
    first, second = secret_slice(0), secret_slice(5, StudyDate="20210311", StudyInstanceUID="1.2.3.4")
    made = []
    for n, (keys, dataset) in enumerate(((KEYS, first), (KEYS, second), (OTHER_KEYS, second))):
        deidentify(written(tmp_path / f"in{n}", dataset), tmp_path / f"out{n}", keys)
        made.append(dcmread(images(tmp_path / f"out{n}")[0]))
    one, two, other = made
    assert one.PatientID == two.PatientID != other.PatientID
    assert one.SeriesInstanceUID == two.SeriesInstanceUID != other.SeriesInstanceUID
    assert one.StudyInstanceUID != two.StudyInstanceUID
    assert _days(two.StudyDate) - _days(one.StudyDate) == 7
    assert SHIFT_DAYS[0] <= _days("20210304") - _days(one.StudyDate) <= SHIFT_DAYS[1]
    assert _days(one.AcquisitionDate) - _days(one.StudyDate) == 2


def _days(text: str) -> int:
    return int(np.datetime64(f"{text[:4]}-{text[4:6]}-{text[6:8]}").astype(int))


def test_dates_can_go_altogether(tmp_path: Path) -> None:
    deidentify(written(tmp_path / "in", secret_slice()), tmp_path / "out", KEYS, DeidentifyOptions(shift_dates=False))
    made = dcmread(images(tmp_path / "out")[0])
    assert made.StudyDate == made.AcquisitionDate == ""
    assert (made.ContentDate, made.LongitudinalTemporalInformationModified) == ("19000101", "REMOVED")
    assert not [e for e in made.iterall() if e.VR in ("DA", "DT") and str(e.value).startswith("20")]
    assert "113107" not in {c.CodeValue for c in made.DeidentificationMethodCodeSequence}


def test_the_report_counts_and_quotes_nothing(tmp_path: Path) -> None:
    tally = deidentify(written(tmp_path / "in", secret_slice(0), secret_slice(5)), tmp_path / "out", KEYS)
    with (tmp_path / "out" / "deidentification.csv").open(encoding="utf-8", newline="") as stream:
        rows = {(row["keyword"] or row["tag"], row["action"]): int(row["count"]) for row in csv.DictReader(stream)}
    for what in (
        ("PatientName", "pseudonym"),
        ("PatientBirthDate", "emptied"),
        ("StudyDate", "date shifted"),
        ("SOPInstanceUID", "new UID"),
        ("SOPClassUID", "kept"),
        ("ImageComments", "removed"),
        ("SoftwareVersions", "emptied"),
        ("PatientSize", "kept"),
        ("SeriesDescription", "cleaned"),
        ("ReferencedSOPInstanceUID", "new UID"),
    ):
        assert rows[what] == 2, what
    assert rows["private", "removed"] == 4
    summary = json.loads((tmp_path / "out" / "deidentification.json").read_text(encoding="utf-8"))
    assert (summary["images"], summary["patients"], summary["key"]) == (2, [KEYS.pseudonym("id|MRN-55512")], KEYS.mark)
    assert tally.written == 2
    assert OTHER_KEYS.mark != KEYS.mark
    assert not {("PatientName", "kept"), ("PatientID", "kept")} & set(rows)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_scan_measures_the_same_to_the_last_digit(form: str, tmp_path: Path) -> None:
    scan = scan_of(form, tmp_path / "in")
    deidentify(scan.path, tmp_path / "out", KEYS)
    volume: CTVolume = load_volume(tmp_path / "out")
    assert np.array_equal(volume.hu, scan.volume.hu)
    assert np.array_equal(volume.z_mm, scan.volume.z_mm)
    assert (volume.pixel_spacing_mm, volume.origin_xy_mm) == (scan.volume.pixel_spacing_mm, scan.volume.origin_xy_mm)
    old, new = scan.volume.acquisition, volume.acquisition
    assert (new.kvp, new.kernel, new.slice_thickness_mm, new.acquisition_number) == (
        old.kvp,
        old.kernel,
        old.slice_thickness_mm,
        old.acquisition_number,
    )
    before, after = measured(scan, 5.0), measured(type(scan)(tmp_path / "out", volume), 5.0)
    assert (after.measurement, volume.subject.height_m) == (before.measurement, scan.volume.subject.height_m)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian, RLELossless])
def test_pixels_and_syntax_stay_as_they_are(syntax: str, tmp_path: Path) -> None:
    dataset = secret_slice()
    expected = dataset.pixel_array.copy()
    if syntax == RLELossless:
        dataset.compress(RLELossless)
    elif syntax == ExplicitVRBigEndian:
        dataset.PixelData = expected.astype(">u2").tobytes()
    dataset.file_meta.TransferSyntaxUID = syntax
    file = BytesIO()
    dataset.save_as(
        file, enforce_file_format=True, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=syntax != ExplicitVRBigEndian
    )
    made = dcmread(BytesIO(deidentified(file.getvalue(), KEYS).content))
    assert made.file_meta.TransferSyntaxUID == syntax
    assert np.array_equal(made.pixel_array, expected)
    assert (made.SmallestImagePixelValue if "SmallestImagePixelValue" in made else 0) == 0


def test_a_file_without_head_gets_one(tmp_path: Path) -> None:
    dataset = secret_slice()
    file = BytesIO()
    del dataset.file_meta
    del dataset.preamble
    dataset.save_as(file, implicit_vr=True, little_endian=True)
    made = dcmread(BytesIO(deidentified(file.getvalue(), KEYS).content))
    assert made.file_meta.TransferSyntaxUID == ImplicitVRLittleEndian
    assert np.array_equal(made.pixel_array, secret_slice().pixel_array)


def test_pages_screens_and_what_is_no_ct_are_left_out(tmp_path: Path) -> None:
    burned = secret_slice(5, BurnedInAnnotation="YES")
    localizer = secret_slice(10, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    page = secret_slice(15, ImagePositionPatient=None)
    screen = secret_slice(20, ImageType=["DERIVED", "SECONDARY", "SCREEN SAVE"])
    capture = secret_slice(25, SOPClassUID=SecondaryCaptureImageStorage, Modality="OT")
    drawn = secret_slice(30)
    drawn.add_new(0x60000102, "US", 12)
    derived = secret_slice(35, ImageType=["DERIVED", "SECONDARY", "MPR"])
    source = written(tmp_path / "in", secret_slice(), burned, localizer, page, screen, capture, drawn, derived)
    (source / "notes").write_bytes(b"Rosenbaum: call the daughter" * 20)
    tally = deidentify(source, tmp_path / "out", KEYS)
    assert sum(tally.skipped.values()) == 7
    assert (tally.written, len(tally.look_at), len(tally.skipped), tally.missing) == (2, 1, 7, "")
    assert any("1 image: derived, and does not say" in words for words in tally.warnings)
    assert deidentify(source, tmp_path / "out2", KEYS, DeidentifyOptions(with_localizers=True)).written == 3


@pytest.mark.parametrize("form", ["plain", "enhanced"])
def test_the_checker_finds_no_new_error(form: str, tmp_path: Path) -> None:
    source = enhanced(tmp_path / "in").parent if form == "enhanced" else folder_of(plain)(tmp_path / "in")
    deidentify(source, tmp_path / "out", KEYS)
    before = checked("dciodvfy", next(source.iterdir())).splitlines()
    after = checked("dciodvfy", images(tmp_path / "out")[0]).splitlines()
    assert [line for line in after if "Error" in line and line not in before] == []


def test_a_cancel_leaves_nothing(tmp_path: Path) -> None:
    source = written(tmp_path / "in", secret_slice(0), secret_slice(5))

    def stop(share: float, words: str) -> None:
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        deidentify(source, tmp_path / "out", KEYS, progress=stop)
    assert [p.name for p in tmp_path.iterdir()] == ["in"]


def test_where_something_lies_nothing_is_written(tmp_path: Path) -> None:
    source = written(tmp_path / "in", secret_slice())
    (tmp_path / "out").mkdir()
    deidentify(source, tmp_path / "out", KEYS)
    with pytest.raises(InputError, match="holds something"):
        deidentify(source, tmp_path / "out", KEYS)
    with pytest.raises(InputError, match="no DICOM object"):
        (tmp_path / "no").mkdir()
        (tmp_path / "no" / "file").write_bytes(b"x" * 500)
        deidentify(tmp_path / "no", tmp_path / "out3", KEYS)
    (tmp_path / "a.nii").write_bytes(b"")
    with pytest.raises(InputError, match="NIfTI"):
        deidentify(tmp_path / "a.nii", tmp_path / "out3", KEYS)
    with pytest.raises(InputError, match="lies within it"):
        deidentify(source, source / "out3", KEYS)
    assert not list(tmp_path.rglob("out3"))


def test_an_image_that_came_twice_stays_twice(tmp_path: Path) -> None:
    one = secret_slice()
    tally = deidentify(written(tmp_path / "in", one, one), tmp_path / "out", KEYS)
    assert (tally.written, len(images(tmp_path / "out"))) == (2, 2)


def test_patients_without_an_id_are_told_apart() -> None:
    one, two, three = (
        deidentified(_bytes(secret_slice(PatientID="", PatientName=name, StudyInstanceUID=study)), KEYS).patient
        for name, study in (("A^B", "1.2"), ("C^D", "1.2"), ("", "1.3"))
    )
    assert len({one, two, three}) == 3


def _bytes(dataset: Dataset) -> bytes:
    file = BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("LUNG BASES 5MM", "LUNG BASES 5MM"),
        ("Chest 5.0 mm Rosenbaum", "Chest 5.0 mm"),
        ("ART/CHEST/ABD/PEL W/C ST", "ART CHEST ABD PEL W C ST"),
        ("Thorax nativ 1,25 MRN55512 20210304", "Thorax 1,25"),
        ("", ""),
    ],
)
def test_descriptions_keep_what_they_show(text: str, kept: str) -> None:
    assert cleaned(text) == kept


def test_contrast_keeps_whether_and_not_what() -> None:
    assert [cleaned_agent(text) for text in ("NONE", "Omnipaque 350", "", "w/o")] == ["NONE", "CONTRAST", "", "w/o"]


@pytest.mark.parametrize(
    ("keyword", "raw", "kept"),
    [
        ("PatientSize", b"Rosenbaum ", b""),
        ("PatientWeight", b"61 kg Gerlinde", b""),
        ("PatientAge", b"Gerlinde", b""),
        ("PatientAge", b"093 ", b"090Y"),
        ("PatientAge", b"099M", b"099M"),
        ("KVP", b"1.2e2 ", b"1.2e2"),
        ("ScanOptions", b"GERLINDE", b""),
        ("PatientSex", b"F ", b"F"),
    ],
)
def test_a_kept_value_is_what_its_kind_promises(keyword: str, raw: bytes, kept: bytes) -> None:
    dataset = secret_slice()
    tag = Tag(keyword)
    dataset._dict[tag] = RawDataElement(tag, dictionary_VR(tag), len(raw), raw, 0, False, True)
    made = deidentified(_bytes(dataset), KEYS).content
    element = dcmread(BytesIO(made)).get_item(tag)
    assert (element.value or b"").strip() == kept


def test_a_name_within_the_pixels_leaves_the_image_out(tmp_path: Path) -> None:
    told = secret_slice(5)
    told.PixelData = told.PixelData[:1000] + b"Rosenbaum " + told.PixelData[1010:]
    tally = deidentify(written(tmp_path / "in", secret_slice(), told), tmp_path / "out", KEYS)
    assert (tally.written, tally.skipped) == (1, {"name, ID or the like within the stream of the pixels": 1})


def test_what_lost_its_identity_before_can_do_so_again() -> None:
    once = deidentified(_bytes(secret_slice(ReferringPhysicianName="REMOVED", OperatorsName="Removed")), KEYS)
    twice = dcmread(BytesIO(deidentified(once.content, KEYS).content))
    assert twice.PatientID == KEYS.pseudonym(f"id|{once.patient}")
    assert np.array_equal(twice.pixel_array, secret_slice().pixel_array)


def test_a_name_that_is_a_harmless_word_goes_too() -> None:
    made = dcmread(BytesIO(deidentified(_bytes(secret_slice(PatientName="Chest^Ann")), KEYS).content))
    assert made.SeriesDescription == ""


def test_dates_in_odd_forms_move_too() -> None:
    moved = KEYS.date("20210304", "x")
    assert [KEYS.date(text, "x") for text in ("2021.03.04", "20210304101112.123", "2021-03-04", "yesterday", "20211399")] == [moved] * 3 + [
        ""
    ] * 2


def test_the_command_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = written(tmp_path / "in", secret_slice(0), secret_slice(5))
    words = ["deidentify", str(source), "--out", str(tmp_path / "out"), "--key-file", str(tmp_path / "key")]
    assert cli.main([*words, "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["status"] == "error"
    assert cli.main([*words, "--new-key", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["status"], said["images"], said["left_out"]) == ("done", 2, {})
    assert cli.main([*words[:3], str(tmp_path / "out2"), *words[4:]]) == 0
    assert "2 images of 1 patient in" in capsys.readouterr().out
    assert _listing(tmp_path / "out") == _listing(tmp_path / "out2")


def _listing(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
