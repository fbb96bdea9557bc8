"""From options to a phantom: paint planes, average them to slices, add what a scanner adds, and write down the truth."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.model.subject import Subject, ValueSource
from napari_t12_bodycomp.model.volume import Acquisition, CTVolume
from napari_t12_bodycomp.phantom import abdomen, chest, ribs, scanner, spine, trunk, truth
from napari_t12_bodycomp.phantom.frame import Frame, build_frame
from napari_t12_bodycomp.phantom.options import Phantom, PhantomOptions
from napari_t12_bodycomp.phantom.parts import VISCERAL_FAT_HU, Part
from napari_t12_bodycomp.phantom.plane import N_ANGLES, Plane

F32 = npt.NDArray[np.float32]
UID_ROOT = "2.25."


@dataclass(frozen=True, slots=True, eq=False)
class Anatomy:
    """All that is fixed before painting: the frame, ribs, vessels and bowel drawn from the seed."""

    frame: Frame
    ribs: tuple[ribs.Rib, ...]
    vessels: tuple[chest.Segment, ...]
    bowel: tuple[tuple[float, float, float, float, float, float], ...]


class Painter:
    """Paints planes of one anatomy on one in-plane grid (`n` pixels of `pixel_mm`)."""

    def __init__(self, anatomy: Anatomy, n: int, pixel_mm: float, edge_mm: float) -> None:
        o = anatomy.frame.options
        self.anatomy, self.n, self.pixel = anatomy, n, pixel_mm
        self.edge = edge_mm / o.scale
        first = -(n - 1) / 2 * pixel_mm
        self.axis = (first + np.arange(n) * pixel_mm).astype(np.float32) / np.float32(o.scale)
        self.origin = (float(self.axis[0]) - o.offset_mm[0] / o.scale, float(self.axis[0]) - o.offset_mm[1] / o.scale)
        self.step = pixel_mm / o.scale
        self.static = None if o.scoliosis_mm else self._coordinates(0.0)
        x, y, _, _ = self.static or self._coordinates(0.0)
        self.dome = chest.build_dome(anatomy.frame, x, y, self.step)

    def _coordinates(self, z: float) -> tuple[F32, F32, F32, npt.NDArray[np.uint16]]:
        frame = self.anatomy.frame
        o = frame.options
        x = (self.axis - np.float32(o.offset_mm[0] / o.scale))[None, :]
        y = (self.axis - np.float32(o.offset_mm[1] / o.scale))[:, None]
        if o.rotation_deg:
            a = math.radians(o.rotation_deg)
            c, s = np.float32(math.cos(a)), np.float32(math.sin(a))
            x, y = c * x + s * y, c * y - s * x
        shift = frame.spine_x(z)
        if shift:
            weight = 0.3 + 0.7 * np.exp(-(x * x + (y - 62) ** 2) / np.float32(95.0**2))
            x = (x - np.float32(shift) * weight).astype(np.float32)
        r = np.hypot(x, y).astype(np.float32)
        idx = np.rint(np.arctan2(x, y) * np.float32(N_ANGLES / (2 * math.pi))).astype(np.int32) % N_ANGLES
        return x, y, r, idx.astype(np.uint16)

    def plane(self, z_mm: float) -> Plane:
        """The plane at z_mm above mid-T12 (patient mm), fully painted."""
        frame = self.anatomy.frame
        o = frame.options
        z = z_mm / o.scale
        x, y, r, idx = self.static or self._coordinates(z)
        hu = np.full((self.n, self.n), -1000.0, np.float32)
        part = np.zeros((self.n, self.n), np.uint8)
        plane = Plane(z, x, y, r, idx, self.origin, self.step, self.edge, abs(frame.spine_x(z)), math.radians(o.rotation_deg), hu, part)
        p = trunk.polar(plane, frame)
        if p is None:
            return plane
        ribs.paint_arms(plane, frame)
        trunk.paint_trunk(p, frame)
        plane.paint(p.w, p.outside(p.contours.inner), VISCERAL_FAT_HU, Part.VISCERAL_FAT)
        chest.paint_lungs(p, frame, self.dome, self.anatomy.vessels)
        abdomen.paint_abdomen(p, frame, self.dome, self.anatomy.bowel)
        chest.paint_diaphragm(p, frame, self.dome)
        chest.paint_mediastinum(p, frame)
        spine.paint_spine(plane, frame)
        spine.paint_pelvis(plane, frame)
        ribs.paint_shoulder(p, frame)
        ribs.paint_ribs(p, frame, self.anatomy.ribs)
        ribs.paint_sternum(plane, frame, p.contours.inner)
        return plane

    def mean(self, z_mm: float, offsets: npt.NDArray[np.float64]) -> F32:
        """Mean HU of the planes at `offsets` about z_mm: a slice with its partial volume."""
        total = np.zeros((self.n, self.n), np.float32)
        for dz in offsets:
            total += self.plane(float(z_mm + dz)).hu
        total /= np.float32(len(offsets))
        return total


def sub_planes(thickness_mm: float) -> npt.NDArray[np.float64]:
    """Offsets of the planes that a slice is the mean of: about one for each 2.5 mm."""
    n = 1 if thickness_mm <= 1.5 else max(2, round(thickness_mm / 2.5))
    return (np.arange(n) + 0.5) * thickness_mm / n - thickness_mm / 2


def slice_positions(o: PhantomOptions) -> npt.NDArray[np.float64]:
    """Slice centres relative to mid-T12 (mm)."""
    count = int((o.z_range_mm[1] - o.z_range_mm[0]) / o.slice_spacing_mm + 1e-6) + 1
    return np.asarray(o.z_range_mm[0] + np.arange(count) * o.slice_spacing_mm, np.float64)


def make_phantom(options: PhantomOptions | None = None, progress: Callable[[float], None] | None = None) -> Phantom:
    """Build and scan a phantom.

    Parameters
    ----------
    options : PhantomOptions, optional
        How it is built; the default is a chest CT from L2 to T1.
    progress : callable, optional
        Called with the share done, 0 to 1.

    Returns
    -------
    Phantom
        The volume (int16 HU, (Z, Y, X), slice 0 most caudal) and the truth about it. The same options give the same pixels.
    """
    o = options or PhantomOptions()
    rng = np.random.default_rng([o.seed, 1])
    frame = build_frame(o)
    anatomy = Anatomy(frame, ribs.build_ribs(frame), chest.build_lung_vessels(rng, frame), abdomen.build_bowel(rng))
    edge_mm = max(1.0, o.pixel_mm)
    painter = Painter(anatomy, o.n_pixels, o.pixel_mm, edge_mm)
    z = slice_positions(o)
    offsets = sub_planes(o.thickness_mm)
    scan = scanner.Scanner(o, painter.axis * np.float32(o.scale))
    hu = np.empty((len(z), o.n_pixels, o.n_pixels), np.int16)
    t12 = int(np.abs(z).argmin())
    has_t12 = abs(z[t12]) <= o.slice_spacing_mm / 2 + 1e-6
    clean: F32 | None = None
    part: npt.NDArray[np.uint8] | None = None
    for k, zk in enumerate(z):
        ideal = painter.mean(float(zk), offsets)
        if k == t12 and has_t12:
            middle = painter.plane(float(zk))
            clean, part = scan.without_noise(ideal), middle.part
        hu[k] = scan.scan(ideal, k, float(zk))
        if progress is not None:
            progress((k + 1) / len(z))
    shift = o.first_slice_lps_mm - z[0]
    known = truth.known_levels(frame, shift)
    if clean is not None and part is not None:
        known = truth.known_areas(known, painter, offsets, float(z[t12]), t12, clean, part)
    return Phantom(_volume(o, hu, z + shift), known, o)


def _volume(o: PhantomOptions, hu: npt.NDArray[np.int16], z: npt.NDArray[np.float64]) -> CTVolume:
    def uid(kind: int, item: int = 0) -> str:
        number = int.from_bytes(np.random.default_rng([o.seed, kind, item]).bytes(15), "big")
        return f"{UID_ROOT}{number}"

    first = -(o.n_pixels - 1) / 2 * o.pixel_mm
    acquisition = Acquisition(
        series_instance_uid=uid(3),
        study_instance_uid=uid(2),
        acquisition_number=1,
        description="Synthetic chest CT",
        modality="CT",
        manufacturer="napari-t12-bodycomp",
        scanner="Phantom",
        kernel="B",
        kvp=120.0,
        contrast="iodinated" if o.contrast else "none",
        slice_thickness_mm=o.thickness_mm,
        study_date="20240101",
    )
    subject = Subject(f"PHANTOM-{o.seed}", o.sex, float(o.age_years), o.height_m, ValueSource.DICOM, o.weight_kg, ValueSource.DICOM)
    return CTVolume(
        hu,
        z,
        (o.pixel_mm, o.pixel_mm),
        (first, first),
        scanner.outside_fov(o),
        tuple(uid(4, k) for k in range(len(z))),
        acquisition,
        subject,
    )
