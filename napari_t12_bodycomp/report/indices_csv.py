"""The table of measurements: one list of columns, one row a measurement.

A row belongs to a *measurement*: the same scan, slice, protocol and assessor. Measuring it again replaces its row; everything else in the
table stays as it is.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.axial_slice import AxialSlice
from napari_t12_bodycomp.model.level_choice import candidates_in_words
from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.tissue import Tissue

Row = dict[str, str]
FILE_COLUMNS = ("overlay_file", "regions_file", "tissues_file")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `format` is a format specification for numbers, "" for text; `get` returns None or NaN where nothing is known."""

    name: str
    unit: str
    format: str
    get: Callable[[Result], object]
    is_key: bool = False
    """Whether rows that differ here are different measurements."""


def _area(tissue: Tissue) -> Callable[[Result], object]:
    return lambda r: r.measurement.areas_cm2[tissue]


def _mean(tissue: Tissue) -> Callable[[Result], object]:
    return lambda r: r.measurement.mean_hu[tissue]


def _index(name: str) -> Callable[[Result], object]:
    return lambda r: r.measurement.indices[name]


def _window(tissue: Tissue, side: str) -> Callable[[Result], object]:
    return lambda r: getattr(r.measurement.protocol.preset.window(tissue), side)


def slice_digest(axial: AxialSlice) -> str:
    """Tells slices apart that carry no UIDs: the beginning of the SHA-256 of the measured HU, little-endian, row by row."""
    return hashlib.sha256(axial.hu.astype("<i2").tobytes()).hexdigest()[:16]


def _second_opinion(result: Result) -> object:
    asked = result.finding.second_opinion if result.finding else None
    return f"{asked.verdict.value} ({asked.source})" if asked else None


COLUMNS: tuple[Column, ...] = (
    Column("patient_id", "", "", lambda r: r.subject.patient_id, is_key=True),
    Column("sex", "", "", lambda r: r.subject.sex),
    Column("age_years", "years", "g", lambda r: r.subject.age_years),
    Column("study_date", "", "", lambda r: r.acquisition.study_date),
    Column("study_instance_uid", "", "", lambda r: r.acquisition.study_instance_uid, is_key=True),
    Column("series_instance_uid", "", "", lambda r: r.acquisition.series_instance_uid, is_key=True),
    Column("acquisition_number", "", "d", lambda r: r.acquisition.acquisition_number, is_key=True),
    Column("sop_instance_uid", "", "", lambda r: r.sop_instance_uid, is_key=True),
    Column("slice_sha256", "", "", lambda r: slice_digest(r.axial), is_key=True),
    Column("slice_index", "", "d", lambda r: r.level.slice_index, is_key=True),
    Column("z_mm", "mm", ".3f", lambda r: r.level.z_mm, is_key=True),
    Column("level_method", "", "", lambda r: r.level.method.value),
    Column("level_status", "", "", lambda r: r.finding.status.value if r.finding else None),
    Column("level_confidence", "", ".2f", lambda r: r.finding.confidence if r.finding else None),
    Column("level_candidates", "", "", lambda r: candidates_in_words(r.finding)),
    Column("level_candidate", "", "", lambda r: r.level.candidate),
    Column("level_reason", "", "", lambda r: r.level.reason),
    Column("level_second_opinion", "", "", _second_opinion),
    Column("level_confirmed_by", "", "", lambda r: r.level.confirmed_by),
    Column("hu_preset", "", "", lambda r: r.measurement.protocol.preset.name, is_key=True),
    *(Column(f"{t.key}_hu_{word}", "HU", "d", _window(t, side)) for t in Tissue for word, side in (("min", "low"), ("max", "high"))),
    Column("slab_mm", "mm", ".2f", lambda r: r.measurement.slab_mm, is_key=True),
    Column("intercostals_are_muscle", "", "", lambda r: r.measurement.protocol.intercostals_are_muscle, is_key=True),
    Column("crura_are_muscle", "", "", lambda r: r.measurement.protocol.crura_are_muscle, is_key=True),
    Column("thoracic_fat_is_visceral", "", "", lambda r: r.measurement.protocol.thoracic_fat_is_visceral, is_key=True),
    Column("gas_rims_are_fat", "", "", lambda r: r.measurement.protocol.gas_rims_are_fat, is_key=True),
    *(Column(f"{t.key}_area_cm2", "cm2", ".3f", _area(t)) for t in Tissue),
    Column("low_attenuation_muscle_area_cm2", "cm2", ".3f", lambda r: r.measurement.low_attenuation_muscle_cm2),
    Column("thoracic_fat_area_cm2", "cm2", ".3f", lambda r: r.measurement.thoracic_fat_cm2),
    Column("gas_rim_area_cm2", "cm2", ".3f", lambda r: r.measurement.gas_rim_cm2),
    Column("smd_hu", "HU", ".2f", lambda r: r.measurement.smd_hu),
    *(Column(f"{t.key}_mean_hu", "HU", ".2f", _mean(t)) for t in Tissue if t is not Tissue.MUSCLE),
    Column("height_m", "m", ".3f", lambda r: r.subject.height_m),
    Column("height_source", "", "", lambda r: r.subject.height_source.value),
    Column("weight_kg", "kg", "g", lambda r: r.subject.weight_kg),
    Column("weight_source", "", "", lambda r: r.subject.weight_source.value),
    Column("smi_cm2_m2", "cm2/m2", ".3f", _index("SMI")),
    Column("vfi_cm2_m2", "cm2/m2", ".3f", _index("VFI")),
    Column("sfi_cm2_m2", "cm2/m2", ".3f", _index("SFI")),
    Column("vsr", "", ".4f", _index("VSR")),
    Column("pixel_spacing_row_mm", "mm", ".6f", lambda r: r.axial.pixel_spacing_mm[0]),
    Column("pixel_spacing_column_mm", "mm", ".6f", lambda r: r.axial.pixel_spacing_mm[1]),
    Column("slice_thickness_mm", "mm", "g", lambda r: r.acquisition.slice_thickness_mm),
    Column("kvp", "kV", "g", lambda r: r.acquisition.kvp),
    Column("contrast", "", "", lambda r: r.acquisition.contrast),
    Column("kernel", "", "", lambda r: r.acquisition.kernel),
    Column("manufacturer", "", "", lambda r: r.acquisition.manufacturer),
    Column("scanner", "", "", lambda r: r.acquisition.scanner),
    Column("quality", "", "", lambda r: ";".join(dict.fromkeys(f.code for f in r.quality))),
    Column("status", "", "", lambda r: r.status),
    Column("regions_origin", "", "", lambda r: r.regions_origin),
    Column("assessor", "", "", lambda r: r.assessor, is_key=True),
    Column("reviewer", "", "", lambda r: r.reviewer),
    Column("reviewed_at", "", "", lambda r: r.reviewed_at),
    Column("software_version", "", "", lambda r: r.software_version),
)
HEADER: tuple[str, ...] = (*(c.name for c in COLUMNS), *FILE_COLUMNS)
_KEYS = tuple(c for c in COLUMNS if c.is_key)


