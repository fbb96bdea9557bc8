"""Abdominal organs: liver, spleen, stomach, kidneys, adrenals, pancreas, bowel, great vessels, crura, psoas."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.phantom.chest import Dome
from napari_t12_bodycomp.phantom.frame import Frame
from napari_t12_bodycomp.phantom.parts import MUSCLE_HU, VISCERAL_FAT_HU, Part
from napari_t12_bodycomp.phantom.plane import F32, Plane
from napari_t12_bodycomp.phantom.trunk import Polar

F64 = npt.NDArray[np.float64]


def paint_abdomen(p: Polar, frame: Frame, dome: Dome, bowel: tuple[tuple[float, float, float, float, float, float], ...]) -> None:
    """Organs below the diaphragm of one plane; nothing of them where no abdomen is."""
    plane, z = p.plane, p.plane.z
    if z > 78:
        return
    # Below the diaphragm's sheet and inside the wall: organs end there.
    under = np.full(p.r.shape, np.float32(-50)) if z < -10 else np.maximum((np.float32(z) - dome.z[p.w]) * dome.cosine[p.w] + 2.4, -50)
    fat = max(0.0, frame.options.visceral_fat)
    wall = p.beyond_wall() + np.float32(1.0)
    room = np.maximum(under, wall)
    if frame.options.ascites > 0:
        room = _ascites(p, frame, room)
    enhanced = frame.options.contrast
    habit = frame.habit
    _liver(p, room, fat, habit, 105.0 if enhanced else 60.0)
    _spleen(p, room, fat, habit, 115.0 if enhanced else 52.0)
    _stomach(p, room, fat, habit, frame.up)
    _retroperitoneum(plane, frame, fat, enhanced)
    _flexure(p, room, fat, habit, frame.up)
    _bowel(p, room, bowel)
    _crura(plane, frame)


def _ascites(p: Polar, frame: Frame, room: F32) -> F32:
    """Fluid along the wall and under the diaphragm, in front of the retroperitoneum; returns the room that it leaves."""
    depth = np.float32(22 * frame.options.ascites)
    x, y = p.plane.xy(p.w)
    behind = y - np.float32(frame.spine_y(p.plane.z) - 12) - np.float32(0.55) * np.maximum(np.abs(x) - 50, 0)
    shell = np.maximum(np.maximum(room, -room - depth), behind)
    p.plane.paint(p.w, shell.astype(np.float32), 9.0, Part.ORGAN)
    return np.asarray(room + np.where(behind < 0, depth, np.float32(0)), np.float32)


def _organ(p: Polar, d: F32, room: F32, hu: float) -> None:
    p.plane.paint(p.w, np.maximum(d, room).astype(np.float32), hu, Part.ORGAN)


def _liver(p: Polar, room: F32, fat: float, habit: F64, hu: float) -> None:
    """Right lobe against the wall, left lobe across the midline, fissure and gallbladder bed as fat."""
    z = p.plane.z
    if z < -118:
        return
    x, y = p.plane.xy(p.w)
    left = float(np.interp(z, [-118, -70, -25, 0, 30, 60], [-78, -52, -20, 22, 46, 48])) + 12 * float(habit[0])
    left += 34 * (1 - fat) if fat < 1 else -16 * (fat - 1)
    front = float(np.interp(z, [-118, -50, 0, 70], [1.0, 0.7, 0.38, 0.2]))
    # A slanting plane cuts the liver off to the left and behind.
    cut = (x - np.float32(left) + np.float32(front) * (y - 8) * 0.9) * np.float32(0.8)
    behind = (y - np.float32(58 - 4 * fat - 6 * max(fat - 1, 0) + 3 * habit[1]) - 0.25 * (-x - 60)) * 0.9
    medial = (x + 24 + (y - 30) * -0.2) * 0.95
    block = np.maximum(behind, np.where(y > 22, np.maximum(cut, np.minimum(medial, (y - 22) * 4)), cut))
    tip = (
        np.float32(0.4 + 2.0 * fat + 3.0 * max(fat - 1, 0)) * np.clip((np.abs(x + 30) - 10) / 60, 0, 1)
        if z < 0
        else np.float32(0.8 + 3.0 * max(fat - 1, 0))
    )
    _organ(p, np.maximum(block, room + tip), room, hu)
    plane = p.plane
    if -40 < z < 40:
        plane.ellipse(-6, -24 - 0.2 * z, 4.0, 13, VISCERAL_FAT_HU + 15, Part.VISCERAL_FAT, 0.5, inside=Part.ORGAN)
        plane.ellipse(-30, 2, 15, 4.5, VISCERAL_FAT_HU + 20, Part.VISCERAL_FAT, 0.35, inside=Part.ORGAN)
        plane.ellipse(-32, 4, 8, 5, 40.0, Part.ORGAN, 0.3)
    if -75 < z < -22:
        plane.ellipsoid((-44, -42, -48), (15, 22, 26), 10.0, Part.ORGAN, 0.4)
    if z > 15:
        for x0, y0, x1, y1 in ((-60, 0, -20, 30), (-70, 30, -22, 34), (-30, -20, -18, 28)):
            plane.tube((x0, y0, z * 0.5 + 24), (x1, y1, 52), 4.0, hu - 16, None)


def _spleen(p: Polar, room: F32, fat: float, habit: F64, hu: float) -> None:
    z = p.plane.z
    if not -58 < z < 58:
        return
    x, y = p.plane.xy(p.w)
    s = math.sqrt(max(0.0, 1 - ((z - 2) / 56) ** 2)) * (1 + 0.12 * float(habit[2]) + 0.2 * max(1 - fat, 0))
    d = np.maximum(
        np.hypot((x - 88) / 1.0, (y - 38) * 0.72) - np.float32(48 * s),
        np.float32(23 * s) - np.hypot(x - 56, (y - 12) * 0.8) + (12 + 3 * fat) * 0,
    )
    _organ(p, np.maximum(d, room + np.float32(0.4 + 1.2 * fat)).astype(np.float32), room, hu)


def _stomach(p: Polar, room: F32, fat: float, habit: F64, up: float) -> None:
    """Fundus under the left dome with a gas bubble in front (`up` 1; behind in a prone patient, -1), body to the right below."""
    plane, z = p.plane, p.plane.z
    if not -78 < z < 62:
        return
    x, y = plane.xy(p.w)
    cx = float(np.interp(z, [-78, -45, 0, 60], [8, 32, 52, 58])) + 5 * float(habit[3])
    cy = float(np.interp(z, [-78, -45, 0, 60], [-42, -36, -16, 8])) + 5 * float(habit[4])
    size = (1 + 0.16 * float(habit[5])) * (1 + 0.55 * max(1 - fat, 0) - 0.2 * max(fat - 1, 0))
    a = float(np.interp(z, [-78, -60, -20, 20, 50, 62], [14, 30, 33, 34, 28, 8])) * size
    b = float(np.interp(z, [-78, -60, -20, 20, 50, 62], [10, 17, 25, 29, 26, 8])) * size
    d = np.hypot((x - cx) / a, (y - cy) / b)
    d = ((d - 1) * min(a, b) * 1.05).astype(np.float32)
    _organ(p, np.maximum(d, room + 1.5), room, 42.0)
    level = cy - up * (0.25 + 0.3 * float(habit[6])) * b
    _, y = p.flat.xy(p.w)
    w = p.w
    inside = np.maximum(d + 4.5, room + 6)
    plane.paint(w, np.maximum(inside, np.float32(-up) * (y - level)).astype(np.float32), 28.0, Part.ORGAN)
    plane.paint(w, np.maximum(inside, np.float32(up) * (y - np.float32(level))).astype(np.float32), -985.0, Part.GAS)


def _flexure(p: Polar, room: F32, fat: float, habit: F64, up: float) -> None:
    """The colon's left flexure in front of the spleen: large where little fat is about, and in some people more than in others."""
    z = p.plane.z
    size = 30 * max(1 - fat, 0) + 9 * max(0.0, float(habit[7]))
    top = 10 + 12 * float(habit[6])
    t = (z - top + 45) / 60
    if size < 8 or abs(t) >= 1:
        return
    x, y = p.plane.xy(p.w)
    d = np.hypot(x - 78, (y + 42) * 1.1) - np.float32(size * math.sqrt(1 - t * t) + 6)
    _organ(p, d, room + 2.0, 40.0)
    gas = np.maximum(np.maximum(d + 2.5, room + 4.5), np.float32(up) * (p.flat.xy(p.w)[1] + np.float32(44)))
    p.plane.paint(p.w, np.maximum(d + 2.5, room + 4.5).astype(np.float32), 30.0, Part.ORGAN)
    p.plane.paint(p.w, gas.astype(np.float32), -960.0, Part.GAS)


