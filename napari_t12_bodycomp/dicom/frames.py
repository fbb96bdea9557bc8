"""The compressed stream of one frame, taken out of encapsulated Pixel Data, and the size that the stream itself declares."""

from __future__ import annotations

import struct
from functools import lru_cache
from itertools import pairwise

from napari_t12_bodycomp.dicom.archive import ByteSource
from napari_t12_bodycomp.errors import InputError

_CUT = "The pixels of a slice are cut short: copy or export the scan again."
_NONE = "A slice holds no pixels: export the scan again."
_NOT_FRAMES = frozenset({0xC4, 0xC8, 0xCC})
"""Markers between the JPEG start-of-frame markers 0xC0 to 0xCF that are none."""
_STARTS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\0\0\0\x0c")
"""How JPEG and JPEG-LS, JPEG 2000, and JPEG 2000 in a file begin."""

Pieces = tuple[tuple[int, int], ...]


def frame_stream(source: ByteSource, offset: int, n_frames: int, frame: int) -> bytes:
    """Compressed frame number `frame`; the value of Pixel Data starts at `offset` in `source`."""
    if n_frames == 1:
        return single_frame(source.read(offset))
    return b"".join(source.read(offset + start, length) for start, length in _frame_table(source, offset, n_frames)[frame])


def single_frame(value: bytes) -> bytes:
    """The one frame in encapsulated Pixel Data: every fragment after the offset table, joined."""
    return b"".join(value[start : start + length] for start, length in _of_frames(value))


@lru_cache(maxsize=4)
def _frame_table(source: ByteSource, offset: int, n_frames: int) -> tuple[Pieces, ...]:
    return frame_pieces(source.read(offset), n_frames)


def frame_pieces(value: bytes, n_frames: int) -> tuple[Pieces, ...]:
    """Start and length of the fragments of each frame: one for each, or as many as follow until the next stream begins.

    Offset tables are not asked: they may be absent, empty or wrong, and the streams themselves say where they begin.
    """
    found = [(start, length) for start, length in _of_frames(value) if length]
    if len(found) == n_frames:
        return tuple((piece,) for piece in found)
    begins = [k for k, (start, _) in enumerate(found) if value[start : start + 4].startswith(_STARTS)]
    if len(begins) != n_frames or begins[0] != 0:
        raise InputError("The frames of a multi-frame object cannot be told apart: export the scan as classic CT images.")
    return tuple(tuple(found[k:end]) for k, end in pairwise([*begins, len(found)]))


def _of_frames(value: bytes) -> list[tuple[int, int]]:
    """The fragments without the offset table, which a few programs leave out."""
    found = fragments(value)
    if found and value[found[0][0] : found[0][0] + 4].startswith(_STARTS):
        return found
    if len(found) < 2:
        raise InputError(_NONE)
    return found[1:]


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
