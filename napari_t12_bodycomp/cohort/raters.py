"""Ratings of RUSH beside a cohort's table: from rows of items or from columns of totals, and what was agreed on."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from napari_t12_bodycomp.cohort.rush import rush_scores
from napari_t12_bodycomp.cohort.tidy import UNKNOWN_WORDS, rows_text
from napari_t12_bodycomp.model.cohort_analysis import Finding
from napari_t12_bodycomp.model.cohort_variables import DAY_1_AGREED, MONTH_1_AGREED, PATIENT
from napari_t12_bodycomp.model.rush import DAY_1, MONTH_1, RushScore

CONSENSUS = "consensus"
"""Rows of this rater hold what was agreed on: it is noted, never computed."""
_COLUMN = re.compile(r"rush_(d1|m1)_((att|res|rater)[a-z]*_?\d+)", re.IGNORECASE)
_ROLES = {"att": "attending", "res": "resident", "rater": ""}
_TIMES = {DAY_1: "day 1", MONTH_1: "month 1"}
_AGREED = {DAY_1: DAY_1_AGREED, MONTH_1: MONTH_1_AGREED}


def from_rows(raw: pd.DataFrame) -> tuple[tuple[RushScore, ...], dict[str, dict[str, int | None]]]:
    """The raters' scores, and the agreed totals by variable and patient, from a table of one row a rating.

    Raises
    ------
    InputError
        As `rush_scores` does: items that are not 1 to 3, totals that contradict them, two ratings of one rater.
    """
    known = raw.map(lambda cell: None if str(cell).strip().lower() in UNKNOWN_WORDS else str(cell).strip())
    scores = rush_scores(known.reset_index(drop=True))
    agreed: dict[str, dict[str, int | None]] = {}
    for score in scores:
        if score.rater.lower() == CONSENSUS and score.time in _AGREED:
            agreed.setdefault(_AGREED[score.time], {})[score.patient] = score.total
    return tuple(score for score in scores if score.rater.lower() != CONSENSUS), agreed


def rater_columns(header: Sequence[str]) -> dict[str, tuple[str, str, str]]:
    """The columns that hold one rater's totals (``rush_m1_att2``), with time, rater and role."""
    found = {}
    for column in header:
        if fits := _COLUMN.fullmatch(column.strip()):
            found[column] = (fits[1].lower(), fits[2].lower(), _ROLES[fits[3].lower()])
    return found


def from_columns(raw: pd.DataFrame, patient_column: str) -> tuple[RushScore, ...]:
    """The raters' scores from a table of one row a patient, of totals alone."""
    rows = [
        {PATIENT: patient, "timepoint": time, "rater": rater, "role": role, "total": total}
        for column, (time, rater, role) in rater_columns(list(raw.columns)).items()
        for patient, total in zip(raw[patient_column], raw[column], strict=True)
    ]
    return from_rows(pd.DataFrame(rows))[0] if rows else ()


def compare_sources(rows: Sequence[RushScore], columns: Sequence[RushScore]) -> list[Finding]:
    """Where the totals in the table's columns are not those of the ratings (a refusal)."""
    totals = {(s.patient, s.time, s.rater): s.total for s in rows}
    off = {
        f"{s.time}, rater {s.rater}"
        for s in columns
        if (s.patient, s.time, s.rater) in totals and totals[s.patient, s.time, s.rater] != s.total
    }
    if not off:
        return []
    return [
        Finding(
            f"Totals in the table that are those of the ratings are wanted, they differ at {'; '.join(sorted(off))}: correct one.", True
        )
    ]


def odd_agreement(scores: Sequence[RushScore], table: pd.DataFrame) -> list[Finding]:
    """Agreed totals that no rater came near: below the lowest or above the highest of theirs."""
    found = []
    for time, name in _AGREED.items():
        if name not in table.columns:
            continue
        totals: dict[str, list[int]] = {}
        for score in scores:
            if score.time == time and score.total is not None:
                totals.setdefault(score.patient, []).append(score.total)
        rows = [
            int(row)
            for row, patient, agreed in zip(table.index, table[PATIENT], table[name], strict=True)
            if patient in totals and (agreed < min(totals[patient]) or agreed > max(totals[patient]))
        ]
        if rows:
            words = f"The total agreed on at {_TIMES[time]} lies outside what the raters said in {rows_text(rows)}."
            found.append(Finding(words))
    return found


def outside(scores: Sequence[RushScore], table: pd.DataFrame) -> list[Finding]:
    """Ratings of patients who are not in the table, and patients whom nobody rated."""
    rated, known = {score.patient for score in scores}, set(table[PATIENT])
    found = []
    if n := len(rated - known):
        found.append(Finding(f"{n} rated patients are not in the table: their ratings were left out of the agreement."))
    if rated and (rows := [int(row) for row in table.index[~table[PATIENT].isin(rated)]]):
        found.append(Finding(f"{len(rows)} patients were rated by nobody ({rows_text(rows)})."))
    return found
