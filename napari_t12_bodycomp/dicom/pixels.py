"""Stored pixels of one slice, decoded, as int16 Hounsfield units."""

from __future__ import annotations

import io
import struct
import warnings
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom import dcmread
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID

from napari_t12_bodycomp.dicom.archive import ByteSource
from napari_t12_bodycomp.dicom.charls import decode_16bit
from napari_t12_bodycomp.dicom.elements import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from napari_t12_bodycomp.dicom.headers import SliceHeader
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.volume import AIR_HU

Stored = npt.NDArray[np.int16] | npt.NDArray[np.uint16]

JPEG_LS = ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81")
RLE = "1.2.840.10008.1.2.5"
NEVER_SCANNED_HU = -1500
"""Nothing in a body is below this: such values mark pixels that the scanner never reconstructed (-2000, -3024)."""
HIGHEST_PADDING_HU = -500
"""A padding value above this is not believed: it would turn tissue into air."""
_INT16 = np.iinfo(np.int16)


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
        name = UID(header.transfer_syntax).name
        raise InputError(
            f"The pixels of a slice cannot be decoded ({name}; damaged or cut short): export the scan again, best uncompressed."
        ) from error
    if raw.shape != (header.rows, header.columns) or raw.dtype.itemsize != 2:
        raise InputError("The pixels of a slice do not fit its header (size or depth): export the scan again.")
    return raw


def _decode(header: SliceHeader) -> Stored:
    if header.pixel_offset is None or header.bits_allocated != 16 or header.samples != 1:
        return _by_pydicom(header, None)
    if header.transfer_syntax in (IMPLICIT_LITTLE, EXPLICIT_LITTLE):
        return _native(header, header.pixel_offset)
    stream = _compressed_frame(header, header.pixel_offset)
    if header.transfer_syntax in JPEG_LS:
        raw, bits = decode_16bit(stream, header.rows, header.columns)
        return _signed(raw, bits) if header.pixel_representation else raw
    return _by_pydicom(header, _encapsulated(stream))


def _native(header: SliceHeader, offset: int) -> Stored:
    size = 2 * header.rows * header.columns
    if header.pixel_length is not None and header.pixel_length < size * header.n_frames:
        raise InputError("The pixels of a slice are cut short: export the scan again.")
    value = header.source.read(offset + header.frame * size, size)
    if len(value) < size:
        raise InputError("The pixels of a slice are cut short: copy or export the scan again.")
    raw = np.frombuffer(value, "<u2").reshape(header.rows, header.columns)
    if header.pixel_representation:
        return _signed(raw, header.bits_stored)
    return raw if header.bits_stored >= 16 else raw & np.uint16((1 << header.bits_stored) - 1)


def _signed(raw: npt.NDArray[np.uint16], bits: int) -> npt.NDArray[np.int16]:
    """Two's complement of `bits` bits."""
    signed = raw.view(np.int16)
    if bits >= 16:
        return signed
    shift = np.int16(16 - bits)
    return (signed << shift) >> shift


def _compressed_frame(header: SliceHeader, offset: int) -> bytes:
    """The compressed stream of one frame."""
    if header.n_frames == 1:
        value = header.source.read(offset)
        return b"".join(value[start : start + length] for start, length in _fragments(value)[1:])
    start, length = _frame_table(header.source, offset, header.n_frames)[header.frame]
    return header.source.read(offset + start, length)


@lru_cache(maxsize=4)
def _frame_table(source: ByteSource, offset: int, n_frames: int) -> tuple[tuple[int, int], ...]:
    """Start and length of each frame of a multi-frame object, which must lie in one fragment each."""
    fragments = _fragments(source.read(offset))[1:]
    if len(fragments) != n_frames:
        raise InputError("The frames of a multi-frame object cannot be told apart: export the scan as classic CT images.")
    return tuple(fragments)


def _fragments(value: bytes) -> list[tuple[int, int]]:
    """Start and length of every fragment of encapsulated Pixel Data, the first one being the offset table."""
    found: list[tuple[int, int]] = []
    position = 0
    while position + 8 <= len(value):
        group, element, length = struct.unpack_from("<HHL", value, position)
        if (group, element) != (0xFFFE, 0xE000):
            break
        position += 8
        if position + length > len(value):
            raise InputError("The pixels of a slice are cut short: copy or export the scan again.")
        found.append((position, length))
        position += length
    if len(found) < 2:
        raise InputError("A slice holds no pixels: export the scan again.")
    return found


def _encapsulated(stream: bytes) -> bytes:
    """One compressed frame as Pixel Data holds it."""
    return struct.pack("<HHLHHL", 0xFFFE, 0xE000, 0, 0xFFFE, 0xE000, len(stream)) + stream


def _by_pydicom(header: SliceHeader, value: bytes | None) -> Stored:
    """By pydicom and its plugins; `value` is Pixel Data with this one frame, or None to have pydicom find it."""
    n_frames, frame = (header.n_frames, header.frame) if value is None else (1, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        vr = "OW"
        if value is None:
            dataset = dcmread(io.BytesIO(header.source.read()), force=header.headless)
            if "PixelData" not in dataset:
                raise InputError("A slice holds no pixels: export the scan again.")
            value, vr = dataset.PixelData, str(dataset["PixelData"].VR)
        options: dict[str, Any] = {
            "transfer_syntax_uid": UID(header.transfer_syntax),
            "rows": header.rows,
            "columns": header.columns,
            "number_of_frames": n_frames,
            "samples_per_pixel": header.samples,
            "photometric_interpretation": "MONOCHROME2",
            "pixel_representation": header.pixel_representation,
            "bits_allocated": header.bits_allocated,
            "bits_stored": header.bits_stored,
            "pixel_keyword": "PixelData",
            "pixel_vr": vr,
        }
        plugin = "pyjpegls" if header.transfer_syntax in JPEG_LS else "pylibjpeg" if header.transfer_syntax == RLE else ""
        decoder = get_decoder(UID(header.transfer_syntax))
        array, _ = decoder.as_array(value, index=frame, raw=True, decoding_plugin=plugin, **options)
    result: Stored = array
    return result


def slice_hu(header: SliceHeader, out: npt.NDArray[np.int16] | None = None) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.bool_] | None]:
    """Hounsfield units (rows, columns) of one slice as stored, into `out` if given, and the pixels that were never scanned (None: none).

    Slope and intercept are the slice's own; HU are rounded and clipped to int16, padding and everything below -1024 become air.
    """
    slope, intercept = header.slope, header.intercept
    if slope is None or intercept is None:
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
    if max(low * header.slope, high * header.slope) + header.intercept > HIGHEST_PADDING_HU:
        return None
    return low, high
