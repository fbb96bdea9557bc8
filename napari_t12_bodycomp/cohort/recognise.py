"""Which column of a table is which variable: by name, or as it was said."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.cohort_variables import KNOWN, PATIENT, Form, Variable

_RANKED = (PATIENT,)
"""Of these the first name that is there is taken; two columns for any other variable are an ambiguity."""
_BY_NAME = {variable.name: variable for variable in KNOWN}


def recognise(header: Sequence[str], named: Mapping[str, str]) -> dict[str, str]:
    """The column of each variable that the table has, by the variable's name.

    Parameters
    ----------
    header : sequence of str
        The table's columns.
    named : mapping
        Columns that were said, by variable; they go before what their names suggest. A name that is not known makes a variable of its own.

    Raises
    ------
    UsageError
        Where a column that was said is not there, or stands for two variables.
    InputError
        Where two columns are named like the same variable.
    """
    for name, column in named.items():
        if column not in header:
            raise UsageError(f"A column {column!r} is wanted for {name}, the table has {', '.join(header)}: name one of these.")
    if doubled := [column for column in named.values() if list(named.values()).count(column) > 1]:
        raise UsageError(f"One variable a column is wanted, {doubled[0]!r} is named for two: name another column for one of them.")
    found = {}
    for variable in KNOWN:
        if variable.name in named:
            found[variable.name] = named[variable.name]
            continue
        fitting = [column for name in variable.names for column in header if _plain(column) == name and column not in named.values()]
        if len(fitting) > 1 and variable.name not in _RANKED:
            raise InputError(
                f"One column for {variable.name} is wanted, {' and '.join(map(repr, fitting))} are both in the table: "
                f"say which with --column {variable.name}=COLUMN."
            )
        if fitting:
            found[variable.name] = fitting[0]
    return found | {name: column for name, column in named.items() if name not in found}


def _plain(column: str) -> str:
    return re.sub(r"[\s\-.]+", "_", column.strip().lower())


def variable(name: str, cells: Sequence[str]) -> Variable:
    """The variable of that name; of a name that is not known, one that is read as its cells look: 0 and 1, numbers, or categories."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    known = {cell for cell in cells if cell}
    if known and known <= {"0", "1"}:
        return Variable(name, form=Form.YES_NO, words={"1": "1", "0": "0"}, levels=("1", "0"))
    is_number = bool(known) and all(re.fullmatch(r"[+-]?\d*[.,]?\d+([eE][+-]?\d+)?", cell) for cell in known)
    return Variable(name, form=Form.NUMBER if is_number else Form.CATEGORY)
