"""Whether a number is one: fields of numbers take words too, as text or as the bytes of many small numbers."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from typing import Any

_DECIMAL, _INTEGER = re.compile(r"|[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?"), re.compile(r"|[-+]?\d{1,10}")
_LONGEST_DECIMAL = 24
"""DICOM allows 16; scanners write positions with more."""
_WORDS = re.compile(rb"[ -~]{8,}")
_CODES = {"US": "H", "SS": "h", "UL": "L", "SL": "l", "UV": "Q", "SV": "q", "FL": "f", "FD": "d"}


def is_plain_number(vr: str, text: str) -> bool:
    """Whether one value of a decimal (DS) or integer string (IS) is a number of the usual length, or empty."""
    return bool(_INTEGER.fullmatch(text)) if vr == "IS" else len(text) <= _LONGEST_DECIMAL and bool(_DECIMAL.fullmatch(text))


def spells_words(vr: str, values: Sequence[Any]) -> bool:
    """Whether the bytes of binary numbers are letters, eight or more in a row."""
    if vr not in _CODES:
        return False
    try:
        return any(_WORDS.search(struct.pack(f"{order}{len(values)}{_CODES[vr]}", *values)) for order in "<>")
    except (struct.error, OverflowError, TypeError):
        return False
