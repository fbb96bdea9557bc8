"""How a reformat is fitted into a widget: true proportions, the whole length where it fits, centred on the spine. No Qt in here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a picture lies in a widget; pixels count from the top left.

    `left` and `top` are the picture's corner (it may lie outside), `picture_size` its size in px, `z_top_mm` the LPS z of its upper edge.
    """

    mm_per_px: float
    u_mm: float
    left: float
    top: float
    picture_size: tuple[float, float]
    z_top_mm: float
    z_range_mm: tuple[float, float]

    def y(self, z_mm: float) -> float:
        """Height of `z_mm` in the widget (px)."""
        return self.top + (self.z_top_mm - z_mm) / self.mm_per_px

    def z(self, y: float) -> float:
        """LPS z at height `y` (mm), kept inside the picture."""
        return float(np.clip(self.z_top_mm - (y - self.top) * self.mm_per_px, *self.z_range_mm))

    def x(self, u: float) -> float:
        """Where the picture's column `u` (its centre) lies in the widget (px)."""
        return self.left + (u + 0.5) * self.u_mm / self.mm_per_px


def place(
    z_mm: npt.NDArray[np.float64], n_u: int, u_mm: float, spine_u: float, size_px: tuple[int, int], least_width_mm: float
) -> Placement:
    """Fit a picture with evenly spaced rows `z_mm` (caudal first, row height = their distance) and `n_u` columns into `size_px` (width, height).

    The whole length is shown, unless that left less than `least_width_mm` in sight sideways; then the scale follows the width. The spine
    is kept in the middle, as far as the picture goes.
    """
    step = float(z_mm[1] - z_mm[0]) if len(z_mm) > 1 else 1.0
    length, across = len(z_mm) * step, n_u * u_mm
    width, height = max(1, size_px[0]), max(1, size_px[1])
    mm_per_px = max(length / height, min(least_width_mm, across) / width)
    picture = (across / mm_per_px, length / mm_per_px)
    left = (width - picture[0]) / 2
    if picture[0] > width:
        left = min(0.0, max(width - picture[0], width / 2 - (spine_u + 0.5) * u_mm / mm_per_px))
    top = (height - picture[1]) / 2
    return Placement(mm_per_px, u_mm, left, top, picture, float(z_mm[-1]) + step / 2, (float(z_mm[0]), float(z_mm[-1])))
