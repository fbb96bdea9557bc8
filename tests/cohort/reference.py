"""Reading R's reference values: files, data sets, and the tolerances that stand beside them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

INFINITE = {"Inf": math.inf, "-Inf": -math.inf, "NaN": math.nan}


def expected(stats: Path, name: str) -> Any:
    return json.loads((stats / "expected" / name).read_text(encoding="utf-8"))


def data(stats: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(stats / "data" / name)


def cohort(stats: Path, institution: int | None = None) -> pd.DataFrame:
    table = pd.read_csv(stats / "cohort" / "cohort.csv")
    return table if institution is None else table[table["institution"] == institution].reset_index(drop=True)


def number(value: Any) -> Any:
    """R's number, with the infinite ones as floats."""
    if isinstance(value, list):
        return [number(v) for v in value]
    return INFINITE.get(value, value) if isinstance(value, str) else value


def agrees(ours: Any, theirs: Any, rel: float) -> None:
    """`ours` is R's number within `rel`; R's NA must be our None."""
    theirs = number(theirs)
    if theirs is None:
        assert ours is None
    else:
        assert ours == pytest.approx(theirs, rel=rel, abs=0)


def agrees_or_both_are_nothing(ours: Any, theirs: Any, rel: float) -> None:
    """As `agrees`, but where R's number is the rounding of a zero (1e-27), ours is zero or such a rounding too."""
    if theirs < 1e-25:
        assert 0 <= ours < 1e-25
    else:
        agrees(ours, theirs, rel)
