"""What is approved goes to an archive, where that is asked for: against a real one, from the window and from the command line."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from orthanc_server import AE_TITLE, Orthanc
from qtpy.QtCore import Qt
from reviewing import CASE, CTRL, PASSWORD, Room

from napari_t12_bodycomp import cli
from napari_t12_bodycomp.gui.sending import Sending
from napari_t12_bodycomp.model.double_reading import ReadingKind
from napari_t12_bodycomp.model.pacs import Node, NodeKind
from napari_t12_bodycomp.model.study import CaseState
from napari_t12_bodycomp.workflow import outbox, reading_choice, review
from napari_t12_bodycomp.workflow.pacs import open_archive
from napari_t12_bodycomp.workflow.pacs_nodes import node_named, nodes_file, save_node


@pytest.fixture
def hospital(orthanc: Orthanc) -> Iterator[Node]:
    """The archive, as this computer knows it."""
    save_node(Node("hospital", NodeKind.DIMSE, host="127.0.0.1", port=orthanc.dicom_port, ae_title=AE_TITLE))
    yield node_named("hospital")
    nodes_file().unlink(missing_ok=True)


def sit_down(room: Room, name: str = "rita") -> None:
    """Sign in anew, and wait until what was to be sent is looked at and sent."""
    before = room.bench.seat.state.desk
    room.bench.study.sign_in(room.where, name, PASSWORD)
    room.qtbot.waitUntil(lambda: room.bench.seat.state.desk not in (None, before), timeout=60_000)
    room.qtbot.waitUntil(lambda: room.bench.sending.errands.is_idle, timeout=60_000)
    room.rest()


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
    (unsent,) = outbox.unsent_of(room.where)
    assert (unsent.pseudonym, unsent.archive) == (CASE, "nobody"), "it is still to be sent"
    sit_down(room)
    assert f"not sent yet ({CASE} to nobody)" in room.message, "whoever sits down next is told"
    outbox.forget(unsent)
    sit_down(room)
    assert "not sent yet" not in room.message


def test_a_case_that_somebody_is_to_read_again_is_not_named_to_them(room: Room) -> None:
    room.submit()
    review.approve(room.at("rita"), review.ticket_for(room.store, room.case.id), PASSWORD)
    reading_choice.ask_reading(room.at("lena"), room.case.id, ReadingKind.REREAD, "ann", washout_days=0)
    unsent = outbox.Unsent(outbox.study_key(room.where), CASE, room.case.id, "nobody")
    outbox.remember(unsent)
    try:
        sit_down(room)
        assert f"not sent yet ({CASE} to nobody)" in room.message
        sit_down(room, "ann")
        assert "not sent yet (1 case)" in room.message and CASE not in room.message
    finally:
        outbox.forget(unsent)


def test_a_window_that_closes_waits_for_no_archive_and_the_next_one_sends(room: Room, hospital: Node) -> None:
    room.submit()
    room.bench.sending.target = "hospital"
    go_on = threading.Event()
    try:
        room.bench.sending.errands.run("Waiting", go_on.wait)  # an archive that takes its time
        room.sit("rita")
        room.key(Qt.Key.Key_Return, CTRL)
        room.type(room.bench.panel.decide.password, PASSWORD)
        room.qtbot.waitUntil(lambda: room.case.state is CaseState.APPROVED, timeout=60_000)
        assert not room.bench.sending.errands.is_idle and len(outbox.unsent_of(room.where)) == 1
        start = time.monotonic()
        room.bench.sending.close()
        assert time.monotonic() - start < 0.5, "the window closes at once"
        # what a new window has, over the same seat; the old one's thread ends with its process
        told: list[str] = []
        room.bench.sending = Sending(room.bench.settings, room.bench.seat, lambda sentence, failed: told.append(sentence))
        sit_down(room)
        assert f"not sent to hospital yet, those of {CASE}: they are being sent now" in told[0]
        room.qtbot.waitUntil(lambda: room.bench.sending.errands.is_idle, timeout=60_000)
        assert "4 results are in hospital" in told[-1] and outbox.unsent_of(room.where) == ()
    finally:
        go_on.set()
        room.bench.sending.target = ""
        room.bench.review.on_approved = room.bench.sending.send


def test_what_is_not_approved_is_not_sent(
    room: Room, hospital: Node, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    room.submit()
    monkeypatch.setenv("T12_STUDY_PASSWORD", PASSWORD)
    assert cli.main(["study", "send", CASE, "--to", "hospital", "--db", room.where, "--as", "rita"]) == 3
    assert "sent once it is approved" in capsys.readouterr().err
