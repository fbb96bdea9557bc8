"""Rows of a regression table from estimates and their covariance."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from napari_t12_bodycomp.cohort.design import Floats, Label
from napari_t12_bodycomp.model.regression import Coefficient, Interval, TermTest

NORMAL_975 = float(special.ndtri(0.975))


def chi2_p(chi2: float, df: int) -> float | None:
    """The p of a chi-square statistic; None without degrees of freedom."""
    return float(special.chdtrc(df, max(chi2, 0.0))) if df else None


def coefficient(label: Label, b: float, se: float, profile: Interval | None = None) -> Coefficient:
    """An estimate with its Wald test and intervals; `profile` is on the log-odds scale."""
    z = b / se
    return Coefficient(
        name=label.name,
        level=label.level,
        reference=label.reference,
        b=b,
        se=se,
        z=z,
        wald=z * z,
        p=2 * float(special.ndtr(-abs(z))),
        odds_ratio=_exp(b),
        ci=(_exp(b - NORMAL_975 * se), _exp(b + NORMAL_975 * se)),
        profile_ci=(_exp(profile[0]), _exp(profile[1])) if profile else None,
    )


def empty(label: Label, why: str) -> Coefficient:
    """A row without numbers."""
    return Coefficient(label.name, label.level, label.reference, why_empty=why)


def term_test(name: str, b: Floats, covariance: Floats, lr: float) -> TermTest:
    """The joint tests of a predictor's coefficients `b` (df,); Wald's only where all of them are finite."""
    df = len(b)
    if np.isnan(b).any():
        return TermTest(name, df, lr=lr, lr_p=chi2_p(lr, df), why_empty="an estimate is infinite: there is no Wald test")
    wald = float(b @ np.linalg.solve(covariance, b))
    return TermTest(name, df, wald, chi2_p(wald, df), lr, chi2_p(lr, df))


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf
