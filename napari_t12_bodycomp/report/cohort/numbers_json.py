"""Every number of the analysis at full precision, with its method: the records as they are, as plain values."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from napari_t12_bodycomp.model.cohort_analysis import CohortAnalysis
from napari_t12_bodycomp.model.cohort_variables import Variable
from napari_t12_bodycomp.model.comparison import Comparison
from napari_t12_bodycomp.model.enrolment import CentreFlow, FlowChart
from napari_t12_bodycomp.model.matching import Propensity
from napari_t12_bodycomp.model.roc import CutOff, Roc, Trend

_ELSEWHERE: Mapping[type, frozenset[str]] = {
    Roc: frozenset({"points"}),
    Trend: frozenset({"points", "x", "line", "low", "high"}),
    Propensity: frozenset({"rows", "ids", "is_treated", "score", "logit", "cells"}),
    Variable: frozenset({"names", "words"}),
}
"""What has a table or a picture of its own."""
_ALSO: Mapping[type, tuple[str, ...]] = {
    Comparison: ("method",),
    CutOff: ("rule",),
    CentreFlow: ("n",),
    FlowChart: ("n_excluded", "n_included"),
}
"""What follows from a record and is wanted beside it."""


def analysis_json(analysis: CohortAnalysis) -> dict[str, Any]:
    """The record as plain values: unknown is None, an infinite number the word "inf" or "-inf", places by their key."""
    found: dict[str, Any] = _plain(analysis)
    found["places"] = {place["key"]: place for place in found["places"]}
    return found


def results_json(analysis: CohortAnalysis) -> str:
    """The same as text; the same analysis gives the same bytes."""
    return json.dumps(analysis_json(analysis), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        hidden, also = _ELSEWHERE.get(type(value), frozenset()), _ALSO.get(type(value), ())
        names = [f.name for f in fields(value) if f.name not in hidden]
        return {name: _plain(getattr(value, name)) for name in (*names, *also)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float):
        return _number(float(value))
    return value


def _number(value: float) -> float | str | None:
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else ("inf" if value > 0 else "-inf")
