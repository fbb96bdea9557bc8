"""Regions and tissues of a measured slice as DICOM segmentations: coded binary segments that refer to the images they lie on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from copy import deepcopy

import highdicom as hd
import numpy as np
import numpy.typing as npt
from highdicom.seg import SegmentAlgorithmTypeValues as AlgorithmType
from pydicom import Dataset
from pydicom.sr.codedict import codes

from napari_t12_bodycomp.dicom.authorship import PROGRAM, REGIONS_SEG, TISSUES_SEG, Kind, Making
from napari_t12_bodycomp.dicom.codes import REGIONS, TISSUES, Property
from napari_t12_bodycomp.dicom.result_uids import scan_key, uid_of
from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.tissue import Region, Tissue

_BY_ORIGIN = {"draft": AlgorithmType.AUTOMATIC, "drawn": AlgorithmType.SEMIAUTOMATIC}


def regions_seg(making: Making) -> hd.seg.Segmentation | None:
    """The drawn regions; None where nothing is drawn."""
    result = making.result
    kind = _BY_ORIGIN.get(result.regions_origin, AlgorithmType.MANUAL)
    return _segmentation(making, REGIONS_SEG, result.regions, REGIONS, kind)


def tissues_seg(making: Making, tissues: npt.NDArray[np.uint8]) -> hd.seg.Segmentation | None:
    """The measured tissues (uint8, (Y, X), `Tissue` values); None where there is none. Regions by hand still have tissues by HU window."""
    kind = _BY_ORIGIN.get(making.result.regions_origin, AlgorithmType.SEMIAUTOMATIC)
    return _segmentation(making, TISSUES_SEG, tissues, TISSUES, kind)


def tracking(result: Result, label: str) -> tuple[str, str]:
    """Tracking identifier and UID of one structure of a scan: the same in segmentation and report, and whenever it is measured again there."""
    where = "T12" if result.is_at_t12 else f"z {result.level.z_mm:.1f} mm"
    return f"{label} at {where}", uid_of("tracking", label, where, scan_key(result))


def _segmentation(
    making: Making,
    kind: Kind,
    labels: npt.NDArray[np.uint8],
    properties: Mapping[Region, Property] | Mapping[Tissue, Property],
    by: AlgorithmType,
) -> hd.seg.Segmentation | None:
    present = [(int(label), coded) for label, coded in properties.items() if (labels == label).any()]
    if not present:
        return None
    centre = making.centre
    masks = np.stack([centre.turn.undo(labels == label) for label, _ in present], axis=-1)
    others = [o.reference for o in making.originals if o is not centre and not centre.is_multi_frame]
    thickness = making.result.axial.thickness_mm
    measures = hd.PixelMeasuresSequence(centre.spacing_mm, slice_thickness=thickness if math.isfinite(thickness) else None)
    made = hd.seg.Segmentation(
        source_images=[centre.reference],
        further_source_images=others or None,
        pixel_array=masks[np.newaxis].astype(np.uint8),
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[_described(making.result, n, coded, by) for n, (_, coded) in enumerate(present, 1)],
        pixel_measures=measures,
        plane_orientation=hd.PlaneOrientationSequence("PATIENT", centre.orientation),
        plane_positions=[hd.PlanePositionSequence("PATIENT", centre.position_mm)],
        content_label=kind.name.upper(),
        content_description=_content(making),
        content_creator_name=making.result.assessor or None,
        **making.identity(kind),
    )
    made.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence = measures  # highdicom prefers the thickness of the single source slice
    _name_all_sources(made, making)
    return made


def _described(result: Result, number: int, coded: Property, by: AlgorithmType) -> hd.seg.SegmentDescription:
    identifier, uid = tracking(result, coded.label)
    algorithm = hd.AlgorithmIdentificationSequence(name=PROGRAM, family=codes.DCM.ThresholdRelated, version=result.software_version or "0")
    red, green, blue = (int(coded.colour[k : k + 2], 16) for k in (1, 3, 5))
    return hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=coded.label,
        segmented_property_category=coded.category,
        segmented_property_type=coded.kind,
        algorithm_type=by,
        algorithm_identification=None if by is AlgorithmType.MANUAL else algorithm,
        tracking_uid=uid,
        tracking_id=identifier,
        anatomic_regions=[coded.where],
        display_color=hd.color.CIELabColor.from_rgb(red, green, blue),
    )


def _content(making: Making) -> str:
    """What the masks lie on, in at most 64 letters."""
    n = len(making.originals)
    return "Masks on one slice" if n == 1 else f"Masks on the mean of {n} slices, {making.result.axial.thickness_mm:.1f} mm"


def _name_all_sources(made: hd.seg.Segmentation, making: Making) -> None:
    """Where slices were averaged, every frame is derived from all of them, not from the middle one alone."""
    centre = making.centre
    for groups in made.PerFrameFunctionalGroupsSequence:
        (source,) = groups.DerivationImageSequence[0].SourceImageSequence
        if centre.is_multi_frame:
            source.ReferencedFrameNumber = [o.header.frame + 1 for o in making.originals]
            continue
        groups.DerivationImageSequence[0].SourceImageSequence = [
            source if original is centre else _like(source, original.reference) for original in making.originals
        ]


def _like(source: Dataset, reference: Dataset) -> Dataset:
    item = deepcopy(source)
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = reference.SOPClassUID, reference.SOPInstanceUID
    return item
