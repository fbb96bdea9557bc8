"""A list of cases comes in whole or not at all, and every bad row is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from napari_t12_bodycomp.errors import Cancelled, InputError, Refused
from napari_t12_bodycomp.model.study import Role
from napari_t12_bodycomp.model.worklist import WorklistQuery
from napari_t12_bodycomp.workflow import case_list, case_view, study
from napari_t12_bodycomp.workflow.study import Desk

PASSWORD = "correct horse"
SAMPLE = Path(__file__).resolve().parents[2] / "sample_data" / "chest_5mm"


@pytest.fixture
def lena(tmp_path: Path) -> Desk:
    return study.create_study(tmp_path / "study.sqlite", "Trial", "lena", PASSWORD)


def write(folder: Path, text: str) -> Path:
    file = folder / "cases.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_good_list_is_taken_in(lena: Desk, tmp_path: Path) -> None:
    (tmp_path / "scan").mkdir()
    file = write(
        tmp_path,
        "\ufeffcase_id,path,sex,age_years,height_cm,weight_kg,series_instance_uid,acquisition_number,smoking,note\n"
        'P-1,scan,f,71,160,60.5,1.2.3,2,yes,"a, b"\n\nP-2,,,,,,,,no,\n',
    )
    assert case_list.import_cases(lena, file) == [1, 2]
    one, two = (case_view.case_by_id(lena.store, k) for k in (1, 2))
    assert (one.subject.sex, one.subject.age_years, one.subject.height_m, one.subject.weight_kg) == ("F", 71.0, 1.6, 60.5)
    assert one.subject.height_source.value == "manifest"
    assert (one.series.path, one.series.series_instance_uid, one.series.acquisition_number) == (str(tmp_path / "scan"), "1.2.3", 2)
    assert one.covariates == {"smoking": "yes", "note": "a, b"}
    assert (two.subject.height_m, two.subject.height_source.value, two.covariates) == (None, "", {"smoking": "no"})


def test_every_bad_row_is_named_and_nothing_taken_in(lena: Desk, tmp_path: Path) -> None:
    case_list.import_cases(lena, write(tmp_path, "case_id,series_instance_uid\nP-0,1.2.0\n"))
    rows = [
        "case_id,path,sex,age_years,height_m,weight_kg,series_instance_uid",
        "P-1,,,,1.7,,1.2.1",
        "P-1,,,,,,",
        ",,,,,,",  # no case at all: an empty line
        ",,M,,,,",
        "P-2,nowhere,,,,,",
        "P-3,,X,,,,",
        "P-4,,,200,,,",
        "P-5,,,,170,,",
        "P-6,,,,1.7,6,",
        'P-7,,,,"1,7",,',
        "P-8,,,,1.7",
        "P-0,,,,,,",
        "P-9,,,,,,1.2.1",
        "P-10,,,,,,1.2.0",
        "P-11,,,,nan,,",
    ]
    listed = case_list.read_case_list(lena.store, write(tmp_path, "\n".join(rows)))
    assert [case.case_id for case in listed.cases] == ["P-1"]
    said = {row.line: row.sentence for row in listed.bad}
    assert said == {
        3: "A new case_id is wanted, this one is on line 2 already.",
        5: "A case_id or patient_id is wanted, both are empty.",
        6: "The path leads nowhere: check it, or leave it empty and say later where the files are.",
        7: "M, F or O is wanted as sex, 'X' came.",
        8: "An age from 0 to 120 years is wanted, 200 came.",
        9: "A height between 100 and 250 cm is wanted, 17000 cm came: check the unit, or leave it empty.",
        10: "A weight between 20 and 400 kg is wanted, 6 kg came: check the unit, or leave it empty.",
        11: "A number with a decimal point is wanted as height_m, '1,7' came.",
        12: "7 cells are wanted, as the header has, 5 came.",
        13: "A new case_id is wanted, this one is in the study already.",
        14: "A scan that has no case yet is wanted, this one is on line 2 already: take one of the two out.",
        15: "A scan that has no case yet is wanted, this one is the case 'P-0' already: take one of the two out.",
        16: "A number with a decimal point is wanted as height_m, 'nan' came.",
    }
    with pytest.raises(InputError, match="13 came, the first on line 3"):
        case_list.import_cases(lena, write(tmp_path, "\n".join(rows)))
    assert study.worklist(lena.store, WorklistQuery()).total == 1


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("case_id,Patient Name", "never stored"),
        ("case_id,date_of_birth", "never stored"),
        ("path,sex", "case_id, or patient_id"),
        ("case_id,case_id", "came twice"),
        ("case_id,height_m,height_cm", "One column of heights"),
    ],
)
def test_a_header_that_cannot_be_is_said(lena: Desk, tmp_path: Path, header: str, sentence: str) -> None:
    (bad,) = case_list.read_case_list(lena.store, write(tmp_path, f"{header}\n")).bad
    assert bad.line == 1
    assert sentence in bad.sentence


def test_patient_ids_become_pseudonyms_that_are_the_same_again(lena: Desk, tmp_path: Path) -> None:
    file = write(tmp_path, "patient_id\nPID-1\nPID-2\n")
    case_list.import_cases(lena, file)
    names = [row.pseudonym for row in study.worklist(lena.store, WorklistQuery(sort="id")).rows]
    assert len(set(names)) == 2
    assert not any("PID" in name for name in names)
    assert "PID-1" not in (tmp_path / "study.sqlite").read_bytes().decode("latin-1")
    (first, second) = case_list.read_case_list(lena.store, file).bad
    assert first.sentence == second.sentence == "A new patient_id is wanted, this one is in the study already."


def test_what_is_no_table_is_refused(lena: Desk, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        case_list.read_case_list(lena.store, tmp_path / "none.csv")
    (tmp_path / "latin.csv").write_bytes("case_id,größe\n".encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        case_list.read_case_list(lena.store, tmp_path / "latin.csv")
    with pytest.raises(InputError, match="line 2"):
        case_list.read_case_list(lena.store, write(tmp_path, 'case_id\n"P-1\n'))
    assert case_list.read_case_list(lena.store, write(tmp_path, "case_id\n")).bad[0].sentence.startswith("A row for each case")


def test_only_a_lead_imports(lena: Desk, tmp_path: Path) -> None:
    study.add_account(lena, "ann", PASSWORD, [Role.ASSESSOR])
    ann = study.sign_in(lena.store, "ann", PASSWORD)
    with pytest.raises(Refused, match="Only a lead may import"):
        case_list.import_cases(ann, write(tmp_path, "case_id\nP-1\n"))


def test_one_scan_under_two_paths_and_names_is_refused_in_the_dry_run(lena: Desk, tmp_path: Path) -> None:
    shutil.copytree(SAMPLE, tmp_path / "copy")
    file = write(tmp_path, f"case_id,path\nP-1,{SAMPLE}\nP-2,copy\nP-3,\n")
    listed = case_list.read_case_list(lena.store, file)
    assert [case.case_id for case in listed.cases] == ["P-1", "P-3"] and listed.cases[0].series_instance_uid
    assert [(row.line, "this one is on line 2 already" in row.sentence) for row in listed.bad] == [(3, True)]
    with pytest.raises(InputError, match="the first on line 3"):
        case_list.import_cases(lena, file)
    assert study.worklist(lena.store, WorklistQuery()).total == 0


def test_a_scan_that_has_a_case_comes_in_by_no_other_way(lena: Desk, tmp_path: Path) -> None:
    study.add_account(lena, "ann", PASSWORD, [Role.ASSESSOR])
    ann = study.sign_in(lena.store, "ann", PASSWORD)
    shutil.copytree(SAMPLE, tmp_path / "copy")
    case_list.import_cases(lena, write(tmp_path, "case_id,path\nP-1,copy\n"))
    taken = case_view.case_by_id(lena.store, 1).series
    assert taken.series_instance_uid and taken.study_instance_uid and taken.path == str(tmp_path / "copy")
    with pytest.raises(Refused, match="is the case 'P-1' already"):
        case_list.add_scan(ann, SAMPLE, "P-2")
    uid = f"case_id,series_instance_uid\nP-3,{taken.series_instance_uid}\n"
    for text in (f"case_id,path\nP-2,{SAMPLE}\n", "case_id,path\nP-2,./copy/../copy\n", uid):
        (bad,) = case_list.read_case_list(lena.store, write(tmp_path, text)).bad
        assert "the case 'P-1' already" in bad.sentence


def test_a_series_that_is_not_at_the_path_is_a_bad_row(lena: Desk, tmp_path: Path) -> None:
    file = write(tmp_path, f"case_id,path,series_instance_uid\nP-1,{SAMPLE},1.2.3\nP-2,,1.2.3\n")
    listed = case_list.read_case_list(lena.store, file)
    assert [case.case_id for case in listed.cases] == ["P-2"]
    assert [(row.line, "not among those at the path" in row.sentence) for row in listed.bad] == [(2, True)]


def test_what_has_no_headers_is_told_apart_by_its_path(lena: Desk, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    listed = case_list.read_case_list(lena.store, write(tmp_path, "case_id,path\nP-1,one\nP-2,two\nP-3,two/\nP-4,\nP-5,\n"))
    assert [case.case_id for case in listed.cases] == ["P-1", "P-2", "P-4", "P-5"], "a scan that cannot be read is a case to be excluded"
    assert [row.line for row in listed.bad] == [4]
    case_list.import_cases(lena, write(tmp_path, "case_id,path\nP-1,one\n"))
    (bad,) = case_list.read_case_list(lena.store, write(tmp_path, "case_id,path\nP-9,one\n")).bad
    assert "the case 'P-1' already" in bad.sentence


def test_reading_the_list_says_where_it_is_and_can_be_cancelled(lena: Desk, tmp_path: Path) -> None:
    shutil.copytree(SAMPLE, tmp_path / "copy")
    file = write(tmp_path, f"case_id,path\nP-1,{SAMPLE}\nP-2,copy\n")
    told: list[tuple[float, str]] = []

    def stop(share: float, words: str) -> None:
        told.append((share, words))
        if words.startswith("row 2"):
            raise Cancelled

    with pytest.raises(Cancelled):
        case_list.import_cases(lena, file, stop)
    assert told[0][1].startswith("row 1 of 2") and told == sorted(told) and told[-1][0] < 1
    assert study.worklist(lena.store, WorklistQuery()).total == 0
