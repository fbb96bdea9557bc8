"""Columns of a table: numbers, labels and groups, with what is missing kept apart."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.description import Kind

Numbers = npt.NDArray[np.float64]


def column_of(table: pd.DataFrame, column: str) -> list[object]:
    """The cells of `column`, None where a cell is missing or blank; InputError where there is no such column."""
    if column not in table.columns:
        raise InputError(f"A column {column!r} is wanted, the table has {', '.join(map(str, table.columns))}: name one of these.")
    return [None if pd.isna(cell) or (isinstance(cell, str) and not cell.strip()) else cell for cell in table[column].tolist()]


def numbers(table: pd.DataFrame, column: str) -> Numbers:
    """`column` as numbers (rows,), NaN where a cell is missing. InputError names the first row (from 1) that is no finite number."""
    found = np.full(len(table), math.nan)
    for row, cell in enumerate(column_of(table, column)):
        if cell is None:
            continue
        value = as_number(cell)
        if value is None:
            raise InputError(f"Column {column!r} should hold numbers, row {row + 1} does not: correct it, or leave the cell empty.")
        found[row] = value
    return found


def as_number(cell: object) -> float | None:
    """A cell as a finite number; None where it is none."""
    try:
        value = float(cell)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None


def labels(table: pd.DataFrame, column: str) -> list[str | None]:
    """`column` as text, None where a cell is missing; whole numbers are written without a point."""
    return [None if cell is None else label(cell) for cell in column_of(table, column)]


def label(cell: object) -> str:
    """One value as text: the numbers 1, 1.0 and True are all "1"; text, "007" too, stays what it is."""
    value = None if isinstance(cell, str) else as_number(cell)
    return f"{value:.0f}" if value is not None and value.is_integer() else str(cell).strip()


def levels_of(found: Sequence[str | None]) -> tuple[str, ...]:
    """The labels that occur, in the order of numbers where all are numbers, else by alphabet."""
    known = {text for text in found if text is not None}
    values = {text: as_number(text) for text in known}
    if all(value is not None for value in values.values()):
        return tuple(sorted(known, key=lambda text: (values[text] or 0.0, text)))
    return tuple(sorted(known))


def kind_of(table: pd.DataFrame, column: str) -> Kind:
    """Numbers where every known cell is one and more than two differ; two values, or words, are categories."""
    known = [cell for cell in column_of(table, column) if cell is not None]
    values = {as_number(cell) for cell in known}
    return Kind.NUMBERS if None not in values and len(values) > 2 else Kind.CATEGORIES


def two_groups(table: pd.DataFrame, group: str, groups: tuple[object, object] | None) -> tuple[list[str | None], tuple[str, str]]:
    """Each row's label in `group`, None where it is in neither, and the two labels in order.

    InputError where `groups` is None and the column does not hold exactly two values, or where a group that is named is empty.
    """
    found = labels(table, group)
    occurring = levels_of(found)
    if groups is None:
        if len(occurring) != 2:
            said = f"{len(occurring)} ({', '.join(occurring[:6])})" if occurring else "none"
            raise InputError(f"Two groups in {group!r} are wanted, there are {said}: choose a column with two values, or name the two.")
        return found, (occurring[0], occurring[1])
    first, second = label(groups[0]), label(groups[1])
    if missing := [name for name in (first, second) if name not in occurring]:
        raise InputError(f"Group {missing[0]!r} of {group!r} is wanted, no row has it: check the values of {group!r}.")
    return [name if name in (first, second) else None for name in found], (first, second)
