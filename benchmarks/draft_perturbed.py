"""How steady the draft is: drafts of altered copies of real slices (noise, kernel, slices, rotation, contrast, field of view) against the original's.

    python benchmarks/draft_perturbed.py [--each]

One line per alteration, over the hand-drawn slices: the change of each tissue's area (%: median and worst, signs dropped), and the Dice of muscle with
the hand drawings, which went through the same alteration. Nothing but the last column needs a drawing: a draft that moves under an alteration
that leaves the anatomy as it is, is wrong on one of the two.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from draft_accuracy import SHARED, SHORT, Case, dice, drafted, hand_drawn
from scipy import ndimage as ndi

from napari_t12_bodycomp.analysis.windowing import in_window
from napari_t12_bodycomp.model.tissue import MAIN_TISSUE, PRESETS, Region

AROUND_MM = 45.0
"""As much of the scan as a draft looks at."""
Array = npt.NDArray[np.generic]


def near(case: Case) -> Case:
    """The part of the scan around the slice."""
    z = case.volume.z_mm
    keep = np.flatnonzero(np.abs(z - z[case.index]) <= AROUND_MM)
    volume = replace(case.volume, hu=case.volume.hu[keep[0] : keep[-1] + 1], z_mm=z[keep], sop_instance_uids=())
    return replace(case, volume=volume, index=case.index - int(keep[0]))


def each_pixel(case: Case, change: Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]) -> Case:
    hu = np.clip(change(case.volume.hu.astype(np.float32)), -1024, 3071)
    return replace(case, volume=replace(case.volume, hu=np.rint(hu).astype(np.int16)))


def noise(case: Case, sigma_hu: float) -> Case:
    """Noise in the body that hangs together over about a pixel, as reconstructed noise does."""
    grain = ndi.gaussian_filter(np.random.default_rng(0).normal(0, 1, case.volume.hu.shape), (0, 0.6, 0.6))
    return each_pixel(case, lambda hu: hu + np.where(hu > -900, grain / grain.std() * sigma_hu, 0).astype(np.float32))


def kernel(case: Case, sharpness: float) -> Case:
    """A softer (negative) or sharper kernel."""
    blur = [0.0, *(0.8 / s for s in case.volume.pixel_spacing_mm)]
    return each_pixel(case, lambda hu: hu + sharpness * (hu - ndi.gaussian_filter(hu, blur)))


def every_other_slice(case: Case) -> Case:
    keep = np.arange(case.index % 2, len(case.volume.z_mm), 2)
    volume = replace(case.volume, hu=case.volume.hu[keep], z_mm=case.volume.z_mm[keep])
    return replace(case, volume=volume, index=int(np.flatnonzero(keep == case.index)[0]))


def thicker(case: Case, sigma_mm: float) -> Case:
    """Slices that see further up and down."""
    spacing = float(np.median(np.diff(case.volume.z_mm)))
    return each_pixel(case, lambda hu: ndi.gaussian_filter1d(hu, sigma_mm / spacing, axis=0, mode="nearest"))


def plane(case: Case, matrix: npt.NDArray[np.float64], spacing_mm: tuple[float, float]) -> Case:
    """The planes seen through `matrix` about their middle: output pixel to input pixel."""
    middle = (np.array(case.volume.hu.shape[1:]) - 1) / 2
    offset = middle - matrix @ middle

    def moved(image: Array, order: int, outside: float) -> Array:
        result: Array = ndi.affine_transform(image, matrix, offset, order=order, mode="constant", cval=outside)
        return result

    hu = np.stack([moved(s.astype(np.float32), 1, -1024.0) for s in case.volume.hu])
    references = tuple(moved(r, 0, 0).astype(np.uint8) for r in case.references)
    canal = None
    if case.canal is not None:
        canal = case.canal.copy()
        canal[:, 1:] = (canal[:, 1:] - offset) @ np.linalg.inv(matrix).T
    volume = replace(case.volume, hu=np.rint(hu).astype(np.int16), pixel_spacing_mm=spacing_mm, outside_fov=None)
    return replace(case, volume=volume, references=references, canal=canal)


def rotated(case: Case, degrees: float) -> Case:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    ratio = case.volume.pixel_spacing_mm[1] / case.volume.pixel_spacing_mm[0]
    return plane(case, np.array([[c, -s * ratio], [s / ratio, c]]), case.volume.pixel_spacing_mm)


def coarser(case: Case, factor: float) -> Case:
    """Larger pixels, as of a larger field of view."""
    rows, cols = case.volume.pixel_spacing_mm
    return plane(case, np.eye(2) * factor, (rows * factor, cols * factor))


def mirrored(case: Case) -> Case:
    return plane(case, np.diag([1.0, -1.0]), case.volume.pixel_spacing_mm)


def narrow(case: Case, share: float) -> Case:
    """A field of view that cuts `share` of the body's width off on each side."""
    columns = np.flatnonzero((case.volume.hu[case.index] > -250).any(0))
    cut = int(share * (columns[-1] - columns[0]))
    window = np.s_[..., columns[0] + cut : columns[-1] + 1 - cut]
    canal = None
    if case.canal is not None:
        canal = case.canal - np.array([0.0, 0.0, columns[0] + cut])
    volume = replace(case.volume, hu=np.ascontiguousarray(case.volume.hu[window]), outside_fov=None)
    return replace(case, volume=volume, references=tuple(np.ascontiguousarray(r[window]) for r in case.references), canal=canal)


def brighter(case: Case, gain_hu: float) -> Case:
    """Soft tissue all brighter or darker, as with another tube voltage."""
    return each_pixel(case, lambda hu: hu + gain_hu * np.clip((hu + 80) / 80, 0, 1))


