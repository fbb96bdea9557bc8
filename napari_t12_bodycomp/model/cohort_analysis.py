"""The study's statistics as one record: what was read, what was asked, and all that came out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from napari_t12_bodycomp.model.cohort_variables import Variable
from napari_t12_bodycomp.model.comparison import Comparison, Correlation
from napari_t12_bodycomp.model.enrolment import FlowChart
from napari_t12_bodycomp.model.matching import Caliper, Matching, Order
from napari_t12_bodycomp.model.regression import ConditionalFit, LogisticFit, Selection
from napari_t12_bodycomp.model.roc import AucComparison, Roc, Trend
from napari_t12_bodycomp.model.rush import RaterAgreement

EVENT, OTHER = "1", "0"
"""The two values of the outcome; tables show the event first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong or odd in the table, in one sentence that names the rows (as a spreadsheet counts them, the header is row 1)."""

    sentence: str
    is_refusal: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be analysed, by the variables' names; `groups` are the titles of event and other group.

    `match` names the centres to match, None leaves it to the rule (enough patients in the rarer group for the covariates); `is_rush` says
    whether the outcome is slower healing by the agreed total of RUSH.
    """

    outcome: str
    groups: tuple[str, str]
    described: tuple[str, ...]
    covariates: tuple[str, ...]
    exposures: tuple[str, ...]
    markers: tuple[str, ...]
    pair_predictors: tuple[str, ...]
    candidates: tuple[str, ...]
    caliper: Caliper
    order: Order
    match: tuple[str, ...] | None = None
    has_change: bool = False
    is_rush: bool = True


@dataclass(frozen=True, slots=True)
class MarkerRoc:
    """One marker's curve for the event, and `mirrored` with the other group as the case: the same area, predictive values changed over."""

    marker: str
    roc: Roc
    mirrored: Roc


@dataclass(frozen=True, slots=True)
class AucPair:
    """Two markers' areas compared on the same patients."""

    first: str
    second: str
    comparison: AucComparison


@dataclass(frozen=True, slots=True)
class Sample:
    """One set of patients: `n` of them, `groups` with and without the event; comparisons by variable, the rest by exposure or marker."""

    title: str
    n: int
    groups: tuple[int, int]
    comparisons: Mapping[str, Comparison]
    correlations: Mapping[str, Correlation]
    trends: Mapping[str, Trend]
    rocs: tuple[MarkerRoc, ...]
    auc_pairs: tuple[AucPair, ...]


@dataclass(frozen=True, slots=True)
class Regressions:
    """Univariable models, selection, the multivariable model, and `full`, the model of all candidates that needs no selection.

    `inflation` holds the variance inflation factor of each number in the multivariable model. `adjusted_for` stands in every model.
    """

    selection: Selection
    full: LogisticFit
    inflation: Mapping[str, float | None]
    adjusted_for: str = ""


@dataclass(frozen=True, slots=True)
class Alternative:
    """The matching done in another way, and the model of the pairs that it gives; `why_empty` says why there is none."""

    name: str
    n_pairs: int
    largest_difference: float | None
    conditional: ConditionalFit | None
    matching: Matching | None = None
    why_empty: str = ""


@dataclass(frozen=True, slots=True)
class Matched:
    """The pairs of one centre, the patients in them, their conditional models, and the same predictors without matching."""

    matching: Matching
    sample: Sample
    conditional: ConditionalFit
    univariable: Mapping[str, ConditionalFit]
    unmatched_model: LogisticFit
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """One centre, or all of them together; `stem` is its part of the files' names, `matched` is None where no pairs were made, `why_not_matched` says why."""

    key: str
    stem: str
    title: str
    sample: Sample
    regressions: Regressions
    matched: Matched | None = None
    why_not_matched: str = ""
    raters: tuple[RaterAgreement, ...] = ()


@dataclass(frozen=True, slots=True)
class Between:
    """One marker's area in two centres, by their titles."""

    marker: str
    first: str
    second: str
    comparison: AucComparison


@dataclass(frozen=True, slots=True)
class Source:
    """The table that was read: file name, SHA-256 of its bytes, rows; likewise the ratings, where there are any."""

    name: str
    sha256: str
    n_rows: int
    rush_name: str = ""
    rush_sha256: str = ""


@dataclass(frozen=True, slots=True)
class CohortAnalysis:
    """All of it. `columns` says which column each variable was read from, `derived` how others were computed, `missing` counts empty cells."""

    source: Source
    plan: Plan
    variables: Mapping[str, Variable]
    columns: Mapping[str, str]
    unused_columns: tuple[str, ...]
    derived: Mapping[str, str]
    missing: Mapping[str, int]
    findings: tuple[Finding, ...]
    flow: FlowChart
    places: tuple[Place, ...]
    between: tuple[Between, ...]
    left_out: tuple[str, ...]
    software: Mapping[str, str]
