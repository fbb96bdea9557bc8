"""The command ``series``."""

from __future__ import annotations

from napari_t12_bodycomp.cli_scan.arguments import NewParser, Say, add_input
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.progress import Progress


def run(words: list[str], new_parser: NewParser, say: Say, progress: Progress) -> int:
    """List what the path in `words` holds; the exit code."""
    parser = new_parser("series", "What PATH holds, which series would be measured, and why.")
    add_input(parser)
    args = parser.parse_args(words)
    from napari_t12_bodycomp.report.json_report import series_json
    from napari_t12_bodycomp.report.text import series_table
    from napari_t12_bodycomp.workflow.source import list_series

    found = list_series(args.path, progress)
    say(series_json(found) if args.json else series_table(found))
    return 0 if found.chosen else InputError.exit_code
