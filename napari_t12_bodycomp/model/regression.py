"""What a logistic regression says. A number that is not available is None, and a sentence beside it says why; intervals are 95% (low, high)."""

from __future__ import annotations

from dataclasses import dataclass

Interval = tuple[float, float]
INTERCEPT = "(Intercept)"


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One row of a regression table, B on the log-odds scale.

    `level` is the category that is compared with `reference`, both "" for a predictor that is a number; `ci` is Wald's interval of the odds
    ratio, `profile_ci` that of the profile likelihood.
    """

    name: str
    level: str = ""
    reference: str = ""
    b: float | None = None
    se: float | None = None
    z: float | None = None
    wald: float | None = None
    p: float | None = None
    odds_ratio: float | None = None
    ci: Interval | None = None
    profile_ci: Interval | None = None
    why_empty: str = ""


@dataclass(frozen=True, slots=True)
class TermTest:
    """The tests of a predictor as a whole, over its `df` coefficients: Wald's, and the likelihood ratio against the model without it."""

    name: str
    df: int
    wald: float | None = None
    wald_p: float | None = None
    lr: float | None = None
    lr_p: float | None = None
    why_empty: str = ""


@dataclass(frozen=True, slots=True)
class LogisticFit:
    """A binary logistic regression over `n` complete rows; `n_left_out` rows lack a value.

    `coefficients` begin with the intercept; `separation` is "" where every estimate is finite; `why_empty` is "" where there is a model.
    """

    n: int
    n_events: int
    n_left_out: int
    coefficients: tuple[Coefficient, ...] = ()
    terms: tuple[TermTest, ...] = ()
    minus_2ll: float | None = None
    null_deviance: float | None = None
    lr: float | None = None
    lr_df: int = 0
    lr_p: float | None = None
    aic: float | None = None
    cox_snell_r2: float | None = None
    nagelkerke_r2: float | None = None
    separation: str = ""
    warnings: tuple[str, ...] = ()
    why_empty: str = ""
    method: str = ""


@dataclass(frozen=True, slots=True)
class ConditionalFit:
    """A conditional logistic regression over `n` complete rows in `n_sets` matched sets, of which `n_informative` hold cases and controls.

    `pattern` counts the informative sets by "cases:controls"; `covariance` is of the estimable coefficients' B, in their order.
    """

    n: int
    n_events: int
    n_left_out: int
    n_sets: int
    n_informative: int
    pattern: tuple[tuple[str, int], ...] = ()
    coefficients: tuple[Coefficient, ...] = ()
    terms: tuple[TermTest, ...] = ()
    covariance: tuple[tuple[float, ...], ...] = ()
    log_likelihood: float | None = None
    null_log_likelihood: float | None = None
    lr: float | None = None
    lr_df: int = 0
    lr_p: float | None = None
    wald: float | None = None
    wald_p: float | None = None
    score: float | None = None
    score_p: float | None = None
    separation: str = ""
    warnings: tuple[str, ...] = ()
    why_empty: str = ""
    method: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A predictor that asked to enter the multivariable model: its own model, the p that decided (and its test), and the decision in words."""

    name: str
    fit: LogisticFit | ConditionalFit
    p: float | None
    test: str
    enters: bool
    why: str


@dataclass(frozen=True, slots=True)
class Selection:
    """Univariable models, those that entered, and the multivariable model of these (None where none entered, `why_empty` says so)."""

    threshold: float
    candidates: tuple[Candidate, ...]
    multivariable: LogisticFit | ConditionalFit | None
    why_empty: str = ""
    method: str = ""
