"""What lies inside the rib cage above the diaphragm: lungs with vessels, heart, great vessels, airways."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.phantom.frame import Frame
from napari_t12_bodycomp.phantom.parts import LUNG_HU, VISCERAL_FAT_HU, Part
from napari_t12_bodycomp.phantom.plane import F32, Plane, Point
from napari_t12_bodycomp.phantom.trunk import Polar

Segment = tuple[Point, Point, float]


@dataclass(frozen=True, slots=True, eq=False)
class Vessels:
    """Straight pieces (end, end, radius) with the lowest and highest z of each."""

    segments: tuple[Segment, ...]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Dome:
    """Height of the diaphragm's upper surface over each pixel (reference mm) and its steepness."""

    z: F32
    cosine: F32


def build_dome(frame: Frame, x: F32, y: F32, step: float) -> Dome:
    """The diaphragm: two domes, low behind, higher in front, lowest along the wall."""
    x, y = np.broadcast_arrays(x, y)
    c = frame.contours(30.0)
    n = len(c.inner)
    idx = (np.round(np.arctan2(x, y) * (n / (2 * math.pi))).astype(np.int32) % n).astype(np.uint16)
    rho = np.minimum(np.hypot(x, y) / c.inner.astype(np.float32)[idx], 1.3)
    front = np.clip((60 - y) / 130, 0, 1)
    rim = np.float32(-6) + np.float32(44) * front * front
    top = 68 - 5 * np.tanh((x - 8) / 22) - 7 * np.exp(-(((x - 6) / 26) ** 2))
    z = rim + (top - rim) * (1 - rho**2.6)
    z = np.where(rho > 1, rim, z).astype(np.float32)
    gy, gx = np.gradient(z, step)
    return Dome(z, (1 / np.sqrt(1 + gx * gx + gy * gy)).astype(np.float32))


def build_lung_vessels(rng: np.random.Generator, frame: Frame) -> Vessels:
    """Branching vessels from both hila outwards, thinner with each branching."""
    out: list[Segment] = []
    for side in (-1, 1):
        hilum = np.array([side * 34.0, frame.spine_y(140) - 34, 140.0])
        tips = []
        for _ in range(17):
            direction = rng.normal(size=3) * [0.7, 0.9, 1.1] + [side * 1.0, 0, 0]
            tips.append((hilum, direction / np.linalg.norm(direction), 4.2))
        for _ in range(4):
            grown = []
            for start, direction, radius in tips:
                end = start + direction * rng.uniform(16, 27)
                out.append((tuple(start), tuple(end), radius))
                for _ in range(2):
                    bend = direction + rng.normal(scale=0.42, size=3)
                    grown.append((end, bend / np.linalg.norm(bend), radius * rng.uniform(0.62, 0.82)))
            tips = [g for g in grown if g[2] > 0.55]
    z = np.array([(p[2], q[2]) for p, q, _ in out])
    thick = np.array([r for _, _, r in out])
    return Vessels(tuple(out), z.min(1) - thick, z.max(1) + thick)


def paint_lungs(p: Polar, frame: Frame, dome: Dome, vessels: Vessels) -> None:
    """Lungs above the diaphragm, apart from the mediastinum between them."""
    plane, z = p.plane, p.plane.z
    if z < -10 or z > 252:
        return
    x, y = plane.xy(p.w)
    height = (dome.z[p.w] - np.float32(z)) * dome.cosine[p.w]
    half = float(np.interp(z, [0, 60, 100, 140, 180, 215, 240, 250], [24, 30, 34, 30, 26, 24, 23, 30]))
    ys = frame.spine_y(z)
    # The mediastinum is broad in front of the spine, narrow at the sternum.
    middle = float(np.interp(z, [0, 60, 120, 200], [3, 6, 5, 0]))
    spread = np.float32(half) * (0.42 + 0.58 * np.clip((y + 70) / 70, 0, 1)) if z < 215 else np.float32(half)
    spread = spread * np.where(y > ys + 8, 0.9, 1.0)
    medial = spread - np.abs(x - np.float32(middle))
    apex = np.float32(max(0.0, z - 205) * 0.3)
    wall = p.beyond_wall() + np.float32(0.6) + apex
    d = np.maximum(np.maximum(wall, height), medial * np.float32(0.9))
    tint = (LUNG_HU + 0.42 * (y - 10)).astype(np.float32)
    plane.paint(p.w, d, np.broadcast_to(tint, d.shape), Part.LUNG)
    if max(frame.options.effusion_mm) > 0:
        _effusion(p, frame, d, middle)
    for k in np.flatnonzero((vessels.low < z) & (vessels.high > z)):
        got = plane.tube_distance(*vessels.segments[k])
        if got is not None:
            w, dv = got
            plane.paint(w, np.where(plane.part[w] == Part.LUNG, dv, np.float32(9)), 35.0, None)


