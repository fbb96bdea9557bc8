"""Sacrum and iliac wings."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from napari_t12_bodycomp.phantom.frame import Frame
from napari_t12_bodycomp.phantom.parts import CORTEX_HU, FAT_HU, MUSCLE_HU, Part
from napari_t12_bodycomp.phantom.plane import Plane

CREST_MM = 54.0
"""How far the iliac crest stands above the middle of S1."""
WING: list[tuple[float, float]] = [(62.0, 50.0), (68.0, 24.0), (92.0, 2.0), (116.0, -24.0), (130.0, -46.0)]
"""Course of the iliac wing: x, y behind the spine."""


def paint_sacrum(plane: Plane, frame: Frame) -> None:
    """Wings and body of the sacrum with its canal and the foramina between its vertebrae."""
    s1 = frame.level("S1")
    top = s1.z + s1.body / 2
    depth = top - plane.z
    if depth <= -6:
        return
    ys, taper = frame.spine_y(plane.z), float(np.interp(depth, [0, 20, 60, 120], [1.0, 1.0, 0.8, 0.4]))
    thick = float(np.interp(depth, [-6, -2, 6, 18, 40, 70, 120], [1.5, 6, 12, 15, 11, 8, 5]))
    spongy = frame.options.bone_hu - 20
    for inset, hu in ((0.0, CORTEX_HU * 0.6), (1.4, spongy)):
        for side in (-1, 1):
            back = 22 + 0.3 * (15 - min(thick, 15.0))
            inner, outer = (side * 22 * taper, ys + back - 12, plane.z), (side * (57 * taper - thick), ys + back, plane.z)
            plane.tube(inner, outer, thick - inset, hu, Part.BONE)
        if depth > s1.body:
            plane.ellipse(0, ys + 4, 28 * taper - inset, 15 * taper - inset, hu, Part.BONE)
        if depth > 4:
            for side in (-1, 1):
                plane.tube((side * 24 * taper, ys + 26, plane.z), (0, ys + 38 * taper, plane.z), 4.5 - inset, hu, Part.BONE)
    if depth > 4:
        plane.ellipse(0, ys + 23, 11 * taper, 6, FAT_HU + 60, Part.CANAL)
    # The nerves' channels run right through, from the pelvis to the back.
    for level in (29.0, 53.0, 75.0):
        for side in (-1, 1):
            at = top - level
            plane.tube((side * 28 * taper, ys - 12, at - 3), (side * 24 * taper, ys + 40, at + 3), 6.5, FAT_HU + 60, Part.CANAL)


def paint_pelvis(plane: Plane, frame: Frame) -> None:
    """Iliac wings: plates from the sacrum outward and forward, from the crest downwards."""
    crest = frame.level("S1").z + CREST_MM
    depth = crest - plane.z
    if depth <= 0:
        return
    grow = min(1.0, depth / 45)
    ys = frame.spine_y(plane.z)
    for side in (-1, 1):
        plane.ellipse(side * 96, ys + 42 - 20 * grow, 34 * grow, 22 * grow, MUSCLE_HU, Part.GLUTEALS, side * -0.7)
        plane.ellipse(side * 80, ys + 6, 10 * grow, 24 * grow, MUSCLE_HU, Part.PSOAS, side * -0.5)
        nodes = _between(WING, (1 - grow) * 2.2, 2.2 + grow * 1.8)
        for inset, hu in ((0.0, CORTEX_HU * 0.75), (1.6, frame.options.bone_hu)):
            for p, q in pairwise(nodes):
                # Thickest beside the sacrum, where the joint is.
                radius = (7.0 if p[1] > 20 else 5.0) - inset
                plane.tube((side * p[0], ys + p[1], plane.z), (side * q[0], ys + q[1], plane.z), radius, hu, Part.BONE)


def _between(course: list[tuple[float, float]], first: float, last: float) -> list[tuple[float, float]]:
    """Points of a polyline from node number `first` to `last`, both fractional."""
    x, y = np.array(course).T
    at = np.unique(np.concatenate([[first], np.arange(np.ceil(first), np.floor(last) + 1), [last]]))
    number = np.arange(len(course))
    return list(zip(np.interp(at, number, x).tolist(), np.interp(at, number, y).tolist(), strict=True))
