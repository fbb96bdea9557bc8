"""The study as a whole, on tables that can be checked on paper."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from napari_t12_bodycomp.cohort.models import inflation
from napari_t12_bodycomp.cohort.roc import roc
from napari_t12_bodycomp.cohort.study import between_centres, places
from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.cohort_analysis import Plan
from napari_t12_bodycomp.model.cohort_variables import Form, Variable
from napari_t12_bodycomp.model.matching import Caliper, Order

VARIABLES: Mapping[str, Variable] = {
    "outcome": Variable("outcome", form=Form.YES_NO, levels=("1", "0")),
    "centre": Variable("centre", form=Form.CATEGORY, levels=("a", "b")),
    "patient_id": Variable("patient_id", form=Form.TEXT),
    "x": Variable("x"),
    "z": Variable("z"),
    "kind": Variable("kind", form=Form.CATEGORY, levels=("p", "q")),
}
NAMES = ("x", "z")


def _plan(match: tuple[str, ...] | None = None) -> Plan:
    groups = ("slow", "fast")
    return Plan("slow", groups, (*NAMES, "kind"), NAMES, NAMES, NAMES, NAMES, NAMES, Caliper(0.5), Order.LARGEST, match)


def _table(n: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    x, z = rng.normal(size=n), rng.normal(size=n)
    slow = (x + rng.normal(size=n) > 0).astype(float)
    ids = [f"P{k}" for k in range(n)]
    return pd.DataFrame(
        {"patient_id": ids, "centre": ["a", "b"] * (n // 2), "outcome": slow, "x": x, "z": z, "kind": ["p", "p", "q", "q"] * (n // 4)}
    )


def test_variance_inflation_of_two_numbers_is_that_of_their_correlation() -> None:
    table = _table()
    r = float(np.corrcoef(table["x"], table["z"])[0, 1])
    found = inflation(table, ["x", "z"], VARIABLES)
    assert found == {"x": pytest.approx(1 / (1 - r**2)), "z": pytest.approx(1 / (1 - r**2))}
    assert inflation(table.assign(z=2 * table["x"] + 1), ["x", "z"], VARIABLES) == {"x": None, "z": None}
    assert inflation(table, ["x"], VARIABLES) == {}


def test_variance_inflation_of_a_number_beside_a_category() -> None:
    """Within p and q the squares about the mean are 2 each, of 4 + 8 in all: 12 / 4."""
    table = pd.DataFrame({"outcome": [0.0, 1, 0, 1, 0, 1], "x": [0.0, 1, 2, 2.828427125, 3.828427125, 4.828427125], "kind": list("pppqqq")})
    x = table["x"].to_numpy()
    expected = ((x - x.mean()) ** 2).sum() / 4
    assert inflation(table, ["x", "kind"], VARIABLES) == {"x": pytest.approx(expected)}


def test_centres_apart_and_together() -> None:
    table = _table(80)
    found, left_out = places(table, _plan(("a",)), VARIABLES)
    assert [(p.key, p.sample.n, p.matched is not None) for p in found] == [("all", 80, False), ("a", 40, True), ("b", 40, False)]
    assert left_out == () and found[0].regressions.adjusted_for == "centre"
    assert "centre" in found[0].sample.comparisons and "centre" not in found[1].sample.comparisons
    between = {one.marker: one for one in between_centres(table, _plan(), found)}
    areas = [roc(part["outcome"], part["x"]).auc for _, part in table.groupby("centre")]
    assert between["x"].comparison.difference == pytest.approx(areas[0] - areas[1])
    assert (between["x"].first, between["x"].second) == ("Centre a", "Centre b")


def test_a_centre_that_is_not_there_and_a_table_without_the_event() -> None:
    with pytest.raises(UsageError, match="'c' is none"):
        places(_table(), _plan(("c",)), VARIABLES)
    with pytest.raises(InputError, match="3 patients or more of each group"):
        places(_table().assign(outcome=0.0), _plan(), VARIABLES)
