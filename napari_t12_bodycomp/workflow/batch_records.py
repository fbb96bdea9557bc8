"""What is kept of every measured case: a folder with its files and a record of what was asked and what came out.

The record is written last, and whole or not at all: a case with a record is done, any other is missing. The table is made from the records,
so that no row can be lost, halved or doubled, whenever the program was killed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.batch import Measured
from napari_t12_bodycomp.report import indices_csv
from napari_t12_bodycomp.workflow.export import PLAIN_NAMES, write_atomically

CASES_NAME, RECORD_NAME = "cases", "case.json"
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Record:
    """A case that is done: `asked` is what was asked of it, `cells` its row."""

    case_id: str
    asked: Mapping[str, str]
    cells: indices_csv.Row


def folder_name(case_id: str) -> str:
    """A name for the case's folder that every file system takes; another case has another one."""
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", case_id)[:_LONGEST].rstrip(".")
    if safe == case_id and safe[0] not in ".-" and not _RESERVED.fullmatch(safe):
        return safe
    return f"{safe.lstrip('.-')}-{hashlib.sha256(case_id.encode()).hexdigest()[:8]}".lstrip("-")


def keep(out: Path, measured: Measured, asked: Mapping[str, str]) -> Record:
    """Write the files of `measured` below `out`, then its record. OSError where that fails: the case is missing then, as before."""
    folder = out / CASES_NAME / folder_name(measured.case_id)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RECORD_NAME).unlink(missing_ok=True)
    for left in folder.glob(".*"):
        left.unlink(missing_ok=True)  # by a run that was killed
    for column, content in measured.files.items():
        write_atomically(folder / PLAIN_NAMES[column], content)
    files = {column: f"{CASES_NAME}/{folder.name}/{name}" for column, name in PLAIN_NAMES.items()}
    record = Record(measured.case_id, dict(asked), {**measured.cells, **files})
    said = {"case_id": record.case_id, "asked": record.asked, "row": record.cells}
    write_atomically(folder / RECORD_NAME, json.dumps(said, ensure_ascii=False, indent=1).encode())
    return record


def read_records(out: Path) -> dict[str, Record]:
    """The cases that are done in `out`: those with a readable record whose files are all there."""
    found = {}
    for path in sorted(out.glob(f"{CASES_NAME}/*/{RECORD_NAME}")):
        record = _read(path)
        if record is None or any(not (path.parent / name).is_file() for name in PLAIN_NAMES.values()):
            continue
        if path.parent.name != folder_name(record.case_id):
            raise InputError(
                f"The folder {folder_name(record.case_id)!r} is wanted for the case {record.case_id!r}, it lies in {path.parent.name!r}: rename it back."
            )
        found[record.case_id] = record
    return found


def forget(out: Path, case_id: str) -> None:
    """Make the case a missing one."""
    folder = out / CASES_NAME / folder_name(case_id)
    for name in (RECORD_NAME, *PLAIN_NAMES.values()):
        (folder / name).unlink(missing_ok=True)


def cell_of(case_id: str) -> str:
    """The case's name as it stands in tables."""
    return indices_csv.safe_text(case_id)


def _read(path: Path) -> Record | None:
    try:
        said = json.loads(path.read_bytes())
        return Record(str(said["case_id"]), dict(said["asked"]), {str(k): str(v) for k, v in said["row"].items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
