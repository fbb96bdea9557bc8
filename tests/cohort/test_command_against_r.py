"""Every number of R's whole pipeline on the simulated cohort, through ``cohort analyse`` and its ``results.json``."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from reference import INFINITE, Reference, same

from napari_t12_bodycomp.cli import main

Path_ = tuple[str, ...]
SECTIONS = {"inst1_raw": ("1", False), "inst1_matched": ("1", True), "inst2": ("2", False)}
NOT_OURS = {
    r"meta/.*|rules/.*": "words",
    r"separation_in_ps_model/glm_(coef|se)/.*": "where the model is separated, coefficients depend on the stopping rule; scores are compared",
    r".*/(q_type7|tukey_hinges)/.*": "other quartiles than SPSS's, which the study has; compared in test_cohort_against_r",
    r".*/p_coin_asymptotic": "the same p once more, by coin",
    r".*/(p_exact_no_ties|p_exact_permutation|hodges_lehmann|p_exact_AS89|S)(/.*)?": "not there in the cohort, or only another scale",
    r"spearman/.*/pearson_.*": "the study has Spearman's rho alone; compared in test_cohort_against_r",
    r".*/(agresti_coull/.*|hmisc_wilson_differs)": "an interval that nobody asked for",
    r".*/(proc_coords_best_thresholds|best_thresholds)/.*": "compared threshold by threshold, at_best",
    r".*/(auto_state_slow_direction|direction|note|chosen_test|test|method|formula|label|m_order|package|pairs_file)": "words",
    r".*/(warnings|aliased|empty_levels_dropped)(/.*)?|.*/(converged|iterations)": "about the run of R",
    r"table5_logistic/univariable/fixation_coded_1_3_as_in_paper/.*": "a nominal variable entered as a number: an error that is not repeated",
    r"matching/.*/(smallest_gap_to_caliper|ps_sd_all)|matching/.*/matchit_balance/nn/.*": "not reported",
    r"matching_crosscheck/.*": "two packages of R against each other",
    r".*/anova/(MSR_subjects|MSC_raters|MSE|MSW_within|F_raters|p_raters)": "steps on the way to the coefficients",
    r"icc/.*/psych_lmer_false/n_(obs|judge)": "n and k once more",
    r".*/levels/.*": "names, by which the counts are found",
}
"""What is not compared, and why."""


def leaves(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from leaves(entry, (*path, key))
    elif isinstance(value, list):
        for k, entry in enumerate(value):
            yield from leaves(entry, (*path, str(k)))
    else:
        yield path


ROUNDING = 1e-13
"""A coefficient or a statistic nearer to 0 than this is 0, rounded."""


class Walk:
    """Compares R's numbers by their path, and remembers which were compared."""

    def __init__(self, r: Reference) -> None:
        self.r, self.wanted = r, r.expected("cohort.json")
        self.seen: set[Path_] = set()

    def at(self, path: Sequence[str]) -> Any:
        value = self.wanted
        for key in path:
            value = value[int(key)] if isinstance(value, list) else value[key]
        return value

    def check(self, path: Sequence[str], ours: Any, tolerance: Mapping[str, float] | tuple[str, str]) -> None:
        theirs = self.at(path)
        if isinstance(theirs, list):
            assert len(ours) == len(theirs), path
            for k, value in enumerate(ours):
                self.check((*path, str(k)), value, tolerance)
            return
        within = self.r.tolerance(*tolerance) if isinstance(tolerance, tuple) else tolerance
        self.seen.add(tuple(path))
        if isinstance(theirs, bool) or (isinstance(theirs, str) and theirs not in INFINITE):
            assert ours == theirs, path
            return
        if isinstance(theirs, float) and 0 < abs(theirs) < ROUNDING and path[-1] in ("B", "z", "wald_chi2", "chi2_yates"):
            assert abs(ours) < ROUNDING, path
            return
        same("/".join(path), None if ours is None else float(ours), theirs, within)

    def checks(self, path: Sequence[str], pairs: Mapping[str, Any], tolerance: Mapping[str, float] | tuple[str, str]) -> None:
        for key, ours in pairs.items():
            self.check((*path, key), ours, tolerance)


