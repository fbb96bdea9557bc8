"""Growing and opening of masks by several mm, by distance: faster than with a wide disk."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

Mask = npt.NDArray[np.bool_]


def near(mask: Mask, spacing_mm: tuple[float, float], reach_mm: float) -> Mask:
    """Pixels (Y, X) within `reach_mm` of `mask`, itself included; none where it is empty."""
    if not mask.any():
        return np.zeros_like(mask)
    result: Mask = ndi.distance_transform_edt(~mask, sampling=spacing_mm) <= reach_mm
    return result


def opened_wide(mask: Mask, spacing_mm: tuple[float, float], radius_mm: float) -> Mask:
    """Opening of `mask` (Y, X) with a disk; what touches the array's edge counts as going on beyond it."""
    if mask.all():
        return mask
    core = ndi.distance_transform_edt(mask, sampling=spacing_mm) > radius_mm
    return near(core, spacing_mm, radius_mm)
