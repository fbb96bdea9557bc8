"""Stored pixels of one slice, decoded, as int16 Hounsfield units."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom import dcmread
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID

from napari_t12_bodycomp.dicom import jpeg2000
from napari_t12_bodycomp.dicom.archive import MAX_MEMBER_BYTES, ByteSource
from napari_t12_bodycomp.dicom.charls import decode_16bit
from napari_t12_bodycomp.dicom.elements import DEFLATED, EXPLICIT_LITTLE, IMPLICIT_LITTLE, check_inflation
from napari_t12_bodycomp.dicom.frames import declared_size, encapsulated, frame_pieces, frame_stream, single_frame
from napari_t12_bodycomp.dicom.headers import SliceHeader
from napari_t12_bodycomp.dicom.refuse import MAX_SIDE
from napari_t12_bodycomp.dicom.values import NEVER_SCANNED_HU
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.volume import AIR_HU

Stored = npt.NDArray[np.int16] | npt.NDArray[np.uint16]

JPEG_LS = ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81")
JPEG_2000 = tuple(f"1.2.840.10008.1.2.4.{number}" for number in (90, 91, 201, 202, 203))
"""With the high-throughput kinds (HTJ2K)."""
ENCAPSULATED_UNCOMPRESSED = "1.2.840.10008.1.2.1.98"
RLE = "1.2.840.10008.1.2.5"
HIGHEST_PADDING_HU = -500
"""A padding value above this is not believed: it would turn tissue into air."""
BEYOND_METAL_HU = 31_000
"""Except above this, where even a scale extended for metal ends; -2000 that has lost its sign is there."""
_INT16 = np.iinfo(np.int16)
_NATIVE = (IMPLICIT_LITTLE, EXPLICIT_LITTLE)
_ITEM = b"\xfe\xff\x00\xe0"
_MISFIT = "The pixels of a slice do not fit its header (size or depth): export the scan again."

_PACKED = "The pixels of a slice are packed, although its header says that they are not: export the scan again."


def stored_pixels(header: SliceHeader) -> Stored:
    """The stored values (rows, columns) of one slice, bits above BitsStored removed; it may be read-only.

    Raises
    ------
    InputError
        Where the pixels are missing, cut short, or in an encoding that no decoder here reads.
    """
    try:
        raw = _decode(header)
    except (InputError, MemoryError):
        raise
    except BaseException as error:  # decoders fail on damaged streams with errors of every kind, one of them with a panic
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        why = "no decoder here reads this encoding" if isinstance(error, NotImplementedError) else "damaged or cut short"
        raise InputError(
            f"The pixels of a slice cannot be decoded ({UID(header.transfer_syntax).name}; {why}): export the scan again, best uncompressed."
        ) from error
    if raw.shape != (header.rows, header.columns) or raw.dtype.itemsize != 2:
        raise InputError(_MISFIT)
    return raw


def _decode(header: SliceHeader) -> Stored:
    if not (1 <= header.rows <= MAX_SIDE and 1 <= header.columns <= MAX_SIDE):
        raise InputError(_MISFIT)
    if header.bits_allocated != 16 or header.samples != 1:
        raise InputError("16-bit grey CT values are wanted, other pixels came: choose the original CT series.")
    if header.pixel_offset is not None and (header.transfer_syntax in _NATIVE or _is_native_after_all(header, header.pixel_offset)):
        return _native(header, header.pixel_offset)
    if header.pixel_offset is not None:
        return _compressed(header, frame_stream(header.source, header.pixel_offset, header.n_frames, header.frame))
    value, vr = (_pixel_data if header.n_frames == 1 else _kept_pixel_data)(header.source, header.headless)
    if UID(header.transfer_syntax).is_compressed and header.transfer_syntax != DEFLATED:
        if header.n_frames == 1:
            return _compressed(header, single_frame(value))
        pieces = frame_pieces(value, header.n_frames)[header.frame]
        return _compressed(header, b"".join(value[start : start + length] for start, length in pieces))
    if len(value) != 2 * header.rows * header.columns * header.n_frames and value.startswith(_ITEM):
        raise InputError(_PACKED)
    _check_length(header, len(value))
    return _by_pydicom(header, value, vr)


def _pixel_data(source: ByteSource, headless: bool) -> tuple[bytes, str]:
    """Pixel Data and its VR, by pydicom."""
    data = source.read(0, MAX_MEMBER_BYTES)
    check_inflation(data)
    dataset = dcmread(io.BytesIO(data), force=headless)
    if "PixelData" not in dataset:
        raise InputError("A slice holds no pixels: export the scan again.")
    return dataset.PixelData, str(dataset["PixelData"].VR)


_kept_pixel_data = lru_cache(maxsize=1)(_pixel_data)
"""The same, kept while the frames of one object are read one after another."""


def _is_native_after_all(header: SliceHeader, offset: int) -> bool:
    """Whether an archive has unpacked the pixels and left the old name of the encoding: plain values of just the right length."""
    size = 2 * header.rows * header.columns * header.n_frames
    return header.pixel_length == size and header.source.read(offset, 4) != _ITEM


def _compressed(header: SliceHeader, stream: bytes) -> Stored:
    if header.transfer_syntax == ENCAPSULATED_UNCOMPRESSED:
        return _plain(header, stream)
    size = declared_size(stream)
    if size is not None and size != (header.rows, header.columns, 1):
        raise InputError(_MISFIT)
    if header.transfer_syntax in JPEG_LS:
        raw, bits = decode_16bit(stream, header.rows, header.columns)
        return _of_bits(header, raw, bits)
    if header.transfer_syntax in JPEG_2000:
        if size is None:
            raise InputError("The pixels of a slice are damaged: export the scan again.")
        if jpeg2000.available():
            raw, bits, _ = jpeg2000.decode_16bit(stream, header.rows, header.columns)
            return _of_bits(header, raw, bits)
    return _by_pydicom(replace(header, n_frames=1, frame=0), encapsulated(stream), "OB")


def _of_bits(header: SliceHeader, raw: npt.NDArray[np.uint16], bits: int) -> Stored:
    """Samples of `bits` bits with the sign that the header gives them, whatever the stream says, and without the bits that it says are not used.

    The sign is the highest bit that the header counts. A stream of fewer bits has none: its encoder met no negative value.
    """
    if header.pixel_representation:
        return _signed(raw, header.bits_stored)
    bits = min(bits, header.bits_stored)
    return raw if bits >= 16 else raw & np.uint16((1 << bits) - 1)


def _native(header: SliceHeader, offset: int) -> Stored:
    size = 2 * header.rows * header.columns
    if header.pixel_length is None or (header.pixel_length != size * header.n_frames and header.source.read(offset, 4) == _ITEM):
        raise InputError(_PACKED)
    _check_length(header, header.pixel_length)
    return _plain(header, header.source.read(offset + header.frame * size, size))


def _check_length(header: SliceHeader, length: int) -> None:
    """A padding byte or an old trailer may follow the pixels; as much again means that the header tells of another image."""
    size = 2 * header.rows * header.columns * header.n_frames
    if length < size:
        raise InputError("The pixels of a slice are cut short: export the scan again.")
    if length >= 2 * size:
        raise InputError(_MISFIT)


def _plain(header: SliceHeader, value: bytes) -> Stored:
    """Uncompressed little-endian values."""
    size = 2 * header.rows * header.columns
    if len(value) < size:
        raise InputError("The pixels of a slice are cut short: copy or export the scan again.")
    return _of_bits(header, np.frombuffer(value, "<u2", header.rows * header.columns).reshape(header.rows, header.columns), 16)


def _signed(raw: npt.NDArray[np.uint16], bits: int) -> npt.NDArray[np.int16]:
    """Two's complement of `bits` bits."""
    signed = raw.view(np.int16)
    if bits >= 16:
        return signed
    shift = np.int16(16 - bits)
    return (signed << shift) >> shift


