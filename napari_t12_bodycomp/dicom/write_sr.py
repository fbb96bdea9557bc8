"""The numbers of a result as a DICOM structured report (TID 1500, Comprehensive SR). What is unknown is left out with its reason, never 0."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import highdicom as hd
from highdicom import sr
from highdicom.coding_schemes import CodingSchemeIdentificationItem
from pydicom import Dataset
from pydicom.sr.coding import Code
from pydicom.valuerep import DT

from napari_t12_bodycomp.dicom import codes
from napari_t12_bodycomp.dicom.authorship import PROGRAM, REPORT_SR, Making
from napari_t12_bodycomp.dicom.characters import in_one_line
from napari_t12_bodycomp.dicom.result_uids import uid_of
from napari_t12_bodycomp.dicom.write_seg import tracking
from napari_t12_bodycomp.model.level import LevelStatus
from napari_t12_bodycomp.model.level_choice import candidates_in_words
from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.tissue import Tissue

APPROVED = "approved"
_COMPLETE = ("confirmed", "submitted", APPROVED)
"""States in which the person who drew has finished."""
Group = sr.PlanarROIMeasurementsAndQualitativeEvaluations | sr.MeasurementsAndQualitativeEvaluations


def report_sr(making: Making, tissues: hd.seg.Segmentation | None, regions: hd.seg.Segmentation | None) -> sr.ComprehensiveSR:
    """The report of a result; its areas point at the segments of `tissues`, and `regions` is named as evidence."""
    result = making.result
    references = [o.reference for o in making.sources.objects]
    content = sr.MeasurementReport(
        observation_context=_observers(making),
        procedure_reported=codes.CT,
        imaging_measurements=[*_tissue_groups(making, tissues), _level_group(making), _index_group(making)],
        referenced_images=references if _fit_a_library(references) else None,
    )
    for name, words in _remarks(making):
        content[0].ContentSequence.append(_text(name, words))
    approved = result.status == APPROVED and bool(result.reviewer)
    made = sr.ComprehensiveSR(
        evidence=[*references, *(s for s in (tissues, regions) if s is not None)],
        content=content[0],
        is_complete=result.status in _COMPLETE,
        is_final=approved,
        is_verified=approved,
        verifying_observer_name=in_one_line(result.reviewer) if approved else None,
        verifying_organization=_organisation(making) if approved else None,
        coding_schemes=[CodingSchemeIdentificationItem(designator=codes.SCHEME, name=codes.SCHEME_NAME)],
        **{key: value for key, value in making.identity(REPORT_SR).items() if key != "device_serial_number"},
    )
    if approved:
        made.VerifyingObserverSequence[0].VerificationDateTime = DT(_time(result.reviewed_at) or making.local_time)
    return made


def _fit_a_library(references: Sequence[Dataset]) -> bool:
    """Whether an image library can describe them: an entry has one place and a thickness, which multi-frame objects lack as such."""
    return all(reference.get("SliceThickness") is not None for reference in references)


def _organisation(making: Making) -> str:
    return in_one_line(making.organisation or str(making.centre.dataset.get("InstitutionName") or "")) or "not stated"


def _time(text: str) -> datetime | None:
    with contextlib.suppress(ValueError):
        return datetime.fromisoformat(text)
    return None


def _observers(making: Making) -> sr.ObservationContext:
    """The program, and the assessor by name or code where there is one."""
    result = making.result
    program = sr.ObserverContext(
        observer_type=hd.sr.CodedConcept("121007", "DCM", "Device"),
        observer_identifying_attributes=sr.DeviceObserverIdentifyingAttributes(
            uid=uid_of("device", result.software_version),
            name=f"{PROGRAM} {result.software_version}".strip(),
            manufacturer_name=PROGRAM,
            model_name=PROGRAM,
        ),
    )
    if not result.assessor:
        return sr.ObservationContext(observer_device_context=program)
    person = sr.ObserverContext(
        observer_type=hd.sr.CodedConcept("121006", "DCM", "Person"),
        observer_identifying_attributes=sr.PersonObserverIdentifyingAttributes(
            name=in_one_line(result.assessor), organization_name=making.organisation or None
        ),
    )
    return sr.ObservationContext(observer_person_context=person, observer_device_context=program)


# -- groups --------------------------------------------------------------------------------------------------------------------------------


def _tissue_groups(making: Making, segments: hd.seg.Segmentation | None) -> Iterator[Group]:
    result = making.result
    numbers = {s.SegmentLabel: int(s.SegmentNumber) for s in segments.SegmentSequence} if segments is not None else {}
    for tissue, coded in codes.TISSUES.items():
        identifier, uid = tracking(result, coded.label)
        measured = list(_of_tissue(result, tissue))
        common: dict[str, Any] = {
            "tracking_identifier": sr.TrackingIdentifier(uid=uid, identifier=identifier),
            "finding_type": coded.kind,
            "finding_sites": [sr.FindingSite(coded.where)],
            "measurements": measured,
            "algorithm_id": _algorithm(result),
        }
        group: Group
        if segments is not None and coded.label in numbers:
            group = sr.PlanarROIMeasurementsAndQualitativeEvaluations(
                referenced_segment=_segment(making, segments, numbers[coded.label]), **common
            )
        else:
            group = sr.MeasurementsAndQualitativeEvaluations(source_images=_sources(making), **common)
        _say(group, *_tissue_words(result, tissue))
        yield group


def _segment(making: Making, segments: hd.seg.Segmentation, number: int) -> sr.ReferencedSegmentationFrame:
    centre = making.centre
    reference = sr.ReferencedSegmentationFrame(
        sop_class_uid=segments.SOPClassUID,
        sop_instance_uid=segments.SOPInstanceUID,
        frame_number=number,  # one frame for each segment, in their order
        segment_number=number,
        source_image=sr.SourceImageForSegmentation(
            centre.reference.SOPClassUID,
            centre.reference.SOPInstanceUID,
            [centre.header.frame + 1] if centre.is_multi_frame else None,
        ),
    )
    del reference[0].ReferencedSOPSequence[0].ReferencedFrameNumber  # the standard allows one of frame and segment
    return reference


def _of_tissue(result: Result, tissue: Tissue) -> Iterator[sr.Measurement]:
    m = result.measurement
    yield from _number(codes.AREA, m.areas_cm2[tissue], codes.CM2)
    yield from _number(codes.ATTENUATION, m.mean_hu[tissue], codes.HU, codes.MEAN)
    if tissue is Tissue.MUSCLE:
        yield from _number(codes.LOW_ATTENUATION_AREA, m.low_attenuation_muscle_cm2, codes.CM2)
    if tissue is Tissue.VISCERAL_FAT:
        yield from _number(codes.THORACIC_FAT_AREA, m.thoracic_fat_cm2, codes.CM2)
        yield from _number(codes.GAS_RIM_AREA, m.gas_rim_cm2, codes.CM2)


def _tissue_words(result: Result, tissue: Tissue) -> Iterator[str]:
    preset = result.measurement.protocol.preset
    yield f"HU window {preset.window(tissue)} (preset {preset.name})"
    if not math.isfinite(result.measurement.areas_cm2[tissue]):
        yield "Area not given: its region was not drawn."
    elif not math.isfinite(result.measurement.mean_hu[tissue]):
        yield "Mean HU not given: no pixel of the region lies in the window."


def _level_group(making: Making) -> Group:
    result, level = making.result, making.result.level
    identifier, uid = tracking(result, "level")
    group = sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(uid=uid, identifier=identifier),
        finding_type=codes.LEVEL,
        finding_sites=[sr.FindingSite(codes.T12)] if result.is_at_t12 else None,
        measurements=[*_number(codes.LEVEL_Z, level.z_mm, codes.MM), *_number(codes.SLAB, result.measurement.slab_mm, codes.MM)],
        source_images=_sources(making),
        algorithm_id=_algorithm(result),
    )
    _say(group, *_level_words(making))
    return group


def _level_words(making: Making) -> Iterator[str]:
    result, level, finding = making.result, making.result.level, making.result.finding
    yield _place(result)
    yield f"Level method: {level.method.value}"
    yield f"Level confirmed by: {level.confirmed_by}" if level.is_confirmed else "Level confirmed by nobody yet"
    if finding is not None:
        yield f"Search for T12: {finding.status.value}, confidence {finding.confidence:.2f}"
    if level.reason:
        yield f"Reason: {level.reason}"
    if candidates := candidates_in_words(finding):
        yield f"Candidates: {candidates}"
    n = len(result.axial.indices)
    yield "One slice measured" if n == 1 else f"HU are the mean of {n} slices; the masks lie on the middle one"
    if making.sources.is_interpolated:
        yield making.sources.in_words


def _place(result: Result) -> str:
    if not result.is_at_t12:
        return "Not known to be T12"
    if result.finding is not None and result.finding.status is LevelStatus.FOUND:
        return "The slice lies in the body of T12"
    return f"At T12 by the word of {result.level.confirmed_by}"


def _index_group(making: Making) -> Group:
    result = making.result
    identifier, uid = tracking(result, "indices")
    height = result.subject.height_m
    group = sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(uid=uid, identifier=identifier),
        finding_type=codes.INDICES,
        finding_sites=[sr.FindingSite(codes.T12)] if result.is_at_t12 else None,
        measurements=[
            *_number(codes.HEIGHT, math.nan if height is None else height, codes.METRE),
            *(m for name, (word, unit) in codes.INDEX.items() for m in _number(word, result.measurement.indices[name], unit)),
        ],
        source_images=_sources(making),
        algorithm_id=_algorithm(result),
    )
    _say(group, *(f"{name} not given: {why}" for name, why in result.measurement.why_empty.items()))
    if height is not None:
        _say(group, f"Height source: {result.subject.height_source.value}")
    return group


# -- items ---------------------------------------------------------------------------------------------------------------------------------


def _number(name: Code, value: float, unit: Code, derivation: Code | None = None) -> Iterator[sr.Measurement]:
    """A numeric item, or none where the value is unknown."""
    if math.isfinite(value):
        yield sr.Measurement(name=name, value=float(value), unit=unit, derivation=derivation)


def _algorithm(result: Result) -> sr.AlgorithmIdentification | None:
    return sr.AlgorithmIdentification(name=PROGRAM, version=result.software_version) if result.software_version else None


def _sources(making: Making) -> list[sr.SourceImageForMeasurementGroup]:
    centre, images = making.centre, making.sources.images
    if centre.is_multi_frame:
        frames = [o.header.frame + 1 for o in images]
        return [sr.SourceImageForMeasurementGroup(centre.reference.SOPClassUID, centre.reference.SOPInstanceUID, frames)]
    return [sr.SourceImageForMeasurementGroup(o.reference.SOPClassUID, o.reference.SOPInstanceUID) for o in images]


def _text(name: Code, words: str) -> Dataset:
    return sr.TextContentItem(name=name, value=words, relationship_type=sr.RelationshipTypeValues.CONTAINS)


def _say(group: Group, *sentences: str) -> None:
    """Add sentences to a measurement group, whose template is open to them."""
    group[0].ContentSequence.extend([_text(codes.COMMENT, words) for words in sentences])


def _remarks(making: Making) -> Iterator[tuple[Code, str]]:
    """Protocol, state and quality, for the report as a whole."""
    result = making.result
    p = result.measurement.protocol
    counted = {
        "intercostal muscles": p.intercostals_are_muscle,
        "diaphragm and crura": p.crura_are_muscle,
        "fat above the diaphragm": p.thoracic_fat_is_visceral,
        "rims of gas and stool": p.gas_rims_are_fat,
    }
    choices = "; ".join(f"{what} {'counted' if is_in else 'not counted'}" for what, is_in in counted.items())
    slab = f"thinner slices averaged to {p.slab_mm:g} mm" if p.slab_mm else "slices not averaged"
    yield codes.COMMENT, f"Protocol: preset {p.preset.name} ({p.preset.source}), {slab}; {choices}."
    windows = ", ".join(f"{codes.TISSUES[tissue].label} {p.preset.window(tissue)}" for tissue in codes.TISSUES)
    yield codes.COMMENT, f"HU windows, bounds included: {windows}."
    if making.sources.is_interpolated:
        yield codes.COMMENT, making.sources.in_words
    drawn = {"draft": "the automatic draft, unchanged", "drawn": "drawn or corrected by a person"}.get(result.regions_origin)
    yield codes.COMMENT, f"State: {result.status}." + (f" Regions: {drawn}." if drawn else "")
    yield codes.COMMENT, "For research, not for diagnosis."
    for flag in result.quality:
        yield codes.QUALITY, f"{flag.code}: {flag.sentence}"
