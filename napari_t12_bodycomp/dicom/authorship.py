"""What segmentation, report and picture have in common: their series, who and what made them, and the patient and study of the scan."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from io import BytesIO
from typing import Any, TypeVar

from highdicom import SOPClass
from pydicom import Dataset, dcmread
from pydicom.uid import UID
from pydicom.valuerep import DA, DT, TM

from napari_t12_bodycomp.dicom.characters import ALL_CHARACTERS, characters_for
from napari_t12_bodycomp.dicom.originals import Original, Sources
from napari_t12_bodycomp.dicom.result_uids import digest_uid, scan_key, uid_of
from napari_t12_bodycomp.model.result import Result

T = TypeVar("T")
Made = TypeVar("Made", bound=SOPClass)
PROGRAM = "napari-t12-bodycomp"
IMPLEMENTATION = uid_of("implementation")
_UNTIL_DONE = uid_of("instance")
"""Stands for the UID of an instance until all that it says is there, from which the UID follows."""


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
    sources : Sources
        What the measured slice was made from.
    made_at : datetime
        Time of the content, with its offset from UTC.
    organisation : str
        Whose observers these are; "" takes the scan's institution.
    """

    result: Result
    sources: Sources
    made_at: datetime
    organisation: str = ""

    @property
    def centre(self) -> Original:
        """The image at the level."""
        return self.sources.centre

    @property
    def local_time(self) -> datetime:
        """`made_at` on the clock that the scan's own dates and times go by, where its header says which; else on this computer's."""
        return self.made_at.astimezone(_offset(str(self.centre.dataset.get("TimezoneOffsetFromUTC") or "")))

    def identity(self, kind: Kind) -> dict[str, Any]:
        """Series, instance and equipment as highdicom wants them."""
        version, place = self.result.software_version, str(self.centre.reference.FrameOfReferenceUID)
        return {
            "series_instance_uid": uid_of("series", kind.name, version, scan_key(self.result), place),
            "series_number": kind.series_number,
            "sop_instance_uid": _UNTIL_DONE,
            "instance_number": 1,
            "manufacturer": PROGRAM,
            "manufacturer_model_name": PROGRAM,
            "software_versions": version,
            "device_serial_number": version,
            "series_description": kind.description,
            "specific_character_set": ALL_CHARACTERS,
            "content_date": self.local_time.date(),
            "content_time": self.local_time.time(),
        }


def finished(made: Made, making: Making) -> Made:
    """`made` with patient and study exactly as the scan's own headers have them, and with a UID that follows from all it says."""
    scan, at = making.centre.dataset, making.local_time
    if "SOPClassUID" not in scan:
        scan.SOPClassUID = making.centre.reference.SOPClassUID
    made.copy_patient_and_study_information(scan)
    if _offset(str(scan.get("TimezoneOffsetFromUTC") or "")) is not None:
        made.add(scan["TimezoneOffsetFromUTC"])
    made.InstanceCreationDate, made.InstanceCreationTime = DA(at.date()), TM(at.time())
    for item in made.get("ContributingEquipmentSequence", ()):
        item.ContributionDateTime = DT(at)
    _name_dimensions(made, _UNTIL_DONE)
    characters = characters_for(made, scan)
    if characters is None:
        del made.SpecificCharacterSet
    else:
        made.SpecificCharacterSet = characters
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = UID(digest_uid(_as_file(made)))
    _name_dimensions(made, uid_of("dimensions", made.SOPInstanceUID))
    return made


def as_file(made: SOPClass, making: Making) -> bytes:
    """`made`, which is finished, as a DICOM file."""
    made.file_meta.ImplementationClassUID = UID(IMPLEMENTATION)
    made.file_meta.ImplementationVersionName = f"T12BC {making.result.software_version}"[:16]
    return _as_file(made)


def _as_file(made: SOPClass) -> bytes:
    file = BytesIO()
    made.save_as(file, enforce_file_format=True)
    return file.getvalue()


def _name_dimensions(made: Dataset, uid: str) -> None:
    for item in (*made.get("DimensionOrganizationSequence", ()), *made.get("DimensionIndexSequence", ())):
        item.DimensionOrganizationUID = uid


def _offset(words: str) -> timezone | None:
    """``+0900`` as a time zone; None where it is none."""
    sign, hours, minutes = words[:1], words[1:3], words[3:5]
    if len(words) != 5 or sign not in ("+", "-") or not (hours + minutes).isdecimal() or int(hours) > 14 or int(minutes) > 59:
        return None
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-offset if sign == "-" else offset)


def time_of(content: bytes) -> datetime | None:
    """When the content of a DICOM file of ours was made, as `Making.made_at` has it; None where the file does not say."""
    try:
        tags = ["InstanceCreationDate", "InstanceCreationTime", "TimezoneOffsetFromUTC"]
        one = dcmread(BytesIO(content), stop_before_pixels=True, specific_tags=tags)
        at = datetime.strptime(f"{one.InstanceCreationDate} {one.InstanceCreationTime}", "%Y%m%d %H%M%S.%f")
        return at.replace(tzinfo=_offset(str(one.get("TimezoneOffsetFromUTC") or ""))).astimezone()
    except Exception:  # pydicom meets broken bytes with many kinds of error
        return None


def quietly(make: Callable[[], T]) -> T:
    """What `make` makes; libraries quote header values in their warnings, so these are dropped."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make()
