"""Skin, subcutaneous fat and the muscular wall, as bands between contours about the trunk's axis."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.phantom.frame import Contours, Frame
from napari_t12_bodycomp.phantom.parts import FAT_HU, MUSCLE_HU, SKIN_HU, VISCERAL_FAT_HU, Part
from napari_t12_bodycomp.phantom.plane import F32, Plane, Window

F64 = npt.NDArray[np.float64]


@dataclass(slots=True, eq=False)
class Polar:
    """One plane with its contours looked up for each pixel of the body's window."""

    plane: Plane
    contours: Contours
    w: Window
    r: F32
    idx: npt.NDArray[np.uint16]
    cosine: F32
    flat: Plane
    wall: F32 | None = None

    def outside(self, radius: F64) -> F32:
        """Signed distance (mm) to the contour: positive outside."""
        out: F32 = (self.r - radius.astype(np.float32)[self.idx]) * self.cosine
        return out

    def beyond_wall(self) -> F32:
        """Signed distance (mm) to the inner wall, looked up once."""
        if self.wall is None:
            self.wall = self.outside(self.contours.inner)
        return self.wall

    def band(self, low: F64, high: F64, hu: float, part: Part, clip: F32 | None = None) -> None:
        """Paint where low < r < high (arrays by angle); an empty band (high <= low) paints nothing."""
        low32, high32 = low.astype(np.float32), high.astype(np.float32)
        used = np.nonzero(high32 > low32)[0]
        if not len(used):
            return
        w = self._sub(used, high)
        idx = self.plane.idx[w]
        r, cosine = self.plane.r[w], self.contours.obliquity[idx]
        # A thin band must fade, not leave a hard sliver: its middle is pushed out by what it lacks.
        d = np.maximum(r - high32[idx], low32[idx] - r) * cosine
        if clip is not None:
            oy, ox = self.w[0].start, self.w[1].start
            d = np.maximum(d, clip[w[0].start - oy : w[0].stop - oy, w[1].start - ox : w[1].stop - ox])
        self.plane.paint(w, d, hu, part)

    def _sub(self, used: npt.NDArray[np.intp], high: F64) -> Window:
        if len(used) > 0.6 * len(high):
            return self.w
        a = used * (2 * math.pi / len(high))
        x, y = high[used] * np.sin(a), high[used] * np.cos(a)
        w = self.plane.window(float(x.min()) - 2, float(x.max()) + 2, float(y.min()) - 2, float(y.max()) + 2)
        if w is None:
            return (slice(self.w[0].start, self.w[0].start), slice(self.w[1].start, self.w[1].start))
        rows = slice(max(w[0].start, self.w[0].start), min(w[0].stop, self.w[0].stop))
        cols = slice(max(w[1].start, self.w[1].start), min(w[1].stop, self.w[1].stop))
        return rows, cols


def polar(plane: Plane, frame: Frame) -> Polar | None:
    """Contours of this plane on the pixels of the body's window; None where the body is outside the grid."""
    c = frame.contours(plane.z)
    a = np.arange(len(c.skin)) * (2 * math.pi / len(c.skin))
    x, y = c.skin * np.sin(a), c.skin * np.cos(a)
    w = plane.window(float(x.min()) - 2, float(x.max()) + 2, float(y.min()) - 2, float(y.max()) + 2)
    if w is None:
        return None
    return Polar(plane, c, w, plane.r[w], plane.idx[w], c.obliquity[plane.idx[w]], plane)


def ramp(phi: F64, *nodes: tuple[float, float]) -> F64:
    """Piecewise linear function of the angle."""
    return np.interp(phi, [n[0] for n in nodes], [n[1] for n in nodes])


def paint_coat(p: Polar) -> None:
    """Skin and subcutaneous fat, and everything inside the inner wall as visceral fat until the organs come."""
    c = p.contours
    skin = p.outside(c.skin)
    p.plane.paint(p.w, skin, SKIN_HU, Part.SKIN)
    p.plane.paint(p.w, skin + np.float32(2.0), FAT_HU, Part.SUBCUTANEOUS_FAT)
    p.plane.paint(p.w, p.outside(c.fascia - 1.0), VISCERAL_FAT_HU, Part.VISCERAL_FAT)


