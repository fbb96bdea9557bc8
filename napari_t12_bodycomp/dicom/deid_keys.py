"""What takes the place of an identity: it follows from the original and a secret key, so that visits stay linked and nobody else can follow it back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import uuid
from dataclasses import dataclass
from datetime import date, timedelta

from pydicom import Dataset
from pydicom.config import IGNORE
from pydicom.uid import UID

MIN_KEY_BYTES = 32
SHIFT_DAYS = (366, 3653)
"""Dates move back by a number of days between these: about one to ten years."""
_CODE_GROUP = re.compile(r"1\.2\.840\.10008\.6\.1\.\d{1,4}")
"""UIDs of lists of codes, which pydicom's dictionary of UIDs does not hold."""
_TIME = re.compile(r"[0-2]\d([0-5]\d([0-6]\d(\.\d{1,6})?)?)?")


@dataclass(frozen=True, slots=True)
class Keys:
    """Pseudonyms, UIDs and days by HMAC-SHA-256 with `secret`."""

    secret: bytes

    def __post_init__(self) -> None:
        if len(self.secret) < MIN_KEY_BYTES:
            raise ValueError(f"a secret of at least {MIN_KEY_BYTES} bytes is needed")

    def _digest(self, purpose: str, original: str) -> bytes:
        return hmac.new(self.secret, f"{purpose}\0{original}".encode(), hashlib.sha256).digest()

    @property
    def mark(self) -> str:
        """Tells keys apart without giving them away."""
        return self._digest("mark", "").hex()[:8]

    def uid(self, original: str) -> str:
        """The UID in the place of `original`; one that DICOM itself gives out (a class, a syntax, an atlas) stays."""
        if not original or is_of_dicom(original):
            return original
        return f"2.25.{uuid.UUID(bytes=self._digest('uid', original)[:16], version=5).int}"

    def pseudonym(self, patient: str) -> str:
        """The name of a patient: 60 bits of the digest, so that two patients share one only by a miracle."""
        return f"T12-{base64.b32encode(self._digest('patient', patient))[:12].decode()}"

    def days(self, patient: str) -> int:
        """How many days this patient's dates move back."""
        low, high = SHIFT_DAYS
        return low + int.from_bytes(self._digest("days", patient)[:8], "big") % (high - low + 1)

    def date(self, text: str, patient: str, with_time: bool = False) -> str:
        """`text` (``YYYYMMDD`` with whatever follows it) moved back; "" where it is no date. A time of day stays `with_time` alone."""
        digits = text.strip().replace(".", "", 2 if text.strip()[4:5] == "." else 0).replace("-", "", 2 if text.strip()[4:5] == "-" else 0)
        try:
            then = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
            moved = (then - timedelta(days=self.days(patient))).strftime("%Y%m%d")
        except (ValueError, OverflowError):
            return ""
        return moved + (time_of_day(digits[8:]) if with_time else "")


def is_of_dicom(uid: str) -> bool:
    """Whether `uid` is one that DICOM itself gives out, which says nothing about anybody."""
    return UID(uid, validation_mode=IGNORE).name != uid or bool(_CODE_GROUP.fullmatch(uid))


def time_of_day(text: str) -> str:
    """The time of day that `text` begins with, without a time zone; "" where it is none."""
    begin = text.strip().replace(":", "")
    found = _TIME.fullmatch(re.split(r"[-+]", begin)[0])
    return found[0] if found else ""


def patient_of(dataset: Dataset) -> str:
    """Who the object is about, for the key alone: the patient ID with who gave it out, else name and birth date, else the study.

    Blanks do not count, nor does the case of a name: the same patient is written with and without.
    """
    patient_id = _without_blanks(dataset, "PatientID")
    if patient_id:
        return "|".join(["id", patient_id, *filter(None, [_without_blanks(dataset, "IssuerOfPatientID")])])
    name = " ".join(re.split(r"[\^\s\0]+", str(dataset.get("PatientName") or "").upper())).strip()
    if name:
        return f"name|{name}|{_without_blanks(dataset, 'PatientBirthDate')}"
    return f"study|{_without_blanks(dataset, 'StudyInstanceUID')}"


def person_of(dataset: Dataset) -> str:
    """Name and birth date, by which two people with one ID are told apart; "" where either is missing."""
    name, born = (_without_blanks(dataset, word).upper().strip("^") for word in ("PatientName", "PatientBirthDate"))
    return f"{name}|{born}" if name and born else ""


def _without_blanks(dataset: Dataset, keyword: str) -> str:
    return re.sub(r"[\s\0]+", "", str(dataset.get(keyword) or ""))
