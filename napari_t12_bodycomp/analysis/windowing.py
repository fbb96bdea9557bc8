"""Regions and HU windows to tissues: computed, never painted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.model.tissue import HUPreset, HUWindow, Tissue


def in_window(hu: npt.NDArray[np.int16], window: HUWindow) -> npt.NDArray[np.bool_]:
    """Where `hu` lies within `window`, bounds included; any shape."""
    return (hu >= window.low) & (hu <= window.high)


def tissue_map(hu: npt.NDArray[np.int16], regions: npt.NDArray[np.uint8], preset: HUPreset) -> npt.NDArray[np.uint8]:
    """Tissue of each pixel.

    Parameters
    ----------
    hu : int16 array (Y, X)
        Hounsfield units.
    regions : uint8 array (Y, X)
        `Region` values, 0 for none.

    Returns
    -------
    uint8 array (Y, X)
        `Tissue` values, 0 for none: a pixel is a tissue where it lies in the tissue's region and in its HU window. Muscle goes before
        intermuscular fat where a preset's windows overlap.
    """
    tissues = np.zeros(regions.shape, np.uint8)
    for tissue in reversed(Tissue):
        tissues[(regions == tissue.region) & in_window(hu, preset.window(tissue))] = tissue
    return tissues