def _effusion(p: Polar, frame: Frame, lung: F32, middle: float) -> None:
    """Free fluid in the lowest part of the pleural space, rising along the wall, with collapsed lung over it."""
    x, y = p.plane.xy(p.w)
    deepest = 88.0 if frame.up > 0 else 78.0
    for side, depth in zip((-1, 1), frame.options.effusion_mm, strict=True):
        if depth <= 0:
            continue
        other = np.float32(-side) * (x - np.float32(middle))
        rise = np.float32(14) * np.clip((np.abs(x - np.float32(middle)) - 45) / 60, 0, 1)
        over = np.float32(deepest - depth) - rise - np.float32(frame.up) * y
        for above, hu in ((0.35 * depth, -20.0), (0.0, 8.0)):
            d = np.maximum(np.maximum(lung, over - np.float32(above)), other)
            p.plane.paint(p.w, d.astype(np.float32), hu, Part.ORGAN)


def paint_diaphragm(p: Polar, frame: Frame, dome: Dome) -> None:
    """The muscle sheet under the lungs, and under it whatever the abdomen paints."""
    z = p.plane.z
    if not -12 < z < 80:
        return
    height = (dome.z[p.w] - np.float32(z)) * dome.cosine[p.w]
    sheet = np.maximum(np.abs(height - 1.6) - np.float32(1.6), p.beyond_wall())
    sheet = np.where(p.plane.part[p.w] == Part.LUNG, np.float32(9), sheet)
    p.plane.paint(p.w, sheet, 48.0, Part.DIAPHRAGM)


def paint_mediastinum(p: Polar, frame: Frame) -> None:
    """Heart, aorta, great veins, pulmonary trunk, trachea, bronchi, oesophagus, thymic fat."""
    plane, z = p.plane, p.plane.z
    ys = frame.spine_y
    blood = 190.0 if frame.options.contrast else 42.0
    organ = Part.ORGAN
    if 62 < z < 168:
        plane.ellipsoid((20, -14, 106), (58, 50, 49), VISCERAL_FAT_HU, Part.VISCERAL_FAT, -0.5)
        plane.ellipsoid((20, -13, 105), (54, 45, 44), 44.0, organ, -0.5)
        if frame.options.contrast:
            plane.ellipsoid((34, -14, 100), (25, 17, 30), 170.0, organ, -0.6)
            plane.ellipsoid((-8, -16, 108), (22, 20, 28), 190.0, organ)
            plane.ellipsoid((10, 18, 124), (28, 14, 18), 165.0, organ)
    if 120 < z < 205:
        plane.tube((-2, -18, 132), (-14, -24, 178), 15.5, blood, organ)
        plane.tube((-14, -24, 178), (18, ys(190) - 30, 190), 13.5, blood, organ)
        plane.tube((18, ys(190) - 30, 190), (22, ys(172) - 14, 170), 12.5, blood, organ)
        plane.tube((12, -26, 140), (20, -6, 160), 13.0, blood - 4, organ)
        plane.tube((20, -6, 160), (36, ys(150) - 34, 152), 9.5, blood - 4, organ)
        plane.tube((16, -2, 158), (-34, ys(145) - 38, 148), 9.5, blood - 4, organ)
    nodes = [(20.0, -60), (20, 20), (20, 60), (22, 120), (22, 172)]
    levels = [-120.0, 0.0, 60.0, 120.0, 172.0]
    xs = [n[0] for n in nodes]
    xs[0], xs[1] = 3.0, 6.0
    back = [27.0, 27.0, 25.0, 17.0, 14.0]
    for i in range(4):
        if levels[i] - 14 < z < levels[i + 1] + 14:
            q0 = (xs[i], ys(levels[i]) - back[i], levels[i])
            q1 = (xs[i + 1], ys(levels[i + 1]) - back[i + 1], levels[i + 1])
            if i == 0:
                q0 = (3.0, ys(-120) - 29, -120.0)
            plane.tube(q0, q1, 11.0, blood, organ)
    if z > 150:
        plane.tube((-24, -16, 128), (-22, -22, 205), 9.0, blood + 60 if frame.options.contrast else 40.0, organ)
        for x0, x1, r in ((-10, -22, 6.5), (4, 3, 4.5), (16, 30, 5.0)):
            plane.tube((x0, ys(196) - 40, 192), (x1, ys(245) - 34, 250), r, blood, organ)
    _airways(plane, frame)


def _airways(plane: Plane, frame: Frame) -> None:
    ys, z = frame.spine_y, plane.z
    if z > 30:
        food = min(z, 330)
        plane.ellipse(4 if z > 100 else 8, ys(food) - float(np.interp(food, [30, 120, 300], [30, 27, 19])), 8, 5, 38.0, Part.ORGAN)
    if z > 166:
        top = min(z, 330)
        y = ys(top) - float(np.interp(top, [166, 250, 330], [38, 36, 30]))
        plane.ellipse(0, y, 11, 10.5, 60.0, Part.ORGAN)
        plane.ellipse(0, y, 8.8, 8.2, -995.0, Part.GAS)
    if 135 < z < 190:
        for side, end in ((-1, 150), (1, 146)):
            for r, hu, part in ((8.2, 50.0, Part.ORGAN), (6.4, -990.0, Part.GAS)):
                plane.tube((0, ys(172) - 38, 174), (side * 33, ys(150) - 32, end), r, hu, part)
    if z > 255:
        plane.ellipse(-20, ys(min(z, 300)) - 38, 9, 13, 95.0, Part.ORGAN)
        plane.ellipse(20, ys(min(z, 300)) - 38, 9, 13, 95.0, Part.ORGAN)
