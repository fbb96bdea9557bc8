"""The series that suits the protocol is preselected among those that a hospital's study holds, and the reason is said; on a real archive."""

from __future__ import annotations

from pathlib import Path

import pytest
from archive_scans import IDENTITY, scan, write_volume
from orthanc_server import AE_TITLE, PASSWORD, USER, Orthanc
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from napari_t12_bodycomp.dicom.pacs.archive import Archive
from napari_t12_bodycomp.dicom.pacs.dimse import DimseArchive
from napari_t12_bodycomp.dicom.pacs.judge import offer_of
from napari_t12_bodycomp.dicom.pacs.web import WebArchive
from napari_t12_bodycomp.model.pacs import Credential, FoundSeries, Node, NodeKind
from napari_t12_bodycomp.workflow.pacs import offered_series
from napari_t12_bodycomp.workflow.source import list_series

STUDY = "1.2.826.11"
LOCALIZER, SOFT, LUNG, CORONAL, PAGE, SEG, DOSE, MIXED = (f"{STUDY}.{k}" for k in range(1, 9))
CAPTURE_CLASS, SEG_CLASS, DOSE_CLASS = "1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.88.67"


def write(folder: Path) -> list[Path]:
    """Localizer, 5 mm axial, overlapping sharp thin axial, coronal, dose page, segmentation, dose report, and a neck with its localizer."""
    mixed = write_volume(scan(13, MIXED, "Hals 5.0", 5.0, STUDY), folder / "mixed")
    _change(mixed[0], ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"], ImageOrientationPatient=[1, 0, 0, 0, 0, -1])
    return [
        *write_volume(scan(1, LOCALIZER, "Topogram 0.6", 0.6, STUDY), folder / "scout", ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]),
        *write_volume(scan(40, SOFT, "Thorax nativ", 5.0, STUDY), folder / "soft"),
        *write_volume(
            scan(96, LUNG, "Thorax Lunge", 1.0, STUDY), folder / "lung", SliceThickness="5", SpacingBetweenSlices=None, ConvolutionKernel="Bl57"
        ),
        *write_volume(scan(30, CORONAL, "Thorax", 3.0, STUDY), folder / "cor", ImageOrientationPatient=[1, 0, 0, 0, 0, -1]),
        _other(folder / "page.dcm", PAGE, "CT", CAPTURE_CLASS),
        _other(folder / "seg.dcm", SEG, "SEG", SEG_CLASS),
        _other(folder / "dose.dcm", DOSE, "SR", DOSE_CLASS),
        *mixed,
    ]  # fmt: skip


def _change(file: Path, **values: object) -> None:
    one = dcmread(file)
    for keyword, value in values.items():
        setattr(one, keyword, value)
    one.save_as(file)


def _other(file: Path, series: str, modality: str, sop_class: str) -> Path:
    one = Dataset()
    one.ensure_file_meta()
    one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    one.SOPClassUID, one.SOPInstanceUID, one.Modality = sop_class, f"{series}.1", modality
    one.StudyInstanceUID, one.SeriesInstanceUID, one.StudyDate = STUDY, series, "20240102"
    for keyword, value in IDENTITY.items():
        setattr(one, keyword, value)
    one.save_as(file, enforce_file_format=True)
    return file


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("study")


@pytest.fixture(scope="module")
def archives(orthanc: Orthanc, folder: Path) -> dict[str, Archive]:
    dimse = DimseArchive(Node("h", NodeKind.DIMSE, "127.0.0.1", orthanc.dicom_port, AE_TITLE))
    dimse.send(write(folder), lambda count: None)
    web = WebArchive(Node("web", NodeKind.DICOMWEB, url=orthanc.url, credential=Credential.BASIC, user=USER), PASSWORD)
    return {"dimse": dimse, "web": web}


@pytest.mark.parametrize("way", ["dimse", "web"])
def test_the_choice_before_the_images_come_is_the_one_after(archives: dict[str, Archive], folder: Path, way: str) -> None:
    found = offered_series(archives[way], STUDY)
    assert found.chosen is not None
    assert found.chosen.series_instance_uid == SOFT
    assert "195 mm long, of the chest by its description, 5 mm slices, as two of its images say" in found.reason
    why = {offer.series_instance_uid: offer.why for offer in found.offers}
    assert "95 mm long, of the chest by its description, sharp kernel Bl57, 5 mm slices, as two of its images say" in why[LUNG]
    refused = {offer.series_instance_uid: offer.refusal for offer in found.offers if offer.refusal}
    assert refused.keys() == {LOCALIZER, CORONAL, PAGE, SEG, DOSE}
    for series, word in {LOCALIZER: "localizer", CORONAL: "coronal", PAGE: "capture", SEG: "segmentation", DOSE: "report"}.items():
        assert word in refused[series]
    there = list_series(folder)
    assert there.chosen is not None
    assert there.chosen.series_instance_uid == SOFT


def test_a_localizer_in_the_same_series_does_not_speak_for_it(archives: dict[str, Archive], folder: Path) -> None:
    scout, slice_ = (dcmread(folder / "mixed" / f"IM{k:04d}.dcm", stop_before_pixels=True) for k in (0, 12))
    series = FoundSeries(STUDY, MIXED, 1, "CT", "Hals 5.0", "", 13)
    assert "localizer" in offer_of(series, scout).refusal
    assert offer_of(series, scout, slice_).refusal == ""
    assert next(offer for offer in offered_series(archives["web"], STUDY).offers if offer.series_instance_uid == MIXED).refusal == ""


@pytest.mark.parametrize(
    "odd", [{"InstanceNumber": 1}, {"ImagePositionPatient": [0, 0, 1e6]}, {"ImagePositionPatient": [1]}, {"InstanceNumber": None}]
)
def test_two_images_that_do_not_tell_how_far_apart_slices_are(archives: dict[str, Archive], folder: Path, odd: dict[str, object]) -> None:
    first, last = (dcmread(folder / "lung" / f"IM{k:04d}.dcm", stop_before_pixels=True) for k in (0, 95))
    series = FoundSeries(STUDY, LUNG, 1, "CT", "Thorax", "", 96)
    assert "95 mm long" in offer_of(series, first, last).why
    for keyword, value in odd.items():
        setattr(last, keyword, value)
    assert "475 mm long" in offer_of(series, first, last).why
