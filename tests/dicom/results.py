"""A small CT in every form that is read, measured by hand: a result whose numbers and masks are known."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from ct_files import body_hu, slice_dataset
from pydicom.dataset import Dataset
from pydicom.uid import EnhancedCTImageStorage, generate_uid

from napari_t12_bodycomp.model.axial_slice import axial_slice
from napari_t12_bodycomp.model.level import LevelMethod, MeasuredLevel
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.subject import Subject, ValueSource
from napari_t12_bodycomp.model.tissue import Region
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow.export import build_result
from napari_t12_bodycomp.workflow.source import load_volume

Z_MM = (0, 1, 2, 3, 4, 5, 6, 7, 8)
ROWS, COLUMNS = 48, 64
WHOLE = {
    "FrameOfReferenceUID": generate_uid(),
    "PatientBirthDate": "19500102",
    "PatientSex": "F",
    "PatientAge": "071Y",
    "PatientSize": "1.600",
    "StudyDate": "20210304",
    "StudyTime": "080910",
    "StudyID": "7",
    "AccessionNumber": "A-123456",
    "ReferringPhysicianName": "Curie^Marie",
    "StudyDescription": "Thorax",
    "SeriesNumber": "2",
    "InstanceNumber": "1",
    "Manufacturer": "Maker",
    "PositionReferenceIndicator": "",
    "SliceThickness": "1",
    "PatientPosition": "HFS",
    "AcquisitionNumber": "1",
    "SeriesDate": "20210304",
}


@dataclass(frozen=True)
class Scan:
    path: Path
    volume: CTVolume


def tissue_hu(z: int) -> npt.NDArray[np.int16]:
    """Body with a band of fat on the left and noise that differs from slice to slice."""
    hu = body_hu(z, ROWS, COLUMNS)
    hu[:, :32] = np.where(hu[:, :32] > -500, -100 + z, hu[:, :32])
    return hu


def plain(z: int) -> Dataset:
    """A slice with rows to posterior and columns to the left."""
    return slice_dataset(float(z), tissue_hu(z), **WHOLE)


def upside_down(z: int) -> Dataset:
    """The same slice written from the other corner, as for feet first or prone."""
    dataset = plain(z)
    dataset.ImagePositionPatient = [-100 + 0.7 * (COLUMNS - 1), -90 + 0.8 * (ROWS - 1), z]
    dataset.ImageOrientationPatient = [-1, 0, 0, 0, -1, 0]
    dataset.PixelData = np.ascontiguousarray(dataset.pixel_array[::-1, ::-1]).tobytes()
    return dataset


def on_its_side(z: int) -> Dataset:
    """The same slice with rows and columns exchanged."""
    dataset = plain(z)
    pixels = np.ascontiguousarray(dataset.pixel_array.T)
    dataset.ImageOrientationPatient, dataset.PixelSpacing = [0, 1, 0, 1, 0, 0], [0.7, 0.8]
    dataset.Rows, dataset.Columns, dataset.PixelData = COLUMNS, ROWS, pixels.tobytes()
    return dataset


def folder_of(make: Callable[[int], Dataset]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / "ct").mkdir(parents=True)
        for z in Z_MM:
            make(z).save_as(folder / "ct" / f"IM{(z * 7) % 9}", enforce_file_format=True)
        return folder / "ct"

    return write


def zipped(folder: Path) -> Path:
    ct = folder_of(plain)(folder)
    with zipfile.ZipFile(folder / "ct.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in ct.iterdir():
            archive.write(file, f"study/{file.name}")
    return folder / "ct.zip"


def tarred(folder: Path) -> Path:
    ct = folder_of(plain)(folder)
    with tarfile.open(folder / "ct.tar.gz", "w:gz") as archive:
        archive.add(ct, "study")
    return folder / "ct.tar.gz"


def item(**values: object) -> Dataset:
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def enhanced(folder: Path) -> Path:
    """One object with a frame for each slice, in no useful order."""
    single = plain(0)
    order = [4, 0, 8, 2, 6, 1, 5, 3, 7]
    single.SOPClassUID = single.file_meta.MediaStorageSOPClassUID = EnhancedCTImageStorage
    single.NumberOfFrames = len(order)
    shared = item(
        PixelMeasuresSequence=[item(PixelSpacing=single.PixelSpacing, SliceThickness="1")],
        PlaneOrientationSequence=[item(ImageOrientationPatient=single.ImageOrientationPatient)],
        PixelValueTransformationSequence=[item(RescaleSlope="1", RescaleIntercept="-1024", RescaleType="HU")],
    )
    single.SharedFunctionalGroupsSequence = [shared]
    frames = [plain(z) for z in order]
    single.PerFrameFunctionalGroupsSequence = [
        item(PlanePositionSequence=[item(ImagePositionPatient=f.ImagePositionPatient)]) for f in frames
    ]
    single.PixelData = b"".join(f.PixelData for f in frames)
    for keyword in (
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "PixelSpacing",
        "RescaleSlope",
        "RescaleIntercept",
        "SliceThickness",
    ):
        delattr(single, keyword)
    folder.mkdir(parents=True, exist_ok=True)
    single.save_as(folder / "enhanced.dcm", enforce_file_format=True)
    return folder / "enhanced.dcm"


FORMS = {
    "folder": folder_of(plain),
    "upside down": folder_of(upside_down),
    "on its side": folder_of(on_its_side),
    "zip": zipped,
    "tar": tarred,
    "enhanced": enhanced,
}


def regions() -> npt.NDArray[np.uint8]:
    """Three regions without symmetry, so that no turn goes unseen."""
    drawn = np.zeros((ROWS, COLUMNS), np.uint8)
    drawn[10:20, 12:50] = Region.SUBCUTANEOUS
    drawn[20:30, 16:44] = Region.MUSCLE
    drawn[24:27, 30:37] = Region.VISCERAL
    return drawn


def measured(scan: Scan, slab_mm: float = 0.0, **changes: object) -> Result:
    """The regions measured on the slice at z 4 mm, by default by an assessor who confirmed T12."""
    level = changes.pop("level", None) or MeasuredLevel(4, 4.0, LevelMethod.MANUAL, confirmed_by="RA1", reason="counted from T1")
    subject = changes.pop("subject", None) or Subject("P1", "F", 71.0, 1.6, ValueSource.DICOM)
    drawn = changes.pop("regions", None)
    protocol = Protocol(slab_mm=slab_mm)
    words = {"assessor": "RA1", "status": "confirmed"} | changes
    return build_result(
        scan.volume, None, level, axial_slice(scan.volume, 4, slab_mm), regions() if drawn is None else drawn, protocol, subject, **words
    )


def scan_of(form: str, folder: Path) -> Scan:
    path = FORMS[form](folder)
    return Scan(path, load_volume(path))


def checked(tool: str, *files: Path | str) -> str:
    """What a checker says about `files`; the test is skipped where it is not installed."""
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed (Debian: dicom3tools, dcmtk)")
    done = subprocess.run([tool, *map(str, files)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr
