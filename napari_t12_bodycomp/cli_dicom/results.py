"""The options of ``measure`` that write results as DICOM."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

_OPTIONS = (
    ("seg", "regions and tissues as DICOM segmentations too"),
    ("sr", "the numbers as a DICOM structured report too, with the segmentations that it points at"),
    ("sc", "the picture as a DICOM secondary capture too"),
)


def add_dicom_results(parser: argparse.ArgumentParser) -> None:
    """Add ``--dicom-seg``, ``--dicom-sr`` and ``--dicom-sc``."""
    for kind, words in _OPTIONS:
        parser.add_argument(f"--dicom-{kind}", dest="dicom", action="append_const", const=kind, help=words)


def check_dicom_results(args: argparse.Namespace) -> None:
    """Refuse before the work what could not be written after it."""
    if args.dicom:
        from napari_t12_bodycomp.workflow.source import refuse_nifti

        refuse_nifti(args.path)


def made_dicom_results(args: argparse.Namespace, volume: Any, result: Any) -> dict[str, bytes]:
    """What was asked for, before anything is written: files by name."""
    if not args.dicom:
        return {}
    from napari_t12_bodycomp.workflow.dicom_results import dicom_results

    return dicom_results(args.path, volume, result, frozenset(args.dicom))


def written_dicom_results(args: argparse.Namespace, volume: Any, result: Any, contents: dict[str, bytes], files: Any) -> dict[str, Path]:
    """Write it beside the other `files`; where it is, by kind."""
    if not contents:
        return {}
    from napari_t12_bodycomp.workflow.dicom_results import dicom_results, write_dicom_results

    return write_dicom_results(contents, files, lambda at: dicom_results(args.path, volume, result, frozenset(args.dicom), made_at=at))
