"""Description and tests against R, value by value, to the tolerances that stand beside the reference values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from reference import agrees, agrees_or_both_are_nothing, data, expected

from napari_t12_bodycomp.cohort.chi_square import chi_square
from napari_t12_bodycomp.cohort.correlate import pearson, spearman
from napari_t12_bodycomp.cohort.describe import quartiles, summarise
from napari_t12_bodycomp.cohort.fisher import fisher
from napari_t12_bodycomp.cohort.mann_whitney import compare_ranks
from napari_t12_bodycomp.cohort.normality import shapiro_wilk
from napari_t12_bodycomp.cohort.t_test import compare_means
from napari_t12_bodycomp.model.comparison import RankComparison
from napari_t12_bodycomp.model.description import QuartileType

Array = npt.NDArray[np.float64]
EXACT, P, SHAPIRO_W, SHAPIRO_P, FISHER_OR, FISHER_CI = 1e-9, 1e-8, 1e-8, 1e-5, 1e-3, 2e-2
"""The tolerances of tests.json, held against the file by the first test."""


def test_the_tolerances_are_those_of_the_reference(stats: Path) -> None:
    given = {key: value.get("rtol") for key, value in expected(stats, "tolerances.json")["tests.json"].items() if isinstance(value, dict)}
    assert given == {
        "shapiro W": SHAPIRO_W,
        "shapiro p": SHAPIRO_P,
        "t, F, chi2, U, rho, quantiles, CI": EXACT,
        "p of t/chi2/MWU/Spearman": P,
        "fisher_p": P,
        "fisher_conditional_or": FISHER_OR,
        "fisher_or_ci": FISHER_CI,
    }


def _known(values: Any) -> Array:
    found = np.asarray(values, dtype=np.float64)
    return found[~np.isnan(found)]


def _split(stats: Path, name: str, column: str, by: str, first: Any, second: Any) -> tuple[Array, Array]:
    table = data(stats, name)
    return _known(table.loc[table[by] == first, column]), _known(table.loc[table[by] == second, column])


def _values(stats: Path, name: str) -> Array:
    """The sample that the reference calls `name`, where it does not write it out."""
    if name.startswith("sleep_extra_"):
        return _split(stats, "sleep.csv", "extra", "group", 1, 2)[int(name[-1]) - 1]
    if name.startswith("birthwt_bwt_smoke"):
        return _split(stats, "birthwt.csv", "bwt", "smoke", 0, 1)[int(name[-1])]
    places = {
        "airquality_Ozone": ("airquality.csv", "Ozone"),
        "aSAH_s100b": ("aSAH.csv", "s100b"),
        "rush_att1": ("rush6x120.csv", "att1"),
        "iris_Sepal_Width": ("iris.csv", "Sepal_Width"),
        "normal4000": ("normal4000.csv", "x"),
        **{f"birthwt_{column}": ("birthwt.csv", column) for column in ("bwt", "lwt", "age")},
    }
    file, column = places[name]
    return _known(data(stats, file)[column])


SHAPIRO = ["birthwt_bwt", "birthwt_lwt", "birthwt_age", "sleep_extra_1", "sleep_extra_2", "airquality_Ozone", "aSAH_s100b", "rush_att1"]
SHAPIRO += ["iris_Sepal_Width", "normal4000", "n3", "n3_equal_spaced", "n4", "n11", "n12"]


@pytest.mark.parametrize("name", SHAPIRO)
def test_shapiro_wilk(stats: Path, name: str) -> None:
    r = expected(stats, "tests.json")["shapiro"][name]
    ours = shapiro_wilk(r["x"] if "x" in r else _values(stats, name))
    assert ours.n == r["n"]
    agrees(ours.w, r["W"], SHAPIRO_W)
    agrees(ours.p, r["p"], SHAPIRO_P)


@pytest.mark.parametrize(("name", "values"), [("constant", [3.1] * 10), ("too_small", [1, 2]), ("too_large", range(5001))])
def test_where_r_refuses_shapiro_wilk_there_is_a_reason(stats: Path, name: str, values: Any) -> None:
    assert expected(stats, "tests.json")["shapiro"][name]["R_error"]
    ours = shapiro_wilk(list(values))
    assert ours.w is None and ours.p is None and ours.why_empty


DESCRIBED = ["birthwt_bwt_smoke0", "birthwt_bwt_smoke1", "birthwt_age", "airquality_Ozone", "small_x", "n1", "n2", "n3"]


@pytest.mark.parametrize("name", DESCRIBED)
def test_descriptives(stats: Path, name: str) -> None:
    r = expected(stats, "tests.json")["descriptives"][name]
    values = r["x"] if "x" in r else _values(stats, name)
    ours = summarise(name, values)
    assert ours.n == r["n"]
    agrees(ours.mean, r["mean"], EXACT)
    agrees(ours.sd, r["sd"], EXACT)
    assert ours.range == (r["min"], r["max"])
    agrees(list(quartiles(values, QuartileType.TYPE_6)), r["q_type6"], EXACT)
    agrees(list(quartiles(values, QuartileType.TYPE_7)), r["q_type7"], EXACT)
    agrees(list(quartiles(values, QuartileType.HINGES))[::2], r["tukey_hinges"], EXACT)


def check_means(r: Any, first: Array, second: Array) -> None:
    """Everything that R says about two means."""
    ours = compare_means(first, second)
    assert ours.student and ours.welch and ours.levene and ours.brown_forsythe and ours.variance_ratio
    for key, test in (("student", ours.student), ("welch", ours.welch)):
        for name, value in (("t", test.t), ("df", test.df), ("diff", test.difference), ("ci", list(test.ci)), ("se", test.se)):
            agrees(value, r[key][name], EXACT)
        agrees(test.p, r[key]["p"], P)
    for key, variances in (("levene_mean", ours.levene), ("brown_forsythe_median", ours.brown_forsythe), ("F_var", ours.variance_ratio)):
        agrees(variances.f, r[key]["F"], EXACT)
        if key == "F_var" and r[key]["p"] < 1e-8:
            assert variances.p == pytest.approx(r[key]["p"], rel=0, abs=2 * np.finfo(float).eps), "R takes it from 1: no digit is left"
        else:
            agrees(variances.p, r[key]["p"], P)
    assert ours.levene.df == (r["levene_mean"]["df1"], r["levene_mean"]["df2"])
    agrees(ours.cohen_d, r["cohen_d_pooled"], EXACT)


TWO_SAMPLES = {
    "birthwt_bwt_by_smoke": ("birthwt.csv", "bwt", "smoke", 0, 1),
    "birthwt_lwt_by_low": ("birthwt.csv", "lwt", "low", 0, 1),
    "birthwt_age_by_low": ("birthwt.csv", "age", "low", 0, 1),
    "sleep": ("sleep.csv", "extra", "group", 1, 2),
    "iris_SL_setosa_virginica": ("iris.csv", "Sepal_Length", "Species", "setosa", "virginica"),
    "airquality_ozone_may_aug": ("airquality.csv", "Ozone", "Month", 5, 8),
    "aSAH_wfns_by_outcome": ("aSAH.csv", "wfns", "outcome", "Poor", "Good"),
}


@pytest.mark.parametrize("name", ["birthwt_bwt_by_smoke", "birthwt_lwt_by_low", "sleep", "iris_SL_setosa_virginica"])
def test_two_means(stats: Path, name: str) -> None:
    check_means(expected(stats, "tests.json")["ttest"][name], *_split(stats, *TWO_SAMPLES[name]))


def check_ranks(r: Any, first: Array, second: Array) -> None:
    """Everything that R says about the ranks of two samples; coin's p is the same number, computed with less precision."""
    ours = compare_ranks(first, second)
    assert ours.u and ours.rank_sum
    assert (*ours.n, ours.has_ties) == (r["n1"], r["n2"], r["ties"])
    values = [*ours.u, min(ours.u), ours.rank_sum[0], ours.rank_sum[0] / r["n1"], ours.rank_sum[1] / r["n2"]]
    agrees(values, [r[key] for key in ("U1", "U2", "U_min", "rank_sum_1", "mean_rank_1", "mean_rank_2")], EXACT)
    agrees([ours.z, ours.auc, ours.rank_biserial], [r[key] for key in ("z_no_cc", "auc", "rank_biserial")], EXACT)
    agrees(ours.p, r["p_asymptotic_no_cc"], P)
    agrees(ours.p_continuity, r["p_asymptotic_cc"], P)
    for exact in (r["p_exact_permutation"], r["p_exact_no_ties"]):
        if exact is not None:
            agrees(ours.p_exact, exact, P)
    if r["hodges_lehmann"]:
        _check_shift(r, ours, first, second)


