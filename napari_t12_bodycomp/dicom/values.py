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
_INT16 = np.iinfo(np.int16)
_AT_ONCE = 4


def check_hounsfield(hu: npt.NDArray[np.int16]) -> None:
    """Raise InputError unless `hu` (Z, Y, X) holds air, soft tissue and a CT's many grey values.

    A label map, a windowed 8-bit picture, a mask or an MR fails, and so do values whose zero is elsewhere; every whole-body slice
    passes, as air surrounds the body. Padding says nothing: it is air here whatever the values are.
    """
    sample = hu[:: max(1, len(hu) // 24), :: max(1, hu.shape[1] // 128), :: max(1, hu.shape[2] // 128)]
    counts = _counts(sample)
    present = np.flatnonzero(counts) + _INT16.min
    lowest, highest, distinct = int(present[0]), int(present[-1]), len(present)
    scanned = counts[AIR_HU + 1 - _INT16.min :]
    low, high = (int(AIR_HU + 1 + _quantile(scanned, AIR_SHARE)), highest) if scanned.any() else (AIR_HU, AIR_HU)
    tissue = counts[SOFT_TISSUE_HU[0] - _INT16.min : SOFT_TISSUE_HU[1] + 1 - _INT16.min].sum() / sample.size
    if low > AIR_BELOW_HU or tissue < MIN_SHARE or distinct < MIN_DISTINCT:
        raise InputError(
            f"Hounsfield units of a body are wanted, values from {lowest} to {high} with {distinct} different ones came"
            f"{' and none of air in the scanned field' if low > AIR_BELOW_HU and lowest <= AIR_BELOW_HU else ''}: "
            "this looks like a label map or a picture; choose the CT series."
        )


def _counts(sample: npt.NDArray[np.int16]) -> npt.NDArray[np.intp]:
    """How many voxels have each value from -32768 on; a few slices at a time, because counting needs four times their memory."""
    counts = np.zeros(1 << 16, np.intp)
    for k in range(0, len(sample), _AT_ONCE):
        piece = sample[k : k + _AT_ONCE].astype(np.intp).ravel()
        piece -= _INT16.min
        counts += np.bincount(piece, minlength=1 << 16)
    return counts


def _quantile(counts: npt.NDArray[np.intp], share: float) -> float:
    """The value that a `share` of the numbers lie below, by how many there are of 0, 1, 2, ...; between two of them, linear."""
    up_to = np.cumsum(counts)
    place = share * (int(up_to[-1]) - 1)
    below, above = (int(np.searchsorted(up_to, np.floor(place) + step, side="right")) for step in (0, 1))
    return below + (min(above, len(counts) - 1) - below) * float(place - np.floor(place))
