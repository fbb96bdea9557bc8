"""One finished measurement with all that its row, its picture and its label maps say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.model.axial_slice import AxialSlice
from napari_t12_bodycomp.model.level import LevelFinding, LevelStatus, MeasuredLevel
from napari_t12_bodycomp.model.measurement import Measurement
from napari_t12_bodycomp.model.quality import OUTSIDE_T12, QualityFlag
from napari_t12_bodycomp.model.roi_map import check_roi_map
from napari_t12_bodycomp.model.subject import Subject
from napari_t12_bodycomp.model.volume import Acquisition


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """A measured slice.

    Parameters
    ----------
    finding : LevelFinding or None
        What the search for T12 said; None where it was not asked.
    regions : uint8 array (Y, X)
        `Region` values on `axial`, 0 for none.
    status : str
        ``"draft"`` until a person confirms; the review's words after that.
    doubtful : bool array (Y, X), optional
        Where the draft asks for a second look.
    regions_origin : str
        ``"draft"`` where the regions are the automatic draft to the pixel, ``"drawn"`` where a person made or changed them, "" where the draft
        is not known.
    """

    acquisition: Acquisition
    subject: Subject
    sop_instance_uid: str
    level: MeasuredLevel
    finding: LevelFinding | None
    axial: AxialSlice
    regions: npt.NDArray[np.uint8]
    measurement: Measurement
    quality: tuple[QualityFlag, ...] = ()
    assessor: str = ""
    reviewer: str = ""
    reviewed_at: str = ""
    status: str = "draft"
    software_version: str = ""
    doubtful: npt.NDArray[np.bool_] | None = None
    regions_origin: str = ""

    @property
    def is_at_t12(self) -> bool:
        """Whether the measured slice cuts T12: by the search that found it, else by the word of who confirmed the level.

        Of a stored measurement only the flag tells what the search had found.
        """
        if any(flag.code == OUTSIDE_T12 for flag in self.quality):
            return False
        found = self.finding is not None and self.finding.status is LevelStatus.FOUND
        if not found or self.finding is None or self.finding.body_z_mm is None:
            return self.level.is_confirmed
        low, high = self.finding.body_z_mm
        return low <= self.level.z_mm <= high

    def __post_init__(self) -> None:
        check_roi_map(self.regions)
        if self.regions.shape != self.axial.hu.shape:
            raise ValueError(f"regions must have the slice's shape {self.axial.hu.shape}, not {self.regions.shape}")
        if self.doubtful is not None and self.doubtful.shape != self.regions.shape:
            raise ValueError(f"doubtful must have the slice's shape {self.axial.hu.shape}, not {self.doubtful.shape}")
