"""From a label map of whole vertebrae, or of their bodies, to the bodies' endplates."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from napari_t12_bodycomp.model.label_map import LabelMap
from napari_t12_bodycomp.model.label_schemes import rib_of, vertebra_of
from napari_t12_bodycomp.model.level import Vertebra
from napari_t12_bodycomp.model.volume import CTVolume

CORE_MM = 7.0
"""Half the thickness from which bone is body: pedicles, laminae and processes of T1 to L5 are thinner than 14 mm, bodies thicker."""
CORE_SHARE = 0.65
"""Of the thickest place, where the whole body is thin (neck, child, eroded labels)."""
AXIS_MM = 6.0
"""Endplates are read within this distance of the body's axis, away from rims and osteophytes."""
WORK_MM = 1.2
"""Voxels finer than this are skipped over: half a voxel is far less than labels are off."""
MIN_VOLUME_MM3 = 500.0
"""Crumbs of a label that are smaller say nothing: a cervical body has 3000 mm3."""


def labelled_vertebrae(labels: LabelMap, names: Mapping[int, str], volume: CTVolume) -> tuple[Vertebra, ...]:
    """The vertebrae that `labels` shows, from caudal to cranial.

    Arches and processes are taken off by an opening, so that the middle is that of the body. `z_range_mm` are its endplates on its axis (outer faces
    of the voxels), clipped by the scan's ends; where it is clipped, `z_mm` is estimated from the height of the neighbours that are whole.
    """
    found = []
    objects = ndi.find_objects(labels.labels)
    for label in labels.present:
        name = vertebra_of(names.get(label, ""))
        if name is None or name == "sacrum":
            continue
        body = _body(labels.labels, label, objects[label - 1], volume)
        if body is not None:
            found.append(Vertebra(name, *body))
    return _with_middles(sorted(found, key=lambda v: v.z_mm), volume)


def shows_sacrum(labels: LabelMap, names: Mapping[int, str]) -> bool:
    """Whether a sacrum is labelled."""
    return any(vertebra_of(names.get(label, "")) in ("sacrum", "S1") for label in labels.present)


def is_cut(vertebra: Vertebra, volume: CTVolume) -> bool:
    """Whether the scan ends within the body."""
    half = volume.slice_spacing_mm / 2
    low, high = vertebra.z_range_mm
    return bool(low <= volume.z_mm[0] - half + 1e-6 or high >= volume.z_mm[-1] + half - 1e-6)


def _body(
    labels: npt.NDArray[np.int_], label: int, box: tuple[slice, slice, slice], volume: CTVolume
) -> tuple[float, tuple[float, float], tuple[float, float]] | None:
    """Middle and ends in z (mm) of a label's body, and its (row, column); None where the label is a crumb."""
    spacing = (volume.slice_spacing_mm, *volume.pixel_spacing_mm)
    if not np.isfinite(spacing[0]):
        return None
    step = tuple(max(1, int(WORK_MM / s)) for s in spacing)
    size = tuple(n * s for n, s in zip(step, spacing, strict=True))
    # One empty voxel around the box, but none beyond the scan's ends: there the bone goes on.
    z_pad = (int(box[0].start > 0), int(box[0].stop < len(labels)))
    mask = np.pad((labels[box] == label)[:: step[0], :: step[1], :: step[2]], (z_pad, (1, 1), (1, 1)))
    if mask.sum() * np.prod(size) < MIN_VOLUME_MM3:
        return None
    depth = ndi.distance_transform_edt(mask, sampling=size)
    radius = min(CORE_MM, CORE_SHARE * float(depth.max()))
    body = ndi.distance_transform_edt(depth < radius, sampling=size) <= radius
    parts, n = ndi.label(body & mask)
    body = parts == 1 + int(np.argmax(ndi.sum_labels(np.ones_like(parts), parts, range(1, n + 1))))
    centre = np.array(ndi.center_of_mass(body))
    rows, columns = np.ogrid[: mask.shape[1], : mask.shape[2]]
    axis = np.hypot((rows - centre[1]) * size[1], (columns - centre[2]) * size[2]) <= AXIS_MM
    stack = body[:, axis]
    columns_with = stack.any(axis=0)
    if not columns_with.any():
        return None
    stack = stack[:, columns_with]
    first = float(np.median(stack.argmax(axis=0)))
    last = float(np.median(len(stack) - 1 - stack[::-1].argmax(axis=0)))
    index = [box[0].start + (k - z_pad[0]) * step[0] for k in (first, last)]
    low, high = (float(np.interp(k, np.arange(len(volume.z_mm)), volume.z_mm)) for k in index)
    row, column = (box[d].start + (centre[d] - 1) * step[d] for d in (1, 2))
    return (low + high) / 2, (low - size[0] / 2, high + size[0] / 2), (float(row), float(column))


def _with_middles(found: list[Vertebra], volume: CTVolume) -> tuple[Vertebra, ...]:
    """The middles of bodies that the scan cuts, moved to where they are if these are as high as their whole neighbours."""
    whole = [v for v in found if not is_cut(v, volume)]
    out = []
    for v in found:
        if whole and is_cut(v, volume):
            near = min(whole, key=lambda w: abs(w.z_mm - v.z_mm))
            height = near.z_range_mm[1] - near.z_range_mm[0]
            low, high = v.z_range_mm
            at_top = high >= volume.z_mm[-1]
            middle = low + height / 2 if at_top else high - height / 2
            v = Vertebra(v.label, max(middle, (low + high) / 2) if at_top else min(middle, (low + high) / 2), v.z_range_mm, v.centre_yx)
        out.append(v)
    return tuple(out)


def rib_vertebra(labels: LabelMap, names: Mapping[int, str], volume: CTVolume, number: int, vertebrae: tuple[Vertebra, ...]) -> str | None:
    """Name of the vertebra beside which the labelled ribs `number` have their heads; None where they are not seen, or do not tell."""
    heads = []
    ribs = [label for label in labels.present if (rib_of(names.get(label, "")) or ("", 0))[1] == number]
    objects = ndi.find_objects(labels.labels) if ribs else []
    for label in ribs:
        box = objects[label - 1]
        where = [i + part.start for i, part in zip(np.nonzero(labels.labels[box] == label), box, strict=True)]
        away = np.abs(where[2] - np.median([v.centre_yx[1] for v in vertebrae])) * volume.pixel_spacing_mm[1]
        if away.min() < HEAD_MM:
            heads.append(float(np.median(volume.z_mm[where[0][away < away.min() + 6.0]])))
    if not heads:
        return None
    z = float(np.mean(heads))
    return next((v.label for v in vertebrae if v.z_range_mm[0] - 3.0 <= z <= v.z_range_mm[1] + 3.0), None)


HEAD_MM = 35.0
"""A rib label that keeps further from the midline has no head: it was labelled in part only."""