def enhanced(case: Case, gain_hu: float) -> Case:
    """Organs (what both hands call cavity on this slice, less 2 mm for the diaphragm) brighter or darker, in this slice and around it."""
    cavity = np.logical_and.reduce([r == Region.VISCERAL for r in case.references])
    depth = ndi.distance_transform_edt(cavity, sampling=case.volume.pixel_spacing_mm)
    share = np.clip((depth - 1.5) / 1.0, 0, 1).astype(np.float32)
    return each_pixel(case, lambda hu: hu + gain_hu * share * np.clip((hu + 20) / 40, 0, 1) * (hu < 180))


ALTERATIONS: dict[str, Callable[[Case], Case]] = {
    "noise 10 HU": lambda c: noise(c, 10),
    "noise 20 HU": lambda c: noise(c, 20),
    "noise 30 HU": lambda c: noise(c, 30),
    "soft kernel": lambda c: kernel(c, -0.8),
    "sharp kernel": lambda c: kernel(c, 0.8),
    "every other slice": every_other_slice,
    "slices 3 mm thicker": lambda c: thicker(c, 3.0),
    "pixels 1.3 times larger": lambda c: coarser(c, 1.3),
    "rotated by 5 degrees": lambda c: rotated(c, 5),
    "rotated by -10 degrees": lambda c: rotated(c, -10),
    "mirrored": mirrored,
    "soft tissue 10 HU brighter": lambda c: brighter(c, 10),
    "soft tissue 10 HU darker": lambda c: brighter(c, -10),
    "organs 40 HU brighter": lambda c: enhanced(c, 40),
    "organs 20 HU darker": lambda c: enhanced(c, -20),
    "sides cut by 3%": lambda c: narrow(c, 0.03),
    "canal not known": lambda c: replace(c, canal=None),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Areas (cm2) of the three tissues and the mean Dice of muscle with the drawings."""

    area_cm2: npt.NDArray[np.float64]
    agreement: float


def outcome(case: Case, window_of: npt.NDArray[np.int16] | None = None) -> Outcome:
    """The draft of `case`, its tissues told by its own HU."""
    axial, draft, _ = drafted(case)
    areas, agreement = [], 0.0
    for region, tissue in MAIN_TISSUE.items():
        window = in_window(axial.hu if window_of is None else window_of, PRESETS["t12-study"].window(tissue))
        ours = (draft.regions == region) & window
        areas.append(ours.sum() * case.volume.pixel_area_cm2)
        if region == Region.MUSCLE:
            agreement = float(np.mean([dice(ours, (r == region) & window) for r in case.references]))
    return Outcome(np.array(areas), agreement)


def outcomes(cases: Sequence[Case]) -> Iterator[tuple[str, list[Outcome]]]:
    yield "as it is", [outcome(c) for c in cases]
    for name, change in ALTERATIONS.items():
        yield name, [outcome(change(c)) for c in cases]


def expected(case: Case, change: Callable[[Case], Case], drawn: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """How much of each area the alteration itself adds or takes, measured in the drawings."""
    from napari_t12_bodycomp.model.axial_slice import axial_slice

    altered = change(case)
    axial = axial_slice(altered.volume, altered.index)
    return tissue_areas(axial.hu, altered) / np.maximum(drawn, 1e-6)


def tissue_areas(hu: npt.NDArray[np.int16], case: Case) -> npt.NDArray[np.float64]:
    """Mean areas (cm2) of the three tissues in the drawings."""
    areas = [
        np.mean([((r == region) & in_window(hu, PRESETS["t12-study"].window(tissue))).sum() for r in case.references])
        for region, tissue in MAIN_TISSUE.items()
    ]
    return np.array(areas) * case.volume.pixel_area_cm2


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--each", action="store_true", help="a line for each case too")
    options = parser.parse_args(argv)
    if not SHARED.is_dir():
        print(f"no real scans: {SHARED} is no folder")
        return 0
    from napari_t12_bodycomp.model.axial_slice import axial_slice

    cases = [near(c) for c in hand_drawn()]
    drawn = [tissue_areas(axial_slice(c.volume, c.index).hu, c) for c in cases]
    base: list[Outcome] = []
    every = []
    print(
        f"{'alteration':28s} "
        + "  ".join(f"{n + ' area, % (median, worst)':>34s}" for n in SHORT.values())
        + "   muscle Dice to hands (mean, worst)"
    )
    for name, results in outcomes(cases):
        base = base or results
        own = [expected(c, ALTERATIONS[name], d) if name in ALTERATIONS else np.ones(3) for c, d in zip(cases, drawn, strict=True)]
        change = np.array([100 * (r.area_cm2 / (b.area_cm2 * o) - 1) for r, b, o in zip(results, base, own, strict=True)])
        agreement = np.array([r.agreement for r in results])
        cells = "  ".join(f"{np.median(np.abs(change[:, k])):26.1f} {np.abs(change[:, k]).max():7.1f}" for k in range(3))
        print(f"{name:28s} {cells}   {agreement.mean():.4f} {agreement.min():.3f}", flush=True)
        if options.each:
            for case, row, a in zip(cases, change, agreement, strict=True):
                print(f"    {case.name:30s} " + " ".join(f"{v:+6.1f}%" for v in row) + f"  Dice {a:.3f}")
        if name in ALTERATIONS:
            every.append((np.abs(change), agreement))
    muscle = np.concatenate([c[:, 0] for c, _ in every])
    mean = np.mean([a.mean() for _, a in every])
    print(
        f"muscle area moves by {np.median(muscle):.1f}% (median), {np.percentile(muscle, 90):.1f}% (90th percentile); mean Dice to hands {mean:.4f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
