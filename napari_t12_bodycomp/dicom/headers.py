"""One DICOM object's header as typed values. Pixels are never touched here."""

from __future__ import annotations

import hashlib
import math
import secrets
import struct
import warnings
from dataclasses import dataclass
from functools import lru_cache

from pydicom.charset import convert_encodings, decode_bytes
from pydicom.datadict import tag_for_keyword

from napari_t12_bodycomp.dicom.archive import MAX_MEMBER_BYTES, ByteSource
from napari_t12_bodycomp.dicom.elements import Elements, TooShortError, UnusualError, raw_elements, walk

HEAD_BYTES = 1 << 16
DICOMDIR = "1.2.840.10008.1.3.10"
"""A directory of the files beside it, which are read themselves."""
NO_CONTRAST = {"NONE", "NO", "C-", "NATIVE", "W/O", "WITHOUT", "NON CONTRAST", "NO CONTRAST", "UNENHANCED"}
_SALT = secrets.token_bytes(16)
_KEYWORDS = """
    SpecificCharacterSet ImageType SOPClassUID SOPInstanceUID StudyDate Modality Manufacturer ManufacturerModelName SeriesDescription
    PatientID PatientName PatientBirthDate PatientSex PatientAge PatientSize PatientWeight BodyPartExamined ContrastBolusAgent
    SliceThickness KVP ConvolutionKernel StudyInstanceUID SeriesInstanceUID SeriesNumber FrameOfReferenceUID AcquisitionNumber AcquisitionDateTime
    AcquisitionTime InstanceNumber ImagePositionPatient ImageOrientationPatient TemporalPositionIdentifier SamplesPerPixel PhotometricInterpretation NumberOfFrames Rows Columns
    PixelSpacing BitsAllocated BitsStored HighBit PixelRepresentation PixelPaddingValue PixelPaddingRangeLimit RescaleIntercept RescaleSlope
    RescaleType LossyImageCompression
""".split()  # noqa: SIM905 - a page of quotes and commas reads worse
_TAG = {keyword: tag for keyword in _KEYWORDS if (tag := tag_for_keyword(keyword)) is not None}
_WANTED = frozenset(_TAG.values())


@dataclass(frozen=True, slots=True, eq=False)
class SliceHeader:
    """What one DICOM object (or frame of one) says about itself; None or "" where it says nothing. Positions in LPS mm, spacings in mm."""

    source: ByteSource
    transfer_syntax: str
    sop_class: str
    sop_instance_uid: str
    study_uid: str
    series_uid: str
    series_number: int | None
    frame_of_reference: str
    acquisition_number: int | None
    acquisition_time: str
    instance_number: int | None
    """Of a frame: its number in the object. It says in what order images were made, never where they lie."""
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
    high_bit: int
    pixel_representation: int
    padding: int | None
    padding_limit: int | None
    slope: float | None
    intercept: float | None
    rescale_type: str
    is_lossy: bool
    pixel_offset: int | None = None
    """Where the value of Pixel Data starts in `source`; None where only pydicom can tell."""
    pixel_length: int | None = None
    """Its length in bytes; None where it is encapsulated or `pixel_offset` is None."""
    headless: bool = False
    frame: int = 0


def read_header(source: ByteSource) -> SliceHeader | None:
    """The header of `source`, or None where it holds no DICOM object that says what it is."""
    elements = _elements(source)
    if elements is None:
        return None
    header = _typed(elements, source)
    if header.sop_class == DICOMDIR:
        return None
    return header if header.rows or header.sop_class or header.modality else None


def _elements(source: ByteSource) -> Elements | None:
    head = source.head(HEAD_BYTES)
    headless = head[128:132] != b"DICM"
    if headless and not _may_be_headless(head):
        return None
    if not headless:
        for data in (head, None):
            try:
                return walk(head if data is not None else source.read(0, MAX_MEMBER_BYTES), _WANTED)
            except TooShortError:
                if len(head) < HEAD_BYTES:
                    break
            except UnusualError:
                break
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return raw_elements(source.read(0, MAX_MEMBER_BYTES), _WANTED, headless)
    except Exception:  # pydicom meets broken bytes with many kinds of error; all mean that this is no DICOM object
        return None


def _may_be_headless(head: bytes) -> bool:
    """Whether the bytes begin like a data set without preamble: group 0002 or 0008 and a low element."""
    if len(head) < 16:
        return False
    for order in ("<HH", ">HH"):
        group, element = struct.unpack_from(order, head)
        if group in (2, 8) and element < 0x100:
            return True
    return False


