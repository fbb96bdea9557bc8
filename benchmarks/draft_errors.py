"""Where the draft is wrong: by cause and place against the hand drawings, how much of it lies at doubtful stretches, and enlarged pictures.

    python benchmarks/draft_errors.py [--pictures DIR]

A pixel is wrong where both hands agree on its tissue and the draft differs ("both"), or where it differs from one hand ("A", "B"). In the
pictures red is muscle that neither hand drew, blue is muscle that both drew and the draft left out; orange and green are the same where the hands
differ; doubtful stretches of contour are white.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from draft_accuracy import SHARED, Case, drafted, hand_drawn
from skimage.measure import find_contours

from napari_t12_bodycomp.analysis.windowing import in_window
from napari_t12_bodycomp.model.roi_map import Draft
from napari_t12_bodycomp.model.tissue import MAIN_TISSUE, PRESETS, Region

Mask = npt.NDArray[np.bool_]
PLACES = ("front", "sides", "back", "spine")
CAUSES = {
    "fascia too far out": (Region.MUSCLE, Region.SUBCUTANEOUS),
    "fascia too deep": (Region.SUBCUTANEOUS, Region.MUSCLE),
    "inner wall too deep": (Region.MUSCLE, Region.VISCERAL),
    "inner wall too shallow": (Region.VISCERAL, Region.MUSCLE),
    "bone or cartilage as muscle": (Region.MUSCLE, 0),
    "muscle as bone or cartilage": (0, Region.MUSCLE),
}
"""What the draft calls a wrong pixel, and what the hand does."""


def tissues(hu: npt.NDArray[np.int16], regions: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """0 none, else the region whose main tissue (t12-study windows) a pixel holds: (Y, X)."""
    result = np.zeros(hu.shape, np.uint8)
    for region, tissue in MAIN_TISSUE.items():
        result[(regions == region) & in_window(hu, PRESETS["t12-study"].window(tissue))] = region
    return result


def wrong_pixels(hu: npt.NDArray[np.int16], draft: Draft, references: Sequence[npt.NDArray[np.uint8]]) -> dict[str, Mask]:
    ours, a, b = (tissues(hu, r) for r in (draft.regions, *references))
    return {"both": (a == b) & (ours != a), "A": ours != a, "B": ours != b}


def marked_share(draft: Draft) -> float:
    """Share of the length of all drawn contours that is marked as doubtful."""
    length = marked = 0.0
    for region in Region:
        for line in find_contours((draft.regions == region).astype(float), 0.5):
            pieces = np.hypot(*np.diff(line, axis=0).T)
            rows, cols = np.rint((line[1:] + line[:-1]) / 2).astype(int).T
            length += float(pieces.sum())
            marked += float(pieces[draft.doubtful[rows, cols]].sum())
    return marked / max(length, 1e-6)


def place_of(body: Mask) -> npt.NDArray[np.uint8]:
    """Index into `PLACES` of each pixel (Y, X)."""
    rows, cols = np.flatnonzero(body.any(1)), np.flatnonzero(body.any(0))
    down = (np.arange(body.shape[0]) - (rows[0] + rows[-1]) / 2)[:, None] / ((rows[-1] - rows[0]) / 2)
    side = (np.arange(body.shape[1]) - (cols[0] + cols[-1]) / 2)[None, :] / ((cols[-1] - cols[0]) / 2)
    back = np.where(np.abs(side) < 0.3, 3, 2)
    return np.where(down < -0.35, 0, np.where(down > 0.3, back, 1)).astype(np.uint8)


def report(case: Case) -> dict[str, npt.NDArray[np.int64]]:
    """Print one case; how many wrong pixels lie at marked stretches, and how many there are, by what they are judged against."""
    axial, draft, _ = drafted(case)
    wrong = wrong_pixels(axial.hu, draft, case.references)
    covered = ", ".join(f"{100 * draft.doubtful[w].mean():.0f}% ({who})" for who, w in wrong.items())
    print(f"{case.name}: of the wrong pixels {covered} lie at the {100 * marked_share(draft):.0f}% of contour that are marked")
    window = in_window(axial.hu, PRESETS["t12-study"].window(MAIN_TISSUE[Region.MUSCLE]))
    place = place_of(draft.body)
    muscle = np.mean([((r == Region.MUSCLE) & window).sum() for r in case.references])
    for cause, (ours, theirs) in CAUSES.items():
        each = [window & (draft.regions == ours) & (r == theirs) for r in case.references]
        where = np.mean([np.bincount(place[e], minlength=4) for e in each], axis=0)
        both = np.logical_and(*each).sum()
        parts = " ".join(f"{p} {100 * n / muscle:4.1f}" for p, n in zip(PLACES, where, strict=True))
        print(f"    {cause:28s} {100 * where.sum() / muscle:4.1f}% of the muscle ({100 * both / muscle:4.1f}% against both hands): {parts}")
    return {who: np.array([draft.doubtful[w].sum(), w.sum()]) for who, w in wrong.items()}


def picture(case: Case, folder: Path, scale: int = 4) -> None:
    """Two halves of the slice, enlarged: errors on the left, the draft's contours on the right."""
    from matplotlib.image import imsave

    axial, draft, _ = drafted(case)
    window = in_window(axial.hu, PRESETS["t12-study"].window(MAIN_TISSUE[Region.MUSCLE]))
    ours, a, b = ((r == Region.MUSCLE) & window for r in (draft.regions, *case.references))
    rows, cols = np.flatnonzero(draft.body.any(1)), np.flatnonzero(draft.body.any(0))
    box = np.s_[max(0, rows[0] - 4) : rows[-1] + 5, max(0, cols[0] - 4) : cols[-1] + 5]
    grey = np.clip((axial.hu[box].astype(float) + 120) / 320, 0, 1)
    plain = np.repeat(np.repeat(np.stack([grey] * 3, -1), scale, 0), scale, 1)
    errors = plain.copy()
    for mask, colour in (
        (ours & ~a & ~b, (1, 0, 0)),
        (~ours & a & b, (0, 0.5, 1)),
        (ours & (a ^ b), (1, 0.6, 0)),
        (~ours & (a ^ b), (0, 1, 0.6)),
    ):
        big = np.repeat(np.repeat(mask[box], scale, 0), scale, 1)
        errors[big] = 0.5 * errors[big] + 0.5 * np.array(colour)
    label = np.repeat(np.repeat(draft.regions[box], scale, 0), scale, 1)
    doubtful = np.repeat(np.repeat(draft.doubtful[box], scale, 0), scale, 1)
    line = np.zeros(label.shape, bool)
    line[1:] |= label[1:] != label[:-1]
    line[:, 1:] |= label[:, 1:] != label[:, :-1]
    plain[line] = np.where(doubtful[line][:, None], 1.0, np.array([1.0, 0.75, 0.0]))
    half = plain.shape[0] // 2
    for name, part in (("front", np.s_[:half]), ("back", np.s_[half:])):
        imsave(folder / f"{case.name}_{name}.png", np.concatenate([errors[part], plain[part]], 1))


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--pictures", type=Path, help="folder for enlarged pictures")
    options = parser.parse_args(argv)
    if not SHARED.is_dir():
        print(f"no real scans: {SHARED} is no folder")
        return 0
    total: dict[str, npt.NDArray[np.int64]] = {}
    for case in hand_drawn():
        for who, counts in report(case).items():
            total[who] = total.get(who, np.zeros(2, np.int64)) + counts
        if options.pictures:
            options.pictures.mkdir(parents=True, exist_ok=True)
            picture(case, options.pictures)
    print("all cases: " + ", ".join(f"{100 * at / of:.0f}% of {of} wrong pixels ({who})" for who, (at, of) in total.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
