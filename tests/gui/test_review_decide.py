"""Approve, return, correct, reopen: tried in a real window by keys and mouse, and looked up in the study."""

from __future__ import annotations

import gc
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QLineEdit
from reviewing import CASE, CTRL, EVIDENCE, FINDING, LEVEL, PASSWORD, Room, result, scan

from napari_t12_bodycomp.dicom.write_phantom import write_series
from napari_t12_bodycomp.gui import case_flow
from napari_t12_bodycomp.gui.review_words import CHANGED
from napari_t12_bodycomp.model.quality import QualityFlag
from napari_t12_bodycomp.model.review import RETURN_REASONS
from napari_t12_bodycomp.model.study import CaseState, Decision
from napari_t12_bodycomp.model.tissue import Region
from napari_t12_bodycomp.store import cases
from napari_t12_bodycomp.workflow import case_view, review
from napari_t12_bodycomp.workflow.session_state import Step

BACK, ENTER = Qt.Key.Key_Backspace, Qt.Key.Key_Return


@pytest.fixture
def submitted(room: Room) -> Room:
    """Ann's drawing waits for its review."""
    room.submit()
    return room


def seen(room: Room) -> str:
    """Everything that the dock says."""
    return "\n".join(label.text() for label in room.bench.panel.findChildren(QLabel) if label.isVisible())


def changed(room: Room) -> np.ndarray:
    regions = room.bench.session.state.work.regions.copy()
    regions[14:20, 14:40] = 0
    return regions


def test_what_a_reviewer_must_see_stands_on_the_page_without_a_click(submitted: Room) -> None:
    submitted.sit("rita")
    bench = submitted.bench
    assert bench.session.state.step is Step.REVIEW and bench.panel.shown_step is Step.REVIEW
    assert [b.text() for b in bench.panel.steps._buttons.values()] == ["✓ Open", "✓ Level", "✓ Draw", "4 Review", "5 Export"]
    said = seen(submitted)
    for words in ("Version 1 by ann · a moment ago", "T12 mid-body confirmed by ann", EVIDENCE, f"slice {LEVEL + 1} / 24", "set by hand"):
        assert words in said
    assert "Backspace" in bench.panel.decide.give_back.toolTip() and bench.panel.save.next.text() == "Approve"
    assert not bench.panel.save.save.isVisible(), "there is nothing to save"
    assert bench.panel.scroll.verticalScrollBar().maximum() == 0


