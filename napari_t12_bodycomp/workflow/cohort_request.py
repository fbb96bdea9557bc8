"""What a cohort's analysis is asked for, and the plan that follows from it and from what the table has."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.cohort_analysis import Plan
from napari_t12_bodycomp.model.cohort_variables import (
    CANDIDATES,
    CENTRE,
    CHANGE,
    COVARIATES,
    EXPOSURES,
    KNOWN,
    MARKERS,
    OUTCOME,
    PAIR_PREDICTORS,
    PATIENT,
    Form,
    Part,
    Variable,
)
from napari_t12_bodycomp.model.matching import STUDY_CALIPER, Caliper, Order
from napari_t12_bodycomp.model.rush import SLOW_BELOW

MATCH_ALL, MATCH_NONE = "all", "none"


@dataclass(frozen=True, slots=True)
class CohortRequest:
    """The wishes: lists of variables are None where the study's own, as far as the table has them, will do."""

    columns: Mapping[str, str] = field(default_factory=dict)
    event: str = ""
    covariates: tuple[str, ...] | None = None
    exposures: tuple[str, ...] | None = None
    markers: tuple[str, ...] | None = None
    pair_predictors: tuple[str, ...] | None = None
    candidates: tuple[str, ...] | None = None
    match: tuple[str, ...] | None = None
    caliper: float = STUDY_CALIPER.width or 0.05
    order: Order = Order.LARGEST
    screened: int | None = None
    excluded: Mapping[str, int] = field(default_factory=dict)
    flag_contradictions: bool = False


def read_columns(path: Path) -> dict[str, str]:
    """A TOML or JSON file of one entry for each variable: its name, and the column that it stands in."""
    try:
        text = path.read_text(encoding="utf-8")
        found = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise InputError(f'A TOML or JSON file of lines like SMI = "my column" is wanted, {path} is none: {error}.') from error
    if not isinstance(found, dict) or not all(isinstance(column, str) for column in found.values()):
        raise InputError(f'A TOML or JSON file of lines like SMI = "my column" is wanted, {path} holds something else: correct it.')
    return found


def more_columns(request: CohortRequest, header: Sequence[str]) -> dict[str, str]:
    """The columns that were named, and those that were wished for by a name that is no known variable's but a column's."""
    known = {variable.name for variable in KNOWN}
    wished = [name for names in _wishes(request).values() for name in names or ()]
    return {**{name: name for name in wished if name not in known and name in header}, **request.columns}


def _wishes(request: CohortRequest) -> dict[str, tuple[str, ...] | None]:
    return {
        "covariates": request.covariates,
        "exposures": request.exposures,
        "markers": request.markers,
        "paired": request.pair_predictors,
        "candidates": request.candidates,
    }


def plan_of(
    request: CohortRequest, variables: Mapping[str, Variable], known: Collection[str], outcome_words: str, centres: Sequence[str]
) -> Plan:
    """The plan for a table that has `variables`, of which those in `known` have a value somewhere: no other is taken unasked.

    UsageError where a variable that was wished for is not there, or is no number."""
    for option, names in _wishes(request).items():
        for name in names or ():
            if name not in variables or name in (OUTCOME, CENTRE, PATIENT):
                raise UsageError(
                    f"A variable of the table is wanted in --{option}, {name!r} is none: name some of {', '.join(_usable(variables))}."
                )
            if option in ("exposures", "markers") and variables[name].form not in (Form.NUMBER, Form.WHOLE):
                raise UsageError(f"Numbers are wanted in --{option}, {name!r} holds categories: leave it out.")
    chosen = {
        option: tuple(dict.fromkeys(names)) if names is not None else tuple(name for name in default if name in known)
        for (option, names), default in zip(
            _wishes(request).items(), (COVARIATES, EXPOSURES, MARKERS, PAIR_PREDICTORS, CANDIDATES), strict=True
        )
    }
    if not chosen["markers"]:
        chosen["markers"] = chosen["exposures"]
    if not chosen["exposures"]:
        raise InputError(
            "Indices to analyse are wanted, the table has no SMI, VFI, SFI or VSR and not the areas and heights that they follow from: "
            "name columns with --exposures."
        )
    own = [name for names in chosen.values() for name in names]
    described = [name for name, variable in variables.items() if variable.part is not Part.NONE or name in own]
    ordered = [v.name for v in KNOWN if v.name in described] + [name for name in described if name not in {v.name for v in KNOWN}]
    is_rush = outcome_words == ""
    return Plan(
        outcome=f"slower healing: RUSH < {SLOW_BELOW} at month 1" if is_rush else outcome_words,
        groups=(f"RUSH < {SLOW_BELOW}", f"RUSH ≥ {SLOW_BELOW}") if is_rush else (outcome_words, outcome_words.replace(" = ", " ≠ ")),
        described=tuple(ordered),
        covariates=chosen["covariates"],
        exposures=chosen["exposures"],
        markers=chosen["markers"],
        pair_predictors=chosen["paired"] or chosen["exposures"],
        candidates=chosen["candidates"] or chosen["exposures"],
        caliper=Caliper(request.caliper),
        order=request.order,
        match=_match(request.match, centres),
        has_change=CHANGE in variables,
        is_rush=is_rush,
    )


def _usable(variables: Mapping[str, Variable]) -> list[str]:
    return [name for name in variables if name not in (OUTCOME, CENTRE, PATIENT)]


def _match(wished: tuple[str, ...] | None, centres: Sequence[str]) -> tuple[str, ...] | None:
    if wished == (MATCH_NONE,):
        return ()
    return tuple(centres) or (MATCH_ALL,) if wished == (MATCH_ALL,) else wished


def outcome_words(request: CohortRequest, columns: Mapping[str, str]) -> str:
    """How the event is called: "" for slower healing by RUSH, else the column and its value."""
    is_own = OUTCOME in request.columns or request.event
    return f"{columns[OUTCOME]} = {request.event or 'yes'}" if is_own else ""
