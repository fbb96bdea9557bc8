"""The study's printed tables: what can be recomputed from its own counts comes out as printed, and its errors are not repeated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from reference import Reference

from napari_t12_bodycomp.cohort.compare_groups import compare
from napari_t12_bodycomp.cohort.describe import describe
from napari_t12_bodycomp.cohort.roc import roc
from napari_t12_bodycomp.model.comparison import Procedure
from napari_t12_bodycomp.model.description import Kind
from napari_t12_bodycomp.report.cohort.sheet import p_cell


@pytest.fixture(scope="module")
def printed(stats: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((stats / "paper" / "paper_recomputed.json").read_text(encoding="utf-8"))["rows"]
    return rows


def _of_type(printed: list[dict[str, Any]], kind: str) -> Iterator[dict[str, Any]]:
    return (row for row in printed if row["type"] == kind)


def _patients(slow: list[int], fast: list[int]) -> pd.DataFrame:
    """A row for each counted patient."""
    levels = [f"level {k}" for k in range(len(slow))]
    return pd.DataFrame({"slow": np.repeat([1, 0], [sum(slow), sum(fast)]), "level": np.repeat(levels * 2, [*slow, *fast])})


def test_p_values_of_counts(r: Reference, printed: list[dict[str, Any]]) -> None:
    n = 0
    for row in _of_type(printed, "categorical p"):
        found = compare(_patients(row["counts_slow"], row["counts_fast"]), "level", "slow", groups=(1, 0), kind=Kind.CATEGORIES)
        assert found.chi_square and found.fisher
        p, tolerance = row["recomputed"], r.tolerance("tests.json", "p of t/chi2/MWU/Spearman")
        assert found.chi_square.p == pytest.approx(p["pearson"], **tolerance)
        assert found.fisher.p == pytest.approx(p["fisher"], **r.tolerance("tests.json", "fisher_p"))
        assert found.test is (Procedure.FISHER if row["min_expected"] < 5 else Procedure.PEARSON), "Fisher where the methods promise it"
        if "pearson" in row["reproduced_by"] and row["consistent"]:
            assert float(p_cell(found.chi_square.p)) == pytest.approx(float(row["printed_p"]), abs=0.00051)
            n += 1
    assert n > 15


def test_counts_with_percentages(printed: list[dict[str, Any]]) -> None:
    n = 0
    for row in _of_type(printed, "percentage"):
        table = pd.DataFrame({"x": ["yes"] * row["n"] + ["no"] * (row["N"] - row["n"])})
        text = describe(table, "x", kind=Kind.CATEGORIES, levels=["yes", "no"]).categories[0].text("yes")
        if row["consistent"]:
            assert text == (row["printed"] if "." in row["printed"] else row["printed"].replace("(0)", "(0.0)"))
            n += 1
        else:
            assert text != row["printed"]
    assert n > 50


def test_predictive_values_go_with_the_side_that_means_slower_healing(printed: list[dict[str, Any]]) -> None:
    """Of the printed fourfold tables: the study read low SMI as faster healing, which turns its PPV and NPV round."""
    found = [row for row in _of_type(printed, "ROC 2x2 reconstruction") if row.get("meaning")]
    assert len(found) == 4
    for row in found:
        low, high = row["meaning"]["low_marker"], row["meaning"]["high_marker"]
        slow = [0] * low["fast"] + [1] * low["slow"] + [0] * high["fast"] + [1] * high["slow"]
        ours = roc(slow, [0.0] * (low["fast"] + low["slow"]) + [1.0] * (high["fast"] + high["slow"]), high_is_positive="VFI" in row["row"])
        assert ours.chosen
        side = "high" if "VFI" in row["row"] else "low"
        theirs = row["meaning"][f"slow_state_{side}_marker_positive"]
        values = (ours.chosen.ppv, ours.chosen.npv, ours.chosen.sensitivity, ours.chosen.specificity)
        assert [v.estimate for v in values] == pytest.approx([theirs[key] for key in ("PPV", "NPV", "sensitivity", "specificity")])
        assert ours.chosen.youden == pytest.approx(theirs["J"]) and ours.chosen.youden > 0
