"""What about this patient makes the draft or the numbers doubtful, each as a code with a sentence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from napari_t12_bodycomp.analysis.body import Trunk
from napari_t12_bodycomp.analysis.bone import disk, opened
from napari_t12_bodycomp.analysis.bystanders import Bystanders, without_bays
from napari_t12_bodycomp.analysis.fluid import Fluid
from napari_t12_bodycomp.model.axial_slice import AxialSlice
from napari_t12_bodycomp.model.tissue import Region

Regions = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Flag = tuple[str, str]

THIN_MM, THICK_MM, LEAST_INSIDE_CM2, MUCH_INSIDE_CM2 = 3.0, 30.0, 8.0, 300.0
FATTY_HU, FATTY_SHARE = 20.0, 0.25
"""Published limits of fatty muscle at T12 lie at 33 and 37 HU of mean density; this is far below, where muscle and its fat are hard to tell apart."""
METAL_HU, METAL_MM2 = 2500, 12.0
"""Above all bone: cortex ends near 1900 HU."""
DARK_HU, BRIGHT_HU, STREAK_SHARE = 32.0, 32.0, 0.03
LEAST_GLAND_CM2, LEAST_GAS_CM2 = 1.0, 0.25
LUMP_HU, LUMP_MM2, LUMP_EDGE_MM, FOLD_MM = -20, 40.0, 1.5, 2.0
"""A fold of skin is two skins thick, about 4 mm."""


def patient_flags(axial: AxialSlice, trunk: Trunk, regions: Regions, bystanders: Bystanders, fluid: Fluid | None) -> list[Flag]:
    """Codes and sentences for the drafted `regions` (uint8, (Y, X)) on `axial`."""
    return [
        *_bystander_flags(axial, regions, bystanders),
        *_fluid_flags(fluid),
        *_metal_flags(axial, trunk.body, regions),
        *_muscle_flags(axial, regions),
        *_fat_flags(axial, trunk, regions),
    ]


def _bystander_flags(axial: AxialSlice, regions: Regions, found: Bystanders) -> Iterator[Flag]:
    if found.gas_cm2 > LEAST_GAS_CM2:
        yield (
            "gas_outside_wall",
            (
                f"{found.gas_cm2:.1f} cm2 of gas lie outside the body wall: a hernia, a stoma or gas under the skin. "
                "Check both contours there; what lies outside the wall is no muscle."
            ),
        )
        return
    if found.is_stranded:
        yield (
            "fat_stranded",
            (
                "The fat under the skin is full of strands, as in oedema: fat reads too small, and where strands meet the muscle its outer "
                "contour is a guess. Check it."
            ),
        )
        return
    gland_cm2 = lean_in_front_cm2(axial, regions)
    if gland_cm2 > LEAST_GLAND_CM2:
        yield "gland_in_view", f"{gland_cm2:.1f} cm2 of lean tissue in the fat in front were taken for breast gland, not muscle: check it."


def lean_in_front_cm2(axial: AxialSlice, regions: Regions) -> float:
    """Area (cm2) of lean lumps in the subcutaneous region in front of the cavity's middle; vessels and folds of skin are too thin to count."""
    spacing = axial.pixel_spacing_mm
    rows = np.flatnonzero((regions == Region.VISCERAL).any(1))
    if not rows.size:
        return 0.0
    front = np.s_[: int(rows.mean())]
    fat = ndi.binary_erosion(regions[front] == Region.SUBCUTANEOUS, disk(spacing, LUMP_EDGE_MM))
    smooth = ndi.gaussian_filter(np.clip(axial.hu[front], -200, 200).astype(np.float32), [0.8 / s for s in spacing])
    labels, _ = ndi.label(opened(fat & (smooth > LUMP_HU), spacing, FOLD_MM))
    sizes = np.bincount(labels.ravel())[1:] * spacing[0] * spacing[1]
    return float(sizes[sizes > LUMP_MM2].sum()) / 100


