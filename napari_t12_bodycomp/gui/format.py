"""Numbers and facts to strings for the window. Unknown is an en dash, never a zero."""

from __future__ import annotations

import math

from napari_t12_bodycomp.model.subject import Subject, ValueSource
from napari_t12_bodycomp.model.tissue import HUWindow

UNKNOWN = "–"
INDEX_UNITS = {"SMI": "cm²/m²", "VFI": "cm²/m²", "SFI": "cm²/m²", "VSR": ""}
INDEX_TITLES = {
    "SMI": "Skeletal muscle index: muscle area / height²",
    "VFI": "Visceral fat index: visceral fat area / height²",
    "SFI": "Subcutaneous fat index: subcutaneous fat area / height²",
    "VSR": "Visceral to subcutaneous ratio: visceral / subcutaneous fat area",
}
_SOURCES = {
    ValueSource.UNKNOWN: "",
    ValueSource.DICOM: "from DICOM",
    ValueSource.TYPED: "typed",
    ValueSource.MANIFEST: "from the list of cases",
}


def number(value: float | None, decimals: int = 1) -> str:
    """`value` with a true minus sign; an en dash where it is None, NaN or infinite. Never "-0.0"."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    text = f"{value:.{decimals}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    return text.replace("-", "−")


def index_value(name: str, value: float) -> str:
    """An index as shown large: one decimal, VSR two."""
    return number(value, 2 if name == "VSR" else 1)


def window(bounds: HUWindow) -> str:
    """HU bounds such as ``−29 … 150``."""
    return f"{number(bounds.low, 0)} … {number(bounds.high, 0)}"


def change(percent: float) -> str:
    """A change in percent with its sign, such as ``+2.4%``."""
    text = number(percent)
    sign = "" if text == UNKNOWN or text.startswith("−") or float(text) == 0 else "+"
    return text if text == UNKNOWN else f"{sign}{text}%"


def millimetres(value: float | None, decimals: int = 1) -> str:
    """A length such as ``6.0 mm``."""
    return f"{number(value, decimals)} mm" if value is not None and math.isfinite(value) else UNKNOWN


def height_cm(subject: Subject) -> str:
    """The height in cm without trailing zeros; "" where unknown."""
    return "" if subject.height_m is None else f"{round(subject.height_m * 100, 1):g}"


def weight_kg(subject: Subject) -> str:
    """The weight in kg without trailing zeros; "" where unknown."""
    return "" if subject.weight_kg is None else f"{round(subject.weight_kg, 1):g}"


def source(value: ValueSource) -> str:
    """Where a height or weight comes from, in words; "" where unknown."""
    return _SOURCES[value]


def clock(seconds: float) -> str:
    """A stretch of time such as ``0:48`` or ``1:02:05``."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, secs = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{secs:02d}" if hours else f"{minutes}:{secs:02d}"


def ago(seconds: float) -> str:
    """How long ago something happened, in words."""
    if seconds < 60:
        return "a moment ago"
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} minute{'s' if minutes > 1 else ''} ago"
    hours = minutes // 60
    if hours < 48:
        return f"{hours} hour{'s' if hours > 1 else ''} ago"
    return f"{hours // 24} days ago"


def parse_number(text: str) -> float | None:
    """A typed number, decimal comma or point; None for an empty field; ValueError where it is no number."""
    text = text.strip().replace(",", ".")
    if not text:
        return None
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a finite number is wanted")
    return value


_KEY_WORDS = {"Enter": "↵", "Return": "↵", "PageUp": "PgUp", "PageDown": "PgDn", "Control": "Ctrl"}


def key_words(key: str) -> str:
    """A key as shown on a badge: ``Ctrl+Enter`` becomes ``Ctrl ↵``; "" for none."""
    return " ".join(_KEY_WORDS.get(part, part) for part in key.split("+") if part)