def test_a_long_history_needs_no_scroll_bar_at_1080_px(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    long = "The first rib leaves T1 at z -442 mm; 12 vertebrae with ribs were counted from it down to T12."
    finding = replace(FINDING, evidence=(long, long, long), warnings=("The last ribs leave the scan, so that their length is not known.",))
    monkeypatch.setattr(case_flow, "locate", lambda volume, progress: finding)
    for cut in range(5):
        room.submit(cut=cut)
        review.add_comment(room.at("rita"), room.case.id, cut + 1, "a remark of a usual length on the muscle of the back", (20.0, 30.0))
        if cut < 4:
            room.send_back("muscle: rib or costal cartilage is in it")
    room.bench.viewer.window.resize(1600, 1080)
    room.sit("rita")
    work = room.bench.session.state.work
    flags = tuple(
        QualityFlag(f"flag {k}", f"{k}: streaks run through the fat, bright and dark ones, so that its HU are off.") for k in range(3)
    )
    room.bench.session.set_judgement(work.draft, flags, work.axial.index, room.bench.session.state.protocol.slab_mm)
    room.key(BACK)
    bar = room.bench.panel.scroll.verticalScrollBar()
    assert room.bench.panel.flags.box.isVisible() and room.bench.panel.comments.list.count() == 5 and bar.maximum() == 0
    room.key(ENTER, CTRL)
    room.type(room.bench.panel.decide.password, PASSWORD)
    assert room.bench.panel.histogram.isVisible() and bar.maximum() == 0
    room.bench.viewer.window.resize(1400, 900)


def test_two_keys_and_the_password_approve_and_n_goes_on(submitted: Room) -> None:
    submitted.sit("rita")
    line = submitted.bench.panel.decide.password
    assert not line.isVisible()
    submitted.key(ENTER, CTRL)
    assert line.isVisible() and submitted.case.state is CaseState.SUBMITTED
    submitted.type(line, "wrong horse")
    assert "do not fit together" in submitted.message and submitted.bench.desk.state.message_is_error
    assert line.isVisible() and line.text() == "" and submitted.case.state is CaseState.SUBMITTED
    submitted.type(line, PASSWORD)
    assert submitted.message == f"{CASE} is approved. Next case: N."
    assert submitted.case.state is CaseState.APPROVED and not line.isVisible()
    assert [(r.account, r.decision) for r in case_view.reviews_of(submitted.store, submitted.case.id)] == [("rita", Decision.APPROVED)]
    assert submitted.focused is submitted.bench.canvas.view.native, "N goes to the next case without a click"
    assert submitted.bench.panel.save.next.text() == "Next case" and not submitted.bench.panel.decide.give_back.isVisible()
    submitted.key(Qt.Key.Key_N)
    assert "waits for you" in submitted.message


def test_the_password_is_kept_nowhere(submitted: Room) -> None:
    submitted.sit("rita")
    submitted.key(ENTER, CTRL)
    secret = "".join(PASSWORD)
    submitted.type(submitted.bench.panel.decide.password, secret)
    assert submitted.case.state is CaseState.APPROVED
    main = submitted.bench.frame.main
    assert not any(PASSWORD in edit.text() for edit in main.findChildren(QLineEdit))
    gc.collect()
    cells = [c for c in gc.get_objects() if type(c) in (list, tuple) and any(type(item) is str and item == secret for item in c)]
    assert [c for c in cells if c is not sys._getframe().f_code.co_consts] == [], "no errand holds it"


def test_escape_decides_nothing_and_a_second_ctrl_enter_asks_again(submitted: Room) -> None:
    submitted.sit("rita")
    line = submitted.bench.panel.decide.password
    submitted.key(ENTER, CTRL)
    submitted.type(line, "corr", Qt.Key.Key_Escape)
    assert not line.isVisible() and line.text() == "" and submitted.focused is submitted.bench.canvas.view.native
    submitted.key(ENTER, CTRL)
    submitted.type(line, "")
    assert "password is wanted" in submitted.message and submitted.case.state is CaseState.SUBMITTED


def test_approve_and_return_by_mouse(submitted: Room) -> None:
    submitted.sit("rita")
    decide = submitted.bench.panel.decide
    submitted.click(submitted.bench.panel.save.next)
    assert decide.password.isVisible() and not decide.reason.isVisible()
    submitted.click(decide.give_back)
    assert decide.reason.isVisible() and not decide.password.isVisible()


def test_backspace_returns_with_a_reason_that_the_assessor_reads_at_once(submitted: Room) -> None:
    submitted.sit("rita")
    reason = submitted.bench.panel.decide.reason
    submitted.key(BACK)
    assert reason.isVisible() and submitted.focused is reason
    submitted.type(reason, "")
    assert "reason is wanted" in submitted.message and submitted.case.state is CaseState.SUBMITTED
    reason.setCurrentIndex(2)
    reason.activated.emit(2)
    submitted.rest()
    assert submitted.case.state is CaseState.SUBMITTED, "picking fills the line, Enter sends it"
    submitted.type(reason, " on the left")
    assert submitted.message == f"{CASE} is returned. Next case: N." and submitted.case.state is CaseState.RETURNED
    (done,) = case_view.reviews_of(submitted.store, submitted.case.id)
    assert done.decision is Decision.RETURNED and done.reason == f"{RETURN_REASONS[2]} on the left"

    review.add_comment(submitted.at("rita"), submitted.case.id, 1, "here", (30.0, 16.0))
    submitted.sit("ann")
    bench = submitted.bench
    assert bench.panel.shown_step is Step.DRAW and not bench.session.state.locked
    assert "Returned by rita" in seen(submitted) and f"“{RETURN_REASONS[2]} on the left”" in seen(submitted)
    assert [pin.number for pin in bench.review.pins.shown()] == [1]
    assert bench.panel.comments.list.item(0).text() == "1 · rita: here" and bench.panel.comments.list.isVisible()
    bench.session.edit("erase", changed(submitted))
    submitted.key(ENTER, CTRL)
    assert submitted.case.state is CaseState.SUBMITTED and submitted.case.current_version == 2
    assert "Returned by rita" in seen(submitted), "what was decided before stays on the review page"


def test_escape_gives_a_return_up(submitted: Room) -> None:
    submitted.sit("rita")
    reason = submitted.bench.panel.decide.reason
    submitted.key(BACK)
    submitted.type(reason, "because", Qt.Key.Key_Escape)
    assert not reason.isVisible() and reason.currentText() == "" and submitted.case.state is CaseState.SUBMITTED


def test_a_correction_is_a_version_of_its_own_that_somebody_else_approves(submitted: Room) -> None:
    submitted.sit("rita")
    bench = submitted.bench
    bench.session.edit("erase", changed(submitted))
    assert (bench.session.state.work.regions == result("ann").regions).all(), "nothing is drawn before Correct"
    submitted.click(bench.panel.decide.correct)
    assert not bench.session.state.locked and "approved by somebody else" in submitted.message
    bench.session.edit("erase", changed(submitted))
    submitted.key(ENTER, CTRL)
    assert submitted.message == CHANGED and not bench.panel.decide.password.isVisible()
    submitted.click(bench.panel.decide.give_back)
    assert submitted.message == CHANGED and not bench.panel.decide.reason.isVisible()
    submitted.click(bench.panel.decide.correct)
    assert submitted.message == CHANGED and not bench.session.state.locked
    assert bench.panel.save.next.text() == "Save correction"
    submitted.click(bench.panel.save.next)
    assert submitted.case.current_version == 2 and submitted.case.state is CaseState.SUBMITTED
    assert "a correction" in seen(submitted) and not bench.panel.decide.give_back.isVisible()
    submitted.key(ENTER, CTRL)
    assert "somebody else must approve it" in submitted.message and not bench.panel.decide.password.isVisible()
    submitted.sit("ben")
    submitted.key(ENTER, CTRL)
    submitted.type(bench.panel.decide.password, PASSWORD)
    assert submitted.case.state is CaseState.APPROVED


def test_who_changed_nothing_may_still_approve_or_only_look_again(submitted: Room) -> None:
    submitted.sit("rita")
    bench = submitted.bench
    submitted.click(bench.panel.decide.correct)
    assert bench.panel.decide.correct.text() == "Only look"
    bench.session.edit("erase", changed(submitted))
    submitted.key(Qt.Key.Key_Z, CTRL)
    submitted.click(bench.panel.decide.correct)
    assert bench.session.state.locked and bench.panel.decide.correct.text() == "Correct"
    submitted.key(ENTER, CTRL)
    assert bench.panel.decide.password.isVisible()


def test_backspace_takes_a_point_back_while_one_draws(submitted: Room) -> None:
    submitted.sit("rita")
    submitted.click(submitted.bench.panel.decide.correct)
    submitted.key(BACK)
    assert not submitted.bench.panel.decide.reason.isVisible()


@pytest.mark.parametrize("name", ["ann", "ben", "lena"])
def test_who_may_not_decide_is_told_why(room: Room, name: str) -> None:
    room.submit("ben" if name == "ben" else "ann")
    room.sit(name)
    decide = room.bench.panel.decide
    assert not any(button.isVisible() for button in (decide.give_back, decide.correct, decide.reopen))
    room.key(BACK)
    assert not decide.reason.isVisible()
    with pytest.raises(Exception, match=r"yourself|role reviewer"):
        room.bench.review.ask_password()
    room.bench.actions.trigger("sign_off", PASSWORD)
    room.rest()
    assert room.bench.desk.state.message_is_error and room.case.state is CaseState.SUBMITTED


def test_what_changed_meanwhile_is_not_decided_on(submitted: Room) -> None:
    submitted.sit("rita")
    submitted.bench.study._poll.stop()  # the window does not learn of it before the decision
    review.save_version(submitted.at("ben"), submitted.case.id, 1, result("ben", cut=4))
    submitted.key(ENTER, CTRL)
    submitted.type(submitted.bench.panel.decide.password, PASSWORD)
    assert "has changed since you opened it" in submitted.message and submitted.case.state is CaseState.SUBMITTED
    submitted.bench.actions.trigger("add_comment", "look again")
    submitted.rest()
    submitted.key(ENTER, CTRL)
    submitted.type(submitted.bench.panel.decide.password, PASSWORD)
    assert submitted.case.state is CaseState.SUBMITTED, "a comment does not bring a decision on what nobody saw"


def test_a_lead_reopens_what_is_approved_with_a_reason(submitted: Room) -> None:
    review.approve(submitted.at("rita"), review.ticket_for(submitted.store, submitted.case.id), PASSWORD)
    submitted.sit("rita")
    decide = submitted.bench.panel.decide
    assert not decide.reopen.isVisible()
    submitted.sit("lena")
    assert submitted.bench.panel.shown_step is Step.REVIEW and "Approved by rita" in seen(submitted)
    submitted.click(decide.reopen)
    submitted.type(decide.unlock, "")
    assert "reason is wanted" in submitted.message and submitted.case.state is CaseState.APPROVED
    submitted.type(decide.unlock, "wrong scan")
    assert submitted.case.state is CaseState.RETURNED and not decide.unlock.isVisible()
    submitted.sit("ann")
    assert "Reopened by lena" in seen(submitted) and "“wrong scan”" in seen(submitted)
    muscle = submitted.bench.session.state.work.regions == Region.MUSCLE
    assert muscle.any() and not submitted.bench.session.state.locked


def test_a_scan_that_is_no_case_has_no_review(submitted: Room) -> None:
    submitted.sit("rita")
    bench = submitted.bench
    bench.flow.open_volume(bench.session.state.volume, "elsewhere")
    submitted.rest()
    assert bench.session.state.case_state is None and not bench.session.state.numbers_hidden
    assert [b.text() for b in bench.panel.steps._buttons.values() if b.isVisible()] == ["✓ Open", "2 Level", "3 Draw", "4 Export"]
    assert not bench.panel.decide.isVisible() and not bench.panel.comments.isVisible() and not bench.review.pins.shown()


def test_another_scan_is_not_decided_on(submitted: Room, tmp_path: Path) -> None:
    other = scan()
    other.hu[:] += 1
    write_series(other, tmp_path / "other", "explicit")
    with submitted.store.writing(submitted.at("ann").account_id, "series.move") as writer:
        cases.move_series(writer, submitted.case.id, str(tmp_path / "other"))
    submitted.sit("rita")
    decide = submitted.bench.panel.decide
    assert decide.other_scan.isVisible() and "another one came, or it was changed" in decide.other_scan.text()
    for ask in (lambda: submitted.key(ENTER, CTRL), lambda: submitted.key(BACK), lambda: submitted.click(decide.correct)):
        submitted.bench.desk.set(message="")
        ask()
        assert "another one came, or it was changed" in submitted.message and submitted.bench.session.state.locked
        assert not decide.password.isVisible() and not decide.reason.isVisible()
