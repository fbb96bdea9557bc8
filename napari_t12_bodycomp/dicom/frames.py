"""The compressed stream of one frame, taken out of encapsulated Pixel Data, and the size that the stream itself declares."""

from __future__ import annotations

import struct
from functools import lru_cache

from napari_t12_bodycomp.dicom.archive import ByteSource
from napari_t12_bodycomp.errors import InputError

_CUT = "The pixels of a slice are cut short: copy or export the scan again."
_NONE = "A slice holds no pixels: export the scan again."
_NOT_FRAMES = frozenset({0xC4, 0xC8, 0xCC})
"""Markers between the JPEG start-of-frame markers 0xC0 to 0xCF that are none."""


def frame_stream(source: ByteSource, offset: int, n_frames: int, frame: int) -> bytes:
    """Compressed frame number `frame`; the value of Pixel Data starts at `offset` in `source`."""
    if n_frames == 1:
        return single_frame(source.read(offset))
    start, length = _frame_table(source, offset, n_frames)[frame]
    return source.read(offset + start, length)


def single_frame(value: bytes) -> bytes:
    """The one frame in encapsulated Pixel Data: every fragment after the offset table, joined."""
    pieces = [value[start : start + length] for start, length in fragments(value)[1:]]
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


@lru_cache(maxsize=4)
def _frame_table(source: ByteSource, offset: int, n_frames: int) -> tuple[tuple[int, int], ...]:
    """Start and length of each frame of a multi-frame object, which must lie in one fragment each."""
    found = fragments(source.read(offset))[1:]
    if len(found) != n_frames:
        raise InputError("The frames of a multi-frame object cannot be told apart: export the scan as classic CT images.")
    return tuple(found)


def fragments(value: bytes) -> list[tuple[int, int]]:
    """Start and length of every fragment of encapsulated Pixel Data, the first one being the offset table."""
    found: list[tuple[int, int]] = []
    position = 0
    while position + 8 <= len(value):
        group, element, length = struct.unpack_from("<HHL", value, position)
        if (group, element) != (0xFFFE, 0xE000):
            break
        position += 8
        if position + length > len(value):
            raise InputError(_CUT)
        found.append((position, length))
        position += length
    if len(found) < 2:
        raise InputError(_NONE)
    return found


def encapsulated(stream: bytes) -> bytes:
    """One compressed frame as Pixel Data holds it."""
    return struct.pack("<HHLHHL", 0xFFFE, 0xE000, 0, 0xFFFE, 0xE000, len(stream)) + stream


def declared_size(stream: bytes) -> tuple[int, int, int] | None:
    """(rows, columns, components) that a JPEG, JPEG-LS or JPEG 2000 stream declares; None where it does not say (RLE).

    Decoders believe a damaged size and ask for as much memory, so it is compared with the header before they see the stream.
    """
    try:
        if stream[:2] == b"\xff\xd8":
            return _jpeg_size(stream)
        start = stream.find(b"\xff\x4f\xff\x51", 0, 4096)
        if start < 0:
            return None
        x1, y1, x0, y0 = struct.unpack_from(">4L", stream, start + 8)
        return y1 - y0, x1 - x0, struct.unpack_from(">H", stream, start + 40)[0]
    except struct.error as error:
        raise InputError(_CUT) from error


def _jpeg_size(stream: bytes) -> tuple[int, int, int]:
    position = 2
    while True:
        mark, kind = struct.unpack_from("BB", stream, position)
        if mark != 0xFF:
            raise InputError("The pixels of a slice are damaged: export the scan again.")
        if kind == 0xF7 or (0xC0 <= kind <= 0xCF and kind not in _NOT_FRAMES):
            rows, columns, components = struct.unpack_from(">HHB", stream, position + 5)
            return rows, columns, components
        position += 1 if kind == 0xFF else 2 + struct.unpack_from(">H", stream, position + 2)[0]
