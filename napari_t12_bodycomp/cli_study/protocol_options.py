"""The protocol on the command line: HU preset, slab, and what counts as muscle and as visceral fat."""

from __future__ import annotations

import argparse
from typing import Any

_OPTIONS = (
    ("--intercostals", ("include", "exclude"), "include", "intercostal muscles as muscle"),
    ("--crura", ("include", "exclude"), "exclude", "diaphragm and crura as muscle; refused where the slice does not show them"),
    ("--thoracic-fat", ("include", "exclude"), "include", "fat above the diaphragm as visceral; refused where it cannot be told"),
    ("--fat-rims", ("keep", "exclude"), "keep", "rims of gas and stool, which partial volume puts into the fat window, as visceral fat"),
)


def add_protocol_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--preset``, ``--slab-mm`` and the options of what counts."""
    parser.add_argument("--preset", metavar="NAME", help="HU windows: t12-study (default), alberta, uniform or imagej-hupr")
    parser.add_argument("--slab-mm", metavar="T", type=float, help="average thinner slices to about this (default 5; 0: one slice)")
    for name, choices, usual, words in _OPTIONS:
        parser.add_argument(name, choices=choices, default=usual, help=f"{words} (default {usual})")


def protocol_of(args: argparse.Namespace) -> Any:
    """The protocol that the arguments describe."""
    from napari_t12_bodycomp.model.protocol import Protocol
    from napari_t12_bodycomp.model.tissue import DEFAULT_PRESET, preset

    slab = {} if args.slab_mm is None else {"slab_mm": args.slab_mm}
    return Protocol(
        preset(args.preset or DEFAULT_PRESET),
        intercostals_are_muscle=args.intercostals == "include",
        crura_are_muscle=args.crura == "include",
        thoracic_fat_is_visceral=args.thoracic_fat == "include",
        gas_rims_are_fat=args.fat_rims == "keep",
        **slab,
    )
