"""Every number of conditional logistic regression against R (survival::clogit), to the tolerances beside the reference values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import pytest
from reference import Reference, same

from napari_t12_bodycomp.cohort.conditional import conditional_logistic
from napari_t12_bodycomp.cohort.logistic import logistic
from napari_t12_bodycomp.cohort.matched_sets import Ties
from napari_t12_bodycomp.model.regression import ConditionalFit

MODELS = {
    "infert_spont_induced": ("data/infert.csv", "case", "stratum", ("spontaneous", "induced")),
    "bdendo11_gall_hyp_est": ("data/bdendo11.csv", "d", "set", ("gall", "hyp", "est", "age")),
    "bdendo11_gall": ("data/bdendo11.csv", "d", "set", ("gall",)),
    "bdendo11_missing": ("data/bdendo11.csv", "d", "set", ("gall", "ob")),
    "birthwt_MN_exact": ("data/birthwt.csv", "low", "race", ("lwt", "smoke", "ht")),
}


def _fit(table: pd.DataFrame, outcome: str, sets: str, *names: str, ties: Ties = "exact") -> ConditionalFit:
    return conditional_logistic(table[outcome], table[sets], {name: table[name] for name in names}, ties=ties)


def _check(r: Reference, ours: ConditionalFit, theirs: Mapping[str, Any]) -> None:
    def tolerance(quantity: str) -> Mapping[str, float]:
        return r.tolerance("clogit.json", quantity)

    assert (ours.n, ours.n_events, ours.lr_df, ours.why_empty) == (theirs["n"], theirs["events"], theirs["LR_df"], "")
    for key, value, quantity in (
        ("loglik", ours.log_likelihood, "loglik"),
        ("loglik_null", ours.null_log_likelihood, "loglik"),
        ("LR", ours.lr, "LR"),
        ("Wald", ours.wald, "B"),
        ("score", ours.score, "B"),
        ("LR_p", ours.lr_p, "p"),
        ("Wald_p", ours.wald_p, "p"),
        ("score_p", ours.score_p, "p"),
    ):
        same(key, value, theirs[key], tolerance(quantity))
    rows = {row.name: row for row in ours.coefficients if not row.why_empty}
    assert rows.keys() == theirs["coef"].keys()
    for name, row in rows.items():
        expected = theirs["coef"][name]
        assert row.ci is not None
        for key, value, quantity in (
            ("B", row.b, "B"),
            ("SE", row.se, "SE"),
            ("wald_chi2", row.wald, "B"),
            ("z", row.z, "B"),
            ("OR", row.odds_ratio, "OR"),
            ("ci_low", row.ci[0], "CI"),
            ("ci_high", row.ci[1], "CI"),
            ("p", row.p, "p"),
        ):
            same(f"{name} {key}", value, expected[key], tolerance(quantity))
    for ours_row, their_row in zip(ours.covariance, theirs["vcov"], strict=True):
        for value, wanted in zip(ours_row, their_row, strict=True):
            same("covariance", value, wanted, tolerance("SE"))


@pytest.mark.parametrize("name", MODELS)
def test_model(r: Reference, name: str) -> None:
    file, outcome, sets, names = MODELS[name]
    theirs = r.expected("clogit.json")[name]
    ours = _fit(r.csv(file), outcome, sets, *names)
    _check(r, ours, theirs["fit"])
    if info := theirs.get("info"):
        assert (ours.n_sets, ours.n_informative, dict(ours.pattern)) == (info["strata"], info["informative_strata"], info["pattern"])


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_the_approximations(r: Reference, ties: Ties) -> None:
    """The same with one case in each set, others with several; Breslow's is what SPSS COXREG gives."""
    file, outcome, sets, names = MODELS["infert_spont_induced"]
    _check(r, _fit(r.csv(file), outcome, sets, *names, ties=ties), r.expected("clogit.json")["infert_efron"]["fit"])
    file, outcome, sets, names = MODELS["birthwt_MN_exact"]
    ours = _fit(r.csv(file), outcome, sets, *names, ties=ties)
    _check(r, ours, r.expected("clogit.json")[f"birthwt_MN_{ties}"]["fit"])
    assert f"approximate ({ties.title()})" in ours.method


