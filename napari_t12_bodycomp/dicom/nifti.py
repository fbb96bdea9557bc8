"""NIfTI in: the file's own voxel order becomes the project's grid."""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError
from scipy import ndimage as ndi

from napari_t12_bodycomp.dicom.values import NEVER_SCANNED_HU, check_hounsfield
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.orientation import from_native, voxel_axes
from napari_t12_bodycomp.model.progress import Progress, no_progress
from napari_t12_bodycomp.model.series import SeriesOffer
from napari_t12_bodycomp.model.volume import AIR_HU, Acquisition, CTVolume, FirstSlice, no_first_slice

MAX_TURN_DEG = 1.5
MAX_VOXELS = 1 << 30
MAX_RATIO = 300
"""A CT, with its noise, is never packed so tightly."""
_BROKEN = (ImageFileError, HeaderDataError, OSError, EOFError, ValueError, zlib.error, gzip.BadGzipFile, OverflowError, KeyError, TypeError)


def is_nifti(path: Path) -> bool:
    """Whether the name says NIfTI."""
    return path.name.lower().endswith((".nii", ".nii.gz"))


def nifti_offer(path: Path) -> SeriesOffer:
    """What the NIfTI file `path` offers, from its header."""
    shape, affine = _header(_open(path))
    axes, _ = voxel_axes(affine)
    step = float(np.linalg.norm(affine[:3, axes[2]]))
    z = _z(affine, shape)
    return SeriesOffer(
        series_instance_uid="",
        study_instance_uid="",
        acquisition_number=None,
        description="NIfTI",
        modality="",
        n_slices=len(z),
        slice_thickness_mm=None,
        spacing_mm=step,
        kernel="",
        kvp=None,
        contrast=None,
        extent_z_mm=(float(z[0]), float(z[-1])),
        orientation="axial",
        source="nifti",
        why="the only volume in the file",
    )


def read_nifti(
    path: Path,
    progress: Progress = no_progress,
    show: Callable[[FirstSlice], None] = no_first_slice,
    show_z_mm: float | None = None,
) -> CTVolume:
    """The CT in the NIfTI file `path`; `show` gets its middle slice, or the one nearest to `show_z_mm`, once the file is unpacked.

    Raises
    ------
    InputError
        Where the file cannot be read, is not one 3-D volume along the body's axes, or does not hold Hounsfield units.
    """
    image = _open(path)
    shape, affine = _header(image)
    _refuse_bomb(path, image)
    progress(0.1, "reading NIfTI")
    try:
        data = np.asanyarray(image.dataobj).reshape(shape)
    except _BROKEN as error:
        raise _unreadable() from error
    except MemoryError as error:
        raise InputError("The NIfTI file needs more memory than is free: close other programs and open it again.") from error
    progress(0.6, "turning")
    if data.dtype.kind not in "iuf":
        raise InputError("A NIfTI file of real numbers is wanted, this one holds something else: convert the CT again.")
    view = from_native(data, affine)
    hu = np.empty(view.shape, np.int16)
    outside = np.ones(view.shape[1:], bool)
    holes = np.zeros(len(view), np.int64)
    axes, flips = voxel_axes(affine)
    spacing = (float(np.linalg.norm(affine[:3, axes[1]])), float(np.linalg.norm(affine[:3, axes[0]])))
    z_mm = _z(affine, shape)
    chosen = len(view) // 2 if show_z_mm is None else int(np.abs(z_mm - show_z_mm).argmin())
    for done, k in enumerate([chosen, *(k for k in range(len(view)) if k != chosen)], 1):
        values = view[k].astype(np.float64)
        unknown = np.isnan(values)
        holes[k] = (unknown & ndi.binary_fill_holes(~unknown)).sum() if unknown.any() else 0
        values = np.nan_to_num(values, nan=-np.inf, posinf=np.iinfo(np.int16).max, neginf=-np.inf)
        outside &= values <= NEVER_SCANNED_HU
        hu[k] = np.rint(np.clip(values, AIR_HU, np.iinfo(np.int16).max, out=values))
        if k == chosen:
            show(FirstSlice(hu[k].copy(), k, len(hu), float(z_mm[k]), spacing))
        progress(0.6 + 0.4 * done / len(hu), f"slice {done} of {len(hu)}")
    check_hounsfield(hu)
    return CTVolume(
        hu=hu,
        z_mm=z_mm,
        pixel_spacing_mm=spacing,
        origin_xy_mm=_origin(affine, shape, axes, flips),
        outside_fov=outside if outside.any() else None,
        acquisition=Acquisition(description="NIfTI", warnings=_hole_warnings(holes)),
        nifti_affine=affine,
        nifti_shape=tuple(int(n) for n in image.shape),
    )


