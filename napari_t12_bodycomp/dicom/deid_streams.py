"""What a stream of pixels may carry besides pixels: comments, application data, bytes behind the end. They are blanked where they stand."""

from __future__ import annotations

import re
import struct
from itertools import pairwise

import numpy as np
from pydicom import Dataset

from napari_t12_bodycomp.dicom.frames import fragments

_JPEG, _JPEG_2000, _JP2_BOX = b"\xff\xd8", b"\xff\x4f", b"\x00\x00\x00\x0cjP  "
_JPEG_WORDS = re.compile(rb"\xff[\xe0-\xef\xfe]")
"""Application data and comments. Within coded pixels, FF is never followed by a byte of 80 or more, but for markers of restart and end."""
_NEEDED = (b"Adobe", b"mrfx")
"""Application data that says how colours were turned."""
_J2K_COMMENT, _J2K_TILE, _J2K_DATA = 0xFF64, 0xFF90, 0xFF93
_BOXES = frozenset({b"jP  ", b"ftyp", b"jp2h", b"jp2c"})


class CutShortError(Exception):
    """The pixels are not all there."""


def cleaned_pixels(dataset: Dataset) -> bytes:
    """The pixels of `dataset` and nothing else: what they decode to does not change.

    Raises
    ------
    CutShortError
        Where there are fewer than the header says.
    Exception
        Whatever a broken stream leads to, as it comes.
    """
    value = bytes(dataset.PixelData)
    frames = int(dataset.get("NumberOfFrames") or 1)
    if dataset["PixelData"].is_undefined_length or (value[:4] == b"\xfe\xff\x00\xe0" and _is_compressed(dataset)):
        return _encapsulated(value, frames)
    wanted = _native_bytes(dataset, frames)
    if len(value) < wanted:
        raise CutShortError
    return value[:wanted] + b"\0" * (wanted % 2)


def _is_compressed(dataset: Dataset) -> bool:
    syntax = getattr(getattr(dataset, "file_meta", None), "TransferSyntaxUID", None)
    return bool(syntax is not None and syntax.is_compressed)


def _native_bytes(dataset: Dataset, frames: int) -> int:
    samples = int(dataset.get("SamplesPerPixel") or 1)
    values = int(dataset.Rows) * int(dataset.Columns) * samples * frames
    if str(dataset.get("PhotometricInterpretation", "")).endswith("_422"):
        values = values * 2 // 3
    return (values * int(dataset.BitsAllocated) + 7) // 8


def has_unused_bits(dataset: Dataset, pixels: bytes) -> bool:
    """Whether something stands in the bits of uncompressed `pixels` that hold no grey value, where scanners used to put drawings and words."""
    bits = int(dataset.get("HighBit") or 0) + 1
    is_plain = dataset.get("BitsAllocated") == 16 and dataset.get("PixelRepresentation") == 0 and 1 < bits < 16
    if not is_plain or _is_compressed(dataset):
        return False
    little = dataset.original_encoding[1] is not False
    values = np.frombuffer(pixels, "<u2" if little else ">u2")
    return bool(values.size) and int(np.bitwise_or.reduce(values)) >> bits > 0


def _encapsulated(value: bytes, frames: int) -> bytes:
    """Every fragment as long as it was; an offset table of another length than the frames ask for goes, as does what follows the last fragment."""
    table, *pieces = [value[start : start + length] for start, length in fragments(value)]
    cleaned = _pieces(pieces)
    items = [table if len(table) == 4 * frames else b"", *cleaned]
    return b"".join(struct.pack("<HHL", 0xFFFE, 0xE000, len(item)) + item for item in items)


def _pieces(pieces: list[bytes]) -> list[bytes]:
    begins = [n for n, piece in enumerate(pieces) if n == 0 or piece.startswith((_JPEG, _JPEG_2000 + b"\xff\x51", _JP2_BOX))]
    cleaned: list[bytes] = []
    for first, last in pairwise([*begins, len(pieces)]):
        stream, position = without_words(b"".join(pieces[first:last])), 0
        for piece in pieces[first:last]:
            cleaned.append(stream[position : position + len(piece)])
            position += len(piece)
    return cleaned


def without_words(stream: bytes) -> bytes:
    """One JPEG, JPEG-LS or JPEG 2000 stream, as long as before, its comments blanked; any other stream as it is."""
    made = bytearray(stream)
    if stream.startswith(_JPEG):
        _blank_jpeg(made)
    elif stream.startswith(_JP2_BOX):
        _blank_boxes(made)
    elif stream.startswith(_JPEG_2000):
        _blank_j2k(made, 0)
    else:
        return stream
    end = made.rfind(b"\xff\xd9") + 2
    if end > 1:
        _blank(made, end, len(made))
    return bytes(made)


def _blank_jpeg(made: bytearray) -> None:
    position = 2
    while position + 4 <= len(made) and made[position] == 0xFF and made[position + 1] != 0xDA:
        position += _blank_segment(made, position)
    while found := _JPEG_WORDS.search(made, position):
        position = found.start() + _blank_segment(made, found.start())


def _blank_segment(made: bytearray, position: int) -> int:
    """Blank the segment at `position` where it holds words; its length with its marker."""
    if made[position + 1] == 0xFF:
        return 1
    length = 2 + int(struct.unpack_from(">H", made, position + 2)[0])
    if _JPEG_WORDS.match(made, position) and not made.startswith(_NEEDED, position + 4):
        _blank(made, position + 4, position + length)
    return length


def _blank_j2k(made: bytearray, start: int) -> None:
    position = start + 2
    tile_end = 0
    while position + 4 <= len(made):
        marker, length = struct.unpack_from(">HH", made, position)
        if marker == _J2K_TILE:
            tile_end = position + int(struct.unpack_from(">L", made, position + 6)[0])
        if marker == _J2K_COMMENT:
            _blank(made, position + 6, position + 2 + length)
        if marker == _J2K_DATA:
            if tile_end <= position:
                return
            position = tile_end
        elif marker < 0xFF00 or marker == 0xFFD9:
            return
        else:
            position += 2 + length


def _blank_boxes(made: bytearray) -> None:
    position = 0
    while position + 8 <= len(made):
        length, kind = int.from_bytes(made[position : position + 4], "big"), bytes(made[position + 4 : position + 8])
        if kind == b"jp2c":
            _blank_j2k(made, position + (16 if length == 1 else 8))
        end = position + length if length >= 8 else len(made)
        if kind not in _BOXES:
            _blank(made, position + 8, end)
        position = end


def _blank(made: bytearray, start: int, end: int) -> None:
    end = min(end, len(made))
    if end > start:
        made[start:end] = b"\0" * (end - start)
