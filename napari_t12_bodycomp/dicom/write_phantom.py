"""Write a CT volume as a DICOM series: for phantoms, so that every header is ours."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGLSLossless, RLELossless

from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.model.volume import CTVolume

SYNTAXES = {
    "jpeg-ls": JPEGLSLossless,
    "rle": RLELossless,
    "explicit": ExplicitVRLittleEndian,
    "implicit": ImplicitVRLittleEndian,
}
INTERCEPT = -1024
ROW_COLUMN = {"HFS": (1, 1), "HFP": (-1, -1), "FFS": (-1, 1), "FFP": (1, -1)}
"""By Patient Position: which way the patient's x runs along a row and y along a column of an image as the gantry sees it."""


def write_series(
    volume: CTVolume, folder: Path, transfer_syntax: str = "jpeg-ls", seed: int = 0, patient_position: str = "HFS"
) -> list[Path]:
    """Write `volume` as one CT file a slice.

    File names are in a random order (from `seed`), as archives deliver them. The same volume gives the same bytes.

    Parameters
    ----------
    volume : CTVolume
        With SOP Instance UIDs for each slice.
    folder : Path
        Made where it is missing.
    transfer_syntax : str
        One of "jpeg-ls", "rle" (both lossless), "explicit", "implicit".
    patient_position : str
        "HFS", "HFP", "FFS" or "FFP" (PS3.3 C.7.3.1.1.2): rows and columns are stored as the gantry sees this patient.

    Returns
    -------
    list of Path
        The files, most caudal slice first.
    """
    if transfer_syntax not in SYNTAXES:
        raise UsageError(f"A transfer syntax out of {', '.join(SYNTAXES)} is wanted, {transfer_syntax!r} came: choose one of these.")
    if patient_position not in ROW_COLUMN:
        raise UsageError(f"A patient position out of {', '.join(ROW_COLUMN)} is wanted, {patient_position!r} came: choose one of these.")
    folder.mkdir(parents=True, exist_ok=True)
    n = len(volume.hu)
    names = np.random.default_rng([seed, 5]).permutation(n)
    paths = []
    for k in range(n):
        ds = _dataset(volume, k, patient_position)
        if transfer_syntax in ("jpeg-ls", "rle"):
            ds.compress(SYNTAXES[transfer_syntax], generate_instance_uid=False)
        else:
            ds.file_meta.TransferSyntaxUID = SYNTAXES[transfer_syntax]
        path = folder / f"IM{names[k] + 1:04d}.dcm"
        ds.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def _dataset(volume: CTVolume, k: int, patient_position: str) -> Dataset:
    a, s = volume.acquisition, volume.subject
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = CTImageStorage
    ds.file_meta.MediaStorageSOPInstanceUID = UID(volume.sop_instance_uids[k])
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.ImplementationClassUID = UID("2.25.84723652364761234872364912384756123")
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, volume.sop_instance_uids[k]
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = a.study_date
    ds.StudyTime = ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = "080000"
    ds.AccessionNumber, ds.Modality, ds.Manufacturer = "", a.modality, a.manufacturer
    ds.ReferringPhysicianName = ""
    ds.StudyDescription, ds.SeriesDescription, ds.ManufacturerModelName = "Synthetic phantom", a.description, a.scanner
    ds.PatientName, ds.PatientID, ds.PatientBirthDate, ds.PatientSex = "Phantom^Synthetic", s.patient_id, "", s.sex
    if s.age_years is not None:
        ds.PatientAge = f"{round(s.age_years):03d}Y"
    if s.height_m is not None:
        ds.PatientSize = f"{s.height_m:.3f}"
    if s.weight_kg is not None:
        ds.PatientWeight = f"{s.weight_kg:.1f}"
    if a.contrast not in (None, "", "none"):
        ds.ContrastBolusAgent = a.contrast
    ds.BodyPartExamined, ds.KVP = "CHEST", f"{a.kvp:g}" if a.kvp else ""
    if a.slice_thickness_mm is not None:
        ds.SliceThickness = f"{a.slice_thickness_mm:g}"
    ds.SpacingBetweenSlices = f"{volume.slice_spacing_mm:g}"
    ds.ConvolutionKernel, ds.PatientPosition = a.kernel, patient_position
    ds.StudyInstanceUID, ds.SeriesInstanceUID = a.study_instance_uid, a.series_instance_uid
    ds.StudyID, ds.SeriesNumber, ds.AcquisitionNumber, ds.InstanceNumber = "1", 2, a.acquisition_number or 1, len(volume.hu) - k
    if patient_position.startswith("FF"):
        ds.InstanceNumber = k + 1
    _, ds.Rows, ds.Columns = volume.shape
    along_row, along_column = ROW_COLUMN[patient_position]
    (x, y), (dy, dx) = volume.origin_xy_mm, volume.pixel_spacing_mm
    x, y = x + (ds.Columns - 1) * dx * (along_row < 0), y + (ds.Rows - 1) * dy * (along_column < 0)
    ds.ImagePositionPatient = [f"{x:.6g}", f"{y:.6g}", f"{volume.z_mm[k]:.6f}"]
    ds.ImageOrientationPatient = [along_row, 0, 0, 0, along_column, 0]
    ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = _derived_uid(a.series_instance_uid), ""
    ds.SliceLocation = f"{volume.z_mm[k]:.6f}"
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.PixelSpacing = [f"{volume.pixel_spacing_mm[0]:.8g}", f"{volume.pixel_spacing_mm[1]:.8g}"]
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.WindowCenter, ds.WindowWidth = "40", "400"
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = f"{INTERCEPT}", "1", "HU"
    stored = np.clip(volume.hu[k, ::along_column, ::along_row].astype(np.int32) - INTERCEPT, 0, 4095).astype("<u2")
    ds.PixelData = stored.tobytes()
    ds["PixelData"].VR = "OW"
    return ds


def _derived_uid(uid: str) -> str:
    return "2.25." + str(int.from_bytes(hashlib.sha256(uid.encode()).digest()[:15], "big"))
