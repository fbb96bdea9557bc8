"""Rays across the body wall, and closed minimal paths over them.

The rays are the normals of an ellipse fitted to the trunk, so that they cross the body wall about at right angles even where the trunk is
much wider than deep. Distances along a ray are in mm from its foot on the ellipse's long axis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import map_coordinates

Floats = npt.NDArray[np.float64]

RAYS = 480
CENTRE_HEIGHT = 0.47
"""Share of the trunk's depth at which the rays' feet lie: in front of the vertebra in a supine trunk."""


@dataclass(frozen=True, slots=True, eq=False)
class Rays:
    """Rays from the long axis of the trunk outward.

    `foot_mm` and `direction` are (K, 2) as (row, column) in mm and as unit vectors; ray 0 points to the patient's left, and the following
    ones go by the back, the right side and the front.
    """

    foot_mm: Floats
    direction: Floats
    spacing_mm: tuple[float, float]

    def __len__(self) -> int:
        return len(self.foot_mm)

    def points_mm(self, radius_mm: Floats) -> Floats:
        """(K, 2) (row, column) in mm of one radius per ray."""
        return self.foot_mm + radius_mm[:, None] * self.direction

    def points_px(self, radius_mm: Floats) -> Floats:
        """(K, 2) (row, column) in pixels of one radius per ray."""
        return self.points_mm(radius_mm) / np.array(self.spacing_mm, np.float64)

    def sample(self, image: npt.NDArray[np.generic], radius_mm: Floats, order: int = 1, outside: float = -1024.0) -> Floats:
        """`image` (Y, X) at `radius_mm`, (R,) for all rays or (K, R): (K, R)."""
        radius = np.broadcast_to(radius_mm, (len(self), radius_mm.shape[-1]))
        rows = (self.foot_mm[:, :1] + radius * self.direction[:, :1]) / self.spacing_mm[0]
        cols = (self.foot_mm[:, 1:] + radius * self.direction[:, 1:]) / self.spacing_mm[1]
        source = image if image.dtype != np.bool_ else image.astype(np.uint8)
        values: Floats = map_coordinates(
            source, [rows, cols], output=np.float32, order=order, mode="constant", cval=outside, prefilter=False
        )
        return values

    def thinned(self, step: int) -> Rays:
        """Every `step`-th ray."""
        return Rays(self.foot_mm[::step], self.direction[::step], self.spacing_mm)

    def crossing(self, start_mm: Floats, end_mm: Floats) -> Floats:
        """Radius (K,) at which each ray meets the straight line through two (row, column) points in mm; NaN where it is parallel."""
        along = end_mm - start_mm
        gap = start_mm - self.foot_mm
        det = self.direction[:, 0] * along[1] - self.direction[:, 1] * along[0]
        with np.errstate(divide="ignore", invalid="ignore"):
            radius = (gap[:, 0] * along[1] - gap[:, 1] * along[0]) / det
        return np.where(np.abs(det) < 1e-9, np.nan, radius)


def trunk_rays(body: npt.NDArray[np.bool_], spacing_mm: tuple[float, float], count: int = RAYS) -> Rays:
    """Rays for the trunk `body` (Y, X)."""
    rows, cols = np.flatnonzero(body.any(1)), np.flatnonzero(body.any(0))
    top, bottom = rows[0] * spacing_mm[0], rows[-1] * spacing_mm[0]
    left, right = cols[0] * spacing_mm[1], cols[-1] * spacing_mm[1]
    half_width = (right - left) / 2
    half_depth = min((bottom - top) / 2, half_width)
    centre = np.array([top + CENTRE_HEIGHT * (bottom - top), (left + right) / 2])
    fine = np.linspace(0, 2 * np.pi, 4 * count + 1)
    outline = np.stack([half_depth * np.sin(fine), half_width * np.cos(fine)], 1)
    arc = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(outline, axis=0).T))])
    t = np.interp(np.arange(count) / count * arc[-1], arc, fine)
    normal = np.stack([half_width * np.sin(t), half_depth * np.cos(t)], 1)
    foot = np.stack([np.zeros(count), (half_width**2 - half_depth**2) / half_width * np.cos(t)], 1)
    return Rays(centre + foot, normal / np.linalg.norm(normal, axis=1, keepdims=True), spacing_mm)


def closed_path(cost: Floats, step_cost: float, max_step: int) -> npt.NDArray[np.intp]:
    """The closed path of least cost through `cost` (K, R), one index per ray.

    A change of `d` indices from one ray to the next costs `step_cost` times d squared, and no more than `max_step` is allowed. Dynamic
    programming over one and a half turns; the middle turn is kept, which makes the ends meet.
    """
    count, size = cost.shape
    quarter = count // 4
    order = np.arange(-quarter, count + quarter) % count
    shifts = np.arange(-max_step, max_step + 1)
    penalty = (step_cost * shifts.astype(np.float32) ** 2)[:, None]
    cost = cost.astype(np.float32)
    padded = np.full(size + 2 * max_step, np.inf, np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(padded, size)
    total = cost[order[0]]
    choices = np.empty((len(shifts), size), np.float32)
    back = np.zeros((len(order), size), np.int8)
    for i, ray in enumerate(order[1:], 1):
        padded[max_step : max_step + size] = total
        np.add(windows, penalty, out=choices)
        back[i] = shifts[choices.argmin(0)]
        total = choices.min(0) + cost[ray]
    path = np.empty(len(order), np.intp)
    path[-1] = int(total.argmin())
    for i in range(len(order) - 1, 0, -1):
        path[i - 1] = path[i] + back[i, path[i]]
    result = np.empty(count, np.intp)
    result[order[quarter : quarter + count]] = path[quarter : quarter + count]
    return result


def path_margins(cost: Floats, step_cost: float, max_step: int) -> npt.NDArray[np.float32]:
    """How much more than the least the best closed path through each entry of `cost` (K, R) costs: (K, R), 0 on the best path.

    Costs and turns as in `closed_path`.
    """
    count, size = cost.shape
    quarter = count // 4
    order = np.arange(-quarter, count + quarter) % count
    shifts = np.arange(-max_step, max_step + 1)
    penalty = (step_cost * shifts.astype(np.float32) ** 2)[:, None]
    turns = cost.astype(np.float32)[order]
    padded = np.full(size + 2 * max_step, np.inf, np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(padded, size)
    choices = np.empty((len(shifts), size), np.float32)

    def arriving(turns: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        totals = turns.copy()
        for i in range(1, len(turns)):
            padded[max_step : max_step + size] = totals[i - 1]
            np.add(windows, penalty, out=choices)
            totals[i] += choices.min(0)
        return totals

    both_ways = (arriving(turns) + arriving(turns[::-1])[::-1] - turns)[quarter : quarter + count]
    result: npt.NDArray[np.float32] = np.empty_like(both_ways)
    result[order[quarter : quarter + count]] = both_ways - both_ways.min(1, keepdims=True)
    return result


def filled(corners_px: Floats, shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Pixels (Y, X) whose centre lies within the closed polygon `corners_px`, (N, 2) as (row, column)."""
    r0, c0 = corners_px.T
    r1, c1 = np.roll(r0, -1), np.roll(c0, -1)
    rows = np.arange(shape[0])[:, None]
    crosses = (r0 <= rows) != (r1 <= rows)
    row, edge = np.nonzero(crosses)
    columns = c0[edge] + (row - r0[edge]) * (c1 - c0)[edge] / (r1 - r0)[edge]
    flips = np.zeros((shape[0], shape[1] + 1), np.int32)
    np.add.at(flips, (row, np.clip(np.ceil(columns), 0, shape[1]).astype(np.intp)), 1)
    inside: npt.NDArray[np.bool_] = np.cumsum(flips, 1)[:, :-1] % 2 == 1
    return inside
