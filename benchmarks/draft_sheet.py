"""A contact sheet of drafts on many slices of all real scans at hand, to be looked at.

    python benchmarks/draft_sheet.py sheet.png [--step 15] [--around 45]

Muscle is outlined in orange, the cavity in yellow, the subcutaneous layer in blue; doubtful stretches are tinted red.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from draft_accuracy import Case, drafted, scan_path

from napari_t12_bodycomp.analysis.t12 import locate_t12
from napari_t12_bodycomp.errors import T12Error
from napari_t12_bodycomp.model.tissue import MAIN_TISSUE
from napari_t12_bodycomp.workflow.source import load_volume

matplotlib.use("Agg")
import matplotlib.pyplot as plt

SCANS = {
    "lidc_0314_chest_1mm": (None, -665.0),
    "acrin_flt_two_studies/ct_abdomen_pelvis": (None, -528.0),
    "cptac_pda_upper_abdomen_5mm": (None, -122.0),
    "tcga_lihc_three_acquisitions": (1, -236.0),
    "tcga_lihc_three_acquisitions ": (2, -236.0),
    "totalseg_abdomen_3mm/ct.nii.gz": (None, 417.0),
}


def cases(step_mm: float, around_mm: float) -> Iterator[Case]:
    """Slices every `step_mm` within `around_mm` of mid-T12 of each scan."""
    for key, (acquisition, middle) in SCANS.items():
        volume = load_volume(scan_path(key.strip()), acquisition=acquisition)
        canal = locate_t12(volume).canal
        wanted = np.arange(-around_mm, around_mm + 0.1, step_mm) + middle
        for index in sorted({volume.nearest_slice(z) for z in wanted}):
            yield Case(f"{key.split('/')[0][:8].strip()} {acquisition or ''} z {volume.z_mm[index]:.0f}", volume, index, (), canal=canal)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("out", type=Path)
    parser.add_argument("--step", type=float, default=15.0)
    parser.add_argument("--around", type=float, default=45.0)
    options = parser.parse_args(argv)
    every = list(cases(options.step, options.around))
    columns = 7
    figure, axes = plt.subplots(-(-len(every) // columns), columns, figsize=(3.4 * columns, 2.6 * -(-len(every) // columns)), facecolor="k")
    for axis in axes.ravel():
        axis.axis("off")
    for case, axis in zip(every, axes.ravel(), strict=False):
        try:
            axial, draft, seconds = drafted(case)
        except T12Error as error:
            axis.set_title(f"{case.name}: {error}", color="w", fontsize=6)
            continue
        rows, cols = np.flatnonzero(draft.body.any(1)), np.flatnonzero(draft.body.any(0))
        window = np.s_[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
        aspect = axial.pixel_spacing_mm[0] / axial.pixel_spacing_mm[1]
        axis.imshow(axial.hu[window], cmap="gray", vmin=-160, vmax=240, aspect=aspect)
        axis.imshow(np.ma.masked_equal(draft.doubtful[window], False), cmap="autumn", alpha=0.4, aspect=aspect)
        for region, tissue in MAIN_TISSUE.items():
            axis.contour(draft.regions[window] == region, [0.5], colors=[tissue.colour], linewidths=0.5)
        axis.set_title(f"{case.name}  {seconds:.2f} s {' '.join(draft.flags)}", color="w", fontsize=6)
    figure.tight_layout(pad=0.2)
    figure.savefig(options.out, dpi=110, facecolor="k")
    print(options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
