"""The drawn regions of one slice: a label map, and what the draft says about itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.tissue import Region


def check_roi_map(regions: npt.NDArray[np.uint8]) -> None:
    """Raise ValueError unless `regions` is a uint8 array (Y, X) of 0 (none) and `Region` values."""
    if regions.ndim != 2 or regions.dtype != np.uint8:
        raise ValueError(f"regions must be a uint8 array (Y, X), not {regions.dtype} {regions.shape}")
    if regions.size and int(regions.max()) > max(Region):
        raise ValueError(f"regions may hold 0 to {int(max(Region))}, not {int(regions.max())}")


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """Drafted regions and what the draft thinks of itself.

    Parameters
    ----------
    regions : uint8 array (Y, X)
        0 none, else a `Region`.
    body : bool array (Y, X)
        The trunk without table, clothes and arms, skin included.
    doubtful : bool array (Y, X)
        Pixels near stretches of contour that a person should look at first.
    notes : tuple of str
        Doubts in plain words.
    flags : tuple of str
        The same as short codes for the quality column: ``fov_truncated``, ``arms_in_view``, ...
    protocol : Protocol, optional
        What it was made by; None where that is not known.
    thoracic : bool array (Y, X), optional
        The part of the cavity above the diaphragm; None where the diaphragm could not be told.
    why_no_thoracic, why_no_crura : str
        Why fat above the diaphragm could not be told from abdominal fat, and why diaphragm and crura could not be outlined; "" where they were.
    """

    regions: npt.NDArray[np.uint8]
    body: npt.NDArray[np.bool_]
    doubtful: npt.NDArray[np.bool_]
    notes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    protocol: Protocol | None = None
    thoracic: npt.NDArray[np.bool_] | None = None
    why_no_thoracic: str = ""
    why_no_crura: str = ""

    def __post_init__(self) -> None:
        check_roi_map(self.regions)
        if self.body.shape != self.regions.shape or self.doubtful.shape != self.regions.shape:
            raise ValueError("regions, body and doubtful must have one shape")
