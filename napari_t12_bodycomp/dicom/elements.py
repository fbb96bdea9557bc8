"""A fast walk over the elements of a DICOM object that keeps the raw bytes of the few that are wanted and the place of the pixels.

Only the usual is walked here: explicit and implicit little endian with a preamble. Everything else raises `UnusualError`, and pydicom, which
knows all the rest, reads it instead (`raw_elements`). Both give the same bytes; a test holds them to it.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any

from pydicom import dcmread
from pydicom.dataelem import RawDataElement

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
PIXEL_DATA = 0x7FE00010
_UNDEFINED = 0xFFFFFFFF
_LONG = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
_SHORT = frozenset(b"AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US".split())
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_MAX_DEPTH = 16
_MAX_INFLATED = 1 << 28
_TAG, _LENGTH_2, _LENGTH_4 = struct.Struct("<HH").unpack_from, struct.Struct("<H").unpack_from, struct.Struct("<L").unpack_from


class UnusualError(Exception):
    """The object is not in the plain form that is walked here."""


class TooShortError(Exception):
    """The walk ran past the bytes at hand."""


@dataclass(slots=True)
class Elements:
    """Raw values by tag. `pixel_offset` is where the value of Pixel Data starts in the file; None where that is not known or there is none."""

    values: dict[int, bytes] = field(default_factory=dict)
    syntax: str = ""
    little: bool = True
    headless: bool = False
    pixel_offset: int | None = None
    pixel_length: int | None = None
    """None where the pixels are encapsulated (undefined length)."""


def walk(data: bytes, wanted: Container[int]) -> Elements:
    """The `wanted` top-level elements of a DICOM object that starts with `data`.

    Raises
    ------
    UnusualError
        Where pydicom has to read it.
    TooShortError
        Where the header goes on beyond `data`.
    """
    if data[128:132] != b"DICM":
        raise UnusualError
    found = Elements()
    try:
        position = _walk_meta(data, found)
        if found.syntax in ("", DEFLATED, EXPLICIT_BIG):
            raise UnusualError
        _walk_main(data, position, found, wanted)
    except struct.error as error:
        raise TooShortError from error
    return found


def _walk_meta(data: bytes, found: Elements) -> int:
    position = 132
    while True:
        group, element = _TAG(data, position)
        if group != 2:
            return position
        _, length, start = _explicit(data, position)
        if length == _UNDEFINED:
            raise UnusualError
        if element == 0x10:
            found.syntax = data[start : start + length].rstrip(b"\0 ").decode("ascii", "replace")
        position = start + length


def _explicit(data: bytes, position: int) -> tuple[bytes, int, int]:
    """VR, length and start of the value of an explicit element at `position`."""
    vr = data[position + 4 : position + 6]
    if vr in _SHORT:
        return vr, _LENGTH_2(data, position + 6)[0], position + 8
    if vr in _LONG:
        return vr, _LENGTH_4(data, position + 8)[0], position + 12
    if len(vr) < 2:
        raise TooShortError
    raise UnusualError


def _walk_main(data: bytes, position: int, found: Elements, wanted: Container[int]) -> None:
    implicit = found.syntax == IMPLICIT_LITTLE
    size, last = len(data), -1
    while True:
        group, element = _TAG(data, position)
        tag = group << 16 | element
        if tag <= last:
            raise UnusualError
        last = tag
        if implicit:
            vr, length, start = b"", _LENGTH_4(data, position + 4)[0], position + 8
        else:
            vr, length, start = _explicit(data, position)
        if group >= 0x7FE0:
            if tag == PIXEL_DATA:
                found.pixel_offset = start
                found.pixel_length = None if length == _UNDEFINED else length
                return
            if group > 0x7FE0:
                return
        if length == _UNDEFINED:
            position = _skip_sequence(data, start, implicit or vr == b"UN", 0)
        else:
            position = start + length
            if tag in wanted:
                if position > size:
                    raise TooShortError
                found.values[tag] = data[start:position]


def _skip_sequence(data: bytes, position: int, implicit: bool, depth: int) -> int:
    """The end of a sequence of undefined length whose items start at `position`."""
    if depth > _MAX_DEPTH:
        raise UnusualError
    while True:
        group, element = _TAG(data, position)
        tag, length = group << 16 | element, _LENGTH_4(data, position + 4)[0]
        position += 8
        if tag == _SEQUENCE_END:
            return position
        if tag != _ITEM:
            raise UnusualError
        position = _skip_item(data, position, implicit, depth) if length == _UNDEFINED else position + length


def _skip_item(data: bytes, position: int, implicit: bool, depth: int) -> int:
    while True:
        group, element = _TAG(data, position)
        if group << 16 | element == _ITEM_END:
            return position + 8
        if implicit:
            vr, length, start = b"", _LENGTH_4(data, position + 4)[0], position + 8
        else:
            vr, length, start = _explicit(data, position)
        position = _skip_sequence(data, start, implicit or vr == b"UN", depth + 1) if length == _UNDEFINED else start + length


def check_inflation(data: bytes) -> None:
    """Raise UnusualError where a deflated object would unpack to more than a CT image can hold, without unpacking it."""
    if data[128:132] != b"DICM":
        return
    found = Elements()
    try:
        position = _walk_meta(data, found)
    except (struct.error, UnusualError, TooShortError):
        return
    if found.syntax == DEFLATED and len(zlib.decompressobj(-zlib.MAX_WBITS).decompress(data[position:], _MAX_INFLATED)) >= _MAX_INFLATED:
        raise UnusualError


def raw_elements(data: bytes, wanted: Container[int], headless: bool) -> Elements:
    """The same by pydicom, for every form that it reads; the place of the pixels stays unknown."""
    check_inflation(data)
    dataset = dcmread(io.BytesIO(data), stop_before_pixels=True, force=headless)
    meta: Any = getattr(dataset, "file_meta", None)
    syntax = str(meta.get("TransferSyntaxUID", "") or "") if meta is not None else ""
    implicit, little = dataset.original_encoding
    if not syntax:
        syntax = IMPLICIT_LITTLE if implicit else EXPLICIT_LITTLE if little else EXPLICIT_BIG
    found = Elements(syntax=syntax, little=little is not False, headless=headless)
    for tag_key in list(dataset.keys()):
        if int(tag_key) in wanted:
            element = dataset.get_item(tag_key)
            if isinstance(element, RawDataElement):
                if isinstance(element.value, bytes):
                    found.values[int(tag_key)] = element.value
            elif element is not None and element.value is not None:  # pydicom has already turned the character set into text
                parts = [element.value] if isinstance(element.value, str) else list(element.value)
                found.values[int(tag_key)] = "\\".join(str(part) for part in parts).encode("ascii", "replace")
    return found
