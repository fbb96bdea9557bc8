"""Coarse grids and straightened spines: where a point of one frame lies in another. All lengths in mm, arrays (Z, Y, X)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_t12_bodycomp.model.volume import CTVolume

Floats = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]

BODY_HU = -300
STEP_MM = 2.0
LATERAL_MM = 120.0
FRONT_MM = 76.0
BEHIND_MM = 64.0
OUTSIDE_HU = -1024.0


@dataclass(frozen=True, slots=True, eq=False)
class Coarse:
    """The body's part of a scan on a grid of about 2 mm.

    Parameters
    ----------
    hu : float32 array (Z, Y, X)
        Block means of the scan, HU.
    z_mm : float array (Z,)
        LPS z of each plane (mm), increasing; spacing may vary.
    spacing_mm : (float, float)
        Between rows and between columns.
    first_yx, factors : (float, float), (int, int)
        Source pixel (row, column) of the centre of coarse pixel (0, 0), and source pixels per coarse one.
    outside : bool array (Y, X) or None
        Coarse pixels that the scanner never reconstructed.
    """

    hu: Floats
    z_mm: npt.NDArray[np.float64]
    spacing_mm: tuple[float, float]
    first_yx: tuple[float, float]
    factors: tuple[int, int]
    outside: npt.NDArray[np.bool_] | None = None

    def to_source(self, points_mm: Points) -> Points:
        """(..., 3) points (z in mm, y in mm, x in mm from coarse pixel 0, 0) as (z in mm, source row, source column)."""
        out = np.array(points_mm, dtype=np.float64)
        for axis in (0, 1):
            out[..., axis + 1] = self.first_yx[axis] + points_mm[..., axis + 1] / self.spacing_mm[axis] * self.factors[axis]
        return out

    def indices(self, points_mm: Points) -> Points:
        """(..., 3) points in mm as fractional array indices; beyond the ends they continue at the end's own spacing."""
        out = np.empty(points_mm.shape)
        z = self.z_mm
        out[..., 0] = np.interp(points_mm[..., 0], z, np.arange(len(z)))
        first, last = z[1] - z[0], z[-1] - z[-2]
        out[..., 0] += np.minimum(points_mm[..., 0] - z[0], 0) / first + np.maximum(points_mm[..., 0] - z[-1], 0) / last
        out[..., 1] = points_mm[..., 1] / self.spacing_mm[0]
        out[..., 2] = points_mm[..., 2] / self.spacing_mm[1]
        return out


