"""Every number of agreement against R (psych, irr, blandr, BlandAltmanLeh, epiR), to the tolerances that stand beside the reference values."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import reference

from napari_t12_bodycomp.cohort.bland_altman import bland_altman
from napari_t12_bodycomp.cohort.icc import intraclass
from napari_t12_bodycomp.cohort.overlap import overlap
from napari_t12_bodycomp.cohort.repeatability import concordance, repeatability

Array = npt.NDArray[Any]
FORMS = {"ICC1": "ICC(1,1)", "ICC2": "ICC(2,1)", "ICC3": "ICC(3,1)", "ICC1k": "ICC(1,k)", "ICC2k": "ICC(2,k)", "ICC3k": "ICC(3,k)"}
ATTENDINGS, RESIDENTS = ["att1", "att2", "att3"], ["res1", "res2", "res3"]


def _rtol(stats: Path) -> float:
    return float(reference.expected(stats, "tolerances.json")["agreement.json"]["all"]["rtol"])


RATINGS: dict[str, Callable[[Path], Array]] = {
    "shrout_fleiss": lambda s: reference.data(s, "shrout_fleiss_1979.csv").iloc[:, 1:].to_numpy(),
    "anxiety": lambda s: reference.data(s, "anxiety.csv").iloc[:, 1:].to_numpy(),
    "rush_all6": lambda s: reference.data(s, "rush6x120.csv").iloc[:, 1:].to_numpy(),
    "rush_attendings": lambda s: reference.data(s, "rush6x120.csv")[ATTENDINGS].to_numpy(),
    "rush_residents": lambda s: reference.data(s, "rush6x120.csv")[RESIDENTS].to_numpy(),
    "rush_missing_listwise_explicit": lambda s: reference.data(s, "rush6x120_missing.csv").iloc[:, 1:].to_numpy(),
    "negative_icc": lambda s: np.array(reference.expected(s, "icc.json")["negative_icc"]["matrix"]),
}


@pytest.mark.parametrize("name", RATINGS)
def test_all_six_forms_with_f_p_and_interval(stats: Path, name: str) -> None:
    expected = reference.expected(stats, "icc.json")[name]["psych_lmer_false"]
    found = intraclass(RATINGS[name](stats))
    for key, form in FORMS.items():
        r, ours = expected["forms"][key], found[form]
        assert ours.n_cases == expected["n_obs"]
        assert [ours.value, ours.f, *ours.df] == pytest.approx([r["icc"], r["F"], r["df1"], r["df2"]], rel=1e-9)
        assert ours.p == pytest.approx(r["p"], rel=1e-7)
        if name == "negative_icc" and key == "ICC2k":
            assert r["ci_low"] > r["ci_high"], "the reference itself is without meaning here"
            assert math.isnan(ours.ci[0]) and ours.why_no_ci
        else:
            assert ours.ci == pytest.approx((r["ci_low"], r["ci_high"]), rel=1e-9)


def test_the_cases_left_out_for_a_missing_rating_are_counted(stats: Path) -> None:
    found = intraclass(RATINGS["rush_missing_listwise_explicit"](stats))["ICC(2,1)"]
    assert (found.n_cases, found.n_left_out) == (108, 12)


def _pefr(stats: Path, *columns: str) -> Array:
    return reference.data(stats, "pefr_bland_altman_1986.csv")[list(columns)].to_numpy(float)


def _fat(stats: Path, column: str) -> pd.DataFrame:
    """One row a person, columns (observer, repeat)."""
    table: pd.DataFrame = reference.data(stats, "fat_two_observers.csv").pivot(index="id", columns=["observer", "rep"], values=column)
    return table


def _rush_means(stats: Path) -> Array:
    table = reference.data(stats, "rush6x120.csv")
    return np.stack([table[ATTENDINGS].mean(axis=1), table[RESIDENTS].mean(axis=1)], axis=1)


def _fat_means(stats: Path, column: str) -> Array:
    table = _fat(stats, column)
    return np.stack([table["KL"].mean(axis=1), table["SL"].mean(axis=1)], axis=1)


PAIRS: dict[tuple[str, ...], Callable[[Path], Array]] = {
    ("pefr_wright1_mini1",): lambda s: _pefr(s, "Wright1", "Mini1"),
    ("pefr_wright_repeat",): lambda s: _pefr(s, "Wright1", "Wright2"),
    ("rush_att_res",): _rush_means,
}
REPEATS: dict[tuple[str, ...], Callable[[Path], Array]] = {
    ("pefr_reliability_wright",): lambda s: _pefr(s, "Wright1", "Wright2"),
    ("pefr_reliability_mini",): lambda s: _pefr(s, "Mini1", "Mini2"),
}
for fat in ("visceral_cm", "subcutaneous_cm"):
    PAIRS |= {
        ("fat", fat, "inter_rater_rep1"): lambda s, f=fat: _fat(s, f)[[("KL", 1), ("SL", 1)]].to_numpy(),  # type: ignore[misc]
        ("fat", fat, "inter_rater_means"): lambda s, f=fat: _fat_means(s, f),  # type: ignore[misc]
        ("fat", fat, "intra_rater_KL_1_2"): lambda s, f=fat: _fat(s, f)[[("KL", 1), ("KL", 2)]].to_numpy(),  # type: ignore[misc]
    }
    REPEATS |= {
        ("fat", fat, "reliability_inter_rep1"): lambda s, f=fat: _fat(s, f)[[("KL", 1), ("SL", 1)]].to_numpy(),  # type: ignore[misc]
        ("fat", fat, "reliability_intra_KL_1_2"): lambda s, f=fat: _fat(s, f)[[("KL", 1), ("KL", 2)]].to_numpy(),  # type: ignore[misc]
        ("fat", fat, "reliability_intra_KL_3"): lambda s, f=fat: _fat(s, f)["KL"].to_numpy(),  # type: ignore[misc]
        ("fat", fat, "reliability_intra_SL_3"): lambda s, f=fat: _fat(s, f)["SL"].to_numpy(),  # type: ignore[misc]
    }


def _at(expected: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        expected = expected[key]
    return expected


@pytest.mark.parametrize("path", PAIRS, ids="-".join)
def test_differences(stats: Path, path: tuple[str, ...]) -> None:
    r, rtol = _at(reference.expected(stats, "agreement.json"), path), _rtol(stats)
    ours = bland_altman(*PAIRS[path](stats).T)
    assert ours.n == r["n"]
    assert [ours.bias, ours.sd, ours.t, ours.t_p] == pytest.approx([r["bias"], r["sd_diff"], r["paired_t"], r["paired_t_p"]], rel=rtol)
    assert ours.bias_ci == pytest.approx(r["bias_ci"], rel=rtol)
    assert ours.limits == pytest.approx(r["loa_1.96"], rel=rtol)
    assert ours.lower_limit_ci == pytest.approx(r["loa_lower_ci_BA1999"], rel=rtol)
    assert ours.upper_limit_ci == pytest.approx(r["loa_upper_ci_BA1999"], rel=rtol)
    assert [ours.slope, ours.slope_p] == pytest.approx([r["proportional_bias"][key] for key in ("slope", "slope_p")], rel=rtol)
    assert ours.percent_bias == pytest.approx(r["percent"]["bias_pct"], rel=rtol)
    assert ours.percent_limits == pytest.approx(r["percent"]["loa_pct"], rel=rtol)


@pytest.mark.parametrize("path", REPEATS, ids="-".join)
def test_errors_of_measurement(stats: Path, path: tuple[str, ...]) -> None:
    r, rtol, measured = _at(reference.expected(stats, "agreement.json"), path), _rtol(stats), REPEATS[path](stats)
    ours = repeatability(measured)
    expected = [r[key] for key in ("TEM", "rTEM_percent", "SDC_1.96_sqrt2_TEM", "cv_rms_percent", "cv_mean_percent")]
    assert [ours.tem, ours.rtem_percent, ours.sdc, ours.cv_rms_percent, ours.cv_mean_percent] == pytest.approx(expected, rel=rtol)
    icc = intraclass(measured)
    assert [icc["ICC(2,1)"].value, *icc["ICC(2,1)"].ci] == pytest.approx([r["icc_A1"], *r["icc_A1_ci"]], rel=rtol)
    assert [icc["ICC(1,1)"].value, *icc["ICC(1,1)"].ci] == pytest.approx([r["icc_1"], *r["icc_1_ci"]], rel=rtol)


@pytest.mark.parametrize("path", [p for p in REPEATS if not p[-1].endswith("_3")], ids="-".join)
def test_concordance(stats: Path, path: tuple[str, ...]) -> None:
    r, rtol = _at(reference.expected(stats, "agreement.json"), path), _rtol(stats)
    ours = concordance(*REPEATS[path](stats).T)
    assert [ours.value, *ours.ci] == pytest.approx([r["lin_ccc"], *r["lin_ccc_ci_z"]], rel=rtol)


def test_overlap_of_two_masks(stats: Path) -> None:
    r, table = reference.expected(stats, "agreement.json")["masks"], reference.data(stats, "masks.csv")
    masks = [table.pivot(index="row", columns="col", values=rater).to_numpy() > 0 for rater in ("rater1", "rater2")]
    ours = overlap(masks[0], masks[1], (1.0, 1.0))
    assert [ours.dice, ours.jaccard] == pytest.approx([r["dice"], r["jaccard"]], rel=_rtol(stats))
