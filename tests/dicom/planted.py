"""Identities planted in every place of a DICOM file, each with one mark that must be nowhere afterwards."""

from __future__ import annotations

import struct
from io import BytesIO

from pydicom import Dataset
from pydicom.datadict import DicomDictionary
from pydicom.dataelem import DataElement
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian

MARK = "Qzwxyk"
"""Letters that no scan spells by chance; names, IDs and words all begin with them."""
DATE, TIME, UID_ROOT = "19470719", "031415.926", "1.3.6.1.4.1.77777"
SURNAME = f"{MARK}baum"
TEXTS = frozenset({"AE", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
STRUCTURE = frozenset(
    """SpecificCharacterSet ImageType SOPClassUID Modality Rows Columns BitsAllocated BitsStored HighBit PixelRepresentation SamplesPerPixel
    PhotometricInterpretation PlanarConfiguration NumberOfFrames PixelData FloatPixelData DoubleFloatPixelData ImagePositionPatient
    ImageOrientationPatient PixelSpacing RescaleSlope RescaleIntercept BurnedInAnnotation PerFrameFunctionalGroupsSequence
    SharedFunctionalGroupsSequence""".split()  # noqa: SIM905 - a page of quotes and commas reads worse
)
"""What says that the object is an image: without it nothing would be taken."""
OF_THE_SCANNER = frozenset({"Manufacturer", "ManufacturerModelName", "ConvolutionKernel", "FilterType", "RescaleType", "StackID"})
"""Words that stay unless they hold the patient's own name."""


def value_for(tag: int, vr: str, keyword: str) -> object:
    """An identity in the form that `vr` asks for."""
    if vr in TEXTS:
        return SURNAME if keyword in OF_THE_SCANNER else f"{MARK}{tag:08x}"
    if vr in ("OB", "OW", "UN", "OB or OW", "OD", "OF", "OL", "OV", "US or SS or OW"):
        return f"{MARK}{tag:08x}__".encode()
    numbers = {"US": 12, "SS": 12, "US or SS": 12, "UL": 6, "SL": 6}
    if vr in numbers:
        letters = f"{MARK}{MARK}{MARK}{MARK}".encode()
        return list(struct.unpack(f"<{numbers[vr]}{'H' if numbers[vr] == 12 else 'L'}", letters))
    known = {"DA": DATE, "DT": f"{DATE}{TIME}", "TM": TIME, "AS": "093Y", "UI": f"{UID_ROOT}.{tag}", "CS": SURNAME.upper()}
    return known.get(vr)


def plant_everywhere(dataset: Dataset, depth: int = 0) -> None:
    """Put an identity into every element that is there, at every depth, and private and unknown ones beside them."""
    for element in list(dataset):
        if element.VR == "SQ":
            for item in element.value:
                plant_everywhere(item, depth + 1)
        elif element.keyword not in STRUCTURE and (value := value_for(int(element.tag), element.VR, element.keyword)) is not None:
            dataset[element.tag] = DataElement(element.tag, _plain(element.VR), value)
    dataset.add_new(0x00110010, "LO", f"{MARK} maker")
    dataset.add_new(0x00111001, "LO", f"{MARK} private")
    dataset.add_new(0x00111002, "UN", f"{MARK} private bytes ".encode())
    dataset.add_new(0x00111003, "SQ", Sequence([_named()]))
    dataset.add_new(0x00186666, "UN", f"{MARK} unknown element".encode())
    dataset.add_new(0x60003000, "OW", f"{MARK} overlay".encode())
    dataset.add_new(0x60000022, "LO", f"{MARK} overlay")
    dataset.add_new(0x50000030, "SH", f"{MARK}curve")
    dataset.add_new(0x00282000, "OB", f"{MARK} colours".encode())
    dataset.add_new(0x00420011, "OB", f"{MARK} document".encode())
    dataset.add_new(0xFFFCFFFC, "OB", f"{MARK} padding".encode())
    if depth == 0:
        for keyword, value in WHO.items():
            setattr(dataset, keyword, value)
        dataset.add_new(0x00081140, "SQ", Sequence([_referring()]))


WHO = {
    "PatientName": f"{SURNAME}^Hans",
    "PatientID": f"{MARK}4711",
    "PatientBirthDate": DATE,
    "StudyDate": DATE,
    "StudyTime": TIME,
    "AccessionNumber": f"{MARK}08",
    "OtherPatientIDs": [f"{MARK}1", f"{MARK}2"],
    "ImageComments": f"{SURNAME}, Hans",
    "SeriesDescription": f"Thorax {MARK} 19.07.47",
    "ConvolutionKernel": SURNAME,
    "PatientSize": "1.72",
}


def _named() -> Dataset:
    item = Dataset()
    item.PersonName, item.TextValue = f"{MARK}^Person", f"{MARK} words"
    return item


def _referring() -> Dataset:
    item = _named()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", f"{UID_ROOT}.1"
    item.PurposeOfReferenceCodeSequence = [Dataset()]
    code = item.PurposeOfReferenceCodeSequence[0]
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "121320", "DCM", f"{MARK} meaning"
    return item


def plant_dictionary(dataset: Dataset) -> int:
    """Add every element that DICOM's dictionary knows, each with an identity; how many."""
    before = len(dataset)
    for number, (vr, _, _, _, keyword) in DicomDictionary.items():
        tag = Tag(number)
        if tag.group in (0, 2, 4, 0x7FE0) or keyword in STRUCTURE or keyword in WHO or tag in dataset:
            continue
        value = Sequence([_named()]) if vr == "SQ" else value_for(number, vr, keyword)
        if value is not None:
            dataset.add_new(tag, _plain(vr), value)
    return len(dataset) - before


def _plain(vr: str) -> str:
    return {"US or SS": "US", "OB or OW": "OB", "US or SS or OW": "OW", "US or OW": "OW"}.get(vr, vr)


def planted_bytes(dataset: Dataset, trailing: bytes = b"") -> bytes:
    """The file, with a name in its preamble and file meta too."""
    dataset.preamble = f"{MARK} preamble".encode().ljust(128, b"\0")
    meta = dataset.file_meta
    meta.SourceApplicationEntityTitle = f"{MARK}AE"
    meta.ImplementationVersionName = f"{MARK}Impl"
    meta.PrivateInformationCreatorUID, meta.PrivateInformation = f"{UID_ROOT}.9", f"{MARK} meta!".encode()
    file = BytesIO()
    syntax = meta.TransferSyntaxUID
    dataset.save_as(
        file, enforce_file_format=True, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=syntax != ExplicitVRBigEndian
    )
    return file.getvalue() + trailing


def leaks(content: bytes) -> list[str]:
    """Which identity `content` still holds, in which encoding."""
    lowered = content.lower()
    words = [MARK, DATE, TIME, "19.07.47", f"{UID_ROOT}."]
    return [
        f"{word} ({encoding})"
        for word in words
        for encoding in ("utf-8", "utf-16-le", "utf-16-be")
        if word.lower().encode(encoding) in lowered
    ]