def paint_gland(p: Polar, frame: Frame, grain: F32) -> None:
    """Gland within the breast, in lobes that follow `grain` (about unit spread, on the body's window)."""
    o, c, phi, z = frame.options, p.contours, frame.phi, frame.chest_z(p.plane.z)
    t = (z - 112) / 48
    if o.sex != "F" or o.gland <= 0 or abs(t) >= 1:
        return
    about = np.clip(1 - ((phi - 2.3) / 0.55) ** 2 - t * t, 0, None)
    reach = (c.skin - c.fascia) * np.minimum(1.0, 1.6 * np.sqrt(about))
    lobes = np.float32(4.0) * (np.float32(2.2 * (0.5 - o.gland)) - grain)
    p.band(c.fascia + 2.0, np.where(about > 0, c.fascia + np.minimum(reach, c.skin - c.fascia - 5.0), c.fascia), 34.0, Part.GLAND, lobes)


def paint_wall(p: Polar, frame: Frame) -> None:
    """The wall over whatever organs reached into it: fat between the muscles, then the muscles from outside inwards."""
    c, z, phi = p.contours, p.plane.z, frame.phi
    p.plane.paint(p.w, np.maximum(p.outside(c.fascia), -p.beyond_wall()), FAT_HU + 8, Part.INTERMUSCULAR_FAT)
    _outer_layer(p, frame)
    if z < 110:
        _abdominal_layer(p, frame)
    if z > 80:
        _shoulder_layer(p, frame)
    if z > -40:
        deep = np.minimum(c.inner + 7.6, c.fascia - 2.0)
        fade = 1.0 if z > 0 else 1 + z / 40
        high = np.where(phi > 0.3, c.inner + (deep - c.inner) * fade, c.inner - 1)
        p.band(np.where(phi > 0.3, c.inner + 0.9, c.inner + 1), high, MUSCLE_HU, Part.INTERCOSTALS)
    _back(p, frame)


def _outer_layer(p: Polar, frame: Frame) -> None:
    """The sheet under the fascia: latissimus behind, external oblique or serratus at the side, rectus or pectorals in front."""
    c, z, phi, m = p.contours, p.plane.z, frame.phi, frame.options.muscle
    if z < 75:
        lat = ramp(phi, (0.3, 1.0), (0.62, 2.2), (0.95, 4.6), (1.35, 4.4), (1.6, 0.0)) * m
        if z < -20:
            lat = lat * max(0.15, 1 + (z + 20) / 70)
        p.band(c.fascia - lat, c.fascia, MUSCLE_HU, Part.LATISSIMUS_DORSI)
        oblique = ramp(phi, (1.3, 0.0), (1.5, 4.2), (2.1, 5.2), (2.45, 4.0), (2.62, 1.5), (math.pi, 1.2)) * m
        p.band(c.fascia - oblique, c.fascia, MUSCLE_HU, Part.EXTERNAL_OBLIQUE)
        rectus = ramp(phi, (2.48, 0.0), (2.58, 5.5), (2.8, 8.0), (3.02, 6.5), (3.09, 0.0)) * m
        p.band(c.fascia - 1.0 - rectus, c.fascia - 1.0, MUSCLE_HU, Part.RECTUS_ABDOMINIS)
        return
    lat = ramp(phi, (0.75, 0.0), (1.0, 5.5), (1.6, 10.0), (1.85, 0.0)) * m * (1.0 if z < 215 else max(0.0, 1 - (z - 215) / 20))
    p.band(c.fascia - lat, c.fascia, MUSCLE_HU, Part.LATISSIMUS_DORSI)
    trapezius = ramp(phi, (0.0, 5.0), (0.5, 6.0), (0.8, 4.0), (1.05, 0.0)) * (1.0 + max(0.0, (z - 180) / 50))
    p.band(c.fascia - trapezius, c.fascia, MUSCLE_HU, Part.TRAPEZIUS)
    grow = min(1.0, max(0.0, (z - 75) / 50)) * (1.0 if z < 225 else max(0.0, 1 - (z - 225) / 20))
    pectoral = ramp(phi, (1.75, 0.0), (2.0, 12.0), (2.5, 11.0), (2.95, 6.0), (3.05, 0.0)) * grow * m
    p.band(c.fascia - pectoral, c.fascia, MUSCLE_HU, Part.PECTORALS)


