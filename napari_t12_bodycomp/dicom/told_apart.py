"""The stacks of one series: different grids, and images of one place that acquisition, kind, kernel, phase or order of making tell apart.

What follows one another along the body stays together, whatever its headers say: step and shoot, and parts that were scanned in turn.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import combinations, pairwise

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.dicom.geometry import SAME_POSITION_MM, centre_z
from napari_t12_bodycomp.dicom.headers import SliceHeader
from napari_t12_bodycomp.model.volume import GAP_RATIO

_Headers = list[SliceHeader]
_Key = Callable[[SliceHeader], Hashable]

ORIENTATION_TOLERANCE = 0.005
"""Direction cosines of one stack differ by no more: 0.3 degrees."""
SPACING_TOLERANCE = 3e-4
"""Share by which pixel spacings of one stack may differ: a tenth of a millimetre over a whole body."""
_MANY = 100
"""Parts that are compared with one another; more of them tell no more."""
_SMALLEST = 3
"""Parts of fewer slices on average are no acquisitions: the number changes with every slice."""
_SMALLEST_SWEEP = 5
"""Fewer slices one after another may stand in order by chance, where images are numbered at random."""

_SURE: tuple[_Key, ...] = (
    lambda h: h.acquisition_number,
    lambda h: h.image_type,
    lambda h: (h.kernel, h.kvp),
    lambda h: h.temporal_position,
    lambda h: (h.description, h.contrast, round(h.slice_thickness_mm or 0, 2)),
)
"""What tells stacks apart as soon as they touch."""
_LIKELY: tuple[_Key, ...] = (
    lambda h: h.frame_of_reference,
    lambda h: h.acquisition_time,
    lambda h: h.sop_instance_uid if h.n_frames > 1 else "",
)
"""What differs within a stack too, where it was scanned in parts: it counts only where parts lie over one another."""


def z_of(header: SliceHeader) -> float:
    """LPS z (mm) of the slice's middle; NaN where the header does not say."""
    if header.position_mm is None or header.orientation is None or header.pixel_spacing_mm is None:
        return float("nan")
    return centre_z(header.position_mm, header.orientation, header.pixel_spacing_mm, header.rows, header.columns)


def places(headers: Iterable[SliceHeader]) -> list[list[SliceHeader]]:
    """Headers (in order of z) by place; more than one where a slice is repeated: the first is the one that is read."""
    found: list[list[SliceHeader]] = []
    for header in headers:
        if found and abs(z_of(header) - z_of(found[-1][0])) <= SAME_POSITION_MM:
            found[-1].append(header)
        else:
            found.append([header])
    return found


def told_apart(group: _Headers) -> list[_Headers]:
    """The stacks of one series: one grid each; then finer, while acquisitions overlap or a place holds several images."""
    parts = _grids(group)
    for key in _SURE:
        parts = [finer for part in parts for finer in _finer(part, _by(part, key), _touch)]
    for key in _LIKELY:
        parts = [finer for part in parts for finer in _finer(part, _by(part, key), _lie_over_one_another)]
    return [finer for part in parts for finer in _finer(part, _sweeps(part), _are_whole_sweeps)]


def _by(group: _Headers, key: _Key) -> list[_Headers]:
    groups: dict[Hashable, _Headers] = defaultdict(list)
    for header in group:
        groups[key(header)].append(header)
    return list(groups.values())


def _grids(group: _Headers) -> list[_Headers]:
    """By matrix, depth, orientation and pixel spacing; the last two may differ by what rounding and noise make of them."""
    parts: list[_Headers] = []
    for alike in _by(group, lambda h: (h.rows, h.columns, h.bits_allocated, h.samples, "LOCALIZER" in h.image_type)):
        found: list[_Headers] = []
        for same in _by(alike, lambda h: (h.orientation, h.pixel_spacing_mm)):
            part = next((part for part in found if _same_grid(part[0], same[0])), None)
            if part is None:
                found.append(same)
            else:
                part += same
        parts += found
    return parts


