"""Small label maps of a spine made of boxes, whose endplates are known."""

from __future__ import annotations

import numpy as np

from napari_t12_bodycomp.model.label_map import LabelMap
from napari_t12_bodycomp.model.volume import CTVolume

STEP_MM, BODY_MM, PIXEL_MM = 30.0, 24.0, 2.0
ROW = ("L5", "L4", "L3", "L2", "L1", "T12", "T11", "T10", "T9", "T8")


def spine_volume(first_mm: float = -100.0, slices: int = 160, spacing_mm: float = 2.0) -> CTVolume:
    """Air with bone (250 HU) wherever `spine_labels` would put a vertebra."""
    z = first_mm + spacing_mm * np.arange(slices)
    hu = np.full((slices, 60, 60), -1000, np.int16)
    volume = CTVolume(hu, z, (PIXEL_MM, PIXEL_MM))
    hu[spine_labels(volume, dict.fromkeys(ROW, 1)).labels > 0] = 250
    return volume


def middle_mm(name: str) -> float:
    """z of the middle of a vertebra of the box spine: L5 at -80 mm, then one every 30 mm."""
    return -80.0 + STEP_MM * ROW.index(name)


def spine_labels(volume: CTVolume, label_of: dict[str, int], names: dict[int, str] | None = None, source: str = "map.nii.gz") -> LabelMap:
    """Bodies of 40 x 32 x 24 mm with an arch and a process that hangs 16 mm down behind, labelled as `label_of` says by true name."""
    labels = np.zeros(volume.shape, np.uint8)
    for name, label in label_of.items():
        middle = middle_mm(name)
        body = np.abs(volume.z_mm - middle) <= BODY_MM / 2
        process = (volume.z_mm >= middle - BODY_MM / 2 - 16) & (volume.z_mm <= middle + 4)
        labels[np.ix_(body, range(16, 32), range(20, 40))] = label
        for rows, columns in ((range(32, 44), range(27, 29)), (range(32, 44), range(32, 34)), (range(44, 56), range(28, 32))):
            part = labels[np.ix_(process, rows, columns)]
            labels[np.ix_(process, rows, columns)] = np.where(part == 0, label, part)
    return LabelMap(labels, names or {}, source)
