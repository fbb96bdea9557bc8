"""R's reference values: files, data sets, the tolerances that stand beside them, and comparing exactly as tightly as these say."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

INFINITE = {"Inf": math.inf, "-Inf": -math.inf, "NaN": math.nan}


class Reference:
    """The folder of reference values; data sets, expected numbers and tolerances by name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def expected(self, name: str) -> Any:
        return expected(self.folder, name)

    def csv(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.folder / name)

    def tolerance(self, file: str, quantity: str) -> dict[str, float]:
        """The tolerance of `quantity`, which must stand by this name in the list of `file`; nothing is added to it."""
        for names, found in self.expected("tolerances.json")[file].items():
            if quantity in (name.strip() for name in names.split(",")):
                exact = found == "exact"
                return {"rel": 0.0 if exact else found.get("rtol", 0.0), "abs": 0.0 if exact else found.get("atol", 0.0)}
        raise KeyError(f"{quantity} has no tolerance in {file}")


@cache
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


def same(name: str, ours: float | None, theirs: float | str | None, tolerance: Mapping[str, float]) -> None:
    """`theirs` may be R's "NaN", "NA" (null), "Inf" or "-Inf"; what R does not know we must not know either."""
    if theirs is None or theirs == "NaN":
        assert ours is None, f"{name}: {ours} where R knows nothing"
        return
    wanted = float(theirs)
    assert ours is not None, f"{name}: nothing where R has {wanted}"
    if math.isinf(wanted):
        assert ours == wanted, name
        return
    assert ours == pytest.approx(wanted, rel=tolerance["rel"], abs=tolerance["abs"]), name


def agrees(ours: Any, theirs: Any, rel: float) -> None:
    """`ours`, a number or a list, is R's within `rel`; R's NA must be our None."""
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
