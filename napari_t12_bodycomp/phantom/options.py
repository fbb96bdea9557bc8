"""What a phantom is asked for, and what comes back: plain frozen records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.model.tissue import Tissue
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.phantom.parts import MUSCLE_HU

METALS = ("none", "spine", "pacemaker", "electrodes")
"""What a phantom may carry."""


@dataclass(frozen=True, slots=True)
class PhantomOptions:
    """How the phantom is built and scanned. Lengths in mm, z relative to the middle of T12 (positive towards the head).

    Parameters
    ----------
    z_range_mm : (float, float)
        First and last slice centre. The default reaches from L2 to above T1; a range without 0 leaves T12 out of the scan.
    pixel_mm, n_pixels, slice_spacing_mm, slice_thickness_mm
        The grid. A slice thicker than 1.5 mm is the mean of several planes (partial volume along z); thickness None = the spacing.
    n_rib_pairs : 11, 12 or 13
        With 11 the twelfth thoracic vertebra bears no rib, with 13 the first lumbar one bears a short one.
    last_rib_mm : float, optional
        Length of the lowest pair; None is an ordinary one (about 110 mm).
    last_rib_left_mm : float, optional
        Length of the left rib of the lowest pair where it differs from the right one; 0 leaves it out.
    n_lumbar : 4, 5 or 6
        With 4 the fifth lumbar vertebra has become sacrum, with 6 the first sacral one is free. The lowest free one then has broad wings.
    scoliosis_mm : float
        Sideways deviation of the spine at the apex (positive to the patient's left).
    kyphosis : float
        1 is ordinary, 0 a straight thoracic spine, 1.6 a strong hunch.
    rotation_deg : float
        Rotation of the patient about the long axis.
    tilt_deg : (float, float)
        The whole patient turned about the middle of T12: head towards the left, head backwards.
    prone, feet_first : bool
        How the patient lies. Prone turns the table, gas and fluid levels; feet first changes the headers of written files alone.
    fat_mm : float
        Subcutaneous fat at the side of T12; everything else follows.
    visceral_fat : float
        1 is ordinary, 0 none between the organs, 2 a lot.
    muscle : float
        1 is ordinary wall and paraspinal thickness.
    muscle_hu : float
        Muscle fibre; 54 is ordinary, about 35 oedema.
    myosteatosis : float
        Share of the muscle that fat has replaced in streaks, 0 to 0.4.
    bone_hu : float
        Spongy bone; about 100 is osteoporosis.
    osteophytes : float
        Spurs at the rims of the vertebral bodies: 0 none, 1 many, some of them bridging a disc.
    fractured : str
        Label of a vertebra that has lost a third of its height; "" is none.
    gland : float
        Share of the breast that is gland, 0 to 0.6 (women).
    metal : str
        One of `METALS`: none, rods and screws in the spine, a pacemaker with its lead, electrodes on the skin; all with streaks.
    effusion_mm : (float, float)
        Depth of the fluid about the right and the left lung.
    ascites : float
        Fluid about the abdominal organs: 0 none, 1 a lot.
    noise_hu : float
        Standard deviation at the slice thickness asked for, in the middle of an ordinary body; 0 = none.
    variation : float
        How much organs differ in place and size from one seed to the next; 0 is the textbook, 1 ordinary people.
    offset_mm : (float, float)
        Shift of the patient on the table (x to the left, y backwards).
    """

    seed: int = 12
    sex: str = "F"
    height_m: float = 1.65
    weight_kg: float = 68.0
    age_years: int = 71
    z_range_mm: tuple[float, float] = (-72.0, 262.0)
    pixel_mm: float = 0.78125
    n_pixels: int = 512
    slice_spacing_mm: float = 5.0
    slice_thickness_mm: float | None = None
    first_slice_lps_mm: float = -700.0
    n_rib_pairs: int = 12
    last_rib_mm: float | None = None
    last_rib_left_mm: float | None = None
    n_lumbar: int = 5
    scoliosis_mm: float = 0.0
    kyphosis: float = 1.0
    rotation_deg: float = 0.0
    tilt_deg: tuple[float, float] = (0.0, 0.0)
    prone: bool = False
    feet_first: bool = False
    arms_down: bool = False
    fat_mm: float = 13.0
    visceral_fat: float = 1.0
    muscle: float = 1.0
    muscle_hu: float = MUSCLE_HU
    myosteatosis: float = 0.0
    bone_hu: float = 170.0
    osteophytes: float = 0.0
    fractured: str = ""
    gland: float = 0.0
    metal: str = "none"
    effusion_mm: tuple[float, float] = (0.0, 0.0)
    ascites: float = 0.0
    contrast: bool = False
    calcified_cartilage: bool = False
    noise_hu: float = 11.0
    variation: float = 0.0
    offset_mm: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        if self.n_rib_pairs not in (11, 12, 13):
            raise UsageError(f"A phantom with 11, 12 or 13 rib pairs is wanted, {self.n_rib_pairs} came: choose one of these.")
        if self.n_lumbar not in (4, 5, 6):
            raise UsageError(f"A phantom with 4, 5 or 6 lumbar vertebrae is wanted, {self.n_lumbar} came: choose one of these.")
        if self.metal not in METALS:
            raise UsageError(f"Metal out of {', '.join(METALS)} is wanted, {self.metal!r} came: choose one of these.")
        if max(map(abs, self.tilt_deg)) > 20:
            raise UsageError(f"A tilt of at most 20 degrees is wanted, {self.tilt_deg} came: give a smaller one.")
        if not self.z_range_mm[0] <= self.z_range_mm[1]:
            raise UsageError(f"z_range_mm runs from low to high, {self.z_range_mm} came: swap the two.")
        if min(self.pixel_mm, self.slice_spacing_mm, self.thickness_mm) <= 0 or self.n_pixels < 32:
            raise UsageError("A phantom needs positive pixel and slice sizes and at least 32 pixels: give such sizes.")

    @property
    def thickness_mm(self) -> float:
        return self.slice_spacing_mm if self.slice_thickness_mm is None else self.slice_thickness_mm

    @property
    def patient_position(self) -> str:
        """The DICOM word for how the patient lies: HFS, HFP, FFS or FFP."""
        return ("FF" if self.feet_first else "HF") + ("P" if self.prone else "S")

    @property
    def last_ribs_mm(self) -> tuple[float | None, float | None]:
        """Length of the right and the left rib of the lowest pair; None = ordinary, 0 = missing."""
        left = self.last_rib_mm if self.last_rib_left_mm is None else self.last_rib_left_mm
        return self.last_rib_mm, left

    @property
    def scale(self) -> float:
        """Size of the body against the reference body of 1.65 m."""
        return self.height_m / 1.65


@dataclass(frozen=True, slots=True, eq=False)
class PhantomTruth:
    """What is in the phantom, known from its geometry.

    z values are LPS mm of the volume. `t12_*` and the maps are None where the middle of T12 is not in the scan.

    Two kinds of area are given, both in cm2 on the slice nearest to mid-T12, under the t12-study windows:

    - `areas_cm2` is what a perfect reader gets: the noise-free image of that slice, sampled four times finer, read through the HU windows
      inside the true regions. A border pixel between fat and muscle lies between -50 and -29 HU and is neither; that is a property
      of the study's windows and belongs to the true answer.
    - `geometric_cm2` counts the geometry itself (middle plane of the slice, no windows, no blur): muscle fibre, fat by region. It is a few
      per cent larger for fat, because no rim is lost.

    Parameters
    ----------
    regions, tissues : uint8 arrays (Y, X)
        `Region` and `Tissue` values on the volume's grid; tissues from the noise-free image.
    muscles_cm2 : mapping
        Geometric area by muscle name.
    """

    vertebrae: Mapping[str, float]
    body_z_mm: Mapping[str, tuple[float, float]]
    n_rib_pairs: int
    t12_body_z_mm: tuple[float, float] | None = None
    t12_z_mm: float | None = None
    t12_slice_index: int | None = None
    regions: npt.NDArray[np.uint8] | None = None
    tissues: npt.NDArray[np.uint8] | None = None
    areas_cm2: Mapping[Tissue, float] = field(default_factory=dict)
    geometric_cm2: Mapping[Tissue, float] = field(default_factory=dict)
    muscles_cm2: Mapping[str, float] = field(default_factory=dict)
    indices: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Phantom:
    """A synthetic scan, the truth about it, and what it was made from."""

    volume: CTVolume
    truth: PhantomTruth
    options: PhantomOptions
