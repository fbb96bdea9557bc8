"""The body's frame: where the spine runs, where vertebrae lie, how wide the trunk is at each height.

Reference millimetres of a 1.65 m body; z = 0 is the middle of T12, x = 0 the midline, y = 0 the trunk's axis (y backwards). Angles `phi`
run from 0 (straight back) over pi/2 (side) to pi (straight in front), the same on both sides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.phantom.options import PhantomOptions
from napari_t12_bodycomp.phantom.plane import N_ANGLES
from napari_t12_bodycomp.phantom.tables import FAT, INNER, INTERVALS, LABELS, PHI_NODES, SPINE_Y, WALL, Rows

F64 = npt.NDArray[np.float64]


def _table(rows: Rows) -> PchipInterpolator:
    a = np.array(sorted(rows), float)
    return PchipInterpolator(a[:, 0], a[:, 1:], axis=0, extrapolate=True)


_INNER, _WALL, _FAT = _table(INNER), _table(WALL), _table(FAT)
_ANGLE = np.abs((np.arange(N_ANGLES) + N_ANGLES / 2) % N_ANGLES - N_ANGLES / 2) * (2 * math.pi / N_ANGLES)
_SIN, _COS = np.sin(_ANGLE), np.cos(_ANGLE)


@dataclass(frozen=True, slots=True)
class Level:
    """One vertebra: its label, the z of the body's middle, the z-extent of body plus disc, and its size."""

    label: str
    z: float
    interval: float
    body: float
    """Height of the body, endplate to endplate (mm)."""
    half_width: float
    half_depth: float

    @property
    def is_lumbar(self) -> bool:
        return self.label[0] == "L"

    @property
    def is_thoracic(self) -> bool:
        return self.label[0] == "T"

    @property
    def number(self) -> int:
        return int(self.label[1:])


