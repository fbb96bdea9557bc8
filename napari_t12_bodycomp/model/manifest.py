"""The manifest of a batch: which columns it may have, and what is wrong with a row."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.model.case_list import NAMING_WORDS
from napari_t12_bodycomp.model.level_choice import MAX_REASON
from napari_t12_bodycomp.model.subject import HEIGHT_RANGE_M, WEIGHT_RANGE_KG
from napari_t12_bodycomp.model.tissue import preset

PROTOCOL_COLUMNS = ("preset", "slab_mm", "intercostals", "crura", "thoracic_fat", "fat_rims")
"""Named as on the command line; they must say the same on every row, since one table has one protocol."""
COLUMNS = (
    "case_id",
    "path",
    "series",
    "acquisition",
    "height_m",
    "height_cm",
    "height_source",
    "weight_kg",
    "sex",
    "patient_id",
    "z_mm",
    "level_reason",
    "regions",
    "assessor",
    *PROTOCOL_COLUMNS,
)
"""Columns with a meaning; any other one is carried along into the table."""
OTHER_NAMES = {"series_instance_uid": "series", "acquisition_number": "acquisition"}
"""The same columns as other tables of this program name them."""
MAX_CASE_ID = 80
_PROTOCOL_WORDS = {
    "intercostals": ("include", "exclude"),
    "crura": ("include", "exclude"),
    "thoracic_fat": ("include", "exclude"),
    "fat_rims": ("keep", "exclude"),
}
_STEMS = {"height": "height_m or height_cm", "weight": "weight_kg", "z": "z_mm", "slab": "slab_mm", "file": "path", "folder": "path"}
_ALIKE = 0.85
"""Names that share so much of their letters are taken for a slip of the hand (1: the same)."""
_UNKNOWN = frozenset({"", "na", "n/a", "nan"})


@dataclass(frozen=True, slots=True)
class ManifestCase:
    """One good row. Unknown numbers are None, words "" where nothing is said."""

    line: int
    case_id: str
    path: str
    series: str = ""
    acquisition: int | None = None
    height_m: float | None = None
    height_source: str = ""
    weight_kg: float | None = None
    sex: str = ""
    patient_id: str = ""
    z_mm: float | None = None
    level_reason: str = ""
    regions: str = ""
    assessor: str = ""
    protocol: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)
    """Cells of columns without a meaning here, by the name of the column."""


def plain_name(name: str) -> str:
    """A column's name as it is looked up: small letters, underscores, the other tables' names turned into ours."""
    plain = "_".join(name.strip().lower().replace("-", " ").split())
    return OTHER_NAMES.get(plain, plain)


def column_names(header: Sequence[str]) -> list[str]:
    """Names of the columns: ours in their own spelling, others as they were written. UsageError says what is wrong with the header."""
    names = [plain if (plain := plain_name(name)) in COLUMNS else name.strip() for name in header]
    if "" in names:
        raise UsageError(f"A name for each column is wanted, column {names.index('') + 1} has none.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"Each column once is wanted, {', '.join(twice)} came twice.")
    for name in names:
        if name not in COLUMNS:
            _refuse_slip(name)
    for name in ("case_id", "path"):
        if name not in names:
            raise UsageError(f"The columns case_id and path are wanted, {', '.join(names)[:200]} came: add {name}.")
    if {"height_m", "height_cm"} <= set(names):
        raise UsageError("One column of heights is wanted, height_m and height_cm came: take one out.")
    return names


def _refuse_slip(name: str) -> None:
    plain = plain_name(name)
    if plain in NAMING_WORDS:
        raise UsageError(f"The column {name!r} says who somebody is, and names and dates of birth are never kept: take it out.")
    meant = _STEMS.get(plain) or next(iter(difflib.get_close_matches(plain, (*COLUMNS, *OTHER_NAMES), 1, _ALIKE)), None)
    if meant:
        raise UsageError(
            f"The column {name!r} looks like {meant}: write it like that, or give it a name that looks like no column of ours."
        )


def manifest_case(line: int, cells: Mapping[str, str], has_decimal_comma: bool = False) -> ManifestCase:
    """The case of a row, whose cells go by the names of `column_names`; UsageError says what is wrong with it."""
    case_id = cells["case_id"]
    if not case_id or len(case_id) > MAX_CASE_ID or not case_id.isprintable():
        came = "nothing came" if not case_id else f"{case_id[:MAX_CASE_ID]!r} came"
        raise UsageError(f"A case_id of 1 to {MAX_CASE_ID} printable characters is wanted, {came}.")
    if not cells["path"]:
        raise UsageError(f"A path to the scan of {case_id!r} is wanted, the cell is empty.")
    sex = cells.get("sex", "").upper()
    if sex not in ("", "M", "F", "O"):
        raise UsageError(f"M, F or O is wanted as sex, {cells['sex']!r} came.")

    def number(name: str) -> float | None:
        return _number(cells.get(name, ""), name, has_decimal_comma)

    acquisition, z_mm, reason = number("acquisition"), number("z_mm"), cells.get("level_reason", "")
    if acquisition is not None and acquisition != int(acquisition):
        raise UsageError(f"A whole number is wanted as acquisition, {cells['acquisition']!r} came.")
    if reason and z_mm is None:
        raise UsageError("A level_reason belongs to a level that is set by hand: give z_mm too, or empty the cell.")
    if len(reason) > MAX_REASON:
        raise UsageError(f"A level_reason of at most {MAX_REASON} letters is wanted, {len(reason)} came.")
    height_m = _height_m(number("height_m"), number("height_cm"))
    return ManifestCase(
        line,
        case_id,
        cells["path"],
        cells.get("series", ""),
        None if acquisition is None else int(acquisition),
        height_m,
        cells.get("height_source", "") if height_m is not None else "",
        _weight_kg(number("weight_kg")),
        sex,
        cells.get("patient_id", ""),
        z_mm,
        reason,
        cells.get("regions", ""),
        cells.get("assessor", ""),
        _protocol(cells, number("slab_mm")),
        {name: text for name, text in cells.items() if name not in COLUMNS},
    )


def _protocol(cells: Mapping[str, str], slab_mm: float | None) -> dict[str, str]:
    said = {name: cells[name] for name in PROTOCOL_COLUMNS if cells.get(name)}
    if "preset" in said:
        preset(said["preset"])
    for name, words in _PROTOCOL_WORDS.items():
        if said.get(name, words[0]) not in words:
            raise UsageError(f"{' or '.join(words)} is wanted as {name}, {said[name][:40]!r} came.")
    return said if slab_mm is None else said | {"slab_mm": f"{slab_mm:g}"}


def _number(text: str, name: str, has_decimal_comma: bool) -> float | None:
    if text.lower() in _UNKNOWN:
        return None
    try:
        value = float(text.replace(",", ".") if has_decimal_comma else text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"A number with a decimal point is wanted as {name}, {text[:40]!r} came: correct it, or leave the cell empty.")
    return value


def _height_m(in_m: float | None, in_cm: float | None) -> float | None:
    height = in_m if in_cm is None else in_cm / 100.0
    if height is None or HEIGHT_RANGE_M[0] <= height <= HEIGHT_RANGE_M[1]:
        return height
    low, high = HEIGHT_RANGE_M
    if in_cm is None:
        hint = "name the column height_cm" if low <= height / 100 <= high else "check the unit, or leave the cell empty"
        raise UsageError(f"A height between {low:g} and {high:g} m is wanted as height_m, {height:g} came: {hint}.")
    hint = "name the column height_m" if low <= in_cm <= high else "check the unit, or leave the cell empty"
    raise UsageError(f"A height between {100 * low:g} and {100 * high:g} cm is wanted as height_cm, {in_cm:g} came: {hint}.")


def _weight_kg(weight: float | None) -> float | None:
    low, high = WEIGHT_RANGE_KG
    if weight is not None and not low <= weight <= high:
        raise UsageError(
            f"A weight between {low:g} and {high:g} kg is wanted as weight_kg, {weight:g} came: check it, or leave the cell empty."
        )
    return weight
