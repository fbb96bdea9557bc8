"""A tilted gantry: slices that lean become upright ones, so that areas, level and distances are those of the body's axial plane.

The table moves along the body's axis whatever the gantry does. A pixel of one row so stands exactly above the same pixel of the slice
below, and only its height differs from row to row: upright slices are an interpolation along z, row by row, on rows that are closer
together by the cosine of the tilt. Nothing is resampled in the plane.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.dicom.geometry import InPlane, cosines
from napari_t12_bodycomp.dicom.headers import SliceHeader
from napari_t12_bodycomp.dicom.values import AIR_BELOW_HU
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.volume import AIR_HU, GAP_RATIO

MAX_SHIFT_MM = 1.0
"""Slices that move further sideways than this from first to last were not stacked along the table: they are oblique reformats."""


@dataclass(frozen=True, slots=True, eq=False)
class Upright:
    """Which slices of a tilted stack become upright ones, and on what grid."""

    first: int
    stop: int
    pixel_spacing_mm: tuple[float, float]
    said: str


def tilt_deg(orientation: tuple[float, ...]) -> float:
    """Angle between a slice's normal and the body's axis (degrees)."""
    vectors = cosines(orientation)
    if vectors is None:
        raise ValueError("the orientation is not one")
    return math.degrees(math.acos(min(1.0, abs(float(vectors[2][2])))))


def why_not_upright(headers: Sequence[SliceHeader], places_mm: npt.NDArray[np.float64]) -> str:
    """Why the tilted slices `headers`, at increasing z `places_mm`, cannot be made upright; "" where they can."""
    positions = np.array([h.position_mm for h in headers], dtype=np.float64)
    if float(np.ptp(positions[:, :2], axis=0).max()) > MAX_SHIFT_MM:
        return "Axial slices are wanted, this series holds oblique reformats: choose the axial series."
    steps = np.diff(places_mm)
    if len(steps) > 1 and float(steps.max()) > GAP_RATIO * float(np.median(steps)):
        return (
            "Upright slices are wanted, the gantry was tilted in this series and slices are missing or unevenly spaced, "
            "so that they cannot be made upright: choose a series without tilt."
        )
    return ""


def make_upright(hu: npt.NDArray[np.int16], z_mm: npt.NDArray[np.float64], first: SliceHeader, turn: InPlane) -> Upright:
    """Turn the tilted slices `hu` (Z, Y, X) upright, in place; slice k keeps the height of its own middle, `z_mm[k]`.

    Slices `first` to `stop` are complete; the others reach, in front or behind, beyond what was scanned of the body.

    Raises
    ------
    InputError
        Where no two upright slices are complete.
    """
    lift_mm, axis, spacing = _lift(first, turn, hu.shape[1:])
    occupied = np.flatnonzero([(_lines(hu, axis, i) > AIR_BELOW_HU).any() for i in range(len(lift_mm))])
    low, high = _complete(z_mm, lift_mm[occupied]) if len(occupied) else (0, len(z_mm))
    angle = tilt_deg(first.orientation or ())
    if high - low < 2:
        raise InputError(
            f"Upright slices are wanted, the gantry was tilted by {angle:.1f} degrees and no upright slice of this short scan is complete: "
            "choose a series without tilt."
        )
    for i, lift in enumerate(lift_mm):
        lines = _lines(hu, axis, i)
        lines[...] = _at(z_mm, lines, z_mm - lift)
    left_out = len(z_mm) - (high - low)
    said = f"The gantry was tilted by {angle:.1f} degrees: upright slices were interpolated between neighbouring ones" + (
        f", and {left_out} incomplete ones at the ends left out." if left_out else "."
    )
    return Upright(low, high, spacing, said)


def upright_plane(header: SliceHeader, z_mm: float) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
    """The upright slice at `z_mm` in the rows and columns of the tilted slice `header`: place of its first pixel, orientation and spacing (mm)."""
    row, column, spacing, position = _vectors(header)
    flat_row, flat_column = np.array([row[0], row[1], 0.0]), np.array([column[0], column[1], 0.0])
    distances = spacing[0] * float(np.linalg.norm(flat_column)), spacing[1] * float(np.linalg.norm(flat_row))
    if abs(column[2]) >= abs(row[2]):  # what lies flat keeps its direction, what leans becomes square to it
        flat_column = _square_to(flat_row, flat_column)
    else:
        flat_row = _square_to(flat_column, flat_row)
    directions = (*flat_row / np.linalg.norm(flat_row), *flat_column / np.linalg.norm(flat_column))
    return (position[0], position[1], z_mm), tuple(float(v) for v in directions), distances


def used_between(header: SliceHeader, z_mm: npt.NDArray[np.float64], wanted_mm: float) -> range:
    """Which tilted slices, with middles at increasing `z_mm` and leaning as `header` does, the upright slice at `wanted_mm` is interpolated from."""
    row, column, spacing, _ = _vectors(header)
    reach = ((header.rows - 1) * spacing[0] * abs(column[2]) + (header.columns - 1) * spacing[1] * abs(row[2])) / 2
    first = int(np.searchsorted(z_mm, wanted_mm - reach + 1e-6, side="right")) - 1
    last = int(np.searchsorted(z_mm, wanted_mm + reach - 1e-6, side="left"))
    return range(max(first, 0), min(last, len(z_mm) - 1) + 1)


def _vectors(header: SliceHeader) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], tuple[float, ...], tuple[float, ...]]:
    vectors = cosines(header.orientation or ())
    if vectors is None or header.pixel_spacing_mm is None or header.position_mm is None:
        raise ValueError("the orientation is not one")
    return vectors[0], vectors[1], header.pixel_spacing_mm, header.position_mm


def _square_to(fixed: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The direction in the axial plane that is square to `fixed` and nearest to `other`."""
    square = np.array([-fixed[1], fixed[0], 0.0])
    return square if float(square @ other) > 0 else -square


