"""The command ``locate``."""

from __future__ import annotations

import sys
import time

from napari_t12_bodycomp.cli_scan.arguments import NewParser, Say, add_choice, add_input, add_opinion, load
from napari_t12_bodycomp.errors import LevelError
from napari_t12_bodycomp.model.progress import Progress


def run(words: list[str], new_parser: NewParser, say: Say, progress: Progress) -> int:
    """Find T12 in the scan that `words` name; the exit code."""
    parser = new_parser("locate", "Find the mid-body slice of T12.")
    add_input(parser)
    add_choice(parser)
    add_opinion(parser)
    args = parser.parse_args(words)
    from napari_t12_bodycomp.report.json_report import locate_json
    from napari_t12_bodycomp.report.text import locate_text
    from napari_t12_bodycomp.workflow.analyse import locate
    from napari_t12_bodycomp.workflow.second_opinion import ask, check_asked

    check_asked(args.second_opinion, args.opinion_labels)
    start = time.perf_counter()
    volume = load(args, progress)
    finding = ask(volume, locate(volume, progress), args.second_opinion, args.opinion_labels, progress).finding
    report = locate_json(volume, finding, time.perf_counter() - start)
    say(report if args.json else locate_text(finding))
    if report["status"] == "found":
        return 0
    print(f"t12-bodycomp: {finding.message}", file=sys.stderr)
    return LevelError.exit_code
