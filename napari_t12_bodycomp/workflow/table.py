"""Measurements as a data frame, for notebooks, scripts and tables on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.analysis.measure import measure
from napari_t12_bodycomp.model.axial_slice import axial_slice
from napari_t12_bodycomp.model.measurement import INDEX_NAMES, Measurement
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.tissue import Tissue
from napari_t12_bodycomp.model.volume import CTVolume

if TYPE_CHECKING:
    import pandas as pd

INDEX_UNITS = {"SMI": "cm2/m2", "VFI": "cm2/m2", "SFI": "cm2/m2", "VSR": ""}


def measure_slice(volume: CTVolume, index: int, regions: npt.NDArray[np.uint8], height_m: float | None, protocol: Protocol) -> Measurement:
    """Measure `regions` (uint8, (Y, X)) on slice `index` of `volume`, averaged as `protocol` says."""
    return measure(axial_slice(volume, index, protocol.slab_mm), regions, height_m, protocol)


def measurement_frame(measurement: Measurement) -> pd.DataFrame:
    """One row a quantity: `quantity`, `value` (NaN = unknown), `unit` and `hu_window`, areas and mean HU by tissue, then the indices."""
    import pandas as pd

    preset = measurement.protocol.preset
    rows = [
        row
        for t in Tissue
        for row in (
            (f"{t.key}_area", measurement.areas_cm2[t], "cm2", str(preset.window(t))),
            (f"{t.key}_mean", measurement.mean_hu[t], "HU", str(preset.window(t))),
        )
    ]
    rows += [(name, measurement.indices[name], INDEX_UNITS[name], "") for name in INDEX_NAMES]
    return pd.DataFrame(rows, columns=["quantity", "value", "unit", "hu_window"])