def _abdominal_layer(p: Polar, frame: Frame) -> None:
    """Serratus posterior behind, serratus anterior higher up, the two inner obliques lower down."""
    c, z, phi, m = p.contours, p.plane.z, frame.phi, frame.options.muscle
    serratus = ramp(phi, (0.55, 0.0), (0.7, 3.2), (1.1, 3.0), (1.3, 0.0)) * m * math.exp(-(((z - 5) / 45) ** 2))
    out = c.inner + 9.2
    p.band(out, np.minimum(out + serratus, c.fascia - 2.5), MUSCLE_HU, Part.SERRATUS_POSTERIOR_INFERIOR)
    if z > 40:
        anterior = ramp(phi, (1.2, 0.0), (1.5, 6.0), (2.0, 5.0), (2.25, 0.0)) * m * min(1.0, (z - 40) / 30)
        p.band(out, np.minimum(out + anterior, c.fascia - 1.0), MUSCLE_HU, Part.SERRATUS_ANTERIOR)
    if z < 5:
        fade = min(1.0, (5 - z) / 45)
        internal = ramp(phi, (0.75, 0.0), (1.1, 4.5), (2.2, 5.0), (2.5, 3.0), (2.6, 0.0)) * m * fade
        gap = ramp(phi, (0.7, 0.5), (1.5, 5.2), (2.1, 6.0), (2.6, 5.0)) * m + 1.0
        p.band(np.maximum(c.fascia - gap - internal, c.inner + 3.5), c.fascia - gap, MUSCLE_HU, Part.INTERNAL_OBLIQUE)
    transversus = ramp(phi, (1.9, 0.0), (2.2, 3.0), (2.7, 2.4), (2.85, 0.0)) * m * (1.0 if z < 10 else max(0.0, 1 - (z - 10) / 40))
    if z < -20:
        transversus = np.maximum(transversus, ramp(phi, (0.7, 0.0), (0.95, 2.6), (2.0, 2.6), (2.1, 0.0)) * m * min(1.0, (-z - 20) / 30))
    p.band(c.inner, c.inner + transversus, MUSCLE_HU, Part.TRANSVERSUS)


def _shoulder_layer(p: Polar, frame: Frame) -> None:
    """Muscles about the scapula between ribs and the outer sheet, pectoralis minor in front, neck muscles higher up."""
    c, z, phi, m = p.contours, p.plane.z, frame.phi, frame.options.muscle
    room = c.fascia - c.inner
    grow = min(1.0, max(0.0, (z - 95) / 35)) * (1.0 if z < 235 else max(0.0, 1 - (z - 235) / 15))
    anterior = ramp(phi, (0.8, 0.0), (1.2, 5.0), (2.0, 5.0), (2.2, 0.0)) * m
    p.band(c.inner + 9.2, np.minimum(c.inner + 9.2 + anterior, c.fascia - 1), MUSCLE_HU, Part.SERRATUS_ANTERIOR)
    if grow > 0:
        reach = 1.15 + 0.5 * min(1.0, max(0.0, (z - 120) / 80))
        under = np.minimum(room * 0.42, 30.0) * ramp(phi, (0.82, 0.0), (0.98, 0.6), (reach, 1.0), (reach + 0.2, 0.0)) * grow
        p.band(c.inner + 15.0, np.minimum(c.inner + 15.0 + under * 0.75 * m, c.fascia - 4), MUSCLE_HU, Part.SUBSCAPULARIS)
        over = room * 0.4 * ramp(phi, (0.82, 0.0), (0.98, 0.7), (reach, 1.0), (reach + 0.15, 0.0)) * grow
        top = c.fascia - ramp(phi, (0.7, 6.0), (1.0, 7.0), (1.6, 11.5)) - 1.2
        p.band(np.maximum(top - over, c.inner + 17 + under * 0.75), top, MUSCLE_HU, Part.INFRASPINATUS)
        minor = ramp(phi, (1.95, 0.0), (2.1, 6.0), (2.5, 5.0), (2.7, 0.0)) * grow * m
        p.band(c.inner + 10.0, np.minimum(c.inner + 10 + minor, c.fascia - 13), MUSCLE_HU, Part.PECTORALS)
    if z > 205:
        _neck(p, frame)


