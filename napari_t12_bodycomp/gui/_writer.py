"""napari's way out: regions or tissues of the measured slice as NIfTI on the CT's own grid, byte for byte what the workbench saves."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.gui.layers import PLACE
from napari_t12_bodycomp.workflow.export import write_labels


def write_regions(path: str, data: Any, attributes: dict[str, Any]) -> list[str]:
    """Write one labels layer (1, Y, X) of the workbench to `path` (.nii.gz); InputError for layers that are not of the workbench."""
    place = attributes.get("metadata", {}).get(PLACE)
    labels = np.asarray(data)
    if place is None or labels.ndim != 3 or labels.shape[0] != 1:
        raise InputError("The regions or tissues of the T12 workbench are wanted, another layer came: choose the layer called Regions.")
    volume, index = place
    return [str(write_labels(path, volume, index, labels[0].astype(np.uint8)))]
