"""Ribs with costal cartilage, sternum, clavicles, scapulae and shoulders."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.phantom.frame import Frame
from napari_t12_bodycomp.phantom.parts import CARTILAGE_HU, CORTEX_HU, MUSCLE_HU, Part
from napari_t12_bodycomp.phantom.plane import F32, Plane
from napari_t12_bodycomp.phantom.trunk import Polar

F64 = npt.NDArray[np.float64]
# How far each rib sinks (mm at 1 radian), how far round it is bone (radians from the back), and where its cartilage meets the sternum (z).
SINK = [0, 22, 30, 34, 38, 43, 45, 47, 49, 49, 46, 45, 33, 22]
BONE_END = [0, 2.45, 2.5, 2.55, 2.5, 2.45, 2.35, 2.25, 2.15, 2.02, 1.85, 1.45, 0.0, 0.0]
STERNUM_Z = [0, 203, 172, 142, 122, 104, 91, 81]
SINK_POWER = 1.25
ORDINARY_LAST_MM, THIRTEENTH_MM = 112.0, 55.0


@dataclass(frozen=True, slots=True, eq=False)
class Rib:
    """One rib's height by angle, with the angles between which it is bone and up to which it is cartilage."""

    number: int
    sides: tuple[float, ...]
    """-1 the right one, 1 the left one."""
    z: F64
    steepness: F64
    start: float
    bone_end: float
    end: float
    radius: float
    half_height: float
    half_thickness: float


def build_ribs(frame: Frame) -> tuple[Rib, ...]:
    """All ribs: one record for both sides where these are alike."""
    o = frame.options
    ribs = [_build_rib(frame, n, None, (-1.0, 1.0)) for n in range(1, o.n_rib_pairs)]
    right, left = o.last_ribs_mm
    if right == left:
        return (*ribs, _build_rib(frame, o.n_rib_pairs, right, (-1.0, 1.0)))
    last = [_build_rib(frame, o.n_rib_pairs, mm, (side,)) for side, mm in ((-1.0, right), (1.0, left)) if mm != 0]
    return (*ribs, *last)


