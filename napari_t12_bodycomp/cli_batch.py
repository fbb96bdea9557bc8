"""``t12-bodycomp batch``: the scans of a manifest, measured side by side into one table."""

from __future__ import annotations

import argparse
import contextlib
import math
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_t12_bodycomp.cli_scan.arguments import NewParser, Say
from napari_t12_bodycomp.cli_study.protocol_options import add_protocol_options, protocol_of
from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.manifest import PROTOCOL_COLUMNS
from napari_t12_bodycomp.model.progress import Progress

if TYPE_CHECKING:
    from napari_t12_bodycomp.workflow.batch import Crew
    from napari_t12_bodycomp.workflow.manifest import BadManifest

_ABOUT = """Measure every scan of a manifest: a CSV table with case_id and path, and where known height_m or height_cm, height_source,
weight_kg, sex, series, acquisition, z_mm with level_reason, regions. A second run does only what is missing. Each case ends in indices.csv or in
failures.csv."""
_STOPPED = 130
_LINE_EVERY_S = 30.0


def run(words: list[str], new_parser: NewParser, say: Say, progress: Progress) -> int:
    """Run ``batch`` with the arguments `words`; the exit code."""
    args = _arguments(new_parser("batch", _ABOUT)).parse_args(words)
    if args.workers is not None and args.workers < 1:
        raise UsageError(f"One worker at least is wanted, {args.workers} came.")
    if not (args.limit_s > 0 and math.isfinite(args.limit_s)):
        raise UsageError(f"A time limit above 0 s is wanted, {args.limit_s:g} came.")
    from napari_t12_bodycomp.report import batch_text
    from napari_t12_bodycomp.workflow.batch import check_batch, run_batch
    from napari_t12_bodycomp.workflow.batch_plan import BatchOptions
    from napari_t12_bodycomp.workflow.manifest import BadManifest, read_manifest

    manifest = read_manifest(args.manifest)
    if isinstance(manifest, BadManifest):
        return _refuse(manifest, args, say)
    protocol = _protocol(args, manifest.protocol, new_parser)
    options = BatchOptions(protocol, args.assessor, args.redo, args.skip_failed, args.contact_sheet)
    if manifest.other_columns:
        names = ", ".join(manifest.other_columns)
        print(f"t12-bodycomp: columns without a meaning here are carried along into the table: {names}.", file=sys.stderr)
    tell = progress if sys.stderr.isatty() else _lines(progress)
    with _crew(args) as crew, _terminated_like_interrupted():
        if args.dry_run:
            checked = check_batch(manifest, args.out, options, crew, tell)
            say(batch_text.checked_json(checked) if args.json else batch_text.checked_text(checked))
            return 0
        report = run_batch(manifest, args.out, options, crew, tell)
    say(batch_text.batch_json(report) if args.json else batch_text.batch_text(report))
    if report.is_stopped:
        print("t12-bodycomp: Stopped on request; what was measured is kept, and the same command goes on.", file=sys.stderr)
        return _STOPPED
    return 0


def _arguments(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("manifest", metavar="MANIFEST.csv", type=Path, help="the table of cases; relative paths begin at its folder")
    parser.add_argument(
        "--out", metavar="DIR", type=Path, required=True, help="where the results go; the same again goes on where it ended"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--workers", metavar="N", type=int, help="cases at a time (default: by processors and free memory)")
    where.add_argument("--scheduler", metavar="ADDRESS", help="measure on the dask cluster there, such as tcp://10.0.0.5:8786")
    parser.add_argument("--limit-s", metavar="S", type=float, default=900.0, help="how long a case may take (default 900 s)")
    parser.add_argument("--dry-run", action="store_true", help="check manifest, paths and series, and measure nothing")
    parser.add_argument("--redo", action="store_true", help="measure cases again that are done but asked for otherwise now")
    parser.add_argument("--skip-failed", action="store_true", help="leave cases that failed before; without it they are tried again")
    parser.add_argument("--contact-sheet", action="store_true", help="all pictures on a few pages, as a PDF")
    parser.add_argument("--assessor", metavar="NAME", default="", help="who drew the regions, for the rows")
    add_protocol_options(parser)
    parser.set_defaults(**dict.fromkeys(PROTOCOL_COLUMNS))
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _refuse(bad: BadManifest, args: argparse.Namespace, say: Say) -> int:
    """A bad manifest: its first bad row, or with --dry-run all of them."""
    if not args.dry_run:
        raise InputError(bad.sentence())
    rows = [{"line": row.line, "message": row.sentence} for row in bad.bad]
    message = f"{len(rows)} bad {'row' if len(rows) == 1 else 'rows'} in the manifest."
    say(
        {"status": "error", "message": message, "exit_code": 3, "bad_rows": rows}
        if args.json
        else "\n".join(f"line {r['line']}: {r['message']}" for r in rows)
    )
    print(f"t12-bodycomp: {message}", file=sys.stderr)
    return InputError.exit_code


def _protocol(args: argparse.Namespace, in_manifest: dict[str, str], new_parser: NewParser) -> Any:
    """The protocol of the command line and of the manifest, which must not contradict each other."""
    words = []
    for name in PROTOCOL_COLUMNS:
        typed, listed = getattr(args, name), in_manifest.get(name)
        if typed is not None and listed is not None and not _same(str(typed), listed):
            raise UsageError(f"One protocol is wanted, {name} is {typed} on the command line and {listed} in the manifest: leave one out.")
        value = listed if typed is None else str(typed)
        words += [] if value is None else [f"--{name.replace('_', '-')}={value}"]
    parser = new_parser("batch", _ABOUT)
    add_protocol_options(parser)
    return protocol_of(parser.parse_args(words))


def _same(typed: str, listed: str) -> bool:
    with contextlib.suppress(ValueError):
        return float(typed) == float(listed)
    return typed == listed


@contextlib.contextmanager
def _crew(args: argparse.Namespace) -> Iterator[Crew]:
    if args.scheduler is not None:
        from napari_t12_bodycomp.batch.cluster import cluster_crew

        with cluster_crew(args.scheduler, args.limit_s) as crew:
            yield crew
        return
    from napari_t12_bodycomp.batch.local import local_crew, usual_workers

    yield local_crew(args.workers or usual_workers(), args.limit_s)


@contextlib.contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """SIGTERM, by which job schedulers and shutdowns end a program, stops a batch as Ctrl+C does."""

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _lines(progress: Progress) -> Progress:
    """Progress for a log file: a line now and then."""
    told = time.monotonic()

    def show(share: float, words: str) -> None:
        nonlocal told
        progress(share, words)
        if time.monotonic() - told >= _LINE_EVERY_S:
            told = time.monotonic()
            print(f"t12-bodycomp: {100 * share:3.0f}% {words}", file=sys.stderr)

    return show