def _by_pydicom(header: SliceHeader, value: bytes, vr: str) -> Stored:
    """By pydicom and its plugins, in this computer's byte order; `value` is Pixel Data."""
    options: dict[str, Any] = {
        "transfer_syntax_uid": UID(header.transfer_syntax),
        "rows": header.rows,
        "columns": header.columns,
        "number_of_frames": header.n_frames,
        "samples_per_pixel": header.samples,
        "photometric_interpretation": "MONOCHROME2",
        "pixel_representation": header.pixel_representation,
        "bits_allocated": header.bits_allocated,
        "bits_stored": header.bits_stored,
        "pixel_keyword": "PixelData",
        "pixel_vr": vr,
        "apply_j2k_sign_correction": False,  # by the header's bits, below
    }
    plugin = "pylibjpeg" if header.transfer_syntax == RLE else ""
    array, _ = get_decoder(UID(header.transfer_syntax)).as_array(value, index=header.frame, raw=True, decoding_plugin=plugin, **options)
    result: Stored = array.astype(array.dtype.newbyteorder("="), copy=False)
    return _of_bits(header, result.view(np.uint16), 16) if result.dtype.itemsize == 2 else result


def slice_hu(header: SliceHeader, out: npt.NDArray[np.int16] | None = None) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.bool_] | None]:
    """Hounsfield units (rows, columns) of one slice as stored, into `out` if given, and the pixels that were never scanned (None: none).

    Slope and intercept are the slice's own; HU are rounded and clipped to int16, padding and everything below -1024 become air.
    """
    slope, intercept = header.slope, header.intercept
    if slope is None or slope == 0 or intercept is None:
        raise InputError("Rescale slope and intercept are wanted to get Hounsfield units, the headers lack them: export the scan again.")
    raw = stored_pixels(header)
    if out is None:
        out = np.empty(raw.shape, np.int16)
    lowest, highest = int(raw.min()), int(raw.max())
    outside = _never_scanned(header, raw, lowest, highest, slope, intercept)
    if slope == 1.0 and intercept.is_integer() and lowest + intercept >= _INT16.min and highest + intercept <= _INT16.max:
        # the sum fits 16 bits, and so does it modulo 2**16 where the intercept or an unsigned value alone would not
        np.add(raw.view(np.uint16), np.uint16(int(intercept) & 0xFFFF), out=out.view(np.uint16))
        np.maximum(out, AIR_HU, out=out)
    else:
        values = raw * np.float64(slope) + intercept
        np.rint(np.clip(values, AIR_HU, _INT16.max, out=values), out=values)
        out[...] = values
    if outside is not None:
        out[outside] = AIR_HU
    return out, outside


def _never_scanned(
    header: SliceHeader, raw: Stored, lowest: int, highest: int, slope: float, intercept: float
) -> npt.NDArray[np.bool_] | None:
    limit = (NEVER_SCANNED_HU - intercept) / slope
    below = limit >= lowest if slope > 0 else limit <= highest
    outside = (raw <= limit if slope > 0 else raw >= limit) if below else None
    padding = padding_range(header)
    if padding is None or padding[0] > highest or padding[1] < lowest:
        return outside
    inside = (raw >= max(padding[0], lowest)) & (raw <= min(padding[1], highest))
    return inside if outside is None else inside | outside


def padding_range(header: SliceHeader) -> tuple[int, int] | None:
    """Lowest and highest stored value that mean padding; None where there is none, or none to be believed."""
    if header.padding is None or header.slope is None or header.intercept is None:
        return None
    limit = header.padding if header.padding_limit is None else header.padding_limit
    low, high = min(header.padding, limit), max(header.padding, limit)
    ends = low * header.slope + header.intercept, high * header.slope + header.intercept
    return (low, high) if max(ends) <= HIGHEST_PADDING_HU or min(ends) > BEYOND_METAL_HU else None
