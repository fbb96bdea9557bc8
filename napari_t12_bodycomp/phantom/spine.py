"""Vertebrae: bodies with cortex and endplates, discs, canal with cord, pedicles, laminae and processes."""

from __future__ import annotations

import math

import numpy as np

from napari_t12_bodycomp.phantom.frame import Frame, Level
from napari_t12_bodycomp.phantom.parts import CORTEX_HU, DISC_HU, FAT_HU, Part
from napari_t12_bodycomp.phantom.plane import F32, Plane, Window, ellipse_distance

# Reach of the transverse processes from the midline (mm): L1's shortest of the lumbar ones, L3's longest. Then how far behind the joints
# they end (13 mm in the middle of the chest).
TRANSVERSE = {"T12": 27, "T11": 30, "T10": 33, "T1": 36, "T2": 34, "L1": 38, "L2": 42, "L3": 48, "L4": 45, "L5": 48}
TRANSVERSE_BACK = {"T1": 2.0, "T2": 6.0, "T3": 10.0, "T11": 8.0, "T12": 8.0, "L1": 6.0, "L2": 5.0, "L3": 2.0, "L4": -4.0, "L5": -11.0}
CERVICAL_REACH = (38, 28, 26, 26, 27, 29, 35)
"""The same from C1 to C7, whose process is nearly as long as T1's."""


def paint_spine(plane: Plane, frame: Frame) -> None:
    """Paint every vertebra that this plane meets, bodies first, arches last."""
    near = [v for v in frame.levels if abs(plane.z - v.z) < 0.5 * v.interval + 34]
    for v in near:
        _Vertebra(plane, frame, v).body()
    _canal(plane, frame)
    for v in near:
        if v.label != "S1":
            _Vertebra(plane, frame, v).arch()


def _canal(plane: Plane, frame: Frame) -> None:
    z = plane.z
    y = frame.spine_y(z) + float(np.interp(z, [-160, -30, 0, 120, 250, 300], [25.5, 23.5, 23, 21, 17, 16]))
    a = float(np.interp(z, [-160, -60, 0, 200, 260, 300], [12, 11, 10.5, 9, 11, 12]))
    plane.ellipse(0, y, a, 8.5, FAT_HU + 40, Part.CANAL)
    plane.ellipse(0, y - 0.5, a - 2.2, 6.8, 12.0, Part.CANAL)
    if z > -45:
        plane.ellipse(0, y, 5.0, 3.8, 42.0, Part.CANAL)


