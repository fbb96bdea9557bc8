"""Propensity scores, the pairs matched on them, and the balance they bring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.errors import UsageError

Numbers = npt.NDArray[np.float64]


class Scale(Enum):
    """On which scale scores are compared, and in what the caliper is measured."""

    RAW = "on the propensity scale"
    SD = "SD of the propensity score"
    LOGIT_SD = "SD of the logit of the propensity score"


class Order(Enum):
    """In which order the treated choose; equal scores keep the order of the table."""

    LARGEST = "largest score first"
    SMALLEST = "smallest score first"
    DATA = "in the order of the table"


@dataclass(frozen=True, slots=True)
class Caliper:
    """No pair may lie further apart than `width`, in the unit of `scale`; None is no limit."""

    width: float | None
    scale: Scale = Scale.RAW

    def __post_init__(self) -> None:
        if self.width is not None and not 0 < self.width < float("inf"):
            raise UsageError(f"A caliper above 0 is wanted, {self.width:g} came: 0.05 on the propensity scale is the study's.")


STUDY_CALIPER = Caliper(0.05, Scale.RAW)
"""The study's caliper of 0.05, read as SPSS does it: an absolute difference of two probabilities."""


@dataclass(frozen=True, slots=True)
class Covariate:
    """One covariate and its columns in the model: numbers give one, a category with k levels k - 1 beside the reference `levels[0]`."""

    name: str
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Propensity:
    """The chance, by logistic regression on the covariates, to be in the treated group.

    `rows` (from 0) are the complete rows of the table, in its order; `ids`, `is_treated`, `score` and `logit` go with them. `cells` hold each
    covariate's numbers, or codes of levels, on these rows. `separated` are the ids whose group the covariates give away: their score is 0 or
    1 but for the stopping rule. `n_missing` counts, by covariate, the rows of the two groups left out for it (a row may miss several).
    """

    group: str
    treated: str
    control: str
    covariates: tuple[Covariate, ...]
    rows: npt.NDArray[np.int64]
    ids: tuple[str, ...]
    is_treated: npt.NDArray[np.bool_]
    score: Numbers
    logit: Numbers
    cells: Mapping[str, Numbers]
    coefficients: Mapping[str, float]
    n_left_out: int
    n_missing: Mapping[str, int]
    separated: tuple[str, ...]
    remarks: tuple[str, ...]
    method: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two patients by id; scores and their distance are on the scale that was matched on."""

    treated: str
    control: str
    treated_score: float
    control_score: float
    distance: float


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A treated patient without a partner, and why."""

    treated: str
    why: str


@dataclass(frozen=True, slots=True)
class ArmDifference:
    """One column in one sample: means (or shares), difference in SD of the treated before matching, ratio of variances."""

    mean_treated: float
    mean_control: float
    smd: float | None
    variance_ratio: float | None


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """One column, or one level, before and after matching; `after` is None where no pair was found."""

    covariate: str
    level: str
    before: ArmDifference
    after: ArmDifference | None


@dataclass(frozen=True, slots=True)
class Balance:
    """The table of balance.

    `rows` hold signed differences, treated minus control, in SD of the treated group before matching (as MatchIt prints them); the first is
    the distance itself. `pooled_*` hold, by covariate, the absolute difference in the pooled SD of the sample at hand (as tableone prints
    it; over all levels at once, Yang and Dalton 2012).
    """

    rows: tuple[BalanceRow, ...]
    pooled_before: Mapping[str, float | None]
    pooled_after: Mapping[str, float | None]
    method: str


@dataclass(frozen=True, slots=True, eq=False)
class Matching:
    """Pairs in the order of the table's treated rows. `caliper_absolute` is in units of the distance, `distance_sd` its SD over all."""

    propensity: Propensity
    order: Order
    caliper: Caliper
    caliper_absolute: float | None
    distance_sd: float
    pairs: tuple[Pair, ...]
    unmatched: tuple[Unmatched, ...]
    n_controls_left: int
    balance: Balance
    remarks: tuple[str, ...]
    method: str
