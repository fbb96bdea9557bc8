"""What an object itself says about whom it shows: the words that must not stand in anything that is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from pydicom import Dataset
from pydicom.multival import MultiValue

from napari_t12_bodycomp.dicom.deid_keys import is_of_dicom

DUMMY_DATE, DUMMY_WORD = "19000101", "REMOVED"
_IDS = ("PatientID", "AccessionNumber", "OtherPatientIDs", "StudyID")
_TELLING = frozenset({"PN", "DA", "UI", "LO", "SH"})
_DATE = re.compile(r"(19|20)\d{6}")
"""A date that moved may fall on another old one, which tells nothing."""
_UID = re.compile(r"[0-9.]+\.[0-9.]+")
_LONG_UID = re.compile(r"[0-9]\.[0-9]+\.[0-9.]{4}")
_NO_CHANCE = 6
"""Letters of a word that random bytes of a scan do not spell."""
_WITHIN = 4
"""Letters of a name that is looked for within longer words too."""
_ENCODINGS = ("utf-8", "latin-1", "utf-16-le")


@dataclass(frozen=True)
class Secrets:
    """The names, IDs, dates and UIDs of one object."""

    words: frozenset[str]

    @cached_property
    def _names(self) -> list[str]:
        """Without UIDs, so that the patterns are the same for a whole series."""
        return sorted(word for word in self.words if not _UID.fullmatch(word))

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        parts = [re.escape(w) if len(w) >= _WITHIN else rf"(?<![^\W_]){re.escape(w)}(?![^\W_])" for w in self._names]
        return re.compile("|".join(parts), re.IGNORECASE) if parts else None

    @cached_property
    def _as_words(self) -> re.Pattern[str] | None:
        parts = "|".join(map(re.escape, self._names))
        return re.compile(rf"(?<![^\W_])(?:{parts})(?![^\W_])", re.IGNORECASE) if parts else None

    @cached_property
    def _encoded(self) -> tuple[tuple[str, bytes], ...]:
        long = [word for word in self.words if len(word) >= _NO_CHANCE and not _DATE.fullmatch(word)]
        forms = {
            (word, form.encode(encoding, "ignore").lower())
            for word in long
            for form in (word, word.lower(), word.upper())
            for encoding in _ENCODINGS
        }
        return tuple(sorted((word, raw) for word, raw in forms if len(raw) >= _NO_CHANCE))

    def within(self, text: str) -> bool:
        """Whether `text` holds one of them, even within a longer word."""
        return (self._pattern is not None and bool(self._pattern.search(text))) or self._has_uid(text)

    def as_word(self, text: str) -> bool:
        """Whether one of them is a word of `text`."""
        return (self._as_words is not None and bool(self._as_words.search(text))) or self._has_uid(text)

    def _has_uid(self, text: str) -> bool:
        return bool(_LONG_UID.search(text)) and any(word in text for word in self.words)

    def is_one(self, text: str) -> bool:
        """Whether `text` as a whole is one of the longer ones."""
        return len(text) >= _NO_CHANCE and text in self.words

    def in_bytes(self, content: bytes, besides: str = "") -> bool:
        """Whether `content` holds one that is too long to turn up by chance and is no word of `besides`."""
        lowered, known = content.lower(), besides.lower()
        return any(raw in lowered and word.lower() not in known and _stands_alone(word, raw, lowered) for word, raw in self._encoded)


def _stands_alone(word: str, raw: bytes, content: bytes) -> bool:
    """Digits are looked for as a whole number: an ID of six zeros stands in many a coordinate."""
    return not word.isdigit() or bool(re.search(rb"(?<![0-9.])" + re.escape(raw) + rb"(?![0-9.])", content))


def secrets_of(dataset: Dataset) -> Secrets:
    """The secrets that `dataset` holds at any depth."""
    found: set[str] = set()
    for element in dataset.iterall():
        if element.VR not in _TELLING or element.tag.is_private or not element.value:
            continue
        texts = [str(v) for v in (element.value if isinstance(element.value, MultiValue) else [element.value])]
        if element.VR == "PN":
            found.update(part for text in texts for part in re.split(r"[\^=\s,\0]+", text) if len(part) >= 3)
        elif element.keyword in _IDS:
            found.update(text.strip() for text in texts if len(text.strip()) >= 3)
        elif element.VR in ("DA", "UI"):
            found.update(text for text in texts if len(text) >= 8 and not is_of_dicom(text))
    return Secrets(frozenset(text for text in found if text.upper() not in (DUMMY_WORD, DUMMY_DATE)))  # those are from an earlier time