@dataclass(frozen=True, slots=True, eq=False)
class Contours:
    """Radii (mm) by angle (N_ANGLES,) of one plane, and how oblique each contour is there (cosine)."""

    inner: F64
    fascia: F64
    skin: F64
    obliquity: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Everything that follows from the options before a pixel is painted."""

    options: PhantomOptions
    levels: tuple[Level, ...]
    wobble: tuple[tuple[float, float], ...] = ()
    phi: F64 = field(default_factory=lambda: _ANGLE)
    side: F64 = field(default_factory=lambda: np.where(np.arange(N_ANGLES) < N_ANGLES / 2, 1.0, -1.0))

    @property
    def habit(self) -> F64:
        """Eight numbers of about unit spread that place and size this person's organs; all 0 in the textbook."""
        rng = np.random.default_rng([self.options.seed, 3])
        return np.clip(rng.normal(size=8), -1.8, 1.8) * self.options.variation

    @property
    def up(self) -> float:
        """1 where gas rises to the front, -1 where it rises to the back of a prone patient."""
        return -1.0 if self.options.prone else 1.0

    def level(self, label: str) -> Level:
        return next(v for v in self.levels if v.label == label)

    @property
    def stretch(self) -> float:
        """How much taller this person's chest is than the reference body's of the same size."""
        return self.level("T1").z / _T1_Z

    def chest_z(self, z: float) -> float:
        """Height in the reference body of what lies at z here: the chest is stretched with its vertebrae, the belly is not."""
        return z / self.stretch if z > 0 else z

    def spine_y(self, z: float) -> float:
        """y of the vertebral bodies' middle; the bend above T12 is scaled by the kyphosis asked for."""
        z = z * (_SACRUM_Z / self.levels[-1].z) if z < 0 else self.chest_z(z)
        y = float(np.interp(z, _SPINE_Z, _SPINE))
        straight = 55.0 + 0.04 * z
        if z > 0:
            return straight + (y - straight) * (0.35 + 0.65 * self.options.kyphosis)
        return y

    def spine_x(self, z: float) -> float:
        """Sideways deviation: an apex at T9 and a counter-curve in the lumbar spine, none at T1."""
        s = self.options.scoliosis_mm
        return s * (math.exp(-(((z - 85) / 75) ** 2)) - 0.55 * math.exp(-(((z + 75) / 55) ** 2))) if s else 0.0

    def slopes(self, z: float) -> tuple[float, float]:
        """Sideways and backward slope of the spine (mm per mm)."""
        h = 4.0
        return (self.spine_x(z + h) - self.spine_x(z - h)) / (2 * h), (self.spine_y(z + h) - self.spine_y(z - h)) / (2 * h)

    def contours(self, z: float) -> Contours:
        """Inner wall, fascia and skin at height z."""
        o, behind, z = self.options, self.spine_y(z), self.chest_z(z)
        w, f, b = _INNER(z)
        v = max(-0.5, min(2.0, o.visceral_fat - 1)) if z < 90 else 0.0
        v *= min(1.0, max(0.0, (90 - z) / 90))
        w, f = w * (1 + 0.05 * v), f * (1 + 0.14 * v)
        b = max(behind, 12.0) + b
        n = 2.35
        depth = np.where(_COS > 0, b, f)
        n_back = np.where(_COS > 0, 2.7 + 1.6 * min(1.0, max(0.0, (z - 190) / 45)), n)
        inner = (np.abs(_SIN / w) ** n_back + np.abs(_COS / depth) ** n_back) ** (-1 / n_back)
        turn = np.arange(N_ANGLES) * (2 * math.pi / N_ANGLES)
        for order, (phase, lift) in enumerate(self.wobble, start=2):
            inner = inner * (1 + 0.011 / math.sqrt(order) * np.sin(order * turn + phase + z / lift) * np.sin(turn / 2) ** 2)
        wall = (_WALL(z) @ _NODE_SHAPES) * (1 + (o.muscle - 1) * 0.8)
        across = inner * _SIN
        fascia = inner + wall - 3.5 * np.exp(-((across / 9) ** 2)) * (_COS > 0)
        fat = (_FAT(z) @ _NODE_SHAPES) * (o.fat_mm / 10.0)
        if o.sex == "F":
            fat = fat + (10 + 0.9 * o.fat_mm) * np.exp(-(((_ANGLE - 2.3) / 0.36) ** 2)) * math.exp(-(((z - 112) / 34) ** 2))
        fat = fat + 3.0 * np.exp(-((across / 9) ** 2)) * (_COS > 0)
        skin = np.maximum(_flattened(fascia + fat + 2.0, 112 + 0.7 * o.fat_mm + 22 * (o.muscle - 1), _COS), fascia + 4.0)
        if o.prone:
            skin = np.maximum(_flattened(skin, 96 + 0.7 * o.fat_mm, -_COS), fascia + 4.0)
        slope = np.gradient(fascia, _ANGLE[1])
        slope[[0, -1, N_ANGLES // 2]] = 0
        slope = np.where(np.arange(N_ANGLES) == N_ANGLES // 2 - 1, 0, slope)
        obliquity = (fascia / np.hypot(fascia, slope)).astype(np.float32)
        return Contours(inner, fascia, skin, obliquity)


def _flattened(skin: F64, limit: float, down: F64) -> F64:
    """The body lies on the table: nothing reaches further `down` (cosine to it) than the softly flattened plane."""
    y = skin * down
    over = np.maximum(y - limit + 6, 0)
    flat = np.where(over > 0, y - over + 12 * (1 - np.exp(-over / 12)), y)
    out: F64 = np.where(down > 0.2, skin * np.where(y > 0, flat / np.maximum(y, 1e-6), 1), skin)
    return out


def _smooth(values: F64, width: int = 120) -> F64:
    kernel = np.hanning(2 * width + 1)
    kernel /= kernel.sum()
    wrapped = np.concatenate([values[-width:], values, values[:width]])
    return np.convolve(wrapped, kernel, "valid")


_NODE_SHAPES = np.stack([_smooth(np.interp(_ANGLE, PHI_NODES, one)) for one in np.eye(len(PHI_NODES))])
"""What one unit at each of PHI_NODES adds by angle, (nodes, N_ANGLES)."""


def _levels(o: PhantomOptions) -> tuple[Level, ...]:
    """All vertebrae about T12: heights of the reference body, varied from person to person and for 4 or 6 lumbar vertebrae."""
    heights = dict(zip(LABELS, INTERVALS, strict=True))
    labels = [*LABELS[: LABELS.index("L1")], *(f"L{i}" for i in range(1, o.n_lumbar + 1)), "S1"]
    rng = np.random.default_rng([o.seed, 17])
    # Spines of 4 or 6 are a little taller or flatter by level, so that the sacrum moves by less than a vertebra.
    lumbar = {4: 1.07, 5: 1.0, 6: 0.94}[o.n_lumbar] * (1 + 0.035 * o.variation * float(np.clip(rng.normal(), -2, 2)))
    thoracic = 1 + 0.03 * o.variation * float(np.clip(rng.normal(), -2, 2))
    own = 1 + 0.02 * o.variation * np.clip(rng.normal(size=30), -2, 2)
    interval = {n: heights.get(n, 32.0) * own[i] * (lumbar if n[0] in "LS" else thoracic) for i, n in enumerate(labels)}
    if o.fractured:
        if o.fractured not in interval:
            raise UsageError(f"A vertebra from C1 to S1 is wanted, {o.fractured!r} came: name one that this spine has.")
        interval[o.fractured] *= 0.7
    z = {"T12": 0.0}
    t12 = labels.index("T12")
    for i in range(t12 - 1, -1, -1):
        z[labels[i]] = z[labels[i + 1]] + (interval[labels[i]] + interval[labels[i + 1]]) / 2
    for i in range(t12 + 1, len(labels)):
        z[labels[i]] = z[labels[i - 1]] - (interval[labels[i]] + interval[labels[i - 1]]) / 2
    out = []
    for i, label in enumerate(labels):
        share = 0.82 if label[0] == "T" else 0.77 if label[0] == "L" else 0.74
        at = len(LABELS) - 1 if label == "S1" else min(i, len(LABELS) - 2)
        width = np.interp(at, [1, 6, 7, 13, 18, 23, 24], [8.5, 12.5, 14, 14.5, 20.5, 25, 26])
        depth = np.interp(at, [1, 6, 7, 13, 18, 23, 24], [7.5, 8, 8.5, 13, 15, 17, 16])
        out.append(Level(label, z[label], interval[label], interval[label] * share, float(width), float(depth)))
    return tuple(out)


_SPINE_Z = np.arange(-260.0, 421.0)
_SPINE = _table(SPINE_Y)(_SPINE_Z)[:, 0]
_SACRUM_Z = -(INTERVALS[18] + INTERVALS[24]) / 2 - sum(INTERVALS[19:24])
"""S1 of the reference body: the curve of the lumbar spine is stretched to where this person's lies."""
_T1_Z = (INTERVALS[7] + INTERVALS[18]) / 2 + sum(INTERVALS[8:18])


def build_frame(options: PhantomOptions, rng: np.random.Generator) -> Frame:
    wobble = tuple((rng.uniform(0, 2 * math.pi), rng.uniform(45, 90) * rng.choice([-1, 1])) for _ in range(6))
    return Frame(options, _levels(options), wobble)
