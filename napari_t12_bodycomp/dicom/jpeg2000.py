"""JPEG 2000 without holding the interpreter's lock, so that slices decode in parallel.

pylibjpeg-openjpeg keeps the lock while OpenJPEG works. Where the library inside its extension module exports OpenJPEG's own public
functions, these are called directly (their names and structures have been the same in all of OpenJPEG 2.x); elsewhere `available` is
False, and pydicom and its plugin do the same decoding, one slice at a time.
"""

from __future__ import annotations

import ctypes
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_int64, c_size_t, c_uint16, c_uint32, c_void_p
from typing import Any, ClassVar

import _openjpeg  # type: ignore[import-not-found]
import numpy as np
import numpy.typing as npt

_J2K, _JP2 = 0, 2
_JP2_START = b"\0\0\0\x0cjP  "
_PARAMETERS_BYTES = 1 << 16
"""More than any release needs for its decoder parameters, which it fills in itself."""


class _Component(ctypes.Structure):
    _fields_: ClassVar[Any] = [
        *((name, c_uint32) for name in ["dx", "dy", "w", "h", "x0", "y0", "prec", "bpp", "sgnd", "resno_decoded", "factor"]),
        ("data", POINTER(ctypes.c_int32)),
        ("alpha", c_uint16),
    ]


class _Image(ctypes.Structure):
    _fields_: ClassVar[Any] = [
        *((name, c_uint32) for name in ["x0", "y0", "x1", "y1", "numcomps"]),
        ("color_space", c_int),
        ("comps", POINTER(_Component)),
        ("icc_profile_buf", c_void_p),
        ("icc_profile_len", c_uint32),
    ]


_READ = CFUNCTYPE(c_size_t, c_void_p, c_size_t, c_void_p)
_SKIP = CFUNCTYPE(c_int64, c_int64, c_void_p)
_SEEK = CFUNCTYPE(c_int, c_int64, c_void_p)
_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "opj_version": (c_char_p, []),
    "opj_create_decompress": (c_void_p, [c_int]),
    "opj_destroy_codec": (None, [c_void_p]),
    "opj_set_default_decoder_parameters": (None, [c_void_p]),
    "opj_setup_decoder": (c_int, [c_void_p, c_void_p]),
    "opj_stream_create": (c_void_p, [c_size_t, c_int]),
    "opj_stream_destroy": (None, [c_void_p]),
    "opj_stream_set_read_function": (None, [c_void_p, _READ]),
    "opj_stream_set_skip_function": (None, [c_void_p, _SKIP]),
    "opj_stream_set_seek_function": (None, [c_void_p, _SEEK]),
    "opj_stream_set_user_data": (None, [c_void_p, c_void_p, c_void_p]),
    "opj_stream_set_user_data_length": (None, [c_void_p, ctypes.c_uint64]),
    "opj_read_header": (c_int, [c_void_p, c_void_p, POINTER(POINTER(_Image))]),
    "opj_decode": (c_int, [c_void_p, c_void_p, POINTER(_Image)]),
    "opj_end_decompress": (c_int, [c_void_p, c_void_p]),
    "opj_image_destroy": (None, [POINTER(_Image)]),
}


def _library() -> Any:
    """OpenJPEG 2 inside the plugin's extension module, or None where it does not export what is needed."""
    try:
        library = ctypes.CDLL(_openjpeg.__file__)
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError, TypeError):
        return None
    return library if library.opj_version().startswith(b"2.") else None


_OPJ = _library()


def available() -> bool:
    """Whether OpenJPEG can be called directly here."""
    return _OPJ is not None


def decode_16bit(stream: bytes, rows: int, columns: int) -> tuple[npt.NDArray[np.uint16], int, bool]:
    """The samples (rows, columns) of a grey JPEG 2000 stream, modulo 2**16, how many bits they have, and whether they are signed.

    Raises
    ------
    ValueError
        Where the stream is damaged, or holds another size or depth.
    """
    source = _Source(stream)
    codec, parameters = (
        _OPJ.opj_create_decompress(_JP2 if stream.startswith(_JP2_START) else _J2K),
        ctypes.create_string_buffer(_PARAMETERS_BYTES),
    )
    opened = _OPJ.opj_stream_create(max(len(stream), 1024), 1)
    image = POINTER(_Image)()
    try:
        _OPJ.opj_set_default_decoder_parameters(parameters)
        source.connect(opened)
        if not (_OPJ.opj_setup_decoder(codec, parameters) and _OPJ.opj_read_header(opened, codec, ctypes.byref(image))):
            raise ValueError("the header of the stream is damaged")
        frame = image.contents
        size = (frame.numcomps, frame.x1 - frame.x0, frame.y1 - frame.y0)
        if size != (1, columns, rows) or frame.comps[0].prec > 16:
            raise ValueError("the stream holds another size or depth")
        if not (_OPJ.opj_decode(codec, opened, image) and _OPJ.opj_end_decompress(codec, opened)):
            raise ValueError("the stream is damaged")
        grey = frame.comps[0]
        if not grey.data or (grey.w, grey.h) != (columns, rows):
            raise ValueError("the stream is damaged")
        samples = np.ctypeslib.as_array(grey.data, (rows, columns))
        return samples.astype(np.uint16), int(grey.prec), bool(grey.sgnd)
    finally:
        if image:
            _OPJ.opj_image_destroy(image)
        _OPJ.opj_stream_destroy(opened)
        _OPJ.opj_destroy_codec(codec)
        source.release()


class _Source:
    """Bytes that OpenJPEG reads through callbacks; kept alive as long as the stream is."""

    def __init__(self, data: bytes) -> None:
        self._data, self._position = data, 0
        self._callbacks: tuple[Any, ...] | None = _READ(self._read), _SKIP(self._skip), _SEEK(self._seek)

    def connect(self, opened: int) -> None:
        read, skip, seek = self._callbacks or ()
        _OPJ.opj_stream_set_user_data(opened, None, None)
        _OPJ.opj_stream_set_user_data_length(opened, len(self._data))
        _OPJ.opj_stream_set_read_function(opened, read)
        _OPJ.opj_stream_set_skip_function(opened, skip)
        _OPJ.opj_stream_set_seek_function(opened, seek)

    def release(self) -> None:
        """Let go of the bytes: the callbacks refer to this object, which would keep them until the next garbage collection."""
        self._data, self._callbacks = b"", None

    def _read(self, target: int, wanted: int, _: object) -> int:
        piece = self._data[self._position : self._position + wanted]
        if not piece:
            return c_size_t(-1).value
        ctypes.memmove(target, piece, len(piece))
        self._position += len(piece)
        return len(piece)

    def _skip(self, count: int, _: object) -> int:
        count = min(count, len(self._data) - self._position)
        self._position += count
        return count

    def _seek(self, position: int, _: object) -> int:
        self._position = min(position, len(self._data))
        return int(position <= len(self._data))
