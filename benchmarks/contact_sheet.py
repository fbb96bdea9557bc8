"""A contact sheet of scans, to be looked at: where T12 was found and why, the drafted slice, and the numbers; one row a scan.

    python benchmarks/contact_sheet.py [PATH ...] [--only-paths] [--out contact_sheet.png]

Every series and acquisition of the real scans in ``../shared/data/ct`` (or ``T12_SHARED``) that may be measured, then every PATH: a DICOM folder, file or zip,
or NIfTI; a folder of folders is looked through. What cannot be read, or holds no T12, gets a row that says so. Sheets of more than `ROWS` scans are
numbered: contact_sheet.png, contact_sheet_2.png, ...

Coronal: vertebrae in the middle, the brightest HU beside them, ribs in blue. Sagittal: along the spine. Orange band and line: T12's body and the slice. Axial: the
project's tissue colours with contours; dashed white where the draft asks for a look.
"""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

from napari_t12_bodycomp.analysis.measure import slice_tissues
from napari_t12_bodycomp.analysis.reformat import Reformat, coronal, sagittal
from napari_t12_bodycomp.analysis.t12 import locate_t12
from napari_t12_bodycomp.errors import T12Error
from napari_t12_bodycomp.model.level import LevelFinding, LevelStatus
from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.tissue import MAIN_TISSUE, Region, Tissue
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow.analyse import MeasureRequest, measure_volume
from napari_t12_bodycomp.workflow.source import list_series, load_volume

matplotlib.use("Agg")
import matplotlib.pyplot as plt

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("T12_SHARED", ROOT.parent / "shared")) / "data" / "ct"
ROWS = 6
ROW_INCHES, REFUSED_INCHES = 4.4, 0.9
LEVEL, INK, WARNING = "#FF9F1C", "#E8E8E8", "#FF6B6B"
BONE_WINDOW_HU, SOFT_WINDOW_HU = (-150, 650), (-160, 240)


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One scan with what was found in it; without a volume, `why` says why it could not be read, without a result why nothing was measured."""

    name: str
    volume: CTVolume | None = None
    finding: LevelFinding | None = None
    result: Result | None = None
    why: str = ""


def inputs(paths: Iterable[Path]) -> Iterator[Path]:
    """`paths`, with folders that hold only folders or several NIfTI in the place of themselves."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        files = sorted(f for f in path.iterdir() if f.is_file())
        volumes = [f for f in files if f.name.endswith((".nii", ".nii.gz"))]
        if volumes:
            yield from [f for f in volumes if f.name.startswith("ct")] or volumes
        elif any(f.suffix.lower() not in {".md", ".txt", ".json", ".csv"} for f in files):
            yield path
        else:
            yield from inputs(sorted(f for f in path.iterdir() if f.is_dir()))


def cases(paths: Iterable[Path]) -> Iterator[Case]:
    """Each series and acquisition under `paths`, searched and measured."""
    for path in inputs(paths):
        name = "/".join(path.parts[-2:])
        try:
            offers = list_series(path).offers
        except T12Error as error:
            yield Case(name, why=str(error))
            continue
        for offer in offers:
            number = "" if offer.acquisition_number is None else f" · acquisition {offer.acquisition_number}"
            title = f"{name}{number if len(offers) > 1 else ''}\n{offer.description}".rstrip()
            if not offer.is_measurable:
                yield Case(title, why=offer.refusal)
                continue
            yield measured(title, path, offer.series_instance_uid or None, offer.acquisition_number)


def measured(title: str, path: Path, series: str | None, acquisition: int | None) -> Case:
    """One series read, searched for T12 and measured; an uncertain level is measured at its first candidate."""
    try:
        volume = load_volume(path, series=series, acquisition=acquisition)
    except T12Error as error:
        return Case(title, why=str(error))
    finding = locate_t12(volume)
    if finding.slice_index is None:
        return Case(title, volume, finding, why=finding.message)
    uncertain = finding.status is not LevelStatus.FOUND
    try:
        request = MeasureRequest(z_mm=float(volume.z_mm[finding.slice_index]) if uncertain else None)
        return Case(title, volume, finding, measure_volume(volume, request, finding))
    except T12Error as error:
        return Case(title, volume, finding, why=str(error))


