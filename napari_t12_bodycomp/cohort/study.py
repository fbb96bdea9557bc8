"""The study's statistics, centre by centre and over all: from a tidy table to the record that is reported."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, count

import pandas as pd

from napari_t12_bodycomp.cohort.columns import levels_of, numbers
from napari_t12_bodycomp.cohort.matched import matched, why_not_matched
from napari_t12_bodycomp.cohort.models import regressions
from napari_t12_bodycomp.cohort.roc import compare_unpaired
from napari_t12_bodycomp.cohort.rush_agreement import rush_agreement
from napari_t12_bodycomp.cohort.sample import sample
from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.cohort_analysis import Between, Matched, Place, Plan
from napari_t12_bodycomp.model.cohort_variables import CENTRE, OUTCOME, PATIENT, Variable
from napari_t12_bodycomp.model.progress import Progress, no_progress
from napari_t12_bodycomp.model.rush import RushScore

ALL = "all"
FEWEST = 3
"""Of each group: with fewer nothing is compared."""


def places(
    table: pd.DataFrame,
    plan: Plan,
    variables: Mapping[str, Variable],
    scores: Sequence[RushScore] = (),
    progress: Progress = no_progress,
) -> tuple[tuple[Place, ...], tuple[str, ...]]:
    """All patients together first, where there are several centres, then each centre; and the centres that are too small, a sentence each.

    Raises
    ------
    InputError
        Where the table has hardly anybody of a group.
    UsageError
        Where a centre that should be matched is none.
    """
    centres = levels_of([str(cell) for cell in table[CENTRE]]) if CENTRE in table.columns else ()
    if strangers := [name for name in plan.match or () if name not in (centres or (ALL,))]:
        raise UsageError(
            f"Centres of the table are wanted to match, {strangers[0]!r} is none: name some of {', '.join(centres) or 'none'}."
        )
    if why := _too_few(table):
        raise InputError(f"{FEWEST} patients or more of each group are wanted in the table, {why}: check the outcome.")
    several = len(centres) > 1
    if several and ALL in centres:
        raise InputError(f"Centres with names of their own are wanted, one is called {ALL!r}, which stands for all of them: rename it.")
    found, left_out = [], []
    if several:
        progress(0.0, "all centres together")
        found.append(_place(ALL, "All centres", table, plan, variables, scores, is_pooled=True))
    for k, centre in enumerate(centres or (ALL,)):
        title = f"Centre {centre}" if centres else "All patients"
        progress((k + 1) / (len(centres) + 1), title)
        inside = table[table[CENTRE].astype(str) == centre] if several else table
        if why := _too_few(inside):
            left_out.append(f"{title} alone was not analysed: {why}, {FEWEST} or more are needed.")
            continue
        found.append(_place(centre, title, inside, plan, variables, scores, is_pooled=False))
    return tuple(_told_apart(found)), tuple(left_out)


def between_centres(table: pd.DataFrame, plan: Plan, found: Sequence[Place]) -> tuple[Between, ...]:
    """Each marker's area in every two of the centres; none where there is one centre."""
    centres = [place for place in found if place.key != ALL]
    parts = {place.key: table[table[CENTRE].astype(str) == place.key] for place in centres}
    return tuple(
        Between(marker, first.title, second.title, compare_unpaired(*((numbers(part, OUTCOME), numbers(part, marker)) for part in two)))
        for first, second in combinations(centres, 2)
        for marker in plan.markers
        for two in [(parts[first.key], parts[second.key])]
    )


def _told_apart(found: Sequence[Place]) -> Iterator[Place]:
    """The places with stems of their own."""
    used: set[str] = set()
    for place in found:
        stem = next(stem for k in count(1) if (stem := place.stem if k == 1 else f"{place.stem}_{k}") not in used)
        used.add(stem)
        yield replace(place, stem=stem)


def _stem(title: str) -> str:
    """The title as a part of a file's name."""
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")


def _too_few(table: pd.DataFrame) -> str:
    """Why these patients cannot be compared; "" where they can."""
    n = [int((table[OUTCOME] == value).sum()) for value in (1, 0)]
    return f"{n[0]} patients with the event and {n[1]} without are there" if min(n) < FEWEST else ""


def _place(
    key: str,
    title: str,
    table: pd.DataFrame,
    plan: Plan,
    variables: Mapping[str, Variable],
    scores: Sequence[RushScore],
    *,
    is_pooled: bool,
) -> Place:
    pairs, why = (None, "pairs are made within a centre, not across") if is_pooled else _pairs(key, title, table, plan, variables)
    described = replace(plan, described=(*plan.described, CENTRE)) if is_pooled else plan
    mine = set(table[PATIENT]) if PATIENT in table.columns else set()
    rated = [score for score in scores if score.patient in mine]
    return Place(
        key=key,
        stem=_stem(title),
        title=title,
        sample=sample(table, described, variables, title),
        regressions=regressions(table, plan, variables, CENTRE if is_pooled else ""),
        matched=pairs,
        why_not_matched=why,
        raters=rush_agreement(rated) if rated else (),
    )


def _pairs(key: str, title: str, table: pd.DataFrame, plan: Plan, variables: Mapping[str, Variable]) -> tuple[Matched | None, str]:
    is_asked = plan.match is not None and key in plan.match
    if plan.match is not None and not is_asked:
        return None, "it was not asked for"
    if not is_asked and (why := why_not_matched(table, plan)):
        return None, why
    try:
        return matched(table, plan, variables, title), ""
    except InputError as error:
        if is_asked:
            raise
        return None, str(error).rstrip(".")
