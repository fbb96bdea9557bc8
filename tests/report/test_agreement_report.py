"""Tables, plots and words of an agreement say the same numbers, and name what is not available."""

from __future__ import annotations

import csv
import io
import math
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
from matplotlib.image import imread

from napari_t12_bodycomp.cohort.agreement import compare
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.agreement import Agreement
from napari_t12_bodycomp.model.reading import Reading
from napari_t12_bodycomp.model.tissue import Tissue
from napari_t12_bodycomp.report.agreement_csv import agreement_csv, cases_csv
from napari_t12_bodycomp.report.agreement_json import agreement_json
from napari_t12_bodycomp.report.agreement_text import agreement_markdown, agreement_text, coefficient, figure
from napari_t12_bodycomp.report.bland_altman_png import bland_altman_png
from napari_t12_bodycomp.report.indices_csv import COLUMNS, as_text
from napari_t12_bodycomp.report.readings_csv import parse_readings

SMI = {"a": (40.0, 41.0), "b": (50.0, 49.5), "c": (35.0, 36.0), "d": (44.0, 44.0), "e": (47.0, math.nan)}


def _side(side: int, reader: str) -> list[Reading]:
    return [
        Reading(case, reader, {Tissue.MUSCLE: 2.5 * v[side]}, {"SMI": v[side]}, 30.0, z_mm=-600.0 + 5 * side) for case, v in SMI.items()
    ]


@pytest.fixture
def agreement() -> Agreement:
    return compare([*_side(0, "ann"), Reading("=1+1", "ann")], _side(1, "ben"))


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_one_row_a_quantity_with_its_numbers(agreement: Agreement) -> None:
    rows = {row["quantity"]: row for row in _rows(agreement_csv(agreement))}
    smi = rows["smi_cm2_m2"]
    assert (smi["n"], smi["n_left_out"], smi["unit"]) == ("4", "1", "cm2/m2")
    assert float(smi["bias"]) == pytest.approx((-1 + 0.5 - 1 + 0) / 4)
    assert float(smi["tem"]) == pytest.approx(math.sqrt(2.25 / 8))
    found = next(q for q in agreement.quantities if q.quantity.name == "smi_cm2_m2")
    assert float(smi["icc_2_1"]) == pytest.approx(found.icc["ICC(2,1)"].value, rel=1e-9)
    assert float(smi["icc_3_1_ci_low"]) == pytest.approx(found.icc["ICC(3,1)"].ci[0], rel=1e-9)
    assert float(rows["z_mm"]["bias"]) == -5


def test_what_is_not_available_is_an_empty_cell_with_a_reason(agreement: Agreement) -> None:
    rows = {row["quantity"]: row for row in _rows(agreement_csv(agreement))}
    smd = rows["smd_hu"]
    assert smd["icc_2_1"] == smd["ccc"] == "" and smd["bias"] == "0"
    assert "all cases have the same value" in smd["not_available"]
    vsr = rows["vsr"]
    assert vsr["n"] == "0" and vsr["bias"] == vsr["mean_first"] == vsr["dice_median"] == ""
    assert "there are 0" in vsr["not_available"]
    assert rows["z_mm"]["mean_first"] == rows["z_mm"]["icc_2_1"] == ""


def test_the_document_lists_every_column(agreement: Agreement) -> None:
    document = (Path(__file__).resolve().parents[2] / "docs" / "agreement.md").read_text(encoding="utf-8")
    rows = document.split("## Columns of `agreement.csv`")[1].split("## Sources")[0].splitlines()[4:]
    patterns = [name for row in rows if row.startswith("|") for name in re.findall(r"`([^`]+)`", row.split("|")[1])]
    header = agreement_csv(agreement).splitlines()[0].split(",")
    assert [name for name in header if not any(fnmatch(name, pattern) for pattern in patterns)] == []
    assert [pattern for pattern in patterns if not any(fnmatch(name, pattern) for name in header)] == []


def test_one_row_a_case_and_the_unpaired_are_named(agreement: Agreement) -> None:
    rows = _rows(cases_csv(agreement))
    assert [(row["case"], row["compared"]) for row in rows] == [*((c, "yes") for c in "abcde"), ("'=1+1", "no: only in the first set")]
    assert float(rows[0]["difference_smi_cm2_m2"]) == -1
    assert (rows[0]["level_difference_mm"], rows[0]["same_slice"]) == ("-5", "no")
    assert (rows[4]["second_smi_cm2_m2"], rows[4]["difference_smi_cm2_m2"]) == ("", "")
    assert rows[0]["why_no_overlap"] == "neither reading has a drawing here"
    assert rows[0]["dice_muscle"] == ""


