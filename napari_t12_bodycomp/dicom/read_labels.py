"""Reading a label map drawn elsewhere, on the CT's own grid, from NIfTI; regions from a DICOM segmentation too."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.dicom.archive import file_source, is_dicom
from napari_t12_bodycomp.dicom.read_seg import read_regions_seg
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.label_map import LabelMap
from napari_t12_bodycomp.model.orientation import from_native, voxel_axes
from napari_t12_bodycomp.model.tissue import Region
from napari_t12_bodycomp.model.volume import CTVolume

_OFF_MM = 0.1
"""How far two grids may lie apart (mm) and still be one: headers round positions."""


def read_regions(path: str | Path, volume: CTVolume, index: int) -> npt.NDArray[np.uint8]:
    """The regions drawn on slice `index` of `volume`.

    Parameters
    ----------
    path : str or Path
        NIfTI label map on the grid of `volume`, in any voxel order: 0 none, else `Region` values; or a DICOM segmentation of the regions.

    Returns
    -------
    uint8 array (Y, X)

    Raises
    ------
    InputError
        Where the file cannot be read, lies on another grid, holds other labels, or nothing is drawn on this slice.
    """
    path = Path(path)
    if path.is_file() and is_dicom(file_source(path)):
        return read_regions_seg(path, volume, index)
    data, affine, _ = _load(path, "the regions")
    if data.shape != volume.shape:
        raise InputError(
            f"Regions on the CT's own grid of {_by(volume.shape)} voxels (slices, rows, columns) are wanted, {_by(data.shape)} came: "
            "draw them on this scan, or start from an exported regions.nii.gz."
        )
    offset = _offset_mm(affine, volume, index)
    if offset > _OFF_MM:
        raise InputError(
            f"Regions on the CT's own grid are wanted, a grid {offset:.1f} mm away from it came: "
            "check that the regions belong to this scan and that nothing was resampled."
        )
    drawn = _drawn_slices(data)
    if index not in drawn:
        nearest = int(drawn[np.abs(drawn - index).argmin()])
        raise InputError(
            f"Regions on the measured slice (z {volume.z_mm[index]:.1f} mm) are wanted, the map is drawn at z {volume.z_mm[nearest]:.1f} mm: "
            f"measure there with --z-mm {volume.z_mm[nearest]:.1f}, or draw on the measured slice."
        )
    return np.ascontiguousarray(data[index]).astype(np.uint8)


def read_drawn_slice(path: str | Path, index: int | None = None) -> tuple[npt.NDArray[np.uint8], tuple[float, float]]:
    """The regions drawn on slice `index` of a label map, whatever its grid, with the distance of its rows and columns (mm).

    Without `index`, or where nothing is drawn there, the slice is taken that holds most.

    Raises
    ------
    InputError
        Where the file cannot be read, holds other labels, or nothing is drawn.
    """
    data, affine, _ = _load(Path(path), "the regions")
    drawn = _drawn_slices(data)
    if index not in drawn:
        index = int(drawn[np.count_nonzero(data[drawn], axis=(1, 2)).argmax()])
    dx, dy = (float(np.linalg.norm(affine[:3, axis])) for axis in (0, 1))
    return np.ascontiguousarray(data[index]).astype(np.uint8), (dy, dx)


@dataclass(frozen=True, slots=True, eq=False)
class LabelSlice:
    """The one slice of a label map that holds labels (uint8, (Y, X)), and where it lies: LPS z, and x, y of row 0, column 0 (mm)."""

    labels: npt.NDArray[np.uint8]
    pixel_spacing_mm: tuple[float, float]
    z_mm: float
    origin_xy_mm: tuple[float, float]


def read_label_slice(path: str | Path, allowed: type[IntEnum]) -> LabelSlice:
    """The slice that is drawn in a label map, whatever its grid; `allowed` says which labels it may hold.

    Raises
    ------
    InputError
        Where the file cannot be read, holds other labels, or is not drawn on exactly one slice.
    """
    name = Path(path).name
    data, affine, _ = _load(Path(path), "the comparison")
    if data.dtype.kind not in "biuf":
        raise InputError(f"A label map of whole numbers is wanted, {name} holds something else: give the regions that were drawn.")
    drawn = np.flatnonzero(data.any(axis=(1, 2)))
    if len(drawn) != 1:
        raise InputError(f"A label map drawn on one slice is wanted, {name} is drawn on {len(drawn)}: keep the measured slice alone.")
    index = int(drawn[0])
    labels = data[index]
    if not np.isin(labels, [0, *allowed]).all():
        wanted = ", ".join(f"{int(label)} {label.name.lower()}" for label in allowed)
        raise InputError(f"Labels out of {wanted} are wanted, {name} holds others: give the regions that were drawn.")
    middle = (data.shape[2] - 1) / 2, (data.shape[1] - 1) / 2, index, 1
    corner = affine @ (0, 0, index, 1)
    dx, dy = (float(np.linalg.norm(affine[:3, axis])) for axis in (0, 1))
    return LabelSlice(
        np.ascontiguousarray(labels).astype(np.uint8), (dy, dx), float((affine @ middle)[2]), (float(-corner[0]), float(-corner[1]))
    )


def _drawn_slices(data: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """Indices of the slices of (Z, Y, X) labels that hold regions; InputError where there are none, or other labels."""
    labels = np.unique(data)
    if not np.isin(labels, [0, *Region]).all():
        came = ", ".join(f"{v:g}" for v in labels if v not in (0, *Region))
        raise InputError(
            f"Regions labelled 1 muscle, 2 visceral and 3 subcutaneous are wanted, {came} came: give the regions, not the tissues."
        )
    drawn = np.flatnonzero(data.any(axis=(1, 2)))
    if not drawn.size:
        raise InputError("Regions drawn on at least one slice are wanted, an empty map came: draw them first.")
    return drawn


def read_label_map(path: str | Path, volume: CTVolume, source: str = "") -> LabelMap:
    """The label map in the NIfTI file `path`, on the grid of `volume`, with the names that the file gives its labels.

    Names come from the label table that TotalSegmentator and Connectome Workbench write into the header; a file without one has none.
    InputError where the file cannot be read, lies on another grid, or does not hold whole numbers.
    """
    path = Path(path)
    data, affine, names = _load(path, "the second opinion")
    if data.shape != volume.shape:
        raise InputError(
            f"A label map on the CT's own grid of {_by(volume.shape)} voxels (slices, rows, columns) is wanted, {_by(data.shape)} came: "
            "make it from this very series, and do not resample it."
        )
    offset = max(_offset_mm(affine, volume, index) for index in (0, len(volume.z_mm) - 1))
    if offset > _OFF_MM:
        raise InputError(
            f"A label map on the CT's own grid is wanted, a grid {offset:.1f} mm away from it came: "
            "make it from this very series, and do not resample it."
        )
    if data.dtype.kind == "f":
        if not np.isfinite(data).all() or (data != np.rint(data)).any():
            raise InputError(f"A label map of whole numbers is wanted, {path.name} holds fractions: give the labels, not probabilities.")
        data = data.astype(np.int32)
    if data.min() < 0 or data.max() > np.iinfo(np.uint16).max:
        raise InputError(f"Labels from 0 to 65535 are wanted, {path.name} holds {data.min():g} to {data.max():g}: give a label map.")
    return LabelMap(np.ascontiguousarray(data, np.uint8 if data.max() < 256 else np.uint16), names, source or path.name)


def _load(path: Path, use: str) -> tuple[npt.NDArray[Any], npt.NDArray[np.float64], dict[int, str]]:
    """The map as (Z, Y, X), the RAS affine (mm) that belongs to (column, row, slice) of it, and the labels' names."""
    import nibabel

    nib: Any = nibabel
    if not path.is_file():
        raise InputError(f"A NIfTI label map is wanted for {use}, {path.name} is no file: check the path.")
    try:
        image = nib.load(path)
        data = np.asanyarray(image.dataobj)
        affine = np.asarray(image.affine, np.float64)
        data = data.reshape(data.shape[:3])
        return from_native(data, affine), _turned(affine, data.shape), _names(image)
    except Exception as error:  # nibabel, gzip and zlib each have errors of their own for a broken file
        raise InputError(f"One NIfTI label map is wanted for {use}, {path.name} cannot be read as one: check the file.") from error


