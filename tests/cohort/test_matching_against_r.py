"""Propensity scores, pairs and balance against MatchIt 4.7.1 and tableone, to the tolerances that stand beside the reference values."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from reference import agrees, cohort, data, expected

from napari_t12_bodycomp.cohort.nearest import match_pairs
from napari_t12_bodycomp.cohort.propensity import propensity_scores
from napari_t12_bodycomp.model.matching import Caliper, Matching, Order, Propensity, Scale

PS_ATOL, SMD, SUM, NUMBERS = 1e-6, 1e-9, 1e-6, 1e-9
COHORT = ["age", "sex", "BMI", "limb", "smoking", "drinking", "hypertension", "diabetes", "hyperlipidemia"]
LALONDE = ["age", "educ", "race", "married", "nodegree", "re74", "re75"]
RAW, STD, LOGIT = Caliper(0.05), Caliper(0.05, Scale.SD), Caliper(0.2, Scale.LOGIT_SD)

RUNS = {
    ("lalonde", "nocaliper_largest"): (Caliper(None), Order.LARGEST),
    ("lalonde", "raw05_largest"): (RAW, Order.LARGEST),
    ("lalonde", "raw05_smallest"): (RAW, Order.SMALLEST),
    ("lalonde", "raw05_data"): (RAW, Order.DATA),
    ("lalonde", "std05_largest"): (STD, Order.LARGEST),
    ("lalonde", "logit02_largest"): (LOGIT, Order.LARGEST),
    ("ties", "largest"): (Caliper(None), Order.LARGEST),
    ("ties", "largest_cal"): (RAW, Order.LARGEST),
    ("ties", "smallest_cal"): (RAW, Order.SMALLEST),
    ("ties", "data_cal"): (RAW, Order.DATA),
    ("cohort", "raw05_largest"): (RAW, Order.LARGEST),
    ("cohort", "raw05_data"): (RAW, Order.DATA),
    ("cohort", "raw05_smallest"): (RAW, Order.SMALLEST),
    ("cohort", "std05_largest"): (STD, Order.LARGEST),
    ("cohort", "raw05_largest_slow_as_treated"): (RAW, Order.LARGEST),
}


def test_the_tolerances_are_those_of_the_reference(stats: Path) -> None:
    given = expected(stats, "tolerances.json")["matching.json"]
    assert (given["ps"]["atol"], given["SMD"]["rtol"], given["n_pairs"]) == (PS_ATOL, SMD, "exact")
    assert given["pairs when PS are distinct (cohort)"] == "exact"
    assert given["pairs when PS tie (lalonde, match_ties)"] == f"n_pairs exact, sum_abs_diff rtol {SUM:.0e}".replace("e-0", "e-")


def _scores(stats: Path, name: str, label: str = "") -> Propensity:
    if name == "lalonde":
        return propensity_scores(data(stats, "lalonde.csv"), "treat", 1, LALONDE, ids="id")
    if name == "ties":
        return propensity_scores(data(stats, "match_ties.csv"), "treat", 1, ["a", "b"], ids="id")
    return propensity_scores(cohort(stats, 1), "slow_healing", int(label.endswith("slow_as_treated")), COHORT, ids="patient_id")


def _reference(stats: Path, name: str, label: str) -> Any:
    return expected(stats, "cohort.json")["matching"][label] if name == "cohort" else expected(stats, "matching.json")[name][label]


@pytest.fixture(scope="module", params=RUNS, ids="-".join)
def run(request: pytest.FixtureRequest, stats: Path) -> tuple[str, Any, Matching, pd.DataFrame]:
    name, label = request.param
    r = _reference(stats, name, label)
    return name, r, match_pairs(_scores(stats, name, label), *RUNS[request.param]), pd.read_csv(stats / r["pairs_file"])


@pytest.mark.parametrize(
    ("name", "column"), [("lalonde", "ps_matchit"), ("lalonde", "ps_glm_tight"), ("ties", "ps_matchit"), ("cohort", "ps")]
)
def test_every_propensity_score(stats: Path, name: str, column: str) -> None:
    table, ours = pd.read_csv(stats / "expected" / f"ps_{name}.csv"), _scores(stats, name)
    assert list(ours.ids) == table.iloc[:, 0].tolist()
    assert ours.score == pytest.approx(table[column].to_numpy(), abs=PS_ATOL, rel=0)


def test_the_number_of_pairs_and_what_stays_alone(run: tuple[str, Any, Matching, pd.DataFrame]) -> None:
    _, r, ours, _ = run
    assert len(ours.pairs) == r["n_pairs"]
    assert [int(ours.propensity.is_treated.sum()), int((~ours.propensity.is_treated).sum())] == [r["n_treated"], r["n_control"]]
    assert [ours.n_controls_left, len(ours.unmatched)] == r["matchit_balance"]["nn"]["Unmatched"]


def test_the_pairs_are_the_same(run: tuple[str, Any, Matching, pd.DataFrame]) -> None:
    """Exactly, also where scores tie: the tie rule is MatchIt's own."""
    name, r, ours, listed = run
    found = [[pair.treated, pair.control] for pair in ours.pairs]
    assert found == r["pairs"] == listed[["treated", "control"]].to_numpy().tolist()
    assert sorted(u.treated for u in ours.unmatched) == sorted(r["unmatched_treated"])
    for column, values in (
        ("ps_treated", [p.treated_score for p in ours.pairs]),
        ("ps_control", [p.control_score for p in ours.pairs]),
        ("abs_diff", [p.distance for p in ours.pairs]),
    ):
        assert values == pytest.approx(listed[column].to_numpy(), abs=PS_ATOL, rel=0), name


