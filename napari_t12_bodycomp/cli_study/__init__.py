"""``t12-bodycomp study``: the study store from the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from napari_t12_bodycomp.cli_study import casework, decisions, double, keeping, people
from napari_t12_bodycomp.cli_study.arguments import add_arguments
from napari_t12_bodycomp.cli_study.desk import Say
from napari_t12_bodycomp.model.progress import Progress

__all__ = ["run"]

_DEEDS = {**people.DEEDS, **casework.DEEDS, **decisions.DEEDS, **double.DEEDS, **keeping.DEEDS}


def run(words: list[str], new_parser: Callable[[str, str], argparse.ArgumentParser], say: Say, progress: Progress) -> int:
    """Run ``study`` with the arguments `words`; the exit code."""
    parser = add_arguments(new_parser("study", "The study: accounts, cases, drawings, reviews and their export."))
    args = parser.parse_args(words)
    return _DEEDS[args.deed](args, say, progress)
