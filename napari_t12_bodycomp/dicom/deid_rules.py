"""What happens to each attribute: PS3.15 Table E.1-1 (as dicom-anonymizer carries it) with the options that measurement needs."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from types import ModuleType

from pydicom.datadict import dictionary_has_tag, tag_for_keyword
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
    PSEUDONYM = "pseudonym"
    CLEANED = "cleaned"
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
_TEXT = frozenset({"AE", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
_BINARY = frozenset({"OB", "OB or OW", "OD", "OF", "OL", "OV", "OW", "UN"})
_PIXEL_GROUPS = frozenset({0x0028, 0x7FE0})


@cache
def _table() -> dict[int, Action]:
    from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c

    lists: ModuleType = dicomfields_2026c
    rules = {tag[0] << 16 | tag[1]: action for name, action in _BY_LIST.items() for tag in getattr(lists, name) if len(tag) == 2}
    return rules | {tag: action for keyword, action in _OWN.items() if (tag := tag_for_keyword(keyword)) is not None}


def action_for(tag: BaseTag, vr: str, shift_dates: bool) -> Action:
    """What is to be done with an element; of a sequence that is kept, the items' own elements are asked for."""
    if tag.is_private or not dictionary_has_tag(tag) or tag.element == 0 or _is_repeated(tag):
        return Action.REMOVED
    listed = _table().get(int(tag))
    if vr in ("DA", "DT"):
        is_kept = listed in (None, Action.REPLACED) or int(tag) in _SCAN_DATES
        return Action.SHIFTED if shift_dates and is_kept else listed or Action.EMPTIED
    if vr == "TM":
        return listed or Action.EMPTIED
    if vr == "UI":
        return listed if listed is Action.REMOVED else Action.NEW_UID
    if listed is not None:
        return listed
    if vr == "PN":
        return Action.EMPTIED
    return Action.REMOVED if vr in _BINARY and tag.group not in _PIXEL_GROUPS else Action.KEPT


_SCAN_DATES = frozenset(tag for word in ("StudyDate", "AcquisitionDate") if (tag := tag_for_keyword(word)) is not None)
"""Dates that the basic profile empties and that the option of modified dates keeps; the birth date is none of them."""


def is_text(vr: str) -> bool:
    """Whether the value is words that anything may have been typed into."""
    return vr in _TEXT


def _is_repeated(tag: BaseTag) -> bool:
    """Curves (50xx) and overlays (60xx), which hold drawings and words of their own."""
    return 0x5000 <= tag.group <= 0x50FF or 0x6000 <= tag.group <= 0x60FF
