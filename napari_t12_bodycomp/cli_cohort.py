"""``t12-bodycomp cohort analyse``: a study's table to its statistics."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.model.progress import Progress

Say = Callable[[dict[str, Any] | str], None]

_ABOUT = """The statistics of a study on one table of a row a patient: description, comparison, matching, regression, ROC, correlation,
agreement of raters; as tables, figures, numbers and one report. docs/cohort.md lists the columns that are recognised."""
_ORDERS = {"largest": "LARGEST", "smallest": "SMALLEST", "table": "DATA"}


def run(words: list[str], new_parser: Callable[[str, str], argparse.ArgumentParser], say: Say, progress: Progress) -> int:
    """Run ``cohort`` with the arguments `words`; the exit code."""
    parser = new_parser("cohort", "The statistics of a study.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    analyse = commands.add_parser("analyse", help="a table to tables, figures and a report", description=_ABOUT, allow_abbrev=False)
    _add_arguments(analyse)
    args = parser.parse_args(words)
    from napari_t12_bodycomp.workflow.cohort_analysis import analyse_cohort, write_cohort
    from napari_t12_bodycomp.workflow.export import check_writable

    check_writable(args.out)
    analysis = analyse_cohort(args.table, _request(args), args.rush, progress)
    files = write_cohort(analysis, args.out, args.title, with_figures=not args.no_figures)
    progress(1.0, "written")
    if args.json:
        from napari_t12_bodycomp.report.cohort.summary import summary_json

        say({"status": "done", **summary_json(analysis), "files": {name: name for name in files}})
    else:
        from napari_t12_bodycomp.report.cohort.summary import summary_text

        say("\n".join([summary_text(analysis), "", f"report: {args.out / files[-1]}", f"{len(files) - 1} more files beside it"]))
    return 0


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("table", metavar="TABLE.csv", type=Path, help="one row a patient")
    add("--out", metavar="DIR", type=Path, required=True, help="where tables, figures and report go")
    add("--rush", metavar="LONG.csv", type=Path, help="the raters' RUSH items, one row a rating; rater 'consensus' for what was agreed on")
    add("--columns", metavar="FILE", type=Path, help='TOML or JSON: a line for each variable, such as SMI = "my column"')
    add("--column", metavar="NAME=COLUMN", action="append", default=[], help="the same for one variable; may be given several times")
    add("--id", metavar="COLUMN", help="the patients' IDs")
    add("--centre", metavar="COLUMN", help="the centre")
    add("--outcome", metavar="COLUMN", help="the outcome, 1 or yes for the event")
    add("--event", metavar="VALUE", default="", help="the outcome's value that is the event, where it is not 1 or yes")
    add("--covariates", metavar="NAME", nargs="+", help="what is matched on")
    add("--exposures", metavar="NAME", nargs="+", help="indices that are compared and correlated")
    add("--markers", metavar="NAME", nargs="+", help="indices that get a ROC curve and a panel of the scatter plot")
    add("--paired", metavar="NAME", nargs="+", help="predictors of the conditional model of the pairs")
    add("--candidates", metavar="NAME", nargs="+", help="predictors that may enter the logistic model")
    add("--match", metavar="CENTRE", nargs="+", help="centres to match, or 'all' or 'none' (default: those with enough patients for it)")
    add("--caliper", metavar="WIDTH", type=float, default=0.05, help="on the propensity scale (default 0.05)")
    add("--order", choices=sorted(_ORDERS), default="largest", help="who chooses first: largest score, smallest, or as in the table")
    add("--screened", metavar="N", type=int, help="patients screened, for the flow chart")
    add(
        "--excluded", metavar="REASON=N", action="append", default=[], help="patients excluded, with the reason; may be given several times"
    )
    add("--flag-contradictions", action="store_true", help="say where columns contradict each other, instead of refusing the table")
    add("--no-figures", action="store_true", help="tables, numbers and report alone, in half the time")
    add("--title", metavar="WORDS", default="", help="heads the report")
    add("--json", action="store_true", help="print one JSON object")
    add("-v", "--verbose", action="store_true", help="say on standard error what is being done")


def _request(args: argparse.Namespace) -> Any:
    from napari_t12_bodycomp.model.matching import Order
    from napari_t12_bodycomp.workflow.cohort_request import CohortRequest, read_columns

    columns = read_columns(args.columns) if args.columns else {}
    columns |= dict(_halves(pair, "NAME=COLUMN") for pair in args.column)
    columns |= {name: said for name, said in (("patient_id", args.id), ("centre", args.centre), ("outcome", args.outcome)) if said}
    lists = {
        option: tuple(names) if (names := getattr(args, option)) else None
        for option in ("covariates", "exposures", "markers", "candidates", "match")
    }
    return CohortRequest(
        columns=columns,
        event=args.event,
        pair_predictors=tuple(args.paired) if args.paired else None,
        caliper=args.caliper,
        order=Order[_ORDERS[args.order]],
        screened=args.screened,
        excluded={why: _count(n, why) for why, n in (_halves(pair, "REASON=N") for pair in args.excluded)},
        flag_contradictions=args.flag_contradictions,
        **lists,
    )


def _halves(pair: str, wanted: str) -> tuple[str, str]:
    first, sign, second = pair.rpartition("=") if wanted.endswith("N") and not wanted.endswith("COLUMN") else pair.partition("=")
    if not sign or not first.strip() or not second.strip():
        raise UsageError(f"{wanted} is wanted, {pair!r} came: write both with = between them.")
    return first.strip(), second.strip()


def _count(text: str, why: str) -> int:
    if not text.isdecimal():
        raise UsageError(f"A number of patients is wanted for {why!r}, {text!r} came: write --excluded REASON=N.")
    return int(text)
