"""One DICOM object's header as typed values. Pixels are never touched here."""

from __future__ import annotations

import hashlib
import io
import math
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pydicom import Dataset, config, dcmread
from pydicom.datadict import tag_for_keyword
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from napari_t12_bodycomp.dicom.archive import ByteSource

config.settings.reading_validation_mode = config.IGNORE

HEAD_BYTES = 1 << 16
_NO_CONTRAST = {"NONE", "NO", "C-", "NATIVE", "W/O", "WITHOUT", "NON CONTRAST", "NO CONTRAST", "UNENHANCED"}
_SALT = secrets.token_bytes(16)
_KEYWORDS = """
    SpecificCharacterSet ImageType SOPClassUID SOPInstanceUID StudyDate Modality Manufacturer ManufacturerModelName
    SeriesDescription PatientID PatientName PatientBirthDate PatientSex PatientAge PatientSize PatientWeight BodyPartExamined
    ContrastBolusAgent SliceThickness KVP GantryDetectorTilt ConvolutionKernel StudyInstanceUID SeriesInstanceUID
    AcquisitionNumber ImagePositionPatient ImageOrientationPatient TemporalPositionIdentifier SamplesPerPixel
    PhotometricInterpretation NumberOfFrames Rows Columns PixelSpacing BitsAllocated BitsStored HighBit PixelRepresentation
    PixelPaddingValue PixelPaddingRangeLimit RescaleIntercept RescaleSlope RescaleType BurnedInAnnotation
""".split()  # noqa: SIM905 - a page of quotes and commas reads worse
_TAGS = [tag for keyword in _KEYWORDS if (tag := tag_for_keyword(keyword)) is not None]


@dataclass(frozen=True, slots=True, eq=False)
class SliceHeader:
    """What one DICOM object says about itself; None or "" where it says nothing. Positions in LPS mm, spacings in mm."""

    source: ByteSource
    transfer_syntax: str
    sop_class: str
    sop_instance_uid: str
    study_uid: str
    series_uid: str
    acquisition_number: int | None
    modality: str
    image_type: tuple[str, ...]
    description: str
    study_date: str
    manufacturer: str
    scanner: str
    body_part: str
    kernel: str
    kvp: float | None
    contrast: str | None
    slice_thickness_mm: float | None
    tilt_deg: float | None
    temporal_position: str
    patient_id: str
    patient_key: str
    sex: str
    age_years: float | None
    size_text: str
    weight_text: str
    position_mm: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    pixel_spacing_mm: tuple[float, ...] | None
    rows: int
    columns: int
    samples: int
    photometric: str
    n_frames: int
    bits_allocated: int
    bits_stored: int
    pixel_representation: int
    padding: int | None
    padding_limit: int | None
    slope: float | None
    intercept: float | None
    rescale_type: str
    implicit: bool = False
    headless: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


def read_header(source: ByteSource) -> SliceHeader | None:
    """The header of `source`, or None where it holds no DICOM object."""
    head = source.head(HEAD_BYTES)
    headless = head[128:132] != b"DICM"
    if headless and not _may_be_headless(head):
        return None
    try:
        return from_dataset(_dataset(head, headless), source, headless)
    except Exception:  # whatever pydicom meets in a broken file: then the whole file is tried, and then it is no DICOM
        if len(head) < HEAD_BYTES:
            return None
    try:
        return from_dataset(_dataset(source.read(), headless), source, headless)
    except Exception:
        return None


def _may_be_headless(head: bytes) -> bool:
    """Whether the bytes begin like a data set without preamble: group 0002 or 0008, an element of a plausible length."""
    if len(head) < 16:
        return False
    little, big = int.from_bytes(head[:2], "little"), int.from_bytes(head[:2], "big")
    element = int.from_bytes(head[2:4], "little" if little in (2, 8) else "big")
    return (little in (2, 8) or big in (2, 8)) and element < 0x2000


def _dataset(data: bytes, headless: bool) -> Dataset:
    dataset = dcmread(io.BytesIO(data), stop_before_pixels=True, specific_tags=_TAGS, force=headless)
    if not dataset.get("Rows") and not dataset.get("SOPClassUID") and not dataset.get("Modality"):
        raise ValueError("no image header")
    return dataset


