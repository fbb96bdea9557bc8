"""What is said about a marker that tells cases from controls. What is not available is None, and a sentence says why; intervals are 95%."""

from __future__ import annotations

from dataclasses import dataclass

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Proportion:
    """`x` of `n`, with three intervals; `wald` may leave 0 to 1, `wald_truncated` is cut there. All None where `n` is 0."""

    x: int
    n: int
    estimate: float | None = None
    wald: Interval | None = None
    wald_truncated: Interval | None = None
    wilson: Interval | None = None
    clopper_pearson: Interval | None = None


@dataclass(frozen=True, slots=True)
class RocPoint:
    """One threshold and what it does: a corner of the curve. Thresholds are midpoints of neighbouring values, and minus and plus infinity."""

    threshold: float
    true_positives: int
    false_positives: int
    sensitivity: float
    specificity: float


@dataclass(frozen=True, slots=True)
class CutOff:
    """A threshold with its fourfold table.

    `threshold` is the midpoint of the neighbouring values `below` and `above` that the marker takes (None at the end of its range), all of
    which part the data alike: with `is_high_positive` a value is positive that is > `threshold`, which is >= `above`; else one that is
    < `threshold`, which is <= `below`. `youden` is sensitivity + specificity - 1.
    """

    threshold: float
    below: float | None
    above: float | None
    is_high_positive: bool
    true_positives: int
    false_positives: int
    true_negatives: int
    false_negatives: int
    youden: float
    accuracy: Proportion
    sensitivity: Proportion
    specificity: Proportion
    ppv: Proportion
    npv: Proportion

    @property
    def rule(self) -> str:
        """In words, who is positive."""
        return f"positive if marker {'>' if self.is_high_positive else '<'} threshold"

    @property
    def data_value(self) -> float | None:
        """The value among the data at which positive begins."""
        return self.above if self.is_high_positive else self.below


@dataclass(frozen=True, slots=True)
class Roc:
    """A marker's curve over `n_cases` and `n_controls` with a value.

    `se` and `ci` (cut to 0 and 1) are DeLong's, `z` and `p` are against 0.5 by it; `null_se` (without ties) and `null_p` (Mann-Whitney's, with
    ties, no continuity correction) are those under no difference. `u_cases` is Mann-Whitney's U of the cases. `best` holds all cut-offs of the
    largest Youden index, ascending, `chosen` the one of these with the highest sensitivity.
    """

    n_cases: int
    n_controls: int
    n_left_out: int
    is_high_positive: bool | None = None
    auc: float | None = None
    se: float | None = None
    ci: Interval | None = None
    z: float | None = None
    p: float | None = None
    null_se: float | None = None
    null_p: float | None = None
    u_cases: float | None = None
    points: tuple[RocPoint, ...] = ()
    best: tuple[CutOff, ...] = ()
    chosen: CutOff | None = None
    warnings: tuple[str, ...] = ()
    why_empty: str = ""
    method: str = ""


@dataclass(frozen=True, slots=True)
class AucComparison:
    """Two areas, first against second: `difference` and its interval, DeLong's statistic (z where paired, t with `df` where not) and p."""

    is_paired: bool
    n_left_out: int
    auc_first: float | None = None
    auc_second: float | None = None
    difference: float | None = None
    difference_ci: Interval | None = None
    covariance: float | None = None
    statistic: float | None = None
    df: float | None = None
    p: float | None = None
    why_empty: str = ""
    method: str = ""


@dataclass(frozen=True, slots=True)
class Trend:
    """A straight line of y on x for a scatter plot: at `x`, the line and the 95% interval of its height."""

    n: int
    n_left_out: int
    points: tuple[tuple[float, float], ...] = ()
    intercept: float | None = None
    slope: float | None = None
    x: tuple[float, ...] = ()
    line: tuple[float, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    why_empty: str = ""
    method: str = ""
