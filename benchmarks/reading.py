#!/usr/bin/env python3
"""Reading a CT series: this program beside SimpleITK, pydicom's own loop, dicom2nifti and the bare bytes, in one run, as one table.

    python benchmarks/reading.py [--slices 60 300 600] [--encodings uncompressed JPEG-LS "JPEG 2000"] [--readers SimpleITK ...] [--repeat 3]
        [--dicom2nifti PYTHON]

The chest series of the shared scans is written anew with as many slices and in each encoding, into a temporary folder; with `--folder`
another series is taken for it. Every reader finds the series in the folder and reads all of it, in a fresh process each time, in turns so
that all meet the same load; the files are in the page cache, the best of the repeats counts. Memory is the growth of the process's peak
over the size of the volume. `bytes` reads the files and nothing else: no reader can be faster. The volumes of all readers are compared
voxel by voxel, after clipping below -1024 HU as this program does. dicom2nifti is left out where it is not installed; PYTHON names an
interpreter that has it.
"""

from __future__ import annotations

import argparse
import importlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

SHARED = Path(os.environ.get("T12_SHARED", Path(__file__).parents[2] / "shared"))
CHEST = SHARED / "data" / "ct" / "lidc_0314_chest_1mm" / "ct"
SYNTAXES = {"uncompressed": "1.2.840.10008.1.2.1", "JPEG-LS": "1.2.840.10008.1.2.4.80", "JPEG 2000": "1.2.840.10008.1.2.4.90"}
READERS = ("ours", "SimpleITK", "pydicom", "dicom2nifti", "bytes")


def read_ours(folder: str, said: dict[str, Any]) -> np.ndarray:
    from napari_t12_bodycomp.workflow.source import load_volume

    start = time.perf_counter()
    return load_volume(folder, show=lambda first: said.update(first=time.perf_counter() - start)).hu


def read_simpleitk(folder: str, said: dict[str, Any]) -> np.ndarray:
    import SimpleITK as sitk  # noqa: N813

    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    reader = sitk.ImageSeriesReader()
    names = [reader.GetGDCMSeriesFileNames(folder, uid) for uid in reader.GetGDCMSeriesIDs(folder)]
    reader.SetFileNames(max(names, key=len))
    said["image"] = image = reader.Execute()  # kept, because the array is a view into it
    return sitk.GetArrayViewFromImage(image)


def read_pydicom(folder: str, said: dict[str, Any]) -> np.ndarray:
    from pydicom import dcmread

    found = sorted((dcmread(entry.path) for entry in os.scandir(folder)), key=lambda ds: float(ds.ImagePositionPatient[2]))
    return np.stack([ds.pixel_array * np.int16(ds.RescaleSlope) + np.int16(ds.RescaleIntercept) for ds in found])


def read_dicom2nifti(folder: str, said: dict[str, Any]) -> np.ndarray:
    from dicom2nifti.convert_dicom import dicom_series_to_nifti

    with tempfile.TemporaryDirectory() as scratch:
        made = dicom_series_to_nifti(folder, Path(scratch) / "ct.nii", reorient_nifti=False)
        return np.asarray(made["NII"].dataobj).transpose(2, 1, 0)


def read_bytes(folder: str, said: dict[str, Any]) -> np.ndarray:
    for entry in os.scandir(folder):
        Path(entry.path).read_bytes()
    return np.zeros(0, np.int16)


NEEDS = {"ours": "napari_t12_bodycomp.workflow.source", "SimpleITK": "SimpleITK", "dicom2nifti": "dicom2nifti.convert_dicom"}
"""What each reader imports before the clock starts."""


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
    importlib.import_module(NEEDS.get(reader, "pydicom.pixels"))
    said: dict[str, Any] = {}
    before = peak_bytes(reset=True)
    start, cpu = time.perf_counter(), time.process_time()
    hu = globals()[f"read_{reader.lower()}"](folder, said)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    grown = peak_bytes() - before
    if save and hu.size:
        np.save(save, np.maximum(hu, -1024).astype(np.int16))
    print(json.dumps({"seconds": seconds, "cpu": cpu, "bytes": grown, "first": said.get("first")}))