def _names(image: Any) -> dict[int, str]:
    """The label table in the header's extensions: ``<Label Key="32" ...><![CDATA[vertebrae_T12]]></Label>``."""
    found: dict[int, str] = {}
    for extension in getattr(image.header, "extensions", ()):
        content = extension.get_content()
        text = content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content)
        for key, name in re.findall(r"<Label\s[^>]*?Key=\"(\d+)\"[^>]*>(.*?)</Label>", text, re.DOTALL):
            found[int(key)] = re.sub(r"<!\[CDATA\[(.*?)\]\]>", r"\1", name, flags=re.DOTALL).strip()
    return found


def _turned(affine: npt.NDArray[np.float64], shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """The RAS affine (mm) of (column, row, slice), from the file's own of its voxel order."""
    axes, flips = voxel_axes(affine)
    turned = np.eye(4)
    corner = np.array([0.0, 0.0, 0.0, 1.0])
    for world in range(3):
        turned[:3, world] = affine[:3, axes[world]] * (-1 if flips[world] else 1)
        corner[axes[world]] = shape[axes[world]] - 1 if flips[world] else 0
    turned[:, 3] = affine @ corner
    return turned


def _offset_mm(affine: npt.NDArray[np.float64], volume: CTVolume, index: int) -> float:
    """Largest distance (mm) between the corners of slice `index` in the file and in the scan."""
    _, rows, columns = volume.shape
    if volume.nifti_affine is not None:
        ours, k = _turned(volume.nifti_affine, (volume.nifti_shape or ())[:3]), float(index)
    else:
        dy, dx = volume.pixel_spacing_mm
        ours, k = np.diag([-dx, -dy, 1.0, 1.0]), float(volume.z_mm[index])
        ours[:2, 3] = -volume.origin_xy_mm[0], -volume.origin_xy_mm[1]
    corners = [(c, r) for c in (0, columns - 1) for r in (0, rows - 1)]
    return max(float(np.linalg.norm(ours @ (c, r, k, 1) - affine @ (c, r, index, 1))) for c, r in corners)


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
