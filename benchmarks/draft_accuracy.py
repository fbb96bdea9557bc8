"""How well regions are drafted: against two hand drawings of real T12 slices, against automatic labels, and on random phantoms.

    python benchmarks/draft_accuracy.py [--phantoms 20] [--first 0]

One line per slice: for each tissue (t12-study windows) its area, the error against the mean of the references, and Dice with the mean of the
references; for the hand drawings also the hands' own Dice. Then Dice by tissue, median and worst, and for phantoms by kind of difficulty. The real scans are read from ``../shared`` (or ``T12_SHARED``).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.analysis.draft import draft_regions
from napari_t12_bodycomp.analysis.t12 import locate_t12
from napari_t12_bodycomp.analysis.windowing import in_window
from napari_t12_bodycomp.model.axial_slice import AxialSlice, axial_slice
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.roi_map import Draft
from napari_t12_bodycomp.model.tissue import MAIN_TISSUE, PRESETS, Region
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.phantom import make_phantom
from napari_t12_bodycomp.phantom.population import difficulties, random_options
from napari_t12_bodycomp.workflow.source import load_volume

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("T12_SHARED", ROOT.parent / "shared")) / "data"
SHORT = {Region.MUSCLE: "muscle", Region.VISCERAL: "visceral", Region.SUBCUTANEOUS: "subcut."}
IN_PLANE = {"scoliosis", "noise", "slices over 5 mm", "cut field of view", "arms down", "rotated", "obese", "osteoporosis"}
"""Difficulties that a draft of one slice meets; the others are those of the level."""
Labels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One slice with its reference label maps; `tissue_labels` where these name tissues, not regions."""

    name: str
    volume: CTVolume
    index: int
    references: tuple[Labels, ...]
    tissue_labels: bool = False
    canal: npt.NDArray[np.float64] | None = None
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """How one draft compares, by tissue: Dice reached, Dice lost against the hands' own (or against 1), and area error (%)."""

    name: str
    kinds: tuple[str, ...]
    line: str
    dice: tuple[float, ...]
    gaps: tuple[float, ...]
    errors_percent: tuple[float, ...]


def scan_path(key: str) -> Path:
    return SHARED / "ct" / key


def hand_drawn() -> Iterator[Case]:
    """The slices that two assessors drew."""
    for key, about in json.loads((SHARED / "regions" / "slices.json").read_text()).items():
        volume = load_volume(scan_path(key), acquisition=about["acquisition_number"])
        maps = tuple(np.load(SHARED / "regions" / who / f"{key.split('/')[0]}.npz")["regions"] for who in "AB")
        yield Case(key.split("/")[0], volume, volume.nearest_slice(about["z_mm"]), maps, canal=locate_t12(volume).canal)


def auto_labelled(slices: Sequence[int] = (104, 105, 106, 107, 108, 109)) -> Iterator[Case]:
    """A 3 mm scan with automatic tissue labels, which follow another definition of the compartments."""
    import nibabel as nib

    folder = scan_path("totalseg_abdomen_3mm")
    volume = load_volume(folder / "ct.nii.gz")
    image = nib.as_closest_canonical(nib.load(folder / "tissues_slices_82_to_111.nii.gz"))
    labels = np.asarray(image.dataobj).astype(np.uint8)
    canal = locate_t12(volume).canal
    for index in slices:
        yield Case(f"totalseg slice {index}", volume, index, (labels[:, :, index].T[::-1, ::-1],), tissue_labels=True, canal=canal)


def phantoms(count: int, first: int) -> Iterator[Case]:
    """Random phantoms, each around its T12."""
    from dataclasses import replace

    for seed in range(first, first + count):
        options = replace(random_options(seed), z_range_mm=(-40.0, 40.0))
        phantom = make_phantom(options)
        if phantom.truth.regions is not None and phantom.truth.t12_slice_index is not None:
            kinds = tuple(k for k in difficulties(options) if k in IN_PLANE)
            yield Case(
                f"phantom {seed}", phantom.volume, phantom.truth.t12_slice_index, (phantom.truth.regions,), kinds=kinds or ("plain",)
            )


def dice(a: npt.NDArray[np.bool_], b: npt.NDArray[np.bool_]) -> float:
    return float(2 * (a & b).sum() / max(1, a.sum() + b.sum()))


def drafted(case: Case) -> tuple[AxialSlice, Draft, float]:
    """The slice, its draft and the seconds that the draft took."""
    axial = axial_slice(case.volume, case.index)
    start = time.perf_counter()
    draft = draft_regions(case.volume, axial, Protocol(), case.canal)
    return axial, draft, time.perf_counter() - start


def score(case: Case) -> Score:
    """Draft `case` and compare it."""
    axial, draft, seconds = drafted(case)
    parts, reached, gaps, errors = [], [], [], []
    for region, tissue in MAIN_TISSUE.items():
        window = in_window(axial.hu, PRESETS["t12-study"].window(tissue))
        ours = (draft.regions == region) & window
        references = [(r == region) & (window | case.tissue_labels) for r in case.references]
        reached.append(float(np.mean([dice(ours, r) for r in references])))
        between = dice(*references) if len(references) == 2 else 1.0
        area = float(np.mean([r.sum() for r in references]))
        gaps.append(between - reached[-1])
        errors.append(float(100 * (ours.sum() - area) / max(1.0, area)))
        hands = f" (hands {between:.3f})" if len(references) == 2 else ""
        parts.append(
            f"{SHORT[region]} {ours.sum() * case.volume.pixel_area_cm2:6.1f} cm2 {errors[-1]:+5.1f}% Dice {reached[-1]:.3f}{hands}"
        )
    notes = " ".join((*draft.flags, *(f"[{kind}]" for kind in case.kinds)))
    line = f"{case.name:32s} {seconds:4.2f} s  " + "; ".join(parts) + f"  {notes}"
    return Score(case.name, case.kinds, line, tuple(reached), tuple(gaps), tuple(errors))


def table(title: str, cases: Iterator[Case]) -> None:
    print(title)
    scores = []
    for case in cases:
        scores.append(score(case))
        print("  " + scores[-1].line, flush=True)
    if not scores:
        return
    gaps, errors = np.array([s.gaps for s in scores]), np.abs([s.errors_percent for s in scores])
    median = ", ".join(f"{n} {e:.1f}%" for n, e in zip(SHORT.values(), np.median(errors, axis=0), strict=True))
    print(f"  worst Dice gap {gaps.max():.3f}, mean {gaps.mean():.3f}; median area error {np.median(errors):.1f}% ({median})")
    for place, name in enumerate(SHORT.values()):
        worst = min(scores, key=lambda s, place=place: s.dice[place])  # type: ignore[misc]
        print(f"  Dice {name:9s} median {np.median([s.dice[place] for s in scores]):.3f}, worst {worst.dice[place]:.3f} ({worst.name})")
    for kind in sorted({kind for s in scores for kind in s.kinds}):
        some = [s for s in scores if kind in s.kinds]
        medians = ", ".join(f"{n} {np.median([s.dice[i] for s in some]):.3f}" for i, n in enumerate(SHORT.values()))
        print(f"  {kind:18s} {len(some):3d} drafts, median Dice {medians}")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--phantoms", type=int, default=0)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args(argv)
    if SHARED.is_dir():
        table("hand drawings", hand_drawn())
        table("automatic labels (another definition)", auto_labelled())
    else:
        print(f"no real scans: {SHARED} is no folder")
    if options.phantoms:
        table("random phantoms", phantoms(options.phantoms, options.first))
    return 0


if __name__ == "__main__":
    sys.exit(main())