def safe_text(text: str) -> str:
    """`text` as a cell that no spreadsheet runs as a formula: one that starts like a formula gets a leading apostrophe."""
    return "'" + text if text.startswith(FORMULA_STARTS) else text


def cell(value: object, spec: str) -> str:
    """One cell: "" for None and NaN, numbers by `spec`, yes and no for booleans, text made safe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        if not math.isfinite(value):
            return ""
        text = format(value, spec or "g")
        return text.removeprefix("-") if float(text) == 0 else text
    return safe_text(str(value))


def row(result: Result, files: Mapping[str, str] | None = None) -> Row:
    """The row of `result` by column name; `files` fills the file columns."""
    cells = {c.name: cell(c.get(result), c.format) for c in COLUMNS}
    return cells | {name: safe_text((files or {}).get(name, "")) for name in FILE_COLUMNS}


def key(cells: Mapping[str, str]) -> tuple[str, ...]:
    """What makes a row this measurement and no other. Numbers compare as numbers, since spreadsheets rewrite them; "007" is not "7"."""
    return tuple(_comparable(cells.get(c.name) or "", is_number=bool(c.format)) for c in _KEYS)


def _comparable(text: str, is_number: bool) -> str:
    if is_number:
        with contextlib.suppress(ValueError):
            return repr(float(text))
    return text


def parse(text: str, where: str) -> tuple[list[str], list[Row]]:
    """Header and rows of an existing table; InputError where it is not a table of measurements. `where` names it in the message."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    lines = [line for line in reader if line]
    if not lines:
        return list(HEADER), []
    header = lines[0]
    if not {"series_instance_uid", "z_mm", "hu_preset"} <= set(header) or any(len(line) != len(header) for line in lines):
        raise InputError(
            f"A table of measurements is wanted in {where}, other columns came: choose another output directory, or move the file away."
        )
    return header, [dict(zip(header, line, strict=True)) for line in lines[1:]]


def merged(header: Sequence[str], rows: Iterable[Row], new: Row) -> tuple[list[str], list[Row]]:
    """Header and rows with `new` in the place of its earlier version, else at the end. Columns that others added are kept, after ours."""
    extra = [name for name in header if name not in HEADER]
    kept, placed = [], False
    for old in rows:
        if key(old) != key(new):
            kept.append(old)
        elif not placed:
            kept.append({**{name: old.get(name, "") for name in extra}, **new})
            placed = True
    return [*HEADER, *extra], kept if placed else [*kept, new]


def as_text(header: Sequence[str], rows: Iterable[Row]) -> str:
    """The table as text: comma, point, one header, lines end in a line feed."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([cells.get(name, "") for name in header] for cells in rows)
    return out.getvalue()
