"""Damage for real files, as data: which original, and what is done to it. Hypothesis draws it, so that a failure shrinks and comes back."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ct_files import CT, HARD
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.dataelem import RawDataElement

MAX_BYTES = 700_000
_TEXTS = (
    b"",
    b"1e999",
    b"-1",
    b"nan",
    b"9" * 400,
    b"\\\\\\\\",
    b"0\\0\\0",
    b"65535",
    b"\x1b$)C\xff\xfe",
    b"1.2.840.10008.1.2.4.90",
    bytes(6),
)
_LENGTHS = (0, 1, 3, 0xFFFE, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF)
_KINDS = "flip cut delete double zero drop length text vr again nest splice".split()  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class Step:
    """One damage: its kind, where (a share of the file, or of its elements), how much, and a choice among values."""

    kind: str
    where: float
    size: int
    choice: int


@dataclass(frozen=True, slots=True)
class Element:
    """Where one element lies: start of its tag, start of its value, end, and whether its VR stands in the file."""

    start: int
    value: int
    end: int
    explicit: bool


steps = st.lists(
    st.builds(
        Step,
        kind=st.sampled_from(_KINDS),
        where=st.floats(0, 1, exclude_max=True),
        size=st.sampled_from((1, 2, 4, 8, 64, 1000)),
        choice=st.integers(0, 255),
    ),
    min_size=1,
    max_size=4,
)


@lru_cache(maxsize=256)
def elements(data: bytes) -> tuple[Element, ...]:
    """The top-level elements of a DICOM file with group 2 left out; none where pydicom does not find its way."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = dcmread(io.BytesIO(data), force=True)
            raw = [dataset.get_item(tag) for tag in dataset.keys()]  # noqa: SIM118 - iterating a data set parses it
    except Exception:
        return ()
    found = []
    for element in raw:
        if isinstance(element, RawDataElement) and element.value_tell is not None and element.value is not None:
            explicit = not element.is_implicit_VR
            head = 12 if explicit and element.VR in ("OB", "OW", "SQ", "UN", "UT", "OF", "UC") else 8
            found.append(Element(element.value_tell - head, element.value_tell, element.value_tell + len(element.value), explicit))
    return tuple(e for e in found if 0 <= e.start < e.end <= len(data))


def damaged(data: bytes, todo: Sequence[Step], other: bytes = b"") -> bytes:
    """`data` with each of `todo` done to it; `other` lends its end to a splice."""
    for step in todo:
        data = _of_bytes(data, step, other) if step.kind in _KINDS[:5] or step.kind == "splice" else _of_elements(data, step)
    return data


def _of_bytes(data: bytes, step: Step, other: bytes) -> bytes:
    # three times out of four within the header, where the meaning is
    reach = len(data) if step.choice % 4 == 0 else min(len(data), 3000)
    at, size = int(step.where * reach), step.size
    if step.kind == "flip":
        return data[:at] + bytes(b ^ (step.choice or 1) for b in data[at : at + size]) + data[at + size :]
    if step.kind == "cut":
        return data[:at]
    if step.kind == "delete":
        return data[:at] + data[at + size :]
    if step.kind == "double":
        return data[: at + size] + data[at:]
    if step.kind == "zero":
        return data[:at] + bytes(min(size, len(data) - at)) + data[at + size :]
    return data[:at] + other[int(step.where * len(other)) :]


def _of_elements(data: bytes, step: Step) -> bytes:
    places = elements(data)
    if not places:
        return data[::-1][: step.size]
    e = places[int(step.where * len(places))]
    if step.kind == "drop":
        return data[: e.start] + data[e.end :]
    if step.kind == "again":
        return data[: e.end] + data[e.start : e.end] * min(step.size, 8) + data[e.end :]
    if step.kind == "vr":
        return data[: e.start + 4] + (b"SQ", b"UN", b"OB", b"US", b"PN", b"??", b"DS", b"UI")[step.choice % 8] + data[e.start + 6 :]
    if step.kind == "nest":
        return data[: e.start] + _nested(data[e.start : e.start + 4], step.size, step.choice, e.explicit) + data[e.start :]
    short = e.explicit and e.value - e.start == 8
    if step.kind == "length":
        length = _LENGTHS[step.choice % len(_LENGTHS)]
        packed = struct.pack("<H", length & 0xFFFF) if short else struct.pack("<L", length)
        return data[: e.value - len(packed)] + packed + data[e.value :]
    text = _TEXTS[step.choice % len(_TEXTS)]
    text += b" " * (len(text) % 2)
    packed = struct.pack("<H", len(text)) if short else struct.pack("<L", len(text))
    return data[: e.value - len(packed)] + packed + text + data[e.end :]


def _nested(tag: bytes, depth: int, choice: int, explicit: bool) -> bytes:
    """A sequence within a sequence, `depth` times, half of them never closed."""
    begin = tag + (b"SQ\0\0" if explicit else b"") + b"\xff" * 4 + b"\xfe\xff\x00\xe0" + b"\xff" * 4
    end = b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"
    return begin * depth + (end * depth if choice % 2 else b"")


def real_files() -> list[Path]:
    """Real files of every kind, none of them large; a few of each folder."""
    found: list[Path] = []
    folders = sorted({path.parent for top in (HARD, CT) for path in top.rglob("*") if path.is_file()})
    for folder in folders:
        files = sorted(p for p in folder.iterdir() if p.is_file() and p.suffix not in (".md", ".txt", ".zst", ".json"))
        many = "syntaxes" in folder.name or "odd" in folder.name
        found += [p for p in (files if many else files[:2]) if 0 < p.stat().st_size <= MAX_BYTES]
    return found