def draw_row(axes: Sequence[Any], case: Case) -> None:
    """Words, coronal, sagittal, axial and numbers of one scan, left to right."""
    for axis in axes:
        axis.axis("off")
    draw_words(axes[0], case)
    if case.volume is None:
        return
    for axis, picture, points in ((axes[1], coronal(case.volume, case.finding), 2), (axes[2], sagittal(case.volume, case.finding), 1)):
        draw_reformat(axis, case, picture, points)
    if case.result is None:
        axes[3].text(0.5, 0.5, "\n".join(textwrap.wrap(case.why, 40)), color=WARNING, ha="center", va="center", fontsize=9)
        return
    draw_axial(axes[3], case.result)
    draw_numbers(axes[4], case.result)


def lines_of(axis: Any, lines: Iterable[tuple[str, str, int]], width: int, inches: float) -> None:
    """Write `lines` (words, colour, size) from the top of `axis`, wrapped to `width` letters."""
    y = 0.98
    for words, colour, size in lines:
        for part in words.split("\n"):
            for i, line in enumerate(textwrap.wrap(part, int(width * 7.5 / size), subsequent_indent="  ") or [""]):
                axis.text(0.01 if i == 0 else 0.02, y, line, color=colour, fontsize=size, va="top", transform=axis.transAxes)
                y -= 1.75 * size / 72 / inches


def draw_words(axis: Any, case: Case) -> None:
    """Which scan, the level's status with its confidence, evidence and warnings."""
    lines = [(case.name, INK, 10)]
    if case.volume is not None:
        spacing = case.volume.slice_spacing_mm
        lines.append(
            (f"{len(case.volume.z_mm)} slices every {spacing:.2g} mm, z {case.volume.z_mm[0]:.0f} to {case.volume.z_mm[-1]:.0f}", INK, 8)
        )
    if case.finding is None:
        lines.append((case.why, WARNING, 8))
    else:
        found = case.finding
        colour = LEVEL if found.status is LevelStatus.FOUND else WARNING
        pairs = "" if found.rib_pairs_seen is None else f", {found.rib_pairs_seen} rib pairs seen"
        lines.append((f"T12 {found.status.value}, confidence {found.confidence:.2f}{pairs}", colour, 10))
        lines += [(found.message, INK, 8)]
        lines += [(f"+ {words}", INK, 8) for words in found.evidence]
        lines += [(f"! {words}", WARNING, 8) for words in found.warnings]
        if found.status is LevelStatus.UNCERTAIN:
            lines += [(f"? z {c.z_mm:.0f}, {c.confidence:.2f}: {c.reason}", WARNING, 8) for c in found.candidates]
    if case.volume is None:
        lines_of(axis, lines, 260, REFUSED_INCHES)
    else:
        lines_of(axis, lines, 62, ROW_INCHES)


def draw_reformat(axis: Any, case: Case, picture: Reformat, along: int) -> None:
    """A reformat with vertebrae, T12's body, the slice and the ribs; `along` is the place of its U in a rib's points (1 row, 2 column)."""
    low, high = BONE_WINDOW_HU
    extent = (-picture.u_mm / 2, (picture.hu.shape[1] - 0.5) * picture.u_mm, float(picture.z_mm[0]), float(picture.z_mm[-1]) + 1)
    axis.imshow(picture.hu, cmap="gray", vmin=low, vmax=high, origin="lower", extent=extent, aspect="equal")
    axis.set_xlim(picture.spine_u * picture.u_mm - 190, picture.spine_u * picture.u_mm + 190)
    if along == 1:
        axis.set_xlim(picture.spine_u * picture.u_mm - 130, picture.spine_u * picture.u_mm + 80)
    found = case.finding
    if found is None:
        return
    if along == 2:
        for rib in found.ribs:
            axis.plot(rib.points[:, 2] * picture.u_mm, rib.points[:, 0], color="#56B4E9", linewidth=0.7)
            end = rib.points[-1]
            axis.text(
                end[2] * picture.u_mm, end[0], f"{rib.label.split()[-1]} {rib.length_mm:.0f}", color="#56B4E9", fontsize=4.5, ha="center"
            )
    for v in found.vertebrae:
        is_t12 = v.label == "T12"
        axis.text(
            v.centre_yx[along - 1] * picture.u_mm, v.z_mm, v.label, color=LEVEL if is_t12 else INK, fontsize=6, ha="center", va="center"
        )
    if found.body_z_mm is not None:
        axis.axhspan(*found.body_z_mm, color=LEVEL, alpha=0.22, linewidth=0)
    for candidate in found.candidates if found.status is LevelStatus.UNCERTAIN else ():
        axis.axhspan(*candidate.body_z_mm, color=WARNING, alpha=0.15, linewidth=0)
    if case.result is not None:
        axis.axhline(case.result.level.z_mm, color=LEVEL, linewidth=1)


