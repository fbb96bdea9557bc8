"""What the labels of a map without names stand for: by the order of the vertebrae, or by HU and place of the tissues."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.label_map import LabelMap
from napari_t12_bodycomp.model.label_schemes import SCHEMES, TISSUE_NAMES, TISSUE_SCHEMES, VERTEBRA_SCHEMES, vertebra_of
from napari_t12_bodycomp.model.volume import CTVolume

BONE_HU = 80.0
"""Median HU that a labelled vertebra has at least: osteoporotic marrow lies near 100, its cortex above; bowel and vessels below."""
STEP_MM = (8.0, 60.0)
"""Distance between the middles of neighbouring vertebrae: 12 mm at a child's neck, 45 mm in the loin of a tall person, with room."""
FAT_HU = -30.0
MAX_TISSUES = 4
_CAUDAL_FIRST = (
    *("S1", "L6"),
    *(f"L{n}" for n in range(5, 0, -1)),
    *(f"T{n}" for n in range(13, 0, -1)),
    *(f"C{n}" for n in range(7, 0, -1)),
)
_MAY_BE_MISSING = {"S1", "L6", "T13"}


def named(labels: LabelMap, volume: CTVolume, scheme: str | None = None) -> Mapping[int, str]:
    """The names of `labels`: the map's own where they are of vertebrae or tissues, else those of `scheme`, else of the only known scheme that fits.

    A scheme for vertebrae says nothing about a map that is seen to be of tissues, nor one for tissues about a map of more labels than tissues.

    A scheme fits where all that it calls vertebrae is bone and stands in the body's order, and no other explains more of the same labels.
    UsageError where two schemes fit and none was given; InputError where none fits.
    """
    if any(vertebra_of(name) or name in TISSUE_NAMES for name in labels.names.values()):
        return labels.names
    tissues = {} if labels.names else tissue_names(labels, volume)
    if scheme is not None:
        check_scheme(scheme)
        is_of_the_other_kind = len(labels.present) > MAX_TISSUES if scheme in TISSUE_SCHEMES else bool(tissues)
        if not is_of_the_other_kind:
            return SCHEMES[scheme]
    if labels.names:
        return labels.names
    if tissues:
        return tissues
    explained = {name: _row_of(labels, volume, SCHEMES[name]) for name in VERTEBRA_SCHEMES}
    fitting = [name for name, row in explained.items() if row and not any(row < other for other in explained.values())]
    if len(fitting) == 1:
        return SCHEMES[fitting[0]]
    if not fitting:
        raise InputError(
            f"A label map of vertebrae or tissues is wanted, {labels.source} names no label and follows no known scheme: "
            "give a map with a label table, or say the scheme."
        )
    raise UsageError(
        f"{labels.source} names no label, and its numbers fit {' as well as '.join(fitting)}, which call T12 differently: "
        "say which one it is (--opinion-labels)."
    )


def check_scheme(scheme: str) -> None:
    """UsageError where `scheme` is no known label scheme."""
    if scheme not in SCHEMES:
        raise UsageError(f"One of the label schemes {', '.join(SCHEMES)} is wanted, {scheme!r} came: choose one of these.")


def _row_of(labels: LabelMap, volume: CTVolume, scheme: Mapping[int, str]) -> frozenset[int]:
    """The labels that `scheme` calls vertebrae; none where they are not bone, have a hole in their row or do not stand in the body's order."""
    nothing: frozenset[int] = frozenset()
    present = [label for label in labels.present if vertebra_of(scheme.get(label, "")) not in (None, "sacrum")]
    if len(present) < 2 or not _is_whole_row(present, scheme):
        return nothing
    middles = []
    objects = ndi.find_objects(labels.labels)
    for label in present:
        box = objects[label - 1]
        here = labels.labels[box] == label
        if float(np.median(volume.hu[box][here])) < BONE_HU:
            return nothing
        middles.append(float(np.median(volume.z_mm[box[0]][np.nonzero(here)[0]])))
    steps = np.diff(np.array(middles)[_order(scheme, present)])
    in_order = bool((steps >= STEP_MM[0]).all() and (steps <= STEP_MM[1]).all())
    return frozenset(present) if in_order else nothing


def _order(scheme: Mapping[int, str], present: list[int]) -> list[int]:
    """Positions in `present` from the most caudal vertebra upward."""
    return sorted(range(len(present)), key=lambda place: _CAUDAL_FIRST.index(str(vertebra_of(scheme[present[place]]))))


def _is_whole_row(present: list[int], scheme: Mapping[int, str]) -> bool:
    places = sorted(_CAUDAL_FIRST.index(str(vertebra_of(scheme[label]))) for label in present)
    return all(set(_CAUDAL_FIRST[low + 1 : high]) <= _MAY_BE_MISSING for low, high in pairwise(places))


def tissue_names(labels: LabelMap, volume: CTVolume) -> Mapping[int, str]:
    """Names of a map of three or four tissues, told by their HU and by which fat lies outside; empty where it is none.

    Tools disagree on the order of the numbers, so these are not looked at: the muscle is the one label that is denser than fat, and of the fats
    the subcutaneous one lies further from the labelled body's middle. With four labels the smallest fat is the intermuscular one.
    """
    present = labels.present
    if not 3 <= len(present) <= MAX_TISSUES:
        return {}
    slices = np.flatnonzero((labels.labels != 0).any(axis=(1, 2)))
    place = int(slices[len(slices) // 2])
    plane, hu = labels.labels[place], volume.hu[place]
    if not all((plane == label).any() for label in present):
        return {}
    mean = {label: float(np.median(hu[plane == label])) for label in present}
    muscle = [label for label in present if mean[label] > FAT_HU]
    fats = [label for label in present if mean[label] <= FAT_HU]
    if len(muscle) != 1 or not -30 <= mean[muscle[0]] <= 150 or any(mean[f] < -200 for f in fats):
        return {}
    names = {muscle[0]: "skeletal_muscle"}
    if len(fats) == 3:
        smallest = min(fats, key=lambda label: int((plane == label).sum()))
        names[smallest] = "intermuscular_fat"
        fats.remove(smallest)
    outer = max(fats, key=lambda label: _reach(plane, label))
    return names | {outer: "subcutaneous_fat"} | {label: "torso_fat" for label in fats if label != outer}


def _reach(plane: npt.NDArray[np.int_], label: int) -> float:
    """Mean distance of a label's pixels from the middle of all labelled ones, in pixels."""
    rows, columns = np.nonzero(plane)
    where = np.nonzero(plane == label)
    return float(np.hypot(where[0] - rows.mean(), where[1] - columns.mean()).mean())
