"""Closed rings to the pixels inside them, row by row, whatever the number of their corners."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Points = npt.NDArray[np.float64]


def inside_rings(shape: tuple[int, int], rings: Iterable[Points]) -> Mask:
    """Pixels whose centres the rings wind around.

    Parameters
    ----------
    rings : iterable of float arrays (N, 2)
        Corners (row, column); the last is joined to the first. Rings that turn the other way round cut holes into those around them.

    Returns
    -------
    bool array of `shape` (Y, X)
    """
    turns = np.zeros((shape[0], shape[1] + 1), np.int32)
    for ring in rings:
        start, end = ring, np.roll(ring, -1, axis=0)
        first = np.ceil(np.minimum(start[:, 0], end[:, 0])).astype(int)
        count = np.ceil(np.maximum(start[:, 0], end[:, 0])).astype(int) - first  # rows that each side crosses
        side = np.repeat(np.arange(len(ring)), count)
        row = first[side] + np.arange(len(side)) - np.repeat(np.cumsum(count) - count, count)
        (r0, c0), (r1, c1) = start[side].T, end[side].T
        column = np.ceil(c0 + (row - r0) / (r1 - r0) * (c1 - c0)).astype(int)
        seen = (row >= 0) & (row < shape[0]) & (column <= shape[1])
        np.add.at(turns, (row[seen], np.maximum(column[seen], 0)), np.where(r1 > r0, 1, -1)[seen])
    return np.asarray(np.cumsum(turns, axis=1)[:, :-1] != 0)
