"""What happens to each attribute: PS3.15 Table E.1-1 (as dicom-anonymizer carries it) with the options that measurement needs.

The table names what must go. Words that it does not name go too, unless a list here says that they may stay and in what form: anything may have
been typed into a field of text.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache
from types import ModuleType

from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_for_tag, tag_for_keyword
from pydicom.tag import BaseTag

TABLE = "2026c"


class Action(StrEnum):
    """The word in the report."""

    KEPT = "kept"
    WAS_EMPTY = "empty already"
    REMOVED = "removed"
    EMPTIED = "emptied"
    REPLACED = "replaced"
    NEW_UID = "new UID"
    SHIFTED = "date shifted"
    TIME = "time of day kept"
    PSEUDONYM = "pseudonym"
    CLEANED = "cleaned"
    CODE = "code, its meaning from the standard"
    OLDEST = "kept, 90 and over as 90"


_OWN = {
    "PatientID": Action.PSEUDONYM,
    "PatientName": Action.PSEUDONYM,
    "PatientSex": Action.KEPT,
    "PatientSize": Action.KEPT,
    "PatientWeight": Action.KEPT,
    "PatientAge": Action.OLDEST,
    "StudyDescription": Action.CLEANED,
    "SeriesDescription": Action.CLEANED,
    "ProtocolName": Action.CLEANED,
    "ContrastBolusAgent": Action.CLEANED,
    "ContrastBolusRoute": Action.CLEANED,
    "WindowCenterWidthExplanation": Action.CLEANED,
    "CodeValue": Action.CODE,
    "CodingSchemeDesignator": Action.CODE,
    "CodeMeaning": Action.CODE,
    "SegmentLabel": Action.REPLACED,
    "SegmentAlgorithmName": Action.REPLACED,
}
"""Retain Patient Characteristics, as far as indices need them, and Clean Descriptors, as far as the choice of a series needs them."""

_BY_LIST = {
    "D_TAGS": Action.REPLACED,
    "Z_TAGS": Action.EMPTIED,
    "X_TAGS": Action.REMOVED,
    "U_TAGS": Action.NEW_UID,
    "Z_D_TAGS": Action.REPLACED,
    "X_Z_TAGS": Action.EMPTIED,
    "X_D_TAGS": Action.REPLACED,
    "X_Z_D_TAGS": Action.REPLACED,
    "X_Z_U_STAR_TAGS": Action.KEPT,  # a sequence of references, whose UIDs are replaced where they stand
}
"""Where the table leaves a choice by type, the weaker action: it suits every type."""

_NAME_OF_A_THING = re.compile(r"[A-Za-z0-9 ._,/()&+-]{1,64}")
_SHORT = re.compile(r"[A-Za-z0-9 ._/+-]{1,16}")
WORD_FORMS = {
    "Manufacturer": _NAME_OF_A_THING,
    "ManufacturerModelName": _NAME_OF_A_THING,
    "ConvolutionKernel": _SHORT,
    "FilterType": _SHORT,
    "RescaleType": re.compile(r"HU|US|PCT|MGML|Z_EFF|ED|EDW|HU_MOD|(HOUNSFIELD|HOUNDSFIELD)[ _]?(UNITS?)?", re.IGNORECASE),
    "StackID": re.compile(r"\d{1,4}"),
    "PatientSex": re.compile(r"[MFO]?", re.IGNORECASE),
}
"""The free words that may stay, and in what form: makers, models and kernels come from the scanner, not from a keyboard."""
CODE_STRING = re.compile(r"[A-Za-z0-9 ._/+-]{0,16}")

_TEXT = frozenset({"AE", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
_BINARY = frozenset({"OB", "OB or OW", "OD", "OF", "OL", "OV", "OW", "UN"})
_KINDS = {
    **dict.fromkeys(_TEXT | {"CS", "AS"}, "words"),
    **dict.fromkeys(_BINARY, "bytes"),
    **dict.fromkeys(("DS", "IS", "FL", "FD", "US", "SS", "UL", "SL", "UV", "SV", "US or SS", "US or SS or OW"), "number"),
    **dict.fromkeys(("DA", "DT", "TM"), "date"),
}
PIXEL_DATA = 0x7FE00010


@cache
def _table() -> dict[int, Action]:
    from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c

    lists: ModuleType = dicomfields_2026c
    rules = {tag[0] << 16 | tag[1]: action for name, action in _BY_LIST.items() for tag in getattr(lists, name) if len(tag) == 2}
    return rules | {tag: action for keyword, action in _OWN.items() if (tag := tag_for_keyword(keyword)) is not None}


@cache
def action_for(tag: BaseTag, vr: str, shift_dates: bool, keep_times: bool = False) -> Action:
    """What is to be done with an element; of a sequence that is kept, the items' own elements are asked for."""
    if tag.is_private or tag.group <= 2 or not dictionary_has_tag(tag) or tag.element == 0 or _is_repeated(tag) or not _is_of_kind(tag, vr):
        return Action.REMOVED
    listed = _table().get(int(tag))
    if vr in ("DA", "DT"):
        is_kept = listed in (None, Action.REPLACED) or int(tag) in _SCAN_DATES
        return Action.SHIFTED if shift_dates and is_kept else listed or Action.EMPTIED
    if vr == "TM":
        is_kept = listed in (None, Action.REPLACED) or int(tag) in _SCAN_TIMES
        return Action.TIME if shift_dates and keep_times and is_kept else listed or Action.EMPTIED
    if vr == "UI":
        return listed if listed is Action.REMOVED else Action.NEW_UID
    if listed is not None:
        return listed
    if vr in _BINARY:
        return Action.KEPT if tag == PIXEL_DATA else Action.REMOVED
    may_stay = (vr not in _TEXT and vr != "AS") or keyword_for_tag(tag) in WORD_FORMS
    return Action.KEPT if may_stay else Action.EMPTIED


_SCAN_DATES = frozenset(tag for word in ("StudyDate", "AcquisitionDate") if (tag := tag_for_keyword(word)) is not None)
"""Dates that the basic profile empties and that the option of modified dates keeps; the birth date is none of them."""
_SCAN_TIMES = frozenset(tag for word in ("StudyTime", "AcquisitionTime") if (tag := tag_for_keyword(word)) is not None)


def _is_of_kind(tag: BaseTag, vr: str) -> bool:
    """Whether the value is of the kind that the dictionary promises, so that its rule can be trusted."""
    promised = dictionary_VR(tag)
    return _KINDS.get(promised, promised) == _KINDS.get(vr, vr) or (vr in ("US", "SS", "OW") and " or " in promised)


def is_text(vr: str) -> bool:
    """Whether the value is words that anything may have been typed into."""
    return vr in _TEXT


def _is_repeated(tag: BaseTag) -> bool:
    """Curves (50xx) and overlays (60xx), which hold drawings and words of their own."""
    return 0x5000 <= tag.group <= 0x50FF or 0x6000 <= tag.group <= 0x60FF
