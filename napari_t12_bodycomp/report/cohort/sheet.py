"""A table as text, for a CSV file and for the report alike; and how numbers are written in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from napari_t12_bodycomp.model.p_value import p_text
from napari_t12_bodycomp.report.indices_csv import as_text, safe_text

NOTHING = "–"
_NUMBERS = re.compile(r"-[\d.]+( to -?[\d.]+)?")
"""Cells that begin like a formula and are none."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """`name` is the file's without its ending; `heads` are the numbers of rows that head those below them; `notes` stand under the table."""

    name: str
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    heads: frozenset[int] = frozenset()


def sheet_csv(sheet: Sheet) -> str:
    """The table as CSV; the notes are in the report."""
    header = [safe_text(name) for name in sheet.header]
    return as_text(header, [dict(zip(header, (_safe(cell) for cell in row), strict=True)) for row in sheet.rows])


def _safe(cell: str) -> str:
    return cell if _NUMBERS.fullmatch(cell) else safe_text(cell)


def p_cell(p: float | None) -> str:
    """ "0.035" or "< 0.001"; never 0.000."""
    return NOTHING if p is None or p != p else p_text(p).removeprefix("p ").removeprefix("= ")


def number(value: float | None, decimals: int = 3) -> str:
    """`value` rounded; NOTHING where it is unknown."""
    if value is None or value != value:
        return NOTHING
    text = f"{value:.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def interval(ci: tuple[float, float] | None, decimals: int = 3) -> str:
    """Low and high end, "0.859–0.942", and "-0.53 to -0.38" where one is below 0."""
    if ci is None or any(end != end for end in ci):
        return NOTHING
    low, high = (number(end, decimals) for end in ci)
    return f"{low} to {high}" if low.startswith("-") else f"{low}–{high}"


def percent(share: float | None, ci: tuple[float, float] | None = None) -> str:
    """A share in percent, with its interval where there is one."""
    if share is None:
        return NOTHING
    ends = "" if ci is None else f" ({100 * ci[0]:.1f}–{100 * ci[1]:.1f})"
    return f"{100 * share:.1f}{ends}"
