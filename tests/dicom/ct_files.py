"""Small CT series written slice by slice, with whatever is wrong with them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

SHARED = Path(os.environ.get("T12_SHARED", Path(__file__).parents[2].parent / "shared"))
HARD, CT = SHARED / "data" / "dicom_hard", SHARED / "data" / "ct"
CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
STUDY, SERIES = generate_uid(), generate_uid()


def body_hu(z: int = 0, rows: int = 48, columns: int = 64) -> npt.NDArray[np.int16]:
    """An ellipse of soft tissue in air, different on every slice, with one bright pixel near the top left."""
    y, x = np.mgrid[:rows, :columns]
    inside = ((y - rows / 2) / (rows * 0.4)) ** 2 + ((x - columns / 2) / (columns * 0.4)) ** 2 < 1
    hu = np.where(inside, 40, -1000) + np.random.default_rng(z).integers(-60, 61, (rows, columns))
    hu[2, 5] = 1000 + z
    return np.clip(hu, -1024, 3071).astype(np.int16)


def slice_dataset(z_mm: float, hu: npt.NDArray[np.int16] | None = None, **changes: Any) -> Dataset:
    """A CT image at LPS z `z_mm`; `changes` set or (None) delete elements."""
    hu = body_hu(round(z_mm)) if hu is None else hu
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = CT_IMAGE
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.PatientID, ds.PatientName = STUDY, SERIES, "P1", "Doe^Jane"
    ds.Modality, ds.ImageType, ds.SeriesDescription, ds.KVP = "CT", ["ORIGINAL", "PRIMARY", "AXIAL"], "Chest 5 mm", "120"
    ds.Rows, ds.Columns = hu.shape
    ds.PixelSpacing, ds.SliceThickness = [0.8, 0.7], "5"
    ds.ImageOrientationPatient, ds.ImagePositionPatient = [1, 0, 0, 0, 1, 0], [-100, -90, z_mm]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.RescaleSlope, ds.RescaleIntercept = "1", "-1024"
    ds.PixelData = (hu.astype(np.int32) + 1024).astype("<u2").tobytes()
    for keyword, value in changes.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    return ds


def write_series(folder: Path, z_mm: Sequence[float] = (0, 5, 10, 15, 20, 25), **changes: Any) -> list[Path]:
    """A series, its file names in no useful order."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for k, z in enumerate(z_mm):
        path = folder / f"IM{(k * 7) % len(z_mm):04d}_{k}"
        slice_dataset(z, **changes).save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def enhanced(frames: Sequence[tuple[float, npt.NDArray[np.int16], dict[str, Sequence[Dataset]]]], **changes: Any) -> Dataset:
    """An enhanced CT: LPS z, HU and further functional groups of each frame."""
    hu = np.stack([image for _, image, _ in frames])
    ds = slice_dataset(0, hu[0], SOPClassUID="1.2.840.10008.5.1.4.1.1.2.1", NumberOfFrames=len(frames), **changes)
    ds.PixelData = (hu.astype(np.int32) + 1024).astype("<u2").tobytes()
    ds.SharedFunctionalGroupsSequence = [
        _item(
            PlaneOrientationSequence=[_item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
            PixelMeasuresSequence=[_item(PixelSpacing=[0.8, 0.7], SliceThickness=5)],
            PixelValueTransformationSequence=[_item(RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU")],
        )
    ]
    ds.PerFrameFunctionalGroupsSequence = [
        _item(PlanePositionSequence=[_item(ImagePositionPatient=[-100, -90, z])], **groups) for z, _, groups in frames
    ]
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "RescaleSlope", "RescaleIntercept"):
        delattr(ds, keyword)
    return ds


def group_of(sequence: str, keyword: str, value: Any) -> dict[str, Sequence[Dataset]]:
    """A functional group that says one thing."""
    return {sequence: [_item(**{keyword: value})]}


def _item(**values: Any) -> Dataset:
    item = Dataset()
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return item