def coarse_grid(volume: CTVolume, step_mm: float = STEP_MM) -> Coarse | None:
    """The body's bounding box averaged in blocks to about `step_mm`; None where nothing in the scan is denser than air."""
    shrunk = volume.hu[:: max(1, len(volume.hu) // 60), ::4, ::4] > BODY_HU
    rows, columns = np.flatnonzero(shrunk.sum((0, 2)) > 3), np.flatnonzero(shrunk.sum((0, 1)) > 3)
    if len(rows) == 0 or len(columns) == 0:
        return None
    dz = volume.slice_spacing_mm
    fz = 1 if not np.isfinite(dz) else max(1, round(step_mm / dz))
    fy, fx = (max(1, round(step_mm / s)) for s in volume.pixel_spacing_mm)
    y0, x0 = int(rows[0]) * 4, int(columns[0]) * 4
    y1, x1 = min(volume.shape[1], int(rows[-1]) * 4 + 4), min(volume.shape[2], int(columns[-1]) * 4 + 4)
    ny, nx, nz = max(1, (y1 - y0) // fy), max(1, (x1 - x0) // fx), max(1, len(volume.hu) // fz)
    hu = np.zeros((nz, ny, nx), np.float32)
    for k in range(nz):
        block = volume.hu[k * fz : k * fz + fz, y0 : y0 + ny * fy, x0 : x0 + nx * fx]
        plane = block.sum(axis=0, dtype=np.int32) if fz > 1 else block[0].astype(np.int32)
        rows_summed = sum((plane[i::fy] for i in range(1, fy)), plane[0::fy])
        hu[k] = sum((rows_summed[:, i::fx] for i in range(1, fx)), rows_summed[:, 0::fx])
    hu /= fz * fy * fx
    z = volume.z_mm[: nz * fz].reshape(nz, fz).mean(axis=1)
    spacing = (volume.pixel_spacing_mm[0] * fy, volume.pixel_spacing_mm[1] * fx)
    outside = None
    if volume.outside_fov is not None:
        outside = volume.outside_fov[y0 : y0 + ny * fy : fy, x0 : x0 + nx * fx : fx].copy()
    return Coarse(hu, z, spacing, (y0 + (fy - 1) / 2, x0 + (fx - 1) / 2), (fy, fx), outside)


@dataclass(frozen=True, slots=True, eq=False)
class Straight:
    """Planes perpendicular to the spinal canal, stacked along it from caudal to cranial every `STEP_MM`.

    Parameters
    ----------
    hu : float32 array (S, V, U)
        S along the canal, V from front to back, U from the patient's right to the left.
    inside : bool array (S, V, U)
        Where the scan has data.
    origin, tangent, back, left : float arrays (S, 3)
        The canal's centre (z, y, x in mm) of each plane and the frame's axes there.
    v0, u0 : int
        Index of the canal's centre on axes V and U.
    """

    hu: Floats
    inside: npt.NDArray[np.bool_]
    origin: Points
    tangent: Points
    back: Points
    left: Points
    v0: int
    u0: int

    def point(self, s: float, v_mm: float, u_mm: float) -> Points:
        """Place (z, y, x in mm) of plane `s` (fractional index), `v_mm` behind and `u_mm` left of the canal."""
        grid = np.arange(len(self.origin))

        def at(a: Points) -> Points:
            return np.array([np.interp(s, grid, a[:, i]) for i in range(3)])

        place = at(self.origin) + v_mm * at(self.back) + u_mm * at(self.left)
        over = max(0.0, s - grid[-1]) + min(0.0, s)
        return np.asarray(place + over * STEP_MM * at(self.tangent))


def frames(path_mm: Points, twist: npt.NDArray[np.float64] | None = None) -> tuple[Points, Points, Points]:
    """Tangent, back and left unit vectors (N, 3) in (z, y, x) of a smooth path; `twist` turns back and left about the tangent (radians)."""
    tangent = np.gradient(path_mm, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    left = np.zeros_like(tangent)
    left[:, 2] = 1.0
    left -= (left * tangent).sum(1, keepdims=True) * tangent
    left /= np.linalg.norm(left, axis=1, keepdims=True)
    back = np.cross(left, tangent)
    back *= np.sign(back[:, 1:2])
    if twist is not None:
        c, s = np.cos(twist)[:, None], np.sin(twist)[:, None]
        left, back = c * left + s * back, c * back - s * left
    return tangent, back, left


def straighten(
    coarse: Coarse,
    path_mm: Points,
    twist: npt.NDArray[np.float64] | None = None,
    reach_mm: tuple[float, float, float] = (FRONT_MM, BEHIND_MM, LATERAL_MM),
) -> Straight:
    """Sample `coarse` in planes perpendicular to `path_mm` (N, 3), points STEP_MM apart, `reach_mm` to the front, back and each side."""
    tangent, back, left = frames(path_mm, twist)
    front, behind, lateral = (round(mm / STEP_MM) for mm in reach_mm)
    v = STEP_MM * np.arange(-front, behind + 1)
    u = STEP_MM * np.arange(-lateral, lateral + 1)
    shape = (len(path_mm), len(v), len(u))
    hu, inside = np.empty(shape, np.float32), np.empty(shape, bool)
    size = np.array(coarse.hu.shape)
    for k in range(len(path_mm)):
        points = path_mm[k] + v[:, None, None] * back[k] + u[None, :, None] * left[k]
        index = coarse.indices(points)
        inside[k] = ((index >= -0.5) & (index <= size - 0.5)).all(axis=-1)
        if coarse.outside is not None:
            i, j = (np.clip(np.rint(index[..., a]).astype(int), 0, size[a] - 1) for a in (1, 2))
            inside[k] &= ~coarse.outside[i, j]
        ndimage.map_coordinates(coarse.hu, np.moveaxis(index, -1, 0), output=hu[k], order=1, mode="nearest")
    hu[~inside] = OUTSIDE_HU
    return Straight(hu, inside, path_mm, tangent, back, left, front, lateral)
