"""What takes the place of an identity: it follows from the original and a secret key, so that visits stay linked and nobody else can follow it back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from dataclasses import dataclass
from datetime import date, timedelta

from pydicom import Dataset

MIN_KEY_BYTES = 32
SHIFT_DAYS = (366, 3653)
"""Dates move back by a number of days between these: about one to ten years."""
_WELL_KNOWN = "1.2.840.10008."
"""UIDs that DICOM itself gives out: classes, syntaxes, frames of reference of atlases; they say nothing about anybody."""


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
        """The UID in the place of `original`; one of DICOM's own stays."""
        if not original or original.startswith(_WELL_KNOWN):
            return original
        return f"2.25.{uuid.UUID(bytes=self._digest('uid', original)[:16], version=5).int}"

    def pseudonym(self, patient: str) -> str:
        """The name of a patient: 60 bits of the digest, so that two patients share one only by a miracle."""
        return f"T12-{base64.b32encode(self._digest('patient', patient))[:12].decode()}"

    def days(self, patient: str) -> int:
        """How many days this patient's dates move back."""
        low, high = SHIFT_DAYS
        return low + int.from_bytes(self._digest("days", patient)[:8], "big") % (high - low + 1)

    def date(self, text: str, patient: str) -> str:
        """`text` (``YYYYMMDD`` with whatever follows it) moved back, without a time of day; "" where it is no date."""
        digits = text.strip().replace(".", "").replace("-", "")[:8]
        try:
            then = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
            return (then - timedelta(days=self.days(patient))).strftime("%Y%m%d")
        except (ValueError, OverflowError):
            return ""


def patient_of(dataset: Dataset) -> str:
    """Who the object is about, for the key alone: the patient ID, else name and birth date, else the study."""
    patient_id = str(dataset.get("PatientID") or "").strip()
    if patient_id:
        return f"id|{patient_id}"
    name = str(dataset.get("PatientName") or "").strip("^ ")
    if name:
        return f"name|{name}|{dataset.get('PatientBirthDate') or ''}"
    return f"study|{dataset.get('StudyInstanceUID') or ''}"
