"""``pacs get``: a series from an archive into a folder."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from napari_t12_bodycomp.cli_pacs.desk import Answer, archive_of, command
from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.model.counted import counted
from napari_t12_bodycomp.model.progress import Progress


def add_commands(commands: Any) -> None:
    """Declare it."""
    get = command(commands, "get", "Retrieve a series; what is there already is not fetched again.", _get)
    get.add_argument("node", metavar="NODE")
    get.add_argument("--study", metavar="UID", required=True)
    get.add_argument("--series", metavar="UID", default="", help="default: the one to prefer")
    get.add_argument("--out", metavar="DIR", type=Path, required=True, help="the folder that its images go to")


def _get(args: argparse.Namespace, progress: Progress) -> Answer:
    from napari_t12_bodycomp.workflow.pacs import offered_series, retrieve

    archive = archive_of(args)
    series, why = args.series, ""
    if not series:
        found = offered_series(archive, args.study, progress)
        if found.chosen is None:
            raise UsageError(f"A series is wanted, none is to be preferred: {found.reason} Name one with --series.")
        series, why = found.chosen.series_instance_uid, f" {found.reason}"
    done = retrieve(archive, args.study, series, args.out, progress)
    answer = {"series_instance_uid": series, "folder": str(args.out), **asdict(done)}
    already = done.n_images - done.n_fetched
    return (
        answer,
        f"{counted(done.n_images, 'image lies', 'images lie')} in {args.out}{f', {already} of them from before' if already else ''}.{why}",
    )
