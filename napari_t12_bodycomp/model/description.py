"""How one column of a table is distributed, group by group. A number that is not available is None, and a sentence says why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a column holds: numbers to be averaged, or categories to be counted."""

    NUMBERS = "numbers"
    CATEGORIES = "categories"


class QuartileType(Enum):
    """How quartiles are interpolated (Hyndman RJ, Fan Y. Am Stat 1996;50:361-365)."""

    TYPE_6 = "type 6 (SPSS HAVERAGE)"
    TYPE_7 = "type 7 (R and numpy by default)"
    HINGES = "Tukey's hinges"


class Form(Enum):
    """How a summary is printed."""

    MEAN_SD = "mean ± SD"
    MEDIAN_IQR = "median (IQR)"
    COUNT = "n (%)"


@dataclass(frozen=True, slots=True)
class Normality:
    """The Shapiro-Wilk test of `n` values; `why_empty` says why there is none."""

    n: int
    w: float | None = None
    p: float | None = None
    why_empty: str = ""
    method: str = "Shapiro-Wilk (Royston 1995, AS R94)"


@dataclass(frozen=True, slots=True)
class NumberSummary:
    """The numbers of one group: `n` are known, `n_missing` are not. `sd` has n - 1 below it; `quartiles` are (first, third)."""

    group: str
    n: int
    n_missing: int
    quartile_type: QuartileType
    normality: Normality
    mean: float | None = None
    sd: float | None = None
    median: float | None = None
    quartiles: tuple[float, float] | None = None
    range: tuple[float, float] | None = None
    is_constant: bool = False

    def text(self, form: Form, decimals: int = 2) -> str:
        """As it stands in a table; the number of known values is added where some are missing, "-" stands for unknown."""
        if self.mean is None or self.median is None or self.quartiles is None:
            return "-"
        if form is Form.MEAN_SD:
            sd = "-" if self.sd is None else f"{self.sd:.{decimals}f}"
            found = f"{self.mean:.{decimals}f} ± {sd}"
        else:
            low, high = self.quartiles
            found = f"{self.median:.{decimals}f} ({low:.{decimals}f}–{high:.{decimals}f})"
        return f"{found} [n = {self.n}]" if self.n_missing else found


@dataclass(frozen=True, slots=True)
class LevelCount:
    """How many have one level; `percent` is of those whose level is known."""

    level: str
    n: int
    percent: float | None


@dataclass(frozen=True, slots=True)
class CategorySummary:
    """The categories of one group; `n`, those that are known, is the denominator of all percentages."""

    group: str
    n: int
    n_missing: int
    counts: tuple[LevelCount, ...]

    def text(self, level: str, decimals: int = 1) -> str:
        """As it stands in a table: "204 (69.2)", and "204/290 (70.3)" where values are missing."""
        count = next(c for c in self.counts if c.level == level)
        percent = "-" if count.percent is None else f"{count.percent:.{decimals}f}"
        return f"{count.n}/{self.n} ({percent})" if self.n_missing else f"{count.n} ({percent})"


@dataclass(frozen=True, slots=True)
class Description:
    """One column by groups. `n_without_group` rows belong to no group and are in no summary."""

    column: str
    kind: Kind
    form: Form
    method: str
    numbers: tuple[NumberSummary, ...] = ()
    categories: tuple[CategorySummary, ...] = ()
    n_without_group: int = 0
    remarks: tuple[str, ...] = ()
