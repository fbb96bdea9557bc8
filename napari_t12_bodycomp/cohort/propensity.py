"""Propensity scores: a logistic regression of the group on the covariates.

Source: Rosenbaum PR, Rubin DB. Biometrika 1983;70:41-55. The fit stops by the rule of R's glm (deviance changes by less than 1e-8 of
itself), so that scores of separated patients, which depend on it, are R's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from napari_t12_bodycomp.cohort.columns import Numbers, as_number, column_of, label, labels, levels_of, numbers, two_groups
from napari_t12_bodycomp.cohort.normality import is_constant
from napari_t12_bodycomp.cohort.separation import separated
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.matching import Covariate, Propensity

_EPSILON, _MOST_STEPS = 1e-8, 25
_INTERCEPT = "intercept"
_METHOD = "logistic regression; the fit stops as R's glm does"


def propensity_scores(
    table: pd.DataFrame,
    group: str,
    treated: object,
    covariates: Sequence[str],
    *,
    control: object | None = None,
    ids: str | None = None,
    factors: Sequence[str] = (),
) -> Propensity:
    """The chance to be in the `treated` group of column `group`, by `covariates`.

    Parameters
    ----------
    treated, control : object
        Values of `group`. `control` may be left out where only two occur.
    ids : str or None
        The column that names the patients; row numbers (from 1) by default.
    factors : sequence
        Covariates that are categories although numbers stand in them. Words are categories anyway.

    Returns
    -------
    Propensity
        Of the rows whose covariates are all known; the others are counted. Where the covariates give some patients away, it says so.

    Raises
    ------
    InputError
        Where a group is missing, ids repeat, no row is complete, or the covariates tell the two groups apart completely.
    """
    of_row, names = two_groups(table, group, _both(table, group, treated, control))
    cells, known_levels = _cells(table, covariates, factors)
    in_group = np.array([name is not None for name in of_row], dtype=bool)
    is_complete = in_group & ~np.any([np.isnan(values) for values in cells.values()], axis=0)
    rows = np.flatnonzero(is_complete)
    is_treated = np.array([of_row[row] == names[0] for row in rows], dtype=bool)
    if not is_treated.any() or is_treated.all():
        missing = names[0] if not is_treated.any() else names[1]
        raise InputError(
            f"Two groups with all covariates known are wanted, group {missing!r} of {group!r} has no such row: "
            "fill in the covariates, or match on fewer."
        )
    kept = {name: values[rows] for name, values in cells.items()}
    used = tuple(Covariate(name, known_levels[name]) for name in covariates)
    design, remarks = _design(kept, used)
    names_of_rows = _ids(table, ids, rows)
    gives_away = _given_away(design, is_treated)
    if gives_away.all():
        raise InputError(
            f"Groups of {group!r} that overlap are wanted, the covariates tell them apart completely: leave out the covariate that is the "
            "group by another name, or some of many covariates of few patients."
        )
    coefficients, logit, remark = _fit(design, is_treated)
    return Propensity(
        group=group,
        treated=names[0],
        control=names[1],
        covariates=used,
        rows=rows,
        ids=names_of_rows,
        is_treated=is_treated,
        score=special.expit(logit),
        logit=logit,
        cells=kept,
        coefficients=coefficients,
        n_left_out=int(in_group.sum()) - len(rows),
        n_missing={name: n for name, values in cells.items() if (n := int(np.isnan(values[in_group]).sum()))},
        separated=tuple(name for name, is_so in zip(names_of_rows, gives_away, strict=True) if is_so),
        remarks=(*remarks, *remark, *_separation(kept, used, is_treated, gives_away)),
        method=f"{_METHOD}: {group} = {names[0]} against {names[1]} by {', '.join(covariates)}",
    )


def _both(table: pd.DataFrame, group: str, treated: object, control: object | None) -> tuple[object, object]:
    if control is not None:
        return treated, control
    others = [name for name in levels_of(labels(table, group)) if name != label(treated)]
    if len(others) != 1:
        raise InputError(f"One group beside {label(treated)!r} in {group!r} is wanted, there are {len(others)}: name the control group.")
    return treated, others[0]


def _ids(table: pd.DataFrame, ids: str | None, rows: npt.NDArray[np.int64]) -> tuple[str, ...]:
    if ids is None:
        return tuple(str(row + 1) for row in rows)
    named = labels(table, ids)
    found = tuple(named[row] or "" for row in rows)
    if "" in found or len(set(found)) < len(found):
        raise InputError(f"Column {ids!r} should name each patient once, a name is empty or stands twice: correct the table.")
    return found


def _cells(table: pd.DataFrame, covariates: Sequence[str], factors: Sequence[str]) -> tuple[dict[str, Numbers], dict[str, tuple[str, ...]]]:
    """Each covariate as numbers, or as codes of its levels; NaN where unknown."""
    if not covariates or len(set(covariates)) < len(covariates):
        raise InputError("Covariates, each named once, are wanted to match on: name them.")
    cells, known_levels = {}, {}
    for name in covariates:
        is_words = any(cell is not None and as_number(cell) is None for cell in column_of(table, name))
        if name in factors or is_words:
            of_row = labels(table, name)
            levels = levels_of(of_row)
            cells[name] = np.array([math.nan if text is None else float(levels.index(text)) for text in of_row])
            known_levels[name] = levels
        else:
            cells[name], known_levels[name] = numbers(table, name), ()
    return cells, known_levels


def _design(cells: dict[str, Numbers], covariates: Sequence[Covariate]) -> tuple[dict[str, Numbers], list[str]]:
    """The columns of the model by name, without such as follow from the others."""
    n = len(next(iter(cells.values())))
    design, remarks = {_INTERCEPT: np.ones(n)}, []
    for covariate in covariates:
        for name, values in columns_of(covariate, cells[covariate.name], is_model=True).items():
            if is_constant(values):
                remarks.append(f"{name} is the same in all patients and was left out of the model.")
                continue
            scaled = np.column_stack([column / np.abs(column).max() for column in (*design.values(), values)])
            if np.linalg.matrix_rank(scaled) <= len(design):
                remarks.append(f"{name} follows from the covariates before it and was left out of the model.")
                continue
            design[name] = values
    return design, remarks


def columns_of(covariate: Covariate, values: Numbers, *, is_model: bool = False) -> dict[str, Numbers]:
    """A covariate's columns by name: its numbers, or 0 and 1 for each level; without the first level where there are two, or `is_model`."""
    if not covariate.levels:
        return {covariate.name: values}
    levels = list(enumerate(covariate.levels))
    shown = levels[1:] if is_model or len(levels) == 2 else levels
    return {f"{covariate.name}: {level}": (values == code).astype(np.float64) for code, level in shown}


