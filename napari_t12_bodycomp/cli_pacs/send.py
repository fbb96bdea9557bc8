"""``pacs send``: files into an archive."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from napari_t12_bodycomp.cli_pacs.desk import Answer, archive_of, command
from napari_t12_bodycomp.model.counted import counted
from napari_t12_bodycomp.model.progress import Progress


def add_commands(commands: Any) -> None:
    """Declare it."""
    send = command(commands, "send", "Store DICOM files in an archive.", _send)
    send.add_argument("node", metavar="NODE")
    send.add_argument("path", metavar="PATH", nargs="+", type=Path, help="DICOM files, or folders of them")


def _send(args: argparse.Namespace, progress: Progress) -> Answer:
    from napari_t12_bodycomp.workflow.pacs import send_files

    count = send_files(archive_of(args), args.path, progress)
    return {"n_files": count}, f"{counted(count, 'file')} stored in the archive {args.node!r}."