def _check_shift(r: Any, ours: RankComparison, first: Array, second: Array) -> None:
    """Exactly for few cases. From 50 on R looks for a root of a step function, to 1e-4: it must lie on the step of the median difference."""
    theirs = r["hodges_lehmann"]
    if max(ours.n) < 50:
        agrees(ours.shift, theirs["estimate"], EXACT)
        agrees(list(ours.shift_ci or ()), theirs["ci"], EXACT)
        return
    differences = np.sort(np.subtract.outer(first, second).ravel())
    low, high = differences[(len(differences) - 1) // 2], differences[len(differences) // 2]
    assert ours.shift == (low + high) / 2
    assert low - 1e-4 <= theirs["estimate"] <= high + 1e-4


RANKED = [name for name in TWO_SAMPLES if name != "iris_SL_setosa_virginica"]


@pytest.mark.parametrize("name", ["hollander_wolfe", *RANKED])
def test_two_samples_by_rank(stats: Path, name: str) -> None:
    r = expected(stats, "tests.json")["mannwhitney"][name]
    check_ranks(r, *((np.array(r["x"]), np.array(r["y"])) if "x" in r else _split(stats, *TWO_SAMPLES[name])))


def check_counts(r: Any, table: Any) -> None:
    """Everything that R says about a table of counts."""
    ours = chi_square(table)
    agrees(ours.chi2, r["chi2"], EXACT)
    agrees(ours.p, r["p"], P)
    assert ours.df == r["df"]
    if "min_expected" not in r:
        return
    agrees(ours.smallest_expected, r["min_expected"], EXACT)
    assert ours.n_expected_below_5 == r["cells_expected_lt_5"]
    agrees(ours.likelihood_ratio, r["lr_chi2"], EXACT)
    agrees(ours.p_likelihood_ratio, r["lr_p"], P)
    exact = fisher(table)
    agrees(exact.p, r["fisher_p"], P)
    if "phi" not in r:
        return
    assert ours.yates
    agrees_or_both_are_nothing(ours.yates[0], r["chi2_yates"], EXACT)
    agrees(ours.yates[1], r["p_yates"], P)
    agrees(ours.phi, r["phi"], EXACT)
    agrees([exact.p_less, exact.p_greater], [r["fisher_p_less"], r["fisher_p_greater"]], P)
    agrees(exact.sample_or, r["sample_or"], EXACT)
    agrees(exact.conditional_or, r["fisher_conditional_or"], FISHER_OR)
    agrees(list(exact.conditional_or_ci or ()), r["fisher_or_ci"], FISHER_CI)


COUNTED = ["birthwt_low_smoke", "birthwt_low_ht", "birthwt_low_ui", "birthwt_low_race", "hair_eye", "job_satisfaction", "tea", "zero_cell"]
COUNTED += ["convictions", "three_by_two_sparse"]


@pytest.mark.parametrize("name", COUNTED)
def test_counts(stats: Path, name: str) -> None:
    r = expected(stats, "tests.json")["chi2"][name]
    check_counts(r, r["table"])


def test_an_empty_row_is_left_out_where_r_has_no_number(stats: Path) -> None:
    r = expected(stats, "tests.json")["chi2"]["zero_row"]
    assert r["R_chi2"] == "NaN"
    top, *rest = r["dropped"]["table"]
    check_counts(r["dropped"], [top, [0, 0], *rest])


def check_correlation(r: Any, x: Any, y: Any) -> None:
    """Everything that R says about two columns; AS89's series for more than nine cases is an approximation and no target."""
    ours, linear = spearman(x, y), pearson(x, y)
    assert (ours.n, ours.has_ties) == (r["n"], r["ties"])
    assert ours.value is not None
    agrees([ours.value, ours.t], [r["rho"], r["t"]], EXACT)
    agrees((ours.n**3 - ours.n) * (1 - ours.value) / 6, r["S"], EXACT)
    agrees(ours.p, r["p_t"], P)
    if r["p_exact_AS89"] is not None and r["n"] <= 9:
        agrees(ours.p_exact, r["p_exact_AS89"], P)
    for key, ci in (("ci_fisher_z", ours.ci_fisher), ("ci_bonett_wright", ours.ci_bonett_wright), ("ci_fieller_1.06", ours.ci_fieller)):
        agrees(list(ci or ()), r[key], EXACT)
    agrees(ours.se_bonett_wright, r["se_bonett_wright"], EXACT)
    agrees(linear.value, r["pearson_r"], EXACT)
    agrees(linear.p, r["pearson_p"], P)
    agrees(list(linear.ci_fisher or ()), r["pearson_ci"], EXACT)


COLUMNS = {
    "birthwt_lwt_bwt": ("birthwt.csv", "lwt", "bwt"),
    "birthwt_age_bwt": ("birthwt.csv", "age", "bwt"),
    "airquality_ozone_wind": ("airquality.csv", "Ozone", "Wind"),
    "airquality_ozone_temp": ("airquality.csv", "Ozone", "Temp"),
    "iris_SL_PL": ("iris.csv", "Sepal_Length", "Petal_Length"),
}


@pytest.mark.parametrize("name", ["doc_example_no_ties", "statpsych_example", *COLUMNS])
def test_correlation(stats: Path, name: str) -> None:
    r = expected(stats, "tests.json")["spearman"][name]
    if "x" in r:
        return check_correlation(r, r["x"], r["y"])
    file, first, second = COLUMNS[name]
    table = data(stats, file)
    return check_correlation(r, table[first], table[second])


def test_a_perfect_order_has_an_exact_p_and_no_interval(stats: Path) -> None:
    r = expected(stats, "tests.json")["spearman"]["perfect"]
    ours = spearman(r["x"], r["y"])
    assert ours.value == r["rho"] and ours.ci_fieller is None and ours.why_no_ci
    agrees(ours.p_exact, r["p_exact_AS89"], P)


def test_a_constant_column_has_no_correlation(stats: Path) -> None:
    assert expected(stats, "tests.json")["spearman"]["constant"]["rho"] is None
    assert spearman([1, 2, 3, 4], [5, 5, 5, 5]).value is None
