"""A cohort's table to the study's statistics, and these to files."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from napari_t12_bodycomp import __version__
from napari_t12_bodycomp.cohort.columns import levels_of
from napari_t12_bodycomp.cohort.consistent import check_patients, derive
from napari_t12_bodycomp.cohort.enrolment import flow_chart
from napari_t12_bodycomp.cohort.raters import compare_sources, from_columns, from_rows, odd_agreement, outside, rater_columns
from napari_t12_bodycomp.cohort.recognise import recognise, variable
from napari_t12_bodycomp.cohort.study import between_centres, places
from napari_t12_bodycomp.cohort.tidy import rows_text, tidy
from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.cohort_analysis import CohortAnalysis, Finding, Place, Plan, Source
from napari_t12_bodycomp.model.cohort_variables import CENTRE, MONTH_1_AGREED, OUTCOME, PATIENT, REASON, Form, Part, Variable
from napari_t12_bodycomp.model.enrolment import FlowChart
from napari_t12_bodycomp.model.progress import Progress, no_progress
from napari_t12_bodycomp.model.rush import RushScore
from napari_t12_bodycomp.report.cohort.files import cohort_files
from napari_t12_bodycomp.workflow.agreement import write_files
from napari_t12_bodycomp.workflow.cohort_request import CohortRequest, more_columns, outcome_words, plan_of
from napari_t12_bodycomp.workflow.cohort_table import RawTable, read_table

TITLE = "The study's statistics"
_PACKAGES = ("numpy", "scipy", "pandas", "statsmodels", "matplotlib")


@dataclass(frozen=True, slots=True, eq=False)
class _Ratings:
    """The raters' scores, what they agreed on by variable and patient, and what is to be said of them."""

    scores: tuple[RushScore, ...] = ()
    agreed: Mapping[str, Mapping[str, int | None]] | None = None
    findings: tuple[Finding, ...] = ()


def analyse_cohort(
    table_path: Path, request: CohortRequest | None = None, rush_path: Path | None = None, progress: Progress = no_progress
) -> CohortAnalysis:
    """The statistics of the table at `table_path`, with the ratings at `rush_path`.

    Raises
    ------
    InputError
        Where a file cannot be read, or the table holds what must not be analysed: one sentence for each fault, with its rows.
    UsageError
        Where the request names what the table has not.
    """
    wishes = request or CohortRequest()
    raw = read_table(table_path)
    ratings_file = read_table(rush_path) if rush_path else None
    header = list(raw.cells.columns)
    columns = recognise(header, more_columns(wishes, header))
    if PATIENT not in columns:
        raise InputError(f"A column of patients' IDs is wanted, none is recognised among {', '.join(header)}: name it with --id.")
    cells = _with_event(raw.cells, columns, wishes.event)
    table, variables, findings = tidy(cells, columns)
    findings += check_patients(table, columns)
    _refuse(findings)
    ratings = _ratings(raw, columns, ratings_file, table)
    table, agreed_columns = _with_agreed(table, ratings)
    words = outcome_words(wishes, columns)
    table, derived, contradictions = derive(table, {**columns, **agreed_columns}, by_rush=not words)
    if wishes.flag_contradictions:
        contradictions = [replace(finding, is_refusal=False) for finding in contradictions]
    findings += [*ratings.findings, *contradictions, *odd_agreement(ratings.scores, table)]
    _refuse(findings)
    if OUTCOME not in table.columns:
        raise InputError(
            "An outcome is wanted: a column slow_healing (1 or 0), or the total that the raters agreed on at month 1 (rush_consensus_m1, or rows "
            "of the rater 'consensus'); what single raters said is no consensus. Name the column with --outcome."
        )
    variables |= {name: variable(name, []) for name in (*derived, *agreed_columns) if name not in variables}
    included = table[table[REASON].isna()] if REASON in table.columns else table
    centres = levels_of([str(cell) for cell in included[CENTRE]]) if CENTRE in included.columns else ()
    known = [name for name in variables if included[name].notna().any()]
    plan = plan_of(wishes, variables, known, words, centres)
    if CENTRE in variables:
        variables[CENTRE] = replace(variables[CENTRE], form=Form.CATEGORY, part=Part.BASELINE, levels=centres)
    empty = [
        f"Nothing was done with {variables[name].title or name}: its column is empty." for name in variables if name not in {*known, REASON}
    ]
    found, too_small = places(included, plan, variables, ratings.scores, progress)
    return CohortAnalysis(
        source=Source(raw.name, raw.sha256, len(raw.cells), *((ratings_file.name, ratings_file.sha256) if ratings_file else ())),
        plan=plan,
        variables=variables,
        columns=columns,
        unused_columns=tuple(c for c in header if c not in columns.values() and c not in rater_columns(header)),
        derived={**derived, **agreed_columns},
        missing={name: int(included[name].isna().sum()) for name in variables if name != REASON},
        findings=(*findings, *_remarks(raw.cells, included)),
        flow=_flow(table, wishes, found),
        places=found,
        between=between_centres(included, plan, found),
        left_out=(*too_small, *empty, *_left_out(found, variables, plan)),
        software={"napari-t12-bodycomp": __version__, "Python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
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


def _flow(table: pd.DataFrame, wishes: CohortRequest, found: Sequence[Place]) -> FlowChart:
    """The flow chart from screening to pairs."""
    counted = table.assign(**{OUTCOME: [None if value != value else f"{value:.0f}" for value in table[OUTCOME]]})
    return flow_chart(
        counted,
        OUTCOME,
        centre=CENTRE if CENTRE in table.columns else None,
        reason=REASON if REASON in table.columns else None,
        screened=wishes.screened,
        excluded=dict(wishes.excluded) if wishes.excluded else None,
        matchings={("" if CENTRE not in table.columns else p.key): p.matched.matching for p in found if p.matched},
    )


def _left_out(found: Sequence[Place], variables: Mapping[str, Variable], plan: Plan) -> tuple[str, ...]:
    """What was not done, and why, a sentence each."""
    words = [f"No matching in {place.title.lower()}: {place.why_not_matched}." for place in found if place.why_not_matched]
    read = [v.title for name, v in variables.items() if v.part is Part.NONE and name not in plan.described and v.form is Form.NUMBER]
    if read:
        words.append(f"No comparison of {', '.join(read).lower()}: read for the indices alone; --exposures asks for more.")
    if not any(place.raters for place in found):
        words.append("No agreement of raters: no ratings came (--rush, or columns such as rush_m1_att1).")
    if MONTH_1_AGREED not in variables and plan.is_rush:
        words.append("The outcome was taken as it stands: the agreed RUSH total at month 1 that it follows from is not in the table.")
    return tuple(words)


def write_cohort(analysis: CohortAnalysis, out_dir: Path, title: str = "", *, with_figures: bool = True) -> list[str]:
    """Write everything into `out_dir`, each file complete or not at all, the report last; the files' names. InputError where that cannot be done."""
    files = cohort_files(analysis, title or TITLE, with_figures=with_figures)
    write_files(out_dir, files)
    return list(files)
