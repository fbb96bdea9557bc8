"""Sets of readings from what people have: result folders, a study's export, tables, and label maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from napari_t12_bodycomp.dicom.nifti import is_nifti
from napari_t12_bodycomp.dicom.read_labels import read_label_slice
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.progress import Progress, no_progress
from napari_t12_bodycomp.model.reading import Reading
from napari_t12_bodycomp.model.tissue import Region, Tissue
from napari_t12_bodycomp.report.readings_csv import ListedReading, parse_readings
from napari_t12_bodycomp.workflow.export import CSV_NAME

_NOT_COMPARED = ("tissues", "regions_kept_")
"""Beginnings of the names of label maps in a folder that are no readings: tissues are derived, and kept regions are older ones."""


@dataclass(frozen=True, slots=True)
class ReadingSet:
    """What one path holds: readings with their possible names from short to long, and what a reader of the comparison must know."""

    readings: tuple[Reading, ...]
    names: tuple[tuple[str, ...], ...]
    remarks: tuple[str, ...] = ()


def read_pair(
    first: Path, second: Path, readers: tuple[str, str] = ("", ""), progress: Progress = no_progress
) -> tuple[list[Reading], list[Reading], tuple[str, ...]]:
    """The readings at two paths under names that fit together, and remarks.

    Parameters
    ----------
    readers : tuple of str
        Take the rows of this assessor alone, on the first and on the second side; "" for all.

    Raises
    ------
    InputError
        Where a path holds no readings, one of them cannot be read, or names do not fit together.
    """
    sets = [
        read_set(path, reader, lambda share, words, start=start: progress((start + share) / 2, words))  # type: ignore[misc]
        for start, (path, reader) in enumerate(zip((first, second), readers, strict=True))
    ]
    one, other = sets
    level = _name_level(one, other)
    named = [[replace(r, case=_case(s, k, level)) for k, r in enumerate(s.readings)] for s in sets]
    return named[0], named[1], tuple(dict.fromkeys([*one.remarks, *other.remarks]))


_ONLY_ONE = -1


def _case(found: ReadingSet, k: int, level: int) -> str:
    return next(filter(None, found.names[k]), "the case") if level == _ONLY_ONE else found.names[k][level]


def _name_level(one: ReadingSet, other: ReadingSet) -> int:
    """Which of their names tells the readings of either side apart and has a case on both."""
    if len(one.readings) == len(other.readings) == 1 and (not any(one.names[0]) or not any(other.names[0])):
        return _ONLY_ONE
    doubled: list[str] = []
    for level in range(min(len(names) for s in (one, other) for names in s.names)):
        ours, theirs = ([names[level] for names in s.names] for s in (one, other))
        if not all(ours) or not all(theirs) or not set(ours) & set(theirs):
            continue
        if twice := [name for side in (ours, theirs) for name in side if side.count(name) > 1]:
            doubled += twice
            continue
        return level
    if doubled:
        raise InputError(
            f"One reading a case is wanted on either side, {doubled[0]!r} stands there more than once: "
            "choose one assessor with --reader-a and --reader-b, or take the other rows out of the table."
        )
    raise InputError("Two readings of the same cases are wanted, no case stands on both sides: check that the cases' names are the same.")


def read_set(path: Path, reader: str = "", progress: Progress = no_progress) -> ReadingSet:
    """The readings at `path`; of `reader` alone, where one is named and tables say who read."""
    if not path.exists():
        raise InputError(f"A result folder, a table or a label map is wanted, {path} does not exist: check the path.")
    tables = sorted(path.rglob(CSV_NAME)) if path.is_dir() else [path] if path.suffix.lower() == ".csv" else []
    if tables:
        found = _of_tables(path, tables, reader, progress)
    elif path.is_dir():
        found = _of_maps(path, progress)
    elif is_nifti(path):
        found = ReadingSet((_of_map(path, ""),), (("",),))
    else:
        raise InputError(f"A result folder, a CSV table or a NIfTI label map is wanted, {path.name} is none of them: check the path.")
    if not found.readings:
        whose = f" by {reader!r}" if reader else ""
        raise InputError(f"Readings{whose} are wanted in {path}, none came: give a result folder, a table, or a folder of label maps.")
    return found


def _of_tables(path: Path, tables: Sequence[Path], reader: str, progress: Progress) -> ReadingSet:
    readings, names, lost = [], [], 0
    listed = [(table, row) for table in tables for row in parse_readings(_text_of(table), str(table)) if reader in ("", row.reading.reader)]
    for k, (table, row) in enumerate(listed):
        progress(k / len(listed), f"reading {k + 1} of {len(listed)}")
        reading, is_lost = _with_maps(row, table.parent)
        readings.append(reading)
        names.append(row.names)
        lost += is_lost
    words = f"{lost} of the drawings that the tables in {path} name are not there: these cases are compared by their numbers alone."
    return ReadingSet(tuple(readings), tuple(names), (words,) if lost else ())


def _text_of(table: Path) -> str:
    try:
        return table.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"A table in UTF-8 is wanted in {table}, another encoding came: save it as CSV in UTF-8.") from error
    except OSError as error:
        raise InputError(f"A table is wanted in {table}, it cannot be read ({error.strerror}): check the path and its rights.") from error


def _with_maps(row: ListedReading, folder: Path) -> tuple[Reading, bool]:
    """The reading with its drawing, and whether a drawing that the row names is missing."""
    if not row.regions_file:
        return row.reading, False
    regions_path = _inside(folder, row.regions_file)
    if not regions_path.is_file():
        return row.reading, True
    reading = _of_map(regions_path, row.reading.case)
    tissues_path = _inside(folder, row.tissues_file) if row.tissues_file else None
    tissues = read_label_slice(tissues_path, Tissue) if tissues_path and tissues_path.is_file() else None
    if tissues is not None and tissues.labels.shape != (reading.regions is not None and reading.regions.shape):
        raise InputError(f"Tissues on the grid of the regions are wanted, {row.tissues_file} lies on another: measure the case anew.")
    return replace(
        row.reading,
        regions=reading.regions,
        tissues=None if tissues is None else tissues.labels,
        pixel_spacing_mm=reading.pixel_spacing_mm,
        origin_xy_mm=reading.origin_xy_mm,
        z_mm=reading.z_mm if row.reading.z_mm is None else row.reading.z_mm,
    ), False


def _inside(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"A file beside its table is wanted, {name!r} lies elsewhere: keep drawings in the table's folder.")
    return path


def _of_maps(folder: Path, progress: Progress) -> ReadingSet:
    """Every label map in `folder` and below is one case, called like the file."""
    files = [f for f in sorted(folder.rglob("*")) if is_nifti(f) and f.is_file() and not f.name.startswith(_NOT_COMPARED)]
    readings = []
    for k, file in enumerate(files):
        progress(k / len(files), f"label map {k + 1} of {len(files)}")
        readings.append(_of_map(file, file.name))
    named = tuple((_stem(file.relative_to(folder).as_posix()),) for file in files)
    return ReadingSet(tuple(readings), named)


def _stem(name: str) -> str:
    return name.removesuffix(".gz").removesuffix(".nii")


def _of_map(path: Path, case: str) -> Reading:
    drawn = read_label_slice(path, Region)
    return Reading(
        case=case or path.name,
        regions=drawn.labels,
        pixel_spacing_mm=drawn.pixel_spacing_mm,
        origin_xy_mm=drawn.origin_xy_mm,
        z_mm=drawn.z_mm,
    )