def _neck(p: Polar, frame: Frame) -> None:
    """Supraspinatus and deltoid over the shoulder, levator and scalenes about the neck, sternomastoids in front."""
    c, z, phi = p.contours, p.plane.z, frame.phi
    grow = min(1.0, (z - 205) / 35)
    close = ramp(phi, (0.2, 8.0), (0.6, 16.0), (1.5, 13.0), (2.2, 6.0), (2.6, 0.0)) * grow
    full = min(1.0, max(0.0, (z - 262) / 22))
    room = c.fascia - c.inner
    close = np.maximum(close, (room - 3.0) * 0.8 * full * ramp(phi, (0.0, 1.0), (2.0, 1.0), (2.6, 0.4), (math.pi, 0.0)))
    p.band(c.inner + 1.5, np.minimum(c.inner + 1.5 + close, c.fascia - 1.5), MUSCLE_HU - 4, Part.NECK_MUSCLE)
    slab = ramp(phi, (0.0, 7.0), (0.7, 13.0), (1.25, 9.0), (1.5, 0.0)) * grow
    p.band(c.fascia - slab, c.fascia, MUSCLE_HU - 2, Part.TRAPEZIUS)
    for side in (-1, 1):
        p.plane.ellipsoid((side * 104, 46, 236), (42, 13, 17), MUSCLE_HU, Part.INFRASPINATUS, side * -0.35)
        p.plane.ellipsoid((side * 160, 6, 228), (40, 40, 38), MUSCLE_HU, Part.INFRASPINATUS)
        if z > 232:
            p.plane.ellipse(side * (30 + 0.05 * (z - 232)), frame.spine_y(min(z, 330)) - 34, 8, 10, MUSCLE_HU, Part.NECK_MUSCLE, side * 0.5)


def _back(p: Polar, frame: Frame) -> None:
    """Erector spinae and multifidus: the thick columns beside the spinous processes, with fat clefts between them."""
    c, z, phi = p.contours, p.plane.z, frame.phi
    lateral = float(np.interp(z, [-200, -100, -50, 0, 60, 120, 200, 260, 300], [62, 70, 74, 70, 60, 52, 44, 40, 36]))
    low = c.inner + ramp(phi, (0.0, 0.0), (0.3, 5.0), (0.45, 9.4), (0.9, 9.4))
    high = c.fascia - ramp(phi, (0.0, 1.2), (0.5, 1.4), (0.8, 3.4))
    if z < -30:
        low = c.inner + ramp(phi, (0.0, 0.0), (0.5, 4.0), (0.9, 8.0))
    x, _ = p.plane.xy(p.w)
    ax = np.abs(x)
    across = c.inner * np.sin(phi)
    rounded = np.sqrt(np.clip(1 - (across / lateral) ** 4, 0, 1))
    tight = np.where((phi < 1.1) & (rounded > 0), low + (high - low) * rounded, low - 1)
    cleft = np.float32(1.1) - np.abs(ax - 23 - 0.22 * (p.r - 104) + 1.5 * np.sin(p.r * np.float32(0.3)))
    p.band(low, tight, MUSCLE_HU, Part.ERECTOR_SPINAE, (0.7 * cleft).astype(np.float32))
    mid = np.maximum(ax - np.float32(22), np.float32(1.2) - ax)
    p.band(low, np.where(phi < 0.6, high, low - 1), MUSCLE_HU, Part.MULTIFIDUS, np.broadcast_to(mid.astype(np.float32), p.r.shape))
    if z < -15:
        fade = min(1.0, (-15 - z) / 20)
        ys = frame.spine_y(z)
        for side in (-1, 1):
            p.plane.ellipse(side * (62 + 4 * fade), ys + 34, 15 * fade, 7 * fade, MUSCLE_HU, Part.QUADRATUS_LUMBORUM, side * 0.35)
