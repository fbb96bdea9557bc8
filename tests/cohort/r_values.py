"""R's reference values for the cohort's statistics, and comparing with them exactly as tightly as the file of tolerances says."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest


class Reference:
    """The folder of reference values; data sets, expected numbers and tolerances by name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cache  # noqa: B019 - one object for a test module
    def expected(self, name: str) -> Any:
        return json.loads((self.folder / "expected" / name).read_text(encoding="utf-8"))

    def csv(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.folder / name)

    def tolerance(self, file: str, quantity: str) -> dict[str, float]:
        """The tolerance of `quantity`, which must stand by this name in the list of `file`; nothing is added to it."""
        for names, found in self.expected("tolerances.json")[file].items():
            if quantity in (name.strip() for name in names.split(",")):
                exact = found == "exact"
                return {"rel": 0.0 if exact else found.get("rtol", 0.0), "abs": 0.0 if exact else found.get("atol", 0.0)}
        raise KeyError(f"{quantity} has no tolerance in {file}")


def of(shared_data: Path) -> Reference:
    if not (shared_data / "stats").is_dir():
        pytest.skip(f"R's reference values are not here: {shared_data / 'stats'} is no folder")
    return Reference(shared_data / "stats")


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
