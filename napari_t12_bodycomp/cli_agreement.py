"""``t12-bodycomp agreement``: two sets of readings of the same cases, set beside each other."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from napari_t12_bodycomp.model.progress import Progress

Say = Callable[[dict[str, Any] | str], None]

_ABOUT = """How well two sets of readings of the same cases agree: Dice, surface distance, ICC, error, Bland-Altman, level.
A and B are each a result folder, a study's export, a CSV table with the same columns, a folder of NIfTI label maps with the same names on
both sides, or one label map (1 muscle, 2 visceral, 3 subcutaneous). Label maps alone give regions; tissues and indices need the scan,
so measure it first, or give a table."""


def run(words: list[str], new_parser: Callable[[str, str], argparse.ArgumentParser], say: Say, progress: Progress) -> int:
    """Run ``agreement`` with the arguments `words`; the exit code."""
    parser = new_parser("agreement", _ABOUT)
    parser.add_argument("first", metavar="A", type=Path, help="the first set of readings; differences are A minus B")
    parser.add_argument("second", metavar="B", type=Path, help="the second set of readings")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="where tables, plots and report go")
    parser.add_argument("--reader-a", metavar="NAME", default="", help="take this assessor's rows of A alone")
    parser.add_argument("--reader-b", metavar="NAME", default="", help="take this assessor's rows of B alone")
    parser.add_argument("--title", metavar="WORDS", default="", help="heads the report and the plots")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args(words)
    from napari_t12_bodycomp.report.agreement_json import agreement_json
    from napari_t12_bodycomp.report.agreement_text import agreement_text
    from napari_t12_bodycomp.workflow import agreement as work

    agreement = work.agree(args.first, args.second, (args.reader_a, args.reader_b), progress)
    work.write_files(args.out, work.files_of(agreement, args.title or work.TITLE))
    names = {"table": work.TABLE_NAME, "cases": work.CASES_NAME, "plot": work.PLOT_NAME, "report": work.TEXT_NAME}
    if args.json:
        say({"status": "done", **agreement_json(agreement), "files": names})
    else:
        say("\n".join([agreement_text(agreement), "", *(f"{what}: {args.out / name}" for what, name in names.items())]))
    return 0
