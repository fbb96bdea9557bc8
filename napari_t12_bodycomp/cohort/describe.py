"""One column of a table, described group by group: mean and SD, median and quartiles, or counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from napari_t12_bodycomp.cohort.columns import Numbers, kind_of, label, labels, levels_of, numbers
from napari_t12_bodycomp.cohort.normality import is_constant, look_normal, shapiro_wilk, why_not_normal
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.description import CategorySummary, Description, Form, Kind, LevelCount, NumberSummary, QuartileType

WHOLE = "all"
"""The name of the one group where none was asked for."""
_NUMPY_NAMES = {QuartileType.TYPE_6: "weibull", QuartileType.TYPE_7: "linear"}


def describe(
    table: pd.DataFrame,
    column: str,
    group: str | None = None,
    *,
    groups: Sequence[object] | None = None,
    kind: Kind | None = None,
    quartile_type: QuartileType = QuartileType.TYPE_6,
    levels: Sequence[object] | None = None,
) -> Description:
    """Describe `column`, in each group of column `group` where one is named.

    Mean ± SD is chosen where Shapiro-Wilk rejects normality in no group (p >= 0.05 in all), else median (IQR).

    Parameters
    ----------
    groups : sequence or None
        The values of `group`, in order; all that occur by default.
    kind : Kind or None
        By default numbers where every known cell is a number and more than two differ. ASA classes written 1 to 4 need it said.
    levels : sequence or None
        Of categories, in order, also such that do not occur; by default those that occur.

    Raises
    ------
    InputError
        Where a column does not exist, numbers are wanted and a cell is none, or `levels` leave a value out.
    """
    of_row = [WHOLE] * len(table) if group is None else labels(table, group)
    wanted = levels_of(of_row) if groups is None else tuple(label(value) for value in groups)
    rows = {name: np.array([of == name for of in of_row], dtype=bool) for name in wanted}
    n_without = sum(of not in wanted for of in of_row)
    if (kind or kind_of(table, column)) is Kind.NUMBERS:
        values = numbers(table, column)
        return _of_numbers(column, {name: values[mask] for name, mask in rows.items()}, quartile_type, n_without)
    cells = labels(table, column)
    in_order = levels_of(cells) if levels is None else _all_levels(column, cells, levels)
    by_group = {name: [cell for cell, is_in in zip(cells, mask, strict=True) if is_in] for name, mask in rows.items()}
    return Description(
        column=column,
        kind=Kind.CATEGORIES,
        form=Form.COUNT,
        method="n (%); percentages are of the patients whose value is known",
        categories=tuple(count_levels(name, found, in_order) for name, found in by_group.items()),
        n_without_group=n_without,
        remarks=_missing(column, {name: sum(cell is None for cell in found) for name, found in by_group.items()}),
    )


def _all_levels(column: str, cells: Sequence[str | None], levels: Sequence[object]) -> tuple[str, ...]:
    named = tuple(label(value) for value in levels)
    if others := [level for level in levels_of(cells) if level not in named]:
        raise InputError(f"Column {column!r} should hold {', '.join(named)}, {len(others)} other values occur: name all of them.")
    return named


def _of_numbers(column: str, by_group: dict[str, Numbers], quartile_type: QuartileType, n_without: int) -> Description:
    summaries = tuple(summarise(name, values, quartile_type) for name, values in by_group.items())
    tests = [summary.normality for summary in summaries]
    is_normal = bool(tests) and look_normal(tests)
    why = "Shapiro-Wilk rejects normality in no group" if is_normal else why_not_normal(list(by_group), tests) or "there is no group"
    form = Form.MEAN_SD if is_normal else Form.MEDIAN_IQR
    quartiles = "" if is_normal else f", quartiles {quartile_type.value}"
    constant = [f"In group {s.group} all {s.n} values of {column} are the same." for s in summaries if s.n > 1 and s.is_constant]
    return Description(
        column=column,
        kind=Kind.NUMBERS,
        form=form,
        method=f"{form.value}{quartiles}: {why}",
        numbers=summaries,
        n_without_group=n_without,
        remarks=(*_missing(column, {s.group: s.n_missing for s in summaries}), *constant),
    )


def _missing(column: str, by_group: dict[str, int]) -> tuple[str, ...]:
    if not any(by_group.values()):
        return ()
    return (f"{column} is missing in " + ", ".join(f"{n} of group {name}" for name, n in by_group.items() if n) + ".",)


def summarise(group: str, values: npt.ArrayLike, quartile_type: QuartileType = QuartileType.TYPE_6) -> NumberSummary:
    """Mean, SD, median, quartiles and range of `values` (cases,), NaN where missing; with their Shapiro-Wilk test."""
    given = np.asarray(values, dtype=np.float64)
    known = given[~np.isnan(given)]
    n = len(known)
    normality = shapiro_wilk(known)
    if n == 0:
        return NumberSummary(group, n, len(given), quartile_type, normality)
    q1, median, q3 = quartiles(known, quartile_type)
    return NumberSummary(
        group,
        n,
        len(given) - n,
        quartile_type,
        normality,
        mean=float(known.mean()),
        sd=float(known.std(ddof=1)) if n > 1 else None,
        median=median,
        quartiles=(q1, q3),
        range=(float(known.min()), float(known.max())),
        is_constant=is_constant(known),
    )


def quartiles(values: npt.ArrayLike, quartile_type: QuartileType) -> tuple[float, float, float]:
    """First quartile, median and third quartile of one value or more, none missing."""
    known = np.sort(np.asarray(values, dtype=np.float64))
    if quartile_type is QuartileType.HINGES:
        half = (len(known) + 1) // 2
        return float(np.median(known[:half])), float(np.median(known)), float(np.median(known[-half:]))
    q1, median, q3 = np.quantile(known, (0.25, 0.5, 0.75), method=_NUMPY_NAMES[quartile_type])  # type: ignore[call-overload]
    return float(q1), float(median), float(q3)


def count_levels(group: str, found: Sequence[str | None], levels: Sequence[str]) -> CategorySummary:
    """How often each of `levels` stands in `found`; None is missing and in no denominator."""
    n = sum(cell is not None for cell in found)
    counts = [(level, sum(cell == level for cell in found)) for level in levels]
    return CategorySummary(
        group, n, len(found) - n, tuple(LevelCount(level, count, 100 * count / n if n else None) for level, count in counts)
    )
