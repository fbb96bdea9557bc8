"""One plane being painted: HU and part of each pixel, with edges as soft as the scanner's."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.phantom.parts import Part

F32 = npt.NDArray[np.float32]
N_ANGLES = 4096
Window = tuple[slice, slice]
Point = tuple[float, float, float]


@dataclass(slots=True, eq=False)
class Plane:
    """Pixels of one plane at height `z` (reference mm above mid-T12).

    Parameters
    ----------
    x, y : float32 arrays (Y, X) or broadcastable
        Reference coordinates of the pixels (mm, x to the patient's left, y backwards), after undoing scoliosis, rotation and size.
    r : float32 array (Y, X)
        Distance from the trunk's axis.
    idx : uint16 array (Y, X)
        Angle about the axis in steps of 2 pi / N_ANGLES; 0 = straight back.
    step : float
        Pixel size in reference mm.
    edge : float
        Width of the ramp across an edge (reference mm).
    margin : float
        How far pixels may have moved against the regular grid (mm).
    """

    z: float
    x: F32
    y: F32
    r: F32
    idx: npt.NDArray[np.uint16]
    origin: tuple[float, float]
    step: float
    edge: float
    margin: float
    rotation: float
    hu: F32
    part: npt.NDArray[np.uint8]

    def window(self, x0: float, x1: float, y0: float, y1: float) -> Window | None:
        """Pixels that may lie in the rectangle, with an edge's width around it; None where it is outside the grid."""
        if self.rotation:
            c, s = math.cos(self.rotation), math.sin(self.rotation)
            corners = [(c * x - s * y, s * x + c * y) for x in (x0, x1) for y in (y0, y1)]
            x0, x1 = min(p[0] for p in corners), max(p[0] for p in corners)
            y0, y1 = min(p[1] for p in corners), max(p[1] for p in corners)
        pad = self.edge + self.margin
        ny, nx = self.hu.shape
        c0, c1 = max(0, int((x0 - pad - self.origin[0]) / self.step)), min(nx, int((x1 + pad - self.origin[0]) / self.step) + 2)
        r0, r1 = max(0, int((y0 - pad - self.origin[1]) / self.step)), min(ny, int((y1 + pad - self.origin[1]) / self.step) + 2)
        if c0 >= c1 or r0 >= r1:
            return None
        return slice(r0, r1), slice(c0, c1)

    def xy(self, w: Window) -> tuple[F32, F32]:
        return (self.x[:, w[1]] if self.x.shape[0] == 1 else self.x[w]), (self.y[w[0]] if self.y.shape[1] == 1 else self.y[w])

    def paint(self, w: Window, d: F32, hu: float | F32, part: Part | None) -> None:
        """Lay `hu` over the window where the signed distance `d` (mm, negative inside) says so; `part` None leaves the part map alone."""
        alpha = np.float32(0.5) - d * np.float32(1.0 / self.edge)
        np.maximum(alpha, 0, out=alpha)
        np.minimum(alpha, 1, out=alpha)
        here = self.hu[w]
        here += alpha * (hu - here)
        if part is not None:
            self.part[w][alpha > 0.5] = part

    def ellipse(
        self, cx: float, cy: float, a: float, b: float, hu: float, part: Part | None, angle: float = 0.0, inside: Part | None = None
    ) -> None:
        """An ellipse with half axes a, b turned by `angle` (radians); `inside` limits it to pixels that are that part now."""
        reach = max(a, b) if angle else 0.0
        w = self.window(cx - (reach or a), cx + (reach or a), cy - (reach or b), cy + (reach or b))
        if w is None or min(a, b) <= 0:
            return
        x, y = self.xy(w)
        d = ellipse_distance(x - np.float32(cx), y - np.float32(cy), a, b, angle)
        if inside is not None:
            d = np.where(self.part[w] == inside, d, np.float32(9.0))
        self.paint(w, d, hu, part)

    def ellipsoid(
        self, centre: tuple[float, float, float], axes: tuple[float, float, float], hu: float, part: Part | None, angle: float = 0.0
    ) -> None:
        """This plane's cut through an ellipsoid (axes along x, y, z; turned about z)."""
        t = (self.z - centre[2]) / axes[2]
        if abs(t) < 1:
            s = math.sqrt(1 - t * t)
            self.ellipse(centre[0], centre[1], axes[0] * s, axes[1] * s, hu, part, angle)

    def tube(self, p0: tuple[float, float, float], p1: tuple[float, float, float], radius: float, hu: float, part: Part | None) -> None:
        """This plane's cut through a round bar from p0 to p1 with round ends."""
        d = self.tube_distance(p0, p1, radius)
        if d is not None:
            self.paint(d[0], d[1], hu, part)

    def strap(self, p0: Point, p1: Point, wide: float, thick: float, hu: float, part: Part | None) -> None:
        """This plane's cut through a flat bar from p0 to p1, `wide` to either side and `thick` upwards and downwards (mm)."""
        rise = abs(p1[2] - p0[2])
        if not min(p0[2], p1[2]) - 1.6 * thick - 1 < self.z < max(p0[2], p1[2]) + 1.6 * thick + 1:
            return
        w = self.window(min(p0[0], p1[0]) - wide, max(p0[0], p1[0]) + wide, min(p0[1], p1[1]) - wide, max(p0[1], p1[1]) + wide)
        if w is None:
            return
        x, y = self.xy(w)
        vx, vy, vz = p1[0] - p0[0], p1[1] - p0[1], p1[2] - p0[2]
        length = math.hypot(vx, vy) + 1e-6
        t = np.clip(((x - p0[0]) * vx + (y - p0[1]) * vy) / (length * length), 0, 1)
        aside = np.hypot(x - p0[0] - t * vx, y - p0[1] - t * vy) / wide
        above = (self.z - p0[2] - t * vz) * (length / math.hypot(length, rise) / thick)
        q = np.sqrt(aside * aside + above * above)
        steep = np.sqrt((aside / wide) ** 2 + (above / thick * min(1.0, rise / length)) ** 2) + 1e-3
        self.paint(w, ((q - 1) * q / np.maximum(steep, 0.5 / wide)).astype(np.float32), hu, part)

    def tube_distance(self, p0: tuple[float, float, float], p1: tuple[float, float, float], radius: float) -> tuple[Window, F32] | None:
        if (p0[2] - radius > self.z and p1[2] - radius > self.z) or (p0[2] + radius < self.z and p1[2] + radius < self.z):
            return None
        dz = p1[2] - p0[2]
        lo, hi = 0.0, 1.0
        if abs(dz) > 1e-6:
            ends = sorted(((self.z - 1.5 * radius - p0[2]) / dz, (self.z + 1.5 * radius - p0[2]) / dz))
            lo, hi = max(0.0, ends[0]), min(1.0, ends[1])
            if lo > hi:
                return None
        ax, bx = (p0[0] + t * (p1[0] - p0[0]) for t in (lo, hi))
        ay, by = (p0[1] + t * (p1[1] - p0[1]) for t in (lo, hi))
        w = self.window(min(ax, bx) - radius, max(ax, bx) + radius, min(ay, by) - radius, max(ay, by) + radius)
        if w is None:
            return None
        x, y = self.xy(w)
        vx, vy = p1[0] - p0[0], p1[1] - p0[1]
        t = ((x - p0[0]) * vx + (y - p0[1]) * vy + (self.z - p0[2]) * dz) / (vx * vx + vy * vy + dz * dz + 1e-9)
        t = np.clip(t, 0.0, 1.0)
        d = np.sqrt((x - p0[0] - t * vx) ** 2 + (y - p0[1] - t * vy) ** 2 + (self.z - p0[2] - t * dz) ** 2) - radius
        return w, d.astype(np.float32)


def ellipse_distance(x: F32, y: F32, a: float, b: float, angle: float = 0.0) -> F32:
    """First-order signed distance (mm) to an ellipse about the origin; any broadcastable x and y."""
    if angle:
        c, s = np.float32(math.cos(angle)), np.float32(math.sin(angle))
        x, y = c * x + s * y, c * y - s * x
    u, v = x * np.float32(1 / a), y * np.float32(1 / b)
    q = np.sqrt(u * u + v * v)
    u *= np.float32(1 / a)
    v *= np.float32(1 / b)
    g = np.sqrt(u * u + v * v) + np.float32(1e-6)
    out: F32 = (q - np.float32(1)) * q / g
    return out
