"""Regions of another slice laid onto this one: one move, turn and scaling in the plane, then cut to this slice's body.

Points are (row, column) in mm from the middle of pixel (0, 0) of their own slice. What is matched is the outline of the fascia where both slices
have one (muscle and visceral regions together), which stays when a patient gains or loses fat, else the outline of everything drawn against the
body; and the gap that the vertebra leaves in the regions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.optimize import least_squares
from skimage.measure import find_contours

from napari_t12_bodycomp.model.tissue import Region

Labels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

LARGEST_TURN = 0.26
"""Radians (15 degrees): how far a patient lies turned against another visit at most."""
LARGEST_SCALING = 1.3
OUTLINE_POINTS = 180
ROBUST_MM = 4.0
"""Stretches of outline further apart than this hardly pull any more: there the shape itself differs."""
SPINE_OPENING_MM = 4.0
SPINE_MM2 = (400.0, 4000.0)
"""Smallest and largest gap that a vertebra leaves: a body of T12 has about 900 mm2, with arch and rib heads up to three times that."""


@dataclass(frozen=True, slots=True)
class Placing:
    """How a point of the other slice comes to lie on this one: ``centre_here + moved + turn(scale * (point - centre_there))``, in mm.

    `scale` is (front to back, side to side); `turn` is in radians, positive from the rows' axis to the columns'; `rms_mm` is how far the
    outlines then still lie apart (NaN where nothing was matched), `by_spine` whether the vertebra was matched, too.
    """

    centre_there: tuple[float, float] = (0.0, 0.0)
    centre_here: tuple[float, float] = (0.0, 0.0)
    moved_mm: tuple[float, float] = (0.0, 0.0)
    turn: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)
    rms_mm: float = float("nan")
    by_spine: bool = False

    def _matrix(self) -> Floats:
        c, s = np.cos(self.turn), np.sin(self.turn)
        return np.array([[c, -s], [s, c]]) * self.scale

    def to_here(self, points_mm: Floats) -> Floats:
        """Points (..., 2) of the other slice on this one."""
        return np.asarray((points_mm - self.centre_there) @ self._matrix().T + self.centre_here + self.moved_mm)

    def to_there(self, points_mm: Floats) -> Floats:
        """Points (..., 2) of this slice on the other one."""
        return np.asarray((points_mm - self.centre_here - self.moved_mm) @ np.linalg.inv(self._matrix()).T + self.centre_there)


def body_frame(regions: Labels) -> Mask:
    """Everything within the outermost outline of `regions` (Y, X)."""
    return _largest(ndimage.binary_fill_holes(regions > 0))


def fascia_frame(regions: Labels) -> Mask:
    """Everything within the outline of muscle and visceral region; empty where either is missing."""
    if not ((regions == Region.MUSCLE).any() and (regions == Region.VISCERAL).any()):
        return np.zeros(regions.shape, bool)
    return _largest(ndimage.binary_fill_holes((regions == Region.MUSCLE) | (regions == Region.VISCERAL)))


def spine_gap_mm(regions: Labels, spacing_mm: tuple[float, float]) -> tuple[float, float] | None:
    """Middle (mm) of the gap that the vertebra leaves in `regions`; None where none is left, or several could be it."""
    whole = body_frame(regions)
    if not whole.any():
        return None
    gap = whole & (regions == 0)
    core = ndimage.distance_transform_edt(gap, sampling=spacing_mm) > SPINE_OPENING_MM
    areas, count = ndimage.label(ndimage.distance_transform_edt(~core, sampling=spacing_mm) <= SPINE_OPENING_MM)
    rows, columns = np.nonzero(whole)
    middle_row, middle_column = (rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2
    found = []
    for k in range(1, count + 1):
        row, column = (float(np.mean(i)) for i in np.nonzero(areas == k))
        size = float((areas == k).sum()) * spacing_mm[0] * spacing_mm[1]
        beside = abs(column - middle_column) < 0.2 * (columns.max() - columns.min())
        if SPINE_MM2[0] <= size <= SPINE_MM2[1] and row > middle_row and beside:
            found.append((row * spacing_mm[0], column * spacing_mm[1]))
    return found[0] if len(found) == 1 else None


def placed(
    frame_there: Mask,
    spacing_there_mm: tuple[float, float],
    frame_here: Mask,
    spacing_here_mm: tuple[float, float],
    spine_there_mm: tuple[float, float] | None = None,
    spine_here_mm: tuple[float, float] | None = None,
) -> Placing:
    """The placing that brings the outline of `frame_there` onto that of `frame_here` (bool, (Y, X), neither empty) and the spine onto the spine."""
    centre_there, size_there = _middle(frame_there, spacing_there_mm)
    centre_here, size_here = _middle(frame_here, spacing_here_mm)
    outline = _outline_mm(frame_there, spacing_there_mm)
    inside = ndimage.distance_transform_edt(frame_here, sampling=spacing_here_mm)
    apart_mm = ndimage.distance_transform_edt(~frame_here, sampling=spacing_here_mm) - inside
    weight = np.sqrt(OUTLINE_POINTS) / 2
    by_spine = spine_there_mm is not None and spine_here_mm is not None

    def placing(p: Floats, rms_mm: float = float("nan")) -> Placing:
        scale = (float(np.exp(p[3])), float(np.exp(p[4])))
        return Placing(centre_there, centre_here, (float(p[0]), float(p[1])), float(p[2]), scale, rms_mm, by_spine)

    def outline_mm(p: Floats) -> Floats:
        at = placing(p).to_here(outline) / spacing_here_mm
        return np.asarray(ndimage.map_coordinates(apart_mm, at.T, order=1, mode="nearest"))

    def misfit(p: Floats) -> Floats:
        off = outline_mm(p)
        if spine_there_mm is None or spine_here_mm is None:
            return off
        spine = placing(p).to_here(np.array(spine_there_mm)) - np.array(spine_here_mm)
        return np.concatenate([off, weight * spine])

    widest = np.log(LARGEST_SCALING)
    start = np.array([0.0, 0.0, 0.0, *np.clip(np.log(np.array(size_here) / size_there), -0.9 * widest, 0.9 * widest)])
    bounds = np.array([60.0, 60.0, LARGEST_TURN, widest, widest])
    fit = least_squares(misfit, start, bounds=(-bounds, bounds), x_scale=[1, 1, 0.01, 0.01, 0.01], loss="soft_l1", f_scale=ROBUST_MM)
    return placing(fit.x, float(np.sqrt(np.mean(outline_mm(fit.x) ** 2))))


def carried(
    regions: Labels,
    spacing_there_mm: tuple[float, float],
    placing: Placing,
    body: Mask,
    spacing_here_mm: tuple[float, float],
) -> Labels:
    """`regions` (Y, X) of the other slice on the grid of `body` (bool, (Y, X), the skin left out), and nowhere outside it.

    Where subcutaneous tissue was drawn, it reaches the skin of this slice: what lies in the body but outside of everything drawn is subcutaneous.
    """
    rows, columns = np.indices(body.shape)
    here = np.stack([rows * spacing_here_mm[0], columns * spacing_here_mm[1]], axis=-1)
    at = np.moveaxis(placing.to_there(here) / spacing_there_mm, -1, 0)

    def share(mask: Mask) -> npt.NDArray[np.float32]:
        return np.asarray(ndimage.map_coordinates(mask.astype(np.float32), at, order=1))

    # beyond the other picture every share is 0, and the first of equal ones, none, is taken
    shares = [share(regions == region) for region in Region]
    shares.insert(0, share(regions == 0))
    result: Labels = np.argmax(shares, axis=0).astype(np.uint8)
    if (regions == Region.SUBCUTANEOUS).any():
        result[(result == 0) & (share(body_frame(regions)) < 0.5)] = Region.SUBCUTANEOUS
    result[~body] = 0
    return result


def _middle(mask: Mask, spacing_mm: tuple[float, float]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Centroid and standard deviation of a mask's pixels along rows and columns (mm)."""
    rows, columns = np.nonzero(mask)
    y, x = rows * spacing_mm[0], columns * spacing_mm[1]
    return (float(y.mean()), float(x.mean())), (float(y.std()), float(x.std()))


def _outline_mm(mask: Mask, spacing_mm: tuple[float, float]) -> Floats:
    """`OUTLINE_POINTS` points (N, 2) at equal distances along the longest outline (mm)."""
    ring = max(find_contours(np.pad(mask, 1).astype(np.float32), 0.5), key=len) - 1.0  # type: ignore[no-untyped-call]
    mm = ring * spacing_mm
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(mm, axis=0).T))])
    at = np.linspace(0, along[-1], OUTLINE_POINTS, endpoint=False)
    return np.stack([np.interp(at, along, mm[:, axis]) for axis in (0, 1)], axis=1)


def _largest(mask: Mask) -> Mask:
    areas, count = ndimage.label(mask)
    if count < 2:
        return np.asarray(mask)
    sizes = np.bincount(areas.ravel())
    sizes[0] = 0
    return np.asarray(areas == sizes.argmax())
