"""Whose pixels may show an identity: text burned in, pages, screens and reports are left out."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

from pydicom import Dataset, dcmread

from napari_t12_bodycomp.dicom.archive import MAX_MEMBER_BYTES, ByteSource
from napari_t12_bodycomp.dicom.enhanced import ENHANCED_CT
from napari_t12_bodycomp.dicom.headers import SliceHeader, read_header
from napari_t12_bodycomp.dicom.refuse import CT_IMAGE

_SCREENS = {"SCREEN SAVE", "SCREENSAVE", "DOSE_INFO", "DOSE", "CSA REPORT", "PROTOCOL", "REPORT", "VRT", "RENDERING"}
NOT_DICOM, LOCALIZER = "no DICOM object", "localizer"


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A file that may be de-identified: `why_not` is "" where it may be taken, `is_doubtful` where text may be burned in and nobody says so."""

    data: bytes
    why_not: str
    is_doubtful: bool = False


def candidate(source: ByteSource, with_localizers: bool) -> Candidate:
    """What `source` holds, and why it is left out."""
    header = read_header(source)
    if header is None:
        return Candidate(b"", NOT_DICOM)
    data = source.read(0, MAX_MEMBER_BYTES)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = dcmread(io.BytesIO(data), stop_before_pixels=True, force=True)
            why = _why_not(header, dataset, with_localizers)
            derived = bool({"DERIVED", "SECONDARY"} & set(header.image_type))
            return Candidate(data, why, derived and dataset.get("BurnedInAnnotation") != "NO")
    except Exception:  # pydicom meets broken bytes with many kinds of error
        return Candidate(b"", "header that cannot be read")


def _why_not(header: SliceHeader, dataset: Dataset, with_localizers: bool) -> str:
    if header.modality != "CT" or (header.sop_class and header.sop_class != CT_IMAGE and header.sop_class not in ENHANCED_CT):
        return "no CT image (report, capture, segmentation or the like)"
    if str(dataset.get("BurnedInAnnotation", "")).upper() == "YES":
        return "text burned into the pixels, as the header says"
    if header.samples != 1 or header.bits_allocated < 16 or _SCREENS & set(header.image_type):
        return "picture of a screen or a page"
    if any(0x6000 <= tag.group <= 0x60FF and tag.element == 0x0102 and dataset[tag].value for tag in dataset.keys()):  # noqa: SIM118 - a data set iterates over its elements
        return "drawing in the unused bits of the pixels"
    if "LOCALIZER" in header.image_type or "SCOUT" in header.image_type:
        return "" if with_localizers else LOCALIZER
    if header.sop_class not in ENHANCED_CT and (header.position_mm is None or header.orientation is None):
        return "image without a place in the patient (a page or a screen)"
    return ""
