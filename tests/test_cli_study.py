"""The study from the command line: one JSON object, exact exit codes, passwords that never stand among the arguments."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import pytest

from napari_t12_bodycomp import cli

SAMPLE = Path(__file__).resolve().parents[1] / "sample_data" / "chest_5mm"
PASSWORD = "correct horse"
Call = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture
def call(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Runs ``study COMMAND ... --json`` in an empty folder; the exit code, the object and standard error."""
    monkeypatch.chdir(tmp_path)
    for name in ("T12_STUDY_DB", "T12_STUDY_PASSWORD", "T12_STUDY_NEW_PASSWORD"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: str, typed: str = PASSWORD) -> tuple[int, dict[str, Any], str]:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in typed.split("|"))))
        with_password = ["--password-stdin"] if "--as" in words or words[0] == "create" else []
        code = cli.main(["study", *words, *with_password, "--json"])
        out, err = capsys.readouterr()
        answer: dict[str, Any] = json.loads(out)
        return code, answer, err

    return run


@pytest.fixture
def study(call: Call) -> Call:
    """A study in the folder's default file: lena leads, ann draws, rev reviews."""
    assert call("create", "--name", "Trial", "--lead", "lena")[0] == 0
    for name, role in (("ann", "assessor"), ("rev", "reviewer")):
        assert call("user", name, "--role", role, "--as", "lena", typed=f"{PASSWORD}|{name}'s password")[0] == 0
    return call


def test_the_whole_way_from_an_empty_folder_to_the_approved_table(study: Call, tmp_path: Path) -> None:
    assert study("user", "--as", "lena")[1]["accounts"][1] == {"name": "ann", "roles": ["assessor"], "disabled": False}
    assert study("add", str(SAMPLE), "--case-id", "P-001", "--height-cm", "165", "--as", "lena")[1]["cases"] == ["P-001"]
    assert study("assign", "P-001", "--assessor", "ann", "--reviewer", "rev", "--as", "lena")[0] == 0
    code, drawn, _ = study("draft", "P-001", "--as", "ann", typed="ann's password")
    assert (code, drawn["version"], drawn["level_confirmed_by"]) == (0, 1, "")
    code, refused, err = study("submit", "P-001", "--as", "ann", typed="ann's password")
    assert (code, refused["status"]) == (3, "error")
    assert "The level is not confirmed" in refused["message"]
    assert refused["message"] in err
    study("draft", "P-001", "--confirm-level", "--as", "ann", typed="ann's password")
    assert study("submit", "P-001", "--as", "ann", typed="ann's password")[1]["state"] == "submitted"
    assert study("return", "P-001", "--reason", "look again", "--as", "rev", typed="rev's password")[1]["state"] == "returned"
    study("submit", "P-001", "--as", "ann", typed="ann's password")
    assert study("approve", "P-001", "--as", "rev", typed="ann's password")[0] == 3
    assert study("approve", "P-001", "--as", "rev", typed="rev's password")[1]["state"] == "approved"
    shown = study("show", "P-001", "--as", "rev", typed="rev's password")[1]
    assert [(r["account"], r["decision"], r["reason"]) for r in shown["reviews"]] == [
        ("rev", "returned", "look again"),
        ("rev", "approved", ""),
    ]
    listed = study("list", "--state", "approved", "--assessor", "ann")[1]
    assert (listed["total"], listed["progress"], listed["cases"][0]["reviewer"]) == (1, "1 of 1 approved", "rev")
    exported = study("export", "--out", "results", "--sheet")[1]
    assert (exported["cases"], exported["without_picture"]) == (1, [])
    assert (tmp_path / "results" / "contact_sheet.pdf").read_bytes().startswith(b"%PDF")
    assert study("export", "--out", "results", "--dicom", "archive")[1]["dicom_cases"] == 1
    (report,) = (tmp_path / "archive").rglob("report.sr.dcm")
    made = pydicom.dcmread(report)
    assert (made.VerificationFlag, str(made.VerifyingObserverSequence[0].VerifyingObserverName)) == ("VERIFIED", "rev")
    scan = pydicom.dcmread(next(SAMPLE.iterdir()))
    assert made.PatientID == scan.PatientID
    assert report.parent.name == f"{scan.SeriesInstanceUID}_{scan.AcquisitionNumber}_15", "each acquisition of a series has its own"
    assert {p.name for p in report.parent.iterdir()} == {"regions.seg.dcm", "tissues.seg.dcm", "report.sr.dcm", "overlay.sc.dcm"}
    assert "P-001" not in str(sorted((tmp_path / "archive").rglob("*")))
    assert {s.SegmentAlgorithmType for s in pydicom.dcmread(report.parent / "regions.seg.dcm").SegmentSequence} == {"AUTOMATIC"}
    happened = study("history", "P-001", "--as", "lena")[1]["history"]
    approval = next(entry for entry in happened if entry["action"] == "case.approve" and entry["table"] == "cases")
    assert (approval["account"], approval["before"]["state"], approval["after"]["state"]) == ("rev", "submitted", "approved")
    with (tmp_path / "results" / "indices.csv").open(encoding="utf-8", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["case_id"], row["status"], row["assessor"], row["reviewer"]) == ("P-001", "approved", "ann", "rev")
    code, verified, _ = study("verify")
    assert (code, verified["status"], verified["findings"]) == (0, "clean", [])
    assert study("verify", "--head", verified["head"])[0] == 0
    assert study("reopen", "P-001", "--reason", "wrong slice", "--as", "lena")[1]["state"] == "returned"


