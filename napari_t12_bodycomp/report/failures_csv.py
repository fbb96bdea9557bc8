"""The table of cases without numbers: why, and what could be taken instead. No name and no path stands in it."""

from __future__ import annotations

import csv
import io

from napari_t12_bodycomp.model.batch import Failed
from napari_t12_bodycomp.report.indices_csv import Row, safe_text

HEADER = ("case_id", "kind", "exit_code", "message", "candidates", "software_version")


def failure_row(failed: Failed, version: str) -> Row:
    """The row of `failed`, met by `version` of the program."""
    cells = (failed.case_id, failed.kind.value, str(failed.kind.exit_code), failed.message, failed.candidates, version)
    return {name: safe_text(" ".join(cell.split())) for name, cell in zip(HEADER, cells, strict=True)}


def parse_failures(text: str) -> list[Row]:
    """The rows of an existing table; lines that were cut short are left out, since what they say is found out again."""
    lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    if not text.endswith("\n") and lines:
        del lines[-1]
    if not lines or lines[0] != list(HEADER):
        return []
    return [dict(zip(HEADER, line, strict=True)) for line in lines[1:] if len(line) == len(HEADER)]
