"""The table: columns, cells, and which rows are the same measurement."""

from __future__ import annotations

import csv
import io

import pytest

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.report.indices_csv import COLUMNS, HEADER, as_text, cell, key, merged, parse

PROMISED = [
    "patient_id",
    "study_instance_uid",
    "series_instance_uid",
    "sop_instance_uid",
    "slice_index",
    "z_mm",
    "level_method",
    "level_confirmed_by",
    "hu_preset",
    "muscle_area_cm2",
    "visceral_fat_area_cm2",
    "subcutaneous_fat_area_cm2",
    "intermuscular_fat_area_cm2",
    "smd_hu",
    "height_m",
    "height_source",
    "smi_cm2_m2",
    "vfi_cm2_m2",
    "sfi_cm2_m2",
    "vsr",
    "slice_thickness_mm",
    "kvp",
    "contrast",
    "kernel",
    "quality",
    "status",
    "assessor",
    "reviewer",
    "reviewed_at",
    "software_version",
]


def test_every_promised_column_is_there_once() -> None:
    assert set(PROMISED) <= set(HEADER)
    assert len(set(HEADER)) == len(HEADER)


def test_a_column_with_a_unit_says_it_in_its_name() -> None:
    short = {"HU": "hu", "cm2/m2": "cm2_m2", "years": "years", "kV": "kvp"}
    for column in COLUMNS:
        if column.unit:
            assert short.get(column.unit, column.unit) in column.name, column.name


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert cell(text, "") == "'" + text


def test_numbers_stay_numbers_and_unknown_is_empty() -> None:
    assert cell(-664.8, ".3f") == "-664.800"
    assert cell(float("nan"), ".3f") == ""
    assert cell(float("inf"), ".3f") == ""
    assert cell(None, "") == ""
    assert cell(0.0, ".3f") == "0.000"
    assert cell(-0.0001, ".3f") == "0.000"
    assert cell(True, "") == "yes"


def _row(**changes: str) -> dict[str, str]:
    return (
        dict.fromkeys(HEADER, "") | {"patient_id": "7", "series_instance_uid": "1.2", "z_mm": "-5.000", "hu_preset": "t12-study"} | changes
    )


def test_the_same_measurement_replaces_its_row_and_keeps_its_place() -> None:
    old = [_row(height_m="1.600"), _row(patient_id="8")]
    header, rows = merged(HEADER, old, _row(height_m="1.700"))
    assert header == list(HEADER)
    assert [r["height_m"] for r in rows] == ["1.700", ""]


@pytest.mark.parametrize("column", ["patient_id", "series_instance_uid", "acquisition_number", "z_mm", "hu_preset", "assessor", "slab_mm"])
def test_another_scan_slice_preset_or_assessor_is_another_row(column: str) -> None:
    assert len(merged(HEADER, [_row()], _row(**{column: "9"}))[1]) == 2


def test_a_spreadsheet_that_rewrote_the_numbers_does_not_double_the_row() -> None:
    assert key(_row(z_mm="-5")) == key(_row(z_mm="-5.000"))


def test_patients_007_and_7_are_two_people() -> None:
    assert key(_row(patient_id="007")) != key(_row(patient_id="7"))


def test_columns_that_somebody_added_are_kept_behind_ours() -> None:
    text = as_text([*HEADER, "note"], [_row() | {"note": "seen"}])
    header, rows = merged(*parse(text, "here"), _row(height_m="1.700"))
    assert header == [*HEADER, "note"]
    assert (rows[0]["note"], rows[0]["height_m"]) == ("seen", "1.700")


def test_commas_quotes_and_line_breaks_survive() -> None:
    text = as_text(HEADER, [_row(assessor='A, "B"\nC')])
    assert next(csv.DictReader(io.StringIO(text, newline="")))["assessor"] == 'A, "B"\nC'
    assert parse(text, "here")[1][0]["assessor"] == 'A, "B"\nC'


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "series_instance_uid;z_mm;hu_preset\n1;2;3\n", "series_instance_uid,z_mm,hu_preset\n1,2\n"])
def test_another_table_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="table of measurements"):
        parse(text, "here")
