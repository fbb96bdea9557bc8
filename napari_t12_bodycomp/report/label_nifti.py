"""Label maps of one slice as NIfTI on the CT's own grid, zero away from that slice."""

from __future__ import annotations

import gzip
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.model.orientation import to_native
from napari_t12_bodycomp.model.volume import CTVolume


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
    import nibabel

    nib: Any = nibabel

    data = np.zeros(volume.shape, np.uint8)
    data[index] = labels
    if volume.nifti_affine is None:
        native, affine = data.transpose(2, 1, 0), grid_affine(volume, index)
    else:
        native, affine = to_native(data, volume), volume.nifti_affine
    image = nib.Nifti1Image(native, affine, dtype=np.uint8)
    image.header.set_xyzt_units("mm")
    return gzip.compress(image.to_bytes(), compresslevel=6, mtime=0)
