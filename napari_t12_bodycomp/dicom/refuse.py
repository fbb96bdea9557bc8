"""Why a stack must not be measured, from its headers: one sentence each, "" where nothing speaks against it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.dicom.enhanced import ENHANCED_CT
from napari_t12_bodycomp.dicom.geometry import orientation_name
from napari_t12_bodycomp.dicom.headers import SliceHeader
from napari_t12_bodycomp.dicom.upright import why_not_upright

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
MAX_SPACING_MM = 20.0
"""Slices further apart than most vertebral bodies are high cannot show which one is the middle of T12."""
_NOT_IMAGES = {
    "SEG": "a segmentation",
    "SR": "a structured report",
    "RTSTRUCT": "a set of contours",
    "RTDOSE": "a radiotherapy dose",
    "RTPLAN": "a radiotherapy plan",
    "PR": "a presentation state",
    "KO": "a list of key images",
    "REG": "a registration",
    "DOC": "a document",
    "SC": "a secondary capture",
    "OT": "a secondary capture or a page of text",
}
_HU_TYPES = {"", "HU", "US", "HOUNSFIELD", "HOUNSFIELD UNIT", "HOUNSFIELD UNITS", "HOUNDSFIELD UNIT", "HOUNSFIELD_UNIT"}
_MAPS = {"PERFUSION", "RCBF", "RCBV", "CBF", "CBV", "MTT", "TTP", "RCCBF", "IODINE", "Z_EFF", "VNC", "VUE", "MATERIAL", "DE_MAP"}
MAX_SIDE = 8192
"""No CT image has more rows or columns; a damaged header may say so."""
_PROJECTIONS = {"MIP", "MINIP", "MIN_IP", "MAX_IP", "MAXIMUM", "MINIMUM", "PROJECTION IMAGE", "VRT", "RENDERING", "SSD", "3D"}
_WORD = re.compile(r"[A-Z0-9_]+")
_PLAIN_WORDS = {"MIP", "MINIP", "VRT", "SSD", "VNC", "VUE"}
"""Of the words above, those that mean nothing else in a description."""


def _shown(value: str) -> str:
    """A header's code for a message; a damaged header may hold anything there, a name too, which is not repeated."""
    plain = value.isascii() and all(c.isalnum() or c in " _-" for c in value) and len(value) <= 16
    return (value or "not given") if plain else "not readable"


def refusal(headers: Sequence[SliceHeader], places_mm: npt.NDArray[np.float64]) -> str:
    """Why the stack `headers`, at increasing and different `places_mm` (LPS z), must not be measured; "" where it may be."""
    first = headers[0]
    return _not_ct(first) or _not_hu(headers) or _not_a_volume(headers, places_mm)


def _not_ct(first: SliceHeader) -> str:
    if first.modality in _NOT_IMAGES:
        claims = ", although its SOP class says CT image" if first.sop_class == CT_IMAGE else ""
        return f"A CT series is wanted, this one is {_NOT_IMAGES[first.modality]} ({first.modality}){claims}: choose a CT series."
    if first.modality != "CT" and not (first.modality == "" and first.sop_class in (CT_IMAGE, *ENHANCED_CT)):
        return f"A CT series is wanted, the modality of this one is {_shown(first.modality)}: choose a CT series."
    if first.sop_class and first.sop_class != CT_IMAGE and first.sop_class not in ENHANCED_CT:
        return "CT images are wanted, this series holds another kind of object (a capture, a report or a page of text): choose a CT series."
    if "LOCALIZER" in first.image_type or "SCOUT" in first.image_type or "TOPOGRAM" in first.description.upper():
        return "Axial CT slices are wanted, this series is a localizer (a projection): choose the axial series."
    if first.samples != 1 or not first.photometric.startswith("MONOCHROME"):
        return "CT values are wanted, this series holds colour pictures: choose the original CT series."
    if first.rows < 16 or first.columns < 16:
        return "CT images of at least 16 x 16 pixels are wanted, this object has none: choose a CT series."
    if max(first.rows, first.columns) > MAX_SIDE:
        return f"CT images of at most {MAX_SIDE} x {MAX_SIDE} pixels are wanted, the header says more: export the scan again."
    kinds = _kinds(first)
    if _MAPS & kinds:
        return "CT values are wanted, this series holds a computed map (such as perfusion or iodine): choose the original series."
    if _PROJECTIONS & kinds:
        return "Plain CT slices are wanted, this series holds projections or renderings without true CT values: choose the original series."
    return ""


def _kinds(header: SliceHeader) -> set[str]:
    """What the image type calls the images, word by word too; of images computed from others also what their description says they are."""
    kinds = {*header.image_type, *_words(" ".join(header.image_type))}
    if "DERIVED" in kinds:
        kinds |= _words(header.description) & _PLAIN_WORDS
    return kinds


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.upper()))


def _not_hu(headers: Sequence[SliceHeader]) -> str:
    first = headers[0]
    if first.bits_allocated != 16:
        return f"16-bit CT values are wanted, {first.bits_allocated}-bit pixels (a picture) came: choose the original CT series."
    if first.high_bit != first.bits_stored - 1 or not 1 <= first.bits_stored <= 16:
        return "Pixels in the low bits of 16 are wanted, the headers say something else: export the original CT images again."
    if any(h.slope is None or h.intercept is None or h.slope == 0 for h in headers):
        return "Rescale slope and intercept are wanted to get Hounsfield units, the headers lack them: export the original CT images again."
    odd = next((h.rescale_type for h in headers if h.rescale_type not in _HU_TYPES), "")
    if odd:
        return f"Hounsfield units are wanted, the values of this series are {_shown(odd)!r}: choose a series in HU."
    return ""


def _not_a_volume(headers: Sequence[SliceHeader], places_mm: npt.NDArray[np.float64]) -> str:
    first = headers[0]
    if first.n_frames > 1 and (first.sop_class not in ENHANCED_CT or first.position_mm is None):
        return "A position for every frame is wanted, this multi-frame object gives none: export the scan as classic CT images."
    if any(h.position_mm is None or h.orientation is None or h.pixel_spacing_mm is None for h in headers):
        return (
            "Position, orientation and pixel spacing of every slice are wanted, the headers lack them: export the original CT images again."
        )
    if any(min(h.pixel_spacing_mm or (0,)) <= 0 or max(h.pixel_spacing_mm or (0,)) > 10 for h in headers):
        return "A pixel spacing between 0 and 10 mm is wanted, the headers say something else: export the original CT images again."
    name = orientation_name(first.orientation)
    if name not in ("axial", "tilted"):
        said = f"{name} reformats" if name else "images of unknown orientation"
        return f"Axial slices are wanted, this series holds {said}: choose the axial series."
    if len(headers) == 1:
        return "A stack of axial slices is wanted, one slice only came: give the folder that holds the whole series."
    if len(places_mm) == 1:
        return f"A stack of axial slices is wanted, {len(headers)} images of one place came (bolus timing?): choose the scan itself."
    spacing_mm = float(np.median(np.diff(places_mm)))
    if spacing_mm > MAX_SPACING_MM:
        return (
            f"Neighbouring slices are wanted, these {len(places_mm)} lie {spacing_mm:.0f} mm apart (stray slices): choose the scan itself."
        )
    return why_not_upright(headers, places_mm) if name == "tilted" else ""