def _retroperitoneum(plane: Plane, frame: Frame, fat: float, enhanced: bool) -> None:
    """Kidneys in their fat, adrenals, pancreas, vena cava and portal vein."""
    z, ys = plane.z, frame.spine_y(plane.z)
    kidney = 190.0 if enhanced else 33.0
    for side, top in ((-1, -50.0), (1, -36.0)):
        centre = (side * (56 + 3 * fat), ys + 4, top)
        grow = 1 + 0.12 * (fat - 1) if fat >= 1 else 1 - 0.28 * (1 - fat)
        plane.ellipsoid(centre, (34 * grow, 34 * grow, 66), VISCERAL_FAT_HU - 3, Part.VISCERAL_FAT, side * 0.5)
        plane.ellipsoid(centre, (23, 28, 52), kidney, Part.ORGAN, side * 0.6)
        if enhanced:
            plane.ellipsoid(centre, (15, 20, 43), 120.0, Part.ORGAN, side * 0.6)
        plane.ellipsoid((centre[0] - side * 11, centre[1] - 6, centre[2]), (10, 8, 22), VISCERAL_FAT_HU + 12, Part.VISCERAL_FAT)
        if -22 < z < 16:
            plane.tube((side * 28, ys - 12, -18), (side * 30, ys - 10, 12), 3.0, 30.0, Part.ORGAN)
            plane.tube((side * 29, ys - 10, -12), (side * 38, ys + 6, -6), 2.4, 30.0, Part.ORGAN)
    plane.tube((-22, ys - 30, -150), (-20, frame.spine_y(0) - 37, 0), 10.5, 160.0 if enhanced else 40.0, Part.ORGAN)
    plane.tube((-20, frame.spine_y(0) - 37, 0), (-18, 14, 62), 11.5, 150.0 if enhanced else 40.0, Part.ORGAN)
    if -60 < z < -2:
        plane.tube((-26, 6, -40), (4, -4, -28), 9, 45.0, Part.ORGAN)
        plane.tube((4, -4, -28), (62, 22, -8), 8, 45.0, Part.ORGAN)


