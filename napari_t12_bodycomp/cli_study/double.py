"""Deeds of ``t12-bodycomp study`` for double reading."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from napari_t12_bodycomp.cli_study.desk import Say, desk_of, say_case, say_done
from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.model.progress import Progress

_LIMITS = {"area": "area_percent", "floor": "area_floor_cm2", "dice": "dice", "level": "level_mm"}


def _limits(words: list[str] | None) -> Any:
    """Limits given as ``area=10 floor=1 dice=0.9 level=10``, in percent, cm2, none and mm; None where none are given."""
    from napari_t12_bodycomp.model.double_reading import Limits

    if not words:
        return None
    values: dict[str, float] = {}
    for word in words:
        name, _, number = word.partition("=")
        try:
            values[_LIMITS[name]] = float(number)
        except (KeyError, ValueError):
            raise UsageError(f"Limits such as area=10 floor=1 dice=0.9 level=10 are wanted, {word!r} came.") from None
    return Limits(**values)


def _double(args: argparse.Namespace, say: Say, progress: Progress) -> int:
    from napari_t12_bodycomp.model.double_reading import Limits, ReadingChoice, ReadingKind
    from napari_t12_bodycomp.workflow.case_view import case_named
    from napari_t12_bodycomp.workflow.reading_choice import ask_reading, choose_readings

    if (args.case is None) == (args.share is None and args.reread is None) or (args.case is None) != (args.reader is None):
        raise UsageError("Shares are wanted (--share, --reread), or one case with --case NAME --reader NAME: one of the two.")
    limits = _limits(args.limits)
    desk, _ = desk_of(args)
    if args.case is not None:
        kind = ReadingKind.REREAD if args.again else ReadingKind.DOUBLE
        one = ask_reading(desk, case_named(desk.store, args.case).id, kind, args.reader, limits, args.washout_days)
        return say_done(say, args, {"reading": one.id, "case_id": args.case}, f"{args.reader} is to read {args.case}.")
    choice = ReadingChoice(args.share or 0.0, args.reread or 0.0, args.washout_days, limits or Limits(), args.seed)
    plan, chosen = choose_readings(desk, choice)
    n = {kind: sum(reading.kind is kind for reading in chosen) for kind in ReadingKind}
    answer = {"seed": plan.choice.seed, "of_cases": plan.n_cases, "double": n[ReadingKind.DOUBLE], "reread": n[ReadingKind.REREAD]}
    words = f"Of {plan.n_cases} cases, {answer['double']} more are read by a second assessor and {answer['reread']} more come back to the same one"
    return say_done(say, args, answer, f"{words} (seed {plan.choice.seed}).")


def _readings(args: argparse.Namespace, say: Say, progress: Progress) -> int:
    from napari_t12_bodycomp.workflow.reading_list import listed_readings, reading_counts

    desk, _ = desk_of(args)
    counts = reading_counts(desk)
    rows = [_told(one) for one in listed_readings(desk)]
    lines = [
        f"{row['reading']:4d} {row['case_id']:20s} {row['kind']:7s} {row['state']:12s} {row['reader']:12s} "
        f"{'from ' + row['not_before'][:10] if row['not_before'] else 'after the first'}" + (f"; {row['beyond']}" if row["beyond"] else "")
        for row in rows
    ]
    answer = {"due": counts.due, "later": counts.later, "adjudications": counts.adjudications, "readings": rows}
    last = f"For you: {counts.due} readings due, {counts.later} later, {counts.adjudications} adjudications."
    return say_done(say, args, answer, "\n".join([*lines, last]))


def _told(one: Any) -> dict[str, Any]:
    reading, decided = one.reading, one.adjudication
    return {
        "reading": reading.id,
        "case_id": one.case,
        "kind": reading.kind.value,
        "state": reading.state.value,
        "first_reader": one.first_reader,
        "reader": one.reader,
        "not_before": reading.not_before,
        "finished_at": reading.finished_at,
        "differences": {d.quantity: d.value for d in reading.differences},
        "beyond": " ".join(d.quantity for d in reading.differences if d.is_beyond),
        "taken": decided.take.value if decided else None,
        "adjudicated_by": decided.account if decided else None,
    }


def _adjudicate(args: argparse.Namespace, say: Say, progress: Progress) -> int:
    from napari_t12_bodycomp.model.double_reading import Take
    from napari_t12_bodycomp.workflow.case_view import case_named
    from napari_t12_bodycomp.workflow.double_reading import adjudicate
    from napari_t12_bodycomp.workflow.study_draft import adjudicate_drawing

    desk, _ = desk_of(args)
    take = Take(args.take)
    if take is Take.THIRD:
        return say_case(say, args, adjudicate_drawing(desk, args.case, args.reason, args.z_mm, args.regions, args.confirm_level, progress))
    if args.regions or args.z_mm is not None or args.confirm_level:
        raise UsageError("A drawing belongs to --take third: leave it out, or take the third.")
    return say_case(say, args, adjudicate(desk, case_named(desk.store, args.case).id, take, args.reason))


def _withdraw(args: argparse.Namespace, say: Say, progress: Progress) -> int:
    from napari_t12_bodycomp.workflow.double_reading import withdraw_reading

    desk, _ = desk_of(args)
    done = withdraw_reading(desk, args.reading, args.reason)
    return say_done(say, args, {"reading": done.id, "state": done.state.value}, f"Reading {done.id} is withdrawn.")


DEEDS: dict[str, Callable[[argparse.Namespace, Say, Progress], int]] = {
    "double": _double,
    "readings": _readings,
    "adjudicate": _adjudicate,
    "withdraw": _withdraw,
}
