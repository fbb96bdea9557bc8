#!/usr/bin/env python3
"""Every folder of awkward files and every real scan: read or refused, and the sentence, as one table.

    python benchmarks/hard_folders.py [FOLDER ...]

Without FOLDER all series folders of the shared scans are tried. Where images of a folder come with an uncompressed twin,
tests/dicom/test_hard.py holds the decoded values to it, bit by bit.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

from napari_t12_bodycomp.errors import T12Error
from napari_t12_bodycomp.workflow.source import list_series, load_volume

SHARED = Path(os.environ.get("T12_SHARED", Path(__file__).parents[2] / "shared"))
DATA = SHARED / "data"


def folders() -> Iterator[Path]:
    """Each folder that holds files itself, and each of the first two levels."""
    for top in (DATA / "ct", DATA / "dicom_hard"):
        for path in sorted(top.rglob("*")):
            if (
                path.is_dir() and (len(path.relative_to(top).parts) <= 1 or any(p.is_file() for p in path.iterdir()))
            ) or path.name.endswith(".nii.gz"):
                yield path


def row(path: Path) -> str:
    """One table row for `path`."""
    name = path.relative_to(DATA) if path.is_relative_to(DATA) else path
    try:
        listed = list_series(path)
        offered = f"{len(listed.offers)} ({sum(o.is_measurable for o in listed.offers)})"
    except T12Error as error:
        return f"| {name} | - | refused | {error} |"
    try:
        volume = load_volume(path)
    except T12Error as error:
        return f"| {name} | {offered} | refused | {error} |"
    z, shape = volume.z_mm, " x ".join(map(str, volume.shape))
    said = " ".join([listed.reason, *volume.acquisition.warnings])
    return f"| {name} | {offered} | read: {shape}, z {z[0]:.1f} to {z[-1]:.1f} mm, {volume.hu.min()} to {volume.hu.max()} HU | {said} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    given = parser.parse_args()
    if not given.folders and not DATA.is_dir():
        parser.error("the shared scans are not here: give folders")
    print("| folder | series (measurable) | outcome | sentence |\n|---|---|---|---|")
    for path in given.folders or folders():
        print(row(path), flush=True)


if __name__ == "__main__":
    main()
