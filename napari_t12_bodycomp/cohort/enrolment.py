"""The flow chart of enrolment, counted from a table and its matchings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pandas as pd

from napari_t12_bodycomp.cohort.columns import labels, levels_of
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.enrolment import CentreFlow, FlowChart
from napari_t12_bodycomp.model.matching import Matching


def flow_chart(
    table: pd.DataFrame,
    group: str,
    *,
    centre: str | None = None,
    reason: str | None = None,
    screened: int | None = None,
    excluded: Mapping[str, int] | None = None,
    matchings: Mapping[str, Matching] | None = None,
) -> FlowChart:
    """Count the patients of `table` from screening to pairs.

    Parameters
    ----------
    group, centre : str
        Columns of the outcome and of the centre; without the latter all are one centre, "".
    reason : str or None
        The column that says why a patient was excluded, empty for those who were not: the table is then the list of all screened.
    screened, excluded
        The numbers from elsewhere, where the table holds only those who were included. `screened` follows from the rest where it is None.
    matchings : mapping or None
        By centre.

    Raises
    ------
    InputError
        Where the numbers do not add up, exclusions come both ways, or a centre is unknown.
    """
    if reason is not None and excluded is not None:
        raise InputError("Exclusions from one source are wanted, a column and numbers came: name one of them.")
    reasons = labels(table, reason) if reason is not None else [None] * len(table)
    by_reason = dict(Counter(why for why in reasons if why is not None)) if excluded is None else dict(excluded)
    kept = [row for row, why in enumerate(reasons) if why is None]
    outcome = labels(table, group)
    places = labels(table, centre) if centre is not None else [""] * len(table)
    if any(places[row] is None for row in kept):
        raise InputError(f"A centre is wanted for each patient, {centre!r} is empty in some rows: fill it in.")
    levels, found = levels_of([outcome[row] for row in kept]), levels_of([places[row] for row in kept])
    if strangers := [name for name in matchings or {} if name not in found]:
        raise InputError(f"Matchings of centres in the table are wanted, {strangers[0]!r} is none: name one of {', '.join(found)}.")
    centres = []
    for place in found:
        here = Counter(outcome[row] for row in kept if places[row] == place)
        matching = (matchings or {}).get(place)
        centres.append(CentreFlow(place, {level: here[level] for level in levels}, here[None], _matched(matching)))
    n_excluded = sum(by_reason.values())
    return FlowChart(len(kept) + n_excluded if screened is None else screened, by_reason, tuple(centres))


def _matched(matching: Matching | None) -> dict[str, int] | None:
    if matching is None:
        return None
    n = len(matching.pairs)
    return {matching.propensity.control: n, matching.propensity.treated: n}
