"""The regressions of one set of patients: univariable, selected, full; and how far the predictors tell the same."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from napari_t12_bodycomp.cohort.columns import numbers
from napari_t12_bodycomp.cohort.conditional import conditional_logistic
from napari_t12_bodycomp.cohort.logistic import logistic
from napari_t12_bodycomp.cohort.selection import select
from napari_t12_bodycomp.model.cohort_analysis import Plan, Regressions
from napari_t12_bodycomp.model.cohort_variables import OUTCOME, Form, Variable
from napari_t12_bodycomp.model.regression import ConditionalFit, LogisticFit

PAIR = "pair"


def regressions(table: pd.DataFrame, plan: Plan, variables: Mapping[str, Variable], adjusted_for: str = "") -> Regressions:
    """Univariable models of the candidates, the model of those that enter, and that of all; `adjusted_for` (or "") is in each of them."""
    always = [adjusted_for] if adjusted_for else []

    def fit(names: Sequence[str]) -> LogisticFit:
        return fitted(table, [*names, *always], variables)

    selection = select(fit, plan.candidates)
    entered = [candidate.name for candidate in selection.candidates if candidate.enters]
    return Regressions(selection, fit(plan.candidates), inflation(table, [*entered, *always], variables), adjusted_for)


def fitted(table: pd.DataFrame, names: Sequence[str], variables: Mapping[str, Variable]) -> LogisticFit:
    """The outcome on the columns `names`."""
    return logistic(numbers(table, OUTCOME), _columns(table, names), references=_references(table, names, variables))


def fitted_pairs(table: pd.DataFrame, names: Sequence[str], variables: Mapping[str, Variable]) -> ConditionalFit:
    """The outcome on the columns `names` within the pairs."""
    return conditional_logistic(
        numbers(table, OUTCOME), table[PAIR].to_numpy(), _columns(table, names), references=_references(table, names, variables)
    )


def inflation(table: pd.DataFrame, names: Sequence[str], variables: Mapping[str, Variable]) -> dict[str, float | None]:
    """The variance inflation factor of each number among `names`, the others taken as they are in a model; None where it is infinite.

    1 / (1 - R2) of the number on the other columns, over rows in which all are known (Belsley DA, Kuh E, Welsch RE. Regression Diagnostics.
    Wiley 1980, section 3.2). Empty where there is one column alone.
    """
    known = table[[OUTCOME, *names]].dropna()
    blocks = {name: _dummies(known, variables[name]) for name in names}
    found: dict[str, float | None] = {}
    for name in names:
        others = [block for other, block in blocks.items() if other != name]
        if variables[name].form in (Form.CATEGORY, Form.TEXT) or not others or len(known) < 3:
            continue
        y = blocks[name][:, 0] - blocks[name][:, 0].mean()
        x = np.column_stack([np.ones(len(known)), *others])
        rest = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
        total, left = float(y @ y), float(rest @ rest)
        found[name] = total / left if left > 1e-10 * total else None
    return found


def _dummies(table: pd.DataFrame, of: Variable) -> npt.NDArray[np.float64]:
    if of.form not in (Form.CATEGORY, Form.TEXT):
        column: npt.NDArray[np.float64] = table[[of.name]].to_numpy(np.float64)
        return column
    levels = sorted(set(table[of.name]))[1:]
    return np.column_stack([np.zeros(len(table)), *((table[of.name] == level).to_numpy(np.float64) for level in levels)])


def _columns(table: pd.DataFrame, names: Sequence[str]) -> dict[str, npt.NDArray[np.object_]]:
    return {name: np.array([None if _is_nan(cell) else cell for cell in table[name].tolist()], dtype=object) for name in names}


def _is_nan(cell: object) -> bool:
    return isinstance(cell, float) and math.isnan(cell)


def _references(table: pd.DataFrame, names: Sequence[str], variables: Mapping[str, Variable]) -> dict[str, str]:
    """The first level of each category that occurs."""
    found = {}
    for name in names:
        if variables[name].form is Form.CATEGORY:
            present = set(table[name].dropna())
            if first := next((level for level in variables[name].levels if level in present), ""):
                found[name] = first
    return found
