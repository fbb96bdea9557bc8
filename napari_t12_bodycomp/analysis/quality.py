"""What a reader of the numbers must know about the scan: flags from the header, from the pixels and from the draft."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from napari_t12_bodycomp.model.axial_slice import AxialSlice
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.quality import QualityFlag
from napari_t12_bodycomp.model.roi_map import Draft
from napari_t12_bodycomp.model.tissue import Region
from napari_t12_bodycomp.model.volume import Acquisition, CTVolume

STUDY_KVP, STUDY_THICKNESS_MM = 120.0, 5.0
ENHANCED_HU, ENHANCED_CM2 = 120.0, 2.5
"""Without contrast medium no soft tissue of the trunk reaches 120 HU; liver stays below 75, blood below 60."""
NOISY_HU = 30.0
"""With this SD about one muscle pixel in a hundred falls below the muscle window; the study's scans have 10 to 20 HU."""
COARSE_PIXEL_MM = 1.5
PLAIN_FAT_HU = (-125.0, -75.0)
"""The middle of plain fat lies here at every usual tube voltage (about -115 at 80 kV, -95 at 140 kV; -82 to -104 on the scans tried)."""
LEAST_FAT_CM2 = 5.0
NOT_GIVEN = {"", "none", "no", "without", "unenhanced"}


def quality_flags(volume: CTVolume, axial: AxialSlice, draft: Draft, protocol: Protocol) -> tuple[QualityFlag, ...]:
    """Flags for `axial`, a slice of `volume`, and its `draft`.

    The draft's own flags come first. What the header leaves unknown gets its own code and sentence; it is never taken for the study's value.
    """
    acquisition = volume.acquisition
    found = [
        *(QualityFlag(code, note) for code, note in zip(draft.flags, draft.notes, strict=False)),
        *_tube(acquisition),
        *_contrast(acquisition, axial, draft),
        *_thickness(acquisition, volume, axial, protocol),
        *_pixels(axial),
        *_noise(axial, draft),
        *_scale(axial, draft),
    ]
    return tuple({flag.code: flag for flag in found}.values())


def _tube(acquisition: Acquisition) -> Iterator[QualityFlag]:
    if acquisition.kvp is None:
        yield QualityFlag(
            "kvp_unknown", "The header does not say the tube voltage; the study used 120 kV, and other voltages shift the areas."
        )
    elif abs(acquisition.kvp - STUDY_KVP) > 0.5:
        yield QualityFlag(
            "kvp_outside_protocol",
            f"The scan was made with {acquisition.kvp:g} kV, the study with 120 kV: 80 against 140 kV moves the muscle index by about 5%.",
        )


def _contrast(acquisition: Acquisition, axial: AxialSlice, draft: Draft) -> Iterator[QualityFlag]:
    named = acquisition.contrast
    if named is not None and named.strip().lower() not in NOT_GIVEN:
        yield QualityFlag(
            "contrast_given", "The header names a contrast agent; the study measured unenhanced scans, and contrast raises muscle HU."
        )
        return
    bright = enhanced_area_cm2(axial, draft.regions)
    if bright > ENHANCED_CM2:
        says = "says that none was given" if named is not None else "does not mention it"
        yield QualityFlag(
            "contrast_likely",
            f"{bright:.0f} cm2 of the cavity are brighter than any tissue without contrast medium ({ENHANCED_HU:.0f} HU and more): contrast is "
            f"likely, although the header {says}.",
        )
    elif named is None and not (draft.regions == Region.VISCERAL).any():
        yield QualityFlag(
            "contrast_unknown", "The header does not say whether contrast medium was given, and the slice could not be judged."
        )


def enhanced_area_cm2(axial: AxialSlice, regions: npt.NDArray[np.uint8]) -> float:
    """Area (cm2) within the visceral region, away from its border and from bone, that only contrast medium makes so bright."""
    spacing = axial.pixel_spacing_mm
    reach = [max(1, round(8 / s)) for s in spacing]
    cavity = ndi.minimum_filter((regions == Region.VISCERAL).astype(np.uint8), [2 * r + 1 for r in reach]).astype(bool)
    if not cavity.any():
        return 0.0
    smooth = ndi.gaussian_filter(np.clip(axial.hu, -200, 500).astype(np.float32), [1.5 / s for s in spacing])
    labels, _ = ndi.label(cavity & (smooth > ENHANCED_HU))
    sizes = np.bincount(labels.ravel())[1:] * spacing[0] * spacing[1] / 100
    return float(sizes[sizes > 0.5].sum())


