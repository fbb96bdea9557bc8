"""Reading the drawn regions back from a DICOM segmentation."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom import Dataset, dcmread

from napari_t12_bodycomp.dicom.codes import REGIONS
from napari_t12_bodycomp.dicom.geometry import centre_z, in_plane, orientation_name, origin_xy
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.tissue import Region
from napari_t12_bodycomp.model.volume import CTVolume

_OFF_MM = 0.1
_REGION_OF = {coded.key: region for region, coded in REGIONS.items()}


@dataclass(frozen=True, slots=True, eq=False)
class _Frame:
    """One segment on one slice, the same way round as `CTVolume.hu`."""

    region: Region | None
    mask: npt.NDArray[np.bool_]
    z_mm: float
    sources: frozenset[str]
    origin_xy_mm: tuple[float, float]
    spacing_mm: tuple[float, float]


def read_regions_seg(path: Path, volume: CTVolume, index: int) -> npt.NDArray[np.uint8]:
    """The regions (uint8, (Y, X)) that a segmentation holds on slice `index` of `volume`.

    Raises
    ------
    InputError
        Where the file is no binary segmentation, names other images than the scan's, lies on another grid, holds other segments, or nothing
        is drawn on this slice.
    """
    frames = _frames(path)
    if any(frame.region is None for frame in frames):
        raise InputError(
            "A segmentation of the three regions (muscle compartment, visceral cavity, subcutaneous layer) is wanted, other segments came: "
            "give regions.seg.dcm, not the tissues."
        )
    named = frozenset[str]().union(*(frame.sources for frame in frames))
    if named and named.isdisjoint(volume.sop_instance_uids):
        raise InputError(
            "A segmentation of this scan is wanted, one that was drawn on other images came: "
            "choose the series and acquisition that it belongs to, or give the regions as NIfTI."
        )
    offsets = [_offset_mm(frame, volume) for frame in frames]
    if max(offsets) > _OFF_MM:
        raise InputError(
            f"A segmentation on the CT's own grid is wanted, a grid {max(offsets):.1f} mm away from it came: "
            "check that it belongs to this scan and that nothing was resampled."
        )
    here = [frame for frame in frames if abs(frame.z_mm - volume.z_mm[index]) <= _OFF_MM]
    if not here:
        z = min((frame.z_mm for frame in frames), key=lambda other: abs(other - float(volume.z_mm[index])))
        raise InputError(
            f"Regions on the measured slice (z {volume.z_mm[index]:.1f} mm) are wanted, the segmentation is drawn at z {z:.1f} mm: "
            f"measure there with --z-mm {z:.1f}, or draw on the measured slice."
        )
    regions = np.zeros(volume.shape[1:], np.uint8)
    for frame in here:
        if (regions[frame.mask] != 0).any() or frame.region is None:
            raise InputError("Regions that do not overlap are wanted, these do: give one region to each pixel.")
        regions[frame.mask] = frame.region
    return regions


def _frames(path: Path) -> list[_Frame]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = dcmread(path)
            if dataset.get("Modality") != "SEG" or dataset.get("SegmentationType") != "BINARY":
                raise ValueError("no binary segmentation")
            pixels = dataset.pixel_array.reshape(-1, dataset.Rows, dataset.Columns)
            found = [_frame(dataset, groups, pixels[k]) for k, groups in enumerate(dataset.PerFrameFunctionalGroupsSequence)]
    except Exception as error:  # pydicom meets broken bytes with many kinds of error
        raise InputError(
            f"One binary DICOM segmentation is wanted for the regions, {path.name} cannot be read as one: check the file."
        ) from error
    drawn = [frame for frame in found if frame.mask.any()]
    if not drawn:
        raise InputError("Regions drawn on at least one slice are wanted, an empty segmentation came: draw them first.")
    return drawn


def _frame(dataset: Dataset, groups: Dataset, pixels: npt.NDArray[Any]) -> _Frame:
    number = _group(dataset, groups, "SegmentIdentificationSequence").ReferencedSegmentNumber
    segment = next(s for s in dataset.SegmentSequence if s.SegmentNumber == number)
    position = tuple(float(v) for v in _group(dataset, groups, "PlanePositionSequence").ImagePositionPatient)
    orientation = tuple(float(v) for v in _group(dataset, groups, "PlaneOrientationSequence").ImageOrientationPatient)
    spacing = tuple(float(v) for v in _group(dataset, groups, "PixelMeasuresSequence").PixelSpacing)
    if not orientation_name(orientation):
        raise ValueError("the orientation is not one")
    turn = in_plane(orientation)
    rows, columns = dataset.Rows, dataset.Columns
    return _Frame(
        region=_REGION_OF.get((_code(segment, "SegmentedPropertyCategory"), _code(segment, "SegmentedPropertyType"), _region(segment))),
        mask=turn.apply(pixels.astype(bool)),
        z_mm=centre_z(position, orientation, spacing, rows, columns),
        sources=_sources(dataset, groups),
        origin_xy_mm=origin_xy(position, orientation, spacing, rows, columns),
        spacing_mm=(spacing[1], spacing[0]) if turn.transpose else (spacing[0], spacing[1]),
    )


def _group(dataset: Dataset, own: Dataset, name: str) -> Dataset:
    """The item of a functional group: the frame's own, else the shared one."""
    places: Iterator[Dataset] = iter((own, dataset.SharedFunctionalGroupsSequence[0]))
    item: Dataset = next(place[name].value[0] for place in places if place.get(name))
    return item


def _sources(dataset: Dataset, own: Dataset) -> frozenset[str]:
    """SOP Instance UIDs of the images that the frame was derived from; empty where it does not say."""
    places = (own, dataset.SharedFunctionalGroupsSequence[0])
    derivations = [item for place in places for item in place.get("DerivationImageSequence", ())]
    return frozenset(str(source.ReferencedSOPInstanceUID) for item in derivations for source in item.get("SourceImageSequence", ()))


def _code(segment: Dataset, name: str) -> str:
    return str(segment[f"{name}CodeSequence"].value[0].CodeValue)


def _region(segment: Dataset) -> str:
    items = segment.get("AnatomicRegionSequence")
    return str(items[0].CodeValue) if items else ""


def _offset_mm(frame: _Frame, volume: CTVolume) -> float:
    """Largest distance (mm) in the plane between the corners of the frame and of the scan; infinite where the shapes differ.

    A frame that names an image of the scan as its source lies where that image does, even where slices are shifted against one another.
    """
    rows, columns = volume.shape[1:]
    if frame.mask.shape != (rows, columns):
        return float("inf")
    named = not frame.sources.isdisjoint(volume.sop_instance_uids)
    first = np.zeros(2) if named else np.subtract(frame.origin_xy_mm, volume.origin_xy_mm)
    stretch = np.multiply(np.subtract(frame.spacing_mm, volume.pixel_spacing_mm)[::-1], (columns - 1, rows - 1))
    return float(max(np.hypot(*first), np.hypot(*(first + stretch))))
