"""Whether somebody wrote into a slice: thin strokes of one exact value, far brighter than what lies on both sides, in shapes of letters in a line."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

_STROKE_PX = 4
"""No stroke of a letter is wider; a bone or a wire that a scanner sees has softer edges and changing values."""
_JUMP = 0.25
"""Share of the slice's range of values by which a stroke stands out."""
_LEAST_STROKE_PX = 24
"""Pixels of one value in strokes, below which nobody could read anything."""
_SMALL = 20_000
"""Values below this, and a jump on top, fit into 16 bits, which is faster."""
_MOST_VALUES = 4
"""So many values, those that strokes hold most often, are looked at."""
_SHARE_IN_STROKES = 0.2
"""Part of all pixels of the letters' value that lie in strokes, at least: hardly anything else has exactly that value."""
_EDGE = 0.6
"""Share of the letters' value from which a pixel belongs to a letter with soft edges."""
_LEAST_DEPTH = 1000
"""Range of values from which soft edges are looked at: in a picture of few greys, or a map of labels, everything has edges like letters."""
_LETTER_PX = (5, 64)
_LETTERS_IN_LINE = 4
_THIN_SHARE = 0.8
"""Part of a letter's pixels that lie in its strokes."""


def has_text(pixels: npt.NDArray[Any]) -> bool:
    """Whether `pixels` (rows, columns; any grey values) show a line of at least four letters or digits in one bright value.

    Text whose value varies, or that is drawn broad, dark or upright, goes unseen: this helps a person who looks, and replaces nobody.
    """
    values = pixels.astype(np.int32)
    values -= values.min()
    strokes = _strokes(values.astype(np.int16) if values.max() < _SMALL else values)
    counts = np.bincount(values[strokes])
    often = np.flatnonzero(counts >= _LEAST_STROKE_PX)
    if not often.size:
        return False
    whole = np.bincount(values.ravel())
    written = often[counts[often] >= _SHARE_IN_STROKES * whole[often]]
    best = written[np.argsort(-counts[written])][:_MOST_VALUES]
    has_depth = values.max() >= _LEAST_DEPTH
    return any(_is_written(values == value, strokes) or (has_depth and _is_written(values >= _EDGE * value, strokes)) for value in best)


def _strokes(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Pixels that stand out to both sides, along their row or their column, within the width of a stroke."""
    jump = max(_JUMP * float(values.max()), 1.0)
    high = values > jump
    if not high.any():
        return high
    found = np.zeros_like(high)
    for axis in (0, 1):
        beside = np.maximum(_lowest_beside(values, axis, -1), _lowest_beside(values, axis, 1))
        beside += round(jump)
        found |= values > beside
    return found


def _lowest_beside(values: npt.NDArray[Any], axis: int, step: int) -> npt.NDArray[Any]:
    """The lowest value among the pixels before (`step` -1) or behind (1) each one along `axis`, as many as a stroke is wide."""
    lowest = values.copy()
    for shift in range(1, _STROKE_PX + 1):
        here = slice(shift, None) if step < 0 else slice(None, -shift)
        there = slice(None, -shift) if step < 0 else slice(shift, None)
        into = lowest[here] if axis == 0 else lowest[:, here]
        np.minimum(into, values[there] if axis == 0 else values[:, there], out=into)
    return lowest


def _is_written(same: npt.NDArray[np.bool_], strokes: npt.NDArray[np.bool_]) -> bool:
    """Whether the pixels `same` form letters in a line, most of them strokes."""
    rows, columns = (np.flatnonzero(same.any(axis)) for axis in (1, 0))
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    same, strokes = same[box], strokes[box]
    labels, count = ndimage.label(same, np.ones((3, 3)))
    if count < _LETTERS_IN_LINE:
        return False
    size = np.bincount(labels.ravel(), minlength=count + 1)
    thin = np.bincount(labels[strokes], minlength=count + 1)
    low, high = _LETTER_PX
    letters = [
        (down, across)
        for n, (down, across) in enumerate(ndimage.find_objects(labels), 1)
        if low <= down.stop - down.start <= high and across.stop - across.start <= high and thin[n] >= _THIN_SHARE * size[n]
    ]
    return any(_in_line(letters, *letter) >= _LETTERS_IN_LINE for letter in letters)


def _in_line(letters: list[tuple[slice, slice]], rows: slice, columns: slice) -> int:
    """How many letters stand on the line of the given one, near it and about as high."""
    height = rows.stop - rows.start
    reach = _LETTERS_IN_LINE * 2 * height
    return sum(
        abs(r.stop - rows.stop) <= max(1, height // 4)
        and abs(r.start - rows.start) <= max(1, height // 2)
        and abs(c.start - columns.start) <= reach
        for r, c in letters
    )
