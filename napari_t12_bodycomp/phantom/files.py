"""A phantom on disk: the DICOM series and its known answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from napari_t12_bodycomp.dicom.write_phantom import write_series
from napari_t12_bodycomp.phantom.build import make_phantom
from napari_t12_bodycomp.phantom.options import Phantom, PhantomOptions

SAMPLE = PhantomOptions(
    seed=12, height_m=1.60, weight_kg=61.0, pixel_mm=1.0, n_pixels=384, z_range_mm=(-75.0, 285.0), slice_spacing_mm=5.0, last_rib_mm=105.0
)
"""The scan in `sample_data/`: 5 mm slices from L2 to above C7, so that the first rib is seen whole."""


def write_phantom_series(phantom: Phantom, folder: Path, transfer_syntax: str = "jpeg-ls") -> list[Path]:
    """Write the phantom's volume as DICOM CT files with shuffled names; returns them, most caudal slice first."""
    return write_series(phantom.volume, Path(folder), transfer_syntax, phantom.options.seed, phantom.options.patient_position)


def answers(phantom: Phantom) -> dict[str, Any]:
    """The truth as plain JSON values: level, areas (cm2) and indices (cm2/m2)."""
    t, v = phantom.truth, phantom.volume
    index = t.t12_slice_index
    return {
        "series_instance_uid": v.acquisition.series_instance_uid,
        "t12_body_z_mm": None if t.t12_body_z_mm is None else [round(z, 3) for z in t.t12_body_z_mm],
        "t12_mid_z_mm": None if t.t12_z_mm is None else round(t.t12_z_mm, 3),
        "slice_index": index,
        "slice_z_mm": None if index is None else float(v.z_mm[index]),
        "sop_instance_uid": None if index is None else v.sop_instance_uid(index),
        "n_rib_pairs": t.n_rib_pairs,
        "vertebrae_z_mm": {label: round(z, 3) for label, z in t.vertebrae.items() if v.z_mm[0] <= z <= v.z_mm[-1]},
        "height_m": phantom.options.height_m,
        "preset": "t12-study",
        "areas_cm2": {k.key: round(a, 3) for k, a in t.areas_cm2.items()},
        "geometric_areas_cm2": {k.key: round(a, 3) for k, a in t.geometric_cm2.items()},
        "muscles_cm2": dict(t.muscles_cm2),
        "indices": {name: round(value, 4) for name, value in t.indices.items()},
    }


def write_sample(folder: Path) -> Phantom:
    """Make the sample scan in `folder/chest_5mm` with `answers.json` and the true regions beside it."""
    phantom = make_phantom(SAMPLE)
    write_phantom_series(phantom, folder / "chest_5mm")
    (folder / "answers.json").write_text(json.dumps(answers(phantom), indent=1) + "\n", encoding="utf-8")
    return phantom