def run(reader: str, folder: Path, save: str, python: str) -> dict[str, Any]:
    command = [python if reader == "dicom2nifti" else sys.executable, __file__, "--child", reader, str(folder), save]
    environment = {**os.environ, "XDG_CACHE_HOME": tempfile.mkdtemp(dir=folder.parent)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or ["no reason given"])[-1][:100]}
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def compare(encoding: str, folder: Path, given: argparse.Namespace, scratch: Path) -> None:
    """Print one table row per reader."""
    taken: dict[str, list[dict[str, Any]]] = {reader: [] for reader in ("ours", *(r for r in given.readers if r != "ours"))}
    for k in range(given.repeat):  # in turns, so that all meet the same load
        for reader, runs in taken.items():
            if runs and "error" in runs[0]:
                continue
            runs.append(run(reader, folder, str(scratch / f"{reader}.npy") if k == 0 else "", given.dicom2nifti))
    best = {reader: min(r["seconds"] for r in runs) for reader, runs in taken.items() if "error" not in runs[0]}
    ours = np.load(scratch / "ours.npy")
    for reader, runs in taken.items():
        start = f"| {len(ours)} | {encoding} | {reader} |"
        if reader not in best:
            print(f"{start} cannot: {runs[0]['error']} | | | | | |", flush=True)
            continue
        memory = max(r["bytes"] for r in runs) / ours.nbytes
        first = f"{min(r['first'] for r in runs):.2f} s" if runs[0]["first"] else ""
        difference = "" if reader in ("bytes", "ours") else _difference(ours, scratch / f"{reader}.npy")
        ratio, cpu = best[reader] / best["ours"], min(r["cpu"] for r in runs)
        print(f"{start} {best[reader]:.2f} s | {ratio:.1f} | {cpu:.2f} s | {memory:.2f} | {first} | {difference} |", flush=True)


def _difference(ours: np.ndarray, path: Path) -> str:
    theirs = np.load(path)
    if ours.shape != theirs.shape:
        return f"another shape: {theirs.shape}"
    largest = min(int(np.abs(ours.astype(np.int32) - way).max()) for way in (theirs, theirs[::-1], theirs[:, ::-1], theirs[::-1, ::-1]))
    return f"{largest} HU"


def write_copy(source: Path, target: Path, encoding: str, n: int) -> Path:
    """`n` slices 1 mm apart with the pixels of `source`, over and over, in `encoding`."""
    import warnings

    from pydicom import dcmread

    warnings.simplefilter("ignore")
    target.mkdir()
    originals = sorted(p for p in source.iterdir() if p.is_file() and p.suffix not in (".md", ".json"))[:n]
    uid = f"1.2.826.0.1.3680043.8.498.{n}"
    for first, path in enumerate(originals):
        dataset = dcmread(path)
        if dataset.file_meta.TransferSyntaxUID.is_compressed:
            dataset.decompress(generate_instance_uid=False)
        if encoding != "uncompressed":
            dataset.compress(SYNTAXES[encoding], generate_instance_uid=False)
        x, y, _ = dataset.ImagePositionPatient
        for k in range(first, n, len(originals)):
            dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"{uid}.{k + 1}"
            dataset.SeriesInstanceUID, dataset.InstanceNumber = uid, k + 1
            dataset.ImagePositionPatient, dataset.SliceLocation = [x, y, k], k
            buffer = io.BytesIO()
            dataset.save_as(buffer, enforce_file_format=True)
            (target / f"{(k * 7919) % 10007:05d}").write_bytes(buffer.getvalue())
    return target


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=CHEST)
    parser.add_argument("--slices", type=int, nargs="+", default=[60, 300, 600])
    parser.add_argument("--encodings", nargs="+", choices=SYNTAXES, default=list(SYNTAXES))
    parser.add_argument("--readers", nargs="+", choices=READERS, default=list(READERS))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--dicom2nifti", metavar="PYTHON", default=sys.executable)
    parser.add_argument("--scratch", type=Path, help="where the copies are made")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(*given.child)
        return
    if not given.folder.is_dir():
        parser.error("the shared scans are not here: give the folder of one CT series")
    print(
        "| slices | encoding | reader | time | times ours | processor time | peak memory / volume | first slice after | largest difference |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for encoding in given.encodings:
        for n in given.slices:
            with tempfile.TemporaryDirectory(dir=given.scratch) as scratch:
                folder = write_copy(given.folder, Path(scratch) / "series", encoding, n)
                compare(encoding, folder, given, Path(scratch))


if __name__ == "__main__":
    main()
