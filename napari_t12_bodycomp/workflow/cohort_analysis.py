"""A cohort's table to the study's statistics, and these to files."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from napari_t12_bodycomp import __version__
from napari_t12_bodycomp.cohort.columns import levels_of
from napari_t12_bodycomp.cohort.enrolment import flow_chart
from napari_t12_bodycomp.cohort.study import between_centres, places
from napari_t12_bodycomp.model.cohort_analysis import CohortAnalysis, Place, Plan
from napari_t12_bodycomp.model.cohort_variables import CENTRE, MONTH_1_AGREED, OUTCOME, REASON, Form, Part, Variable
from napari_t12_bodycomp.model.enrolment import FlowChart
from napari_t12_bodycomp.model.progress import Progress, no_progress
from napari_t12_bodycomp.report.cohort.files import cohort_files
from napari_t12_bodycomp.workflow.agreement import write_files
from napari_t12_bodycomp.workflow.cohort_reading import read_cohort
from napari_t12_bodycomp.workflow.cohort_request import CohortRequest, plan_of

TITLE = "The study's statistics"
_PACKAGES = ("numpy", "scipy", "pandas", "statsmodels", "matplotlib")


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
    cohort = read_cohort(table_path, wishes, rush_path)
    included, variables = cohort.included, dict(cohort.variables)
    centres = levels_of([str(cell) for cell in included[CENTRE]]) if CENTRE in included.columns else ()
    known = [name for name in variables if included[name].notna().any()]
    plan = plan_of(wishes, variables, known, cohort.outcome_words, centres)
    if CENTRE in variables:
        variables[CENTRE] = replace(variables[CENTRE], form=Form.CATEGORY, part=Part.BASELINE, levels=centres)
    found, too_small = places(included, plan, variables, cohort.scores, progress)
    return CohortAnalysis(
        source=cohort.source,
        plan=plan,
        variables=variables,
        columns=cohort.columns,
        unused_columns=cohort.unused_columns,
        derived=cohort.derived,
        missing={name: int(included[name].isna().sum()) for name in variables if name != REASON},
        findings=cohort.findings,
        flow=_flow(cohort.table, wishes, found),
        places=found,
        between=between_centres(included, plan, found),
        left_out=(*too_small, *_empty(variables, known), *_left_out(found, variables, plan)),
        software={"napari-t12-bodycomp": __version__, "Python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
    )


def _empty(variables: Mapping[str, Variable], known: Sequence[str]) -> list[str]:
    names = [name for name in variables if name not in {*known, REASON}]
    return [f"Nothing was done with {variables[name].title or name}: its column is empty." for name in names]


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
