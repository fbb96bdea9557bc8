"""Stored pixels of one slice, decoded, as int16 Hounsfield units."""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom import dcmread
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID

from napari_t12_bodycomp.dicom.headers import SliceHeader
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.volume import AIR_HU

_PLUGIN = {"1.2.840.10008.1.2.4.80": "pyjpegls", "1.2.840.10008.1.2.4.81": "pyjpegls"}
"""Decoders that are faster than the one that pydicom would try first."""
NEVER_SCANNED_HU = -1500
"""Nothing in a body is below this: such values mark pixels that the scanner never reconstructed (-2000, -3024)."""
HIGHEST_PADDING_HU = -500
"""A padding value above this is not believed: it would turn tissue into air."""


def stored_pixels(header: SliceHeader) -> npt.NDArray[np.int16] | npt.NDArray[np.uint16]:
    """The stored values (rows, columns) of one slice, bits above BitsStored removed.

    Raises
    ------
    InputError
        Where the pixels are missing, cut short, or in an encoding that no decoder here reads.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            raw = _decode(header)
    except InputError:
        raise
    except MemoryError:
        raise
    except Exception as error:
        name = UID(header.transfer_syntax).name
        raise InputError(
            f"The pixels of a slice cannot be decoded ({name}; damaged or cut short): export the scan again, best uncompressed."
        ) from error
    if raw.shape != (header.rows, header.columns) or raw.dtype.itemsize != 2:
        raise InputError("The pixels of a slice do not fit its header (size or depth): export the scan again.")
    return raw


def _decode(header: SliceHeader) -> npt.NDArray[np.int16] | npt.NDArray[np.uint16]:
    dataset = dcmread(io.BytesIO(header.source.read()), force=header.headless)
    if "PixelData" not in dataset:
        raise InputError("A slice holds no pixels: export the scan again.")
    decoder = get_decoder(UID(header.transfer_syntax))
    options: dict[str, Any] = {
        "transfer_syntax_uid": UID(header.transfer_syntax),
        "rows": header.rows,
        "columns": header.columns,
        "number_of_frames": 1,
        "samples_per_pixel": 1,
        "photometric_interpretation": "MONOCHROME2",
        "pixel_representation": header.pixel_representation,
        "bits_allocated": header.bits_allocated,
        "bits_stored": header.bits_stored,
        "pixel_keyword": "PixelData",
        "pixel_vr": dataset["PixelData"].VR,
    }
    array, _ = decoder.as_array(dataset.PixelData, index=0, raw=True, decoding_plugin=_PLUGIN.get(header.transfer_syntax, ""), **options)
    result: npt.NDArray[np.int16] | npt.NDArray[np.uint16] = array
    return result


def slice_hu(header: SliceHeader, out: npt.NDArray[np.int16] | None = None) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.bool_]]:
    """Hounsfield units (rows, columns) of one slice as stored in the file, and where the scanner never looked.

    Slope and intercept are the slice's own; HU are rounded and clipped to int16, padding and everything below -1024 become air.
    """
    raw = stored_pixels(header)
    slope, intercept = header.slope, header.intercept
    if slope is None or intercept is None:
        raise InputError(
            "Rescale slope and intercept are wanted to get Hounsfield units, the headers lack them: export the original CT images again."
        )
    if slope == 1.0 and float(intercept).is_integer():
        values = raw.astype(np.int32)
        values += int(intercept)
    else:
        values = np.rint(raw * np.float64(slope) + intercept).astype(np.int32)
    outside = values <= NEVER_SCANNED_HU
    padding = _padding_range(header)
    if padding is not None and padding[1] * slope + intercept <= HIGHEST_PADDING_HU:
        outside |= (raw >= padding[0]) & (raw <= padding[1])
    values[outside] = AIR_HU
    np.clip(values, AIR_HU, np.iinfo(np.int16).max, out=values)
    if out is None:
        out = np.empty(raw.shape, np.int16)
    out[...] = values
    return out, outside


def _padding_range(header: SliceHeader) -> tuple[int, int] | None:
    if header.padding is None:
        return None
    limit = header.padding if header.padding_limit is None else header.padding_limit
    return min(header.padding, limit), max(header.padding, limit)
