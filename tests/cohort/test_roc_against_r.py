"""Every number of ROC analysis against R (pROC, binom), to the tolerances beside the reference values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
import pytest
from reference import Reference, same

from napari_t12_bodycomp.cohort.proportion import proportion
from napari_t12_bodycomp.cohort.roc import compare_paired, compare_unpaired, roc
from napari_t12_bodycomp.model.roc import CutOff, Proportion, Roc

MARKERS = ("s100b", "ndka", "wfns", "age")
SETS = ("inst1_raw", "inst1_matched", "inst2")


@pytest.fixture(scope="module")
def asah(r: Reference) -> pd.DataFrame:
    table = r.csv("data/aSAH.csv")
    return table.assign(poor=(table["outcome"] == "Poor").astype(int))


def _check(r: Reference, ours: Roc, theirs: Mapping[str, Any]) -> None:
    def tolerance(quantity: str) -> Mapping[str, float]:
        return r.tolerance("roc.json", quantity)

    assert (ours.n_cases, ours.n_controls) == (theirs["n_cases"], theirs["n_controls"])
    assert ours.is_high_positive == (theirs["direction"] == "<")
    assert ours.ci is not None and ours.se is not None
    same("auc", ours.auc, theirs["auc"], tolerance("auc"))
    same("se", ours.se, theirs["delong_se"], tolerance("delong_se"))
    same("variance", ours.se**2, theirs["delong_var"], tolerance("delong_se"))
    for value, wanted in zip(ours.ci, theirs["delong_ci"], strict=True):
        same("ci", value, wanted, tolerance("delong_ci"))
    same("z", ours.z, theirs["z_vs_0.5"], tolerance("z"))
    same("p", ours.p, theirs["p_vs_0.5_delong"], tolerance("p"))
    same("null se", ours.null_se, theirs["se_under_null_no_ties"], tolerance("delong_se"))
    same("null p", ours.null_p, theirs["p_mannwhitney_tie_corrected_no_cc"], tolerance("p"))
    same("U", ours.u_cases, theirs["U_cases"], tolerance("n_best"))
    same("thresholds", len(ours.points), theirs["n_thresholds"], tolerance("n_best"))
    same("n_best", len(ours.best), theirs["n_best"], tolerance("n_best"))
    theirs_ascending = sorted(zip(theirs["best_thresholds"], theirs["at_best"], strict=True), key=lambda pair: float(pair[0]))
    for cut, (threshold, expected) in zip(ours.best, theirs_ascending, strict=True):
        same("threshold", cut.threshold, threshold, tolerance("best_thresholds"))
        _check_cut(r, cut, expected)
        score = cut.true_positives * ours.n_controls - cut.false_positives * ours.n_cases
        same("whole-number index", score, theirs["J_integer_times_n1n0"], tolerance("n_best"))
    if "all" in theirs:
        _check_points(r, ours, theirs["all"])


def _check_cut(r: Reference, cut: CutOff, theirs: Mapping[str, Any]) -> None:
    counts = (cut.true_positives, cut.false_positives, cut.true_negatives, cut.false_negatives)
    for name, count in zip(("TP", "FP", "TN", "FN"), counts, strict=True):
        same(name, count, round(theirs[name]), r.tolerance("roc.json", "TP/FP/TN/FN"))
    assert cut.rule == theirs["rule"]
    same("J", cut.youden, theirs["J"], r.tolerance("roc.json", "auc"))
    same("accuracy", cut.accuracy.estimate, theirs["accuracy"], r.tolerance("roc.json", "auc"))
    for name, found in {"sensitivity": cut.sensitivity, "specificity": cut.specificity, "ppv": cut.ppv, "npv": cut.npv}.items():
        _check_proportion(r, found, theirs[name])


def _check_proportion(r: Reference, ours: Proportion, theirs: Mapping[str, Any]) -> None:
    assert (ours.x, ours.n) == (round(theirs["x"]), round(theirs["n"])), "R has counts such as 119.99999999999999"
    same("estimate", ours.estimate, theirs["estimate"], r.tolerance("roc.json", "proportion CI"))
    for name, interval in {
        "wald": ours.wald,
        "wald_truncated01": ours.wald_truncated,
        "wilson": ours.wilson,
        "clopper_pearson": ours.clopper_pearson,
    }.items():
        if name not in theirs:
            assert interval is None and ours.n == 0
            continue
        assert interval is not None
        for value, wanted in zip(interval, theirs[name], strict=True):
            same(name, value, wanted, r.tolerance("roc.json", "proportion CI"))


def _check_points(r: Reference, ours: Roc, theirs: Mapping[str, Any]) -> None:
    wanted = zip(*(theirs[key] for key in ("threshold", "tp", "fp", "sensitivity", "specificity")), strict=True)
    order = sorted(wanted, key=lambda row: float(row[0]))
    for point, (threshold, tp, fp, sensitivity, specificity) in zip(ours.points, order, strict=True):
        same("threshold", point.threshold, threshold, r.tolerance("roc.json", "best_thresholds"))
        same("TP", point.true_positives, round(tp), r.tolerance("roc.json", "TP/FP/TN/FN"))
        same("FP", point.false_positives, round(fp), r.tolerance("roc.json", "TP/FP/TN/FN"))
        same("sensitivity", point.sensitivity, sensitivity, r.tolerance("roc.json", "auc"))
        same("specificity", point.specificity, specificity, r.tolerance("roc.json", "auc"))


@pytest.mark.parametrize("marker", MARKERS)
def test_a_marker_of_bleeding(r: Reference, asah: pd.DataFrame, marker: str) -> None:
    _check(r, roc(asah["poor"], asah[marker]), r.expected("roc.json")["aSAH_auto"][marker])


def test_direction_forced_wrong_or_found_on_the_negated_marker(r: Reference, asah: pd.DataFrame) -> None:
    wrong = roc(asah["poor"], asah["s100b"], high_is_positive=False)
    _check(r, wrong, r.expected("roc.json")["aSAH_s100b_forced_wrong_direction"])
    assert any("below 0.5" in warning for warning in wrong.warnings)
    _check(r, roc(asah["poor"], -asah["s100b"]), r.expected("roc.json")["aSAH_negated_s100b_auto"])


@pytest.mark.parametrize("marker", ["lwt", "age"])
def test_a_marker_of_low_birth_weight(r: Reference, marker: str) -> None:
    table = r.csv("data/birthwt.csv")
    _check(r, roc(table["low"], table[marker]), r.expected("roc.json")[f"birthwt_low_{marker}"])


@pytest.mark.parametrize("name", ["ties", "perfect", "constant_marker", "youden_tie"])
def test_edge(r: Reference, name: str) -> None:
    edge = r.expected("roc.json")["edge"][name]
    ours = roc(edge["y"], edge["x"])
    _check(r, ours, edge["result"])
    if name != "ties":
        assert ours.warnings, "what looks right by accident is said"


@pytest.mark.parametrize("pair", ["s100b_vs_ndka", "s100b_vs_wfns", "ndka_vs_wfns"])
def test_two_markers_of_the_same_people(r: Reference, asah: pd.DataFrame, pair: str) -> None:
    first, second = pair.split("_vs_")
    _check_test(r, compare_paired(asah["poor"], asah[first], asah[second]), r.expected("roc.json")["aSAH_delong_paired"][pair])


def _check_test(r: Reference, ours: Any, theirs: Mapping[str, Any]) -> None:
    same("auc", ours.auc_first, theirs["auc1"], r.tolerance("roc.json", "auc"))
    same("auc", ours.auc_second, theirs["auc2"], r.tolerance("roc.json", "auc"))
    same("statistic", ours.statistic, theirs["statistic"] if "statistic" in theirs else theirs["z"], r.tolerance("roc.json", "z"))
    same("p", ours.p, theirs["p"], r.tolerance("roc.json", "p"))
    same("covariance", ours.covariance, theirs["covariance"], r.tolerance("roc.json", "delong_se"))
    same("df", ours.df, theirs.get("df"), r.tolerance("roc.json", "z"))
    interval = theirs.get("conf_int_diff", theirs.get("ci_diff"))
    if interval:
        for value, wanted in zip(ours.difference_ci, interval, strict=True):
            same("difference", value, wanted, r.tolerance("roc.json", "delong_ci"))


def test_one_marker_in_two_groups_of_people(r: Reference, asah: pd.DataFrame) -> None:
    groups = [asah[asah["gender"] == gender] for gender in ("Male", "Female")]
    first, second = ((group["poor"], group["s100b"]) for group in groups)
    _check_test(r, compare_unpaired(first, second), r.expected("roc.json")["aSAH_delong_unpaired_s100b_male_vs_female"])


def test_proportions(r: Reference) -> None:
    for expected in r.expected("roc.json")["proportions"]:
        _check_proportion(r, proportion(expected["x"], expected["n"]), expected)


def _cohort(r: Reference, name: str) -> pd.DataFrame:
    table = r.csv("cohort/cohort.csv")
    if name == "inst1_matched":
        return table[table["patient_id"].isin(r.csv("expected/cohort_matched_pairs_long.csv")["patient_id"])]
    return table[table["institution"] == (2 if name == "inst2" else 1)]


@pytest.mark.parametrize("state", ["slow", "fast"])
@pytest.mark.parametrize("index", ["SMI", "VFI"])
@pytest.mark.parametrize("name", SETS)
def test_the_indices_in_the_simulated_cohort(r: Reference, name: str, index: str, state: str) -> None:
    table, theirs = _cohort(r, name), r.expected("cohort.json")["roc"][name][index]
    outcome = table["slow_healing"] if state == "slow" else 1 - table["slow_healing"]
    expected = theirs[f"state_{state}"]
    _check(r, roc(outcome, table[index], high_is_positive=expected["direction"] == "<"), expected)
    if state == "slow":
        assert roc(outcome, table[index]).is_high_positive == (theirs["auto_state_slow_direction"] == "<")


@pytest.mark.parametrize("name", SETS)
def test_smi_against_vfi_in_the_simulated_cohort(r: Reference, name: str) -> None:
    table = _cohort(r, name)
    ours = compare_paired(table["slow_healing"], table["SMI"], table["VFI"])
    _check_test(r, ours, r.expected("cohort.json")["roc"][name]["delong_paired_SMI_vs_VFI"])


def test_tied_optima_are_all_reported_and_the_most_sensitive_is_chosen(r: Reference) -> None:
    table = _cohort(r, "inst1_matched")
    ours = roc(table["slow_healing"], table["VFI"])
    assert ours.chosen is not None and len(ours.best) == 9
    assert ours.chosen.sensitivity.x == max(cut.sensitivity.x for cut in ours.best)
    assert all(not math.isinf(cut.threshold) for cut in ours.best)