def _hole_warnings(holes: npt.NDArray[np.int64]) -> tuple[str, ...]:
    """A sentence where slices hold pixels without a value amid pixels that have one; `holes` counts them by slice."""
    if not holes.any():
        return ()
    slices = np.count_nonzero(holes)
    return (
        f"{holes.sum()} pixels amid others, on {slices} slices, have no value (NaN) and are taken for air: where tissue lay, areas read low.",
    )


def _open(path: Path) -> nib.Nifti1Image:
    try:
        image = nib.load(path)
    except FileNotFoundError as error:
        raise InputError(
            f"A DICOM folder, DICOM file, zip or NIfTI file is wanted, but {path.name!r} does not exist: check the path."
        ) from error
    except _BROKEN as error:
        raise _unreadable() from error
    if not isinstance(image, nib.Nifti1Image):
        raise _unreadable()
    return image


def _refuse_bomb(path: Path, image: nib.Nifti1Image) -> None:
    """InputError where a packed file would unpack to far more than it can hold of a CT."""
    size = math.prod(int(n) for n in image.shape) * int(image.header["bitpix"]) // 8
    if path.name.lower().endswith(".gz") and size > 1 << 26 and size > MAX_RATIO * path.stat().st_size:
        raise InputError("The NIfTI file would unpack to far more than a CT scan: convert the CT again.")


def _unreadable() -> InputError:
    return InputError("The NIfTI file cannot be read (damaged or cut short): convert or download it again.")


def _header(image: nib.Nifti1Image) -> tuple[tuple[int, int, int], npt.NDArray[np.float64]]:
    """Shape without trailing axes of length 1, and the affine (RAS mm), checked."""
    shape = tuple(int(n) for n in image.shape)
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) != 3 or min(shape) < 1:
        raise InputError(f"One 3-D CT volume is wanted, the NIfTI file holds an array of shape {shape}: give a single CT.")
    if shape[0] * shape[1] * shape[2] > MAX_VOXELS:
        raise InputError("The NIfTI file holds more than 2**30 voxels: give a smaller volume.")
    if not int(image.header["sform_code"]) and not int(image.header["qform_code"]):
        raise InputError("The NIfTI file does not say which way is up (no sform, no qform): convert the CT again with its orientation.")
    affine = np.asarray(image.affine, dtype=np.float64)
    try:
        axes, _ = voxel_axes(affine)
    except ValueError as error:
        raise InputError(f"The orientation in the NIfTI file cannot be used ({error}): resample it to the body's axes.") from error
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    cosine = min(abs(affine[world, axes[world]]) / steps[axes[world]] for world in range(3))
    turn = float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    if turn > MAX_TURN_DEG:
        raise InputError(
            f"A NIfTI file along the body's axes is wanted, this one is turned by {turn:.1f} degrees: resample it to axial slices."
        )
    if shape[axes[2]] < 2:
        raise InputError("A stack of axial slices is wanted, one slice only came: give the whole scan.")
    if steps.min() < 0.05 or steps.max() > 20:
        raise InputError(f"Voxels between 0.05 and 20 mm are wanted, {steps.max():g} mm came: check the unit in the NIfTI header.")
    return (shape[0], shape[1], shape[2]), affine


def _z(affine: npt.NDArray[np.float64], shape: tuple[int, int, int]) -> npt.NDArray[np.float64]:
    """z of the slices' middles (mm), increasing; the same in RAS and LPS."""
    axes, _ = voxel_axes(affine)
    middle = (np.array(shape, dtype=np.float64) - 1) / 2
    index = np.tile(middle, (shape[axes[2]], 1))
    index[:, axes[2]] = np.arange(shape[axes[2]])
    return np.sort(index @ affine[2, :3] + affine[2, 3])


def _origin(
    affine: npt.NDArray[np.float64], shape: tuple[int, int, int], axes: tuple[int, int, int], flips: tuple[bool, bool, bool]
) -> tuple[float, float]:
    index = np.zeros(3)
    for world in range(3):
        index[axes[world]] = shape[axes[world]] - 1 if flips[world] else 0
    corner = affine[:3, :3] @ index + affine[:3, 3]
    return float(-corner[0]), float(-corner[1])