def draw_axial(axis: Any, result: Result) -> None:
    """The measured slice: tissues as colours, regions as contours, doubtful stretches dashed."""
    from matplotlib.colors import to_rgba

    hu, regions = result.axial.hu, result.regions
    rows, cols = np.flatnonzero((regions > 0).any(1)), np.flatnonzero((regions > 0).any(0))
    window = np.s_[max(0, rows[0] - 12) : rows[-1] + 12, max(0, cols[0] - 12) : cols[-1] + 12]
    aspect = result.axial.pixel_spacing_mm[0] / result.axial.pixel_spacing_mm[1]
    axis.imshow(hu[window], cmap="gray", vmin=SOFT_WINDOW_HU[0], vmax=SOFT_WINDOW_HU[1], aspect=aspect)
    colours = np.zeros((len(Tissue) + 1, 4))
    for tissue in Tissue:
        colours[tissue] = to_rgba(tissue.colour, 0.38)
    axis.imshow(colours[slice_tissues(result.axial, regions, result.measurement.protocol)[window]], aspect=aspect)
    for region in (Region.SUBCUTANEOUS, Region.MUSCLE, Region.VISCERAL):
        inside = (regions[window] == region).astype(float)
        axis.contour(inside, [0.5], colors=[MAIN_TISSUE[region].colour], linewidths=0.7)
        if result.doubtful is not None:
            unsure = np.ma.masked_where(~result.doubtful[window], inside)
            if not unsure.mask.all():
                axis.contour(unsure, [0.5], colors="white", linewidths=1.2, linestyles="dashed")


def draw_numbers(axis: Any, result: Result) -> None:
    """Areas, densities and the quality sentences."""
    m = result.measurement
    lines = [(f"z {result.level.z_mm:.1f} mm, slice {result.level.slice_index}, {m.slab_mm:.1f} mm", INK, 8)]
    lines += [(f"{t.title}: {m.areas_cm2[t]:.1f} cm2, {m.mean_hu[t]:.0f} HU", t.colour, 9) for t in Tissue]
    lines.append((f"above the diaphragm {m.thoracic_fat_cm2:.1f} cm2, gas rims {m.gas_rim_cm2:.1f} cm2", INK, 8))
    lines += [(f"- {flag.code}: {flag.sentence}", INK, 8) for flag in result.quality]
    lines_of(axis, lines, 56, ROW_INCHES)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--out", type=Path, default=Path("contact_sheet.png"))
    parser.add_argument("--only-paths", action="store_true", help="leave out the scans in ../shared")
    options = parser.parse_args(argv)
    shared = [] if options.only_paths or not SHARED.is_dir() else [SHARED]
    every = list(cases([*shared, *options.paths]))
    if not every:
        print(f"no scan: {SHARED} is no folder, and no path was given")
        return 0
    for first in range(0, len(every), ROWS):
        some = every[first : first + ROWS]
        widths = [1.25, 1.25, 0.9, 1.6, 1.1]
        heights = [ROW_INCHES if case.volume is not None else REFUSED_INCHES for case in some]
        figure, axes = plt.subplots(
            len(some), 5, figsize=(22, sum(heights)), facecolor="k", width_ratios=widths, height_ratios=heights, squeeze=False
        )
        for case, row in zip(some, axes, strict=True):
            draw_row(row, case)
        figure.subplots_adjust(0.005, 0.005, 0.995, 0.995, 0.01, 0.02)
        out = options.out if first == 0 else options.out.with_stem(f"{options.out.stem}_{first // ROWS + 1}")
        figure.savefig(out, dpi=90, facecolor="k")
        plt.close(figure)
        print(out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
