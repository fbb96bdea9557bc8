"""Which objects are taken: CT images whose pixels hardly show a name; pictures, screens and pages only where they are asked for."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from enum import StrEnum

from pydicom import Dataset, dcmread

from napari_t12_bodycomp.dicom.archive import MAX_MEMBER_BYTES, ByteSource
from napari_t12_bodycomp.dicom.enhanced import ENHANCED_CT
from napari_t12_bodycomp.dicom.headers import DICOMDIR, SliceHeader, read_header
from napari_t12_bodycomp.dicom.refuse import CT_IMAGE

_SCREENS = {"SCREEN SAVE", "SCREENSAVE", "DOSE_INFO", "DOSE", "CSA REPORT", "PROTOCOL", "REPORT", "VRT", "RENDERING"}
_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_ULTRASOUND = ("1.2.840.10008.5.1.4.1.1.6", "1.2.840.10008.5.1.4.1.1.3")
_OUTLINES = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.481.3")
_HEAD = 4096


class Left(StrEnum):
    """Why a file is left out, as the report says it."""

    NOT_DICOM = "no DICOM object"
    DIRECTORY = "DICOMDIR, a list of files"
    DAMAGED = "damaged, cannot be read as DICOM"
    UNREADABLE = "cannot be opened"
    CUT_SHORT = "damaged, pixels are missing"
    IN_STREAM = "name, ID or the like within the stream of the pixels"
    NO_CT = "no CT image (report, document, other modality or the like)"
    OUTLINES = "segmentation or contours (--with-regions takes them)"
    LOCALIZER = "localizer (--with-localizers takes them)"
    BURNED_IN = "picture: text burned into the pixels, as the header says (--with-pictures takes it)"
    CAPTURE = "picture: secondary capture (--with-pictures takes it)"
    ULTRASOUND = "picture: ultrasound, names are often burned in (--with-pictures takes it)"
    SCREEN = "picture: a screen or a page (--with-pictures takes it)"
    UNUSED_BITS = "picture: drawing in the unused bits of the pixels (--with-pictures takes it)"
    NO_PLACE = "picture: image without a place in the patient, a page or a screen (--with-pictures takes it)"

    @property
    def is_failure(self) -> bool:
        """Whether the file may have been wanted: whoever waits for the scan has to know."""
        return self in (Left.DAMAGED, Left.UNREADABLE, Left.CUT_SHORT, Left.IN_STREAM)

    @property
    def is_picture(self) -> bool:
        """Whether the pixels are what speaks against it."""
        return self.value.startswith("picture: ")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is taken besides CT images."""

    localizers: bool = False
    pictures: bool = False
    regions: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A file that may be de-identified: `why_not` is None where it may be taken, `is_doubtful` where text may be burned in and nobody says so.

    `is_picture` where it is taken on request although its pixels may show a name; `header` as far as it could be read.
    """

    data: bytes
    why_not: Left | None
    is_doubtful: bool = False
    is_picture: bool = False
    header: SliceHeader | None = None


def candidate(source: ByteSource, wishes: Wishes) -> Candidate:
    """What `source` holds, and why it is left out."""
    header = read_header(source)
    if header is None:
        return Candidate(b"", _no_header(source))
    data = source.read(0, MAX_MEMBER_BYTES)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = dcmread(io.BytesIO(data), stop_before_pixels=True, force=True)
            why = _why_not(header, dataset)
    except Exception:  # pydicom meets broken bytes with many kinds of error
        return Candidate(b"", Left.DAMAGED)
    if why is not None and not _is_wanted(why, wishes):
        return Candidate(b"", why)
    derived = bool({"DERIVED", "SECONDARY"} & set(header.image_type)) and header.sop_class not in _OUTLINES
    return Candidate(data, None, derived and dataset.get("BurnedInAnnotation") != "NO", why is not None and why.is_picture, header)


def _is_wanted(why: Left, wishes: Wishes) -> bool:
    return (
        (why.is_picture and wishes.pictures) or (why is Left.LOCALIZER and wishes.localizers) or (why is Left.OUTLINES and wishes.regions)
    )


def _no_header(source: ByteSource) -> Left:
    head = source.head(_HEAD)
    if head[128:132] != b"DICM":
        return Left.NOT_DICOM if head.strip(b"\0") else Left.DAMAGED
    return Left.DIRECTORY if DICOMDIR.encode() in head else Left.DAMAGED


def _why_not(header: SliceHeader, dataset: Dataset) -> Left | None:
    if header.sop_class in _OUTLINES:
        return Left.OUTLINES
    if header.sop_class == _CAPTURE or header.sop_class.startswith(f"{_CAPTURE}."):
        return Left.CAPTURE
    if header.sop_class.startswith(_ULTRASOUND):
        return Left.ULTRASOUND
    if header.modality != "CT" or (header.sop_class and header.sop_class != CT_IMAGE and header.sop_class not in ENHANCED_CT):
        return Left.NO_CT
    if header.rows == 0 or header.columns == 0:
        return Left.CUT_SHORT
    return _why_picture(header, dataset) or (Left.LOCALIZER if _is_localizer(header) else None) or _why_no_place(header)


def _why_picture(header: SliceHeader, dataset: Dataset) -> Left | None:
    if str(dataset.get("BurnedInAnnotation", "")).upper() == "YES":
        return Left.BURNED_IN
    if header.samples != 1 or header.bits_allocated < 16 or _SCREENS & set(header.image_type):
        return Left.SCREEN
    if any(0x6000 <= tag.group <= 0x60FF and tag.element == 0x0102 and dataset[tag].value for tag in dataset.keys()):  # noqa: SIM118 - a data set iterates over its elements
        return Left.UNUSED_BITS
    return None


def _is_localizer(header: SliceHeader) -> bool:
    return "LOCALIZER" in header.image_type or "SCOUT" in header.image_type or "TOPOGRAM" in header.description.upper()


def _why_no_place(header: SliceHeader) -> Left | None:
    if header.sop_class not in ENHANCED_CT and (header.position_mm is None or header.orientation is None):
        return Left.NO_PLACE
    return None
