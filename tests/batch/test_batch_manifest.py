"""Manifests as people and spreadsheets write them: read right, or refused with the line, before any work starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from batch_trial import read

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.manifest import COLUMNS, column_names
from napari_t12_bodycomp.workflow.manifest import BadManifest, read_manifest


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "m.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_every_column_and_what_is_carried_along(tmp_path: Path) -> None:
    manifest = read(
        written(
            tmp_path,
            "case_id,path,series,acquisition,height_m,height_source,weight_kg,sex,z_mm,level_reason,regions,preset,slab_mm,rush\n"
            'P-1,scans/one,1.2.3,2,1.72,bedside,70,f,-664.8,counted from T1,r.nii.gz,alberta,5,"18, slow"\n',
        )
    )
    (case,) = manifest.cases
    assert (case.series, case.acquisition, case.height_m, case.height_source) == ("1.2.3", 2, 1.72, "bedside")
    assert (case.weight_kg, case.sex, case.z_mm, case.level_reason, case.regions) == (70, "F", -664.8, "counted from T1", "r.nii.gz")
    assert manifest.place(case.path) == tmp_path / "scans" / "one"
    assert manifest.protocol == {"preset": "alberta", "slab_mm": "5"}
    assert manifest.other_columns == ("rush",) and case.others == {"rush": "18, slow"}


@pytest.mark.parametrize(
    "content",
    [
        "case_id,path,height_m\nP-1,a,1.72\n\n,,\nP-2,b,\n",
        "\ufeffcase_id,path,height_m\r\nP-1,a,1.72\r\nP-2,b,NA\r\n",
        "sep=;\r\nCase ID;Path;Height_M;\r\nP-1;a;1,72;\r\nP-2;b;;\r\n",
        "case_id\tpath\theight_m\nP-1\ta\t1,72\nP-2\tb\tn/a",
        '"case_id","path","height_cm"\n"P-1","a","172"\n"P-2","b",""\n',
    ],
    ids=["empty lines", "bom and crlf", "semicolons", "tabs", "quotes and cm"],
)
def test_spreadsheets_of_all_countries(tmp_path: Path, content: str) -> None:
    manifest = read(written(tmp_path, content))
    assert [(c.case_id, c.path, c.height_m) for c in manifest.cases] == [("P-1", "a", 1.72), ("P-2", "b", None)]


def test_a_path_with_backslashes_is_found(tmp_path: Path) -> None:
    (tmp_path / "scans" / "one").mkdir(parents=True)
    manifest = read(written(tmp_path, "case_id,path\nP-1,scans\\one\n"))
    assert manifest.place(manifest.cases[0].path).is_dir()


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("case_id,path,height_m\nP-1,a,1.7\nP-2,b,170\n", 3, "170 came: name the column height_cm"),
        ("case_id,path,height_cm\nP-1,a,1.7\n", 2, "name the column height_m"),
        ("case_id,path,height_m\nP-1,a,0\n", 2, "check the unit"),
        ('case_id,path,height_m\nP-1,a,"1,70"\n', 2, "decimal point"),
        ("case_id,path,height_m\nP-1,a,tall\n", 2, "'tall' came"),
        ("case_id,path,weight_kg\nP-1,a,7000\n", 2, "weight between"),
        ("case_id,path\nP-1,a\n\nP-1,b\n", 4, "line 2 already"),
        ("case_id,path\nP-1,a\np-1,b\n", 3, "capital letters only"),
        ("case_id,path\n,a\n", 2, "case_id of 1 to 80"),
        ("case_id,path\nP-1,\n", 2, "path to the scan"),
        ("case_id,path\nP-1,a,b\n", 2, "3 came"),
        ("case_id,path,sex\nP-1,a,x\n", 2, "M, F or O"),
        ("case_id,path,acquisition\nP-1,a,1.5\n", 2, "whole number"),
        ("case_id,path,level_reason\nP-1,a,because\n", 2, "give z_mm too"),
        ("case_id,path,preset\nP-1,a,alberta\nP-2,b,\n", 3, "One protocol for one table"),
        ("case_id,path,crura\nP-1,a,yes\n", 2, "include or exclude is wanted as crura"),
        ("case_id,path,preset\nP-1,a,mine\n", 2, "A HU preset out of"),
        ("case_id,path,hight_m\nP-1,a,1.7\n", 1, "looks like height_m"),
        ("case_id,path,height\nP-1,a,1.7\n", 1, "looks like height_m or height_cm"),
        ("case_id,path,height_m,height_cm\nP-1,a,1.7,170\n", 1, "take one out"),
        ("case_id,path,path\nP-1,a,b\n", 1, "path came twice"),
        ("case_id,path,series,SeriesInstanceUID\nP-1,a,1,1\n", 1, "looks like series_instance_uid"),
        ("case_id,path,patient_name\nP-1,a,Doe\n", 1, "says who somebody is"),
        ("case,scan\nP-1,a\n", 1, "add case_id"),
        ("case_id,path\n", 1, "holds none"),
        ("", 1, "case_id and path are wanted"),
        ('case_id,path\n"P-1"x,a\n', 2, "cannot be read"),
    ],
)
def test_a_bad_row_is_named_by_its_line(tmp_path: Path, content: str, line: int, words: str) -> None:
    bad = read_manifest(written(tmp_path, content))
    assert isinstance(bad, BadManifest)
    assert bad.bad[0].line == line and words in bad.bad[0].sentence
    assert bad.sentence().startswith(f"Line {line} of the manifest: ")


def test_all_bad_rows_are_counted(tmp_path: Path) -> None:
    bad = read_manifest(written(tmp_path, "case_id,path,height_m\nP-1,a,170\nP-2,b,1.7\nP-1,c,1.8\n"))
    assert isinstance(bad, BadManifest) and [row.line for row in bad.bad] == [2, 4]
    assert "1 more bad row" in bad.sentence()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("case_id,path\nP-1,a\nP-2,M\u00fcller\n".encode("latin-1"), "line 3"),
        ("case_id,path\nP-1,a\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_another_encoding_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_manifest(written(tmp_path, content))


def test_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_manifest(tmp_path / "no.csv")


def test_a_covariate_may_have_any_other_name() -> None:
    names = ["case_id", "path", "age", "BMI", "rush_month_1", "group", "acquisition_date", "height_at_age_20", "smoking"]
    assert column_names(names) == names
    assert set(column_names(list(COLUMNS[:4]) + list(COLUMNS[5:]))) == set(COLUMNS) - {"height_m"}
