"""What segmentation, report and picture have in common: their series, who and what made them, and the patient and study of the scan."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any, TypeVar

from highdicom import SOPClass
from pydicom import dcmread
from pydicom.uid import UID
from pydicom.valuerep import DA, DT, TM

from napari_t12_bodycomp.dicom.originals import Original
from napari_t12_bodycomp.dicom.result_uids import result_key, scan_key, uid_of
from napari_t12_bodycomp.model.result import Result

T = TypeVar("T")
PROGRAM = "napari-t12-bodycomp"
CHARACTERS = "ISO_IR 192"
"""UTF-8: holds whatever the scan's own character set does."""
IMPLEMENTATION = uid_of("implementation")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object: its series' number and description; each kind has a series of its own beside the scan."""

    name: str
    series_number: int
    description: str


REGIONS_SEG = Kind("regions", 9101, "Body composition, regions")
TISSUES_SEG = Kind("tissues", 9102, "Body composition, tissues")
REPORT_SR = Kind("report", 9103, "Body composition, report")
OVERLAY_SC = Kind("overlay", 9104, "Body composition, picture")


@dataclass(frozen=True, slots=True, eq=False)
class Making:
    """A result that is about to be written as DICOM.

    Parameters
    ----------
    originals : tuple of Original
        The slices that were measured, from caudal to cranial: one, or those that were averaged.
    made_at : datetime
        Time of the content.
    organisation : str
        Whose observers these are; "" takes the scan's institution.
    """

    result: Result
    originals: tuple[Original, ...]
    made_at: datetime
    organisation: str = ""

    @property
    def centre(self) -> Original:
        """The slice at the level."""
        return self.originals[self.result.axial.indices.index(self.result.axial.index)]

    def identity(self, kind: Kind) -> dict[str, Any]:
        """Series, instance and equipment as highdicom wants them."""
        version = self.result.software_version
        return {
            "series_instance_uid": uid_of("series", kind.name, version, scan_key(self.result)),
            "series_number": kind.series_number,
            "sop_instance_uid": uid_of("instance", kind.name, result_key(self.result)),
            "instance_number": 1,
            "manufacturer": PROGRAM,
            "manufacturer_model_name": PROGRAM,
            "software_versions": version,
            "device_serial_number": version,
            "series_description": kind.description,
            "specific_character_set": CHARACTERS,
            "content_date": self.made_at.date(),
            "content_time": self.made_at.time(),
        }


def finished(made: SOPClass, making: Making) -> bytes:
    """`made` as a file, with patient and study exactly as the scan's own headers have them."""
    scan = making.centre.dataset
    if "SOPClassUID" not in scan:
        scan.SOPClassUID = making.centre.reference.SOPClassUID
    made.copy_patient_and_study_information(scan)
    made.SpecificCharacterSet = CHARACTERS
    made.InstanceCreationDate, made.InstanceCreationTime = DA(making.made_at.date()), TM(making.made_at.time())
    for item in made.get("ContributingEquipmentSequence", ()):
        item.ContributionDateTime = DT(making.made_at)
    dimensions = uid_of("dimensions", made.SOPInstanceUID)
    for item in (*made.get("DimensionOrganizationSequence", ()), *made.get("DimensionIndexSequence", ())):
        item.DimensionOrganizationUID = dimensions
    made.file_meta.ImplementationClassUID = UID(IMPLEMENTATION)
    made.file_meta.ImplementationVersionName = f"T12BC {making.result.software_version}"[:16]
    file = BytesIO()
    made.save_as(file, enforce_file_format=True)
    return file.getvalue()


def instance_of(content: bytes) -> str:
    """The SOP Instance UID of a DICOM file; "" where it is none."""
    try:
        return str(dcmread(BytesIO(content), stop_before_pixels=True, specific_tags=["SOPInstanceUID"]).SOPInstanceUID)
    except Exception:  # pydicom meets broken bytes with many kinds of error
        return ""


def quietly(make: Callable[[], T]) -> T:
    """What `make` makes; libraries quote header values in their warnings, so these are dropped."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make()
