"""The command ``deidentify``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from napari_t12_bodycomp.model.progress import Progress

Say = Callable[[dict[str, Any] | str], None]


def run(words: list[str], new_parser: Callable[[str, str], argparse.ArgumentParser], say: Say, progress: Progress) -> int:
    """Take the identity out of the scans that `words` name; the exit code."""
    parser = new_parser("deidentify", "Take the identity out of DICOM scans, for measuring them elsewhere.")
    parser.add_argument("path", metavar="PATH", type=Path, help="DICOM folder, DICOM file, zip or tar of DICOM")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="a new or empty directory for the images and the report")
    parser.add_argument(
        "--key-file",
        metavar="F",
        type=Path,
        required=True,
        help="the study's secret key: the same key keeps visits linked; never give it away",
    )
    parser.add_argument("--new-key", action="store_true", help="make the key file; refused where it exists")
    parser.add_argument(
        "--dates",
        choices=("shift", "remove"),
        default="shift",
        help="move dates back by the patient's own number of days (default), or drop them",
    )
    parser.add_argument("--with-localizers", action="store_true", help="take localizers too, which may have text in their pixels")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args(words)
    from napari_t12_bodycomp.workflow.deidentify import REPORT_CSV, DeidentifyOptions, deidentify, make_keys, read_keys

    keys = make_keys(args.key_file) if args.new_key else read_keys(args.key_file)
    tally = deidentify(args.path, args.out, keys, DeidentifyOptions(args.dates == "shift", args.with_localizers), progress)
    if args.json:
        say({"status": "done"} | tally.as_json() | {"files": {"out": str(args.out), "report": str(args.out / REPORT_CSV)}})
        return 0
    lines = [f"{tally.written} images of {len(tally.patients)} patients in {len(tally.series)} series: {args.out}"]
    lines += [f"left out: {count} x {why}" for why, count in sorted(tally.skipped.items())]
    say("\n".join([*lines, *tally.warnings, f"What was done to which attribute: {args.out / REPORT_CSV}"]))
    return 0