def _same_grid(a: SliceHeader, b: SliceHeader) -> bool:
    if a.orientation is None or b.orientation is None or a.pixel_spacing_mm is None or b.pixel_spacing_mm is None:
        return (a.orientation, a.pixel_spacing_mm) == (b.orientation, b.pixel_spacing_mm)
    turned = max(abs(x - y) for x, y in zip(a.orientation, b.orientation, strict=True))
    return turned <= ORIENTATION_TOLERANCE and all(
        abs(x - y) <= SPACING_TOLERANCE * abs(x) for x, y in zip(a.pixel_spacing_mm, b.pixel_spacing_mm, strict=True)
    )


def _finer(group: _Headers, parts: list[_Headers], are_apart: Callable[[list[npt.NDArray[np.float64]]], bool]) -> list[_Headers]:
    """`parts` where their places say that they are stacks of their own, else the whole `group`."""
    if len(parts) < 2 or len(group) < _SMALLEST * len(parts):
        return [group]
    places = [np.array([z_of(h) for h in part]) for part in parts]
    every = np.concatenate(places)
    if np.isnan(every).any() or float(np.ptp(every)) <= SAME_POSITION_MM:
        return [group]
    return parts if are_apart(places) else [group]


def _touch(places: list[npt.NDArray[np.float64]]) -> bool:
    """Whether any two parts have a place in common, or lie into one another."""
    return any(into.any() for into in _collisions(places))


def _lie_over_one_another(places: list[npt.NDArray[np.float64]]) -> bool:
    """Whether at least half of one part lies into another."""
    return any(into.mean() >= 0.5 for into in _collisions(places))


def _collisions(places: list[npt.NDArray[np.float64]]) -> Iterator[npt.NDArray[np.bool_]]:
    """For any two parts with a common stretch, which places of the smaller one are taken, or lie between neighbours of the other.

    A place in a gap of the other one does not collide: the slice is the one that is missing there.
    """
    ranges = sorted(((float(z.min()), float(z.max()), k) for k, z in enumerate(places)))
    if all(later[0] > earlier[1] + SAME_POSITION_MM for earlier, later in pairwise(ranges)):
        return
    for (_, end, k), (start, _, m) in combinations(ranges[:_MANY], 2):
        if start <= end + SAME_POSITION_MM:
            smaller, larger = sorted((places[k], places[m]), key=len)
            yield _lies_into(np.sort(larger), smaller)


def _lies_into(sorted_z: npt.NDArray[np.float64], z: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    steps = np.diff(sorted_z)
    usual = float(np.median(steps)) if len(steps) else 0.0
    edges = np.concatenate(([-np.inf], sorted_z, [np.inf]))
    above = np.searchsorted(edges, z)
    is_taken = np.minimum(z - edges[above - 1], edges[above] - z) <= SAME_POSITION_MM
    return is_taken | (edges[above] - edges[above - 1] <= GAP_RATIO * usual)


def _sweeps(group: _Headers) -> list[_Headers]:
    """The images in the order in which they were made, broken where the table turns, jumps back or stands still."""
    if any(h.instance_number is None for h in group):
        return [group]
    ordered = sorted(group, key=lambda h: (h.acquisition_time, h.instance_number or 0))
    sweeps, direction = [[ordered[0]]], 0.0
    for before, header in pairwise(ordered):
        step = float(np.sign(z_of(header) - z_of(before)))
        if step == 0 or (direction and step != direction):
            sweeps.append([header])
            direction = 0.0
        else:
            sweeps[-1].append(header)
            direction = step
    return sweeps


def _are_whole_sweeps(places: list[npt.NDArray[np.float64]]) -> bool:
    """Whether the parts are scans of their own: evenly spaced, and over one another. Images numbered at random are not."""
    return all(_is_even(z) for z in places) and _lie_over_one_another(places)


def _is_even(z: Sequence[float] | npt.NDArray[np.float64]) -> bool:
    steps = np.abs(np.diff(z))
    return len(steps) >= _SMALLEST_SWEEP - 1 and float(steps.max()) <= GAP_RATIO * float(np.median(steps))