def _fit(design: dict[str, Numbers], is_treated: npt.NDArray[np.bool_]) -> tuple[dict[str, float], Numbers, list[str]]:
    """Coefficients, linear predictor, and what is to be said of the fit. Equal covariates give scores that are equal to the last bit."""
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    columns = np.column_stack(list(design.values()))
    model = GLM(is_treated.astype(np.float64), columns, family=Binomial())
    fit = model.fit(maxiter=_MOST_STEPS, atol=0.1 * _EPSILON, rtol=_EPSILON, tol_criterion="deviance")
    different, which = np.unique(columns, axis=0, return_inverse=True)
    logit = (different @ fit.params)[which.ravel()]
    remark = [] if fit.converged else [f"The propensity model did not settle within {_MOST_STEPS} steps."]
    return dict(zip(design, fit.params.tolist(), strict=True)), logit, remark


def _given_away(design: dict[str, Numbers], is_treated: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Whose group the covariates tell for certain; all where the two groups do not overlap at all."""
    columns = [values if name == _INTERCEPT else (values - values.mean()) / values.std() for name, values in design.items()]
    return separated(np.where(is_treated, 1.0, -1.0)[:, None] * np.column_stack(columns))


def _separation(
    cells: dict[str, Numbers], covariates: Sequence[Covariate], is_treated: npt.NDArray[np.bool_], gives_away: npt.NDArray[np.bool_]
) -> list[str]:
    if not gives_away.any():
        return []
    one_sided = [
        name
        for covariate in covariates
        for name, values in columns_of(covariate, cells[covariate.name]).items()
        if set(np.unique(values)) == {0.0, 1.0} and any(len(np.unique(is_treated[values == code])) == 1 for code in (0.0, 1.0))
    ]
    cause = f" (a value of {', '.join(one_sided)} occurs in one group alone)" if one_sided else ""
    return [
        f"The covariates give {int(gives_away.sum())} of {len(gives_away)} patients away{cause}: the model is separated, their score is 0 or 1 "
        "but for the rule by which the fit stops, and its standard errors mean nothing."
    ]
