#!/usr/bin/env python3
"""Every folder of awkward files and every real scan: what it is, read or refused, the sentence, and its values checked, as one table.

    python benchmarks/reading_table.py [FOLDER ...]

Without FOLDER all series folders of the shared scans are tried. Values are checked slice by slice, also where the series is refused as a
whole: against the uncompressed twin where an image has one, else against what SimpleITK reads from the same file, both clipped below
-1024 HU and with padding as air, as this program does. Exit 1 where a lossless value differs or anything but a sentence comes out.
"""

from __future__ import annotations

import argparse
import collections
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from pydicom import dcmread
from pydicom.uid import UID

from napari_t12_bodycomp.dicom.archive import FileSource, open_sources
from napari_t12_bodycomp.dicom.enhanced import ENHANCED_CT, read_headers
from napari_t12_bodycomp.dicom.headers import SliceHeader
from napari_t12_bodycomp.dicom.pixels import slice_hu
from napari_t12_bodycomp.dicom.refuse import CT_IMAGE
from napari_t12_bodycomp.errors import InputError, T12Error
from napari_t12_bodycomp.workflow.source import list_series, load_volume

SHARED = Path(os.environ.get("T12_SHARED", Path(__file__).parents[2] / "shared"))
DATA = SHARED / "data"
LOSSY = {f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 81, 91)}


@dataclass(frozen=True)
class Row:
    """One folder (or NIfTI file) of the table; `is_wrong` where a value or the way of refusing is."""

    name: str
    what: str
    outcome: str
    sentence: str
    checked: str
    is_wrong: bool = False


def folders(top: Path = DATA) -> Iterator[Path]:
    """Each folder that holds files itself, each of the first level, and each NIfTI file."""
    for part in (top / "ct", top / "dicom_hard"):
        for path in sorted(part.rglob("*")):
            of_first_level = path.is_dir() and len(path.relative_to(part).parts) == 1
            if of_first_level or (path.is_dir() and any(p.is_file() for p in path.iterdir())) or path.name.endswith(".nii.gz"):
                yield path


def row(path: Path) -> Row:
    """What comes of `path`."""
    name = str(path.relative_to(DATA)) if path.is_relative_to(DATA) else path.name
    headers = [] if path.is_file() else list(_headers(path))
    checked, is_wrong = check(headers) if headers else ("", False)
    try:
        volume = load_volume(path)
    except T12Error as error:
        return Row(name, what(headers, path), "refused", str(error), checked, is_wrong or not isinstance(error, InputError))
    z, shape = volume.z_mm, " x ".join(map(str, volume.shape))
    said = " ".join([list_series(path).reason, *volume.acquisition.warnings])
    return Row(name, what(headers, path), f"read: {shape}, z {z[0]:.1f} to {z[-1]:.1f} mm", said, checked, is_wrong)


def _headers(folder: Path) -> Iterator[SliceHeader]:
    with open_sources(folder) as sources:
        for source in sources:
            yield from read_headers(source)


def what(headers: list[SliceHeader], path: Path) -> str:
    """Modalities, number of images, syntaxes and sizes in words."""
    if path.is_file():
        return "NIfTI"
    if not headers:
        return "no DICOM"
    kinds = collections.Counter(f"{h.modality or '?'}{' multi-frame' if h.n_frames > 1 else ''}" for h in headers)
    syntaxes = sorted({UID(h.transfer_syntax).name.split(",")[0].split("(")[0].strip() for h in headers})
    words = ", ".join(f"{n} {kind}" for kind, n in kinds.most_common())
    return f"{words}; {', '.join(syntaxes) if len(syntaxes) <= 2 else f'{len(syntaxes)} encodings'}"


def check(headers: list[SliceHeader]) -> tuple[str, bool]:
    """How the values of all CT slices compare, in words, and whether a lossless one differs."""
    counts: collections.Counter[str] = collections.Counter()
    largest = 0
    for header in headers:
        if (
            header.sop_class not in ("", CT_IMAGE, *ENHANCED_CT)
            or header.modality != "CT"
            or header.slope is None
            or header.intercept is None
        ):
            continue
        try:
            hu, outside = slice_hu(header)
        except InputError:
            counts["not decodable and said so"] += 1
            continue
        found = reference(header)
        if found is None:
            counts["that nothing else reads"] += 1
            continue
        expected, by_twin = np.rint(np.maximum(found[0], -1024)), found[1]
        if outside is not None:
            expected[outside] = -1024
        difference = int(np.abs(hu - expected).max())
        if header.transfer_syntax in LOSSY and by_twin:
            counts["with loss"] += 1
            largest = max(largest, difference)
        else:
            counts["WRONG" if difference else "equal to the uncompressed twin" if by_twin else "equal to another reader"] += 1
    said = ", ".join(f"{n} {kind}" for kind, n in counts.items())
    return said.replace("with loss", f"with loss within {largest} HU"), bool(counts["WRONG"])


def reference(header: SliceHeader) -> tuple[np.ndarray, bool] | None:
    """The same slice in HU from elsewhere, and whether from its uncompressed twin; None where nobody reads it."""
    if not isinstance(header.source, FileSource) or header.slope is None or header.intercept is None:
        return None
    path = Path(header.source.path)
    twin = _twin(path)
    if twin is not None:
        return twin, True
    return _by_simpleitk(path, header)


def _by_simpleitk(path: Path, header: SliceHeader) -> tuple[np.ndarray, bool] | None:
    import SimpleITK as sitk  # noqa: N813

    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    try:
        image = sitk.GetArrayFromImage(sitk.ReadImage(str(path), imageIO="GDCMImageIO"))
    except RuntimeError:
        return None
    return (image[header.frame].astype(np.float64), False) if image.ndim == 3 and image.shape[1:] == (header.rows, header.columns) else None


@lru_cache(maxsize=32)
def _twin(path: Path) -> np.ndarray | None:
    """HU of the uncompressed image that `path` was made from, where there is one."""
    if path.parent.name == "transfer_syntaxes":
        return _plain(path.parent / "CTImage.dcm")
    if path.name.startswith("693_J2KR"):
        return _plain(path.parent / "693_UNCR.dcm")
    if path.parent.parent.name == "nema_wg04" and shutil.which("zstd"):
        packed = path.parent.parent / "REF" / f"{path.name.split('_')[0]}_UNC.zst"
        with tempfile.TemporaryDirectory() as scratch:
            subprocess.run(["zstd", "-dqf", str(packed), "-o", f"{scratch}/twin"], check=True)
            return _plain(Path(scratch) / "twin")
    return None


def _plain(path: Path) -> np.ndarray:
    """HU of an uncompressed little-endian image, taken from its bytes."""
    dataset = dcmread(path, force=True)
    kind = "<i2" if dataset.PixelRepresentation else "<u2"
    stored = np.frombuffer(dataset.PixelData, kind, dataset.Rows * dataset.Columns).reshape(dataset.Rows, dataset.Columns)
    return stored * float(dataset.get("RescaleSlope", 1)) + float(dataset.get("RescaleIntercept", 0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    given = parser.parse_args()
    if not given.folders and not DATA.is_dir():
        parser.error("the shared scans are not here: give folders")
    warnings.simplefilter("ignore")
    print("| folder | what it is | outcome | sentence | values of its CT slices |\n|---|---|---|---|---|")
    wrong = 0
    for path in given.folders or folders():
        r = row(path)
        wrong += r.is_wrong
        print(f"| {r.name} | {r.what} | {r.outcome} | {r.sentence} | {r.checked} |", flush=True)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
