"""The table of cases that a study begins with: which columns it may have, and what is wrong with a row."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.model.study import SeriesReference
from napari_t12_bodycomp.model.subject import Subject, ValueSource

COLUMNS = (
    "case_id",
    "patient_id",
    "path",
    "series_instance_uid",
    "study_instance_uid",
    "acquisition_number",
    "sex",
    "age_years",
    "height_m",
    "height_cm",
    "weight_kg",
)
"""Columns with a meaning; any other one is kept as a covariate."""
NAMING_WORDS = frozenset(
    {
        "name",
        "patient_name",
        "patientname",
        "first_name",
        "firstname",
        "last_name",
        "lastname",
        "surname",
        "forename",
        "given_name",
        "initials",
    }
    | {"dob", "date_of_birth", "birth_date", "birthdate", "patientbirthdate", "patient_birth_date", "birthday"}
    | {"address", "phone", "email"}
)
"""Columns that would say who somebody is: refused, since names and dates of birth are never stored."""


@dataclass(frozen=True, slots=True)
class ListedCase:
    """One good row."""

    line: int
    case_id: str
    subject: Subject
    path: str
    series_instance_uid: str = ""
    study_instance_uid: str = ""
    acquisition_number: int | None = None
    covariates: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BadRow:
    """What is wrong with a row; line 1 is the header."""

    line: int
    sentence: str


@dataclass(frozen=True, slots=True)
class CaseList:
    """A case list that was read: nothing of it may be taken in while there is a bad row."""

    cases: tuple[ListedCase, ...]
    bad: tuple[BadRow, ...]


class KnownScans:
    """The scans that have a case: by series and acquisition, or by path where nobody knows the series.

    A series without an acquisition number stands for every one of its acquisitions.
    """

    def __init__(self, series: Mapping[tuple[str, int | None], str], paths: Mapping[str, str]) -> None:
        self._series: dict[str, dict[int | None, str]] = {}
        self._paths = dict(paths)
        for (uid, acquisition), where in series.items():
            self._series.setdefault(uid, {})[acquisition] = where

    def where(self, scan: SeriesReference) -> str:
        """Where the same scan is already, "" for a new one."""
        of_series = self._series.get(scan.series_instance_uid, {}) if scan.series_instance_uid else {}
        if scan.acquisition_number is None and of_series:
            return next(iter(of_series.values()))
        return of_series.get(scan.acquisition_number) or of_series.get(None) or (self._paths.get(scan.path, "") if scan.path else "")

    def note(self, scan: SeriesReference, where: str) -> None:
        """Note that `scan` is there from now on."""
        if scan.series_instance_uid:
            self._series.setdefault(scan.series_instance_uid, {})[scan.acquisition_number] = where
        elif scan.path:
            self._paths[scan.path] = where


def header_problem(header: list[str]) -> str:
    """What is wrong with the columns; "" where nothing is."""
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        return f"Each column once is wanted, {', '.join(twice)} came twice."
    naming = [name for name in header if name.lower().replace(" ", "_") in NAMING_WORDS]
    if naming:
        return f"The column {naming[0]!r} says who somebody is, and names and dates of birth are never stored: take it out."
    if not {"case_id", "patient_id"} & set(header):
        return "A column case_id, or patient_id to make pseudonyms from, is wanted: add one."
    if {"height_m", "height_cm"} <= set(header):
        return "One column of heights is wanted, height_m and height_cm came: take one out."
    return ""


def listed_case(line: int, cells: dict[str, str]) -> ListedCase:
    """The case of a row; UsageError says what is wrong with it."""
    case_id = cells.get("case_id", "")
    if len(case_id) > 80 or not case_id.isprintable():
        raise UsageError("A case_id of at most 80 printable characters is wanted.")
    if not case_id and not cells.get("patient_id"):
        raise UsageError("A case_id or patient_id is wanted, both are empty.")
    sex = cells.get("sex", "").upper()
    if sex not in ("", "M", "F", "O"):
        raise UsageError(f"M, F or O is wanted as sex, {cells['sex']!r} came.")
    height = _number(cells, "height_m")
    if (height_cm := _number(cells, "height_cm")) is not None:
        height = height_cm / 100.0
    weight = _number(cells, "weight_kg")
    age = _number(cells, "age_years")
    if age is not None and not 0 <= age <= 120:
        raise UsageError(f"An age from 0 to 120 years is wanted, {age:g} came.")
    listed = ValueSource.MANIFEST
    subject = Subject(
        cells.get("patient_id", ""),
        sex,
        age,
        height,
        ValueSource.UNKNOWN if height is None else listed,
        weight,
        ValueSource.UNKNOWN if weight is None else listed,
    )
    acquisition = _number(cells, "acquisition_number")
    if acquisition is not None and acquisition != int(acquisition):
        raise UsageError(f"A whole number is wanted as acquisition_number, {cells['acquisition_number']!r} came.")
    return ListedCase(
        line,
        case_id,
        subject,
        cells.get("path", ""),
        cells.get("series_instance_uid", ""),
        cells.get("study_instance_uid", ""),
        None if acquisition is None else int(acquisition),
        {name: text for name, text in cells.items() if name not in COLUMNS and text},
    )


def _number(cells: dict[str, str], name: str) -> float | None:
    text = cells.get(name, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"A number with a decimal point is wanted as {name}, {text!r} came.")
    return value
