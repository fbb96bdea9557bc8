"""Ribs from the second on, with their cartilage."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.phantom.frame import Frame
from napari_t12_bodycomp.phantom.parts import CALCIFIED_HU, CARTILAGE_HU, CORTEX_HU, Part
from napari_t12_bodycomp.phantom.plane import F32, Plane, Point
from napari_t12_bodycomp.phantom.trunk import Polar

F64 = npt.NDArray[np.float64]
# How far each rib sinks (mm at 1 radian) and with which power of the angle: the middle ones leave the spine level and fall later, the lowest
# ones fall from the start. Then how far round it is bone (radians from the back), and where its cartilage meets the sternum (z).
SINK = [0, 0, 11, 15, 19, 23, 25, 27, 31, 38, 48, 68, 60, 44]
SINK_POWER = [0, 0, 1.9, 2.0, 2.0, 2.0, 2.0, 2.0, 1.9, 1.7, 1.45, 1.15, 1.0, 1.0]
BONE_END = [0, 0, 2.5, 2.55, 2.5, 2.45, 2.35, 2.25, 2.15, 2.02, 1.85, 1.45, 0.0, 0.0]
STERNUM_Z = [0, 0, 174, 142, 122, 104, 91, 81]
OUTWARD = {2: 13.0, 3: 4.0}
"""How far the upper ribs lie outside the cone of the lung's apex (mm)."""
ORDINARY_LAST_MM, THIRTEENTH_MM = 112.0, 55.0

LEAN_MM = 28.0
"""How far beside the spine ribs still lean with it where scoliosis tilts it sideways."""


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
    neck: tuple[Point, ...]
    """From the head at the vertebral body to where the rib joins the wall (right side's x without its sign)."""
    outward: float
    """How far it lies outside the ordinary course (mm)."""


def build_ribs(frame: Frame) -> tuple[Rib, ...]:
    """All ribs but the first: one record for both sides where these are alike."""
    o = frame.options
    ribs = [_build_rib(frame, n, None, (-1.0, 1.0)) for n in range(2, o.n_rib_pairs)]
    right, left = o.last_ribs_mm
    if right == left:
        return (*ribs, _build_rib(frame, o.n_rib_pairs, right, (-1.0, 1.0)))
    last = [_build_rib(frame, o.n_rib_pairs, mm, (side,)) for side, mm in ((-1.0, right), (1.0, left)) if mm != 0]
    return (*ribs, *last)


