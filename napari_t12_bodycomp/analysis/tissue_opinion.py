"""Compare a label map of tissues with the measured ones, on the measured slice."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.analysis.measure import slice_tissues
from napari_t12_bodycomp.analysis.rims import gas_rims
from napari_t12_bodycomp.analysis.windowing import in_window
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.axial_slice import AxialSlice
from napari_t12_bodycomp.model.label_map import LabelMap
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.tissue import Tissue
from napari_t12_bodycomp.model.tissue_opinion import TissueOpinion

MEANS = {
    "skeletal_muscle": Tissue.MUSCLE,
    "torso_fat": Tissue.VISCERAL_FAT,
    "subcutaneous_fat": Tissue.SUBCUTANEOUS_FAT,
    "intermuscular_fat": Tissue.INTERMUSCULAR_FAT,
}
"""The tissue here that a name of TotalSegmentator's ``tissue_types`` and ``tissue_4_types`` stands for."""


def shows_tissues(names: Mapping[int, str]) -> bool:
    """Whether a map with these names is about tissues."""
    return "skeletal_muscle" in names.values()


def compare_tissues(
    labels: LabelMap, names: Mapping[int, str], axial: AxialSlice, regions: npt.NDArray[np.uint8], protocol: Protocol
) -> TissueOpinion:
    """Area and overlap of each tissue of `labels` with that of `regions` (uint8, (Y, X)) on `axial`.

    Both are taken within the protocol's HU window, and without rims of gas and stool where the protocol leaves them out, so that what is compared is
    where the tissues were seen, not how they were windowed.
    InputError where nothing is labelled on the slice.
    """
    plane = labels.labels[axial.index]
    if not plane.any():
        raise InputError(f"Tissues on the measured slice are wanted, {labels.source} labels nothing there: give a map that reaches it.")
    ours = slice_tissues(axial, regions, protocol)
    areas, dice = {}, {}
    for label, name in names.items():
        if name in MEANS:
            tissue = MEANS[name]
            theirs = (plane == label) & in_window(axial.hu, protocol.preset.window(tissue))
            if tissue is Tissue.VISCERAL_FAT and not protocol.gas_rims_are_fat:
                theirs &= ~gas_rims(axial, np.where(theirs, tissue.region, 0).astype(np.uint8), protocol.preset)
            mine = ours == tissue.value
            both, total = int((theirs & mine).sum()), int(theirs.sum() + mine.sum())
            areas[tissue] = float(theirs.sum()) * axial.pixel_spacing_mm[0] * axial.pixel_spacing_mm[1] / 100.0
            dice[tissue] = 2.0 * both / total if total else math.nan
    return TissueOpinion(labels.source, areas, dice)
