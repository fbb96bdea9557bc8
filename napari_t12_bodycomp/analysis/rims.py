"""What partial volume puts into the fat window inside the cavity: the rims of gas and lung, and stool."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from napari_t12_bodycomp.analysis.bone import disk
from napari_t12_bodycomp.analysis.windowing import in_window
from napari_t12_bodycomp.model.axial_slice import AxialSlice
from napari_t12_bodycomp.model.tissue import HUPreset, HUWindow, Region

Mask = npt.NDArray[np.bool_]

GAS_HU = -300
"""No fat is so dark, at any tube voltage or noise; lung and bowel gas are darker."""
RIM_MM = 1.5
"""About the width of an edge on a body CT, from gas or from soft tissue; at least one and a half pixels are taken."""
FLECK_HU, FLECK_BLUR_MM, FLECK_MM2, FLECK_MM, FEWEST_FLECKS = -160, 0.8, 60.0, 4.0, 3
GAP_MM = 2.5
"""Stool holds gas in flecks: smoothed a little it is darker than fat in small pieces, several within a few mm of each other. Where
they run together, only gaps of up to 5 mm are left between them; two loops of bowel lie farther apart, walls and fat included."""


def gas_rims(axial: AxialSlice, regions: npt.NDArray[np.uint8], preset: HUPreset) -> Mask:
    """Pixels (Y, X) of the visceral region that are in its fat window by partial volume alone.

    They lie between gas and soft tissue, within 1.5 mm of both, or among the flecks of gas in stool. Fat that borders on lung or on gas by
    itself stays fat, because no soft tissue is near on its other side.
    """
    cavity = regions == Region.VISCERAL
    result: Mask = cavity & _false_fat(axial, preset.visceral_fat)
    return result


@lru_cache(maxsize=4)
def _false_fat(axial: AxialSlice, window: HUWindow) -> Mask:
    """The same for all of a slice (Y, X), whatever is drawn on it: kept, so that numbers follow a stroke at once."""
    hu, spacing = axial.hu, axial.pixel_spacing_mm
    near = disk(spacing, max(RIM_MM, 1.5 * max(spacing)))
    dark = _dark_with_gas(hu, window.low)
    rim = ndi.binary_dilation(dark, near) & ndi.binary_dilation(hu > window.high, near)
    result: Mask = in_window(hu, window) & (rim | _stool(hu, spacing))
    result.flags.writeable = False
    return result


def _dark_with_gas(hu: npt.NDArray[np.int16], fat_low_hu: int) -> Mask:
    """What is darker than fat and hangs together with gas (Y, X): gas, lung and the outer part of their edges."""
    labels, count = ndi.label(hu < fat_low_hu)
    kept = np.zeros(count + 1, bool)
    kept[np.unique(labels[hu < GAS_HU])] = True
    kept[0] = False
    result: Mask = kept[labels]
    return result


def _stool(hu: npt.NDArray[np.int16], spacing_mm: tuple[float, float]) -> Mask:
    """Bowel filled with stool (Y, X): narrow gaps within gas, and what lies between several small flecks of it."""
    smooth = ndi.gaussian_filter(np.clip(hu, -400, 200).astype(np.float32), [FLECK_BLUR_MM / s for s in spacing_mm])
    dark = smooth < FLECK_HU
    gaps: Mask = ndi.binary_closing(dark, disk(spacing_mm, GAP_MM))
    pieces, count = ndi.label(dark)
    if count < FEWEST_FLECKS:
        return gaps
    small = np.bincount(pieces.ravel(), minlength=count + 1) * spacing_mm[0] * spacing_mm[1] < FLECK_MM2
    small[0] = False
    flecks = small[pieces]
    lumps, _ = ndi.label(ndi.binary_closing(flecks, disk(spacing_mm, FLECK_MM)))
    pairs = np.unique(np.stack([lumps[flecks], pieces[flecks]], 1), axis=0)
    many = np.bincount(pairs[:, 0], minlength=int(lumps.max()) + 1) >= FEWEST_FLECKS
    many[0] = False
    found: Mask = many[lumps]
    return found | gaps
