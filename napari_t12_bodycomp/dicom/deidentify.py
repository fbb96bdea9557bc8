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
_DATE = re.compile(r"(19|20)\d{6}")
"""A date that moved may fall on another old one, which tells nothing."""
_NO_CHANCE = 6
"""Letters of a word that random bytes of a scan do not spell."""
_FORMS = {"DS": re.compile(r"|[-+.\deE]+"), "IS": re.compile(r"|[-+.\deE]+")}
_METHODS = {
    "113100": "Basic Application Confidentiality Profile",
    "113105": "Clean Descriptors Option",
    "113108": "Retain Patient Characteristics Option",
}
_SHIFT_METHOD = ("113107", "Retain Longitudinal Temporal Information Modified Dates Option")


class StillThereError(Exception):
    """A name, ID, date or UID stands in the finished bytes all the same: within the stream of the pixels, where nothing is changed."""


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
    """`data` (a DICOM file) without its identity.

    Raises
    ------
    StillThereError
        Where the pixels' stream itself holds a name or the like, as a comment in it may.
    Exception
        Whatever pydicom meets in broken bytes, as it comes.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = dcmread(BytesIO(data), force=True)
        secrets = _secrets(dataset)
        work = _Work(keys, patient_of(dataset), shift_dates, _pattern(secrets))
        made = work.cleaned(dataset)
        _sign(made, keys, work)
        made.file_meta = _meta(dataset, made)
        file = BytesIO()
        made.save_as(file, enforce_file_format=True)
    content = file.getvalue()
    if _held_in(content, secrets):
        raise StillThereError
    return Cleaned(
        content,
        keys.pseudonym(work.patient),
        str(made.get("StudyInstanceUID", "")),
        str(made.get("SeriesInstanceUID", "")),
        str(made.SOPInstanceUID),
        work.deeds,
    )


def _secrets(dataset: Dataset) -> frozenset[str]:
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
    return frozenset(text for text in found if text.upper() not in (_DUMMY_WORD, _DUMMY_DATE))  # those are from an earlier time


def _pattern(words: frozenset[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in sorted(words)), re.IGNORECASE) if words else None


def _held_in(content: bytes, secrets: frozenset[str]) -> bool:
    """Whether `content` holds one of `secrets` that is too long to turn up by chance, byte by byte."""
    lowered = content.lower()
    return any(
        word.lower().encode("utf-8", "replace") in lowered for word in secrets if len(word) >= _NO_CHANCE and not _DATE.fullmatch(word)
    )


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
            return (action, element) if self._may_stay(element) else (Action.EMPTIED, _with(element, ""))
        if not element.value and element.value != 0:
            return Action.WAS_EMPTY, element
        value = self._value(element, action)
        if value == element.value:
            return Action.KEPT, element
        return (Action.REMOVED, None) if value is None else (action, _with(element, value))

    def _may_stay(self, element: DataElement) -> bool:
        """Whether a value that is kept is what its kind promises: numbers are numbers, and no words hold a secret."""
        text = _joined(element.value)
        if form := _FORMS.get(element.VR):
            return all(form.fullmatch(part.strip()) for part in text.split("\\"))
        return not (is_text(element.VR) or element.VR == "CS") or self.secrets is None or not self.secrets.search(text)

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
                words = cleaned_agent(text) if element.keyword == "ContrastBolusAgent" else cleaned(text)
                return "" if self.secrets is not None and self.secrets.search(words) else words
            case Action.OLDEST:
                return _age(text)
        dummy = {"DA": _DUMMY_DATE, "DT": _DUMMY_DATE, "TM": _DUMMY_TIME}
        return dummy.get(element.VR) or (_DUMMY_WORD if is_text(element.VR) or element.VR == "CS" else None)


def _age(text: str) -> str:
    """An age as DICOM writes it, 90 years and over as 90; "" where it is none."""
    if not re.fullmatch(r"\d{1,3}[DWMY]?", text.strip(), re.IGNORECASE):
        return ""
    return "090Y" if text.strip()[-1:].upper() not in ("D", "W", "M") and int(text.strip().rstrip("yY")) > 89 else text


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
