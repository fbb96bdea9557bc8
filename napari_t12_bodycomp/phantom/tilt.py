"""A patient who lies aslant: slices cut obliquely through planes painted square to the body."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_t12_bodycomp.phantom.frame import Frame
from napari_t12_bodycomp.phantom.painter import Anatomy, Grid, Painter

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
FINEST_MM, COARSEST_MM = 0.8, 2.5


class SlicePainter(Protocol):
    """What paints slices of one anatomy on one grid."""

    anatomy: Anatomy
    grid: Grid
    edge_mm: float

    def mean(self, z_mm: float, offsets: F64) -> F32:
        """Mean HU of the planes at `offsets` about z_mm."""
        ...

    def part(self, z_mm: float) -> npt.NDArray[np.uint8]:
        """`Part` of each pixel in the plane at z_mm."""
        ...


def build_painter(anatomy: Anatomy, grid: Grid, edge_mm: float) -> SlicePainter:
    """The painter for this patient: square to the body, or aslant where the options say so."""
    painter = Painter(anatomy, grid, edge_mm)
    return Tilted(painter) if any(anatomy.frame.options.tilt_deg) else painter


def turn(frame: Frame) -> F64:
    """Rotation (3, 3) from the upright body's (x, y, z) to the tilted one's, about `pivot`."""
    a, b = (math.radians(d) for d in frame.options.tilt_deg)
    sideways = np.array([[math.cos(a), 0, math.sin(a)], [0, 1, 0], [-math.sin(a), 0, math.cos(a)]])
    backwards = np.array([[1, 0, 0], [0, math.cos(b), math.sin(b)], [0, -math.sin(b), math.cos(b)]])
    return np.asarray(backwards @ sideways)


def place(frame: Frame, z: float) -> F64:
    """Where the spine's axis passes height z of the upright body: (x, y, z) in scanner mm."""
    o = frame.options
    angle = math.radians(o.rotation_deg)
    c, s = math.cos(angle), math.sin(angle)
    x, y = frame.spine_x(z) if o.scoliosis_mm else 0.0, frame.spine_y(z)
    return np.array([(c * x - s * y) * o.scale + o.offset_mm[0], (s * x + c * y) * o.scale + o.offset_mm[1], z * o.scale])


def tilted_z(frame: Frame, z: float) -> float:
    """Height (mm above mid-T12) at which the spine's axis at `z` of the upright body lies in the scanner."""
    if not any(frame.options.tilt_deg):
        return z * frame.options.scale
    return float((turn(frame) @ (place(frame, z) - place(frame, 0.0)))[2])


class Tilted:
    """Cuts oblique slices out of planes that it paints as they are needed and forgets when they lie behind."""

    def __init__(self, painter: Painter) -> None:
        frame = painter.anatomy.frame
        self.anatomy, self.grid, self.edge_mm = painter.anatomy, painter.grid, painter.edge_mm
        self._painter = painter
        self._step = float(np.clip(frame.options.thickness_mm, FINEST_MM, COARSEST_MM))
        self._pivot, self._back = place(frame, 0.0), turn(frame).T
        self._kept: dict[int, tuple[F32, npt.NDArray[np.uint8]]] = {}

    def mean(self, z_mm: float, offsets: F64) -> F32:
        total = np.zeros((len(self.grid.y), len(self.grid.x)), np.float32)
        for dz in offsets:
            at, first, last = self._where(z_mm + float(dz))
            stack = np.stack([self._plane(k)[0] for k in range(first, last + 1)])
            total += ndimage.map_coordinates(stack, at, order=1, mode="nearest")
        total /= np.float32(len(offsets))
        return total

    def part(self, z_mm: float) -> npt.NDArray[np.uint8]:
        at, first, last = self._where(z_mm)
        stack = np.stack([self._plane(k)[1] for k in range(first, last + 1)])
        return np.asarray(ndimage.map_coordinates(stack, at, order=0, mode="nearest"))

    def _where(self, z_mm: float) -> tuple[F32, int, int]:
        """Coordinates (3, Y, X) of a slice's pixels in the stack of planes `first` to `last`."""
        x, y = self.grid.x[None, :] - np.float32(self._pivot[0]), self.grid.y[:, None] - np.float32(self._pivot[1])
        m = self._back.astype(np.float32)
        up = [m[i, 0] * x + m[i, 1] * y + np.float32(m[i, 2] * z_mm) for i in range(3)]
        height = up[2] / np.float32(self._step)
        first, last = math.floor(float(height.min())), math.floor(float(height.max())) + 1
        for k in [k for k in self._kept if k < first - 2]:
            del self._kept[k]
        pixel = np.float32(self.grid.pixel_mm)
        row = (up[1] + np.float32(self._pivot[1]) - self.grid.y[0]) / pixel
        col = (up[0] + np.float32(self._pivot[0]) - self.grid.x[0]) / pixel
        return np.stack([height - np.float32(first), row, col]), first, last

    def _plane(self, k: int) -> tuple[F32, npt.NDArray[np.uint8]]:
        if k not in self._kept:
            plane = self._painter.plane(k * self._step)
            self._kept[k] = plane.hu, plane.part
        return self._kept[k]
