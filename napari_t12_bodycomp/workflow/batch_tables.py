"""The two tables of a batch: rows are added as cases finish; before and after, each table is set in order as a whole."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from napari_t12_bodycomp import __version__
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.batch import Failed
from napari_t12_bodycomp.model.manifest import ManifestCase
from napari_t12_bodycomp.report import indices_csv
from napari_t12_bodycomp.report.data_dictionary import batch_dictionary_rows
from napari_t12_bodycomp.report.failures_csv import HEADER as FAILURES_HEADER
from napari_t12_bodycomp.report.failures_csv import failure_row, parse_failures
from napari_t12_bodycomp.workflow.batch_records import Record, cell_of
from napari_t12_bodycomp.workflow.export import CSV_NAME, write_atomically
from napari_t12_bodycomp.workflow.study_export import DICTIONARY_NAME

FAILURES_NAME = "failures.csv"
_OURS = ("case_id", *indices_csv.HEADER)


class BatchTables:
    """``indices.csv`` and ``failures.csv`` of `out`, and what they held before this run. InputError where they are somebody else's."""

    def __init__(
        self, out: Path, manifest_cases: Sequence[ManifestCase], other_columns: Sequence[str], records: Mapping[str, Record]
    ) -> None:
        self.csv, self.failures_csv, self._dictionary = out / CSV_NAME, out / FAILURES_NAME, out / DICTIONARY_NAME
        self._cases = {case.case_id: case for case in manifest_cases}
        titles = {name: indices_csv.safe_text(f"covariate_{name}" if name in _OURS else name) for name in other_columns}
        header, rows = self._read()
        strange = [row["case_id"] for row in rows if row["case_id"] not in {cell_of(c) for c in (*records, *self._cases)}]
        if strange:
            raise InputError(
                f"A table of cases that lie beside it is wanted in {self.csv}, {len(strange)} of its rows have no folder in cases, "
                f"the first is {strange[0]!r}: bring the folder back, or move the table away."
            )
        self._extra = list(dict.fromkeys([*(name for name in header if name not in _OURS), *titles.values()]))
        kept = {row["case_id"]: {name: row.get(name, "") for name in self._extra} for row in rows}
        self._others = {
            case_id: {
                **kept.get(cell_of(case_id), {}),
                **(
                    {titles[n]: indices_csv.safe_text(" ".join(t.split())) for n, t in self._cases[case_id].others.items()}
                    if case_id in self._cases
                    else {}
                ),
            }
            for case_id in (*records, *self._cases)
        }
        self.failures = {row["case_id"]: row for row in parse_failures(_text(self.failures_csv))}

    def set_in_order(self, records: Mapping[str, Record]) -> None:
        """Write both tables anew: cases of earlier manifests first, then this one's in its order. OSError where that fails."""
        order = [*(case_id for case_id in records if case_id not in self._cases), *self._cases]
        text = indices_csv.as_text(self._header, (self._row(records[case_id]) for case_id in order if case_id in records))
        _write(self.csv, text)
        names = [cell_of(case_id) for case_id in order if case_id not in records]
        earlier = [name for name in self.failures if name not in names and name not in map(cell_of, records)]
        rows = [self.failures[name] for name in (*earlier, *names) if name in self.failures]
        _write(self.failures_csv, indices_csv.as_text(FAILURES_HEADER, rows))
        _write(self._dictionary, indices_csv.as_text(("column", "unit", "meaning"), batch_dictionary_rows(self._extra)))

    def add(self, record: Record) -> None:
        """Add the row of a case that was just measured."""
        _append(self.csv, _line(self._header, self._row(record)))

    def add_failure(self, failed: Failed) -> None:
        """Add the row of a case that just failed."""
        row = failure_row(failed, __version__)
        self.failures[row["case_id"]] = row
        _append(self.failures_csv, _line(FAILURES_HEADER, row))

    @property
    def _header(self) -> list[str]:
        return [*_OURS, *self._extra]

    def _row(self, record: Record) -> indices_csv.Row:
        return {**self._others.get(record.case_id, {}), **record.cells, "case_id": cell_of(record.case_id)}

    def _read(self) -> tuple[list[str], list[indices_csv.Row]]:
        text = _text(self.csv)
        if text and not text.endswith("\n"):
            text = text[: text.rfind("\n") + 1]  # a row that was being added when the program was killed
        header, rows = indices_csv.parse(text, str(self.csv)) if text else (list(_OURS), [])
        if "case_id" not in header:
            raise InputError(f"A table of a batch is wanted in {self.csv}, one without case_id came: choose another directory.")
        return header, rows


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise InputError(
            f"A table in UTF-8 is wanted in {path}, another encoding came: move the file away, or save it as UTF-8."
        ) from error


def _line(header: Sequence[str], row: indices_csv.Row) -> str:
    return indices_csv.as_text(header, [row]).split("\n", 1)[1] if row else ""


def _write(path: Path, text: str) -> None:
    for left in path.parent.glob(f".{path.name}.*"):
        left.unlink(missing_ok=True)  # by a run that was killed
    if path.exists() and path.read_bytes() == text.encode():
        return
    try:
        write_atomically(path, text.encode())
    except PermissionError as error:
        raise InputError(
            f"A table that can be written is wanted, {path} is protected or open in another program: close it there and run the same "
            "command again; what was measured is kept."
        ) from error


def _append(path: Path, line: str) -> None:
    """Add `line` and have it on the disk; where that fails, the file is as it was before."""
    with path.open("ab") as stream:
        before = stream.tell()
        try:
            stream.write(line.encode())
            stream.flush()
            os.fsync(stream.fileno())
        except OSError:
            stream.truncate(before)
            raise
