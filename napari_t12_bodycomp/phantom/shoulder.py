"""The upper end of the chest: first ribs, sternum, clavicles, scapulae, shoulders and arms."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.phantom.frame import Frame
from napari_t12_bodycomp.phantom.parts import CARTILAGE_HU, CORTEX_HU, FAT_HU, MUSCLE_HU, Part
from napari_t12_bodycomp.phantom.plane import Plane, Point
from napari_t12_bodycomp.phantom.trunk import Polar

F64 = npt.NDArray[np.float64]
FIRST_RIB: list[tuple[float, float, float, float]] = [
    (15.5, 3, 7, 4.0),
    (30, 14, 11, 4.2),
    (42, 14, 10, 5.5),
    (53, 8, 5, 6.5),
    (60, -4, -3, 7.5),
    (62, -17, -10, 8.0),
    (60, -31, -18, 8.0),
    (53, -43, -26, 7.5),
    (43, -52, -34, 7.0),
    (36, -57, -39, 6.5),
]
"""Course of the first rib: x, y behind and z above the middle of T1's body, and half its width. It is short and flat, and ends in front of
the manubrium's side; its reach of 62 to 78 mm is a fifth less than the second rib's."""


def paint_first_ribs(plane: Plane, frame: Frame, sternum_y: float) -> None:
    """Both first ribs with their cartilages, which are short and often calcified."""
    level = frame.level("T1")
    if not level.z - 62 < plane.z < level.z + 20:
        return
    o = frame.options
    ys = frame.spine_y(level.z)
    habit = 1 + 0.05 * float(frame.habit[1])
    deep = (ys - sternum_y - 3) / 57
    nodes = [(x * habit, ys + y * (deep if y < 0 else 1), level.z + z, w) for x, y, z, w in FIRST_RIB]
    hardened = 150 if o.calcified_cartilage else 0
    for side in (-1, 1):
        end = nodes[-1]
        plane.strap(
            (side * end[0], end[1], end[2]), (side * 24, sternum_y + 1, end[2] - 3), 6.5, 3.6, CARTILAGE_HU + hardened, Part.CARTILAGE
        )
    for inset, hu in ((0.0, CORTEX_HU), (1.4, o.bone_hu + 90)):
        for side in (-1, 1):
            for p, q in pairwise(nodes):
                plane.strap(
                    (side * p[0], p[1], p[2]), (side * q[0], q[1], q[2]), (p[3] + q[3]) / 2 - inset, 3.0 - 0.7 * inset, hu, Part.BONE
                )


def sternum_y(frame: Frame, z: float) -> float:
    """y of the sternum's middle where it lies on the front wall at height z (mm above mid-T12)."""
    inner = frame.contours(z).inner
    return -float(inner[len(inner) // 2]) - 6.0


def paint_sternum(plane: Plane, frame: Frame, inner: F64) -> None:
    """Manubrium, body and xiphoid on the front wall."""
    z = frame.chest_z(plane.z)
    if not 50 < z < 222:
        return
    half = float(np.interp(z, [50, 70, 80, 112, 158, 174, 182, 205, 214, 222], [4, 8, 16, 18, 14, 13, 22, 30, 27, 16]))
    y = -float(inner[len(inner) // 2]) - 6.0
    thick = 5.5 if z > 72 else 3.0
    if abs(z - 175) < 1.5:
        plane.ellipse(0, y, half, thick - 1, CARTILAGE_HU, Part.CARTILAGE)
        return
    plane.ellipse(0, y, half, thick, CORTEX_HU * 0.62, Part.BONE)
    plane.ellipse(0, y, half - 1.2, thick - 1.2, frame.options.bone_hu - 40, Part.BONE)


# Nodes (x, y, z) of the reference body; z is stretched with the chest.
CLAVICLE: dict[bool, list[Point]] = {
    False: [(20, -39, 219), (46, -45, 230), (70, -40, 241), (96, -20, 256), (121, 8, 268)],
    True: [(20, -39, 219), (50, -47, 224), (90, -34, 231), (120, -14, 238), (142, 6, 243)],
}
"""Collar bones by whether the arms are down: raised arms lift their outer ends."""
SCAPULAR_SPINE: dict[bool, list[Point]] = {
    False: [(68, 72, 216), (100, 56, 236), (122, 40, 254), (127, 20, 268)],
    True: [(70, 74, 216), (112, 54, 232), (144, 34, 246), (150, 18, 250)],
}
HUMERUS: dict[bool, Point] = {False: (152, 4, 230), True: (158, 8, 226)}


def paint_shoulder(p: Polar, frame: Frame) -> None:
    """Scapula as a curved plate between its muscles, with its spine and coracoid; collar bone, humeral head, raised arms' bone."""
    plane, down, stretch = p.plane, frame.options.arms_down, frame.stretch
    spongy = frame.options.bone_hu + 60
    _scapular_plate(p, frame, spongy)
    if frame.chest_z(plane.z) < 185:
        return
    bars = ((CLAVICLE[down], 6.0), (SCAPULAR_SPINE[down], 6.5), ([(125, 14, 228), (116, -4, 240), (106, -12, 243)], 5.0))
    x, y, z = HUMERUS[down]
    for side in (-1, 1):
        plane.ellipsoid((side * x, y, z * stretch), (25, 25, 27), CORTEX_HU * 0.75, Part.BONE)
        plane.ellipsoid((side * x, y, z * stretch), (22.5, 22.5, 24.5), spongy - 40, Part.BONE)
        plane.ellipsoid((side * (x - 30), y + 12, (z - 6) * stretch), (9, 14, 16), CORTEX_HU * 0.7, Part.BONE, side * 0.5)
        plane.ellipsoid((side * (x - 31), y + 12, (z - 6) * stretch), (7, 12, 14), spongy, Part.BONE, side * 0.5)
        for nodes, radius in bars:
            for inset, hu in ((0.0, CORTEX_HU * 0.85), (1.9, spongy)):
                for q, r in pairwise(nodes):
                    if min(q[2], r[2]) * stretch - radius < plane.z < max(q[2], r[2]) * stretch + radius:
                        ends = [(side * n[0], n[1], n[2] * stretch) for n in (q, r)]
                        plane.tube(ends[0], ends[1], radius - inset, hu, Part.BONE)
        if not down:
            for radius, hu in ((11.5, CORTEX_HU), (7.0, 40.0)):
                plane.tube((side * x, y, (z + 10) * stretch), (side * 170, -24, 420), radius, hu, Part.BONE)


def _scapular_plate(p: Polar, frame: Frame, spongy: float) -> None:
    """The blade, by angle about the trunk's axis, with a thick outer border."""
    z, phi, c = frame.chest_z(p.plane.z), frame.phi, p.contours
    if not 100 < z < 232:
        return
    room = c.fascia - c.inner
    if room[len(phi) // 5] <= 18:
        return
    reach = 1.18 + 0.27 * min(1.0, max(0.0, (z - 110) / 90))
    first = 1.0 - 0.12 * min(1.0, max(0.0, (z - 100) / 40))
    middle = c.inner + 15.5 + 0.32 * np.minimum(room, 75) * np.clip((phi - 0.7) / 0.6, 0.2, 1.0)
    thick = np.interp(phi, [first, first + 0.05, reach - 0.15, reach], [0, 1.7, 1.5, 5.0]) * ((phi > first) & (phi < reach))
    p.band(middle - thick, middle + np.where(thick > 0, thick, -1), CORTEX_HU * 0.8, Part.BONE)
    inside = np.where(thick > 3.0, thick - 1.6, -1.0)
    p.band(middle - inside, middle + inside, spongy, Part.BONE)


def paint_arms(plane: Plane, frame: Frame) -> None:
    """Arms beside the trunk (down) or above the shoulders (up): skin, fat, muscle, bone."""
    z, o = plane.z, frame.options
    if o.arms_down:
        if z > 236:
            return
        width = float(frame.contours(min(z, 60.0)).skin[len(frame.phi) // 4])
        x = float(np.interp(z, [-260, -60, 100, 190, 236], [width + 58, width + 48, 186, 172, 164]))
        y = float(np.interp(z, [-260, -60, 100, 236], [30, 45, 40, 10]))
        r = float(np.interp(z, [-260, -60, 60, 200, 236], [33, 40, 44, 50, 40]))
    elif z > 232:
        x = float(np.interp(z, [232, 420], [152, 170]))
        y, r = float(np.interp(z, [232, 420], [4, -24])), float(np.interp(z, [232, 280, 420], [40, 50, 48]))
    else:
        return
    fat = min(0.4 * o.fat_mm + 3, 14)
    for side in (-1, 1):
        # Painted from the outside inwards; over the trunk the shoulder has the say.
        if not o.arms_down and z < 272:
            a, b = (float(np.interp(z, [232, 256, 272], sizes)) for sizes in ((62, 52, 30), (42, 36, 22)))
            for inset, hu in ((0.0, 30.0), (2.0, FAT_HU), (2.0 + fat, MUSCLE_HU)):
                plane.ellipse(side * 98, 36, a - inset, b - inset, hu, Part.ARM)
        for inset, hu in ((0.0, 30.0), (2.0, FAT_HU), (2.0 + fat, MUSCLE_HU)):
            plane.ellipse(side * x, y, r - inset, r - inset, hu, Part.ARM)
        if o.arms_down:
            plane.ellipse(side * x, y, 11.5, 11.5, CORTEX_HU, Part.ARM)
            plane.ellipse(side * x, y, 7, 7, 40.0, Part.ARM)
