"""Every number of logistic regression against R (glm, MASS profile likelihood, car), to the tolerances beside the reference values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import pytest
from reference import Reference, same

from napari_t12_bodycomp.cohort.logistic import logistic
from napari_t12_bodycomp.cohort.selection import select
from napari_t12_bodycomp.model.regression import INTERCEPT, LogisticFit

BIRTHWT = ("age", "lwt", "race", "smoke", "ptl", "ht", "ui", "ftv")
WHITE = {"race": "white"}


def _birthwt(r: Reference, *names: str) -> LogisticFit:
    table = r.csv("data/birthwt.csv")
    table["race"] = table["race"].map({1: "white", 2: "black", 3: "other"})
    return logistic(table["low"], {name: table[name] for name in names}, references={k: v for k, v in WHITE.items() if k in names})


def _check(r: Reference, ours: LogisticFit, theirs: Mapping[str, Any], profile: bool = True) -> None:
    def tolerance(quantity: str) -> Mapping[str, float]:
        return r.tolerance("logistic.json", quantity)

    assert (ours.n, ours.n_events, ours.lr_df) == (theirs["n"], theirs["events"], theirs["LR_df"])
    assert not ours.why_empty
    for name, value in {
        "minus2LL": ours.minus_2ll,
        "null_deviance": ours.null_deviance,
        "LR_chi2": ours.lr,
        "AIC": ours.aic,
        "cox_snell_R2": ours.cox_snell_r2,
        "nagelkerke_R2": ours.nagelkerke_r2,
    }.items():
        same(name, value, theirs[name], tolerance({"LR_chi2": "LR", "AIC": "AIC"}.get(name, "R2" if "R2" in name else "minus2LL")))
    same("LR_p", ours.lr_p, theirs["LR_p"], tolerance("p"))
    rows = {row.name + row.level: row for row in ours.coefficients if not row.why_empty}
    assert rows.keys() == theirs["coef"].keys()
    for name, row in rows.items():
        expected = theirs["coef"][name]
        assert row.ci is not None
        assert row.b is not None and row.z is not None
        is_zero = abs(expected["B"]) < 1e-12
        assert not is_zero or max(abs(row.b), abs(row.z)) < 1e-12, "R has the rounding of a zero: 6 events in 12 rows"
        for key, value in {"SE": row.se, **({} if is_zero else {"B": row.b, "z": row.z, "wald_chi2": row.wald})}.items():
            same(f"{name} {key}", value, expected[key], tolerance({"z": "B"}.get(key, key)))
        for key, value in {"OR": row.odds_ratio, "ci_low": row.ci[0], "ci_high": row.ci[1]}.items():
            same(f"{name} {key}", value, expected[key], tolerance("OR" if key == "OR" else "Wald CI"))
        same(f"{name} p", row.p, expected["p"], tolerance("p"))
        if profile:
            assert row.profile_ci is not None
            for key, value in zip(("profile_ci_low", "profile_ci_high"), row.profile_ci, strict=True):
                same(f"{name} {key}", value, expected[key], tolerance("profile_ci"))


@pytest.mark.parametrize("name", BIRTHWT)
def test_one_predictor(r: Reference, name: str) -> None:
    _check(r, _birthwt(r, name), r.expected("logistic.json")["birthwt_univariable"][name])


def test_eight_predictors_one_of_them_a_category(r: Reference) -> None:
    ours, theirs = _birthwt(r, *BIRTHWT), r.expected("logistic.json")["birthwt_multivariable"]
    _check(r, ours, theirs)
    assert {row.reference for row in ours.coefficients if row.name == "race"} == {"white"}
    for term in ours.terms:
        expected = r.expected("logistic.json")["birthwt_multivariable_type3"][term.name]
        assert term.df == expected["df"]
        same(f"{term.name} LR", term.lr, expected["LR_chi2"], r.tolerance("logistic.json", "LR"))
        same(f"{term.name} Wald", term.wald, expected["wald_chi2"], r.tolerance("logistic.json", "wald_chi2"))
        same(f"{term.name} LR p", term.lr_p, expected["LR_p"], r.tolerance("logistic.json", "p"))
        same(f"{term.name} Wald p", term.wald_p, expected["wald_p"], r.tolerance("logistic.json", "p"))


def test_those_with_p_below_a_fifth_enter(r: Reference) -> None:
    found = select(lambda names: _birthwt(r, *names), BIRTHWT)
    assert [c.name for c in found.candidates if c.enters] == r.expected("logistic.json")["univ_selected_p_lt_0.2"]
    assert {c.name: c.test for c in found.candidates}["race"] == "likelihood ratio"
    assert isinstance(found.multivariable, LogisticFit)
    _check(r, found.multivariable, r.expected("logistic.json")["birthwt_multivariable_selected"])


def test_a_category_entered_as_a_number(r: Reference) -> None:
    table = r.csv("data/birthwt.csv")
    ours = logistic(table["low"], {"as.numeric(race)": table["race"]})
    _check(r, ours, r.expected("logistic.json")["birthwt_race_numeric"])


def test_no_predictor(r: Reference) -> None:
    ours, theirs = logistic(r.csv("data/birthwt.csv")["low"], {}), r.expected("logistic.json")["birthwt_intercept_only"]
    row, expected = ours.coefficients[0], theirs["coef"][INTERCEPT]
    for key, value in {"B": row.b, "SE": row.se, "OR": row.odds_ratio}.items():
        same(key, value, expected[key], r.tolerance("logistic.json", key))
    assert (ours.lr, ours.cox_snell_r2, ours.nagelkerke_r2) == (0, 0, 0), "R has the rounding of a zero"
    assert ours.lr_p is None, "R gives 0 where there is nothing to test"


def test_matched_data_taken_as_unmatched(r: Reference) -> None:
    table = r.csv("data/infert.csv")
    ours = logistic(table["case"], {name: table[name] for name in ("spontaneous", "induced")})
    _check(r, ours, r.expected("logistic.json")["infert_unconditional"])


# -- the simulated cohort ------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def second(r: Reference) -> pd.DataFrame:
    """Institution 2, where every patient has PFNA or InterTAN."""
    table = r.csv("cohort/cohort.csv")
    table = table[table["institution"] == 2]
    return table.assign(intertan=(table["fixation"] == "InterTAN").astype(int), fix13=table["fixation"].map({"PFNA": 1, "InterTAN": 3}))


def _second(table: pd.DataFrame, *names: str) -> LogisticFit:
    return logistic(table["slow_healing"], {name: table[name] for name in names})


def test_table_5_from_univariable_to_multivariable(r: Reference, second: pd.DataFrame) -> None:
    theirs = r.expected("cohort.json")["table5_logistic"]
    found = select(lambda names: _second(second, *names), ("age", "SMI", "VFI", "VSR", "intertan"))
    for candidate in found.candidates:
        assert isinstance(candidate.fit, LogisticFit)
        key = {"intertan": "fixation_intertan_vs_pfna"}.get(candidate.name, candidate.name)
        _check(r, candidate.fit, theirs["univariable"][key])
        same(candidate.name, candidate.p, theirs["univariable_p"][candidate.name], r.tolerance("logistic.json", "p"))
    assert [c.name for c in found.candidates if c.enters] == theirs["selected_p_lt_0.2"]
    assert isinstance(found.multivariable, LogisticFit)
    _check(r, found.multivariable, theirs["multivariable"])
    assert any("7.2 (29 for 4)" in warning for warning in found.multivariable.warnings)


def test_table_5_with_the_implant_as_a_number_and_with_all_five(r: Reference, second: pd.DataFrame) -> None:
    theirs = r.expected("cohort.json")["table5_logistic"]
    _check(r, _second(second, "fix13"), theirs["univariable"]["fixation_coded_1_3_as_in_paper"])
    _check(r, _second(second, "age", "SMI", "VFI", "VSR", "intertan"), theirs["multivariable_all_five"])
    first = r.csv("cohort/cohort.csv").query("institution == 1")
    _check(r, _second(first, "age", "SMI", "VFI", "VSR"), theirs["inst1_unmatched_information"])


def test_the_propensity_model_says_who_separates_it_and_keeps_the_finite_estimates(r: Reference) -> None:
    table = r.csv("cohort/cohort.csv").query("institution == 1")
    names = ("age", "BMI", "smoking", "drinking", "hypertension", "diabetes", "hyperlipidemia")
    columns = {name: table[name] for name in names} | {"male": table["sex"] == "M", "right": table["limb"] == "right"}
    ours = logistic(1 - table["slow_healing"], columns)
    assert "quasi-completely by smoking" in ours.separation and "and drinking" in ours.separation
    theirs = r.expected("cohort.json")["separation_in_ps_model"]
    for row in ours.coefficients:
        if row.name in ("smoking", "drinking"):
            assert row.b is None and row.p is None and row.why_empty
        else:
            same(f"{row.name} B", row.b, theirs["glm_coef"][row.name], r.tolerance("logistic.json", "B"))
            same(f"{row.name} SE", row.se, theirs["glm_se"][row.name], r.tolerance("logistic.json", "SE"))


# -- what must not be given a number -------------------------------------------------------------------------------------------------------


def _no_numbers(row: Any) -> None:
    assert (row.b, row.se, row.p, row.odds_ratio, row.ci, row.profile_ci) == (None,) * 6 and row.why_empty


@pytest.mark.parametrize("names", [("x",), ("x", "z")])
def test_complete_separation_names_what_separates(r: Reference, names: tuple[str, ...]) -> None:
    table = r.csv("data/separable.csv")
    ours = logistic(table["y"], {name: table[name] for name in names})
    assert "completely by x:" in ours.why_empty and "no finite estimate" in ours.why_empty
    assert (ours.minus_2ll, ours.lr_p, ours.terms) == (None, None, ())
    for row in ours.coefficients:
        _no_numbers(row)


def test_quasi_complete_separation_leaves_the_other_estimates_at_their_limits(r: Reference) -> None:
    table, theirs = r.csv("data/endometrial.csv"), r.expected("logistic.json")["edge"]["quasi_complete"]
    ours = logistic(table["HG"], {name: table[name] for name in ("NV", "PI", "EH")})
    assert "quasi-completely by NV (no row with NV = 1 has outcome 0)" in ours.separation
    rows = {row.name: row for row in ours.coefficients}
    _no_numbers(rows["NV"])
    limits = theirs["glm_maxit_100"]
    for name in (INTERCEPT, "PI", "EH"):
        for key, value in {"B": rows[name].b, "SE": rows[name].se, "OR": rows[name].odds_ratio}.items():
            same(f"{name} {key}", value, limits["coef"][name][key], r.tolerance("logistic.json", key))
    same("minus2LL", ours.minus_2ll, limits["minus2LL"], r.tolerance("logistic.json", "minus2LL"))
    _check(r, logistic(table["HG"], {name: table[name] for name in ("PI", "EH")}), theirs["without_NV"])


def test_a_constant_predictor_and_a_collinear_one_are_left_out_by_name(r: Reference) -> None:
    table, edge = r.csv("data/separable.csv"), r.expected("logistic.json")["edge"]
    y = edge["constant_predictor"]["y"]
    for name, words in {"const": "const does not vary", "dup": "dup is a combination of z"}.items():
        ours = logistic(y, {"z": table["z"], name: table[name]})
        assert words in ours.warnings[0]
        _no_numbers(ours.coefficients[2])
        _check(r, ours, edge["constant_predictor"]["fit_without"])


def test_an_empty_cell_is_found(r: Reference) -> None:
    """Smoking in 2 of 295 against 0 of 201, as in the study's table 1: glm gives 14.2 with SE 624 and says nothing."""
    ours = logistic([1] * 295 + [0] * 201, {"smoking": [1, 1, *[0] * 494]})
    assert "no row with smoking = 1 has outcome 0" in ours.separation
    _no_numbers(ours.coefficients[1])
    theirs = r.expected("logistic.json")["edge"]["binary_cell_zero"]["fit"]
    same("intercept", ours.coefficients[0].b, theirs["B"][0], r.tolerance("logistic.json", "B"))
