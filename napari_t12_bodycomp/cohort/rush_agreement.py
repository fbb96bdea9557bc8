"""How far the raters of RUSH agree: all of them, and each role apart, at each time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from napari_t12_bodycomp.cohort.icc import intraclass
from napari_t12_bodycomp.model.rush import RaterAgreement, RushScore

ALL = "all raters"


def rush_agreement(scores: Sequence[RushScore]) -> tuple[RaterAgreement, ...]:
    """Agreement of the totals at each time, for all raters and for each role that two raters or more have, in the order they occur."""
    return tuple(
        _agreement(time, group, [s for s in scores if s.time == time], is_in)
        for time in dict.fromkeys(score.time for score in scores)
        for group, is_in in _groups(scores).items()
    )


def _groups(scores: Sequence[RushScore]) -> dict[str, Callable[[RushScore], bool]]:
    found: dict[str, Callable[[RushScore], bool]] = {ALL: lambda _: True}
    roles = dict.fromkeys(score.role for score in scores if score.role)
    if len(roles) > 1:
        found |= {f"{role}s": lambda score, r=role: score.role == r for role in roles}  # type: ignore[misc]
    return found


def _agreement(time: str, group: str, scores: Sequence[RushScore], is_in: Callable[[RushScore], bool]) -> RaterAgreement:
    patients = list(dict.fromkeys(score.patient for score in scores))
    raters = tuple(dict.fromkeys(score.rater for score in scores if is_in(score)))
    if len(raters) < 2:
        return RaterAgreement(time, group, raters, len(patients), 0, {}, f"two raters or more are needed, there are {len(raters)}")
    totals = {(score.patient, score.rater): score.total for score in scores}
    table = np.full((len(patients), len(raters)), math.nan)
    for row, patient in enumerate(patients):
        for column, rater in enumerate(raters):
            total = totals.get((patient, rater))
            if total is not None:
                table[row, column] = total
    n_complete = int((~np.isnan(table).any(axis=1)).sum())
    return RaterAgreement(time, group, raters, len(patients), n_complete, intraclass(table))
