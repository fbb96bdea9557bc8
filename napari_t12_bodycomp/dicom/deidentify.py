"""One DICOM object without its identity: every attribute at every depth goes by the rules, and the pixels stay as they are, byte for byte."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from pydicom import Dataset, dcmread
from pydicom.datadict import keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import FileMetaDataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.uid import UID, CTImageStorage, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from napari_t12_bodycomp import __version__
from napari_t12_bodycomp.dicom.deid_keys import Keys, patient_of
from napari_t12_bodycomp.dicom.deid_rules import Action, action_for, is_text
from napari_t12_bodycomp.dicom.deid_words import cleaned, cleaned_agent
from napari_t12_bodycomp.dicom.result_uids import uid_of

Deeds = Counter[tuple[str, str, str]]
"""How often what was done: by tag, keyword and action."""
_DUMMY_DATE, _DUMMY_TIME, _DUMMY_WORD = "19000101", "000000", "REMOVED"
_SIGNATURE = (
    "PatientIdentityRemoved",
    "DeidentificationMethod",
    "DeidentificationMethodCodeSequence",
    "LongitudinalTemporalInformationModified",
)
_IDS = ("PatientID", "AccessionNumber", "OtherPatientIDs", "StudyID")
_METHODS = {
    "113100": "Basic Application Confidentiality Profile",
    "113105": "Clean Descriptors Option",
    "113108": "Retain Patient Characteristics Option",
}
_SHIFT_METHOD = ("113107", "Retain Longitudinal Temporal Information Modified Dates Option")


@dataclass(frozen=True, slots=True, eq=False)
class Cleaned:
    """A de-identified object as a file, where it belongs, and what was done to it; no old value is in here."""

    content: bytes
    patient: str
    study_uid: str
    series_uid: str
    sop_uid: str
    deeds: Deeds


def deidentified(data: bytes, keys: Keys, shift_dates: bool = True) -> Cleaned:
    """`data` (a DICOM file) without its identity. Whatever pydicom meets in broken bytes is raised as it comes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = dcmread(BytesIO(data), force=True)
        work = _Work(keys, patient_of(dataset), shift_dates, _secrets(dataset))
        made = work.cleaned(dataset)
        _sign(made, keys, work)
        made.file_meta = _meta(dataset, made)
        file = BytesIO()
        made.save_as(file, enforce_file_format=True)
    return Cleaned(
        file.getvalue(),
        keys.pseudonym(work.patient),
        str(made.get("StudyInstanceUID", "")),
        str(made.get("SeriesInstanceUID", "")),
        str(made.SOPInstanceUID),
        work.deeds,
    )


def _secrets(dataset: Dataset) -> re.Pattern[str] | None:
    """What must not stand in any text that is kept: names, IDs, dates and UIDs of this object."""
    found: set[str] = set()
    for element in dataset.iterall():
        if element.tag.is_private or element.value in (None, "", b""):
            continue
        texts = [str(v) for v in (element.value if isinstance(element.value, MultiValue) else [element.value])]
        if element.VR == "PN":
            found.update(part for text in texts for part in re.split(r"[\^=\s,]+", text) if len(part) >= 3)
        elif element.keyword in _IDS:
            found.update(text.strip() for text in texts if len(text.strip()) >= 3)
        elif element.VR in ("DA", "UI"):
            found.update(text for text in texts if len(text) >= 8 and not text.startswith("1.2.840.10008."))
    return re.compile("|".join(rf"(?<!\w){re.escape(text)}(?!\w)" for text in sorted(found)), re.IGNORECASE) if found else None