def _bowel(p: Polar, room: F32, bowel: tuple[tuple[float, float, float, float, float, float], ...]) -> None:
    """Colon along both flanks and across, small bowel between, each with its filling."""
    plane = p.plane
    for x, y, z, r, length, filling in bowel:
        t = (plane.z - z) / length
        if abs(t) >= 1:
            continue
        s = r * math.sqrt(1 - t * t)
        w = plane.window(x - s, x + s, y - s, y + s)
        if w is None:
            continue
        near = (slice(w[0].start - p.w[0].start, w[0].stop - p.w[0].start), slice(w[1].start - p.w[1].start, w[1].stop - p.w[1].start))
        if min(near[0].start, near[1].start) < 0 or near[0].stop > p.r.shape[0] or near[1].stop > p.r.shape[1]:
            continue
        xx, yy = plane.xy(w)
        d = np.hypot(xx - x, (yy - y) * 1.15) - np.float32(s)
        limit = room[near] + 2.0
        plane.paint(w, np.maximum(d, limit).astype(np.float32), 40.0, Part.ORGAN)
        plane.paint(w, np.maximum(d + 2.5, limit + 2.5).astype(np.float32), filling, Part.GAS if filling < -300 else Part.ORGAN)


def build_bowel(rng: np.random.Generator) -> tuple[tuple[float, float, float, float, float, float], ...]:
    """Spheroids (x, y, z, radius, half height, HU of the filling)."""
    out = []
    for side in (-1, 1):
        for z in np.arange(-215, -62 if side < 0 else -20, 17):
            gas = rng.random() < 0.4
            y = (12 if z < -60 else -12) + rng.normal(scale=3)
            out.append((side * (92 + rng.normal(scale=3)), y, float(z), rng.uniform(17, 23), 15.0, -950.0 if gas else rng.uniform(20, 60)))
    for x in np.arange(-80, 81, 20):
        gas = rng.random() < 0.5
        out.append(
            (float(x), -54 + 0.0014 * x * x, -88 - 0.002 * x * x + rng.normal(scale=3), rng.uniform(15, 20), 19.0, -960.0 if gas else 35.0)
        )
    for _ in range(90):
        out.append(
            (
                rng.uniform(-62, 62),
                rng.uniform(-58, 14),
                rng.uniform(-210, -105),
                rng.uniform(11, 16),
                14.0,
                22.0 if rng.random() < 0.85 else -900.0,
            )
        )
    return tuple(out)


def _crura(plane: Plane, frame: Frame) -> None:
    """Diaphragm's crura beside the aorta, psoas below them."""
    z, ys = plane.z, frame.spine_y(plane.z)
    if -75 < z < 48:
        size = float(np.interp(z, [-75, -50, 10, 48], [0.2, 0.8, 1.0, 0.5]))
        for side in (-1, 1):
            plane.ellipse(side * 19 - (0 if side < 0 else -3), ys - 17, 3.6 * size, 14 * size, 50.0, Part.DIAPHRAGM, side * -0.45)
    if z < -12:
        size = float(np.interp(z, [-200, -120, -60, -12], [1.25, 1.1, 0.6, 0.15]))
        for side in (-1, 1):
            plane.ellipse(side * (28 + 8 * size), ys + 8, 17 * size, 19 * size, MUSCLE_HU, Part.PSOAS, side * 0.3)