def _lift(first: SliceHeader, turn: InPlane, shape: tuple[int, ...]) -> tuple[npt.NDArray[np.float64], int, tuple[float, float]]:
    """Height of each row (or column) over the slice's middle (mm), the axis of `hu` that it goes along, and the upright grid's spacing (mm)."""
    vectors = cosines(first.orientation or ())
    if vectors is None or first.pixel_spacing_mm is None:
        raise ValueError("the orientation is not one")
    row, column, _ = vectors
    between_rows, between_columns = first.pixel_spacing_mm
    along_y, along_x = (row, column) if turn.transpose else (column, row)
    dy, dx = (between_columns, between_rows) if turn.transpose else (between_rows, between_columns)
    spacing = dy * math.hypot(along_y[0], along_y[1]), dx * math.hypot(along_x[0], along_x[1])
    leans_along_y = abs(along_y[2]) >= abs(along_x[2])
    n, step, rise, flip = (shape[0], dy, along_y[2], turn.flip_rows) if leans_along_y else (shape[1], dx, along_x[2], turn.flip_columns)
    lift = np.arange(n, dtype=np.float64) - (n - 1) / 2
    lift *= step * float(rise) * (-1 if flip else 1)
    return lift, 1 if leans_along_y else 2, spacing


def _lines(hu: npt.NDArray[np.int16], axis: int, i: int) -> npt.NDArray[np.int16]:
    """A view (Z, n) of row `i` (axis 1) or column `i` (axis 2) in all slices."""
    return hu[:, i] if axis == 1 else hu[:, :, i]


def _complete(z_mm: npt.NDArray[np.float64], lift_mm: npt.NDArray[np.float64]) -> tuple[int, int]:
    """First and end of the upright slices for which every row that is lifted by `lift_mm` was scanned."""
    inside = (z_mm >= z_mm[0] + lift_mm.max() - 1e-6) & (z_mm <= z_mm[-1] + lift_mm.min() + 1e-6)
    found = np.flatnonzero(inside)
    return (int(found[0]), int(found[-1]) + 1) if len(found) else (0, 0)


def _at(z_mm: npt.NDArray[np.float64], lines: npt.NDArray[np.int16], wanted_mm: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """`lines` (Z, n), known at `z_mm`, at `wanted_mm`; air beyond the ends."""
    below = np.clip(np.searchsorted(z_mm, wanted_mm, side="right") - 1, 0, len(z_mm) - 2)
    share = ((wanted_mm - z_mm[below]) / (z_mm[below + 1] - z_mm[below])).astype(np.float32)[:, None]
    found = lines[below] * (1 - share) + lines[below + 1] * share
    found[(share[:, 0] < -1e-3) | (share[:, 0] > 1 + 1e-3)] = AIR_HU
    return np.rint(found, out=found)
