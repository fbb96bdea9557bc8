"""Cases a minute with one and two workers, and what a batch costs beside measuring one after the other in one process.

    python benchmarks/batch_speed.py [--cases 8] [--workers 1 2]

Every case is the sample scan, so that all take the same time. A ratio of 2 for two workers would be all of a second processor; what is missing
is the start of the processes (once for each worker) and what processors share. Processor seconds say the same on a computer that others use too.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

from napari_t12_bodycomp.batch.local import local_crew
from napari_t12_bodycomp.workflow.analyse import MeasureRequest, locate, measure_volume
from napari_t12_bodycomp.workflow.batch import run_batch
from napari_t12_bodycomp.workflow.batch_plan import BatchOptions
from napari_t12_bodycomp.workflow.demo import SERIES, sample_folder
from napari_t12_bodycomp.workflow.export import export_result
from napari_t12_bodycomp.workflow.manifest import Manifest, read_manifest
from napari_t12_bodycomp.workflow.source import load_volume


def cpu_s() -> float:
    """Processor seconds of this process and of those it started that have ended."""
    t = os.times()
    return t.user + t.system + t.children_user + t.children_system


def one_by_one(scan: Path, cases: int, out: Path) -> tuple[float, float]:
    """Seconds, and processor seconds, for `cases` times the scan in this process."""
    begun, cpu = time.perf_counter(), cpu_s()
    for n in range(cases):
        volume = load_volume(scan)
        export_result(volume, measure_volume(volume, MeasureRequest(), locate(volume)), out / str(n))
    return time.perf_counter() - begun, cpu_s() - cpu


def in_a_batch(manifest: Path, workers: int, out: Path) -> tuple[float, float]:
    """Seconds, and processor seconds, for the manifest with `workers` workers, from their start to the finished table."""
    read = read_manifest(manifest)
    assert isinstance(read, Manifest)
    begun, cpu = time.perf_counter(), cpu_s()
    report = run_batch(read, out, BatchOptions(), local_crew(workers, 900))
    assert report.measured == report.cases
    return time.perf_counter() - begun, cpu_s() - cpu


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=8)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    args = parser.parse_args()
    scan = sample_folder() / SERIES
    with tempfile.TemporaryDirectory() as passing:
        folder = Path(passing)
        manifest = folder / "manifest.csv"
        manifest.write_text("case_id,path\n" + "".join(f"P-{n},{scan}\n" for n in range(args.cases)), encoding="utf-8")
        one_by_one(scan, 1, folder / "warm")
        rows = [("one by one, one process", *one_by_one(scan, args.cases, folder / "alone"))]
        rows += [(f"batch, {n} worker{'s' if n > 1 else ''}", *in_a_batch(manifest, n, folder / f"batch{n}")) for n in args.workers]
    print(f"{'':26}{'cases/min':>10}{'s a case':>10}{'ratio':>8}{'processor s a case':>20}")
    for name, seconds, cpu in rows:
        line = f"{60 * args.cases / seconds:>10.1f}{seconds / args.cases:>10.2f}{rows[0][1] / seconds:>8.2f}{cpu / args.cases:>20.2f}"
        print(f"{name:26}{line}")


if __name__ == "__main__":
    main()