class _Vertebra:
    """One vertebra's shapes in this plane: X sideways, Y backwards from the body's middle, S along the spine."""

    def __init__(self, plane: Plane, frame: Frame, level: Level) -> None:
        self.plane, self.v = plane, level
        self.bone_hu, self.osteophytes, self.seed = frame.options.bone_hu, frame.options.osteophytes, frame.options.seed
        self.variation = frame.options.variation
        # The lowest free vertebra of a spine with 4 or 6 lumbar ones is half sacrum (Castellvi type II: broad processes that meet it).
        self.is_winged = frame.options.n_lumbar != 5 and level is frame.levels[-2]
        sx, sy = frame.slopes(level.z)
        self.ys = frame.spine_y(level.z)
        self.sx, self.sy = sx, sy
        self.shrink = 1.0 / math.sqrt(1 + sy * sy + sx * sx)
        self.canal_y = float(np.interp(level.z, [-160, -30, 0, 120, 250, 300], [25.5, 23.5, 23, 21, 17, 16]))

    def _local(self, x0: float, x1: float, y0: float, y1: float) -> tuple[Window, F32, F32, F32] | None:
        """Window about the shape and local coordinates; y0, y1 relative to the body's middle."""
        dz = self.plane.z - self.v.z
        shift = self.sy * dz
        w = self.plane.window(x0, x1, self.ys + shift + y0 - 12 * abs(self.sy), self.ys + shift + y1 + 12 * abs(self.sy))
        if w is None:
            return None
        x, y = self.plane.xy(w)
        y = y - np.float32(self.ys)
        s = (dz + self.sy * y + self.sx * x) * np.float32(self.shrink)
        # Perpendicular distance behind the axis.
        y = (y - np.float32(self.sy) * s) if self.sy else y
        x, y, s = np.broadcast_arrays(x, y, s)
        return w, x.astype(np.float32), y.astype(np.float32), s.astype(np.float32)

    def body(self) -> None:
        """Disc below and above, then the body with cortex, endplates and spongy bone."""
        v = self.v
        a, b = v.half_width, v.half_depth
        spurs = self.osteophytes
        room = 3 + 9 * spurs
        got = self._local(-a - room, a + room, -b - room, b + 3)
        if got is None:
            return
        w, x, y, s = got
        half, edge = v.body / 2, v.interval / 2 + 0.4
        if abs(float(s.min())) > edge + 12 and abs(float(s.max())) > edge + 12 and s.min() * s.max() > 0:
            return
        waist = 1.0 - 0.09 * np.clip(1 - (s / half) ** 2, 0, 1)
        d = ellipse_distance(x / waist, y / waist, a, b)
        notch = b * 0.94 - np.float32(0.0) - y
        d = np.maximum(d, -notch + 0.05 * x * x * np.float32(1 / a))
        self.plane.paint(w, np.maximum(d + 0.6, np.abs(s) - np.float32(edge)), DISC_HU, Part.DISC)
        self.plane.paint(w, np.maximum(d, np.abs(s) - np.float32(half)), CORTEX_HU * 0.62, Part.BONE)
        inner = np.maximum(d + np.float32(1.1), np.abs(s) - np.float32(half - 1.1))
        self.plane.paint(w, inner, self.bone_hu, Part.BONE)
        if spurs > 0:
            self._spurs(w, x, y, s, d)

    def _spurs(self, w: Window, x: F32, y: F32, s: F32, d: F32) -> None:
        """Lipping at both rims, in front and at the sides; now and then it bridges the disc."""
        v = self.v
        half, edge = v.body / 2, v.interval / 2 + 0.4
        turn = np.arctan2(x, -y)
        for end in (-1, 1):
            rng = np.random.default_rng([self.seed, 21, round(v.z * 10) % 9973, end + 1])
            size = np.zeros_like(d)
            for angle, width, height in zip(rng.uniform(-2.0, 2.0, 3), rng.uniform(0.2, 0.5, 3), rng.uniform(0, 8.0, 3), strict=True):
                size += np.float32(height * self.osteophytes) * np.exp(-(((turn - angle) / width) ** 2))
            reach = edge if rng.random() < 0.3 else half + 2.5
            up = s * np.float32(end)
            rim = np.maximum(d - size * np.clip((up - half + 6) / 5, 0, 1), np.maximum(up - np.float32(reach), np.float32(half - 6) - up))
            self.plane.paint(w, np.where(size > 0.6, rim, np.float32(9)).astype(np.float32), CORTEX_HU * 0.6, Part.BONE)

    def _bar(self, p: tuple[float, float], q: tuple[float, float], radius: float, s0: float, s_half: float, slant: float = 0.0) -> None:
        """A flat bar from p to q (x, y behind the body's middle), `s_half` high about s0, sinking by `slant` mm per mm of its course."""
        pad = radius + 1
        sink = slant * math.hypot(q[0] - p[0], q[1] - p[1])
        depth, lean = (
            (self.plane.z - self.v.z) * self.shrink,
            abs(self.sy) * (max(abs(p[1]), abs(q[1])) + pad) + abs(self.sx) * (abs(q[0]) + pad),
        )
        if not s0 - s_half - sink - lean - 1 < depth < s0 + s_half + lean + 1:
            return
        got = self._local(min(p[0], q[0]) - pad, max(p[0], q[0]) + pad, min(p[1], q[1]) - pad, max(p[1], q[1]) + pad)
        if got is None:
            return
        w, x, y, s = got
        vx, vy = q[0] - p[0], q[1] - p[1]
        length = math.hypot(vx, vy) + 1e-6
        t = np.clip(((x - p[0]) * vx + (y - p[1]) * vy) / (length * length), 0, 1)
        ds = np.abs(s - np.float32(s0) + np.float32(slant * length) * t) - np.float32(s_half - radius)
        dp = np.sqrt((x - p[0] - t * vx) ** 2 + (y - p[1] - t * vy) ** 2)
        d = np.sqrt(dp**2 + np.maximum(ds, 0) ** 2) - np.float32(radius)
        if float(d.min()) > self.plane.edge:
            return
        self.plane.paint(w, d, CORTEX_HU * 0.8, Part.BONE)
        self.plane.paint(w, d + np.float32(1.3), self.bone_hu + 120, Part.BONE)

    def _process(self, side: int, px: float, joint: float) -> None:
        """The transverse process of one side: forward beside the cervical bodies, backwards in the chest, then farther in front at each level."""
        v, h = self.v, self.v.interval
        if v.label[0] == "C":
            self._bar(
                (side * px, v.half_depth + 3),
                (side * (CERVICAL_REACH[v.number - 1] - 3), v.half_depth + 5 - 0.9 * (7 - v.number)),
                3.6,
                0.0,
                0.2 * h,
            )
        elif self.is_winged:
            self._bar((side * px, joint), (side * 47, joint + TRANSVERSE_BACK["L5"] - 3), 2.7, 0.12 * h, 0.34 * h)
        else:
            own = float(np.random.default_rng([self.seed, 23]).normal(size=2)[int(v.is_lumbar)])
            own += 0.6 * np.random.default_rng([self.seed, 27, v.number, side + 1]).normal()
            reach = TRANSVERSE.get(v.label, 35) * (1 + 0.06 * self.variation * min(2.0, max(-2.0, own))) - 3
            back = TRANSVERSE_BACK.get(v.label, 13.0) - 3
            radius, tall = (3.2, 0.17) if v.is_lumbar else (3.5, 0.19)
            self._bar((side * px, joint), (side * reach, joint + back), radius, 0.12 * h, tall * h)

    def arch(self) -> None:
        v, h, b, cy = self.v, self.v.interval, self.v.half_depth, self.canal_y
        lumbar = v.is_lumbar
        px = 13.0 if v.label[0] != "C" else 13.5
        joint = cy + 6.5
        for side in (-1, 1):
            self._bar((side * (px - 0.5), b - 3), (side * px, joint), 3.6, 0.17 * h, 0.2 * h)
            self._bar((side * px, joint), (side * 2.0, cy + 13.5), 2.9, -0.05 * h, 0.36 * h)
            out = 15.5 if lumbar or v.label == "T12" else 13.5
            self._bar((side * out, joint + 1), (side * out, joint + 4.5), 3.4, 0.02 * h, 0.5 * h)
            self._process(side, px, joint)
        if lumbar:
            self._bar((0, cy + 12), (0, cy + 37), 3.0, -0.12 * h, 0.36 * h)
        elif v.is_thoracic:
            slant = float(np.interp(v.number, [1, 3, 5, 8, 10, 11, 12], [0.45, 0.7, 1.15, 1.15, 0.7, 0.45, 0.2]))
            self._bar((0, cy + 12), (0, cy + (30 if v.number > 3 else 34)), 2.7, -0.05 * h, 0.27 * h, slant)
        else:
            self._bar((0, cy + 12), (0, cy + (32 if v.number == 7 else 24)), 2.8, -0.1 * h, 0.24 * h, 0.35)