def _thickness(acquisition: Acquisition, volume: CTVolume, axial: AxialSlice, protocol: Protocol) -> Iterator[QualityFlag]:
    own, spacing = acquisition.slice_thickness_mm, volume.slice_spacing_mm
    if own is None:
        yield QualityFlag("slice_thickness_unknown", "The header does not say the slice thickness; the study used 5 mm.")
    elif own > STUDY_THICKNESS_MM * 1.1:
        yield QualityFlag(
            "slice_thickness_outside_protocol",
            f"Slices are {own:g} mm thick, the study's 5 mm: fat and muscle mix within a pixel, and the level is less sharp.",
        )
    elif own < STUDY_THICKNESS_MM * 0.75 and len(axial.indices) == 1:
        yield QualityFlag(
            "slice_thickness_outside_protocol",
            f"The slice is {own:g} mm thin and was measured as it is; thin slices read more visceral and intermuscular fat than the study's 5 mm.",
        )
    elif len(axial.indices) > 1 and axial.thickness_mm > STUDY_THICKNESS_MM * 1.1:
        yield QualityFlag(
            "slice_thickness_outside_protocol",
            f"The slices averaged stand for {axial.thickness_mm:.1f} mm, the study's for 5 mm: thin layers of fat are lost in the mean.",
        )
    if len(axial.indices) > 1:
        yield QualityFlag(
            "slices_averaged",
            f"{len(axial.indices)} thin slices were averaged to {axial.thickness_mm:.1f} mm; the protocol asks for about {protocol.slab_mm:g} mm.",
        )
    if own is not None and np.isfinite(spacing) and spacing < 0.95 * own:
        yield QualityFlag("overlapping_slices", f"Slices of {own:g} mm lie {spacing:.2f} mm apart: neighbours share tissue.")


def _pixels(axial: AxialSlice) -> Iterator[QualityFlag]:
    if max(axial.pixel_spacing_mm) > COARSE_PIXEL_MM:
        rows, cols = axial.pixel_spacing_mm
        yield QualityFlag(
            "pixels_coarse", f"Pixels are {rows:.2g} x {cols:.2g} mm: one pixel along the muscle wall is a large share of its area."
        )


def _noise(axial: AxialSlice, draft: Draft) -> Iterator[QualityFlag]:
    noise = noise_hu(axial, draft.regions)
    if noise > NOISY_HU:
        yield QualityFlag(
            "noise_high", f"Noise in the muscle is {noise:.0f} HU (SD): pixels fall out of the HU windows, and areas read low."
        )


def _scale(axial: AxialSlice, draft: Draft) -> Iterator[QualityFlag]:
    fat = fat_hu(axial, draft.regions)
    if not np.isnan(fat) and not PLAIN_FAT_HU[0] <= fat <= PLAIN_FAT_HU[1]:
        yield QualityFlag(
            "hu_scale_doubtful",
            f"Fat under the skin reads {fat:.0f} HU, where about -100 is usual: the scan's values are no true Hounsfield units, or fluid lies in it.",
        )


def fat_hu(axial: AxialSlice, regions: npt.NDArray[np.uint8]) -> float:
    """Median HU of the subcutaneous region (`regions` uint8, (Y, X)) 2 mm within its border; NaN where less than 5 cm2 is left."""
    spacing = axial.pixel_spacing_mm
    inner = ndi.minimum_filter((regions == Region.SUBCUTANEOUS).astype(np.uint8), [2 * max(1, round(2 / s)) + 1 for s in spacing]).astype(
        bool
    )
    if inner.sum() * spacing[0] * spacing[1] / 100 < LEAST_FAT_CM2:
        return float("nan")
    return float(np.median(axial.hu[inner]))


def noise_hu(axial: AxialSlice, regions: npt.NDArray[np.uint8]) -> float:
    """SD (HU) within small patches of plain muscle: the lower quartile over all patches of about 7 mm, NaN where there is no such patch.

    The lower quartile is taken because a patch with a streak of fat or the edge of a rib in it says nothing about noise.
    """
    size = [max(3, 2 * round(3.5 / s) + 1) for s in axial.pixel_spacing_mm]
    muscle = (regions == Region.MUSCLE) & (axial.hu > -150) & (axial.hu < 250)
    whole = ndi.minimum_filter(muscle.astype(np.uint8), size).astype(bool)
    if whole.sum() < 20:
        return float("nan")
    hu = axial.hu.astype(np.float32)
    mean = ndi.uniform_filter(hu, size)
    spread = ndi.uniform_filter(hu * hu, size) - mean * mean
    return float(np.sqrt(max(0.0, float(np.percentile(spread[whole], 25)))))