def from_dataset(dataset: Dataset, source: ByteSource, headless: bool = False) -> SliceHeader:
    """The typed header of a pydicom data set."""
    meta = getattr(dataset, "file_meta", None)
    syntax = str(meta.get("TransferSyntaxUID", "")) if meta is not None else ""
    implicit, little = dataset.original_encoding
    if not syntax:
        syntax = str(ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian if little else "1.2.840.10008.1.2.2")
    patient_id = _text(dataset, "PatientID")
    representation = _int(dataset, "PixelRepresentation") or 0
    return SliceHeader(
        source=source,
        transfer_syntax=syntax,
        sop_class=_text(dataset, "SOPClassUID"),
        sop_instance_uid=_text(dataset, "SOPInstanceUID"),
        study_uid=_text(dataset, "StudyInstanceUID"),
        series_uid=_text(dataset, "SeriesInstanceUID"),
        acquisition_number=_int(dataset, "AcquisitionNumber"),
        modality=_text(dataset, "Modality").upper(),
        image_type=tuple(str(v).strip().upper() for v in _values(dataset, "ImageType")),
        description=_text(dataset, "SeriesDescription"),
        study_date=_text(dataset, "StudyDate"),
        manufacturer=_text(dataset, "Manufacturer"),
        scanner=_text(dataset, "ManufacturerModelName"),
        body_part=_text(dataset, "BodyPartExamined"),
        kernel=" ".join(str(v).strip() for v in _values(dataset, "ConvolutionKernel")),
        kvp=_positive(_float(dataset, "KVP")),
        contrast=_contrast(_text(dataset, "ContrastBolusAgent")),
        slice_thickness_mm=_positive(_float(dataset, "SliceThickness")),
        tilt_deg=_float(dataset, "GantryDetectorTilt"),
        temporal_position=_text(dataset, "TemporalPositionIdentifier"),
        patient_id=patient_id,
        patient_key=_patient_key(patient_id, _text(dataset, "PatientName"), _text(dataset, "PatientBirthDate")),
        sex=_text(dataset, "PatientSex").upper() if _text(dataset, "PatientSex").upper() in ("M", "F", "O") else "",
        age_years=_age_years(_text(dataset, "PatientAge")),
        size_text=_text(dataset, "PatientSize"),
        weight_text=_text(dataset, "PatientWeight"),
        position_mm=_floats(dataset, "ImagePositionPatient", 3),
        orientation=_floats(dataset, "ImageOrientationPatient", 6),
        pixel_spacing_mm=_floats(dataset, "PixelSpacing", 2),
        rows=_int(dataset, "Rows") or 0,
        columns=_int(dataset, "Columns") or 0,
        samples=_int(dataset, "SamplesPerPixel") or 1,
        photometric=_text(dataset, "PhotometricInterpretation").upper() or "MONOCHROME2",
        n_frames=_int(dataset, "NumberOfFrames") or 1,
        bits_allocated=_int(dataset, "BitsAllocated") or 0,
        bits_stored=_int(dataset, "BitsStored") or _int(dataset, "BitsAllocated") or 0,
        pixel_representation=representation,
        padding=_stored(_int(dataset, "PixelPaddingValue"), representation),
        padding_limit=_stored(_int(dataset, "PixelPaddingRangeLimit"), representation),
        slope=_float(dataset, "RescaleSlope"),
        intercept=_float(dataset, "RescaleIntercept"),
        rescale_type=_text(dataset, "RescaleType").upper(),
        implicit=implicit is True,
        headless=headless,
    )


def _values(dataset: Dataset, keyword: str) -> list[Any]:
    try:
        value = dataset.get(keyword)
    except Exception:  # a value that does not fit its type is as good as none
        return []
    if value is None or value == "":
        return []
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        return [value]
    return list(value)


def _text(dataset: Dataset, keyword: str) -> str:
    values = _values(dataset, keyword)
    return "\\".join(str(v) for v in values).strip().strip("\0").strip() if values else ""


def _float(dataset: Dataset, keyword: str) -> float | None:
    values = _values(dataset, keyword)
    try:
        number = float(values[0])
    except (IndexError, TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _int(dataset: Dataset, keyword: str) -> int | None:
    values = _values(dataset, keyword)
    try:
        return int(values[0])
    except (IndexError, TypeError, ValueError):
        return None


def _floats(dataset: Dataset, keyword: str, count: int) -> tuple[float, ...] | None:
    try:
        numbers = tuple(float(v) for v in _values(dataset, keyword))
    except (TypeError, ValueError):
        return None
    return numbers if len(numbers) == count and all(math.isfinite(n) for n in numbers) else None


def _positive(number: float | None) -> float | None:
    return number if number is not None and number > 0 else None


def _stored(value: int | None, representation: int) -> int | None:
    """A 16-bit padding value with the sign that the stored pixels have."""
    if value is None:
        return None
    value &= 0xFFFF
    return value - 0x10000 if representation == 1 and value >= 0x8000 else value


def _contrast(agent: str) -> str | None:
    if not agent:
        return None
    return "none" if agent.upper() in _NO_CONTRAST else agent


def _age_years(text: str) -> float | None:
    per_year = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}
    digits, unit = text[:-1].strip(), text[-1:].upper()
    if text.isdigit():
        digits, unit = text, "Y"
    if not digits.isdigit() or unit not in per_year or int(digits) == 0:
        return None
    return int(digits) * per_year[unit]


def _patient_key(patient_id: str, name: str, birth_date: str) -> str:
    who = patient_id or f"{name}|{birth_date}"
    return hashlib.blake2b(who.encode("utf-8", "replace"), digest_size=6, key=_SALT).hexdigest() if who.strip("|") else ""
