"""Metal in and on the body, and the streaks that it throws."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_t12_bodycomp.phantom.frame import Contours, Frame
from napari_t12_bodycomp.phantom.parts import Part
from napari_t12_bodycomp.phantom.plane import Plane

F32 = npt.NDArray[np.float32]
Point = tuple[float, float, float]
METAL_HU, SEEN_HU = 9000.0, 2000.0
"""What metal is painted with (stored images end at 3071), and from where on a pixel throws streaks."""
N_RAYS = 720


def paint_metal(plane: Plane, frame: Frame, contours: Contours) -> None:
    """The metal that the options ask for, as far as this plane meets it."""
    kind = frame.options.metal
    if kind == "spine":
        _rods(plane, frame)
    elif kind == "pacemaker":
        _pacemaker(plane, frame)
    elif kind == "electrodes":
        _electrodes(plane, frame, contours)


def _rods(plane: Plane, frame: Frame) -> None:
    """Pedicle screws in three or four neighbouring vertebrae, joined by a rod on each side."""
    rng = np.random.default_rng([frame.options.seed, 31])
    names = [v.label for v in frame.levels]
    first = names.index("T9") + int(rng.integers(0, 6))
    levels = frame.levels[first : first + int(rng.integers(3, 5))]
    heads: dict[int, list[Point]] = {-1: [], 1: []}
    for level in levels:
        ys = frame.spine_y(level.z)
        for side in (-1, 1):
            head = (side * 17.0, ys + 38.0, level.z + 4)
            plane.tube(head, (side * 9.0, ys - 6.0, level.z + 2), 2.6, METAL_HU, Part.BONE)
            plane.ellipsoid(head, (5.5, 5.5, 6.0), METAL_HU, Part.BONE)
            heads[side].append(head)
    for ends in heads.values():
        for p, q in pairwise(ends):
            plane.tube((p[0], p[1] + 3, p[2]), (q[0], q[1] + 3, q[2]), 2.8, METAL_HU, Part.BONE)


def _pacemaker(plane: Plane, frame: Frame) -> None:
    """A generator under the left collar bone and its lead through the upper great vein to the tip of the right ventricle."""
    z = 190.0
    c = frame.contours(z)
    phi = 2.42
    r = float(c.fascia[int(phi / (2 * math.pi) * len(c.fascia))]) + 2.0
    box = (r * math.sin(phi), r * math.cos(phi), z)
    plane.ellipsoid(box, (23, 5, 22), METAL_HU, Part.SUBCUTANEOUS_FAT, -0.35)
    course: list[Point] = [
        box,
        (62.0, -30.0, 222.0),
        (24.0, -30.0, 212.0),
        (-22.0, -22.0, 200.0),
        (-20.0, -18.0, 130.0),
        (34.0, -44.0, 78.0),
    ]
    for p, q in pairwise(course):
        plane.tube(p, q, 1.2, METAL_HU * 0.6, None)


def _electrodes(plane: Plane, frame: Frame, contours: Contours) -> None:
    """Six electrodes on the skin of the chest and the flanks, with press studs of metal."""
    rng = np.random.default_rng([frame.options.seed, 33])
    for angle, z in ((2.3, 180), (-2.3, 180), (1.7, 20), (-1.7, 20), (2.9, 110), (2.2, 70)):
        at = z + float(rng.uniform(-25, 25))
        if abs(plane.z - at) < 6:
            phi = angle + float(rng.uniform(-0.2, 0.2))
            r = float(contours.skin[int(phi % (2 * math.pi) / (2 * math.pi) * len(contours.skin))]) + 2.5
            plane.ellipsoid((r * math.sin(phi), r * math.cos(phi), at), (5, 5, 5), METAL_HU * 0.5, None)


def streaks(ideal: F32, pixel_mm: float, rng: np.random.Generator) -> F32 | None:
    """HU that metal in the noise-free slice adds: rays about each piece, dark bands between pieces; None where there is none."""
    labels, n = ndimage.label(ideal > SEEN_HU)
    if n == 0:
        return None
    area = np.bincount(labels.ravel())[1:] * pixel_mm**2
    pieces = np.argsort(area)[::-1][:6]
    centres = ndimage.center_of_mass(labels > 0, labels, pieces + 1)
    rows, cols = (np.arange(m, dtype=np.float32) for m in ideal.shape)
    out = np.zeros(ideal.shape, np.float32)
    for piece, (row, col) in zip(pieces, centres, strict=True):
        y, x = (rows[:, None] - np.float32(row)) * np.float32(pixel_mm), (cols[None, :] - np.float32(col)) * np.float32(pixel_mm)
        size = math.sqrt(float(area[piece]))
        rays = ndimage.gaussian_filter1d(rng.standard_normal(N_RAYS), 4.0, mode="wrap")
        rays = (rays / rays.std()).astype(np.float32)
        turn = (np.arctan2(y, x) * np.float32(N_RAYS / (2 * math.pi))).astype(np.int32) % N_RAYS
        r = np.hypot(x, y)
        out += np.float32(min(400.0, 32 * size)) * rays[turn] * np.exp(-r / np.float32(55)) / (1 + r / np.float32(6 + size))
    for i in range(len(centres) - 1):
        out += _band(rows, cols, centres[i], centres[i + 1], pixel_mm, math.sqrt(float(area[pieces[i + 1]])))
    return out


def _band(rows: F32, cols: F32, p: tuple[float, float], q: tuple[float, float], pixel_mm: float, size: float) -> F32:
    """Darkness between two pieces of metal: the beam that meets both is hardened most."""
    vy, vx = q[0] - p[0], q[1] - p[1]
    length = math.hypot(vy, vx) + 1e-6
    y, x = rows[:, None] - np.float32(p[0]), cols[None, :] - np.float32(p[1])
    along, aside = (x * vx + y * vy) / length, (x * vy - y * vx) / length * pixel_mm
    inside = np.clip(np.minimum(along, length - along) / 3 + 1, 0, 1)
    depth = min(350.0, 30 * size) * math.exp(-length * pixel_mm / 120)
    return np.asarray(-depth * inside * np.exp(-((aside / (1.5 + 0.5 * size)) ** 2)), np.float32)
