"""Where the chest ends and the abdomen begins on a slice that holds both: the cavity's part above the diaphragm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi
from skimage import segmentation

from napari_t12_bodycomp.model.axial_slice import AxialSlice
from napari_t12_bodycomp.model.volume import CTVolume

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]

watershed: Any = segmentation.watershed

GRID_MM, STEP_MM = 2.5, 4.0
"""The diaphragm is 3 to 5 mm thick: on this grid it still stands between the fat on its two sides."""
BELOW_MM, ABOVE_MM = 26.0, 70.0
"""How far is looked down and up from the slice: past the aortic hiatus, and up to the domes."""
LEAST_ABOVE_MM = 30.0
LUNG_HU, LUNG_ML, GAS_MEDIAN_HU, TOP_CM2 = -500, 8.0, -900.0, 60.0
"""Lung holds vessels and partial volume and reads -900 to -600; gas of stomach and bowel reads about -1000. Emphysema is told by its size."""
FAT_HU, RUNGS_HU = -60.0, (-60.0, -40.0, -20.0, 0.0, 20.0)
"""The flood rises in rungs, so that noise within fat does not steer it: on one rung the nearer end comes first."""
SURE_BELOW_MM, UNDER_LUNG_MM, FROM_LUNG_MM, LEAN_UNDER_MM = 14.0, (10.0, 40.0), 8.0, 6.0
SEEDS_UP_TO_MM = 25.0
LITTLE_LUNG, MUCH_CHEST = 0.1, 0.4
"""Where lung fills less than a tenth of the cavity, the chest's fat does not make up two fifths of the fat: the floods ran through then."""
FAR_MM, FAR_ABOVE_MM = 40.0, 25.0
"""Fat so far beside any lung, and from lung within so much above it, lies below the domes."""
SPINE_MM = (32.0, 75.0)
"""Half width and depth in front of the canal within which retrocrural fat may lie."""
CHEST, ABDOMEN = 1, 2
LUNG, GUT, OUTSIDE = 1, 2, 3
WITHIN_BODY = 0.7
ORGAN_HU, SPECK_MM2 = -30.0, 4.0
LOW_LUNG_SHARE = 0.1
"""A slice with less lung than this share of the cavity lies below the domes."""


@dataclass(frozen=True, slots=True, eq=False)
class Diaphragm:
    """`chest` is fat and lung above the diaphragm, `abdomen` what lies below it, both (Y, X); `why_not` says why they could not be told apart."""

    chest: Mask
    abdomen: Mask
    why_not: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class _Coarse:
    """Block means of some slices around the level, (Z, Y, X), with their heights above the slice (mm) and pixel sizes (mm)."""

    hu: Floats
    height_mm: npt.NDArray[np.float64]
    block: tuple[int, int]
    spacing_mm: tuple[float, float]


def find_diaphragm(volume: CTVolume, axial: AxialSlice, body: Mask, cavity: Mask, canal_px: tuple[float, float]) -> Diaphragm:
    """Tell the chest's part of `cavity` from the abdomen's; `body` is the trunk, both (Y, X).

    Fat and lung are flooded from both ends, through the slices around this one: from the lungs, and from the fat that surely lies below the
    diaphragm (under the lungs' bases, and lower than the aortic hiatus). The two floods meet in the lean sheet between them, which is the
    diaphragm with its crura, or where there is none, as at the hiatus, half-way.
    """
    if not cavity.any():
        return Diaphragm(cavity, cavity, "no cavity was found")
    window = ndi.find_objects(body.astype(np.uint8))[0]
    chest, abdomen = np.zeros_like(cavity), np.zeros_like(cavity)
    corner = (canal_px[0] - window[0].start, canal_px[1] - window[1].start)
    within = _within(_coarse(volume, axial, window), axial.hu[window], body[window], cavity[window], corner)
    chest[window], abdomen[window] = within.chest, within.abdomen
    return Diaphragm(chest, abdomen, within.why_not)


