#!/usr/bin/env python3
"""Opening a folder of many series: the first time, the second time in a new process, and again in the same one.

    python benchmarks/opening.py [FOLDER] [--series 500] [--slices 100]

Without FOLDER one is made in a temporary folder: series of small CT images in a folder each, files as an archive exports them. Headers
only are read, as the list of series needs them; what the program keeps on disk goes into a temporary folder too.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from pydicom.uid import generate_uid

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "dicom"))


def make(folder: Path, n_series: int, n_slices: int) -> None:
    """Write the series: two patients, ten studies."""
    from ct_files import slice_dataset

    hu = np.zeros((32, 32), np.int16)
    for s in range(n_series):
        (here := folder / f"study{s % 10}" / f"series{s}").mkdir(parents=True)
        dataset = slice_dataset(0, hu, SeriesInstanceUID=generate_uid(), StudyInstanceUID=generate_uid(entropy_srcs=[str(s % 10)]))
        dataset.PatientID = f"P{s % 2}"
        for k in range(n_slices):
            dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
            dataset.ImagePositionPatient = [-100, -90, 5 * k]
            dataset.save_as(here / f"IM{k:04d}", enforce_file_format=True)


def child(folder: str) -> None:
    """List the series twice in this process."""
    from napari_t12_bodycomp.workflow.source import list_series

    taken = []
    for _ in range(2):
        start, cpu = time.perf_counter(), time.process_time()
        offers = list_series(folder).offers
        taken += [time.perf_counter() - start, time.process_time() - cpu]
    print(len(offers), *taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--series", type=int, default=500)
    parser.add_argument("--slices", type=int, default=100)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given.child)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch) / "scans"
        if given.folder is None:
            make(folder, given.series, given.slices)
        files = sum(len(names) for _, _, names in os.walk(folder))
        environment = {**os.environ, "XDG_CACHE_HOME": str(Path(scratch) / "cache")}
        print("| process | series | files | first list | its processor time | again in the same process | its processor time |")
        print("|---|---|---|---|---|---|---|")
        for process in ("first", "second", "third"):
            command = [sys.executable, __file__, "--child", str(folder)]
            n, *taken = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()
            print(f"| {process} | {n} | {files} | {' | '.join(f'{float(t):.2f} s' for t in taken)} |", flush=True)
        kept = [p.stat().st_size for p in (Path(scratch) / "cache").rglob("*") if p.is_file()]
        print(f"\nKept on disk: {sum(kept) / 2**20:.1f} MB in {len(kept)} files.")


if __name__ == "__main__":
    main()
