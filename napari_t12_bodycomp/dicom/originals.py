"""The DICOM objects that a volume was read from, without their pixels: what results refer to, lie on, and take patient and study from."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.uid import CTImageStorage

from napari_t12_bodycomp.dicom.archive import MAX_MEMBER_BYTES, ByteSource
from napari_t12_bodycomp.dicom.enhanced import ENHANCED_CT
from napari_t12_bodycomp.dicom.geometry import SAME_POSITION_MM, InPlane, in_plane, orientation_name
from napari_t12_bodycomp.dicom.headers import SliceHeader
from napari_t12_bodycomp.dicom.result_uids import uid_of
from napari_t12_bodycomp.dicom.series import stacks
from napari_t12_bodycomp.dicom.told_apart import places, z_of
from napari_t12_bodycomp.dicom.upright import tilt_deg, upright_plane, used_between
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


@dataclass(frozen=True, slots=True)
class Plane:
    """Where masks lie, in rows and columns as the files have them: the first pixel's place (LPS mm), directions, distances (mm)."""

    position_mm: tuple[float, ...]
    orientation: tuple[float, ...]
    spacing_mm: tuple[float, ...]

    @property
    def turn(self) -> InPlane:
        """How the plane's rows and columns are turned into the volume's."""
        return in_plane(self.orientation)


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """What a measured slice was made from.

    Parameters
    ----------
    images : tuple of Original
        From caudal to cranial: the slice itself, those that were averaged, or those that an upright slice was interpolated from.
    centre : Original
        The one at the level.
    plane : Plane
        Where the masks lie: on the rows and columns of `centre`, but for an upright slice, which lies on those of no image.
    tilt_deg : float
        How far the images lean; 0 where they are the slices that were measured.
    """

    images: tuple[Original, ...]
    centre: Original
    plane: Plane
    tilt_deg: float = 0.0

    @property
    def is_interpolated(self) -> bool:
        return self.tilt_deg > 0

    @property
    def objects(self) -> tuple[Original, ...]:
        """The images, a multi-frame object once."""
        return tuple({o.header.sop_instance_uid: o for o in self.images}.values())

    @property
    def in_words(self) -> str:
        """How the plane came about; "" where it is an image's own."""
        if not self.is_interpolated:
            return ""
        return (
            f"The measured plane is upright. It was interpolated between {len(self.images)} images of a gantry tilted by {self.tilt_deg:.1f} "
            "degrees; masks and areas lie on it, on the rows and columns of none of these images."
        )


def sources(headers: Iterable[SliceHeader], volume: CTVolume, indices: Sequence[int], index: int) -> Sources:
    """What slice `index` of `volume`, averaged over `indices`, was read from, found among `headers` by UID and place.

    Raises
    ------
    InputError
        Where one of the images is not there, or has no UIDs to refer to.
    """
    known = [h for h in headers if h.series_uid == volume.acquisition.series_instance_uid]
    measured = _measured(known, volume, indices)
    centre = measured[list(indices).index(index)]
    if orientation_name(centre.orientation) != "tilted":
        return _read_all(measured, centre, Plane(centre.position_mm or (), centre.orientation or (), centre.pixel_spacing_mm or ()))
    by_place = [same[0] for same in places(next(s.headers for s in stacks(known) if centre in s.headers))]
    z_mm = np.array([z_of(h) for h in by_place])
    used = {k for i in indices for k in used_between(centre, z_mm, float(volume.z_mm[i]))}
    images = [centre if k == int(np.abs(z_mm - z_of(centre)).argmin()) else by_place[k] for k in sorted(used)]
    return _read_all(images, centre, Plane(*upright_plane(centre, float(volume.z_mm[index]))), tilt_deg(centre.orientation or ()))


def _read_all(headers: Sequence[SliceHeader], centre: SliceHeader, plane: Plane, tilt: float = 0.0) -> Sources:
    read: dict[tuple[str, int, int], tuple[Dataset, Dataset]] = {}
    for header in headers:
        if header.source.key not in read:
            dataset = _read(header.source, header.headless)
            read[header.source.key] = dataset, _reference(dataset, header)
    images = tuple(Original(header, *read[header.source.key]) for header in headers)
    return Sources(images, images[list(headers).index(centre)], plane, tilt)


def _measured(headers: Sequence[SliceHeader], volume: CTVolume, indices: Sequence[int]) -> list[SliceHeader]:
    """The headers of slices `indices` of `volume`."""
    wanted = {volume.sop_instance_uid(k) for k in indices}
    known = [h for h in headers if h.sop_instance_uid in wanted]
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
        found.append(here[0])
    return found


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