def test_the_report_says_counts_readers_and_what_is_missing(agreement: Agreement) -> None:
    text = agreement_markdown(agreement, "Trial")
    assert text.startswith("# Trial\n")
    assert "5 cases were read twice, first by ann and second by ben." in text
    assert "Only in the first set, and not compared (1): =1+1." in text
    assert "| SMI, cm2/m2 | 4 | 1 | 44.00 |" not in text and "| SMI, cm2/m2 | 4 | 1 | 42.25 | 42.62 |" in text
    assert "Both measured the same slice in 0 of 5 cases" in text
    assert "visceral fat area" in text.split("## What is not available")[1]
    assert "nan" not in text.lower()
    assert "-0.38" in agreement_text(agreement)


def test_json_holds_no_nan(agreement: Agreement) -> None:
    found = agreement_json(agreement)
    assert found["quantities"]["smi_cm2_m2"]["bias"] == pytest.approx(-0.375)
    assert found["quantities"]["smd_hu"]["icc"]["ICC(2,1)"]["value"] is None
    assert "nan" not in str(found).lower()


def test_the_plots_are_the_same_bytes_each_time(agreement: Agreement) -> None:
    png = bland_altman_png(agreement, "Trial")
    assert png == bland_altman_png(agreement, "Trial")
    assert imread(io.BytesIO(png)).shape[1] > 1000


def test_nothing_to_plot_is_said_on_the_sheet() -> None:
    assert bland_altman_png(compare([Reading("a")], [Reading("a")]), "Nothing")


@pytest.mark.parametrize(("value", "words"), [(0.99996, ">0.999"), (1.0, "1.000"), (0.9994, "0.999"), (-0.2, "-0.200"), (math.nan, "n/a")])
def test_a_coefficient_that_is_not_quite_one_does_not_read_as_one(value: float, words: str) -> None:
    assert coefficient(value) == words


@pytest.mark.parametrize(("value", "words"), [(0.0, "0.00"), (-0.0, "0.00"), (0.0346, "0.035"), (-12.345, "-12.35"), (math.nan, "n/a")])
def test_small_numbers_keep_two_digits(value: float, words: str) -> None:
    assert figure(value) == words


def test_a_table_is_read_back_as_readings() -> None:
    text = "\ufeffcase_id,assessor,smi_cm2_m2,vsr,smd_hu,muscle_area_cm2,z_mm\n'=x,ann,40.5,,NA,100,-600.5\n"
    (row,) = parse_readings(text, "t.csv")
    assert (row.names[0], row.reading.reader, row.reading.z_mm) == ("=x", "ann", -600.5)
    assert row.reading.indices["SMI"] == 40.5
    assert row.reading.areas_cm2[Tissue.MUSCLE] == 100
    assert all(map(math.isnan, (row.reading.indices["VSR"], row.reading.smd_hu, row.reading.areas_cm2[Tissue.VISCERAL_FAT])))


def test_numbers_that_a_spreadsheet_rewrote_are_the_same_scan_and_protocol() -> None:
    numbers = {
        "slab_mm": "5.00",
        "muscle_hu_min": "-29",
        "acquisition_number": "1",
        "smd_hu": "40",
        "series_instance_uid": "1.20",
        "case_id": "a",
    }
    header = [c.name for c in COLUMNS]
    numeric = {name: "" for name in header if name.endswith(("_cm2", "_mm", "smi_cm2_m2", "vfi_cm2_m2", "sfi_cm2_m2")) or name == "vsr"}
    texts = [
        as_text(["case_id", *header], [dict.fromkeys(header, "x") | numeric | numbers | changed])
        for changed in ({}, {"slab_mm": "5", "acquisition_number": "1.0"})
    ]
    one, other = (parse_readings(text, "t.csv")[0].reading for text in texts)
    assert one.scan == other.scan == "1.20 acquisition 1"
    assert one.protocol == other.protocol and "slab_mm=5" in one.protocol


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "case_id or patient_id"),
        ("case_id,weight\na,3\n", "other columns came"),
        ("smi_cm2_m2\n3\n", "other columns came"),
        ("case_id,smi_cm2_m2\na,3,4\n", "as many cells"),
        ('case_id,smi_cm2_m2\na,"40,5"\n', "line 2, column smi_cm2_m2, '40,5' came"),
        ("case_id,smi_cm2_m2\na,-3\n", "0 or more"),
        ("case_id,smd_hu\na,inf\n", "column smd_hu"),
        ("case_id,smd_hu\n" + "a" * 200_000 + ",1\n", "cannot be read as CSV"),
    ],
)
def test_another_table_is_refused_with_a_sentence(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_readings(text, "t.csv")
