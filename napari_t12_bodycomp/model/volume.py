"""A CT scan in memory: int16 HU on one fixed grid, with what its headers say.

The grid is always the same way round, whatever the input was: axis 0 goes from caudal to cranial, axis 1 (rows) from anterior to
posterior, axis 2 (columns) from the patient's right to the left. Coordinates are DICOM LPS millimetres.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.model.subject import Subject

AIR_HU = -1024
GAP_RATIO = 1.5
"""Neighbouring slices further apart than this many times the median distance leave room for a missing slice."""


@dataclass(frozen=True, slots=True)
class Acquisition:
    """What the headers say about how the scan was made; None or "" where they say nothing."""

    series_instance_uid: str = ""
    study_instance_uid: str = ""
    acquisition_number: int | None = None
    description: str = ""
    modality: str = ""
    manufacturer: str = ""
    scanner: str = ""
    kernel: str = ""
    kvp: float | None = None
    contrast: str | None = None
    """Contrast agent as the header names it; "none" only where the header says so; None where it says nothing."""
    slice_thickness_mm: float | None = None
    study_date: str = ""
    warnings: tuple[str, ...] = ()
    """Sentences about what the reader met (a missing slice away from the level, overlapping slices, ...)."""


@dataclass(frozen=True, slots=True, eq=False)
class CTVolume:
    """A CT volume.

    Parameters
    ----------
    hu : int16 array (Z, Y, X)
        Hounsfield units; padding is air. Slice 0 is the most caudal one, row 0 anterior, column 0 the patient's right.
    z_mm : float array (Z,)
        LPS z of each slice's centre, strictly increasing (mm). Spacing may vary.
    pixel_spacing_mm : (float, float)
        Distance between rows and between columns (mm).
    origin_xy_mm : (float, float)
        LPS x and y of the centre of pixel (row 0, column 0) of slice 0 (mm).
    outside_fov : bool array (Y, X), optional
        Pixels that the scanner never reconstructed (padding in every slice).
    sop_instance_uids : tuple of str
        One for each slice, in the order of `hu`; empty for NIfTI.
    nifti_affine : float array (4, 4), optional
        For NIfTI input: the file's own affine, kept so that results can be written on the file's own grid.
    nifti_shape : tuple of int, optional
        For NIfTI input: the file's own array shape.
    """

    hu: npt.NDArray[np.int16]
    z_mm: npt.NDArray[np.float64]
    pixel_spacing_mm: tuple[float, float]
    origin_xy_mm: tuple[float, float] = (0.0, 0.0)
    outside_fov: npt.NDArray[np.bool_] | None = None
    sop_instance_uids: tuple[str, ...] = ()
    acquisition: Acquisition = field(default_factory=Acquisition)
    subject: Subject = field(default_factory=Subject)
    nifti_affine: npt.NDArray[np.float64] | None = None
    nifti_shape: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if self.hu.ndim != 3 or self.hu.dtype != np.int16:
            raise ValueError(f"hu must be an int16 array (Z, Y, X), not {self.hu.dtype} {self.hu.shape}")
        if self.z_mm.shape != (len(self.hu),) or (len(self.z_mm) > 1 and not (np.diff(self.z_mm) > 0).all()):
            raise ValueError("z_mm must hold one strictly increasing position per slice")
        if not all(np.isfinite(s) and s > 0 for s in self.pixel_spacing_mm):
            raise ValueError(f"pixel spacing must be positive, not {self.pixel_spacing_mm}")
        if self.sop_instance_uids and len(self.sop_instance_uids) != len(self.hu):
            raise ValueError("one SOP Instance UID per slice is needed")

    @property
    def shape(self) -> tuple[int, int, int]:
        z, y, x = self.hu.shape
        return z, y, x

    @property
    def slice_spacing_mm(self) -> float:
        """Median distance between neighbouring slices (mm); NaN for a single slice."""
        return float(np.median(np.diff(self.z_mm))) if len(self.z_mm) > 1 else float("nan")

    def gaps_mm(self) -> tuple[tuple[float, float], ...]:
        """LPS z below and above each place where slices may be missing (mm)."""
        wide = np.flatnonzero(np.diff(self.z_mm) > GAP_RATIO * self.slice_spacing_mm) if len(self.z_mm) > 2 else ()
        return tuple((float(self.z_mm[k]), float(self.z_mm[k + 1])) for k in wide)

    @property
    def pixel_area_cm2(self) -> float:
        """Area of one in-plane pixel (cm2)."""
        return self.pixel_spacing_mm[0] * self.pixel_spacing_mm[1] / 100.0

    def nearest_slice(self, z_mm: float) -> int:
        """Index of the slice whose centre is nearest to `z_mm` (LPS, mm)."""
        return int(np.abs(self.z_mm - z_mm).argmin())

    def sop_instance_uid(self, index: int) -> str:
        """UID of slice `index`; "" where the input has none (NIfTI)."""
        return self.sop_instance_uids[index] if self.sop_instance_uids else ""


@dataclass(frozen=True, slots=True, eq=False)
class FirstSlice:
    """One slice of a volume that is still being read, to be shown meanwhile.

    `hu` (Y, X) lies as in the volume; under a tilted gantry it still leans. `index` is its place among `n_slices`, from caudal to cranial.
    """

    hu: npt.NDArray[np.int16]
    index: int
    n_slices: int
    z_mm: float
    pixel_spacing_mm: tuple[float, float]


def no_first_slice(first: FirstSlice) -> None:
    """Show nothing."""