def _within(coarse: _Coarse, hu: npt.NDArray[np.int16], body: Mask, cavity: Mask, canal_px: tuple[float, float]) -> Diaphragm:
    """The same for the body's own part of the slice."""
    none = np.zeros_like(cavity)
    by, bx = coarse.block
    lung = _lung(coarse, _blocks(body.astype(np.int16), coarse.block) > 0.5)
    if not lung.any():
        if coarse.height_mm[-1] < LEAST_ABOVE_MM:
            return Diaphragm(none, none, "the scan ends too near above the slice to show the lungs' bases")
        return Diaphragm(none, cavity)
    inside = _blocks(cavity.astype(np.int16), coarse.block) > 0.5
    seeds = np.where(lung, CHEST, 0).astype(np.int8)
    seeds[_surely_below(coarse, lung, inside, (canal_px[0] / by, canal_px[1] / bx))] = ABDOMEN
    if not (seeds == ABDOMEN).any():
        return Diaphragm(none, none, "no fat on or below this slice surely lies below the diaphragm")
    box = _box(inside, [int(12 / s) for s in coarse.spacing_mm])
    relief = np.digitize(coarse.hu, RUNGS_HU).astype(np.uint8)
    relief[(coarse.hu < -200) & ~lung] = len(RUNGS_HU)
    here = int(np.abs(coarse.height_mm).argmin())
    parts = watershed(relief[(slice(None), *box)], seeds[(slice(None), *box)])[here]
    labels = np.zeros(inside.shape, np.int8)
    labels[box] = parts
    fine = np.zeros(cavity.shape, np.int8)
    grown = np.repeat(np.repeat(labels, by, 0), bx, 1)
    fine[: grown.shape[0], : grown.shape[1]] = grown
    chest, abdomen = _without_organs((fine == CHEST) & cavity, hu, coarse), (fine == ABDOMEN) & cavity
    fat = cavity & (hu < -50) & (hu > -150) & ~ndi.binary_dilation(hu < -300, iterations=2)
    if (lung[here] & inside).sum() < LITTLE_LUNG * inside.sum() and (fat & chest).sum() > MUCH_CHEST * fat.sum():
        return Diaphragm(none, none, "fat above and below the diaphragm runs together in this scan")
    return Diaphragm(chest, abdomen)


def _without_organs(chest: Mask, hu: npt.NDArray[np.int16], coarse: _Coarse) -> Mask:
    """The fat, lung and gas of `chest` (Y, X): where organs of chest and abdomen touch, nothing tells them apart, and nothing need."""
    spacing = [mm / pixels for mm, pixels in zip(coarse.spacing_mm, coarse.block, strict=True)]
    dark = chest & (ndi.gaussian_filter(np.clip(hu, -200, 100).astype(np.float32), [0.8 / s for s in spacing]) < ORGAN_HU)
    labels, count = ndi.label(dark)
    large = np.bincount(labels.ravel(), minlength=count + 1) * spacing[0] * spacing[1] > SPECK_MM2
    large[0] = False
    result: Mask = large[labels]
    return result


def _coarse(volume: CTVolume, axial: AxialSlice, window: tuple[slice, slice]) -> _Coarse:
    """Block means, within `window`, of the slice itself and of slices about every 5 mm from 26 mm below to 70 mm above it."""
    spacing = axial.pixel_spacing_mm
    block = (max(1, round(GRID_MM / spacing[0])), max(1, round(GRID_MM / spacing[1])))
    chosen = [axial.index]
    for direction in (-1, 1):
        k, last, reach = axial.index + direction, axial.z_mm, BELOW_MM if direction < 0 else ABOVE_MM
        while 0 <= k < len(volume.z_mm) and abs(volume.z_mm[k] - axial.z_mm) <= reach:
            if abs(volume.z_mm[k] - last) >= STEP_MM - 1e-6:
                chosen.append(k)
                last = float(volume.z_mm[k])
            k += direction
    chosen.sort()
    planes = (axial.hu[window] if k == axial.index else volume.hu[k][window] for k in chosen)
    hu = np.stack([_blocks(np.clip(p, -1000, 200), block) for p in planes]).astype(np.float32)
    return _Coarse(hu, volume.z_mm[chosen] - axial.z_mm, block, (spacing[0] * block[0], spacing[1] * block[1]))


