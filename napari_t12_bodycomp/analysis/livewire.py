"""The magnetic contour: the cheapest way from one point to another, where edges of soft tissue are cheap to follow.

Points are (row, column). One map of costs around the last point answers every position of the mouse by going back along it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.graph import MCP_Geometric

Floats = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]
Point = tuple[float, float]

SOFT_HU = (-150, 150)
"""Steps outside fat and muscle (lung, bone) count no more than the step from fat to muscle."""
BLUR_MM = 0.8
EDGE_HU_PER_MM = 30.0
"""A slope at which following costs half: fat against muscle is about 75 HU/mm, noise of a 5 mm slice about 10 HU/mm."""
FLOOR = 0.03
"""What the strongest edge costs, so that a longer way is never free."""
SNAP_MM = 2.0
REACH_MM = 75.0
REACH_PX = 110
"""Half of the map's side at most: a map of 220 x 220 pixels takes about 20 ms."""


def edge_cost(hu: npt.NDArray[np.int16], spacing_mm: tuple[float, float]) -> Floats:
    """What it costs to pass each pixel of `hu` (Y, X), from `FLOOR` on a strong edge to about 1 in an even area; per pixel of way."""
    soft = ndimage.gaussian_filter(np.clip(hu, *SOFT_HU).astype(np.float32), [BLUR_MM / s for s in spacing_mm])
    down, across = np.gradient(soft, *spacing_mm)
    slope = (down**2 + across**2) / np.float32(EDGE_HU_PER_MM**2)
    return np.asarray(FLOOR + (1 - FLOOR) / (1 + slope), np.float32)


def snapped(cost: Floats, point: Point, spacing_mm: tuple[float, float], within_mm: float = SNAP_MM) -> tuple[int, int]:
    """The pixel of the strongest edge within `within_mm` of `point`, the nearest one of equal ones; kept inside the picture."""
    row, column = (min(max(round(p), 0), n - 1) for p, n in zip(point, cost.shape, strict=True))
    reach = [int(within_mm / s) for s in spacing_mm]
    low = max(row - reach[0], 0), max(column - reach[1], 0)
    near = cost[low[0] : row + reach[0] + 1, low[1] : column + reach[1] + 1]
    rows, columns = np.indices(near.shape)
    far = ((rows + low[0] - row) * spacing_mm[0]) ** 2 + ((columns + low[1] - column) * spacing_mm[1]) ** 2
    price = np.where(far <= within_mm**2, near + 1e-6 * far, np.inf)
    best = np.unravel_index(int(price.argmin()), near.shape)
    return int(best[0]) + low[0], int(best[1]) + low[1]


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """All cheapest ways from `anchor` within a window of the picture whose first pixel is `corner`."""

    anchor: tuple[int, int]
    corner: tuple[int, int]
    shape: tuple[int, int]
    _costs: Any

    def to(self, point: Point) -> Points:
        """The way from the anchor to `point`, both included, as (N, 2); beyond the window it goes on straight."""
        wanted = np.array([round(p) for p in point]) - self.corner
        inside = np.clip(wanted, 0, np.array(self.shape) - 1)
        way = np.array(self._costs.traceback(tuple(int(i) for i in inside)), np.float64) + self.corner
        return way if (inside == wanted).all() else np.vstack([way, np.asarray(point, np.float64)])


def paths_from(cost: Floats, anchor: tuple[int, int], spacing_mm: tuple[float, float]) -> Paths:
    """The map of ways from `anchor`, a pixel of `cost` (Y, X), up to `REACH_MM` to each side."""
    reach = [min(int(REACH_MM / s), REACH_PX) for s in spacing_mm]
    low = [max(a - r, 0) for a, r in zip(anchor, reach, strict=True)]
    window = cost[low[0] : anchor[0] + reach[0] + 1, low[1] : anchor[1] + reach[1] + 1]
    costs = MCP_Geometric(window.astype(np.float64), sampling=spacing_mm)
    costs.find_costs([(anchor[0] - low[0], anchor[1] - low[1])])
    return Paths(anchor, (low[0], low[1]), (window.shape[0], window.shape[1]), costs)


def rounded(ring: Points) -> Points:
    """A closed ring (N, 2) without the steps of the pixels it was followed on: each point moves half-way to the middle of its neighbours."""
    if len(ring) < 4:
        return ring
    return np.asarray(0.5 * ring + 0.25 * (np.roll(ring, 1, axis=0) + np.roll(ring, -1, axis=0)))
