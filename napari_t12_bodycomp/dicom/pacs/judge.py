"""How well a series in the archive suits the measurement, before it is fetched: judged like one in a folder, on what the archive tells.

One image's attributes stand for all: the stack is taken to be as many slices as the archive counts, one spacing apart. A second image, by its
number, tells that spacing: slices often overlap. What the archive does not tell is taken from the description, and the words say so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, RawDataStorage

from napari_t12_bodycomp.dicom.enhanced import ENHANCED_CT, read_headers
from napari_t12_bodycomp.dicom.pacs.found import SAMPLE_KEYWORDS
from napari_t12_bodycomp.dicom.refuse import MAX_SPACING_MM
from napari_t12_bodycomp.dicom.series import stacks
from napari_t12_bodycomp.model.counted import counted
from napari_t12_bodycomp.model.pacs import FoundSeries
from napari_t12_bodycomp.model.series import SeriesOffer

_GEOMETRY = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "Rows", "Columns")
_ORIENTATIONS = {
    r"\b(COR|CORONAL|KORONAR)\b": [1, 0, 0, 0, 0, -1],
    r"\b(SAG|SAGITTAL)\b": [0, 1, 0, 0, 0, -1],
}
_AXIAL = [1, 0, 0, 0, 1, 0]
_LOCALIZER = r"SCOUT|TOPO|LOCALI[SZ]ER|SURVIEW|SCANOGRAM|SCANO\b"
_PROJECTION = r"\bM(AX)?IP\b|\bMINIP\b|\bVRT?\b|\b3D\b"
_REPORT = r"DOSE|PROTOCOL|REPORT|PAGE"
_THICKNESS = r"(?<![\d.,])(\d{1,2}(?:[.,]\d{1,3})?)\s*(?:MM\b|X\s*\d|/\s*\d)|(?<![\d.,])(\d{1,2}[.,]\d{1,3})(?![\d.])"
_USUAL_SPACING_MM = 2.0
_LEAST_SPACING_MM = 0.05
_FEW = 4
"""A CT series of fewer images is a localizer or a page, unless its one image holds many."""


class _Bytes:
    """A byte source in memory."""

    name, key, is_lasting = "", ("", 0, 0), False

    def __init__(self, content: bytes) -> None:
        self._content = content

    def head(self, n: int) -> bytes:
        return self._content[:n]

    def read(self, offset: int = 0, length: int = -1) -> bytes:
        return self._content[offset:] if length < 0 else self._content[offset : offset + length]


def offer_of(series: FoundSeries, *samples: Dataset) -> SeriesOffer:
    """The offer that the series would be, as far as `samples`, the attributes of one or two of its images, let it be told.

    Where one of them would be refused (a localizer in the same series), the other speaks for the series.
    """
    spacing_mm = _measured_spacing(samples)
    offers = [_offer_or_words(series, sample, spacing_mm) for sample in samples or (None,)]
    return next((offer for offer in offers if offer.is_measurable), offers[0])


def _offer_or_words(series: FoundSeries, sample: Dataset | None, spacing_mm: float | None) -> SeriesOffer:
    try:
        return _offer(series, sample, spacing_mm)
    except Exception:  # an archive may answer anything; what cannot be understood is as good as nothing
        return _offer(series, None, None)


def _measured_spacing(samples: Sequence[Dataset]) -> float | None:
    """How far apart neighbouring slices are (mm), by the places and numbers of two images; None where they do not tell."""
    try:
        first, second = samples
        orientation = np.array(first.ImageOrientationPatient, float)
        places = np.array([first.ImagePositionPatient, second.ImagePositionPatient], float)
        if not np.allclose(orientation, np.array(second.ImageOrientationPatient, float), atol=1e-3):
            return None
        away_mm = abs(float((places[1] - places[0]) @ np.cross(orientation[:3], orientation[3:])))
        spacing_mm = away_mm / abs(int(second.InstanceNumber) - int(first.InstanceNumber))
    except (ValueError, TypeError, AttributeError, ZeroDivisionError):
        return None
    return spacing_mm if _LEAST_SPACING_MM < spacing_mm < MAX_SPACING_MM else None


def _offer(series: FoundSeries, sample: Dataset | None, spacing_mm: float | None) -> SeriesOffer:
    told = _known(series, sample)
    by_words = not all(keyword in told for keyword in _GEOMETRY)
    if by_words:
        _complete(told, series)
    n = series.n_images or 0
    told_mm = _number(told, "SpacingBetweenSlices") or _number(told, "SliceThickness") or _USUAL_SPACING_MM
    offer = _judged(told, max(n, 2), spacing_mm or abs(told_mm))
    refusal = offer.refusal
    if series.modality == "CT" and told.get("SOPClassUID") in ENHANCED_CT:
        refusal = ""  # its slices are frames, which only the object itself describes
    elif not refusal and n < _FEW:
        refusal = f"A stack of axial slices is wanted, this series holds {counted(n, 'image')}: choose the scan itself."
    source = "by its description alone" if by_words else "as two of its images say" if spacing_mm else "as one of its images says"
    return replace(
        offer,
        series_instance_uid=series.series_instance_uid,
        study_instance_uid=series.study_instance_uid,
        description=series.description or offer.description,
        n_slices=n,
        extent_z_mm=None,
        spacing_mm=None,
        refusal=refusal,
        why=f"{offer.why}, {source}",
        source="pacs",
    )


def _known(series: FoundSeries, sample: Dataset | None) -> Dataset:
    """What is told about one image: the sample's attributes that matter, and those of its series."""
    told = Dataset()
    for keyword in SAMPLE_KEYWORDS:
        if sample is not None and sample.get(keyword) not in (None, ""):
            told[keyword] = sample[keyword]
    if series.modality:
        told.Modality = series.modality
    for keyword, value in (("SeriesDescription", series.description), ("BodyPartExamined", series.body_part)):
        if value and keyword not in told:
            setattr(told, keyword, value)
    told.SpecificCharacterSet = "ISO_IR 192"
    return told


