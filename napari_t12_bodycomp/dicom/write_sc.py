"""The picture of a measurement as a DICOM secondary capture in colour."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from highdicom.sc import SCImage
from pydicom import Dataset
from pydicom.valuerep import DA, TM

from napari_t12_bodycomp.dicom.authorship import OVERLAY_SC, Making

_BLANK = ("patient_id", "patient_name", "patient_birth_date", "patient_sex", "accession_number", "study_id")


def overlay_sc(making: Making, png: bytes) -> SCImage:
    """`png` (RGB, neither name nor patient ID in it) as an image that names the slices it was made from."""
    from PIL import Image

    identity: dict[str, Any] = dict.fromkeys(_BLANK, "") | making.identity(OVERLAY_SC)
    with Image.open(io.BytesIO(png)) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    made = SCImage(
        pixel_array=pixels,
        photometric_interpretation="RGB",
        bits_allocated=8,
        coordinate_system="PATIENT",
        patient_orientation=("L", "P"),
        study_instance_uid=making.centre.reference.StudyInstanceUID,
        **identity,
    )
    made.PatientOrientation = []  # several views on one page
    made.BodyPartExamined = "CHESTABDOMEN"  # no paired part, so that no laterality is missing
    made.ConversionType = "WSD"
    made.DateOfSecondaryCapture, made.TimeOfSecondaryCapture = DA(making.local_time.date()), TM(making.local_time.time())
    made.BurnedInAnnotation = "NO"
    made.DerivationDescription = f"Measured slice with contours and tissues, place in the spine, numbers. {making.sources.in_words}".strip()
    made.SourceImageSequence = [_source(making, o.header.sop_instance_uid) for o in making.sources.objects]
    made.LossyImageCompression = "00"
    return made


def _source(making: Making, uid: str) -> Dataset:
    taken = [o for o in making.sources.images if o.header.sop_instance_uid == uid]
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = taken[0].reference.SOPClassUID, uid
    if taken[0].is_multi_frame:
        item.ReferencedFrameNumber = [o.header.frame + 1 for o in taken]
    return item
