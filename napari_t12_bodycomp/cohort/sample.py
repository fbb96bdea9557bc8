"""All that is said about one set of patients: comparisons, correlations and curves."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import pandas as pd

from napari_t12_bodycomp.cohort.columns import numbers
from napari_t12_bodycomp.cohort.compare_groups import compare
from napari_t12_bodycomp.cohort.correlate import spearman
from napari_t12_bodycomp.cohort.roc import compare_paired, roc
from napari_t12_bodycomp.cohort.trend import trend
from napari_t12_bodycomp.model.cohort_analysis import EVENT, OTHER, AucPair, MarkerRoc, Plan, Sample
from napari_t12_bodycomp.model.cohort_variables import CHANGE, OUTCOME, Form, Variable
from napari_t12_bodycomp.model.comparison import Comparison
from napari_t12_bodycomp.model.description import Kind


def sample(table: pd.DataFrame, plan: Plan, variables: Mapping[str, Variable], title: str) -> Sample:
    """Compare the groups of `table`, correlate the exposures with the change in RUSH, and draw the markers' curves.

    Patients whose outcome is unknown are in no group; they take part in the correlations where their change is known.
    """
    of_row = numbers(table, OUTCOME)
    correlated = plan.exposures if plan.has_change else ()
    change = numbers(table, CHANGE) if plan.has_change else None
    has_groups = {EVENT, OTHER} <= {f"{value:.0f}" for value in of_row if value == value}
    return Sample(
        title=title,
        n=len(table),
        groups=(int((of_row == 1).sum()), int((of_row == 0).sum())),
        comparisons={name: compared(table, variables[name]) for name in plan.described} if has_groups else {},
        correlations={name: spearman(numbers(table, name), change) for name in correlated if change is not None},
        trends={name: trend(numbers(table, name), change) for name in plan.markers if change is not None},
        rocs=tuple(_curve(table, name) for name in plan.markers),
        auc_pairs=tuple(_pair(table, first, second) for first, second in combinations(plan.markers, 2)),
    )


def compared(table: pd.DataFrame, of: Variable) -> Comparison:
    """One variable between the groups, the event first."""
    is_number = of.form in (Form.NUMBER, Form.WHOLE)
    kind = Kind.NUMBERS if is_number else Kind.CATEGORIES
    return compare(table, of.name, OUTCOME, groups=(EVENT, OTHER), kind=kind, levels=None if is_number else of.levels)


def _curve(table: pd.DataFrame, marker: str) -> MarkerRoc:
    outcome, values = numbers(table, OUTCOME), numbers(table, marker)
    found = roc(outcome, values)
    high = None if found.is_high_positive is None else not found.is_high_positive
    return MarkerRoc(marker, found, roc(1 - outcome, values, high_is_positive=high))


def _pair(table: pd.DataFrame, first: str, second: str) -> AucPair:
    return AucPair(first, second, compare_paired(numbers(table, OUTCOME), numbers(table, first), numbers(table, second)))
