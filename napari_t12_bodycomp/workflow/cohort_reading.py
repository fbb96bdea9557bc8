"""A cohort's table, read and checked: what each cell means, what follows from it, and what is odd."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from napari_t12_bodycomp.cohort.consistent import check_patients, derive
from napari_t12_bodycomp.cohort.raters import compare_sources, from_columns, from_rows, odd_agreement, outside, rater_columns
from napari_t12_bodycomp.cohort.recognise import recognise, variable
from napari_t12_bodycomp.cohort.tidy import rows_text, tidy
from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.cohort_analysis import Finding, Source
from napari_t12_bodycomp.model.cohort_variables import OUTCOME, PATIENT, REASON, Variable
from napari_t12_bodycomp.model.rush import RushScore
from napari_t12_bodycomp.workflow.cohort_request import CohortRequest, more_columns, outcome_words
from napari_t12_bodycomp.workflow.cohort_table import RawTable, read_table


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """The table under the variables' names, one row a patient, and what is known about it; `outcome_words` is "" for the study's outcome."""

    source: Source
    table: pd.DataFrame
    variables: Mapping[str, Variable]
    columns: Mapping[str, str]
    unused_columns: tuple[str, ...]
    derived: Mapping[str, str]
    findings: tuple[Finding, ...]
    scores: tuple[RushScore, ...]
    outcome_words: str

    @property
    def included(self) -> pd.DataFrame:
        """The patients who were not excluded."""
        return included(self.table)


def included(table: pd.DataFrame) -> pd.DataFrame:
    return table[table[REASON].isna()] if REASON in table.columns else table


def read_cohort(table_path: Path, wishes: CohortRequest, rush_path: Path | None = None) -> Cohort:
    """Read the table and the ratings. InputError says all that is wrong with the table, a sentence each; UsageError what it has not."""
    raw, file = read_table(table_path), read_table(rush_path) if rush_path else None
    header = list(raw.cells.columns)
    columns = recognise(header, more_columns(wishes, header))
    if PATIENT not in columns:
        raise InputError(f"A column of patients' IDs is wanted, none is recognised among {', '.join(header)}: name it with --id.")
    table, variables, findings = tidy(_with_event(raw.cells, columns, wishes.event), columns)
    findings += check_patients(table, columns)
    _refuse(findings)
    ratings, words = _ratings(raw, columns, file, table), outcome_words(wishes, columns)
    table, agreed_columns = _with_agreed(table, ratings)
    table, derived, contradictions = derive(table, {**columns, **agreed_columns}, by_rush=not words)
    if wishes.flag_contradictions:
        contradictions = [replace(finding, is_refusal=False) for finding in contradictions]
    findings += [*ratings.findings, *contradictions, *odd_agreement(ratings.scores, table)]
    _refuse(findings)
    _check_outcome(table)
    new = {name: variable(name, []) for name in (*derived, *agreed_columns) if name not in variables}
    return Cohort(
        source=Source(raw.name, raw.sha256, len(raw.cells), *((file.name, file.sha256) if file else ())),
        table=table,
        variables={**variables, **new},
        columns=columns,
        unused_columns=tuple(c for c in header if c not in columns.values() and c not in rater_columns(header)),
        derived={**derived, **agreed_columns},
        findings=(*findings, *_remarks(raw.cells, included(table))),
        scores=ratings.scores,
        outcome_words=words,
    )


def _check_outcome(table: pd.DataFrame) -> None:
    if OUTCOME not in table.columns:
        raise InputError(
            "An outcome is wanted: a column slow_healing (1 or 0), or the total that the raters agreed on at month 1 (rush_consensus_m1, or rows "
            "of the rater 'consensus'); what single raters said is no consensus. Name the column with --outcome."
        )


def _refuse(findings: Sequence[Finding]) -> None:
    """InputError with every refusal, a sentence each."""
    if refusals := [finding.sentence for finding in findings if finding.is_refusal]:
        raise InputError("\n".join(refusals))


def _with_event(cells: pd.DataFrame, columns: Mapping[str, str], event: str) -> pd.DataFrame:
    """The outcome's column as 1 where `event` stands, 0 where the other word does."""
    if not event:
        return cells
    if OUTCOME not in columns:
        raise UsageError("A column for the event is wanted: name it with --outcome.")
    column = columns[OUTCOME]
    words = sorted({cell.strip() for cell in cells[column] if cell.strip()})
    if event not in words or len(words) != 2:
        raise UsageError(
            f"A column with {event!r} and one other value is wanted, {column!r} holds {', '.join(words[:6])}: name another event or column."
        )
    return cells.assign(**{column: ["" if not cell.strip() else "1" if cell.strip() == event else "0" for cell in cells[column]]})


@dataclass(frozen=True, slots=True, eq=False)
class _Ratings:
    """The raters' scores, what they agreed on by variable and patient, and what is to be said of them."""

    scores: tuple[RushScore, ...] = ()
    agreed: Mapping[str, Mapping[str, int | None]] | None = None
    findings: tuple[Finding, ...] = ()


def _ratings(raw: RawTable, columns: Mapping[str, str], file: RawTable | None, table: pd.DataFrame) -> _Ratings:
    """The ratings of the file, else of the table's columns of raters."""
    trimmed = raw.cells.assign(**{columns[PATIENT]: table[PATIENT]})
    of_columns = from_columns(trimmed, columns[PATIENT])
    if file is None:
        return _Ratings(of_columns)
    of_rows, agreed = from_rows(file.cells)
    return _Ratings(of_rows, agreed, (*compare_sources(of_rows, of_columns), *outside(of_rows, table)))


def _with_agreed(table: pd.DataFrame, ratings: _Ratings) -> tuple[pd.DataFrame, dict[str, str]]:
    """The table with the agreed totals of the ratings, where it has none of its own; and where they came from."""
    found = {}
    for name, by_patient in (ratings.agreed or {}).items():
        if name not in table.columns:
            totals = [by_patient.get(str(patient)) for patient in table[PATIENT]]
            table = table.assign(**{name: pd.Series(totals, index=table.index, dtype=float)})
            found[name] = "rows of the rater 'consensus' among the ratings"
    return table, found


def _remarks(raw: pd.DataFrame, included: pd.DataFrame) -> list[Finding]:
    """What a reader of the numbers must know about the measurements that they come from."""
    found = []
    if (n := int(included[OUTCOME].isna().sum())) > 0:
        rows = [int(row) for row in included.index[included[OUTCOME].isna()]]
        found.append(Finding(f"The outcome of {n} patients is unknown ({rows_text(rows)}): they are in no comparison."))
    rows_in = raw.loc[included.index]
    if "status" in raw.columns and (drafts := [int(row) for row in rows_in.index[rows_in["status"].str.strip() == "draft"]]):
        found.append(Finding(f"{len(drafts)} measurements are drafts that nobody confirmed ({rows_text(drafts)})."))
    if "hu_preset" in raw.columns and len(presets := sorted(set(rows_in["hu_preset"].str.strip()) - {""})) > 1:
        found.append(
            Finding(f"Measurements by different HU presets stand in one table ({', '.join(presets)}): their areas are not the same thing.")
        )
    return found
