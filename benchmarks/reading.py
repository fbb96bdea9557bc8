#!/usr/bin/env python3
"""Reading a CT series: this program beside SimpleITK on the same files, each in a fresh process, as one table.

    python benchmarks/reading.py [FOLDER ...] [--repeat N]

Without FOLDER the chest series of the shared scans is read as it lies (JPEG-LS) and as an uncompressed copy in a temporary folder.
Both programs find the series in the folder and read all of its slices; the median of N runs counts, the files being in the page cache.
`largest difference` compares the two volumes voxel by voxel, after clipping below -1024 HU as the study does.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

SHARED = Path(os.environ.get("T12_SHARED", Path(__file__).parents[2] / "shared"))
CHEST = SHARED / "data" / "ct" / "lidc_0314_chest_1mm" / "ct"


def read_ours(folder: str) -> np.ndarray:
    from napari_t12_bodycomp.workflow.source import load_volume

    return load_volume(folder).hu


def read_simpleitk(folder: str) -> np.ndarray:
    import SimpleITK as sitk  # noqa: N813

    reader = sitk.ImageSeriesReader()
    names = [reader.GetGDCMSeriesFileNames(folder, uid) for uid in reader.GetGDCMSeriesIDs(folder)]
    reader.SetFileNames(max(names, key=len))
    return sitk.GetArrayFromImage(reader.Execute())


READERS = {"ours": read_ours, "SimpleITK": read_simpleitk}


def peak_bytes(reset: bool = False) -> float:
    """Largest resident memory of this process so far, or since it was reset (Linux; NaN elsewhere)."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return float("nan")
    return 1024.0 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def child(reader: str, folder: str, save: str) -> None:
    """One run in this process: seconds and the growth of peak memory, as JSON."""
    import napari_t12_bodycomp.workflow.source

    if reader == "SimpleITK":
        import SimpleITK as sitk  # noqa: N813

        sitk.ProcessObject.SetGlobalWarningDisplay(False)
    before = peak_bytes(reset=True)
    start, cpu = time.perf_counter(), time.process_time()
    hu = READERS[reader](folder)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    grown = peak_bytes() - before
    if save:
        np.save(save, np.maximum(hu, -1024).astype(np.int16))
    print(json.dumps({"seconds": seconds, "cpu": cpu, "memory": grown / (2 * hu.size), "shape": hu.shape}))
    assert napari_t12_bodycomp


def run(reader: str, folder: Path, save: Path | None) -> dict[str, object]:
    command = [sys.executable, __file__, "--child", reader, str(folder), str(save or "")]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or ["no reason given"])[-1][:120]}
    return json.loads(done.stdout.strip().splitlines()[-1])


def compare(name: str, folder: Path, repeat: int, scratch: Path) -> None:
    """Print one table row per reader, and the ratio."""
    medians: dict[str, float] = {}
    taken: dict[str, list[dict[str, object]]] = {reader: [] for reader in READERS}
    for k in range(repeat):  # in turns, so that both meet the same load
        for reader, runs in taken.items():
            runs.append(run(reader, folder, scratch / f"{reader}.npy" if k == 0 else None))
    for reader, runs in taken.items():
        if "error" in runs[0]:
            print(f"| {name} | {reader} | cannot read it: {runs[0]['error']} | | | |")
            continue
        medians[reader] = statistics.median(float(r["seconds"]) for r in runs)  # type: ignore[arg-type]
        cpu = statistics.median(float(r["cpu"]) for r in runs)  # type: ignore[arg-type]
        memory = max(float(r["memory"]) for r in runs)  # type: ignore[arg-type]
        print(f"| {name} | {reader} | {medians[reader]:.2f} s | {cpu:.2f} s | {memory:.2f} x volume | {runs[0]['shape']} |")
    if len(medians) == len(READERS):
        ours, theirs = (np.load(scratch / f"{reader}.npy") for reader in READERS)
        difference = int(np.abs(ours.astype(np.int32) - theirs).max()) if ours.shape == theirs.shape else "shapes differ"
        print(
            f"| {name} | **ratio** | **{medians['SimpleITK'] / medians['ours']:.1f} x faster** | | | largest difference {difference} HU |"
        )


def uncompressed_copy(folder: Path, target: Path) -> Path:
    """The same series as explicit little endian."""
    from pydicom import dcmread
    from pydicom.errors import InvalidDicomError
    from pydicom.uid import ExplicitVRLittleEndian

    target.mkdir()
    for path in sorted(folder.iterdir()):
        try:
            dataset = dcmread(path)
        except InvalidDicomError:
            continue
        if dataset.file_meta.TransferSyntaxUID.is_compressed:
            dataset.decompress(decoding_plugin="pyjpegls" if "JPEG-LS" in dataset.file_meta.TransferSyntaxUID.name else "")
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.save_as(target / path.name)
    return target


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(*given.child)
        return
    if not given.folders and not CHEST.is_dir():
        parser.error("the shared scans are not here: give a folder of one CT series")
    print("| series | reader | time | processor time | peak memory | |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for folder in given.folders or [CHEST]:
            compare(folder.parent.name if folder.name == "ct" else folder.name, folder, given.repeat, Path(scratch))
        if not given.folders:
            compare("the same, uncompressed", uncompressed_copy(CHEST, Path(scratch) / "plain"), given.repeat, Path(scratch))


if __name__ == "__main__":
    main()
