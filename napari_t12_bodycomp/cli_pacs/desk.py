"""What the commands share: an argument parser for each, the archive that is asked, and rows of text."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable, Sequence
from typing import Any

from napari_t12_bodycomp.model.progress import Progress

Say = Callable[[dict[str, Any] | str], None]
Answer = tuple[dict[str, Any], str]
"""What a command found out, for a program and for a person."""
EXIT_DONE = 0


def command(commands: Any, name: str, about: str, deed: Callable[[argparse.Namespace, Progress], Answer]) -> argparse.ArgumentParser:
    """A parser for the command `name`, which `deed` carries out."""
    one: argparse.ArgumentParser = commands.add_parser(name, help=about, description=about, allow_abbrev=False)
    one.set_defaults(deed=deed)
    one.add_argument("--json", action="store_true", help="print one JSON object")
    one.add_argument("-v", "--verbose", action="store_true", help="say on standard error what is being done")
    return one


def archive_of(args: argparse.Namespace) -> Any:
    """The archive that the arguments name."""
    from napari_t12_bodycomp.workflow.pacs import open_archive
    from napari_t12_bodycomp.workflow.pacs_nodes import node_named

    return open_archive(node_named(args.node), getpass.getpass if sys.stdin.isatty() else None)


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells in columns."""
    if not rows:
        return ""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