EXACT, CLOSED = {"rel": 0.0, "abs": 0.0}, ("tests.json", "quantiles")
P, SHAPIRO_W, SHAPIRO_P = ("tests.json", "p of t/chi2/MWU/Spearman"), ("tests.json", "shapiro W"), ("tests.json", "shapiro p")
CLOGIT, LOGISTIC = ("cohort.json", "conditional logistic"), ("cohort.json", "logistic")


@pytest.fixture(scope="module")
def folder(r: Reference, tmp_path_factory: pytest.TempPathFactory) -> Path:
    cohort, out = r.folder / "cohort", tmp_path_factory.mktemp("cohort")
    words = ["cohort", "analyse", cohort / "cohort.csv", "--rush", cohort / "rush_items_long.csv", "--out", out]
    words += ["--screened", "672", "--excluded", "lack of follow-up=53"]
    assert main([str(word) for word in words]) == 0
    return out


@pytest.fixture(scope="module")
def results(folder: Path) -> Any:
    return json.loads((folder / "results.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def walk(r: Reference, folder: Path, results: Any) -> Walk:
    """All of R's sections gone through, each number compared."""
    found = Walk(r)
    for section, (place, is_matched) in SECTIONS.items():
        sample = _sample(results, place, is_matched)
        found.checks((section,), {"n_slow": sample["groups"][0], "n_fast": sample["groups"][1]}, EXACT)
        for name in found.wanted[section]["continuous"]:
            _numbers(found, (section, "continuous", name), sample["comparisons"][name])
        for name in found.wanted[section]["categorical"]:
            _categories(found, (section, "categorical", name), sample["comparisons"][CATEGORIES.get(name, name)])
        for marker in sample["rocs"]:
            where = ("roc", section, marker["marker"])
            _roc(found, (*where, "state_slow"), marker["roc"])
            _roc(found, (*where, "state_fast"), marker["mirrored"])
        _auc_pair(found, ("roc", section, "delong_paired_SMI_vs_VFI"), sample["auc_pairs"][0]["comparison"])
        for name, correlation in sample["correlations"].items():
            _correlation(found, ("spearman", "inst1" if section == "inst1_raw" else section, name), correlation)
    _scores(found, folder)
    _points(found, folder)
    _table_3(found, results["places"]["1"]["matched"])
    _table_5(found, results)
    _matchings(found, results["places"]["1"]["matched"])
    for r_name, place in (("both", "all"), ("inst1", "1"), ("inst2", "2")):
        for group in results["places"][place]["raters"]:
            _raters(found, ("icc", r_name, group["time"], GROUPS[group["group"]]), group)
    return found


CATEGORIES = {"gender": "sex", "injured_limb": "limb", "asa": "ASA"}
GROUPS = {"all raters": "all6", "attendings": "attendings", "residents": "residents"}
TESTS = {
    "student_t": "Student's t test",
    "welch_t": "Welch's t test",
    "mann_whitney": "Mann-Whitney U test",
    "pearson": "Pearson's chi-square test",
    "fisher": "Fisher's exact test",
}


def _sample(results: Any, place: str, is_matched: bool) -> Any:
    found = results["places"][place]
    return found["matched"]["sample"] if is_matched else found["sample"]


def _numbers(walk: Walk, path: Path_, ours: Any) -> None:
    for side, summary in zip(("slow", "fast"), ours["description"]["numbers"], strict=True):
        low, high = summary["range"]
        values = {"n": summary["n"], "mean": summary["mean"], "sd": summary["sd"], "min": low, "max": high}
        walk.checks((*path, side), values, CLOSED)
        walk.check((*path, side, "q_type6"), [summary["quartiles"][0], summary["median"], summary["quartiles"][1]], CLOSED)
        walk.checks((*path, "shapiro", side), {"W": summary["normality"]["w"], "n": summary["normality"]["n"]}, SHAPIRO_W)
        walk.check((*path, "shapiro", side, "p"), summary["normality"]["p"], SHAPIRO_P)
    means, ranks = ours["means"], ours["ranks"]
    for name in ("student", "welch"):
        test = means[name]
        values = {"t": test["t"], "df": test["df"], "diff": test["difference"], "ci": test["ci"], "se": test["se"]}
        walk.checks((*path, "t", name), values, CLOSED)
        walk.check((*path, "t", name, "p"), test["p"], P)
    for name, key in (("levene_mean", "levene"), ("brown_forsythe_median", "brown_forsythe"), ("F_var", "variance_ratio")):
        walk.check((*path, "t", name, "F"), means[key]["f"], CLOSED)
        is_taken_from_1 = name == "F_var" and means[key]["p"] < 1e-8
        walk.check((*path, "t", name, "p"), means[key]["p"], {"rel": 0.0, "abs": 2 * sys.float_info.epsilon} if is_taken_from_1 else P)
    walk.checks((*path, "t", "levene_mean"), {"df1": means["levene"]["df"][0], "df2": means["levene"]["df"][1]}, EXACT)
    walk.check((*path, "t", "cohen_d_pooled"), means["cohen_d"], CLOSED)
    n, u, sums = ranks["n"], ranks["u"], ranks["rank_sum"]
    values = {"n1": n[0], "n2": n[1], "U1": u[0], "U2": u[1], "U_min": min(u), "rank_sum_1": sums[0], "ties": ranks["has_ties"]}
    values |= {"mean_rank_1": sums[0] / n[0], "mean_rank_2": sums[1] / n[1], "z_no_cc": ranks["z"]}
    values |= {"rank_biserial": ranks["rank_biserial"], "auc": ranks["auc"]}
    walk.checks((*path, "mann_whitney"), values, CLOSED)
    walk.checks((*path, "mann_whitney"), {"p_asymptotic_no_cc": ranks["p"], "p_asymptotic_cc": ranks["p_continuity"]}, P)
    walk.check((*path, "chosen_p"), ours["p"], P)
    assert ours["test"] == TESTS[walk.at((*path, "chosen_test"))]


def _categories(walk: Walk, path: Path_, ours: Any) -> None:
    for side, summary in zip(("slow", "fast"), ours["description"]["categories"], strict=True):
        walk.check((*path, f"{side}_n"), [count["n"] for count in summary["counts"]], EXACT)
        walk.check((*path, f"{side}_pct"), [count["percent"] for count in summary["counts"]], CLOSED)
    theirs, chi2, fisher = walk.at(path), ours["chi_square"], ours["fisher"]
    if "chosen_p" not in theirs:
        walk.check((*path, "p"), ours["p"], EXACT)
        assert ours["test"] == "no test" and ours["why"]
        return
    values = {"chi2": chi2["chi2"], "df": chi2["df"], "lr_chi2": chi2["likelihood_ratio"], "min_expected": chi2["smallest_expected"]}
    walk.checks(path, values | {"cells_expected_lt_5": chi2["n_expected_below_5"]}, CLOSED)
    walk.checks(path, {"p": chi2["p"], "lr_p": chi2["p_likelihood_ratio"], "chosen_p": ours["p"]}, P)
    walk.check((*path, "fisher_p"), fisher["p"], ("tests.json", "fisher_p"))
    if "phi" in theirs:
        walk.checks(path, {"phi": chi2["phi"], "chi2_yates": chi2["yates"][0], "sample_or": fisher["sample_or"]}, CLOSED)
        walk.checks(path, {"p_yates": chi2["yates"][1]}, P)
        walk.checks(path, {"fisher_p_less": fisher["p_less"], "fisher_p_greater": fisher["p_greater"]}, ("tests.json", "fisher_p"))
        walk.check((*path, "fisher_conditional_or"), fisher["conditional_or"], ("tests.json", "fisher_conditional_or"))
        walk.check((*path, "fisher_or_ci"), fisher["conditional_or_ci"], ("tests.json", "fisher_or_ci"))
    assert ours["test"] == TESTS[theirs["chosen_test"]]


def _roc(walk: Walk, path: Path_, ours: Any) -> None:
    theirs = walk.at(path)
    values = {"n_cases": ours["n_cases"], "n_controls": ours["n_controls"], "U_cases": ours["u_cases"], "n_best": len(ours["best"])}
    walk.checks(path, values, EXACT)
    values = {"auc": ours["auc"], "delong_var": ours["se"] ** 2, "delong_se": ours["se"], "delong_ci": ours["ci"], "z_vs_0.5": ours["z"]}
    walk.checks(path, values | {"se_under_null_no_ties": ours["null_se"]}, ("roc.json", "auc"))
    walk.checks(path, {"p_vs_0.5_delong": ours["p"], "p_mannwhitney_tie_corrected_no_cc": ours["null_p"]}, ("roc.json", "p"))
    assert ours["is_high_positive"] == (theirs["direction"] == "<")
    in_order = sorted(range(len(theirs["at_best"])), key=lambda k: float(theirs["at_best"][k]["threshold"]))
    for k, cut in zip(in_order, ours["best"], strict=True):
        at = (*path, "at_best", str(k))
        assert cut["threshold"] == pytest.approx(theirs["best_thresholds"][k], rel=1e-12)
        walk.check((*at, "rule"), cut["rule"], EXACT)
        walk.check((*at, "threshold"), cut["threshold"], ("roc.json", "best_thresholds"))
        counts = {"TP": "true_positives", "FP": "false_positives", "TN": "true_negatives", "FN": "false_negatives"}
        walk.checks(at, {short: cut[name] for short, name in counts.items()}, {"rel": 1e-12, "abs": 0.0})
        walk.checks(at, {"J": cut["youden"], "accuracy": cut["accuracy"]["estimate"]}, ("roc.json", "auc"))
        score = cut["true_positives"] * ours["n_controls"] - cut["false_positives"] * ours["n_cases"]
        walk.check((*path, "J_integer_times_n1n0"), score, EXACT)
        for name in ("sensitivity", "specificity", "ppv", "npv"):
            share = cut[name]
            values = {"x": share["x"], "n": share["n"], "estimate": share["estimate"], "wald": share["wald"], "wilson": share["wilson"]}
            values |= {"wald_truncated01": share["wald_truncated"], "clopper_pearson": share["clopper_pearson"]}
            walk.checks((*at, name), values, ("roc.json", "proportion CI"))


def _scores(walk: Walk, folder: Path) -> None:
    """Of the patients whom the propensity model gives away: near nothing, by the rule at which the fit stops."""
    scores = {row["patient_id"]: float(row["score"]) for row in _rows(folder / "propensity_centre_1.csv")}
    for patient in walk.at(("separation_in_ps_model", "ps_of_users")):
        walk.check(("separation_in_ps_model", "ps_of_users", patient), scores[patient], ("matching.json", "ps"))


def _points(walk: Walk, folder: Path) -> None:
    titles = {"inst1_raw": "Centre 1", "inst1_matched": "Centre 1, matched", "inst2": "Centre 2"}
    n = Counter((row["sample"], row["marker"]) for row in _rows(folder / "roc_points.csv"))
    for section, title in titles.items():
        for marker in ("SMI", "VFI"):
            for state in ("state_slow", "state_fast"):
                walk.check(("roc", section, marker, state, "n_thresholds"), n[title, marker], EXACT)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _auc_pair(walk: Walk, path: Path_, ours: Any) -> None:
    values = {"z": ours["statistic"], "auc1": ours["auc_first"], "auc2": ours["auc_second"], "covariance": ours["covariance"]}
    walk.checks(path, values | {"ci_diff": ours["difference_ci"]}, ("roc.json", "z"))
    walk.check((*path, "p"), ours["p"], ("roc.json", "p"))


def _correlation(walk: Walk, path: Path_, ours: Any) -> None:
    values = {"n": ours["n"], "rho": ours["value"], "t": ours["t"], "ties": ours["has_ties"], "ci_fisher_z": ours["ci_fisher"]}
    values |= {"ci_bonett_wright": ours["ci_bonett_wright"], "ci_fieller_1.06": ours["ci_fieller"]}
    walk.checks(path, values | {"se_bonett_wright": ours["se_bonett_wright"]}, ("tests.json", "rho"))
    walk.check((*path, "p_t"), ours["p"], P)


def _coefficient(walk: Walk, path: Path_, ours: Any, tolerance: tuple[str, str]) -> None:
    theirs = walk.at(path)
    values = {"B": ours["b"], "SE": ours["se"], "wald_chi2": ours["wald"], "z": ours["z"], "p": ours["p"], "OR": ours["odds_ratio"]}
    values |= {"ci_low": ours["ci"][0], "ci_high": ours["ci"][1]}
    walk.checks(path, values, tolerance)
    walk.check((*path, "df"), 1, EXACT) if "df" in theirs else None
    if "profile_ci_low" in theirs and ours["profile_ci"]:
        low, high = ours["profile_ci"]
        walk.checks(path, {"profile_ci_low": low, "profile_ci_high": high}, ("logistic.json", "profile_ci"))


def _conditional(walk: Walk, path: Path_, ours: Any) -> None:
    walk.checks(path, {"n": ours["n"], "events": ours["n_events"], "LR_df": ours["lr_df"]}, EXACT)
    values = {"loglik_null": ours["null_log_likelihood"], "loglik": ours["log_likelihood"], "LR": ours["lr"], "LR_p": ours["lr_p"]}
    values |= {"Wald": ours["wald"], "Wald_p": ours["wald_p"], "score": ours["score"], "score_p": ours["score_p"]}
    walk.checks(path, values | {"vcov": ours["covariance"]}, CLOGIT)
    for row in ours["coefficients"]:
        _coefficient(walk, (*path, "coef", row["name"]), row, CLOGIT)


def _table_3(walk: Walk, matched: Any) -> None:
    _conditional(walk, ("table3_conditional_logistic", "age_SMI_VFI_VSR"), matched["conditional"])
    for name, fit in matched["univariable"].items():
        _conditional(walk, ("table3_conditional_logistic", "univariable", name), fit)


def _logistic(walk: Walk, path: Path_, ours: Any) -> None:
    walk.checks(path, {"n": ours["n"], "events": ours["n_events"], "LR_df": ours["lr_df"]}, EXACT)
    values = {"minus2LL": ours["minus_2ll"], "loglik": -ours["minus_2ll"] / 2, "null_deviance": ours["null_deviance"]}
    values |= {"LR_chi2": ours["lr"], "AIC": ours["aic"], "cox_snell_R2": ours["cox_snell_r2"], "nagelkerke_R2": ours["nagelkerke_r2"]}
    walk.checks(path, values, LOGISTIC)
    walk.check((*path, "LR_p"), ours["lr_p"], LOGISTIC)
    for row in ours["coefficients"]:
        _coefficient(walk, (*path, "coef", "intertan" if row["name"] == "fixation" else row["name"]), row, LOGISTIC)


def _table_5(walk: Walk, results: Any) -> None:
    found, path = results["places"]["2"]["regressions"], ("table5_logistic",)
    names = {"fixation": ("fixation_intertan_vs_pfna", "intertan")}
    entered = []
    for candidate in found["selection"]["candidates"]:
        model, short = names.get(candidate["name"], (candidate["name"], candidate["name"]))
        _logistic(walk, (*path, "univariable", model), candidate["fit"])
        walk.check((*path, "univariable_p", short), candidate["p"], LOGISTIC)
        entered += [short] if candidate["enters"] else []
    walk.check((*path, "selected_p_lt_0.2"), entered, EXACT)
    _logistic(walk, (*path, "multivariable"), found["selection"]["multivariable"])
    _logistic(walk, (*path, "multivariable_all_five"), found["full"])
    _logistic(walk, (*path, "inst1_unmatched_information"), results["places"]["1"]["matched"]["unmatched_model"])


WAYS = {
    "raw05_largest": "as chosen (largest score first)",
    "raw05_smallest": "smallest score first",
    "raw05_data": "in the order of the table",
    "std05_largest": "caliper 0.05 SD of the score",
    "raw05_largest_slow_as_treated": "the larger group chooses",
}
COVARIATES = {"male": ("sex", "Male"), "right": ("limb", "Right")}


def _matchings(walk: Walk, matched: Any) -> None:
    by_name = {way["name"]: way["matching"] for way in matched["alternatives"]}
    for key, name in WAYS.items():
        ours, path = by_name[name], ("matching", key)
        n, alone = len(ours["pairs"]), [one["treated"] for one in ours["unmatched"]]
        n_treated = n + len(alone)
        counts = {
            "n": n_treated + n + ours["n_controls_left"],
            "n_treated": n_treated,
            "n_control": n + ours["n_controls_left"],
            "n_pairs": n,
        }
        walk.checks(path, counts | {"unmatched_treated": alone}, EXACT)
        walk.check((*path, "caliper_absolute"), ours["caliper_absolute"], {"rel": 1e-6, "abs": 0.0})
        walk.check((*path, "pairs"), [[pair["treated"], pair["control"]] for pair in ours["pairs"]], EXACT)
        apart = [pair["distance"] for pair in ours["pairs"]]
        values = {"sum_abs_diff": sum(apart), "max_abs_diff": max(apart), "mean_abs_diff": sum(apart) / n}
        walk.checks(path, values, {"rel": 1e-6, "abs": 1e-6})
        _balance(walk, path, ours["balance"])


def _balance(walk: Walk, path: Path_, ours: Any) -> None:
    rows = {(row["covariate"], row["level"]): row for row in ours["rows"]}
    for side in ("before", "after"):
        for name in walk.at((*path, "matchit_balance", side)):
            found = rows[COVARIATES.get(name, (name, ""))][side]
            tolerance = {"rel": 1e-6, "abs": 1e-6} if name == "distance" else {"rel": 1e-9, "abs": 1e-12}
            values = {"mean_treated": found["mean_treated"], "mean_control": found["mean_control"], "std_mean_diff": found["smd"]}
            walk.checks((*path, "matchit_balance", side, name), values | {"var_ratio": found["variance_ratio"]}, tolerance)
        for name in walk.at((*path, "tableone_smd_pooled", side)):
            pooled = ours[f"pooled_{side}"][COVARIATES.get(name, (name, ""))[0]]
            walk.check((*path, "tableone_smd_pooled", side, name), pooled, {"rel": 1e-9, "abs": 1e-12})


FORMS = {"ICC1": "ICC(1,1)", "ICC2": "ICC(2,1)", "ICC3": "ICC(3,1)", "ICC1k": "ICC(1,k)", "ICC2k": "ICC(2,k)", "ICC3k": "ICC(3,k)"}


def _raters(walk: Walk, path: Path_, ours: Any) -> None:
    walk.checks((*path, "anova"), {"n": ours["n_complete"], "k": len(ours["raters"])}, EXACT)
    for key, form in FORMS.items():
        icc = ours["icc"][form]
        values = {"icc": icc["value"], "F": icc["f"], "df1": icc["df"][0], "df2": icc["df"][1]}
        values |= {"ci_low": icc["ci"][0], "ci_high": icc["ci"][1]}
        walk.checks((*path, "psych_lmer_false", "forms", key), values, ("icc.json", "icc"))
        walk.check((*path, "psych_lmer_false", "forms", key, "p"), icc["p"], ("icc.json", "p"))


def test_every_number_of_r_comes_out_of_the_command(walk: Walk) -> None:
    rest = ["/".join(path) for path in leaves(walk.wanted) if path not in walk.seen]
    unexplained = [path for path in rest if not any(re.fullmatch(pattern, path) for pattern in NOT_OURS)]
    assert unexplained == []
    assert [pattern for pattern in NOT_OURS if not any(re.fullmatch(pattern, path) for path in rest)] == []
    assert len(walk.seen) > 8000


def test_the_patients_whom_the_covariates_give_away_are_named(walk: Walk, results: Any) -> None:
    propensity = results["places"]["1"]["matched"]["matching"]["propensity"]
    assert sorted(propensity["separated"]) == sorted(walk.at(("separation_in_ps_model", "ps_of_users")))
    assert any("smoking, drinking" in remark for remark in propensity["remarks"])