def test_the_distances(run: tuple[str, Any, Matching, pd.DataFrame]) -> None:
    _, r, ours, _ = run
    apart = [pair.distance for pair in ours.pairs]
    agrees([sum(apart), max(apart), float(np.mean(apart))], [r["sum_abs_diff"], r["max_abs_diff"], r["mean_abs_diff"]], SUM)
    agrees(ours.distance_sd, r["ps_sd_all"], SUM)
    agrees(ours.caliper_absolute, r["caliper_absolute"], SUM)
    if r["smallest_gap_to_caliper"] is not None:
        assert ours.caliper_absolute is not None
        assert ours.caliper_absolute - max(apart) == pytest.approx(r["smallest_gap_to_caliper"], abs=PS_ATOL)


R_NAMES = {"male": ("sex", "M"), "right": ("limb", "right"), **{f"race{level}": ("race", level) for level in ("black", "hispan", "white")}}


def test_balance_in_sd_of_the_treated(run: tuple[str, Any, Matching, pd.DataFrame]) -> None:
    _, r, ours, _ = run
    rows = {(row.covariate, row.level): row for row in ours.balance.rows}
    assert len(rows) == len(r["matchit_balance"]["before"])
    for when in ("before", "after"):
        for name, theirs in r["matchit_balance"][when].items():
            found = getattr(rows[R_NAMES.get(name, (name, ""))], when)
            agrees([found.mean_treated, found.mean_control], [theirs["mean_treated"], theirs["mean_control"]], NUMBERS)
            agrees(found.smd, theirs["std_mean_diff"], SMD)
            agrees(found.variance_ratio, theirs["var_ratio"], NUMBERS)


def test_balance_in_pooled_sd(run: tuple[str, Any, Matching, pd.DataFrame]) -> None:
    _, r, ours, _ = run
    if r["tableone_smd_pooled"] is None:
        return
    for when, found in (("before", ours.balance.pooled_before), ("after", ours.balance.pooled_after)):
        named = {"male": found.get("sex"), "right": found.get("limb"), **found}
        for name, theirs in r["tableone_smd_pooled"][when].items():
            agrees(named[name], theirs, SMD)


def test_the_separated_patients_are_named_and_their_scores_are_rs(stats: Path) -> None:
    r, ours = expected(stats, "cohort.json")["separation_in_ps_model"], _scores(stats, "cohort")
    assert set(ours.separated) == set(r["ps_of_users"])
    assert any(re.search("smoking.*drinking.*one group alone", remark) for remark in ours.remarks)
    scores = dict(zip(ours.ids, ours.score, strict=True))
    for patient, theirs in r["ps_of_users"].items():
        assert scores[patient] == pytest.approx(theirs, abs=PS_ATOL)
        assert scores[patient] == pytest.approx(theirs, rel=1e-4), "the stopping rule is R's"
    named = {"(Intercept)": "intercept", "male": "sex: M", "right": "limb: right"}
    for name, theirs in r["glm_coef"].items():
        assert ours.coefficients[named.get(name, name)] == pytest.approx(theirs, rel=1e-6), name
