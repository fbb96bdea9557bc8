"""Cells of a table as they were typed, turned into numbers, levels and unknown; what cannot be read is said with its rows."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from napari_t12_bodycomp.cohort.recognise import variable
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.cohort_analysis import Finding
from napari_t12_bodycomp.model.cohort_variables import Form, Variable

UNKNOWN_WORDS = frozenset({"", "na", "n/a", "nan", "null", "none", "-", ".", "?", "unknown", "missing"})
"""What stands for "not known"; any other word in a column of numbers is refused."""
_COMMA, _POINT = re.compile(r"[+-]?\d+,\d+"), re.compile(r"[+-]?\d*\.\d+")
_MOST_ROWS = 8


def rows_text(rows: Sequence[int]) -> str:
    """ "row 7", "rows 3, 4 and 9", or the first of many and how many more."""
    shown = [str(row) for row in rows[:_MOST_ROWS]]
    if len(rows) > _MOST_ROWS:
        return f"rows {', '.join(shown)} and {len(rows) - _MOST_ROWS} more"
    return f"row {shown[0]}" if len(shown) == 1 else f"rows {', '.join(shown[:-1])} and {shown[-1]}"


def tidy(raw: pd.DataFrame, columns: Mapping[str, str]) -> tuple[pd.DataFrame, dict[str, Variable], list[Finding]]:
    """The recognised columns under the variables' names, read as what they hold.

    Parameters
    ----------
    raw : DataFrame
        All cells as text; the index holds the rows' numbers in the file.
    columns : mapping
        The column of each variable, by the variable's name.

    Returns
    -------
    table : DataFrame
        Numbers as float with NaN, words as str with None.
    variables : dict
        By name, with the levels that occur.
    findings : list
        What could not be read, and what no patient can have: refusals.
    """
    known = {name: [_clean(cell) for cell in raw[column].tolist()] for name, column in columns.items()}
    found = {name: variable(name, cells) for name, cells in known.items()}
    rows = [int(row) for row in raw.index]
    is_comma, remarks = _decimal_comma(known, found, columns, rows)
    table, variables = {}, {}
    for name, cells in known.items():
        values, levels, problems = _read(found[name], columns[name], cells, rows, is_comma)
        table[name], remarks = values, [*remarks, *problems]
        variables[name] = levels
    return pd.DataFrame(table, index=raw.index), variables, remarks


def _clean(cell: object) -> str:
    text = str(cell).strip()
    return "" if text.lower() in UNKNOWN_WORDS else text


def _decimal_comma(
    known: Mapping[str, list[str]], found: Mapping[str, Variable], columns: Mapping[str, str], rows: Sequence[int]
) -> tuple[bool, list[Finding]]:
    """Whether the table's numbers are written with a comma; a table that writes both is refused."""
    numeric = [name for name, v in found.items() if v.form in (Form.NUMBER, Form.WHOLE)]
    marks = {
        pattern: [(name, row) for name in numeric for cell, row in zip(known[name], rows, strict=True) if pattern.fullmatch(cell)]
        for pattern in (_COMMA, _POINT)
    }
    commas, points = marks[_COMMA], marks[_POINT]
    if commas and points:
        name, row = min(marks.values(), key=len)[0]
        raise InputError(
            "Numbers with one kind of decimal mark are wanted, some have a comma and some a point (the rarer kind first in column "
            f"{columns[name]!r}, row {row}): write all of them with a point."
        )
    words = f"Numbers are written with a decimal comma ({len(commas)} cells): 1,234 was read as 1.234."
    return bool(commas), [Finding(words)] if commas else []


def _read(
    of: Variable, column: str, cells: Sequence[str], rows: Sequence[int], is_comma: bool
) -> tuple[list[object], Variable, list[Finding]]:
    if of.form in (Form.NUMBER, Form.WHOLE):
        return _read_numbers(of, column, cells, rows, is_comma)
    if of.form is Form.TEXT:
        return [cell or None for cell in cells], of, []
    if not of.words:
        levels = _levels(of, [cell for cell in cells if cell])
        return [cell or None for cell in cells], replace(of, levels=levels), []
    values: list[object] = [of.words.get(cell.lower()) if cell else None for cell in cells]
    bad = [row for cell, value, row in zip(cells, values, rows, strict=True) if cell and value is None]
    problems = [_refusal(f"Column {column!r} should hold {_one_of(of.words)}, {rows_text(bad)} {_do(bad)} not: correct it.")] if bad else []
    if of.form is Form.YES_NO:
        return [math.nan if value is None else float(str(value)) for value in values], of, problems
    return values, replace(of, levels=_levels(of, [str(value) for value in values if value is not None])), problems


def _read_numbers(
    of: Variable, column: str, cells: Sequence[str], rows: Sequence[int], is_comma: bool
) -> tuple[list[object], Variable, list[Finding]]:
    values: list[float] = []
    bad: list[int] = []
    for cell, row in zip(cells, rows, strict=True):
        value = _number(cell.replace(",", ".") if is_comma and _COMMA.fullmatch(cell) else cell)
        if value is None:
            bad.append(row)
        values.append(math.nan if value is None else value)
    problems = []
    if bad:
        problems.append(
            _refusal(f"Column {column!r} should hold numbers, {rows_text(bad)} {_do(bad)} not: correct it, or leave the cell empty.")
        )
    if of.form is Form.WHOLE:
        problems += _where(values, rows, lambda v: not v.is_integer(), f"Column {column!r} should hold whole numbers")
    if of.limits:
        low, high = of.limits
        unit = f" {of.unit}" if of.unit else ""
        problems += _where(values, rows, lambda v: not low <= v <= high, f"{of.title} ({column!r}) of {low:g} to {high:g}{unit} is wanted")
    return list(values), of, problems


def _number(cell: str) -> float | None:
    """The cell as a finite number, NaN where it is empty, None where it is no number."""
    if not cell:
        return math.nan
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in cell else None


def _where(values: Sequence[float], rows: Sequence[int], is_bad: Callable[[float], bool], wanted: str) -> list[Finding]:
    bad = [(row, value) for row, value in zip(rows, values, strict=True) if not math.isnan(value) and is_bad(value)]
    if not bad:
        return []
    came = ", ".join(f"{value:g}" for value in dict.fromkeys(value for _, value in bad[:3]))
    return [
        _refusal(f"{wanted}, {rows_text([row for row, _ in bad])} {'has' if len(bad) == 1 else 'have'} {came}: correct it or its unit.")
    ]


def _levels(of: Variable, present: Sequence[str]) -> tuple[str, ...]:
    """Known levels that occur, in their order, then the others by alphabet."""
    return tuple(level for level in of.levels if level in present) + tuple(sorted(set(present) - set(of.levels)))


def _refusal(sentence: str) -> Finding:
    return Finding(sentence, is_refusal=True)


def _one_of(words: Mapping[str, str]) -> str:
    return ", ".join(list(words)[:-1]) + " or " + list(words)[-1]


def _do(rows: Sequence[int]) -> str:
    return "does" if len(rows) == 1 else "do"
