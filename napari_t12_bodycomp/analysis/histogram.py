"""How HU are distributed in the drawn regions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.model.tissue import Region

HU_RANGE = (-200, 200)
BIN_HU = 5
N_BINS = (HU_RANGE[1] - HU_RANGE[0]) // BIN_HU
_OUTSIDE = N_BINS


@dataclass(frozen=True, slots=True, eq=False)
class HUBins:
    """A slice's HU as bin numbers, so that counting after every stroke costs one pass: uint8 (Y, X), `N_BINS` = outside the range."""

    bins: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, hu: npt.NDArray[np.int16]) -> HUBins:
        """The bins of `hu`, int16 (Y, X)."""
        inside = (hu >= HU_RANGE[0]) & (hu < HU_RANGE[1])
        return cls(np.where(inside, (hu.astype(np.int32) - HU_RANGE[0]) // BIN_HU, _OUTSIDE).astype(np.uint8))

    def counts(self, regions: npt.NDArray[np.uint8]) -> dict[Region, npt.NDArray[np.int64]]:
        """Pixels per bin for each region; `regions` is uint8 (Y, X). HU outside -200..199 are not counted."""
        if regions.shape != self.bins.shape:
            raise ValueError(f"regions of shape {self.bins.shape} are wanted, {regions.shape} came")
        drawn = np.flatnonzero(regions)
        keys = regions.reshape(-1)[drawn].astype(np.intp) * (N_BINS + 1) + self.bins.reshape(-1)[drawn]
        table = np.bincount(keys, minlength=(max(Region) + 1) * (N_BINS + 1)).reshape(-1, N_BINS + 1)
        return {region: table[region, :N_BINS] for region in Region}


def bin_edges() -> npt.NDArray[np.int64]:
    """The lower HU of each bin, and the upper end: (N_BINS + 1,)."""
    return np.arange(HU_RANGE[0], HU_RANGE[1] + BIN_HU, BIN_HU)