def _build_rib(frame: Frame, n: int, length_mm: float | None, sides: tuple[float, ...]) -> Rib:
    """Rib number `n`, as long as `length_mm` says; None is an ordinary one."""
    phi = frame.phi
    level = frame.level(f"T{n}" if n <= 12 else "L1")
    head_z = level.z + (level.interval * 0.45 if 2 <= n <= 9 else level.interval * (0.16 if n < 12 else 0.24))
    ys = frame.spine_y(head_z)
    start = math.atan2(level.half_width + 1.0, ys + 8)
    course = np.maximum(phi - start, 0)
    z = head_z - SINK[n] * course ** (SINK_POWER if n < 12 else 1.0)
    # Head, neck and angle lie square to the spine, which leans forward in the upper chest.
    y = _course(frame, frame.contours(head_z).inner, head_z) * np.cos(phi)
    z = z - frame.slopes(level.z)[1] * np.clip(y - ys - 8, 0, None) * np.clip((1.5 - phi) / 0.6, 0, 1)
    bone_end, end = BONE_END[n], 0.0
    if n >= 12 or length_mm is not None:
        wanted = length_mm if length_mm is not None else ORDINARY_LAST_MM if n == 12 else THIRTEENTH_MM
        bone_end = start + _angle_for_length(frame, head_z, start, wanted)
    if n <= 10:
        end = math.pi - 0.12 if n <= 7 else BONE_END[n] + 0.42
        z_end = float(np.interp(bone_end, phi[: len(phi) // 2], z[: len(phi) // 2]))
        goal = STERNUM_Z[n] if n <= 7 else z_end + 34
        t = np.clip((phi - bone_end) / (end - bone_end), 0, 1)
        dip = -10.0 * np.sin(np.pi * np.clip(t * 1.6, 0, 1)) if 5 <= n <= 9 else 0.0
        z = np.where(phi > bone_end, z_end + (goal - z_end) * t**1.4 + dip, z)
    else:
        end = bone_end + 0.05
    size = {1: (7.0, 2.9), 2: (6.2, 3.0), 11: (5.6, 3.0), 12: (5.0, 2.9), 13: (4.2, 2.5)}.get(n, (6.4, 3.3))
    return Rib(n, sides, z, np.gradient(z, phi[1]), start, bone_end, end, level.half_width, *size)


def _angle_for_length(frame: Frame, z: float, start: float, wanted_mm: float) -> float:
    """Angle that a rib of `wanted_mm` covers, along neck and wall."""
    half = len(frame.phi) // 2
    r = _course(frame, frame.contours(z).inner, z)[:half]
    phi = frame.phi[:half]
    x, y = r * np.sin(phi), r * np.cos(phi)
    steps = np.hypot(np.diff(x), np.diff(y))
    steps[phi[1:] <= start] = 0
    return float(phi[int(np.searchsorted(np.cumsum(steps), wanted_mm))] - start)


def _course(frame: Frame, inner: F64, z: float) -> F64:
    """Radius of the ribs' middle by angle: from the vertebral body along the neck to the transverse process, then along the wall."""
    ys = max(frame.spine_y(z), 8.0)
    level = min((v for v in frame.levels if v.is_thoracic or v.label == "L1"), key=lambda v: abs(v.z - z))
    a = level.half_width
    nodes = [(a + 1.0, 8.0), (a + 8.0, 17.0), (a + 18.0, 35.0)]
    angle = [math.atan2(x, ys + y) for x, y in nodes]
    radius = [math.hypot(x, ys + y) for x, y in nodes]
    wall = inner + 4.6
    neck = np.interp(frame.phi, angle, radius)
    t = np.clip((frame.phi - angle[-1]) / 0.1, 0, 1)
    return np.where(frame.phi < angle[-1], neck, neck + (wall - neck) * t)


def paint_ribs(p: Polar, frame: Frame, ribs: tuple[Rib, ...]) -> None:
    """Paint the cuts of all ribs and cartilages through this plane."""
    plane, z = p.plane, p.plane.z
    course = _course(frame, p.contours.inner, z)
    lookup = _lookup(course, frame)
    turn = np.arange(len(frame.phi)) * (2 * math.pi / len(frame.phi))
    cartilage = CARTILAGE_HU + (120 if frame.options.calcified_cartilage else 0)
    slope = float(frame.slopes(z)[0]) if frame.options.scoliosis_mm else 0.0
    lean = 28 * abs(slope)
    for rib in ribs:
        near = (np.abs(rib.z - z) < rib.half_height * 2.2 + lean) & (frame.phi > rib.start - 0.03) & (frame.phi < rib.end + 0.08)
        if not near.any():
            continue
        for side in rib.sides:
            here = np.nonzero(near & (frame.side == side))[0]
            if not len(here):
                continue
            # A cartilage may meet the plane twice: treat each run of angles by itself.
            for run in np.split(here, np.nonzero(np.diff(here) > 1)[0] + 1):
                x, y = course[run] * np.sin(turn[run]), course[run] * np.cos(turn[run])
                w = plane.window(float(x.min()) - 6, float(x.max()) + 6, float(y.min()) - 6, float(y.max()) + 6)
                if w is not None and len(run) > 2:
                    _paint_rib(plane, frame, rib, w, lookup, cartilage, slope)


@dataclass(frozen=True, slots=True, eq=False)
class _Lookup:
    """The ribs' middle in one plane by angle (float32): radius, its obliquity, and the angle itself."""

    course: F32
    cosine: F32
    phi: F32


def _lookup(course: F64, frame: Frame) -> _Lookup:
    lean = np.clip(np.gradient(course, frame.phi[1]), -3 * course, 3 * course)
    return _Lookup(course.astype(np.float32), (course / np.hypot(course, lean)).astype(np.float32), frame.phi.astype(np.float32))


def _paint_rib(plane: Plane, frame: Frame, rib: Rib, w: tuple[slice, slice], lookup: _Lookup, cartilage: float, slope: float) -> None:
    idx = plane.idx[w]
    phi, course = lookup.phi[idx], lookup.course[idx]
    x, _ = plane.xy(w)
    z = plane.z + (np.float32(28 * slope) * np.tanh(x / np.float32(28)) if slope else np.float32(0.0))
    tilt = (1 / np.sqrt(1 + (rib.steepness / np.maximum(lookup.course, 20)) ** 2)).astype(np.float32)[idx]
    u = (z - rib.z.astype(np.float32)[idx]) * tilt
    v = (plane.r[w] - course) * lookup.cosine[idx]
    over = np.maximum(np.maximum(rib.start - phi, phi - np.float32(rib.end)), 0) * course
    is_bone = phi < rib.bone_end
    a = rib.half_height
    b = np.float32(rib.half_thickness) * (1 + np.float32(0.45) * np.clip((rib.start + 0.17 - phi) / 0.1, 0, 1))
    q = np.sqrt((u / a) ** 2 + (v / b) ** 2 + (over / 3) ** 2)
    g = np.sqrt((u / a**2) ** 2 * tilt**2 * 0.35 + (v / b**2) ** 2 + (over / 9) ** 2) + 1e-3
    d = ((q - 1) * q / np.maximum(g, 0.06)).astype(np.float32)
    far = np.float32(9)
    if is_bone.any():
        plane.paint(w, np.where(is_bone, d, far), CORTEX_HU, Part.BONE)
        plane.paint(w, np.where(is_bone, d + np.float32(1.6), far), frame.options.bone_hu + 60, Part.BONE)
    if not is_bone.all():
        plane.paint(w, np.where(is_bone, far, d), cartilage, Part.CARTILAGE)


def paint_sternum(plane: Plane, frame: Frame, inner: F64) -> None:
    """Manubrium, body and xiphoid on the front wall."""
    z = plane.z
    if not 50 < z < 217:
        return
    half = float(np.interp(z, [50, 70, 80, 112, 158, 174, 182, 203, 217], [4, 8, 16, 18, 14, 13, 22, 30, 22]))
    y = -float(inner[len(inner) // 2]) - 6.0
    thick = 5.5 if z > 72 else 3.0
    if abs(z - 175) < 1.5:
        plane.ellipse(0, y, half, thick - 1, CARTILAGE_HU, Part.CARTILAGE)
        return
    plane.ellipse(0, y, half, thick, CORTEX_HU * 0.62, Part.BONE)
    plane.ellipse(0, y, half - 1.2, thick - 1.2, frame.options.bone_hu - 40, Part.BONE)


def paint_shoulder(p: Polar, frame: Frame) -> None:
    """Scapula as a curved plate between its muscles, humeral head, clavicle."""
    plane, z, phi = p.plane, p.plane.z, frame.phi
    c = p.contours
    spongy = frame.options.bone_hu + 60
    if 100 < z < 232:
        room = c.fascia - c.inner
        reach = 1.18 + 0.27 * min(1.0, max(0.0, (z - 110) / 90))
        first = 1.0 - 0.12 * min(1.0, max(0.0, (z - 100) / 40))
        middle = c.inner + 15.5 + 0.32 * np.minimum(room, 75) * np.clip((phi - 0.7) / 0.6, 0.2, 1.0)
        thick = np.interp(phi, [first, first + 0.05, reach - 0.15, reach], [0, 1.7, 1.5, 5.0]) * ((phi > first) & (phi < reach))
        if room[len(phi) // 5] > 18:
            p.band(middle - thick, middle + np.where(thick > 0, thick, -1), CORTEX_HU * 0.8, Part.BONE)
            inside = np.where(thick > 3.0, thick - 1.6, -1.0)
            p.band(middle - inside, middle + inside, spongy, Part.BONE)
    for side in (-1, 1):
        plane.ellipsoid((side * 158, 8, 226), (25, 25, 27), CORTEX_HU * 0.75, Part.BONE)
        plane.ellipsoid((side * 158, 8, 226), (22.5, 22.5, 24.5), spongy - 40, Part.BONE)
        for radius, hu in ((6.5, CORTEX_HU * 0.9), (4.4, spongy)):
            plane.tube((side * 24, -float(np.interp(215, [200, 224], [45, 36])), 214), (side * 78, -38, 226), radius, hu, Part.BONE)
            plane.tube((side * 78, -38, 226), (side * 146, 6, 250), radius, hu, Part.BONE)
        for radius, hu in ((7.5, CORTEX_HU * 0.8), (5.8, spongy)):
            plane.tube((side * 70, 74, 216), (side * 150, 32, 248), radius, hu, Part.BONE)
            plane.tube((side * 134, 16, 214), (side * 128, 26, 226), radius + 4, hu, Part.BONE)
        if not frame.options.arms_down:
            for radius, hu in ((11.5, CORTEX_HU), (7.0, 40.0)):
                plane.tube((side * 160, 4, 236), (side * 168, -10, 420), radius, hu, Part.BONE)


def paint_arms(plane: Plane, frame: Frame) -> None:
    """Arms beside the trunk (down) or above the shoulders (up): skin, fat, muscle, bone."""
    z, o = plane.z, frame.options
    if o.arms_down:
        if z > 236:
            return
        width = float(frame.contours(min(z, 60.0)).skin[len(frame.phi) // 4])
        x = float(np.interp(z, [-260, -60, 100, 190, 236], [width + 58, width + 48, 186, 172, 164]))
        y, r = (
            float(np.interp(z, [-260, -60, 100, 236], [30, 45, 40, 10])),
            float(np.interp(z, [-260, -60, 60, 200, 236], [33, 40, 44, 50, 40])),
        )
    elif z > 232:
        x, y, r = (
            float(np.interp(z, [232, 420], [158, 168])),
            float(np.interp(z, [232, 420], [6, -10])),
            float(np.interp(z, [232, 280, 420], [40, 50, 48])),
        )
    else:
        return
    fat = min(0.4 * o.fat_mm + 3, 14)
    for side in (-1, 1):
        # Painted from the outside inwards; over the trunk the shoulder has the say.
        w = plane.window(side * x - r - 2, side * x + r + 2, y - r - 2, y + r + 2)
        if w is None:
            continue
        plane.ellipse(side * x, y, r, r, 30.0, Part.ARM)
        plane.ellipse(side * x, y, r - 2, r - 2, -103.0, Part.ARM)
        plane.ellipse(side * x, y, r - 2 - fat, r - 2 - fat, MUSCLE_HU, Part.ARM)
        if o.arms_down:
            plane.ellipse(side * x, y, 11.5, 11.5, CORTEX_HU, Part.ARM)
            plane.ellipse(side * x, y, 7, 7, 40.0, Part.ARM)
