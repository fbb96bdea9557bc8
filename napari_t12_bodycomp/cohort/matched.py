"""The study's matching of one centre: pairs, the patients in them, their models, and what other ways of matching would have given."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from napari_t12_bodycomp.cohort.columns import numbers
from napari_t12_bodycomp.cohort.models import PAIR, fitted, fitted_pairs
from napari_t12_bodycomp.cohort.nearest import match_pairs, matched_table
from napari_t12_bodycomp.cohort.propensity import propensity_scores
from napari_t12_bodycomp.cohort.sample import sample
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.cohort_analysis import EVENT, OTHER, Alternative, Matched, Plan
from napari_t12_bodycomp.model.cohort_variables import OUTCOME, PATIENT, Variable
from napari_t12_bodycomp.model.matching import Caliper, Matching, Order, Propensity, Scale

RARER_FOR_EACH = 10
"""So many patients of the rarer group are wanted for each covariate of the propensity model (Peduzzi 1996, as for any logistic model)."""


def why_not_matched(table: pd.DataFrame, plan: Plan) -> str:
    """Why a centre is left unmatched by the rule; "" where it has enough patients."""
    if not plan.covariates:
        return "the table has none of the covariates to match on"
    of_row = numbers(table, OUTCOME)
    rarer, n = min(int((of_row == 1).sum()), int((of_row == 0).sum())), len(plan.covariates)
    if rarer >= RARER_FOR_EACH * n:
        return ""
    return (
        f"{RARER_FOR_EACH} patients of the rarer group are wanted for each of {n} covariates of the propensity model, "
        f"there are {rarer} ({rarer / n:.1f} each)"
    )


def matched(table: pd.DataFrame, plan: Plan, variables: Mapping[str, Variable], title: str) -> Matched:
    """Match the smaller group's patients to the larger one's. InputError where the covariates tell the groups apart, or no pair is found."""
    of_row = numbers(table, OUTCOME)
    treated = EVENT if (of_row == 1).sum() < (of_row == 0).sum() else OTHER
    propensity = _scores(table, plan, treated)
    matching = match_pairs(propensity, plan.caliper, plan.order)
    if not matching.pairs:
        raise InputError(f"Pairs are wanted in {title}, none lie within the caliper: widen it, or match on fewer covariates.")
    inside = matched_table(table, matching, PAIR)
    predictors = [name for name in plan.pair_predictors if name in table.columns]
    return Matched(
        matching=matching,
        sample=sample(inside, plan, variables, f"{title}, matched"),
        conditional=fitted_pairs(inside, predictors, variables),
        univariable={name: fitted_pairs(inside, [name], variables) for name in predictors},
        unmatched_model=fitted(table, predictors, variables),
        alternatives=tuple(_alternatives(table, plan, variables, propensity)),
    )


def _scores(table: pd.DataFrame, plan: Plan, treated: str) -> Propensity:
    control = OTHER if treated == EVENT else EVENT
    return propensity_scores(table, OUTCOME, treated, plan.covariates, control=control, ids=PATIENT)


def _alternatives(table: pd.DataFrame, plan: Plan, variables: Mapping[str, Variable], propensity: Propensity) -> list[Alternative]:
    """Other orders, other calipers, and the other group choosing."""
    caliper, others = plan.caliper, [order for order in Order if order is not plan.order]
    ways = [(f"as chosen ({plan.order.value})", caliper, plan.order)]
    ways += [(order.value, caliper, order) for order in others]
    ways += [
        ("caliper 0.05 SD of the score", Caliper(0.05, Scale.SD), plan.order),
        ("caliper 0.2 SD of the logit", Caliper(0.2, Scale.LOGIT_SD), plan.order),
    ]
    found = [_alternative(name, table, plan, variables, match_pairs(propensity, width, order)) for name, width, order in ways]
    other_way = _scores(table, plan, propensity.control)
    found.append(_alternative("the larger group chooses", table, plan, variables, match_pairs(other_way, caliper, plan.order)))
    return found


def _alternative(name: str, table: pd.DataFrame, plan: Plan, variables: Mapping[str, Variable], matching: Matching) -> Alternative:
    if not matching.pairs:
        return Alternative(name, 0, None, None, matching, "no pair lies within the caliper")
    left = [value for value in matching.balance.pooled_after.values() if value is not None]
    predictors = [of for of in plan.pair_predictors if of in table.columns]
    fit = fitted_pairs(matched_table(table, matching, PAIR), predictors, variables)
    return Alternative(name, len(matching.pairs), max(left, default=math.nan) if left else None, fit, matching)
