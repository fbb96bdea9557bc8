"""``t12-bodycomp pacs`` against a real archive."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from orthanc_server import AE_TITLE, PASSWORD, USER, Orthanc

from napari_t12_bodycomp.cli import main
from napari_t12_bodycomp.workflow.pacs_nodes import nodes_file
from napari_t12_bodycomp.workflow.source import load_volume

sys.path.insert(0, str(Path(__file__).resolve().parent / "dicom"))
from archive_scans import scan

from napari_t12_bodycomp.dicom.write_phantom import write_series

STUDY, SERIES, PATIENT = "1.2.826.8", "1.2.826.8.1", "P-CLI"

Run = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], orthanc: Orthanc) -> Run:
    """Runs ``pacs`` with --json; exit code and answer. Two archives are known: one and the same server, in both languages."""

    def call(*words: str) -> tuple[int, dict[str, Any]]:
        code = main(["pacs", *words, "--json"])
        return code, json.loads(capsys.readouterr().out)

    nodes_file().unlink(missing_ok=True)
    call("node", "add", "hospital", "--host", "127.0.0.1", "--port", str(orthanc.dicom_port), "--aet", AE_TITLE)
    call("node", "add", "web", "--url", orthanc.url, "--user", USER)
    return call


@pytest.fixture
def files(tmp_path: Path) -> Path:
    write_series(scan(20, SERIES, "Thorax 5.0", 5.0, STUDY, PATIENT), tmp_path / "sent", "explicit")
    return tmp_path / "sent"


@pytest.mark.parametrize("node", ["hospital", "web"])
def test_sent_found_and_got_back(run: Run, node: str, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T12_PACS_SECRET", PASSWORD)
    assert run("echo", node)[0] == 0
    assert run("send", node, str(files)) == (0, {"status": "done", "n_files": 20})
    code, found = run("find", node, "--patient-id", PATIENT, "--date", "2024-01-01-2024-01-31", "--modality", "ct")
    assert code == 0
    assert [study["study_instance_uid"] for study in found["studies"]] == [STUDY]
    assert found["chosen"] == SERIES
    assert "95 mm long" in found["reason"]
    assert run("find", node, "--study", STUDY)[1]["chosen"] == SERIES
    out = tmp_path / "back"
    assert run("get", node, "--study", STUDY, "--series", SERIES, "--out", str(out))[1]["n_fetched"] == 20
    code, again = run("get", node, "--study", STUDY, "--out", str(out))
    assert (code, again["n_images"], again["n_fetched"], again["series_instance_uid"]) == (0, 20, 0, SERIES)
    assert load_volume(out).shape == (20, 64, 64)


def test_answers_for_people(run: Run, files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pacs", "send", "hospital", str(files)]) == 0
    assert main(["pacs", "find", "hospital", "--patient-id", PATIENT]) == 0
    assert main(["pacs", "get", "hospital", "--study", STUDY, "--out", str(tmp_path / "back")]) == 0
    assert main(["pacs", "node", "list"]) == 0
    said = capsys.readouterr().out
    assert "> " in said
    assert "The only axial CT volume here" in said
    assert f"20 images lie in {tmp_path / 'back'}." in said
    assert "open line" in said
    assert "Phantom" not in said, "the patient's name is nowhere"


def test_archives_are_listed_and_forgotten(run: Run) -> None:
    assert [node["name"] for node in run("node", "list")[1]["nodes"]] == ["hospital", "web"]
    assert run("node", "remove", "web") == (0, {"status": "done", "node": "web"})
    assert [node["name"] for node in run("node", "list")[1]["nodes"]] == ["hospital"]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["find", "hospital"], 2, "Something to search for is wanted"),
        (["find", "hospital", "--date", "yesterday"], 2, "A date as YYYYMMDD"),
        (["find", "hospital", "--date", "20240231"], 2, "a day that the calendar has"),
        (["find", "nowhere", "--patient-id", "1"], 2, "known are hospital, web"),
        (["find", "hospital", "--study", "1.2.3"], 3, "no series of that study"),
        (["echo", "web"], 2, "T12_PACS_SECRET"),
        (["get", "hospital", "--study", "1.2.3", "--series", "1.2.4", "--out", "x"], 3, "holds no such series"),
        (["node", "add", "x"], 2, "Either --host"),
        (["node", "add", "x", "--url", "https://x/", "--user", "u", "--bearer"], 2, "One of --user and --bearer"),
        (["node", "add", "x", "--host", "h", "--port", "1", "--aet", "A", "--cert", "c"], 2, "A certificate and its key"),
        (["send", "hospital", "nothing-here"], 3, "does not exist"),
    ],
)
def test_what_goes_wrong_is_one_sentence(run: Run, words: list[str], code: int, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    got, answer = run(*words)
    assert got == code
    assert sentence in answer["message"]
    assert answer["status"] == "error"


def test_a_password_is_read_from_standard_input_and_written_nowhere(run: Run, orthanc: Orthanc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("open sesame\n"))
    assert run("node", "add", "web", "--url", orthanc.url, "--user", USER, "--secret-stdin")[0] == 0
    assert "sesame" not in nodes_file().read_text()
