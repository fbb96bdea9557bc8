"""The arguments of double reading."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from napari_t12_bodycomp.model.double_reading import Take


def add_double_arguments(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands of double reading; `command` makes one as those of the study are."""
    double = command("double", "Have a share of the cases read twice, unseen (lead).", "double")
    double.add_argument("--share", metavar="PERCENT", type=float, help="of the cases, chosen at random, read by a second assessor")
    double.add_argument("--reread", metavar="PERCENT", type=float, help="of the cases, that come back to the same assessor")
    double.add_argument("--washout-days", metavar="DAYS", type=int, default=30, help="before a case comes back (default 30)")
    double.add_argument(
        "--limits",
        metavar="NAME=VALUE",
        nargs="+",
        help="disagreement beyond: area=10 (percent), floor=1 (cm2 that never matter), dice=0.9, level=10 (mm); these are the defaults",
    )
    double.add_argument("--seed", type=int, help="of the random choice; without it one is drawn, and recorded")
    double.add_argument("--case", metavar="NAME", help="this case instead of a share")
    double.add_argument("--reader", metavar="NAME", help="who reads it")
    double.add_argument("--again", action="store_true", help="as the case that comes back to the same assessor")

    command("readings", "Readings that wait for you, and what came of those before; for a lead, all.", "readings")

    adjudicate = command("adjudicate", "Decide between two readings that disagree (reviewer or lead).", "adjudicate", case=True)
    adjudicate.add_argument("--take", required=True, choices=[take.value for take in Take], help="third: the drawing that is made now")
    adjudicate.add_argument("--reason", default="")
    adjudicate.add_argument("--z-mm", metavar="Z", type=float, help="of the third drawing: the slice nearest to this z")
    adjudicate.add_argument("--regions", metavar="FILE.nii.gz", type=Path, help="of the third drawing: these regions")
    adjudicate.add_argument(
        "--confirm-level", action="store_true", help="of the third drawing: you have looked at its level and confirm it"
    )

    withdraw = command("withdraw", "Take back that a reading was asked for (lead); study readings gives its number.", "withdraw")
    withdraw.add_argument("reading", metavar="READING", type=int)
    withdraw.add_argument("--reason", required=True)
