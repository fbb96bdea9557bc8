"""What is said about two groups, or two columns. A number that is not available is None, and a sentence says why; intervals are 95%."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from napari_t12_bodycomp.model.description import Description
from napari_t12_bodycomp.model.p_value import p_text


class Procedure(Enum):
    """The test that decides."""

    STUDENT = "Student's t test"
    WELCH = "Welch's t test"
    MANN_WHITNEY = "Mann-Whitney U test"
    PEARSON = "Pearson's chi-square test"
    FISHER = "Fisher's exact test"
    NONE = "no test"


@dataclass(frozen=True, slots=True)
class TTest:
    """One t test of first minus second group: `difference` of means with its standard error and interval."""

    t: float
    df: float
    p: float
    difference: float
    ci: tuple[float, float]
    se: float
    method: str


@dataclass(frozen=True, slots=True)
class VarianceTest:
    """An F test of equal variances."""

    f: float
    df: tuple[float, float]
    p: float
    method: str


@dataclass(frozen=True, slots=True)
class MeanComparison:
    """Both t tests, the tests of equal variances, and Cohen's d by the pooled SD; `why_empty` says why there are none."""

    n: tuple[int, int]
    student: TTest | None = None
    welch: TTest | None = None
    levene: VarianceTest | None = None
    brown_forsythe: VarianceTest | None = None
    variance_ratio: VarianceTest | None = None
    cohen_d: float | None = None
    why_empty: str = ""


@dataclass(frozen=True, slots=True)
class RankComparison:
    """Mann-Whitney: `u` counts the pairs in which the first, and the second, group is larger (ties half).

    `p` is asymptotic, corrected for ties, without continuity correction (as SPSS prints it), `p_continuity` with it; `p_exact` comes from
    the permutation distribution of the ranks as they are, ties included. `shift` is the Hodges-Lehmann estimate, median of all differences
    first minus second, None where there are more than ten million; its exact interval exists without ties only.
    """

    n: tuple[int, int]
    u: tuple[float, float] | None = None
    rank_sum: tuple[float, float] | None = None
    z: float | None = None
    p: float | None = None
    p_continuity: float | None = None
    p_exact: float | None = None
    why_no_exact: str = ""
    has_ties: bool = False
    auc: float | None = None
    rank_biserial: float | None = None
    shift: float | None = None
    shift_ci: tuple[float, float] | None = None
    why_empty: str = ""
    method: str = "Mann-Whitney U, asymptotic, tie-corrected, without continuity correction"


@dataclass(frozen=True, slots=True)
class ChiSquare:
    """Pearson's and the likelihood ratio's chi-square of `table` (levels, groups), without empty rows and columns.

    `yates` (statistic, p) and `phi` exist for 2 x 2 alone.
    """

    table: tuple[tuple[int, ...], ...]
    chi2: float | None = None
    df: int = 0
    p: float | None = None
    likelihood_ratio: float | None = None
    p_likelihood_ratio: float | None = None
    yates: tuple[float, float] | None = None
    phi: float | None = None
    cramers_v: float | None = None
    smallest_expected: float | None = None
    n_expected_below_5: int = 0
    why_empty: str = ""
    method: str = "Pearson's chi-square without Yates' correction"


@dataclass(frozen=True, slots=True)
class Fisher:
    """Fisher's exact test of `table`, Freeman-Halton where it is larger than 2 x 2.

    For 2 x 2 also: the two one-sided p, the sample odds ratio ad/bc, and the conditional maximum likelihood estimate with its exact
    interval. Infinite odds ratios are inf.
    """

    table: tuple[tuple[int, ...], ...]
    p: float | None = None
    p_less: float | None = None
    p_greater: float | None = None
    sample_or: float | None = None
    conditional_or: float | None = None
    conditional_or_ci: tuple[float, float] | None = None
    n_tables: int | None = None
    why_empty: str = ""
    method: str = "Fisher's exact test, two-sided, by the probability of the tables"


@dataclass(frozen=True, slots=True)
class Correlation:
    """One coefficient with its p (t distribution on n - 2) and intervals; `p_exact` for Spearman without ties in few cases."""

    method: str
    n: int
    n_left_out: int
    value: float | None = None
    t: float | None = None
    p: float | None = None
    p_exact: float | None = None
    has_ties: bool = False
    ci_fieller: tuple[float, float] | None = None
    ci_bonett_wright: tuple[float, float] | None = None
    ci_fisher: tuple[float, float] | None = None
    se_bonett_wright: float | None = None
    why_empty: str = ""
    why_no_ci: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One column compared between two groups: the test that decides, why it was chosen, and what the others say."""

    column: str
    group: str
    groups: tuple[str, str]
    description: Description
    test: Procedure
    p: float | None
    why: str
    n_left_out: int
    means: MeanComparison | None = None
    ranks: RankComparison | None = None
    chi_square: ChiSquare | None = None
    fisher: Fisher | None = None

    @property
    def method(self) -> str:
        """One sentence: which test, with what result, and why this one."""
        return f"{self.test.value}: {p_text(self.p)}; {self.why}."