def _typed(e: Elements, source: ByteSource) -> SliceHeader:
    charset = e.values.get(_TAG["SpecificCharacterSet"], b"")

    def text(keyword: str) -> str:
        return _decode(e.values.get(_TAG[keyword], b""), charset)

    def code(keyword: str) -> str:
        return _decode(e.values.get(_TAG[keyword], b""), b"")

    def number(keyword: str) -> float | None:
        numbers = _numbers(e.values.get(_TAG[keyword], b""))
        return numbers[0] if numbers else None

    def numbers(keyword: str, count: int) -> tuple[float, ...] | None:
        values = _numbers(e.values.get(_TAG[keyword], b""))
        return values if values is not None and len(values) == count else None

    def integer(keyword: str) -> int | None:
        value = number(keyword)
        return int(value) if value is not None and value.is_integer() else None

    def short(keyword: str) -> int:
        return int.from_bytes(e.values.get(_TAG[keyword], b"")[:2], "little" if e.little else "big")

    signed = short("PixelRepresentation") == 1
    bits = short("BitsStored") or (short("HighBit") + 1 if e.values.get(_TAG["HighBit"]) else short("BitsAllocated"))
    sex = code("PatientSex").upper()
    return SliceHeader(
        source=source,
        transfer_syntax=e.syntax,
        sop_class=code("SOPClassUID"),
        sop_instance_uid=code("SOPInstanceUID"),
        study_uid=code("StudyInstanceUID"),
        series_uid=code("SeriesInstanceUID"),
        series_number=integer("SeriesNumber"),
        frame_of_reference=code("FrameOfReferenceUID"),
        acquisition_number=integer("AcquisitionNumber"),
        acquisition_time=code("AcquisitionDateTime") or code("AcquisitionTime"),
        instance_number=integer("InstanceNumber"),
        modality=code("Modality").upper(),
        image_type=tuple(part.strip() for part in code("ImageType").upper().split("\\")) if code("ImageType") else (),
        description=text("SeriesDescription"),
        study_date=code("StudyDate"),
        manufacturer=text("Manufacturer"),
        scanner=text("ManufacturerModelName"),
        body_part=code("BodyPartExamined"),
        kernel=" ".join(text("ConvolutionKernel").split("\\")),
        kvp=_positive(number("KVP")),
        contrast=_contrast(text("ContrastBolusAgent")),
        slice_thickness_mm=_positive(number("SliceThickness")),
        temporal_position=code("TemporalPositionIdentifier"),
        patient_id=text("PatientID"),
        patient_key=_patient_key(*(e.values.get(_TAG[k], b"").strip(b" \0^") for k in ("PatientID", "PatientName", "PatientBirthDate"))),
        sex=sex if sex in ("M", "F", "O") else "",
        age_years=_age_years(code("PatientAge")),
        size_text=code("PatientSize"),
        weight_text=code("PatientWeight"),
        position_mm=numbers("ImagePositionPatient", 3),
        orientation=numbers("ImageOrientationPatient", 6),
        pixel_spacing_mm=numbers("PixelSpacing", 2),
        rows=short("Rows"),
        columns=short("Columns"),
        samples=short("SamplesPerPixel") or 1,
        photometric=code("PhotometricInterpretation").upper() or "MONOCHROME2",
        n_frames=integer("NumberOfFrames") or 1,
        bits_allocated=short("BitsAllocated"),
        bits_stored=bits,
        high_bit=short("HighBit") if e.values.get(_TAG["HighBit"]) else bits - 1,
        pixel_representation=int(signed),
        padding=_stored(short("PixelPaddingValue"), signed) if e.values.get(_TAG["PixelPaddingValue"]) else None,
        padding_limit=_stored(short("PixelPaddingRangeLimit"), signed) if e.values.get(_TAG["PixelPaddingRangeLimit"]) else None,
        slope=number("RescaleSlope"),
        intercept=number("RescaleIntercept"),
        rescale_type=code("RescaleType").upper(),
        is_lossy=code("LossyImageCompression") == "01",
        pixel_offset=e.pixel_offset,
        pixel_length=e.pixel_length,
        headless=e.headless,
    )


@lru_cache(maxsize=4096)
def _decode(raw: bytes, charset: bytes) -> str:
    """Text in its character set, without padding; a character that does not fit becomes a replacement mark."""
    raw = raw.strip(b" \0")
    if raw.isascii() and b"\x1b" not in raw:
        return raw.decode("ascii")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            names = [part.strip() for part in charset.decode("ascii").strip(" \0").split("\\")]
            return decode_bytes(raw, convert_encodings(names), {ord("\\")}).strip(" \0")
    except (LookupError, ValueError, TypeError):
        return raw.decode("latin-1")


@lru_cache(maxsize=4096)
def _numbers(raw: bytes) -> tuple[float, ...] | None:
    """The numbers of a decimal or integer string; None where there is none, or one of them is no finite number.

    Some programs write a decimal comma or a backslash too many; no number has an underscore, which Python alone would take.
    """
    if b"_" in raw:
        return None
    try:
        values = tuple(float(part.strip(b" \0").replace(b",", b".")) for part in raw.strip(b" \0").removesuffix(b"\\").split(b"\\"))
    except ValueError:
        return None
    return values if values and all(math.isfinite(v) for v in values) else None


def _positive(number: float | None) -> float | None:
    return number if number is not None and number > 0 else None


def _stored(value: int, signed: bool) -> int:
    """A 16-bit padding value with the sign that the stored pixels have, whatever VR it was written with."""
    return value - 0x10000 if signed and value >= 0x8000 else value


def _contrast(agent: str) -> str | None:
    if not agent:
        return None
    return "none" if agent.upper() in NO_CONTRAST else agent


def _age_years(text: str) -> float | None:
    per_year = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}
    digits, unit = (text, "Y") if text.isdigit() else (text[:-1].strip(), text[-1:].upper())
    if not (digits.isascii() and digits.isdigit()) or unit not in per_year or int(digits) == 0:
        return None
    return int(digits) * per_year[unit]


def _patient_key(patient_id: bytes, name: bytes, birth_date: bytes) -> str:
    """Tells patients apart within one run of the program, and can be turned back into nothing."""
    who = patient_id or (name + b"|" + birth_date if name else b"")
    return hashlib.blake2b(who, digest_size=6, key=_SALT).hexdigest() if who else ""
