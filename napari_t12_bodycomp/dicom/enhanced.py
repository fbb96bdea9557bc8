"""Enhanced multi-frame CT: one object, many slices. Each frame becomes a slice header of its own, from the functional groups."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pydicom import Dataset, dcmread

from napari_t12_bodycomp.dicom.archive import MAX_MEMBER_BYTES, ByteSource
from napari_t12_bodycomp.dicom.headers import SliceHeader, read_header

ENHANCED_CT = ("1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2")
MAX_FRAMES = 20_000
_PHASE = (
    ("FrameContentSequence", "TemporalPositionIndex"),
    ("FrameContentSequence", "StackID"),
    ("TemporalPositionSequence", "TemporalPositionTimeOffset"),
    ("CardiacSynchronizationSequence", "NominalPercentageOfCardiacPhase"),
)
"""What tells frames of one place apart."""


def read_headers(source: ByteSource) -> tuple[SliceHeader, ...]:
    """The headers of everything that `source` holds: none, one, or one for each frame of an enhanced CT."""
    header = read_header(source)
    if header is None:
        return ()
    if header.sop_class not in ENHANCED_CT or not 1 <= header.n_frames <= MAX_FRAMES:
        return (header,)
    try:
        return tuple(_frames(header))
    except Exception:  # groups that do not hold together: the object stays whole and is refused as such
        return (header,)


def _frames(header: SliceHeader) -> Iterator[SliceHeader]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = header.source.read(0, MAX_MEMBER_BYTES)
        dataset = dcmread(io.BytesIO(data), stop_before_pixels=True, force=header.headless)
        shared = (dataset.get("SharedFunctionalGroupsSequence") or [Dataset()])[0]
        frames = dataset.PerFrameFunctionalGroupsSequence
        if len(frames) != header.n_frames:
            raise ValueError("frames are missing")
        for index, own in enumerate(frames):
            yield _frame(header, index, (own, shared))


def _frame(header: SliceHeader, index: int, groups: tuple[Dataset, Dataset]) -> SliceHeader:
    def value(sequence: str, keyword: str) -> Any:
        for group in groups:
            items = group.get(sequence)
            if items and items[0].get(keyword) not in (None, ""):
                return items[0].get(keyword)
        return None

    def numbers(sequence: str, keyword: str, count: int) -> tuple[float, ...]:
        found = tuple(float(v) for v in value(sequence, keyword))
        if len(found) != count or not all(math.isfinite(v) for v in found):
            raise ValueError(keyword)
        return found

    def number(sequence: str, keyword: str) -> float | None:
        found = value(sequence, keyword)
        return float(found) if found is not None else None

    slope, intercept = (number("PixelValueTransformationSequence", keyword) for keyword in ("RescaleSlope", "RescaleIntercept"))
    says_nothing = slope is None and intercept is None  # an object converted from single images may say it at the top, as they did
    kernel = value("CTReconstructionSequence", "ConvolutionKernel")
    kvp, acquisition = number("CTXRayDetailsSequence", "KVP"), value("FrameContentSequence", "FrameAcquisitionNumber")
    phase = [value(sequence, keyword) for sequence, keyword in _PHASE]
    kind = value("CTImageFrameTypeSequence", "FrameType")
    return replace(
        header,
        frame=index,
        position_mm=numbers("PlanePositionSequence", "ImagePositionPatient", 3),
        orientation=numbers("PlaneOrientationSequence", "ImageOrientationPatient", 6),
        pixel_spacing_mm=numbers("PixelMeasuresSequence", "PixelSpacing", 2),
        slice_thickness_mm=number("PixelMeasuresSequence", "SliceThickness"),
        slope=header.slope if says_nothing else slope,
        intercept=header.intercept if says_nothing else intercept,
        rescale_type=str(value("PixelValueTransformationSequence", "RescaleType") or header.rescale_type).upper(),
        kernel=header.kernel or (" ".join([kernel] if isinstance(kernel, str) else map(str, kernel)) if kernel else ""),
        kvp=header.kvp or kvp,
        acquisition_number=int(acquisition) if acquisition is not None else header.acquisition_number,
        acquisition_time=str(value("FrameContentSequence", "FrameAcquisitionDateTime") or header.acquisition_time),
        instance_number=index + 1,
        temporal_position="/".join(str(part) for part in phase) if any(part is not None for part in phase) else "",
        image_type=tuple(str(v).upper() for v in kind) if kind else header.image_type,
    )
