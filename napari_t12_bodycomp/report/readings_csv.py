"""Tables of measurements read back as readings: our own ones, a study's export, and others that use the same column names."""

from __future__ import annotations

import contextlib
import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.reading import NAN, Reading
from napari_t12_bodycomp.model.tissue import Tissue
from napari_t12_bodycomp.report.indices_csv import FORMULA_STARTS, Row

_AREAS = {t: f"{t.key}_area_cm2" for t in Tissue}
_INDICES = {"SMI": "smi_cm2_m2", "VFI": "vfi_cm2_m2", "SFI": "sfi_cm2_m2", "VSR": "vsr"}
_NUMBERS = frozenset({*_AREAS.values(), *_INDICES.values(), "smd_hu"})
_NAMES = ("case_id", "case", "patient_id")
_PROTOCOL = (
    "hu_preset",
    *(f"{t.key}_hu_{end}" for t in Tissue for end in ("min", "max")),
    "slab_mm",
    "intercostals_are_muscle",
    "crura_are_muscle",
    "thoracic_fat_is_visceral",
    "gas_rims_are_fat",
)
_UNKNOWN = frozenset({"", "na", "n/a", "nan", "null", "none"})


@dataclass(frozen=True, slots=True)
class ListedReading:
    """A row as a reading, its possible names from short to long, and the files that it names ("" for none).

    The names are: the case's, that with the date of the study, that with the scan, and the scan alone.
    """

    reading: Reading
    names: tuple[str, ...]
    regions_file: str
    tissues_file: str


def parse_readings(text: str, where: str) -> list[ListedReading]:
    """The rows of a table as readings, named by their line until a name is chosen.

    Raises
    ------
    InputError
        Where it is not a table of measurements of named cases, or a cell holds no number; `where` names the table.
    """
    try:
        lines = [line for line in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")) if any(line)]
    except csv.Error as error:
        raise InputError(f"A table is wanted in {where}, it cannot be read as CSV: save it anew.") from error
    header = [name.strip() for name in lines[0]] if lines else []
    if not _NUMBERS & set(header) or not ({*_NAMES, "series_instance_uid"} & set(header)):
        raise InputError(
            f"A table with a column case_id or patient_id and columns such as smi_cm2_m2 is wanted in {where}, other columns came: "
            "name them as in indices.csv."
        )
    if any(len(line) != len(header) for line in lines) or len(set(header)) != len(header):
        raise InputError(f"A table whose rows have as many cells as its header is wanted in {where}, another came: save it anew as CSV.")
    rows = (dict(zip(header, map(str.strip, line), strict=True)) for line in lines[1:])
    return [_listed(row, number, where) for number, row in enumerate(rows, 2)]


def _listed(row: Row, line: int, where: str) -> ListedReading:
    def number(column: str, low: float = -math.inf) -> float:
        return _number(row.get(column, ""), low, f"{where}, line {line}, column {column}")

    spacing = number("pixel_spacing_row_mm", 0), number("pixel_spacing_column_mm", 0)
    scan = _scan(row)
    reading = Reading(
        case=f"line {line}",
        reader=_text(row, "assessor"),
        areas_cm2={tissue: number(column, 0) for tissue, column in _AREAS.items()},
        indices={name: number(column, 0) for name, column in _INDICES.items()},
        smd_hu=number("smd_hu"),
        pixel_spacing_mm=spacing if min(spacing) > 0 else None,
        z_mm=None if math.isnan(z := number("z_mm")) else z,
        scan=scan,
        protocol=" ".join(f"{name}={_plain(row[name])}" for name in _PROTOCOL) if row.keys() >= set(_PROTOCOL) else "",
    )
    name = next((found for column in _NAMES if (found := _text(row, column))), "")
    date = _text(row, "study_date")
    names = (name, f"{name}, {date}" if name and date else "", f"{name}, {scan}" if name and scan else "", scan)
    return ListedReading(reading, names, _text(row, "regions_file"), _text(row, "tissues_file"))


def _scan(row: Mapping[str, str]) -> str:
    series, acquisition = _text(row, "series_instance_uid"), _plain(_text(row, "acquisition_number"))
    return " ".join(filter(None, [series, acquisition and f"acquisition {acquisition}"])) if series else ""


def _text(row: Mapping[str, str], column: str) -> str:
    """A cell's text, without the apostrophe that keeps spreadsheets from running it."""
    cell = row.get(column, "")
    return cell[1:] if cell.startswith(tuple("'" + start for start in FORMULA_STARTS)) else cell


def _plain(cell: str) -> str:
    """A cell as text that stays the same when a spreadsheet rewrites its number."""
    with contextlib.suppress(ValueError):
        return f"{float(cell):g}"
    return cell


def _number(cell: str, low: float, where: str) -> float:
    if cell.lower() in _UNKNOWN:
        return NAN
    try:
        value = float(cell)
    except ValueError:
        value = math.inf
    if math.isinf(value) or value < low:
        wanted = "A number" if math.isinf(low) else "A number of 0 or more"
        raise InputError(f"{wanted} with a decimal point is wanted in {where}, {cell[:20]!r} came: correct it, or leave the cell empty.")
    return value
