"""Whether numbers look like Hounsfield units of a scanned body."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.volume import AIR_HU

NEVER_SCANNED_HU = -1500
"""Nothing in a body is below this: such values mark pixels that the scanner never reconstructed (-2000, -3024)."""
AIR_BELOW_HU = -500
SOFT_TISSUE_HU = (-250, 300)
MIN_SHARE = 0.01
AIR_SHARE = 0.0003
"""Of the pixels that were scanned, at least so many are darker than any tissue: the skin's edge alone has more."""
MIN_DISTINCT = 50


def check_hounsfield(hu: npt.NDArray[np.int16]) -> None:
    """Raise InputError unless `hu` (Z, Y, X) holds air, soft tissue and a CT's many grey values.

    A label map, a windowed 8-bit picture, a mask or an MR fails, and so do values whose zero is elsewhere; every whole-body slice
    passes, as air surrounds the body. Padding says nothing: it is air here whatever the values are.
    """
    sample = hu[:: max(1, len(hu) // 24), :: max(1, hu.shape[1] // 128), :: max(1, hu.shape[2] // 128)]
    scanned = sample[sample > AIR_HU]
    low, high = (int(np.quantile(scanned, AIR_SHARE)), int(scanned.max())) if scanned.size else (AIR_HU, AIR_HU)
    tissue = float(((sample >= SOFT_TISSUE_HU[0]) & (sample <= SOFT_TISSUE_HU[1])).mean())
    distinct = len(np.unique(sample))
    if low > AIR_BELOW_HU or tissue < MIN_SHARE or distinct < MIN_DISTINCT:
        raise InputError(
            f"Hounsfield units of a body are wanted, values from {int(sample.min())} to {high} with {distinct} different ones came"
            f"{' and none of air in the scanned field' if low > AIR_BELOW_HU and sample.min() <= AIR_BELOW_HU else ''}: "
            "this looks like a label map or a picture; choose the CT series."
        )