def _build_rib(frame: Frame, n: int, length_mm: float | None, sides: tuple[float, ...]) -> Rib:
    """Rib number `n`, as long as `length_mm` says; None is an ordinary one."""
    o, phi = frame.options, frame.phi
    level = frame.level(f"T{n}" if n <= 12 else "L1")
    head_z = level.z + (level.interval * 0.45 if 2 <= n <= 9 else level.interval * (0.16 if n < 12 else 0.24))
    ys = frame.spine_y(head_z)
    nodes = _neck_nodes(level.half_width, frame.contours(head_z).inner[0] - ys)
    start = math.atan2(nodes[0][0], ys + nodes[0][1])
    course = np.maximum(phi - start, 0)
    fall = 1 + 0.14 * float(np.clip(np.random.default_rng([o.seed, 25]).normal(), -2, 2)) * o.variation
    z = head_z - fall * SINK[n] * course ** SINK_POWER[n]
    # Head, neck and angle lie square to the spine, which leans forward in the upper chest.
    y = _course(frame, frame.contours(head_z).inner, head_z) * np.cos(phi)
    z = z - frame.slopes(level.z)[1] * np.clip(y - ys - 8, 0, None) * np.clip((1.5 - phi) / 0.6, 0, 1)
    bone_end, end = BONE_END[n], 0.0
    if n >= 12 or length_mm is not None:
        wanted = length_mm if length_mm is not None else ORDINARY_LAST_MM if n == 12 else THIRTEENTH_MM
        bone_end = start + _angle_for_length(frame, head_z, start, wanted, z)
    if n <= 10:
        end = math.pi - 0.12 if n <= 7 else BONE_END[n] + 0.42
        z_end = float(np.interp(bone_end, phi[: len(phi) // 2], z[: len(phi) // 2]))
        goal = STERNUM_Z[n] * frame.stretch if n <= 7 else z_end + 34
        t = np.clip((phi - bone_end) / (end - bone_end), 0, 1)
        dip = -10.0 * np.sin(np.pi * np.clip(t * 1.6, 0, 1)) if 5 <= n <= 9 else 0.0
        z = np.where(phi > bone_end, z_end + (goal - z_end) * t**1.4 + dip, z)
    else:
        end = bone_end + 0.05
    angles = [math.atan2(x, ys + y) for x, y in nodes]
    heights = np.interp(angles, phi[: len(phi) // 2], z[: len(phi) // 2])
    neck = tuple((x, ys + y, float(h)) for (x, y), h in zip(nodes, heights, strict=True))
    size = {2: (6.2, 3.0), 11: (5.6, 3.0), 12: (3.9, 2.1), 13: (3.7, 2.0)}.get(n, (6.4, 3.3))
    return Rib(n, sides, z, np.gradient(z, phi[1]), angles[-1], bone_end, end, level.half_width, *size, neck, OUTWARD.get(n, 0.0))


def _neck_nodes(half_width: float, behind: float) -> tuple[tuple[float, float], ...]:
    """(x, y behind the body's middle) of a rib's head, its neck and its tubercle, where the inner wall lies `behind` the body's middle."""
    share = min(1.0, max(0.6, (behind + 4.6) / 39.6))
    return (half_width + 1.0, 14.0 * share), (half_width + 6.0, 24.0 * share), (half_width + 20.0, 36.5 * share)


def _angle_for_length(frame: Frame, z: float, start: float, wanted_mm: float, rise: F64) -> float:
    """Angle that a rib of `wanted_mm` covers, along neck and wall."""
    half = len(frame.phi) // 2
    r = _course(frame, frame.contours(z).inner, z)[:half]
    phi = frame.phi[:half]
    x, y = r * np.sin(phi), r * np.cos(phi)
    steps = np.sqrt(np.diff(x) ** 2 + np.diff(y) ** 2 + np.diff(rise[:half]) ** 2)
    steps[phi[1:] <= start] = 0
    return float(phi[int(np.searchsorted(np.cumsum(steps), wanted_mm))] - start)


def _course(frame: Frame, inner: F64, z: float) -> F64:
    """Radius of the ribs' middle by angle: from the vertebral body along the neck to the transverse process, then along the wall."""
    ys = max(frame.spine_y(z), 8.0)
    level = min((v for v in frame.levels if v.is_thoracic or v.label == "L1"), key=lambda v: abs(v.z - z))
    nodes = _neck_nodes(level.half_width, float(inner[0]) - ys)
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
    slope = float(frame.slopes(z)[0]) if frame.options.scoliosis_mm else 0.0
    lean = LEAN_MM * abs(slope)
    for rib in ribs:
        _paint_neck(plane, frame, rib)
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
                    _paint_rib(plane, frame, rib, w, lookup, slope)


def _paint_neck(plane: Plane, frame: Frame, rib: Rib) -> None:
    """Head and neck, which run too steeply for a course by angle."""
    lift = rib.half_height * 0.85
    slope = frame.slopes(rib.neck[0][2])[0] if frame.options.scoliosis_mm else 0.0
    reach = 2 * lift + LEAN_MM * abs(slope)
    if not min(q[2] for q in rib.neck) - reach < plane.z < max(q[2] for q in rib.neck) + reach:
        return
    for inset, hu in ((0.0, CORTEX_HU), (1.4, frame.options.bone_hu + 90)):
        for side in rib.sides:
            for p, q in pairwise((side * x, y, z - side * LEAN_MM * slope * math.tanh(x / LEAN_MM)) for x, y, z in rib.neck):
                plane.strap(p, q, 3.6 - inset, lift - inset, hu, Part.BONE)


@dataclass(frozen=True, slots=True, eq=False)
class _Lookup:
    """The ribs' middle in one plane by angle (float32): radius, its obliquity, and the angle itself."""

    course: F32
    cosine: F32
    phi: F32


def _lookup(course: F64, frame: Frame) -> _Lookup:
    lean = np.clip(np.gradient(course, frame.phi[1]), -3 * course, 3 * course)
    return _Lookup(course.astype(np.float32), (course / np.hypot(course, lean)).astype(np.float32), frame.phi.astype(np.float32))


def _paint_rib(plane: Plane, frame: Frame, rib: Rib, w: tuple[slice, slice], lookup: _Lookup, slope: float) -> None:
    idx = plane.idx[w]
    phi, course = lookup.phi[idx], lookup.course[idx]
    if rib.outward:
        course = course + np.float32(rib.outward) * np.clip((phi - rib.start) * 3, 0, 1)
    x, _ = plane.xy(w)
    z = plane.z + (np.float32(LEAN_MM * slope) * np.tanh(x / np.float32(LEAN_MM)) if slope else np.float32(0.0))
    tilt = (1 / np.sqrt(1 + (rib.steepness / np.maximum(lookup.course, 20)) ** 2)).astype(np.float32)[idx]
    u = (z - rib.z.astype(np.float32)[idx]) * tilt
    v = (plane.r[w] - course) * lookup.cosine[idx]
    over = np.maximum(np.maximum(rib.start - phi, phi - np.float32(rib.end)), 0) * course
    is_bone = phi < rib.bone_end
    a = rib.half_height
    b = np.float32(rib.half_thickness)
    q = np.sqrt((u / a) ** 2 + (v / b) ** 2 + (over / 3) ** 2)
    g = np.sqrt((u / a**2) ** 2 * tilt**2 * 0.35 + (v / b**2) ** 2 + (over / 9) ** 2) + 1e-3
    d = ((q - 1) * q / np.maximum(g, 0.06)).astype(np.float32)
    far = np.float32(9)
    if is_bone.any():
        plane.paint(w, np.where(is_bone, d, far), CORTEX_HU, Part.BONE)
        plane.paint(w, np.where(is_bone, d + np.float32(1.6), far), frame.options.bone_hu + 60, Part.BONE)
    if not is_bone.all():
        plane.paint(w, np.where(is_bone, far, d), CARTILAGE_HU, Part.CARTILAGE)
        if frame.options.calcified_cartilage:
            # Chalk lies in patches along the surface.
            patch = np.cos(phi * np.float32(31) + np.float32(rib.number * 2.1 + plane.z / 9)) > -0.3
            shell = np.abs(d + np.float32(0.9)) - np.float32(0.9)
            plane.paint(w, np.where(is_bone | ~patch, far, shell), CALCIFIED_HU, Part.CARTILAGE)
