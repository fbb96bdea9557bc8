"""What archives answer, as plain records: DIMSE and DICOMweb give the same attributes. The patient's name is not among them."""

from __future__ import annotations

from collections.abc import Iterable

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from napari_t12_bodycomp.model.pacs import FoundSeries, FoundStudy

STUDY_KEYWORDS = (
    "StudyInstanceUID",
    "StudyDate",
    "StudyDescription",
    "PatientID",
    "ModalitiesInStudy",
    "NumberOfStudyRelatedSeries",
    "NumberOfStudyRelatedInstances",
)
SERIES_KEYWORDS = (
    "SeriesInstanceUID",
    "SeriesNumber",
    "Modality",
    "SeriesDescription",
    "BodyPartExamined",
    "NumberOfSeriesRelatedInstances",
)
SAMPLE_KEYWORDS = (
    "SOPInstanceUID",
    "SOPClassUID",
    "ImageType",
    "StudyDate",
    "Modality",
    "SeriesDescription",
    "PatientID",
    "PatientAge",
    "BodyPartExamined",
    "ContrastBolusAgent",
    "SliceThickness",
    "SpacingBetweenSlices",
    "KVP",
    "ConvolutionKernel",
    "AcquisitionNumber",
    "InstanceNumber",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "PixelSpacing",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "RescaleIntercept",
    "RescaleSlope",
    "RescaleType",
)
"""What `dicom.headers` judges a series by."""


def found_study(one: Dataset) -> FoundStudy:
    """A study as the archive describes it."""
    return FoundStudy(
        _text(one, "StudyInstanceUID"),
        _text(one, "PatientID"),
        _text(one, "StudyDate"),
        _text(one, "StudyDescription"),
        _texts(one, "ModalitiesInStudy"),
        _count(one, "NumberOfStudyRelatedSeries"),
        _count(one, "NumberOfStudyRelatedInstances"),
    )


def found_series(one: Dataset, study_uid: str) -> FoundSeries:
    """A series of study `study_uid` as the archive describes it."""
    return FoundSeries(
        study_uid,
        _text(one, "SeriesInstanceUID"),
        _count(one, "SeriesNumber"),
        _text(one, "Modality").upper(),
        _text(one, "SeriesDescription"),
        _text(one, "BodyPartExamined"),
        _count(one, "NumberOfSeriesRelatedInstances"),
    )


def latest_first(studies: Iterable[FoundStudy]) -> list[FoundStudy]:
    """Sorted by date; each study once."""
    by_uid = {study.study_instance_uid: study for study in studies if study.study_instance_uid}
    return sorted(by_uid.values(), key=lambda study: (study.study_date, study.study_instance_uid), reverse=True)


def _texts(one: Dataset, keyword: str) -> tuple[str, ...]:
    value = one.get(keyword)
    if value is None or value == "":
        return ()
    return tuple(str(v).strip() for v in value) if isinstance(value, MultiValue | list | tuple) else (str(value).strip(),)


def _text(one: Dataset, keyword: str) -> str:
    """In one line, without characters that would steer a terminal."""
    text = "\\".join(_texts(one, keyword))
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _count(one: Dataset, keyword: str) -> int | None:
    try:
        return int(_text(one, keyword))
    except ValueError:
        return None
