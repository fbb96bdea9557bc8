"""Greedy nearest-neighbour matching, one to one, without replacement.

The rules are those of MatchIt 4.7 (Stuart EA. Stat Sci 2010;25:1-21, section 3.1): the treated choose one after another; the nearest free
control within the caliper (its edge included) is taken; who finds none stays alone. Of controls equally near, the one wins that is reached
first when all patients are sorted by score (equal scores in the order of the table) and places are tried alternately to the left and to the
right of the treated one, left first.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from napari_t12_bodycomp.cohort.balance import balance_table
from napari_t12_bodycomp.cohort.columns import Numbers
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.matching import STUDY_CALIPER, Caliper, Matching, Order, Pair, Propensity, Scale, Unmatched

ALONE = -1


def match_pairs(propensity: Propensity, caliper: Caliper = STUDY_CALIPER, order: Order = Order.LARGEST) -> Matching:
    """Find each treated patient's control; `caliper` SD are taken over both groups (n - 1)."""
    distance = propensity.logit if caliper.scale is Scale.LOGIT_SD else propensity.score
    sd = float(distance.std(ddof=1))
    absolute = caliper.width if caliper.width is None or caliper.scale is Scale.RAW else caliper.width * sd
    partner = nearest_partners(distance, propensity.is_treated, absolute, order)
    matched = np.flatnonzero(propensity.is_treated & (partner != ALONE))
    pairs = tuple(
        Pair(
            propensity.ids[row],
            propensity.ids[partner[row]],
            float(distance[row]),
            float(distance[partner[row]]),
            float(abs(distance[row] - distance[partner[row]])),
        )
        for row in matched
    )
    n_controls = int((~propensity.is_treated).sum())
    return Matching(
        propensity=propensity,
        order=order,
        caliper=caliper,
        caliper_absolute=absolute,
        distance_sd=sd,
        pairs=pairs,
        unmatched=_unmatched(propensity, distance, partner, absolute),
        n_controls_left=n_controls - len(pairs),
        balance=balance_table(propensity, distance, matched, partner[matched]),
        remarks=_remarks(propensity, caliper, n_controls),
        method=_method(propensity, caliper, absolute, order),
    )


def matched_table(table: pd.DataFrame, matching: Matching, pair: str = "pair") -> pd.DataFrame:
    """The matched rows of `table` (the one the scores were made of), pair by pair, the treated first; column `pair` numbers them from 1.

    Raises
    ------
    InputError
        Where the table has a column of that name.
    """
    if pair in table.columns:
        raise InputError(f"A new column for the pairs' numbers is wanted, the table has {pair!r}: name another.")
    place = dict(zip(matching.propensity.ids, matching.propensity.rows, strict=True))
    rows = [place[name] for found in matching.pairs for name in (found.treated, found.control)]
    return table.iloc[rows].assign(**{pair: np.repeat(np.arange(1, len(matching.pairs) + 1), 2)}).reset_index(drop=True)


def nearest_partners(distance: Numbers, is_treated: npt.NDArray[np.bool_], caliper: float | None, order: Order) -> npt.NDArray[np.int64]:
    """The partner's row of each treated row, `ALONE` where there is none and for controls."""
    by_distance = np.argsort(distance, kind="stable")
    place = np.empty(len(distance), dtype=np.int64)
    place[by_distance] = np.arange(len(distance))
    partner = np.full(len(distance), ALONE, dtype=np.int64)
    free = ~is_treated
    for row in _queue(distance, np.flatnonzero(is_treated), order):
        candidates = np.flatnonzero(free)
        if not len(candidates):
            break
        apart = np.abs(distance[candidates] - distance[row])
        if caliper is not None and apart.min() > caliper:
            continue
        nearest = candidates[apart == apart.min()]
        steps = place[nearest] - place[row]
        chosen = nearest[np.argmin(2 * np.abs(steps) + (steps > 0))]
        partner[row], free[chosen] = chosen, False
    return partner


def _queue(distance: Numbers, treated: npt.NDArray[np.int64], order: Order) -> npt.NDArray[np.int64]:
    if order is Order.DATA:
        return treated
    sign = -1 if order is Order.LARGEST else 1
    return treated[np.argsort(sign * distance[treated], kind="stable")]


def _unmatched(propensity: Propensity, distance: Numbers, partner: npt.NDArray[np.int64], caliper: float | None) -> tuple[Unmatched, ...]:
    """Who stayed alone; the reason looks at all controls: whether there was ever one within reach."""
    controls = distance[~propensity.is_treated]
    found = []
    for row in np.flatnonzero(propensity.is_treated & (partner == ALONE)):
        nearest = float(np.abs(controls - distance[row]).min())
        if caliper is not None and nearest > caliper:
            why = f"no control within the caliper: the nearest of all is {nearest:.4g} away"
        else:
            why = "all controls within reach were taken before"
        found.append(Unmatched(propensity.ids[row], why))
    return tuple(found)


def _remarks(propensity: Propensity, caliper: Caliper, n_controls: int) -> tuple[str, ...]:
    found = list(propensity.remarks)
    if propensity.n_left_out:
        missing = ", ".join(f"{name} in {n}" for name, n in propensity.n_missing.items())
        found.append(f"{propensity.n_left_out} patients were left out because a covariate is missing ({missing}).")
    if n_controls < int(propensity.is_treated.sum()):
        found.append(f"There are fewer controls ({n_controls}) than treated patients: not everybody can find a partner.")
    if propensity.separated and caliper.scale is Scale.LOGIT_SD:
        found.append("The SD of the logit, and so the caliper, is inflated by the patients whom the covariates give away.")
    return tuple(found)


def _method(propensity: Propensity, caliper: Caliper, absolute: float | None, order: Order) -> str:
    if caliper.width is None or absolute is None:
        limit = f"no caliper ({caliper.scale.value})"
    elif caliper.scale is Scale.RAW:
        limit = f"caliper {caliper.width:g} {caliper.scale.value}"
    else:
        limit = f"caliper {caliper.width:g} {caliper.scale.value} (= {absolute:.4g})"
    return (
        f"greedy nearest neighbour 1:1 without replacement; {propensity.group} = {propensity.treated} choose among {propensity.control}, "
        f"{order.value}; {limit}; scores by {propensity.method}"
    )
