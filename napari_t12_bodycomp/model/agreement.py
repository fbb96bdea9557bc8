"""What is said about the agreement of readings. A number that is not available is NaN, and a sentence beside it says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from napari_t12_bodycomp.model.reading import Reading

NAN = float("nan")
UNKNOWN_RANGE = (NAN, NAN)
MIN_CASES = 3
"""With fewer complete cases neither an interval nor a coefficient is given."""


@dataclass(frozen=True, slots=True)
class Icc:
    """One intraclass correlation coefficient: value, 95% interval (low, high), and the F test of no difference between cases."""

    form: str
    n_cases: int
    n_left_out: int
    value: float = NAN
    ci: tuple[float, float] = UNKNOWN_RANGE
    f: float = NAN
    df: tuple[float, float] = UNKNOWN_RANGE
    p: float = NAN
    why_empty: str = ""
    why_no_ci: str = ""


@dataclass(frozen=True, slots=True)
class BlandAltman:
    """Differences, first minus second, in the quantity's unit; intervals are 95% and (low, high).

    `limits` are bias -/+ 1.96 SD; `percent_*` are of differences in percent of the pair's mean; `slope` is of the difference on the mean.
    """

    n: int
    bias: float = NAN
    mean_abs: float = NAN
    max_abs: float = NAN
    sd: float = NAN
    bias_ci: tuple[float, float] = UNKNOWN_RANGE
    limits: tuple[float, float] = UNKNOWN_RANGE
    lower_limit_ci: tuple[float, float] = UNKNOWN_RANGE
    upper_limit_ci: tuple[float, float] = UNKNOWN_RANGE
    t: float = NAN
    t_p: float = NAN
    slope: float = NAN
    slope_p: float = NAN
    percent_bias: float = NAN
    percent_limits: tuple[float, float] = UNKNOWN_RANGE
    why_empty: str = ""
    why_no_percent: str = ""


@dataclass(frozen=True, slots=True)
class Repeatability:
    """Error of a single measurement: technical error and smallest detectable change in the quantity's unit, the rest in percent."""

    n: int
    tem: float = NAN
    sdc: float = NAN
    rtem_percent: float = NAN
    cv_rms_percent: float = NAN
    cv_mean_percent: float = NAN
    why_empty: str = ""
    why_no_percent: str = ""


@dataclass(frozen=True, slots=True)
class Concordance:
    """Lin's concordance correlation coefficient with its 95% interval by the z transformation."""

    n: int
    value: float = NAN
    ci: tuple[float, float] = UNKNOWN_RANGE
    why_empty: str = ""


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something measured: `name` is its column, `unit` "" for a plain ratio; `has_zero` says whether values may be compared across cases at all.

    A position along the scanner's axis has no zero of its own: only its differences mean something.
    """

    name: str
    title: str
    unit: str
    has_zero: bool = True


@dataclass(frozen=True, slots=True)
class QuantityAgreement:
    """One quantity over all cases; `first` and `second` hold the complete pairs, in the order of `cases`."""

    quantity: Quantity
    cases: tuple[str, ...]
    first: tuple[float, ...]
    second: tuple[float, ...]
    n_left_out: int
    icc: Mapping[str, Icc]
    bland_altman: BlandAltman
    repeatability: Repeatability
    concordance: Concordance


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two masks of one slice: Dice, Jaccard, mean surface distance and 95% Hausdorff distance (mm)."""

    dice: float = NAN
    jaccard: float = NAN
    surface_mm: float = NAN
    hausdorff95_mm: float = NAN
    why_empty: str = ""


@dataclass(frozen=True, slots=True)
class Spread:
    """How numbers spread over cases; all NaN where `n` is 0."""

    n: int
    median: float = NAN
    quartiles: tuple[float, float] = UNKNOWN_RANGE
    mean: float = NAN
    sd: float = NAN
    range: tuple[float, float] = UNKNOWN_RANGE


@dataclass(frozen=True, slots=True)
class OverlapAgreement:
    """One region's or tissue's overlap over all cases; `name` is the column of its area."""

    name: str
    title: str
    n_left_out: int
    dice: Spread
    jaccard: Spread
    surface_mm: Spread
    hausdorff95_mm: Spread


@dataclass(frozen=True, slots=True, eq=False)
class CaseComparison:
    """One case read twice. `values` and `overlaps` go by column name; `why_no_overlap` is "" where both measured the same slice."""

    case: str
    first: Reading
    second: Reading
    level_difference_mm: float
    why_no_overlap: str
    values: Mapping[str, tuple[float, float]]
    overlaps: Mapping[str, Overlap]


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """All that is said about two sets of readings; a reader is "" where no single person made all of a side's readings."""

    first_reader: str
    second_reader: str
    cases: tuple[CaseComparison, ...]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]
    quantities: tuple[QuantityAgreement, ...]
    overlaps: tuple[OverlapAgreement, ...]
    remarks: tuple[str, ...] = ()
