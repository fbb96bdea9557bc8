"""The main job without a window: from a scan to a measured slice."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.errors import InputError, LevelError, UsageError
from napari_t12_bodycomp.model.axial_slice import AxialSlice, axial_slice
from napari_t12_bodycomp.model.level import LevelFinding, LevelMethod, LevelStatus, MeasuredLevel
from napari_t12_bodycomp.model.level_choice import chosen_by_hand
from napari_t12_bodycomp.model.progress import Progress, no_progress
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.quality import QualityFlag
from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.roi_map import Draft
from napari_t12_bodycomp.model.subject import Subject, ValueSource
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow.export import build_result
from napari_t12_bodycomp.workflow.options import refuse_undrafted

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MeasureRequest:
    """What a person asks for. Checked at construction: UsageError says what is impossible.

    Parameters
    ----------
    z_mm : float, optional
        LPS z (mm) of the slice to measure; without it, T12 must be found.
    level_reason : str
        Why the level is there, where `z_mm` sets it by hand.
    regions : Path, optional
        NIfTI label map that is measured instead of the draft.
    height_cm, weight_kg : float, optional
        Go before what the headers say.
    patient_id, sex : str
        Go before what the headers say; for NIfTI, which has none.
    values_from : ValueSource
        Where height and weight come from.
    """

    protocol: Protocol = field(default_factory=Protocol)
    z_mm: float | None = None
    regions: Path | None = None
    height_cm: float | None = None
    weight_kg: float | None = None
    patient_id: str = ""
    assessor: str = ""
    level_reason: str = ""
    sex: str = ""
    values_from: ValueSource = ValueSource.TYPED

    def __post_init__(self) -> None:
        self.subject(Subject())
        if self.level_reason and self.z_mm is None:
            raise UsageError("A reason belongs to a level that is set by hand: give the level too, with --z-mm.")
        if self.z_mm is not None and not math.isfinite(self.z_mm):
            raise UsageError(f"A level in mm (DICOM patient z) is wanted, {self.z_mm:g} came: give a number.")

    def subject(self, from_header: Subject) -> Subject:
        """The subject of the header with what the request says put over it."""
        subject = replace(from_header, patient_id=self.patient_id or from_header.patient_id, sex=self.sex or from_header.sex)
        if self.height_cm is not None:
            subject = replace(subject.with_height_cm(self.height_cm), height_source=self.values_from)
        return subject if self.weight_kg is None else replace(subject.with_weight_kg(self.weight_kg), weight_source=self.values_from)


@dataclass(frozen=True, slots=True, eq=False)
class DrawnSlice:
    """A slice with regions on it, the draft that they are or began from, and what is to be known about it."""

    axial: AxialSlice
    regions: npt.NDArray[np.uint8]
    quality: tuple[QualityFlag, ...]
    draft: Draft


def locate(volume: CTVolume, progress: Progress = no_progress) -> LevelFinding:
    """Search for T12 in `volume`."""
    from napari_t12_bodycomp.analysis.t12 import locate_t12

    finding = locate_t12(volume, progress)
    _log.info("T12 %s, confidence %.2f", finding.status, finding.confidence)
    return finding


def level_of(volume: CTVolume, finding: LevelFinding) -> MeasuredLevel:
    """The slice that `finding` proposes; LevelError unless T12 was found for certain."""
    if finding.status is not LevelStatus.FOUND or finding.slice_index is None:
        raise LevelError(f"{finding.message.rstrip()} Give the level with --z-mm to measure all the same.")
    _refuse_gap_in(volume, finding)
    return MeasuredLevel(finding.slice_index, float(volume.z_mm[finding.slice_index]), LevelMethod.AUTOMATIC)


def _refuse_gap_in(volume: CTVolume, finding: LevelFinding) -> None:
    """InputError where slices may be missing within T12: its middle, and so the slice to measure, is not known then."""
    if finding.body_z_mm is None:
        return
    low, high = finding.body_z_mm
    for below, above in volume.gaps_mm():
        if below < high and above > low:
            raise InputError(
                f"Every slice of T12 is wanted, but between z {below:.1f} and {above:.1f} mm slices are missing: "
                "export the series again, complete."
            )


def level_at(volume: CTVolume, z_mm: float, finding: LevelFinding | None = None, reason: str = "") -> MeasuredLevel:
    """The slice nearest to `z_mm`, as a level set by hand for `reason`; InputError where no slice of the scan lies there."""
    index = volume.nearest_slice(z_mm)
    spacing, thickness = volume.slice_spacing_mm, volume.acquisition.slice_thickness_mm
    reach = max([s for s in (spacing, thickness or 0.0) if np.isfinite(s)]) / 2 + 0.5
    if not abs(volume.z_mm[index] - z_mm) <= reach:
        raise InputError(
            f"A level with a slice there is wanted, z {z_mm:g} mm came, where the scan from {volume.z_mm[0]:.1f} to {volume.z_mm[-1]:.1f} mm has none: "
            "check sign and unit (DICOM patient z in mm)."
        )
    return chosen_by_hand(finding, index, float(volume.z_mm[index]), reason)


def draft_slice(
    volume: CTVolume, level: MeasuredLevel, finding: LevelFinding | None, protocol: Protocol, progress: Progress = no_progress
) -> DrawnSlice:
    """Draft the regions on the level's slice and judge the scan."""
    from napari_t12_bodycomp.analysis.draft import draft_regions
    from napari_t12_bodycomp.analysis.quality import quality_flags

    axial = axial_slice(volume, level.slice_index, protocol.slab_mm)
    draft = draft_regions(volume, axial, protocol, canal=finding.canal if finding else None, progress=progress)
    return DrawnSlice(axial, draft.regions, quality_flags(volume, axial, draft, protocol), draft)


def measure_volume(volume: CTVolume, request: MeasureRequest, finding: LevelFinding | None, progress: Progress = no_progress) -> Result:
    """Measure one slice of `volume`: at `request.z_mm`, else at the T12 of `finding`. Nobody has confirmed it: its status is draft.

    Raises
    ------
    LevelError
        Where no level is given and T12 was not found for certain.
    InputError
        Where the level or the regions do not fit the scan, or where the draft cannot follow the protocol's options on this slice.
    """
    if request.z_mm is not None:
        level = level_at(volume, request.z_mm, finding, request.level_reason)
    elif finding is not None:
        level = level_of(volume, finding)
    else:
        raise LevelError("A level is wanted: search for T12 first, or give --z-mm.")
    drawn = draft_slice(volume, level, finding, request.protocol, progress)
    if request.regions is not None:
        from napari_t12_bodycomp.dicom.read_labels import read_regions

        drawn = replace(drawn, regions=read_regions(request.regions, volume, level.slice_index))
    else:
        refuse_undrafted(drawn.draft, request.protocol)
    return build_result(
        volume,
        finding,
        level,
        drawn.axial,
        drawn.regions,
        request.protocol,
        request.subject(volume.subject),
        drawn.quality,
        assessor=request.assessor,
        draft=drawn.draft,
    )
