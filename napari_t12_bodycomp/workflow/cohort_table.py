"""A cohort's table from disk, every cell as it was typed."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from napari_t12_bodycomp.errors import InputError

_DELIMITERS = (",", ";", "\t")
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


@dataclass(frozen=True, slots=True, eq=False)
class RawTable:
    """All cells as text; the index holds the rows' numbers in the file (the header is row 1)."""

    name: str
    sha256: str
    cells: pd.DataFrame


def read_table(path: Path) -> RawTable:
    """Read a CSV with comma, semicolon or tab. InputError says what is wrong with the file."""
    try:
        content = path.read_bytes()
    except IsADirectoryError as error:
        raise InputError(f"A CSV table is wanted, {path} is a folder: name the file in it.") from error
    except OSError as error:
        raise InputError(f"A CSV table is wanted, {path} cannot be read ({error.strerror}): check the path and its rights.") from error
    if content.startswith(_SPREADSHEETS):
        raise InputError(f"A CSV table is wanted, {path.name} is a spreadsheet's own file: save it as CSV in UTF-8.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"A table in UTF-8 is wanted, {path.name} has another encoding: save it as CSV in UTF-8.") from error
    return RawTable(path.name, hashlib.sha256(content).hexdigest(), _cells(text, path.name))


def _cells(text: str, name: str) -> pd.DataFrame:
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        numbered = [(number, line) for number, line in enumerate(reader, start=1) if any(cell.strip() for cell in line)]
    except csv.Error as error:
        raise InputError(f"A CSV table is wanted, {name} breaks off or quotes wrongly ({error}): save it anew.") from error
    if len(numbered) < 2:
        raise InputError(f"A table with a header and a row for each patient is wanted, {name} has no rows: fill it.")
    numbered = _without_empty_ends(numbered)
    header = [cell.strip() for cell in numbered[0][1]]
    if "" in header:
        raise InputError(f"A name for each column is wanted, column {header.index('') + 1} of {name} has none: name it or take it out.")
    if doubled := [column for column in header if header.count(column) > 1]:
        raise InputError(f"Columns with different names are wanted, {doubled[0]!r} stands twice in {name}: rename one.")
    ragged = [number for number, line in numbered[1:] if len(line) != len(header)]
    if ragged:
        number = ragged[0]
        n_cells = next(len(line) for k, line in numbered if k == number)
        raise InputError(
            f"{len(header)} cells are wanted in each row of {name}, row {number} has {n_cells} ({len(ragged)} such rows): a comma inside a "
            "cell needs quotes, and numbers a point; correct it."
        )
    return pd.DataFrame([line for _, line in numbered[1:]], columns=header, index=[number for number, _ in numbered[1:]], dtype=str)


def _without_empty_ends(numbered: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """The rows without the last columns that hold nothing at all, not even a name, as spreadsheets leave them."""
    wide = max((k + 1 for _, line in numbered for k, cell in enumerate(line) if cell.strip()), default=0)
    return [(number, line[:wide]) for number, line in numbered]
