"""Areas, mean HU and indices of one slice."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.analysis.rims import gas_rims
from napari_t12_bodycomp.analysis.windowing import in_window, tissue_map
from napari_t12_bodycomp.model.axial_slice import AxialSlice
from napari_t12_bodycomp.model.measurement import Measurement
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.roi_map import check_roi_map
from napari_t12_bodycomp.model.tissue import LOW_ATTENUATION_MUSCLE, Region, Tissue

NAN = float("nan")


def measure(
    axial: AxialSlice,
    regions: npt.NDArray[np.uint8],
    height_m: float | None,
    protocol: Protocol,
    thoracic: npt.NDArray[np.bool_] | None = None,
) -> Measurement:
    """Measure the drawn `regions` (uint8, (Y, X)) on `axial`.

    Areas are pixel counts times pixel area (cm2); SMI, VFI and SFI are area / height squared (cm2/m2), VSR is visceral / subcutaneous fat
    area (study protocol, section 2.3). A region without any pixel is unknown: its tissues' areas are NaN. So are the indices that need a
    height where it is None or NaN. `thoracic` (bool, (Y, X)) is the part of the cavity above the diaphragm, where that is known.

    Raises
    ------
    ValueError
        Where `regions` is not a region map of the slice's shape, or the height is not above zero.
    """
    check_roi_map(regions)
    if regions.shape != axial.hu.shape:
        raise ValueError(f"regions of the slice's shape {axial.hu.shape} are wanted, {regions.shape} came")
    if height_m is not None and height_m <= 0:
        raise ValueError(f"a height above 0 m is wanted, {height_m:g} m came")
    pixel_cm2 = axial.pixel_spacing_mm[0] * axial.pixel_spacing_mm[1] / 100.0
    drawn = np.bincount(regions.ravel(), minlength=max(Region) + 1) > 0
    rims = gas_rims(axial, regions, protocol.preset)
    counted = regions if protocol.gas_rims_are_fat else np.where(rims, 0, regions).astype(np.uint8)
    pixels, hu_values = _pixels_by_region_and_hu(axial.hu, counted)
    of_region = np.broadcast_to(np.arange(len(pixels), dtype=np.uint8)[:, None], pixels.shape)
    of_hu = np.broadcast_to(hu_values, pixels.shape)
    labels = tissue_map(of_hu, of_region, protocol.preset)
    counts = {t: int(pixels[labels == t].sum()) for t in Tissue}
    sums = {t: int((pixels * of_hu)[labels == t].sum()) for t in Tissue}
    areas = {t: float(counts[t]) * pixel_cm2 if drawn[t.region] else NAN for t in Tissue}
    means = {t: sums[t] / counts[t] if counts[t] else NAN for t in Tissue}
    low = LOW_ATTENUATION_MUSCLE
    is_low = (labels == Tissue.MUSCLE) & (of_hu >= low.low) & (of_hu <= low.high)
    low_cm2 = float(pixels[is_low].sum()) * pixel_cm2 if drawn[Tissue.MUSCLE.region] else NAN
    indices, why = _indices(areas, height_m)
    rim_cm2 = float(rims.sum()) * pixel_cm2 if drawn[Region.VISCERAL] else NAN
    above = NAN if thoracic is None else _thoracic_fat_pixels(axial, regions, thoracic, protocol) * pixel_cm2
    return Measurement(areas, means, indices, why, low_cm2, protocol, axial.thickness_mm, rim_cm2, above)


def slice_tissues(axial: AxialSlice, regions: npt.NDArray[np.uint8], protocol: Protocol) -> npt.NDArray[np.uint8]:
    """`Tissue` of each pixel (uint8, (Y, X)) as `measure` counts it, 0 for none."""
    tissues = tissue_map(axial.hu, regions, protocol.preset)
    if not protocol.gas_rims_are_fat:
        tissues[gas_rims(axial, regions, protocol.preset)] = 0
    return tissues


def _thoracic_fat_pixels(axial: AxialSlice, regions: npt.NDArray[np.uint8], thoracic: npt.NDArray[np.bool_], protocol: Protocol) -> float:
    """Visceral fat pixels above the diaphragm: in the visceral region, or left out of every region because they do not count."""
    wanted = (regions == Region.VISCERAL) if protocol.thoracic_fat_is_visceral else (regions == Region.VISCERAL) | (regions == 0)
    fat = thoracic & wanted & in_window(axial.hu, protocol.preset.visceral_fat)
    if not protocol.gas_rims_are_fat:
        fat &= ~gas_rims(axial, np.where(fat, Region.VISCERAL, 0).astype(np.uint8), protocol.preset)
    return float(fat.sum())


def _pixels_by_region_and_hu(
    hu: npt.NDArray[np.int16], regions: npt.NDArray[np.uint8]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int16]]:
    """Number of pixels by (region, HU), with the HU that the columns stand for: one pass over what is drawn, the rest is small."""
    at = np.flatnonzero(regions)
    drawn_hu = hu.reshape(-1)[at].astype(np.intp)
    low, high = (int(drawn_hu.min()), int(drawn_hu.max())) if at.size else (0, 0)
    width = high - low + 1
    keys = regions.reshape(-1)[at].astype(np.intp) * width + (drawn_hu - low)
    pixels = np.bincount(keys, minlength=(max(Region) + 1) * width).reshape(-1, width)
    return pixels, np.arange(low, high + 1).astype(np.int16)


def _indices(areas: dict[Tissue, float], height_m: float | None) -> tuple[dict[str, float], dict[str, str]]:
    indices, why = {}, {}
    for name, tissue in (("SMI", Tissue.MUSCLE), ("VFI", Tissue.VISCERAL_FAT), ("SFI", Tissue.SUBCUTANEOUS_FAT)):
        indices[name] = areas[tissue] / height_m**2 if height_m is not None and math.isfinite(height_m) else NAN
        if math.isnan(areas[tissue]):
            why[name] = f"The {tissue.region.name.lower()} region is not drawn yet."
        elif math.isnan(indices[name]):
            why[name] = "The height is unknown: type it in to get this index."
    visceral, subcutaneous = areas[Tissue.VISCERAL_FAT], areas[Tissue.SUBCUTANEOUS_FAT]
    indices["VSR"] = visceral / subcutaneous if subcutaneous > 0 else NAN
    if math.isnan(indices["VSR"]):
        why["VSR"] = "The ratio needs both fat regions drawn, with subcutaneous fat in them."
    return indices, why