def _fluid_flags(fluid: Fluid | None) -> Iterator[Flag]:
    if fluid is not None:
        what = "a pleural effusion, most likely" if fluid.is_behind else "ascites or a pleural effusion, or an organ as dark as water"
        yield (
            "fluid_at_wall",
            (
                f"{fluid.area_cm2:.0f} cm2 that read like fluid ({fluid.hu:.0f} HU) lie against the inner wall: {what}. Its edge to the muscle is "
                "faint: check the inner contour."
            ),
        )


def _metal_flags(axial: AxialSlice, body: Mask, regions: Regions) -> Iterator[Flag]:
    spacing = axial.pixel_spacing_mm
    bright = axial.hu >= METAL_HU
    bright_mm2 = float((bright & without_bays(body, spacing)).sum() if bright.any() else 0) * spacing[0] * spacing[1]
    if bright_mm2 > METAL_MM2:
        yield "metal_in_view", f"{bright_mm2:.0f} mm2 on this slice are as bright as metal: HU around it are shifted, and so are the areas."
    if streak_share(axial, regions) > STREAK_SHARE:
        yield (
            "streaks",
            "Streaks run through the fat under the skin, bright and dark: HU are shifted there and in the muscle. Measure with care.",
        )


def streak_share(axial: AxialSlice, regions: Regions) -> float:
    """Share of the fat under the skin that is too dark for fat, or the share that is too bright, whichever is less; 0 where too little fat is.

    Both are needed: strands of oedema are bright only, gas is dark only. Noise is smoothed away; borders are left out.
    """
    spacing = axial.pixel_spacing_mm
    inner = ndi.binary_erosion(regions == Region.SUBCUTANEOUS, iterations=max(2, round(3 / min(spacing))))
    if inner.sum() * spacing[0] * spacing[1] < 500:
        return 0.0
    smooth = ndi.gaussian_filter(np.clip(axial.hu, -400, 300).astype(np.float32), [1.5 / s for s in spacing])[inner]
    middle = float(np.median(smooth))
    return float(min((smooth < middle - DARK_HU).mean(), (smooth > middle + BRIGHT_HU).mean()))


def _muscle_flags(axial: AxialSlice, regions: Regions) -> Iterator[Flag]:
    hu = axial.hu[regions == Region.MUSCLE]
    muscle, fat = hu[(hu >= -29) & (hu <= 150)], hu[(hu >= -190) & (hu < -29)]
    if not muscle.size:
        return
    mean, share = float(muscle.mean()), fat.size / (fat.size + muscle.size)
    if mean < FATTY_HU or share > FATTY_SHARE:
        yield (
            "muscle_fatty",
            (
                f"The muscle is fatty or watery (mean {mean:.0f} HU, {100 * share:.0f}% of its region reads as fat): parts of it fall below the "
                "muscle window, and its contours are hard to see. Check them."
            ),
        )


def _fat_flags(axial: AxialSlice, trunk: Trunk, regions: Regions) -> Iterator[Flag]:
    spacing = axial.pixel_spacing_mm
    pixel_cm2 = spacing[0] * spacing[1] / 100
    outline = trunk.body & ~ndi.binary_erosion(trunk.body)
    around_mm = float(outline.sum()) * float(np.sqrt(spacing[0] * spacing[1])) * 1.1
    thick_mm = float((regions == Region.SUBCUTANEOUS).sum()) * pixel_cm2 * 100 / max(around_mm, 1.0)
    inside = regions == Region.VISCERAL
    inside_cm2 = float((inside & (axial.hu >= -190) & (axial.hu <= -30)).sum()) * pixel_cm2
    if inside.any() and (thick_mm < THIN_MM or inside_cm2 < LEAST_INSIDE_CM2):
        yield (
            "little_fat",
            (
                f"Hardly any fat is there ({thick_mm:.0f} mm under the skin on average, {inside_cm2:.0f} cm2 inside): muscle lies against skin and "
                "organs with nothing to show its border. Check both contours; a pixel is a large share of the fat."
            ),
        )
    if thick_mm > THICK_MM or inside_cm2 > MUCH_INSIDE_CM2:
        yield (
            "much_fat",
            (
                f"Very much fat ({thick_mm:.0f} mm under the skin on average, {inside_cm2:.0f} cm2 inside): expect noise and shifted HU, and check "
                "that the field of view holds all of it."
            ),
        )
