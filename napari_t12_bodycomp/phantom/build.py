"""From options to a phantom: paint planes, average them to slices, add what a scanner adds, and write down the truth."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.model.subject import Subject, ValueSource
from napari_t12_bodycomp.model.volume import Acquisition, CTVolume
from napari_t12_bodycomp.phantom import abdomen, chest, ribs, scanner, texture, truth
from napari_t12_bodycomp.phantom.frame import Frame, build_frame
from napari_t12_bodycomp.phantom.options import Phantom, PhantomOptions
from napari_t12_bodycomp.phantom.painter import Anatomy, scan_grid
from napari_t12_bodycomp.phantom.plane import N_ANGLES
from napari_t12_bodycomp.phantom.shoulder import sternum_y
from napari_t12_bodycomp.phantom.tilt import build_painter

F32 = npt.NDArray[np.float32]
UID_ROOT = "2.25."


def sub_planes(thickness_mm: float) -> npt.NDArray[np.float64]:
    """Offsets of the planes that a slice is the mean of: about one for each 2.5 mm."""
    n = 1 if thickness_mm <= 1.5 else max(2, round(thickness_mm / 2.5))
    return (np.arange(n) + 0.5) * thickness_mm / n - thickness_mm / 2


def slice_positions(o: PhantomOptions) -> npt.NDArray[np.float64]:
    """Slice centres relative to mid-T12 (mm)."""
    count = int((o.z_range_mm[1] - o.z_range_mm[0]) / o.slice_spacing_mm + 1e-6) + 1
    return np.asarray(o.z_range_mm[0] + np.arange(count) * o.slice_spacing_mm, np.float64)


def make_phantom(
    options: PhantomOptions | None = None, progress: Callable[[float], None] | None = None, with_areas: bool = True
) -> Phantom:
    """Build and scan a phantom.

    Parameters
    ----------
    options : PhantomOptions, optional
        How it is built; the default is a chest CT from L2 to T1.
    progress : callable, optional
        Called with the share done, 0 to 1.
    with_areas : bool
        False leaves regions and areas out of the truth, which takes a second less.

    Returns
    -------
    Phantom
        The volume (int16 HU, (Z, Y, X), slice 0 most caudal) and the truth about it. The same options give the same pixels.
    """
    o = options or PhantomOptions()
    rng = np.random.default_rng([o.seed, 1])
    frame = build_frame(o, rng)
    vessels, bowel = chest.build_lung_vessels(rng, frame), abdomen.build_bowel(rng)
    bend = (texture.build_waves(rng, 10, 38.0, 110.0), texture.build_waves(rng, 10, 38.0, 110.0))
    anatomy = Anatomy(
        frame,
        ribs.build_ribs(frame),
        vessels,
        bowel,
        bend,
        texture.build_waves(rng, 28, 3.5, 22.0, 2.0),
        sternum_y(frame, 212 * frame.stretch),
    )
    painter = build_painter(anatomy, scan_grid(o), max(1.0, o.pixel_mm))
    z = slice_positions(o)
    offsets = sub_planes(o.thickness_mm)
    scan = scanner.Scanner(o, painter.grid.x, _table_top(frame))
    hu = np.empty((len(z), o.n_pixels, o.n_pixels), np.int16)
    t12 = int(np.abs(z).argmin())
    has_t12 = abs(z[t12]) <= o.slice_spacing_mm / 2 + 1e-6
    clean: F32 | None = None
    for k, zk in enumerate(z):
        ideal = painter.mean(float(zk), offsets)
        if k == t12 and has_t12 and with_areas:
            clean = scan.without_noise(ideal)
        hu[k] = scan.scan(ideal, k, float(zk))
        if progress is not None:
            progress((k + 1) / len(z))
    bare = phantom_from_pixels(o, hu)
    if clean is None:
        return bare
    return replace(bare, truth=truth.known_areas(bare.truth, painter, offsets, float(z[t12]), t12, clean))


def phantom_from_pixels(options: PhantomOptions, hu: npt.NDArray[np.int16]) -> Phantom:
    """The phantom of `options` about pixels (Z, Y, X) made from them earlier; its truth knows the levels, not the areas."""
    z = slice_positions(options)
    if hu.shape != (len(z), options.n_pixels, options.n_pixels):
        raise UsageError(f"Pixels of {len(z)} slices made from the same options are wanted, {hu.shape} came: make the phantom again.")
    shift = options.first_slice_lps_mm - z[0]
    frame = build_frame(options, np.random.default_rng([options.seed, 1]))
    return Phantom(_volume(options, hu, z + shift), truth.known_levels(frame, shift), options)


def _table_top(frame: Frame) -> float:
    """Height of the table's middle (scanner y, mm) so that nobody sinks into it; it bears the front of a patient who lies prone."""
    o = frame.options
    a = np.arange(N_ANGLES) * (2 * math.pi / N_ANGLES) - math.radians(o.rotation_deg)
    top, down = -math.inf, -1 if o.prone else 1
    for z in np.arange(max(-200.0, o.z_range_mm[0] / o.scale - 40), min(220.0, o.z_range_mm[1] / o.scale + 40), 20.0):
        skin = frame.contours(float(z)).skin * o.scale
        lean = [shift + z * o.scale * math.tan(math.radians(tilt)) for shift, tilt in zip(o.offset_mm, o.tilt_deg, strict=True)]
        x, y = skin * np.sin(a) + lean[0], skin * np.cos(a) + lean[1]
        top = max(top, float((down * y + scanner.TABLE_CURVE * x * x).max()))
    return down * (top + 3.0 if math.isfinite(top) else 150.0)


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
