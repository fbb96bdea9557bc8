"""The main job on the sample scan, whose true areas are known."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import platformdirs

from napari_t12_bodycomp import __version__
from napari_t12_bodycomp.model.measurement import INDEX_NAMES
from napari_t12_bodycomp.model.progress import Progress, no_progress
from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.tissue import Tissue
from napari_t12_bodycomp.report.text import shown, table
from napari_t12_bodycomp.workflow.analyse import MeasureRequest, locate, measure_volume
from napari_t12_bodycomp.workflow.export import export_result
from napari_t12_bodycomp.workflow.source import load_volume

SERIES, ANSWERS = "chest_5mm", "answers.json"


def sample_folder(progress: Progress = no_progress) -> Path:
    """The folder that holds the sample series and its answers: `sample_data` of a source checkout, else a copy made once per version."""
    checkout = Path(__file__).resolve().parents[2] / "sample_data"
    if (checkout / ANSWERS).is_file() and (checkout / SERIES).is_dir():
        return checkout
    cached = Path(platformdirs.user_cache_dir("napari-t12-bodycomp", appauthor=False)) / f"sample-{__version__}"
    if not (cached / ANSWERS).is_file():
        progress(0.0, "making the sample scan, once")
        _make_sample(cached)
    return cached


def _make_sample(folder: Path) -> None:
    """Make it beside its place and move it there, so that a half-made one is never taken for the sample."""
    from napari_t12_bodycomp.phantom.files import write_sample

    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as passing:
        made = Path(passing) / folder.name
        made.mkdir()
        write_sample(made)
        if not folder.exists():
            made.rename(folder)


def run_demo(sample: Path, out: Path, progress: Progress = no_progress) -> str:
    """Find T12 in the sample, draft, measure and export into `out`; what came out, beside the known answers."""
    answers = json.loads((sample / ANSWERS).read_text(encoding="utf-8"))
    volume = load_volume(sample / SERIES, progress=progress)
    finding = locate(volume, progress)
    result = measure_volume(volume, MeasureRequest(), finding, progress)
    files = export_result(volume, result, out)
    return "\n".join(
        [
            f"Sample scan: a synthetic chest CT, {len(volume.hu)} slices; height {shown(result.subject.height_m, 2, 'm')}.",
            finding.message,
            "",
            comparison(result, answers),
            "",
            "The draft is automatic and nobody has corrected it; the known answers come from the geometry of the sample.",
            f"Table: {files.csv}",
            f"Picture: {files.overlay}",
        ]
    )


def comparison(result: Result, answers: dict[str, Any]) -> str:
    """Measured values beside the known ones."""
    m = result.measurement
    rows = [("", "measured", "known", "difference")]
    z = result.level.z_mm
    rows.append(("T12 mid-body z", shown(z, 1, "mm"), shown(answers["t12_mid_z_mm"], 1, "mm"), f"{z - answers['t12_mid_z_mm']:+.1f} mm"))
    rows += [_row(t.title, m.areas_cm2[t], answers["areas_cm2"][t.key], 2, "cm2") for t in Tissue]
    rows += [_row(name, m.indices[name], answers["indices"][name], 2, "" if name == "VSR" else "cm2/m2") for name in INDEX_NAMES]
    return table(rows, frozenset({1, 2, 3}))


def _row(name: str, measured: float, known: float, digits: int, unit: str) -> tuple[str, str, str, str]:
    difference = f"{100 * (measured / known - 1):+.1f}%" if known and measured == measured else ""
    return name, shown(measured, digits, unit), shown(known, digits, unit), difference
