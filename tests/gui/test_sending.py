"""What is approved goes to an archive, where that is asked for: against a real one, from the window and from the command line."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from orthanc_server import AE_TITLE, Orthanc
from qtpy.QtCore import Qt
from reviewing import CASE, CTRL, PASSWORD, Room

from napari_t12_bodycomp import cli
from napari_t12_bodycomp.model.pacs import Node, NodeKind
from napari_t12_bodycomp.model.study import CaseState
from napari_t12_bodycomp.workflow.pacs import open_archive
from napari_t12_bodycomp.workflow.pacs_nodes import node_named, nodes_file, save_node


@pytest.fixture
def hospital(orthanc: Orthanc) -> Iterator[Node]:
    """The archive, as this computer knows it."""
    save_node(Node("hospital", NodeKind.DIMSE, host="127.0.0.1", port=orthanc.dicom_port, ae_title=AE_TITLE))
    yield node_named("hospital")
    nodes_file().unlink(missing_ok=True)


def held(node: Node) -> list[str]:
    """Modalities of the objects of the scan's study that the archive holds."""
    return sorted(series.modality for series in open_archive(node).find_series("1.2.826"))


def test_an_approval_sends_the_results_and_sending_again_adds_nothing(
    room: Room, hospital: Node, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    room.submit()
    page = room.bench.study_page.worklist
    page.send_to("hospital")
    assert page.send.text() == "Approved results go to hospital"
    room.sit("rita")
    assert "hospital" in room.bench.sending.choices()
    room.key(Qt.Key.Key_Return, CTRL)
    room.type(room.bench.panel.decide.password, PASSWORD)
    room.qtbot.waitUntil(lambda: room.bench.sending.errands.is_idle, timeout=60_000)
    page.send_to("")
    assert room.case.state is CaseState.APPROVED
    assert room.message == f"{CASE} is approved, and 4 results are in hospital. Next case: N."
    there = held(hospital)
    assert len(there) >= 3 and {"SEG", "SR"} <= set(there)
    monkeypatch.setenv("T12_STUDY_PASSWORD", PASSWORD)
    assert cli.main(["study", "send", CASE, "--to", "hospital", "--db", room.where, "--as", "rita"]) == 0
    assert "4 results" in capsys.readouterr().out
    assert held(hospital) == there


def test_an_archive_that_is_not_there_is_told_and_the_case_stays_approved(room: Room) -> None:
    save_node(Node("nobody", NodeKind.DIMSE, host="127.0.0.1", port=9, ae_title="NOBODY"))
    room.submit()
    room.bench.sending.target = "nobody"
    try:
        room.sit("rita")
        room.key(Qt.Key.Key_Return, CTRL)
        room.type(room.bench.panel.decide.password, PASSWORD)
        room.qtbot.waitUntil(lambda: room.bench.sending.errands.is_idle, timeout=60_000)
    finally:
        room.bench.sending.target = ""
        nodes_file().unlink(missing_ok=True)
    assert room.case.state is CaseState.APPROVED
    assert "its results did not reach nobody" in room.message and f"study send {CASE} --to nobody" in room.message


def test_what_is_not_approved_is_not_sent(
    room: Room, hospital: Node, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    room.submit()
    monkeypatch.setenv("T12_STUDY_PASSWORD", PASSWORD)
    assert cli.main(["study", "send", CASE, "--to", "hospital", "--db", room.where, "--as", "rita"]) == 3
    assert "sent once it is approved" in capsys.readouterr().err
