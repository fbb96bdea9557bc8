"""A data set element by element, at every depth: the rule says what is to be done, here it is done and counted."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from pydicom import Dataset
from pydicom.datadict import dictionary_VM, keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence

from napari_t12_bodycomp.dicom.deid_codes import cleaned_code, is_code
from napari_t12_bodycomp.dicom.deid_keys import Keys, time_of_day
from napari_t12_bodycomp.dicom.deid_numbers import is_plain_number, spells_words
from napari_t12_bodycomp.dicom.deid_rules import CODE_STRING, PIXEL_DATA, WORD_FORMS, Action, action_for, is_text
from napari_t12_bodycomp.dicom.deid_secrets import DUMMY_DATE, DUMMY_WORD, Secrets
from napari_t12_bodycomp.dicom.deid_words import cleaned, cleaned_agent

Deeds = Counter[tuple[str, str, str]]
"""How often what was done: by tag, keyword and action."""
_DUMMIES = {"DA": DUMMY_DATE, "DT": DUMMY_DATE, "TM": "000000"}


@dataclass(slots=True)
class Walk:
    """One object on its way: `shift_dates` moves them, else they go; `keep_times` leaves the time of day where dates are moved."""

    keys: Keys
    patient: str
    secrets: Secrets
    shift_dates: bool = True
    keep_times: bool = False
    deeds: Deeds = field(default_factory=Counter)

    def cleaned(self, dataset: Dataset) -> Dataset:
        """A new data set with what stays of `dataset`."""
        made = Dataset()
        code = cleaned_code(dataset) if is_code(dataset) else {}
        for element in dataset:
            action, kept = self._done(element, code)
            if kept is not None:
                made.add(kept)
            private = element.tag.is_private
            tag = "private" if private else f"({element.tag.group:04X},{element.tag.element:04X})"
            self.deeds[tag, "" if private else keyword_for_tag(element.tag), action.value] += 1
        return made

    def _done(self, element: DataElement, code: dict[str, str]) -> tuple[Action, DataElement | None]:
        action = action_for(element.tag, element.VR, self.shift_dates, self.keep_times)
        if action is Action.REMOVED:
            return action, None
        if element.VR == "SQ":
            return self._sequence(element, action)
        if action is Action.KEPT:
            return self._kept(element)
        if not element.value and element.value != 0:
            return Action.WAS_EMPTY, _with(element, "")
        value = self._value(element, action, code)
        if value == element.value and action not in (Action.REPLACED, Action.PSEUDONYM):
            return Action.KEPT, element
        return (Action.REMOVED, None) if value is None else (action, _with(element, value))

    def _kept(self, element: DataElement) -> tuple[Action, DataElement | None]:
        """What of a value may stay: numbers that are numbers, words in the form that they ought to have and without a secret, as many as there ought to be."""
        if element.tag == PIXEL_DATA:
            return Action.KEPT, element
        parts = list(element.value) if isinstance(element.value, MultiValue | list) else [element.value]
        most = dictionary_VM(element.tag).split("-")[-1]
        if isinstance(element.value, bytes):  # of two bytes each: "US or SS", where the reader cannot tell which
            return (Action.KEPT, element) if most.isdigit() and len(element.value) <= 2 * int(most) else (Action.REMOVED, None)
        if (most.isdigit() and len(parts) > int(most)) or spells_words(element.VR, parts):
            return Action.REMOVED, None
        if element.VR not in ("DS", "IS", "CS") and not is_text(element.VR):
            return Action.KEPT, element
        if all(self._may_stay(element, str(part if part is not None else "")) for part in parts):
            return Action.KEPT, element
        left = [str(part) if self._may_stay(element, str(part)) else "" for part in parts] if element.VR == "CS" else [""]
        return (Action.CLEANED if any(left) else Action.EMPTIED), _with(element, "\\".join(left))

    def _may_stay(self, element: DataElement, part: str) -> bool:
        text = part.strip()
        if element.VR in ("DS", "IS"):
            return is_plain_number(element.VR, text) and not self.secrets.is_one(text)
        if is_text(element.VR):
            form = WORD_FORMS[element.keyword]
            return not text or (bool(form.fullmatch(text)) and not self.secrets.within(text))
        form = WORD_FORMS.get(element.keyword, CODE_STRING)
        return bool(form.fullmatch(text)) and not self.secrets.as_word(text)

    def _sequence(self, element: DataElement, action: Action) -> tuple[Action, DataElement | None]:
        if action is Action.REPLACED:
            return Action.REMOVED, None
        items = [] if action is Action.EMPTIED else [self.cleaned(item) for item in element.value]
        for item in items:
            if PIXEL_DATA in item:  # an icon, which shows what the image showed once
                del item[PIXEL_DATA]
        return action, DataElement(element.tag, "SQ", Sequence(items))

    def _value(self, element: DataElement, action: Action, code: dict[str, str]) -> Any:
        """The new value; None where the element has to go."""
        text = _joined(element.value)
        match action:
            case Action.EMPTIED:
                return "" if element.VR not in ("US", "SS", "UL", "SL", "FL", "FD", "AT") else None
            case Action.NEW_UID:
                return [self.keys.uid(str(uid)) for uid in element.value] if isinstance(element.value, MultiValue) else self.keys.uid(text)
            case Action.SHIFTED:
                with_time = element.VR == "DT" and self.keep_times
                moved = [self.keys.date(part, self.patient, with_time) for part in text.split("\\")]
                return "\\".join(moved) if all(moved) else ""
            case Action.TIME:
                return "\\".join(time_of_day(part) for part in text.split("\\"))
            case Action.PSEUDONYM:
                return self.keys.pseudonym(self.patient)
            case Action.CLEANED:
                words = cleaned_agent(text) if element.keyword == "ContrastBolusAgent" else cleaned(text)
                return "" if self.secrets.as_word(words) else words
            case Action.CODE:
                word = code.get(element.keyword, DUMMY_WORD)
                return DUMMY_WORD if self.secrets.as_word(word) else word
            case Action.OLDEST:
                return _age(text)
        return _DUMMIES.get(element.VR) or (DUMMY_WORD if is_text(element.VR) or element.VR == "CS" else None)


def _age(text: str) -> str:
    """An age as DICOM writes it, 90 years and over as 90; "" where it is none."""
    if not re.fullmatch(r"\d{1,3}[DWMY]?", text.strip(), re.IGNORECASE):
        return ""
    return "090Y" if text.strip()[-1:].upper() not in ("D", "W", "M") and int(text.strip().rstrip("yY")) > 89 else text


def _joined(value: Any) -> str:
    return "\\".join(map(str, value)) if isinstance(value, MultiValue | list) else str(value or "")


def _with(element: DataElement, value: Any) -> DataElement:
    return DataElement(element.tag, element.VR, value)
