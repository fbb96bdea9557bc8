"""Where slices lie: orientation, order and spacing from ImagePositionPatient and ImageOrientationPatient (LPS mm), nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.model.volume import GAP_RATIO

T = TypeVar("T", bound=np.generic)

AXIAL_TOLERANCE_DEG = 1.5
"""A normal nearer than this to the body's axis makes a slice axial: the area differs by less than 0.04%."""
IN_PLANE_TOLERANCE_DEG = 20.0
SAME_POSITION_MM = 0.01


@dataclass(frozen=True, slots=True)
class InPlane:
    """How the rows and columns of a slice must be turned to run to posterior and to the patient's left."""

    transpose: bool
    flip_rows: bool
    flip_columns: bool

    def apply(self, image: npt.NDArray[T]) -> npt.NDArray[T]:
        """A view of `image` (rows, columns), turned."""
        view = image.T if self.transpose else image
        return view[:: -1 if self.flip_rows else 1, :: -1 if self.flip_columns else 1]

    def undo(self, image: npt.NDArray[T]) -> npt.NDArray[T]:
        """A view of `image`, turned back to the rows and columns of the file."""
        view = image[:: -1 if self.flip_rows else 1, :: -1 if self.flip_columns else 1]
        return view.T if self.transpose else view


@lru_cache(maxsize=1024)
def cosines(orientation: tuple[float, ...]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]] | None:
    """Unit vectors along a row, down a column and along their normal; None where they are not perpendicular unit vectors."""
    row, column = np.array(orientation[:3], dtype=np.float64), np.array(orientation[3:], dtype=np.float64)
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    if min(lengths) < 0.9 or max(lengths) > 1.1 or abs(float(row @ column)) > 0.01:
        return None
    row, column = row / lengths[0], column / lengths[1]
    return row, column, np.cross(row, column)


def orientation_name(orientation: tuple[float, ...] | None) -> str:
    """``axial``, ``tilted`` (a gantry tilt of up to 35 degrees), ``coronal``, ``sagittal``, ``oblique``, or "" where it is unknown."""
    vectors = cosines(orientation) if orientation is not None else None
    if vectors is None:
        return ""
    row, column, normal = vectors
    angles = np.degrees(np.arccos(np.clip(np.abs(normal), 0, 1)))
    if angles[2] <= AXIAL_TOLERANCE_DEG:
        in_plane = np.degrees(np.arccos(np.clip(np.abs([row[0], row[1]]).max(), 0, 1)))
        return "axial" if in_plane <= IN_PLANE_TOLERANCE_DEG else "oblique"
    if angles[2] <= 35 and min(abs(row[2]), abs(column[2])) < 0.02:
        return "tilted"
    if angles[1] <= 30:
        return "coronal"
    return "sagittal" if angles[0] <= 30 else "oblique"


def in_plane(orientation: tuple[float, ...]) -> InPlane:
    """The turn that brings an axial slice into the project's order (row 0 anterior, column 0 the patient's right)."""
    vectors = cosines(orientation)
    if vectors is None:
        raise ValueError("the orientation is not one")
    row, column, _ = vectors
    transpose = abs(row[1]) > abs(row[0])
    along_x, along_y = (column, row) if transpose else (row, column)
    return InPlane(bool(transpose), bool(along_y[1] < 0), bool(along_x[0] < 0))


def origin_xy(
    position: Sequence[float], orientation: tuple[float, ...], spacing: Sequence[float], rows: int, columns: int
) -> tuple[float, float]:
    """LPS x and y (mm) of the pixel that becomes row 0, column 0 after `in_plane`."""
    vectors = cosines(orientation)
    if vectors is None:
        raise ValueError("the orientation is not one")
    row, column, _ = vectors
    turn = in_plane(orientation)
    flip_first = turn.flip_columns if turn.transpose else turn.flip_rows
    flip_second = turn.flip_rows if turn.transpose else turn.flip_columns
    corner = np.array(position, dtype=np.float64)
    corner = corner + (rows - 1) * spacing[0] * column * flip_first + (columns - 1) * spacing[1] * row * flip_second
    return float(corner[0]), float(corner[1])


def centre_z(position: Sequence[float], orientation: tuple[float, ...], spacing: Sequence[float], rows: int, columns: int) -> float:
    """LPS z (mm) of the middle of a slice."""
    vectors = cosines(orientation)
    if vectors is None:
        return float(position[2])
    row, column, _ = vectors
    return float(position[2] + (rows - 1) / 2 * spacing[0] * column[2] + (columns - 1) / 2 * spacing[1] * row[2])


def gap_warnings(z_mm: npt.NDArray[np.float64]) -> tuple[str, ...]:
    """Sentences about uneven distances between slices at increasing `z_mm`."""
    if len(z_mm) < 3:
        return ()
    steps = np.diff(z_mm)
    usual = float(np.median(steps))
    wide = np.flatnonzero(steps > GAP_RATIO * usual)
    sentences = [
        f"Slices {i + 1} and {i + 2} from below (z {z_mm[i]:.1f} and {z_mm[i + 1]:.1f} mm) are {steps[i]:.2f} mm apart, "
        f"most others {usual:.2f} mm: slices may be missing there, and nothing is measured across the gap."
        for i in wide[:5]
    ]
    if len(wide) > 5:
        sentences.append(f"There are {len(wide) - 5} more such gaps.")
    rest = steps[steps <= GAP_RATIO * usual]
    if rest.size and float(rest.max() - rest.min()) > max(0.1 * usual, 0.05):
        sentences.append(
            f"The distance between slices varies from {rest.min():.2f} to {rest.max():.2f} mm: positions, not counts, are used."
        )
    return tuple(sentences)