def test_one_to_one_equals_a_regression_of_the_differences(r: Reference) -> None:
    theirs = r.expected("clogit.json")
    ours = _fit(r.csv("data/bdendo11.csv"), "d", "set", "gall", "hyp", "est", "age")
    cross = theirs["bdendo11_gall_hyp_est"]["crosscheck_glm_on_differences"]
    for row, b, se in zip(ours.coefficients, cross["B"], cross["SE"], strict=True):
        same(row.name, row.b, b, r.tolerance("clogit.json", "B"))
        same(row.name, row.se, se, r.tolerance("clogit.json", "SE"))
    closed = theirs["bdendo11_gall"]["closed_form"]
    alone = _fit(r.csv("data/bdendo11.csv"), "d", "set", "gall").coefficients[0]
    same("OR", alone.odds_ratio, closed["OR"], r.tolerance("clogit.json", "OR"))
    same("SE", alone.se, closed["SE"], r.tolerance("clogit.json", "SE"))


def _pairs(r: Reference) -> pd.DataFrame:
    return pd.DataFrame(r.expected("clogit.json")["separated"]["data"])


def test_a_case_that_is_always_larger_has_no_finite_estimate(r: Reference) -> None:
    ours = _fit(_pairs(r), "y", "pair", "x")
    assert "no finite estimate exists (complete separation)" in ours.why_empty and "by x" in ours.why_empty
    assert (ours.coefficients[0].b, ours.coefficients[0].p, ours.lr, ours.log_likelihood, ours.terms) == (None, None, None, None, ())


def test_what_is_constant_in_every_set_is_left_out_by_name(r: Reference) -> None:
    table = _pairs(r).assign(c1=lambda t: t["pair"] % 3)
    ours = _fit(table, "y", "pair", "w", "c1")
    assert ours.warnings == ("c1 does not vary within any set: it tells nothing and is left out",)
    assert ours.coefficients[1].b is None and ours.coefficients[1].why_empty
    _check(r, ours, r.expected("clogit.json")["constant_within_strata"]["fit_w_only"])


def test_sets_of_cases_alone_or_controls_alone_change_nothing(r: Reference) -> None:
    more = pd.DataFrame({"pair": [91, 91, 92, 92], "y": [1, 1, 0, 0], "w": [1, 3, 2, 5]})
    ours = _fit(pd.concat([_pairs(r), more]), "y", "pair", "w")
    _check(r, ours, r.expected("clogit.json")["noninformative_strata"]["fit"])
    assert (ours.n_sets, ours.n_informative) == (10, 8)


@pytest.mark.parametrize("names", [("age", "SMI", "VFI", "VSR"), ("age",), ("SMI",), ("VFI",), ("VSR",)])
def test_table_3_on_the_simulated_cohort(r: Reference, names: tuple[str, ...]) -> None:
    pairs = r.csv("expected/cohort_matched_pairs_long.csv")
    table = pairs.merge(r.csv("cohort/cohort.csv").drop(columns="slow_healing"), on="patient_id")
    theirs = r.expected("cohort.json")["table3_conditional_logistic"]
    _check(r, _fit(table, "slow_healing", "pair", *names), theirs["age_SMI_VFI_VSR"] if len(names) > 1 else theirs["univariable"][names[0]])


def test_matching_is_not_taken_for_nothing(r: Reference) -> None:
    file, outcome, sets, names = MODELS["infert_spont_induced"]
    table = r.csv(file)
    matched, unmatched = _fit(table, outcome, sets, *names), logistic(table[outcome], {name: table[name] for name in names})
    assert matched.coefficients[0].b != pytest.approx(unmatched.coefficients[1].b, rel=0.1)
