"""Paints planes of one anatomy: every organ in its order, on any in-plane grid."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.phantom import abdomen, chest, metal, pelvis, ribs, shoulder, spine, texture, trunk
from napari_t12_bodycomp.phantom.frame import Frame
from napari_t12_bodycomp.phantom.options import PhantomOptions
from napari_t12_bodycomp.phantom.parts import FAT_HU, MUSCLE_HU, Part
from napari_t12_bodycomp.phantom.plane import N_ANGLES, Plane, Window

F32 = npt.NDArray[np.float32]
BEND_MM = 3.5


@dataclass(frozen=True, slots=True, eq=False)
class Anatomy:
    """All that is fixed before painting: the frame, ribs, vessels and bowel drawn from the seed."""

    frame: Frame
    ribs: tuple[ribs.Rib, ...]
    vessels: chest.Vessels
    bowel: tuple[tuple[float, float, float, float, float, float], ...]
    bend: tuple[texture.Waves, texture.Waves]
    grain: texture.Waves
    manubrium_y: float


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """In-plane pixel centres (scanner mm): columns, rows, and the pixel size."""

    x: F32
    y: F32
    pixel_mm: float


def scan_grid(o: PhantomOptions) -> Grid:
    axis = ((np.arange(o.n_pixels) - (o.n_pixels - 1) / 2) * o.pixel_mm).astype(np.float32)
    return Grid(axis, axis, o.pixel_mm)


class Painter:
    """Paints planes of one anatomy on one in-plane grid."""

    def __init__(self, anatomy: Anatomy, grid: Grid, edge_mm: float) -> None:
        o = anatomy.frame.options
        self.anatomy, self.grid, self.edge_mm = anatomy, grid, edge_mm
        self.x = (grid.x - np.float32(o.offset_mm[0])) / np.float32(o.scale)
        self.y = (grid.y - np.float32(o.offset_mm[1])) / np.float32(o.scale)
        self.step = grid.pixel_mm / o.scale
        self.static = None if o.scoliosis_mm else self._coordinates(0.0)
        x, y, _, _ = self.static or self._coordinates(0.0)
        self.dome = chest.build_dome(anatomy.frame, x, y, self.step)

    def _coordinates(self, z: float) -> tuple[F32, F32, F32, npt.NDArray[np.uint16]]:
        frame = self.anatomy.frame
        o = frame.options
        x, y = self.x[None, :], self.y[:, None]
        if o.rotation_deg:
            a = math.radians(o.rotation_deg)
            c, s = np.float32(math.cos(a)), np.float32(math.sin(a))
            x, y = c * x + s * y, c * y - s * x
        shift = frame.spine_x(z)
        if shift:
            weight = 0.3 + 0.7 * np.exp(-(x * x + (y - 62) ** 2) / np.float32(95.0**2))
            x = (x - np.float32(shift) * weight).astype(np.float32)
        r = np.hypot(x, y).astype(np.float32)
        idx = np.rint(np.arctan2(x, y) * np.float32(N_ANGLES / (2 * math.pi))).astype(np.int32) % N_ANGLES
        return x, y, r, idx.astype(np.uint16)

    def plane(self, z_mm: float) -> Plane:
        """The plane at z_mm above mid-T12 (patient mm), fully painted."""
        frame = self.anatomy.frame
        o = frame.options
        z = z_mm / o.scale
        x, y, r, idx = self.static or self._coordinates(z)
        hu = np.full((len(self.y), len(self.x)), -1000.0, np.float32)
        part = np.zeros(hu.shape, np.uint8)
        origin, margin, turn = (float(self.x[0]), float(self.y[0])), abs(frame.spine_x(z)), math.radians(o.rotation_deg)
        plane = Plane(z, x, y, r, idx, origin, self.step, self.edge_mm / o.scale, margin, turn, hu, part)
        p = trunk.polar(plane, frame)
        if p is None:
            return plane
        shoulder.paint_arms(plane, frame)
        trunk.paint_coat(p)
        if o.gland > 0:
            trunk.paint_gland(p, frame, self.anatomy.bend[0].on_grid(self.x[p.w[1]], self.y[p.w[0]], z))
        p.plane = self._bent(plane)
        chest.paint_lungs(p, frame, self.dome, self.anatomy.vessels)
        abdomen.paint_abdomen(p, frame, self.dome, self.anatomy.bowel)
        chest.paint_diaphragm(p, frame, self.dome)
        chest.paint_mediastinum(p, frame)
        p.plane = plane
        trunk.paint_wall(p, frame)
        spine.paint_spine(plane, frame)
        pelvis.paint_sacrum(plane, frame)
        pelvis.paint_pelvis(plane, frame)
        shoulder.paint_shoulder(p, frame)
        shoulder.paint_first_ribs(plane, frame, self.anatomy.manubrium_y)
        ribs.paint_ribs(p, frame, self.anatomy.ribs)
        shoulder.paint_sternum(plane, frame, p.contours.inner)
        metal.paint_metal(plane, frame, p.contours)
        self._age_muscle(plane, p.w)
        here = plane.hu[p.w]
        here += self.anatomy.grain.on_grid(self.x[p.w[1]], self.y[p.w[0]], z) * np.where(
            plane.part[p.w] == Part.BONE, np.float32(16), np.where(here > -300, np.float32(3.5), np.float32(9))
        )
        return plane

    def part(self, z_mm: float) -> npt.NDArray[np.uint8]:
        """`Part` of each pixel in the plane at z_mm above mid-T12."""
        return self.plane(z_mm).part

    def _age_muscle(self, plane: Plane, w: Window) -> None:
        """Fibre that is denser or thinner than ordinary, and streaks of fat along it."""
        o = self.anatomy.frame.options
        if o.muscle_hu == MUSCLE_HU and o.myosteatosis <= 0:
            return
        hu, part = plane.hu[w], plane.part[w]
        fibre = part >= Part.ERECTOR_SPINAE
        hu[fibre] += np.float32(o.muscle_hu - MUSCLE_HU)
        if o.myosteatosis > 0:
            threshold = np.float32(NormalDist().inv_cdf(1 - min(o.myosteatosis, 0.45)))
            share = np.clip(
                (self.anatomy.grain.on_grid(self.x[w[1]], self.y[w[0]], plane.z) - threshold) * np.float32(2) + np.float32(0.5), 0, 1
            )
            share = np.where(fibre, share, np.float32(0))
            hu += share * (np.float32(FAT_HU) - hu)
            part[share > 0.5] = Part.INTERMUSCULAR_FAT

    def _bent(self, plane: Plane) -> Plane:
        """The same plane with softly displaced coordinates: organs get the outlines that ellipses lack."""
        dx, dy = (w.on_grid(self.x, self.y, plane.z) for w in self.anatomy.bend)
        return replace(
            plane, x=plane.x + np.float32(BEND_MM) * dx, y=plane.y + np.float32(BEND_MM) * dy, margin=plane.margin + 2.5 * BEND_MM
        )

    def mean(self, z_mm: float, offsets: npt.NDArray[np.float64]) -> F32:
        """Mean HU of the planes at `offsets` about z_mm: a slice with its partial volume."""
        total = np.zeros((len(self.y), len(self.x)), np.float32)
        for dz in offsets:
            total += self.plane(float(z_mm + dz)).hu
        total /= np.float32(len(offsets))
        return total