def test_two_people_read_a_case_apart_and_a_third_decides(study: Call, tmp_path: Path) -> None:
    study("user", "ben", "--role", "assessor", "--as", "lena", typed=f"{PASSWORD}|ben's password")
    ann, ben, rev = ({"typed": f"{name}'s password"} for name in ("ann", "ben", "rev"))
    study("add", str(SAMPLE), "--case-id", "P-001", "--height-cm", "165", "--as", "lena")
    study("assign", "P-001", "--assessor", "ann", "--as", "lena")
    chosen = study("double", "--share", "100", "--reread", "100", "--limits", "area=1", "level=4", "--seed", "5", "--as", "lena")[1]
    assert (chosen["seed"], chosen["of_cases"], chosen["double"], chosen["reread"]) == (5, 1, 1, 1)
    assert [(r["kind"], r["reader"]) for r in study("readings", "--as", "lena")[1]["readings"]] == [("double", "ben"), ("reread", "ann")]
    assert study("list", "--reading-by", "ben")[1]["total"] == 1

    assert study("draft", "P-001", "--confirm-level", "--as", "ann", **ann)[0] == 0
    assert study("submit", "P-001", "--as", "ann", **ann)[0] == 0
    for look in ("show", "history"):
        code, refused, _ = study(look, "P-001", "--as", "ben", **ben)
        assert (code, refused["status"]) == (3, "error")
        assert "without seeing what others made of it" in refused["message"]
    exported = study("export", "--out", "before", "--state", "submitted")[1]
    assert (exported["cases"], exported["left_out"]) == (0, 1)
    code, refused, _ = study("draft", "P-001", "--confirm-level", "--reading", "--as", "ann", **ann)
    assert code == 3
    assert "not before: wait until the wash-out is over." in refused["message"]
    code, saved, _ = study("draft", "P-001", "--confirm-level", "--reading", "--as", "ben", "--z-mm=-640", **ben)
    assert (code, saved["version"]) == (0, 2)

    assert "somebody adjudicates" in study("approve", "P-001", "--as", "rev", **rev)[1]["message"]
    waiting = study("readings", "--as", "rev", **rev)[1]
    assert (waiting["adjudications"], [r["state"] for r in waiting["readings"]]) == (1, ["disagrees"])
    assert "level_mm" in waiting["readings"][0]["beyond"]
    assert study("list", "--adjudication-by", "rev")[1]["adjudications"] == 1
    assert study("adjudicate", "P-001", "--take", "first", "--z-mm", "1", "--as", "rev", **rev)[0] == 2
    assert study("adjudicate", "P-001", "--take", "first", "--reason", "mid-T12", "--as", "rev", **rev)[1]["state"] == "submitted"
    assert study("approve", "P-001", "--as", "rev", **rev)[1]["state"] == "approved"
    exported = study("export", "--out", "after")[1]
    assert exported["cases"] == 1
    with (tmp_path / "after" / "readings.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["kind"]: row for row in csv.DictReader(stream)}
    assert (rows["double"]["outcome"], rows["double"]["taken"], rows["double"]["in_agreement"]) == ("adjudicated", "first", "yes")
    assert rows["reread"]["in_agreement"] == "no: the reading is waiting"
    withdrawn = study("withdraw", "2", "--reason", "the study ends", "--as", "lena")[1]
    assert withdrawn["state"] == "withdrawn"
    assert study("verify")[1]["status"] == "clean"


def test_a_lead_lifts_the_lock_after_wrong_passwords(study: Call) -> None:
    for _ in range(5):
        assert study("readings", "--as", "ann", typed="not the password")[0] == 3
    code, refused, _ = study("readings", "--as", "ann", typed="ann's password")
    assert (code, refused["message"][:34]) == (3, "5 wrong passwords came for 'ann': ")
    assert study("user", "ann", "--unlock", "--as", "lena")[0] == 0
    assert study("readings", "--as", "ann", typed="ann's password")[1]["due"] == 0


def test_a_list_of_cases_with_its_dry_run(study: Call, tmp_path: Path) -> None:
    (tmp_path / "cases.csv").write_text("case_id,height_m\nP-1,1.7\nP-2,17\n", encoding="utf-8")
    code, tried, _ = study("add", "--list", "cases.csv", "--dry-run", "--as", "lena")
    assert (code, tried["status"], tried["good"]) == (3, "bad", 1)
    assert [bad["line"] for bad in tried["bad"]] == [3]
    assert study("add", "--list", "cases.csv", "--as", "lena")[0] == 3
    assert study("list")[1]["total"] == 0
    (tmp_path / "cases.csv").write_text("case_id,height_m\nP-1,1.7\nP-2,1.8\n", encoding="utf-8")
    assert study("add", "--list", "cases.csv", "--as", "lena")[1]["added"] == 2
    assert study("exclude", "P-2", "--reason", "artefacts", "--as", "lena")[1]["state"] == "excluded"
    counts = study("list", "--sort", "state", "--descending", "--per-page", "1")[1]
    assert (counts["counts"]["new"], counts["excluded"], len(counts["cases"])) == (1, {"artefacts": 1}, 1)
    assert study("include", "P-2", "--as", "lena")[1]["state"] == "new"


def test_a_backup_comes_back_elsewhere_and_tampering_is_told(study: Call, tmp_path: Path) -> None:
    assert study("backup", "backup.sqlite")[0] == 0
    assert study("restore", "backup.sqlite", "--db", "other.sqlite")[0] == 0
    assert study("verify", "--db", "other.sqlite")[0] == 0
    with sqlite3.connect(tmp_path / "other.sqlite") as connection:
        connection.execute("UPDATE accounts SET reviewer = 1 WHERE name = 'ann'")
    code, found, err = study("verify", "--db", "other.sqlite")
    assert (code, found["status"]) == (3, "changed")
    assert found["findings"] == [
        {"table": "accounts", "row": 2, "message": "accounts row 2 was changed: reviewer is not what the audit says."}
    ]
    assert "1 things are not" in err


def test_accounts_protocol_and_options_are_the_lead_s(study: Call) -> None:
    assert study("user", "ann", "--disable", "--as", "lena")[1]["disabled"] is True
    code, refused, _ = study("submit", "P-001", "--as", "ann", typed="ann's password")
    assert (code, refused["message"]) == (3, "The account 'ann' is disabled: ask a lead to enable it.")
    assert study("user", "ann", "--enable", "--role", "assessor", "--role", "reviewer", "--as", "lena")[1]["roles"] == [
        "assessor",
        "reviewer",
    ]
    assert study("user", "rev", "--set-password", "--as", "rev", typed="rev's password|another password")[0] == 0
    assert study("protocol", "--preset", "alberta", "--note", "the other windows", "--as", "lena")[1]["protocol_version"] == 1
    options = study("options", "--patient-ids", "keep", "--review", "open", "--as", "lena")[1]
    assert (options["keep_patient_ids"], options["blind_review"]) == (True, False)
    assert study("options", "--patient-ids", "keep", "--as", "rev", typed="another password")[0] == 3


def test_passwords_come_by_descriptor_or_environment_and_never_as_an_argument(
    study: Call, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reading, writing = os.pipe()
    os.write(writing, f"{PASSWORD}\na new password\n".encode())
    os.close(writing)
    assert cli.main(["study", "user", "eve", "--role", "rater", "--as", "lena", "--password-fd", str(reading)]) == 0
    os.close(reading)
    monkeypatch.setenv("T12_STUDY_PASSWORD", "a new password")
    assert cli.main(["study", "user", "--as", "eve"]) == 0
    monkeypatch.delenv("T12_STUDY_PASSWORD")
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert cli.main(["study", "user", "--as", "lena"]) == 2
    assert "A password is wanted" in capsys.readouterr().err
    with pytest.raises(SystemExit) as helped:
        cli.main(["study", "user", "--help"])
    assert helped.value.code == 0
    assert "--password " not in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["study"],
        ["study", "nothing"],
        ["study", "add", "--as", "lena", "--password-fd", "99"],
        ["study", "user", "ann", "--enable", "--disable", "--as", "lena"],
        ["study", "list", "--assessor", "nobody"],
        ["study", "list", "--per-page", "0"],
        ["study", "show", "nothing", "--as", "lena"],
        ["study", "double", "--as", "lena"],
        ["study", "double", "--case", "P-001", "--as", "lena"],
        ["study", "double", "--share", "10", "--limits", "area=much", "--as", "lena"],
        ["study", "double", "--share", "10", "--limits", "volume=1", "--as", "lena"],
        ["study", "double", "--share", "110", "--as", "lena"],
        ["study", "adjudicate", "P-001", "--take", "both", "--as", "lena"],
    ],
)
def test_wrong_usage_is_exit_code_2(study: Call, words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T12_STUDY_PASSWORD", PASSWORD)
    assert cli.main(words) == 2


def test_where_there_is_no_study_the_sentence_says_so(call: Call) -> None:
    code, answer, _ = call("list")
    assert (code, answer["exit_code"]) == (3, 3)
    assert "t12-bodycomp study create" in answer["message"]
