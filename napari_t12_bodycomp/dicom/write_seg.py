"""Regions and tissues of a measured slice as DICOM segmentations: coded binary segments that refer to the images they lie on."""

from __future__ import annotations

import math
from collections.abc import Mapping

import highdicom as hd
import numpy as np
import numpy.typing as npt
from highdicom.seg import SegmentAlgorithmTypeValues as AlgorithmType
from pydicom import Dataset
from pydicom.sr.codedict import codes

from napari_t12_bodycomp.dicom.authorship import PROGRAM, REGIONS_SEG, TISSUES_SEG, Kind, Making
from napari_t12_bodycomp.dicom.characters import in_one_line
from napari_t12_bodycomp.dicom.codes import REGIONS, TISSUES, Property
from napari_t12_bodycomp.dicom.originals import Original
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
    centre, plane = making.centre, making.sources.plane
    masks = np.stack([plane.turn.undo(labels == label) for label, _ in present], axis=-1)
    others = [o.reference for o in making.sources.objects if o is not centre and not centre.is_multi_frame]
    thickness = making.result.axial.thickness_mm
    measures = hd.PixelMeasuresSequence(plane.spacing_mm, slice_thickness=thickness if math.isfinite(thickness) else None)
    made = hd.seg.Segmentation(
        source_images=[centre.reference],
        further_source_images=others or None,
        pixel_array=masks[np.newaxis].astype(np.uint8),
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[_described(making.result, n, coded, by) for n, (_, coded) in enumerate(present, 1)],
        pixel_measures=measures,
        plane_orientation=hd.PlaneOrientationSequence("PATIENT", plane.orientation),
        plane_positions=[hd.PlanePositionSequence("PATIENT", plane.position_mm)],
        content_label=kind.name.upper(),
        content_description=_content(making),
        content_creator_name=in_one_line(making.result.assessor) or None,
        **making.identity(kind),
    )
    made.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence = measures  # highdicom prefers the thickness of the single source slice
    for groups in made.PerFrameFunctionalGroupsSequence:
        groups.DerivationImageSequence = [_derivation(making)]
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
    n, images = len(making.result.axial.indices), len(making.sources.images)
    thickness = f"{making.result.axial.thickness_mm:.1f} mm"
    if making.sources.is_interpolated:
        return f"Upright, interpolated from {images} tilted images" + (f", {thickness}" if n > 1 else "")
    return "Masks on one slice" if n == 1 else f"Masks on the mean of {n} slices, {thickness}"


def _derivation(making: Making) -> Dataset:
    """Every frame is derived from all images that were averaged or interpolated, not from the middle one alone.

    Places are preserved on the image whose rows and columns the masks lie on, if there is one, and on no other.
    """
    item = Dataset()
    item.DerivationCodeSequence = [hd.sr.CodedConcept.from_code(codes.cid7203.SegmentationImageDerivation)]
    item.SourceImageSequence = [
        _source(image, image is making.centre and not making.sources.is_interpolated) for image in making.sources.images
    ]
    return item


def _source(image: Original, is_place_kept: bool) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = image.reference.SOPClassUID, image.reference.SOPInstanceUID
    if image.is_multi_frame:
        item.ReferencedFrameNumber = image.header.frame + 1
    item.PurposeOfReferenceCodeSequence = [hd.sr.CodedConcept.from_code(codes.cid7202.SourceImageForImageProcessingOperation)]
    item.SpatialLocationsPreserved = "YES" if is_place_kept else "NO"
    return item
