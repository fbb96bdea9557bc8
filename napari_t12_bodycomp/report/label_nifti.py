"""Label maps of one slice as NIfTI on the CT's own grid, zero away from that slice."""

from __future__ import annotations

import math
import struct
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.model.orientation import to_native
from napari_t12_bodycomp.model.volume import CTVolume

_BLOCK = 1 << 18
"""Bytes deflated at a time."""


def grid_affine(volume: CTVolume, index: int) -> npt.NDArray[np.float64]:
    """RAS affine (4, 4) of the array (X, Y, Z) of `volume`'s slices, in mm.

    A NIfTI grid has one slice spacing. Where the scan's spacing varies, the median is taken and the grid is anchored at slice `index`,
    whose z is then exact; where all slices fit an even spacing, that one is taken.
    """
    z = volume.z_mm
    spacing = 1.0
    if len(z) > 1:
        even = np.linspace(z[0], z[-1], len(z))
        spacing = float(z[-1] - z[0]) / (len(z) - 1) if np.abs(z - even).max() < 0.25 * volume.slice_spacing_mm else volume.slice_spacing_mm
    dy, dx = volume.pixel_spacing_mm
    affine = np.diag([-dx, -dy, spacing, 1.0])
    affine[:3, 3] = -volume.origin_xy_mm[0], -volume.origin_xy_mm[1], z[index] - index * spacing
    return affine


def label_nifti(volume: CTVolume, index: int, labels: npt.NDArray[np.uint8]) -> bytes:
    """A ``.nii.gz`` of `labels` (uint8, (Y, X)) on slice `index`, the same bytes each time.

    NIfTI input gets the file's own affine, shape and orientation; DICOM input the scan's grid with columns towards the patient's left, rows
    towards posterior and slices towards the head, as its affine says.
    """
    if volume.nifti_affine is None:
        header = _header(volume.shape[::-1], grid_affine(volume, index))
        content = np.zeros(len(header) + math.prod(volume.shape), np.uint8)  # zeros that nobody writes take no memory
        content[len(header) :].reshape(volume.shape)[index] = labels
    else:
        data = np.zeros(volume.shape, np.uint8)
        data[index] = labels
        native = to_native(data, volume)
        header = _header(native.shape, volume.nifti_affine)
        content = np.empty(len(header) + native.size, np.uint8)
        content[len(header) :].reshape(native.shape, order="F")[...] = native
    content[: len(header)] = np.frombuffer(header, np.uint8)
    return gzipped(content.data)


def _header(shape: tuple[int, ...], affine: npt.NDArray[np.float64]) -> bytes:
    """The first 352 bytes of a NIfTI-1 file of uint8 labels in mm."""
    import nibabel

    nib: Any = nibabel
    header = nib.Nifti1Image(np.broadcast_to(np.uint8(0), shape), affine).header
    header.set_xyzt_units("mm")
    header["vox_offset"], header["scl_slope"], header["scl_inter"] = 352, 1, 0
    return bytes(header.binaryblock) + bytes(4)


def gzipped(content: bytes | memoryview) -> bytes:
    """`content` as one gzip member without time stamp, quickly where it is mostly zeros.

    Each block is deflated on its own and ended at a byte border (a full flush), so that blocks of zeros, all alike, are deflated once.
    """
    zeros = bytes(_BLOCK)
    zeros_deflated = _deflated(zeros)
    parts = [b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"]
    for start in range(0, len(content), _BLOCK):
        block = bytes(content[start : start + _BLOCK])
        parts.append(zeros_deflated if block == zeros else _deflated(block))
    parts.append(zlib.compressobj(wbits=-zlib.MAX_WBITS).flush())
    parts.append(struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF))
    return b"".join(parts)


def _deflated(block: bytes) -> bytes:
    deflate = zlib.compressobj(6, wbits=-zlib.MAX_WBITS)
    return deflate.compress(block) + deflate.flush(zlib.Z_FULL_FLUSH)