def _complete(told: Dataset, series: FoundSeries) -> None:
    """Give an image of a CT series the attributes that the archive keeps to itself, by the words of its description."""
    words = series.description.upper()
    orientation = next((value for pattern, value in _ORIENTATIONS.items() if re.search(pattern, words)), _AXIAL)
    kind = "LOCALIZER" if re.search(_LOCALIZER, words) else "MIP" if re.search(_PROJECTION, words) else "AXIAL"
    found = re.search(_THICKNESS, words)
    defaults: dict[str, Any] = {
        "SOPClassUID": CTImageStorage if series.modality == "CT" else RawDataStorage,  # stands for any other
        "ImageType": ["ORIGINAL", "PRIMARY", kind],
        "ImagePositionPatient": [0, 0, 0],
        "ImageOrientationPatient": orientation,
        "PixelSpacing": [0.8, 0.8],
        "Rows": 512,
        "Columns": 512,
    }
    if found:
        defaults["SliceThickness"] = (found[1] or found[2]).replace(",", ".")
    if re.search(_REPORT, words) and (series.n_images or 0) < _FEW:
        defaults["ImageType"] = ["DERIVED", "SECONDARY", "LOCALIZER"]
    for keyword, value in defaults.items():
        if keyword not in told:
            setattr(told, keyword, value)


def _judged(told: Dataset, n: int, spacing_mm: float) -> SeriesOffer:
    """The offer of `n` such images in a row, `spacing_mm` apart."""
    for keyword, value in (
        ("SOPInstanceUID", "1"),
        ("SamplesPerPixel", 1),
        ("PhotometricInterpretation", "MONOCHROME2"),
        ("BitsAllocated", 16),
        ("BitsStored", 12),
        ("HighBit", int(told.get("BitsStored", 12)) - 1),
        ("RescaleIntercept", "-1024"),
        ("RescaleSlope", "1"),
    ):
        if keyword not in told:
            setattr(told, keyword, value)
    header = read_headers(_Bytes(_encoded(told)))[0]
    if header.position_mm is None or header.orientation is None:
        return stacks([header])[0].offer
    orientation = np.array(header.orientation)
    step = spacing_mm * np.cross(orientation[:3], orientation[3:])
    places = np.array(header.position_mm) + np.arange(n)[:, None] * step
    return stacks(replace(header, position_mm=tuple(map(float, place)), sop_instance_uid=str(k)) for k, place in enumerate(places))[0].offer


def _encoded(told: Dataset) -> bytes:
    told.file_meta = FileMetaDataset()
    told.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    told.file_meta.MediaStorageSOPClassUID = told.get("SOPClassUID", "")
    told.file_meta.MediaStorageSOPInstanceUID = UID("1")
    stream = BytesIO()
    told.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def _number(told: Dataset, keyword: str) -> float | None:
    try:
        return float(told.get(keyword) or 0) or None
    except (TypeError, ValueError):
        return None
