"""The study's tables on the simulated cohort against R: description, the chosen tests, correlations, raters, outcome, and the flow chart."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from reference import agrees, agrees_or_both_are_nothing, cohort, expected
from test_tests_against_r import EXACT, SHAPIRO_P, SHAPIRO_W, P, check_correlation, check_means, check_ranks

from napari_t12_bodycomp.cohort.compare_groups import compare
from napari_t12_bodycomp.cohort.describe import quartiles
from napari_t12_bodycomp.cohort.enrolment import flow_chart
from napari_t12_bodycomp.cohort.icc import intraclass
from napari_t12_bodycomp.cohort.nearest import match_pairs, matched_table
from napari_t12_bodycomp.cohort.propensity import propensity_scores
from napari_t12_bodycomp.cohort.rush import consensus_table, outcomes, rush_scores
from napari_t12_bodycomp.cohort.rush_agreement import ALL, rush_agreement
from napari_t12_bodycomp.model.comparison import Comparison, Procedure
from napari_t12_bodycomp.model.description import Form, Kind, QuartileType

COVARIATES = ["age", "sex", "BMI", "limb", "smoking", "drinking", "hypertension", "diabetes", "hyperlipidemia"]
ICC_FORMS = {"ICC1": "ICC(1,1)", "ICC2": "ICC(2,1)", "ICC3": "ICC(3,1)", "ICC1k": "ICC(1,k)", "ICC2k": "ICC(2,k)", "ICC3k": "ICC(3,k)"}
GROUPS = (1, 0)
"""Slow first, as in the reference."""
CONTINUOUS = ["age", "BMI", "SMI", "VFI", "SFI", "VSR"]
CATEGORICAL = {
    "gender": "sex",
    "injured_limb": "limb",
    "asa": "asa_3_or_more",
    **{name: name for name in ("smoking", "drinking", "hypertension", "diabetes", "hyperlipidemia")},
    **{name: name for name in ("fracture_type", "injury_mechanism", "fixation")},
}
TESTS = {
    "student_t": Procedure.STUDENT,
    "welch_t": Procedure.WELCH,
    "mann_whitney": Procedure.MANN_WHITNEY,
    "pearson": Procedure.PEARSON,
    "fisher": Procedure.FISHER,
}
SAMPLES = ["inst1_raw", "inst1_matched", "inst2"]


@cache
def _sample(stats: Path, name: str) -> pd.DataFrame:
    table = cohort(stats, 2 if name == "inst2" else 1)
    table["asa_3_or_more"] = (table["ASA"] >= 3).astype(int)
    if name == "inst1_matched":
        table = matched_table(table, match_pairs(propensity_scores(table, "slow_healing", 0, COVARIATES, ids="patient_id")))
    return table


def _section(stats: Path, sample: str, kind: str) -> Any:
    r = expected(stats, "cohort.json")[sample]
    return r[kind]


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_sizes_of_the_groups(stats: Path, sample: str) -> None:
    r, slow = expected(stats, "cohort.json")[sample], _sample(stats, sample)["slow_healing"]
    assert [int((slow == 1).sum()), int((slow == 0).sum())] == [r["n_slow"], r["n_fast"]]


def test_the_matched_rows_stand_pair_by_pair(stats: Path) -> None:
    theirs = pd.read_csv(stats / "expected" / "cohort_matched_pairs_long.csv")
    assert _sample(stats, "inst1_matched")[list(theirs.columns)].to_dict("list") == theirs.to_dict("list")


@pytest.mark.parametrize("column", CONTINUOUS)
@pytest.mark.parametrize("sample", SAMPLES)
def test_numbers(stats: Path, sample: str, column: str) -> None:
    r, table = _section(stats, sample, "continuous")[column], _sample(stats, sample)
    ours = compare(table, column, "slow_healing", groups=GROUPS)
    first, second = (table.loc[table["slow_healing"] == group, column].to_numpy(float) for group in GROUPS)
    for summary, name, values in zip(ours.description.numbers, ("slow", "fast"), (first, second), strict=True):
        agrees(
            [summary.n, summary.mean, summary.sd, *(summary.range or ())],
            [r[name][key] for key in ("n", "mean", "sd", "min", "max")],
            EXACT,
        )
        agrees([(summary.quartiles or (0, 0))[0], summary.median, (summary.quartiles or (0, 0))[1]], r[name]["q_type6"], EXACT)
        agrees(list(quartiles(values, QuartileType.TYPE_7)), r[name]["q_type7"], EXACT)
        agrees(list(quartiles(values, QuartileType.HINGES))[::2], r[name]["tukey_hinges"], EXACT)
        agrees(summary.normality.w, r["shapiro"][name]["W"], SHAPIRO_W)
        agrees(summary.normality.p, r["shapiro"][name]["p"], SHAPIRO_P)
    check_means(r["t"], first, second)
    check_ranks(r["mann_whitney"], first, second)
    assert ours.test is TESTS[r["chosen_test"]]
    agrees(ours.p, r["chosen_p"], P)
    assert ours.description.form is (Form.MEDIAN_IQR if ours.test is Procedure.MANN_WHITNEY else Form.MEAN_SD)


def _check_categories(r: Any, ours: Comparison) -> None:
    for summary, name in zip(ours.description.categories, ("slow", "fast"), strict=True):
        assert [count.n for count in summary.counts] == r[f"{name}_n"]
        agrees([count.percent for count in summary.counts], r[f"{name}_pct"], EXACT)
    assert ours.chi_square and ours.fisher
    if r.get("test") == "none: one level only":
        assert ours.test is Procedure.NONE and ours.p is None and ours.why
        return
    agrees([ours.chi_square.chi2, ours.chi_square.likelihood_ratio, ours.chi_square.df], [r["chi2"], r["lr_chi2"], r["df"]], EXACT)
    agrees([ours.chi_square.p, ours.chi_square.p_likelihood_ratio, ours.fisher.p], [r["p"], r["lr_p"], r["fisher_p"]], P)
    agrees(ours.chi_square.smallest_expected, r["min_expected"], EXACT)
    assert ours.chi_square.n_expected_below_5 == r["cells_expected_lt_5"]
    if "phi" in r:
        assert ours.chi_square.yates
        agrees(ours.chi_square.phi, r["phi"], EXACT)
        agrees_or_both_are_nothing(ours.chi_square.yates[0], r["chi2_yates"], EXACT)
        values = [ours.chi_square.yates[1], ours.fisher.p_less, ours.fisher.p_greater]
        agrees(values, [r["p_yates"], r["fisher_p_less"], r["fisher_p_greater"]], P)
        agrees(ours.fisher.sample_or, r["sample_or"], EXACT)
        agrees(ours.fisher.conditional_or, r["fisher_conditional_or"], 1e-3)
        agrees(list(ours.fisher.conditional_or_ci or ()), r["fisher_or_ci"], 2e-2)
    assert ours.test is TESTS[r["chosen_test"]]
    agrees(ours.p, r["chosen_p"], P)


@pytest.mark.parametrize("name", CATEGORICAL)
@pytest.mark.parametrize("sample", SAMPLES)
def test_categories(stats: Path, sample: str, name: str) -> None:
    r = _section(stats, sample, "categorical")[name]
    table = _sample(stats, sample)
    _check_categories(r, compare(table, CATEGORICAL[name], "slow_healing", groups=GROUPS, kind=Kind.CATEGORIES, levels=r["levels"]))


@pytest.mark.parametrize("column", ["SMI", "VFI", "SFI", "VSR"])
@pytest.mark.parametrize("sample", ["inst1", "inst1_matched", "inst2"])
def test_correlations_with_the_change_in_rush(stats: Path, sample: str, column: str) -> None:
    table = _sample(stats, "inst1_raw" if sample == "inst1" else sample)
    check_correlation(expected(stats, "cohort.json")["spearman"][sample][column], table[column], table["delta_rush"])


def _long(stats: Path, which: str) -> pd.DataFrame:
    table = pd.read_csv(stats / "cohort" / "rush_items_long.csv")
    return table if which == "both" else table[table["patient_id"].str.startswith(f"I{which[-1]}-")]


@pytest.mark.parametrize("which", ["both", "inst1", "inst2"])
def test_agreement_of_the_raters_from_their_items(stats: Path, which: str) -> None:
    found = {(row.time, row.group): row for row in rush_agreement(rush_scores(_long(stats, which)))}
    names = {"all6": ALL, "attendings": "attendings", "residents": "residents"}
    for time, groups in expected(stats, "cohort.json")["icc"][which].items():
        for name, r in groups.items():
            ours = found[time, names[name]]
            assert ours.n_complete == ours.n_patients == r["anova"]["n"] and len(ours.raters) == r["anova"]["k"]
            for key, form in ICC_FORMS.items():
                theirs, icc = r["psych_lmer_false"]["forms"][key], ours.icc[form]
                agrees([icc.value, icc.f, *icc.df, *icc.ci], [theirs[k] for k in ("icc", "F", "df1", "df2", "ci_low", "ci_high")], 1e-9)
                agrees(icc.p, theirs["p"], 1e-7)
    assert len(found) == 6


def test_ratings_that_are_missing_leave_the_patient_out_of_the_groups_they_belong_to(stats: Path) -> None:
    table = _long(stats, "inst2").copy()
    is_one = (table["patient_id"] == "I2-0001") & (table["timepoint"] == "m1") & (table["rater"] == "res1")
    table.loc[is_one, "cb_medial"] = None
    table = table[~((table["patient_id"] == "I2-0002") & (table["rater"] == "att2"))]
    found = {(row.time, row.group): (row.n_patients, row.n_complete) for row in rush_agreement(rush_scores(table))}
    assert found["m1", ALL] == (123, 121) and found["m1", "residents"] == (123, 122) and found["m1", "attendings"] == (123, 122)
    assert found["d1", ALL] == (123, 122)
    totals = cohort(stats, 2)[[f"rush_m1_{rater}" for rater in ("res1", "res2", "res3")]].to_numpy(float)
    whole = intraclass(totals[1:])["ICC(2,1)"]
    ours = next(row for row in rush_agreement(rush_scores(table)) if (row.time, row.group) == ("m1", "residents")).icc["ICC(2,1)"]
    assert (ours.value, ours.ci, ours.n_left_out) == (pytest.approx(whole.value), pytest.approx(whole.ci), 1)


def test_the_agreed_totals_say_who_heals_slowly(stats: Path) -> None:
    table = cohort(stats)
    agreed = {(row["patient_id"], time): int(row[f"rush_consensus_{time}"]) for _, row in table.iterrows() for time in ("d1", "m1")}
    found = consensus_table(rush_scores(_long(stats, "both")), agreed)
    by_patient = {outcome.patient: outcome for outcome in outcomes(found)}
    assert len(by_patient) == len(table)
    for _, row in table.iterrows():
        ours = by_patient[row["patient_id"]]
        assert (ours.is_slow, ours.change) == (bool(row["slow_healing"]), row["delta_rush"])
    rows = {(row.patient, row.time): row for row in found}
    for time in ("d1", "m1"):
        for rater in ("att1", "res3"):
            of_table = dict(zip(table["patient_id"], table[f"rush_{time}_{rater}"], strict=True))
            assert all(rows[patient, time].totals[rater] == total for patient, total in of_table.items())


def test_the_flow_chart_of_the_study(stats: Path) -> None:
    """The paper's figure 1: 672 screened, 53 excluded, 619 in; 295 and 201, 29 and 94; 201 pairs."""
    matching = match_pairs(propensity_scores(cohort(stats, 1), "slow_healing", 0, COVARIATES, ids="patient_id"))
    chart = flow_chart(
        cohort(stats), "slow_healing", centre="institution", screened=672, excluded={"lack of follow-up": 53}, matchings={"1": matching}
    )
    assert (chart.n_screened, chart.n_excluded, chart.n_included) == (672, 53, 619)
    assert [(c.centre, c.n, dict(c.groups)) for c in chart.centres] == [("1", 496, {"0": 201, "1": 295}), ("2", 123, {"0": 94, "1": 29})]
    assert chart.centres[0].matched == {"0": 201, "1": 201} and chart.centres[1].matched is None


def test_age_is_printed_as_the_paper_prints_it(stats: Path) -> None:
    """68.5-86.5 among 201 patients can only be quartiles of type 6."""
    fast = compare(_sample(stats, "inst1_raw"), "age", "slow_healing", groups=GROUPS).description.numbers[1]
    assert fast.text(Form.MEDIAN_IQR, 1) == "82.0 (68.5–86.5)"
    assert np.isclose(fast.mean or 0, 77.139, atol=1e-3)
