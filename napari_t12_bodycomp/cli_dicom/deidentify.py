"""The command ``deidentify``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.counted import counted
from napari_t12_bodycomp.model.progress import Progress

if TYPE_CHECKING:
    from napari_t12_bodycomp.workflow.deid_report import Tally

Say = Callable[[dict[str, Any] | str], None]


def run(words: list[str], new_parser: Callable[[str, str], argparse.ArgumentParser], say: Say, progress: Progress) -> int:
    """Take the identity out of the scans that `words` name; the exit code: 0 where all that may have been wanted is there, else 3."""
    parser = new_parser("deidentify", "Take the identity out of DICOM scans, for measuring them elsewhere.")
    _add_arguments(parser)
    args = parser.parse_args(words)
    from napari_t12_bodycomp.workflow.deid_key_file import make_keys, read_keys, refuse_key_within
    from napari_t12_bodycomp.workflow.deid_report import DeidentifyOptions
    from napari_t12_bodycomp.workflow.deidentify import deidentify, refuse_names, write_private

    if args.times == "keep" and args.dates == "remove":
        raise UsageError("Times of day are kept only where dates move: leave out --times keep or --dates remove.")
    refuse_key_within(args.key_file, args.out)
    if args.left_out_names is not None:
        refuse_names(args.left_out_names, args.out)
    keys = make_keys(args.key_file) if args.new_key else read_keys(args.key_file)
    options = DeidentifyOptions(args.dates == "shift", args.times == "keep", args.with_localizers, args.with_pictures, args.with_regions)
    tally = deidentify(args.path, args.out, keys, options, progress)
    if args.left_out_names is not None:
        write_private(args.left_out_names, tally.names_of_left_out())
    say(_as_json(tally, args.out) if args.json else _as_text(tally, args.out))
    if not tally.missing:
        return 0
    print(f"t12-bodycomp: {tally.missing}", file=sys.stderr)
    return InputError.exit_code


def _add_arguments(parser: argparse.ArgumentParser) -> None:
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
    parser.add_argument(
        "--times",
        choices=("remove", "keep"),
        default="remove",
        help="drop times of day (default), or keep them beside the moved dates, so that intervals hold to the second",
    )
    parser.add_argument("--with-localizers", action="store_true", help="take localizers too, which may have text in their pixels")
    parser.add_argument(
        "--with-pictures",
        action="store_true",
        help="take captures, screens, ultrasound and images with text burned in too: their pixels stay as they are, look at each",
    )
    parser.add_argument(
        "--with-regions", action="store_true", help="take segmentations and contours too; they go on pointing at their images"
    )
    parser.add_argument(
        "--left-out-names", metavar="F", type=Path, help="write which files were left out, by name, into this new file: for you alone"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _as_json(tally: Tally, out: Path) -> dict[str, Any]:
    from napari_t12_bodycomp.workflow.deid_report import REPORT_CSV

    said = {"status": "incomplete", "message": tally.missing, "exit_code": InputError.exit_code} if tally.missing else {"status": "done"}
    return said | tally.as_json() | {"files": {"out": str(out), "report": str(out / REPORT_CSV)}}


def _as_text(tally: Tally, out: Path) -> str:
    from napari_t12_bodycomp.workflow.deid_report import REPORT_CSV

    lines = [f"{counted(tally.written, 'image')} of {counted(len(tally.patients), 'patient')} in {len(tally.series)} series: {out}"]
    lines += [f"left out: {count} x {why}" for why, count in sorted(tally.skipped.items())]
    return "\n".join([*lines, *tally.warnings, f"What was done to which attribute: {out / REPORT_CSV}"])