def _blocks(plane: npt.NDArray[np.int16], block: tuple[int, int]) -> Floats:
    """Means of `plane` (Y, X) over whole blocks; what is left over at the end of rows and columns is dropped."""
    by, bx = block
    plane = plane[: by * (plane.shape[0] // by), : bx * (plane.shape[1] // bx)]
    sums = np.add.reduceat(
        np.add.reduceat(plane, np.arange(0, plane.shape[0], by), 0, dtype=np.float32), np.arange(0, plane.shape[1], bx), 1
    )
    means: Floats = (sums / (by * bx)).astype(np.float32)
    return means


def _lung(coarse: _Coarse, body: Mask) -> Mask:
    """Lung (Z, Y, X): gas within the body that is no gas of stomach or bowel.

    The wall between lung and bowel is thin, so gas is parted where it is narrow, and each part is judged by its core.
    """
    gas = coarse.hu < LUNG_HU
    cores, count = ndi.label(ndi.binary_erosion(gas, np.ones((1, 3, 3), bool)))
    pixel_cm2 = coarse.spacing_mm[0] * coarse.spacing_mm[1] / 100
    steps = np.gradient(coarse.height_mm) if len(coarse.height_mm) > 1 else np.array([STEP_MM])
    kinds = np.zeros(count + 1, np.int8)
    for label, box in enumerate(ndi.find_objects(cores), 1):
        here = cores[box] == label
        if (here & body[box[1:]]).sum() < WITHIN_BODY * here.sum():
            kinds[label] = OUTSIDE
            continue
        areas = here.sum((1, 2)) * pixel_cm2
        is_lung = float(np.median(coarse.hu[box][here])) > GAS_MEDIAN_HU or (box[0].stop == len(cores) and areas[-1] > TOP_CM2)
        kinds[label] = LUNG if is_lung and (areas * steps[box[0]]).sum() / 10 > LUNG_ML else GUT
    result: Mask = watershed(np.zeros(gas.shape, np.uint8), kinds[cores], connectivity=np.ones((3, 3, 3)), mask=gas) == LUNG
    return result


def _surely_below(coarse: _Coarse, lung: Mask, inside: Mask, canal: tuple[float, float]) -> Mask:
    """Fat (Z, Y, X) that is abdominal beyond doubt: well under the lung with something lean between, or lower than the aortic hiatus."""
    fat = (coarse.hu > -140) & (coarse.hu < FAT_HU)
    reach = [max(1, round(FROM_LUNG_MM / s)) for s in coarse.spacing_mm]
    beside = np.stack([ndi.maximum_filter(plane, [2 * r + 1 for r in reach]) for plane in lung])
    rows, cols = np.ogrid[: inside.shape[0], : inside.shape[1]]
    ahead = (canal[0] - rows) * coarse.spacing_mm[0]
    by_spine = (np.abs(cols - canal[1]) * coarse.spacing_mm[1] < SPINE_MM[0]) & (ahead < SPINE_MM[1])
    core = ndi.binary_erosion(inside, iterations=max(1, int(6 / min(coarse.spacing_mm))))
    wide = [2 * round(FAR_MM / s) + 1 for s in coarse.spacing_mm]
    far = ~np.stack([ndi.maximum_filter(plane, wide) for plane in lung])
    anywhere = fat & inside & ~by_spine
    fat &= core & ~beside & ~by_spine
    sure = np.zeros_like(fat)
    low = (coarse.height_mm <= -SURE_BELOW_MM) & ((lung & inside).sum((1, 2)) < LOW_LUNG_SHARE * inside.sum())
    sure[low] = fat[low] & ~lung[low].any(0)
    above = coarse.height_mm[:, None] - coarse.height_mm[None, :]
    for k in np.flatnonzero(np.abs(coarse.height_mm) < 1).tolist():
        sure[k] |= anywhere[k] & far[(above[:, k] >= 0) & (above[:, k] <= FAR_ABOVE_MM)].all(0)
    lean = (coarse.hu > -20) & (coarse.hu < 150)
    for k in range(len(fat)):
        if coarse.height_mm[k] > SEEDS_UP_TO_MM:
            break
        up = coarse.height_mm - coarse.height_mm[k]
        near = np.flatnonzero((up >= UNDER_LUNG_MM[0]) & (up <= UNDER_LUNG_MM[1]))
        between = np.flatnonzero((up > 0) & (up <= UNDER_LUNG_MM[1]))
        if near.size:
            step = float(np.diff(coarse.height_mm).mean())
            enough = lean[between].sum(0) * step >= LEAN_UNDER_MM
            sure[k] |= fat[k] & lung[near].any(0) & enough
    return sure


def _box(inside: Mask, margin: list[int]) -> tuple[slice, slice]:
    rows, cols = ndi.find_objects(inside.astype(np.uint8))[0]
    return slice(max(0, rows.start - margin[0]), rows.stop + margin[0]), slice(max(0, cols.start - margin[1]), cols.stop + margin[1])
