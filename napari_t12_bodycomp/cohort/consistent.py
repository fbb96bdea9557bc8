"""Columns that follow from others: computed where they are missing, and held against them where they are there."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from napari_t12_bodycomp.cohort.tidy import rows_text
from napari_t12_bodycomp.model.cohort_analysis import Finding
from napari_t12_bodycomp.model.cohort_variables import CENTRE, CHANGE, DAY_1_AGREED, MONTH_1_AGREED, OUTCOME, PATIENT
from napari_t12_bodycomp.model.rush import SLOW_BELOW

Numbers = npt.NDArray[np.float64]
DECIMALS = 4
"""Indices are computed to so many decimals: the last bits of a quotient would else part equal patients and change rank tests."""
TOLERANCE = 0.01
"""An index may differ by so much of itself from what follows: heights and areas are rounded before they are typed in."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`name` follows from `sources`; `words` says how. `exact` where no rounding comes between."""

    name: str
    sources: tuple[str, ...]
    words: str
    compute: Callable[..., Numbers]
    exact: bool = False


def _per_height(amount: Numbers, height_m: Numbers) -> Numbers:
    found: Numbers = np.round(amount / height_m**2, DECIMALS)
    return found


def _ratio(first: Numbers, second: Numbers) -> Numbers:
    found: Numbers = np.round(np.divide(first, second, out=np.full(len(first), math.nan), where=second > 0), DECIMALS)
    return found


RULES: tuple[Rule, ...] = (
    Rule("height_m", ("height_cm",), "height in cm / 100", lambda cm: cm / 100),
    Rule("BMI", ("weight_kg", "height_m"), "weight / height²", _per_height),
    Rule("SMI", ("muscle_area_cm2", "height_m"), "muscle area / height²", _per_height),
    Rule("VFI", ("visceral_fat_area_cm2", "height_m"), "visceral fat area / height²", _per_height),
    Rule("SFI", ("subcutaneous_fat_area_cm2", "height_m"), "subcutaneous fat area / height²", _per_height),
    Rule("VSR", ("visceral_fat_area_cm2", "subcutaneous_fat_area_cm2"), "visceral / subcutaneous fat area", _ratio),
    Rule(CHANGE, (MONTH_1_AGREED, DAY_1_AGREED), "RUSH at month 1 - RUSH at day 1", lambda month, day: month - day, exact=True),
    Rule(
        OUTCOME,
        (MONTH_1_AGREED,),
        f"RUSH agreed at month 1 < {SLOW_BELOW}",
        lambda month: np.where(np.isnan(month), math.nan, (month < SLOW_BELOW).astype(np.float64)),
        exact=True,
    ),
)


def derive(table: pd.DataFrame, columns: Mapping[str, str], *, by_rush: bool = True) -> tuple[pd.DataFrame, dict[str, str], list[Finding]]:
    """`table` with the columns that follow from others, how each was computed, and where a column contradicts the others (refusals).

    `by_rush` says whether the outcome is the study's, which follows from the agreed total.
    """
    derived: dict[str, str] = {}
    findings: list[Finding] = []
    for rule in RULES:
        if any(source not in table.columns for source in rule.sources) or (rule.name == OUTCOME and not by_rush):
            continue
        follows = rule.compute(*(table[source].to_numpy(np.float64) for source in rule.sources))
        if rule.name not in table.columns:
            table, derived = table.assign(**{rule.name: follows}), derived | {rule.name: rule.words}
        elif rule.name in columns:
            findings += _contradictions(table, rule, follows, columns[rule.name])
            table, filled = _filled(table, rule, follows, columns[rule.name])
            findings += filled
    return table, derived, findings


def _filled(table: pd.DataFrame, rule: Rule, follows: Numbers, column: str) -> tuple[pd.DataFrame, list[Finding]]:
    """The column with its empty cells computed where that is possible, and which these were."""
    given = table[rule.name].to_numpy(np.float64)
    empty = np.isnan(given) & ~np.isnan(follows)
    if not empty.any():
        return table, []
    words = f"{column!r} was empty in {rows_text([int(row) for row in table.index[empty]])}: computed as {rule.words}."
    return table.assign(**{rule.name: np.where(empty, follows, given)}), [Finding(words)]


def _contradictions(table: pd.DataFrame, rule: Rule, follows: Numbers, column: str) -> list[Finding]:
    given = table[rule.name].to_numpy(np.float64)
    allowed = 0.0 if rule.exact else TOLERANCE * np.maximum(np.abs(follows), 10.0 ** -(DECIMALS - 2))
    off = np.abs(given - follows) > allowed
    if not off.any():
        return []
    rows = [int(row) for row in table.index[off]]
    first = int(np.flatnonzero(off)[0])
    return [
        Finding(
            f"{column!r} should be {rule.words}, {rows_text(rows)} {'has' if len(rows) == 1 else 'have'} another value "
            f"({given[first]:g} instead of {follows[first]:g}{' in the first' if len(rows) > 1 else ''}): correct one of them.",
            is_refusal=True,
        )
    ]


def check_patients(table: pd.DataFrame, columns: Mapping[str, str]) -> list[Finding]:
    """Each row is a patient of his own, of one centre."""
    found = []
    for name, what in ((PATIENT, "a patient's ID"), (CENTRE, "a centre")):
        if name in table.columns and (empty := [int(row) for row in table.index[table[name].isna()]]):
            found.append(
                Finding(
                    f"In column {columns[name]!r} {what} is wanted in each row, {rows_text(empty)} {'lacks' if len(empty) == 1 else 'lack'} it: fill it in.",
                    True,
                )
            )
    if PATIENT in table.columns:
        ids = table[PATIENT].dropna()
        twice = [int(row) for row in ids.index[ids.duplicated(keep=False)]]
        if twice:
            found.append(
                Finding(
                    f"One row a patient is wanted, {rows_text(twice)} share their patient's ID with another row: keep one of them.", True
                )
            )
    return found
