"""RUSH scores of several raters: from rows to scores, the table for the consensus, and the outcome of each patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

import pandas as pd

from napari_t12_bodycomp.cohort.columns import as_number, column_of, labels
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.rush import DAY_1, ITEMS, MONTH_1, SLOW_BELOW, Consensus, HealingOutcome, RushScore, check_total, is_slow

TOTAL = "total"
Key = tuple[str, str]
"""Patient and time."""


def rush_scores(table: pd.DataFrame) -> tuple[RushScore, ...]:
    """The scores in a table of one row a rating: columns patient_id, timepoint, rater, role (optional), the ten items, total (optional).

    Instead of the items, total alone may be there. An empty cell is unknown.

    Raises
    ------
    InputError
        Where a column, a name or a time is missing, points are not 1 to 3, a total contradicts its items, a rater rated a patient twice at
        one time, or has two roles.
    """
    keys = {name: labels(table, name) for name in ("patient_id", "timepoint", "rater")}
    for name, cells in keys.items():
        if None in cells:
            raise InputError(f"Patient, time and rater are wanted in each row, {name} is empty in row {cells.index(None) + 1}: fill it in.")
    has_items = any(name in table.columns for name in ITEMS)
    items = {name: _whole_numbers(table, name) for name in ITEMS} if has_items else {}
    totals = _whole_numbers(table, TOTAL) if TOTAL in table.columns or not has_items else [None] * len(table)
    roles = labels(table, "role") if "role" in table.columns else [None] * len(table)
    found = tuple(
        RushScore(
            patient=str(keys["patient_id"][row]),
            time=str(keys["timepoint"][row]),
            rater=str(keys["rater"][row]),
            items={name: points[row] for name, points in items.items()},
            role=roles[row] or "",
            noted_total=totals[row],
        )
        for row in range(len(table))
    )
    _check_once(found)
    return found


def _whole_numbers(table: pd.DataFrame, column: str) -> list[int | None]:
    found: list[int | None] = []
    for row, cell in enumerate(column_of(table, column)):
        value = None if cell is None else as_number(cell)
        if cell is not None and (value is None or not value.is_integer()):
            raise InputError(f"Column {column!r} should hold whole points, row {row + 1} does not: correct it, or leave the cell empty.")
        found.append(None if value is None else int(value))
    return found


def _check_once(scores: Sequence[RushScore]) -> None:
    seen: set[tuple[str, str, str]] = set()
    roles: dict[str, str] = {}
    for score in scores:
        key = (score.patient, score.time, score.rater)
        if key in seen:
            raise InputError(f"One rating by each rater at each time is wanted, there are two ({score.where}): remove one.")
        seen.add(key)
        if roles.setdefault(score.rater, score.role) != score.role:
            raise InputError(f"One role a rater is wanted, rater {score.rater} has two: correct the table.")


def consensus_table(scores: Sequence[RushScore], agreed: Mapping[Key, int | None]) -> tuple[Consensus, ...]:
    """Each patient at each time, in the order of `scores`, beside the total that was `agreed` on by (patient, time).

    Raises
    ------
    InputError
        Where an agreed total is not 10 to 30, or is of a patient and time that nobody scored.
    """
    by_key: dict[Key, dict[str, int | None]] = {}
    for score in scores:
        by_key.setdefault((score.patient, score.time), {})[score.rater] = score.total
    if strangers := [key for key in agreed if key not in by_key]:
        raise InputError(
            f"Totals of patients that were scored are wanted, nobody scored {' at '.join(strangers[0])}: check names and times."
        )
    return tuple(_consensus(key, totals, agreed.get(key)) for key, totals in by_key.items())


def _consensus(key: Key, totals: Mapping[str, int | None], agreed: int | None) -> Consensus:
    patient, time = key
    known = [total for total in totals.values() if total is not None]
    if agreed is not None:
        agreed = check_total(agreed, f"consensus of patient {patient}, {time}")
    slow = sum(total < SLOW_BELOW for total in known)
    remarks = []
    if agreed is not None and known and not min(known) <= agreed <= max(known):
        remarks.append(f"the agreed total {agreed} lies outside what the raters said ({min(known)} to {max(known)})")
    if time == MONTH_1 and 0 < slow < len(known):
        remarks.append(f"{slow} of {len(known)} raters see slower healing")
    return Consensus(
        patient=patient,
        time=time,
        totals=totals,
        median=float(median(known)) if known else None,
        range=(min(known), max(known)) if known else None,
        slow_votes=slow,
        n_votes=len(known),
        agreed=agreed,
        is_slow=is_slow(agreed) if time == MONTH_1 else None,
        remarks=tuple(remarks),
    )


def outcomes(table: Sequence[Consensus]) -> tuple[HealingOutcome, ...]:
    """Each patient's agreed totals at day 1 and month 1, their change, and whether healing is slower."""
    agreed = {(row.patient, row.time): row.agreed for row in table}
    found = []
    for patient in dict.fromkeys(row.patient for row in table):
        first, later = agreed.get((patient, DAY_1)), agreed.get((patient, MONTH_1))
        change = later - first if first is not None and later is not None else None
        found.append(HealingOutcome(patient, first, later, change, is_slow(later)))
    return tuple(found)