@dataclass(slots=True)
class _Work:
    keys: Keys
    patient: str
    shift_dates: bool
    secrets: re.Pattern[str] | None
    deeds: Deeds = field(default_factory=Counter)

    def cleaned(self, dataset: Dataset) -> Dataset:
        """A new data set with what stays of `dataset`."""
        made = Dataset()
        for element in dataset:
            action, kept = self._done(element)
            if kept is not None:
                made.add(kept)
            private = element.tag.is_private
            tag = "private" if private else f"({element.tag.group:04X},{element.tag.element:04X})"
            self.deeds[tag, "" if private else keyword_for_tag(element.tag), action.value] += 1
        return made

    def _done(self, element: DataElement) -> tuple[Action, DataElement | None]:
        action = action_for(element.tag, element.VR, self.shift_dates)
        if action is Action.REMOVED:
            return action, None
        if element.VR == "SQ":
            return self._sequence(element, action)
        if action is Action.KEPT:
            if is_text(element.VR) and self.secrets is not None and self.secrets.search(_joined(element.value)):
                return Action.EMPTIED, _with(element, "")
            return action, element
        if not element.value and element.value != 0:
            return Action.WAS_EMPTY, element
        value = self._value(element, action)
        if value == element.value:
            return Action.KEPT, element
        return (Action.REMOVED, None) if value is None else (action, _with(element, value))

    def _sequence(self, element: DataElement, action: Action) -> tuple[Action, DataElement | None]:
        if action is Action.REPLACED:
            return Action.REMOVED, None
        items = [] if action is Action.EMPTIED else [self.cleaned(item) for item in element.value]
        return action, DataElement(element.tag, "SQ", Sequence(items))

    def _value(self, element: DataElement, action: Action) -> Any:
        """The new value; None where the element has to go."""
        text = _joined(element.value)
        match action:
            case Action.EMPTIED:
                return "" if element.VR not in ("US", "SS", "UL", "SL", "FL", "FD", "AT") else None
            case Action.NEW_UID:
                return [self.keys.uid(str(uid)) for uid in element.value] if isinstance(element.value, MultiValue) else self.keys.uid(text)
            case Action.SHIFTED:
                moved = [self.keys.date(part, self.patient) for part in text.split("\\")]
                return "\\".join(moved) if all(moved) else ""
            case Action.PSEUDONYM:
                return self.keys.pseudonym(self.patient)
            case Action.CLEANED:
                return cleaned_agent(text) if element.keyword == "ContrastBolusAgent" else cleaned(text)
            case Action.OLDEST:
                return "090Y" if text[-1:].upper() == "Y" and text[:-1].isdigit() and int(text[:-1]) > 89 else text
        dummy = {"DA": _DUMMY_DATE, "DT": _DUMMY_DATE, "TM": _DUMMY_TIME}
        return dummy.get(element.VR) or (_DUMMY_WORD if is_text(element.VR) or element.VR == "CS" else None)


def _joined(value: Any) -> str:
    return "\\".join(map(str, value)) if isinstance(value, MultiValue | list) else str(value or "")


def _with(element: DataElement, value: Any) -> DataElement:
    return DataElement(element.tag, element.VR, value)


def _sign(made: Dataset, keys: Keys, work: _Work) -> None:
    """Say that the identity is gone, and how."""
    methods = dict(_METHODS, **dict([_SHIFT_METHOD] if work.shift_dates else []))
    for keyword in _SIGNATURE:  # an earlier one may stand there, with whatever VR
        if keyword in made:
            del made[keyword]
    made.PatientIdentityRemoved = "YES"
    made.DeidentificationMethod = f"napari-t12-bodycomp {__version__}"
    made.DeidentificationMethodCodeSequence = [_code(value, meaning) for value, meaning in sorted(methods.items())]
    made.LongitudinalTemporalInformationModified = "MODIFIED" if work.shift_dates else "REMOVED"
    made.PatientID = made.PatientName = keys.pseudonym(work.patient)
    if not made.get("SOPClassUID"):
        made.SOPClassUID = CTImageStorage
    if not made.get("SOPInstanceUID"):
        made.SOPInstanceUID = keys.uid(f"no UID|{made.get('SeriesInstanceUID', '')}|{made.get('InstanceNumber', '')}")


def _code(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
    return item


def _meta(dataset: Dataset, made: Dataset) -> FileMetaDataset:
    """File meta of our own: the old one names instance, station and program."""
    old = getattr(dataset, "file_meta", None)
    syntax = old.get("TransferSyntaxUID") if old is not None else None
    if not syntax:
        implicit, little = dataset.original_encoding
        syntax = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian if little is not False else ExplicitVRBigEndian
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = made.SOPClassUID, made.SOPInstanceUID
    meta.TransferSyntaxUID = UID(str(syntax))
    meta.ImplementationClassUID = UID(uid_of("implementation"))
    meta.ImplementationVersionName = f"T12BC {__version__}"[:16]
    return meta
