"""One person's measurement of one case, as it is set beside another person's. Unknown is NaN or None, never 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.model.measurement import INDEX_NAMES
from napari_t12_bodycomp.model.roi_map import check_roi_map
from napari_t12_bodycomp.model.tissue import Tissue

NAN = float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What one reader measured on one case.

    Parameters
    ----------
    case : str
        The case's name, by which two readings are paired.
    reader : str
        Who measured; "" where that is not known.
    areas_cm2 : mapping of Tissue to float
        Areas (cm2); a tissue that is missing or NaN is unknown.
    indices : mapping of str to float
        SMI, VFI, SFI (cm2/m2) and VSR; likewise.
    smd_hu : float
        Mean HU of the muscle; NaN where unknown.
    regions, tissues : uint8 array (Y, X), optional
        `Region` and `Tissue` of each pixel of the measured slice, 0 for none.
    pixel_spacing_mm : tuple of float, optional
        Distance of rows and of columns (mm); needed where there are `regions` or `tissues`.
    z_mm : float, optional
        The measured slice (DICOM LPS z, mm); None where unknown.
    scan : str
        What tells the scan from others of the case, such as series UID and acquisition; "" where that is not known. Slices of two scans that
        are known and differ are never the same slice.
    protocol : str
        What it was measured by (preset, options), in words that are equal where the protocol is; "" where that is not known.
    origin_xy_mm : tuple of float, optional
        LPS x and y (mm) of the middle of row 0, column 0; None where unknown.
    """

    case: str
    reader: str = ""
    areas_cm2: Mapping[Tissue, float] = field(default_factory=dict)
    indices: Mapping[str, float] = field(default_factory=dict)
    smd_hu: float = NAN
    regions: npt.NDArray[np.uint8] | None = None
    tissues: npt.NDArray[np.uint8] | None = None
    pixel_spacing_mm: tuple[float, float] | None = None
    z_mm: float | None = None
    scan: str = ""
    protocol: str = ""
    origin_xy_mm: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if not self.case:
            raise ValueError("a reading needs its case's name")
        if unknown := set(self.indices) - set(INDEX_NAMES):
            raise ValueError(f"indices may be {', '.join(INDEX_NAMES)}, not {', '.join(sorted(unknown))}")
        if self.regions is not None:
            check_roi_map(self.regions)
        for labels in (self.regions, self.tissues):
            if labels is not None and (labels.ndim != 2 or self.pixel_spacing_mm is None or min(self.pixel_spacing_mm) <= 0):
                raise ValueError("label maps of a reading must be (Y, X) and need a pixel spacing above 0 mm")
        if self.regions is not None and self.tissues is not None and self.regions.shape != self.tissues.shape:
            raise ValueError(f"regions and tissues must have one shape, not {self.regions.shape} and {self.tissues.shape}")
