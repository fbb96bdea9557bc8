"""JPEG-LS without holding the interpreter's lock, so that slices decode in parallel.

pyjpegls keeps the lock while CharLS works. Where the library inside its extension module can be called directly, that is done;
elsewhere pyjpegls itself does the same decoding, one slice at a time.
"""

from __future__ import annotations

import ctypes
from typing import Any

import _CharLS  # type: ignore[import-not-found]
import jpeg_ls  # type: ignore[import-untyped]
import numpy as np
import numpy.typing as npt


def _native() -> Any:
    """CharLS's C entry point, or None where the extension module does not export it."""
    try:
        function = ctypes.CDLL(_CharLS.__file__).JpegLsDecode
    except (OSError, AttributeError, TypeError):
        return None
    function.restype = ctypes.c_int
    function.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_char_p]
    return function


_DECODE = _native()


def decode_16bit(stream: bytes, rows: int, columns: int) -> tuple[npt.NDArray[np.uint16], int]:
    """The samples (rows, columns) of a grey JPEG-LS stream of 9 to 16 bits, and how many bits they have.

    Raises
    ------
    ValueError
        Where the stream is damaged, or holds another size or depth.
    """
    frame = jls_frame(stream)
    if frame is None or frame[:3] != (rows, columns, 1):
        raise ValueError("the stream holds another size or depth")
    if _DECODE is None:
        return np.frombuffer(jpeg_ls.decode_buffer(stream)[0], "<u2").reshape(rows, columns), frame[3]
    pixels = np.empty((rows, columns), np.uint16)
    message = ctypes.create_string_buffer(512)
    if _DECODE(pixels.ctypes.data, pixels.nbytes, stream, len(stream), None, message):
        raise ValueError("the stream is damaged")
    return pixels, frame[3]


def jls_frame(stream: bytes) -> tuple[int, int, int, int] | None:
    """(rows, columns, components, bits) that the start-of-frame segment says for 9 to 16 bits; None for anything else."""
    position = 2
    if stream[:2] != b"\xff\xd8":
        return None
    while position + 9 < len(stream):
        if stream[position] != 0xFF:
            return None
        marker = stream[position + 1]
        if marker == 0xF7:
            bits = stream[position + 4]
            rows, columns = int.from_bytes(stream[position + 5 : position + 7]), int.from_bytes(stream[position + 7 : position + 9])
            return (rows, columns, stream[position + 9], bits) if 9 <= bits <= 16 else None
        if marker in (0xFF, 0xDA):
            return None
        position += 2 + int.from_bytes(stream[position + 2 : position + 4])
    return None
