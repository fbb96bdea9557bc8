"""One DICOM object without its identity: every attribute at every depth goes by the rules, and the pixels stay as they are, byte for byte."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from io import BytesIO

from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from napari_t12_bodycomp import __version__
from napari_t12_bodycomp.dicom.deid_keys import Keys, is_of_dicom, patient_of, person_of
from napari_t12_bodycomp.dicom.deid_secrets import secrets_of
from napari_t12_bodycomp.dicom.deid_streams import cleaned_pixels, has_unused_bits
from napari_t12_bodycomp.dicom.deid_walk import Deeds, Walk
from napari_t12_bodycomp.dicom.result_uids import uid_of

_SIGNATURE = (
    "PatientIdentityRemoved",
    "DeidentificationMethod",
    "DeidentificationMethodCodeSequence",
    "LongitudinalTemporalInformationModified",
)
_METHODS = {
    "113100": "Basic Application Confidentiality Profile",
    "113105": "Clean Descriptors Option",
    "113108": "Retain Patient Characteristics Option",
}
_SHIFT_METHOD = ("113107", "Retain Longitudinal Temporal Information Modified Dates Option")
_METHOD = f"napari-t12-bodycomp {__version__}"
_OUR_WORDS = " ".join([_METHOD, *_METHODS.values(), _SHIFT_METHOD[1], "MODIFIED REMOVED YES DCM"])
"""What is written into every object; somebody may be called like one of these words."""


class StillThereError(Exception):
    """A name, ID, date or UID stands in the finished bytes all the same: within the stream of the pixels, where nothing is changed."""


@dataclass(frozen=True, slots=True, eq=False)
class Cleaned:
    """A de-identified object as a file, where it belongs, and what was done to it."""

    content: bytes
    patient: str
    study_uid: str
    series_uid: str
    sop_uid: str
    deeds: Deeds
    has_id: bool
    """Whether the patient is known by an ID, and not by name and birth date alone."""
    person: str = field(repr=False)
    """Name and birth date, for telling two people with one ID apart; never to be written."""
    has_unused_bits: bool = False
    """Whether something stands in the unused bits of the pixels."""


def deidentified(data: bytes, keys: Keys, shift_dates: bool = True, keep_times: bool = False, are_pixels_clean: bool = True) -> Cleaned:
    """`data` (a DICOM file) without its identity.

    Parameters
    ----------
    are_pixels_clean : bool
        False for a picture that may show a name: it says that the identity is not removed.

    Raises
    ------
    StillThereError
        Where the pixels' stream itself holds a name or the like.
    CutShortError
        Where the pixels are not all there.
    Exception
        Whatever pydicom meets in broken bytes, as it comes.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = dcmread(BytesIO(data), force=True)
        secrets = secrets_of(dataset)
        work = Walk(keys, patient_of(dataset), secrets, shift_dates, keep_times)
        made = work.cleaned(dataset)
        pixels = _clean_pixels(dataset, made)
        _sign(made, work, are_pixels_clean)
        made.file_meta = _meta(dataset, made)
        file = BytesIO()
        made.save_as(file, enforce_file_format=True)
    content = file.getvalue()
    if secrets.in_bytes(content, _OUR_WORDS) or secrets.in_bytes(pixels):
        raise StillThereError
    return Cleaned(
        content,
        keys.pseudonym(work.patient),
        str(made.get("StudyInstanceUID", "")),
        str(made.get("SeriesInstanceUID", "")),
        str(made.SOPInstanceUID),
        work.deeds,
        work.patient.startswith("id|"),
        person_of(dataset),
        has_unused_bits(dataset, pixels),
    )


def _clean_pixels(dataset: Dataset, made: Dataset) -> bytes:
    """The pixels in `made`, which have been taken over from `dataset`, without what does not belong to them."""
    if "PixelData" not in made:
        return b""
    element = made["PixelData"]
    undefined = element.is_undefined_length
    made.PixelData = cleaned_pixels(dataset)
    made["PixelData"].is_undefined_length = undefined
    return bytes(made.PixelData)


def _sign(made: Dataset, work: Walk, are_pixels_clean: bool) -> None:
    """Say that the identity is gone, and how."""
    methods = dict(_METHODS, **dict([_SHIFT_METHOD] if work.shift_dates else []))
    for keyword in _SIGNATURE:  # an earlier one may stand there, with whatever VR
        if keyword in made:
            del made[keyword]
    made.PatientIdentityRemoved = "YES" if are_pixels_clean else "NO"
    made.DeidentificationMethod = _METHOD
    made.DeidentificationMethodCodeSequence = [_code(value, meaning) for value, meaning in sorted(methods.items())]
    made.LongitudinalTemporalInformationModified = "MODIFIED" if work.shift_dates else "REMOVED"
    made.PatientID = made.PatientName = work.keys.pseudonym(work.patient)
    if not made.get("SOPClassUID"):
        made.SOPClassUID = CTImageStorage
    if not made.get("SOPInstanceUID"):
        made.SOPInstanceUID = work.keys.uid(f"no UID|{made.get('SeriesInstanceUID', '')}|{made.get('InstanceNumber', '')}")


def _code(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
    return item


def _meta(dataset: Dataset, made: Dataset) -> FileMetaDataset:
    """File meta of our own: the old one names instance, station and program."""
    old = getattr(dataset, "file_meta", None)
    syntax = old.get("TransferSyntaxUID") if old is not None else None
    if not syntax or not is_of_dicom(syntax):
        implicit, little = dataset.original_encoding
        syntax = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian if little is not False else ExplicitVRBigEndian
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = made.SOPClassUID, made.SOPInstanceUID
    meta.TransferSyntaxUID = UID(str(syntax))
    meta.ImplementationClassUID = UID(uid_of("implementation"))
    meta.ImplementationVersionName = f"T12BC {__version__}"[:16]
    return meta
