"""``t12-bodycomp pacs``: archives from the command line. Passwords and tokens are typed, piped or kept by the system, never arguments."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from napari_t12_bodycomp.cli_pacs import find, get, node, send
from napari_t12_bodycomp.cli_pacs.desk import EXIT_DONE, Say
from napari_t12_bodycomp.model.progress import Progress

__all__ = ["run"]


def run(words: list[str], new_parser: Callable[[str, str], argparse.ArgumentParser], say: Say, progress: Progress) -> int:
    """Run ``pacs`` with the arguments `words`; the exit code."""
    parser = new_parser("pacs", "Archives (PACS): search, retrieve, send.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for group in (node, find, get, send):
        group.add_commands(commands)
    args = parser.parse_args(words)
    answer, text = args.deed(args, progress)
    say({"status": "done", **answer} if args.json else text)
    return EXIT_DONE
