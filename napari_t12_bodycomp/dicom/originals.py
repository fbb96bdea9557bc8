"""The DICOM objects that a volume was read from, without their pixels: what results refer to and take patient and study from."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydicom import Dataset, dcmread
from pydicom.uid import CTImageStorage

from napari_t12_bodycomp.dicom.archive import MAX_MEMBER_BYTES, ByteSource
from napari_t12_bodycomp.dicom.enhanced import ENHANCED_CT
from napari_t12_bodycomp.dicom.geometry import SAME_POSITION_MM, InPlane, in_plane, orientation_name
from napari_t12_bodycomp.dicom.headers import SliceHeader
from napari_t12_bodycomp.dicom.result_uids import uid_of
from napari_t12_bodycomp.dicom.told_apart import z_of
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.volume import CTVolume

_IDENTITY = ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "SOPInstanceUID", "Rows", "Columns")
_FRAMES = ("NumberOfFrames", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence", "DimensionIndexSequence")
_BLANK = "PatientID PatientName PatientBirthDate PatientSex AccessionNumber StudyID StudyDate StudyTime ReferringPhysicianName".split()  # noqa: SIM905


@dataclass(frozen=True, slots=True, eq=False)
class Original:
    """One slice of the scan in its file.

    Parameters
    ----------
    header : SliceHeader
        Its place and grid; `header.frame` is its frame in a multi-frame object.
    dataset : Dataset
        Everything that the file says, without pixels.
    reference : Dataset
        The part of it that a result refers to, sound enough to be built upon: identity and geometry, patient and study left blank.
    """

    header: SliceHeader
    dataset: Dataset
    reference: Dataset

    @property
    def is_multi_frame(self) -> bool:
        return self.header.sop_class in ENHANCED_CT

    @property
    def position_mm(self) -> tuple[float, ...]:
        return self.header.position_mm or ()

    @property
    def orientation(self) -> tuple[float, ...]:
        return self.header.orientation or ()

    @property
    def spacing_mm(self) -> tuple[float, ...]:
        return self.header.pixel_spacing_mm or ()

    @property
    def turn(self) -> InPlane:
        """How the file's rows and columns are turned into the volume's."""
        return in_plane(self.orientation)


def originals(headers: Iterable[SliceHeader], volume: CTVolume, indices: Sequence[int]) -> tuple[Original, ...]:
    """The objects that slices `indices` of `volume` were read from, found among `headers` by UID and place.

    Raises
    ------
    InputError
        Where one of them is not there, has no UIDs to refer to, or leaned under a tilted gantry, so that the volume's slices are others.
    """
    wanted = {volume.sop_instance_uid(k) for k in indices}
    series = volume.acquisition.series_instance_uid
    known = [h for h in headers if h.sop_instance_uid in wanted and h.series_uid == series]
    read: dict[tuple[str, int, int], tuple[Dataset, Dataset]] = {}
    found = []
    for k in indices:
        here = [h for h in known if h.sop_instance_uid == volume.sop_instance_uid(k) and abs(z_of(h) - volume.z_mm[k]) <= SAME_POSITION_MM]
        if not here:
            raise InputError(
                "The DICOM images that were measured are wanted, to refer to them, but they are not there any more: "
                "give the folder or archive that they were read from."
            )
        if not (here[0].study_uid and here[0].series_uid and here[0].sop_instance_uid):
            raise InputError(
                "UIDs of study, series and image are wanted, for results as DICOM to refer to, but the headers lack them: "
                "export the scan again, or do without."
            )
        if orientation_name(here[0].orientation) == "tilted":
            raise InputError(
                "Images in the plane that was measured are wanted, for results as DICOM to lie on, but the gantry was tilted and the slices "
                "were made upright: save the results without DICOM."
            )
        key = here[0].source.key
        if key not in read:
            dataset = _read(here[0].source, here[0].headless)
            read[key] = dataset, _reference(dataset, here[0])
        found.append(Original(here[0], *read[key]))
    return tuple(found)


def _read(source: ByteSource, headless: bool) -> Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dcmread(io.BytesIO(source.read(0, MAX_MEMBER_BYTES)), stop_before_pixels=True, force=headless)


def _reference(dataset: Dataset, header: SliceHeader) -> Dataset:
    """Identity and geometry of `dataset`; what the standard demands and the file lacks is left empty, a frame of reference is made up."""
    part = Dataset()
    many = header.sop_class in ENHANCED_CT
    for keyword in (*_IDENTITY, *(_FRAMES if many else ())):
        if dataset.get(keyword) not in (None, ""):
            part.add(dataset[keyword])
    for keyword in _BLANK:
        setattr(part, keyword, "")
    part.SOPClassUID = header.sop_class or CTImageStorage
    part.Modality, part.ImageType = "CT", ["ORIGINAL", "PRIMARY"]
    part.SamplesPerPixel, part.PhotometricInterpretation = 1, "MONOCHROME2"
    part.BitsAllocated, part.BitsStored, part.HighBit, part.PixelRepresentation = 16, 16, 15, 1
    if "FrameOfReferenceUID" not in part:
        part.FrameOfReferenceUID = uid_of("frame of reference", header.series_uid)
    if not many:
        part.ImagePositionPatient = [f"{v:.10g}" for v in header.position_mm or ()]
        part.ImageOrientationPatient = [f"{v:.10g}" for v in header.orientation or ()]
        part.PixelSpacing = [f"{v:.10g}" for v in header.pixel_spacing_mm or ()]
        part.SliceThickness = None if header.slice_thickness_mm is None else f"{header.slice_thickness_mm:.10g}"
    return part
