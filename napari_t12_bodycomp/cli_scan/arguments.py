"""What the commands about one scan share: the scan itself, and who is asked for a second opinion."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from napari_t12_bodycomp.model.progress import Progress

NewParser = Callable[[str, str], argparse.ArgumentParser]
"""Makes the parser of a command from its name and what it is about."""
Say = Callable[[dict[str, Any] | str], None]
"""Puts the answer on standard output, a record as JSON."""


def add_input(parser: argparse.ArgumentParser) -> None:
    """Add ``PATH`` and ``--json``."""
    parser.add_argument("path", metavar="PATH", type=Path, help="DICOM folder, DICOM file, zip or tar of DICOM, or NIfTI")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def add_choice(parser: argparse.ArgumentParser) -> None:
    """Add ``--series`` and ``--acquisition``."""
    parser.add_argument("--series", metavar="UID", help="which series, where PATH holds several")
    parser.add_argument("--acquisition", metavar="N", type=int, help="which acquisition, where the series holds several")


def add_opinion(parser: argparse.ArgumentParser) -> None:
    """Add ``--second-opinion`` and ``--opinion-labels``."""
    parser.add_argument(
        "--second-opinion",
        metavar="WHO",
        action="append",
        default=[],
        help="totalsegmentator, totalsegmentator-tissues, or a label map on the scan's grid (FILE.nii.gz); may be given twice",
    )
    parser.add_argument(
        "--opinion-labels",
        metavar="SCHEME",
        help="what the labels of a map without names stand for: total, total_v1, verse, tissue_types or tissue_4_types",
    )


def load(args: argparse.Namespace, progress: Progress) -> Any:
    """The volume that the arguments name."""
    from napari_t12_bodycomp.workflow.source import load_volume

    return load_volume(args.path, series=args.series, acquisition=args.acquisition, progress=progress)
