"""A study's window under impatient hands: keys pressed twice, people who change over, a worklist that lies over the case."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QPushButton, QToolButton
from study_windows import PASSWORD, SAMPLE, Person, make_study

from napari_t12_bodycomp.gui.words import next_action
from napari_t12_bodycomp.model.double_reading import Limits, ReadingKind
from napari_t12_bodycomp.model.study import CaseState
from napari_t12_bodycomp.model.tissue import Region
from napari_t12_bodycomp.workflow import study
from napari_t12_bodycomp.workflow.reading_choice import ask_reading

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def place(tmp_path: Path) -> str:
    """A study of three cases, two of them without files."""
    make_study(str(tmp_path / "study.sqlite"), tmp_path, {"A": SAMPLE, "B": None, "C": None})
    return str(tmp_path / "study.sqlite")


@pytest.fixture
def person(tmp_path: Path, qtbot: QtBot) -> Iterator[Person]:
    somebody = Person(tmp_path / "kept", qtbot)
    yield somebody
    somebody.leave()


def twice(person: Person, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier, times: int = 2) -> None:
    """Press a key again before the window has done what it was pressed for."""
    for _ in range(times):
        QTest.keyClick(person.bench.canvas.view.native, key, modifier)
    person.rest()


def change_over(person: Person, place: str, name: str) -> None:
    """Somebody else sits down."""
    person.bench.study.leave()
    person.rest()
    person.sign_in(place, name)


def erase_some(person: Person) -> None:
    """A stroke: a part of the muscle is taken away."""
    regions = person.bench.session.state.work.regions.copy()
    rows, columns = np.nonzero(regions == Region.MUSCLE)
    regions[rows[:400], columns[:400]] = 0
    person.bench.session.edit("erase", regions)


def test_a_key_pressed_twice_does_what_one_does(person: Person, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    person.sign_in(place, "ann")
    asked: list[int] = []
    opens = person.bench.study_case.open
    monkeypatch.setattr(person.bench.study_case, "open", lambda number, *said: (asked.append(number), opens(number, *said)))
    twice(person, Qt.Key.Key_N, times=5)
    assert len(asked) == 1 and person.bench.seat.state.opened.case.pseudonym == "A"
    person.key(Qt.Key.Key_Return)
    twice(person, Qt.Key.Key_S, CTRL)
    assert person.message == "Saved as version 1 of A." and len(person.bench.seat.state.opened.versions) == 1
    erase_some(person)
    twice(person, Qt.Key.Key_Return, CTRL)
    opened = person.bench.seat.state.opened
    assert person.message == "A is submitted. Next case: N." and opened.case.state is CaseState.SUBMITTED
    assert [version.kept for version in opened.versions] == [False, False]
    person.key(Qt.Key.Key_Return, CTRL)
    assert "submitted already" in person.message


def test_a_scan_that_is_not_there_does_not_stop_the_next_case(person: Person, place: str) -> None:
    person.sign_in(place, "ann")
    person.open("A")
    person.key(Qt.Key.Key_N)
    assert person.message.startswith("B: ")
    person.key(Qt.Key.Key_N)
    assert person.message.startswith("C: ")


def test_who_signs_out_at_once_has_handed_in_all_the_same(person: Person, place: str) -> None:
    person.sign_in(place, "ann")
    person.open("A")
    person.key(Qt.Key.Key_Return)
    QTest.keyClick(person.bench.canvas.view.native, Qt.Key.Key_Return, CTRL)
    assert person.bench.session.state.locked, "a stroke from now on would not be in what is handed in"
    change_over(person, place, "rita")
    assert person.states()["A"] == "submitted"


def test_a_case_under_the_worklist_is_not_changed(person: Person, place: str) -> None:
    person.sign_in(place, "ann")
    person.open("A")
    person.key(Qt.Key.Key_Return)
    person.key(Qt.Key.Key_F3)
    session, page = person.bench.session, person.bench.study_page
    table, before = page.worklist.table, session.state.work
    for key, modifier in ((Qt.Key.Key_K, SHIFT), (Qt.Key.Key_D, Qt.KeyboardModifier.NoModifier), (Qt.Key.Key_Return, CTRL)):
        QTest.keyClick(table, key, modifier)
        person.rest()
        assert session.state.work is before and page.isVisible() and "lies over the picture" in person.message
    assert person.states()["A"] == "new"
    person.key(Qt.Key.Key_F3)
    person.key(Qt.Key.Key_K, SHIFT)
    assert session.state.work is not before


def test_unfinished_work_is_for_who_did_it(person: Person, place: str) -> None:
    person.sign_in(place, "ann")
    person.open("A")
    erase_some(person)
    drawn = person.bench.session.state.work.regions
    change_over(person, place, "ben")
    assert person.bench.desk.state.unfinished == ()
    person.open("A")
    assert person.bench.desk.state.resumable is None and not np.array_equal(person.bench.session.state.work.regions, drawn)
    change_over(person, place, "ann")
    person.open("A")
    person.bench.actions.trigger("resume")
    assert np.array_equal(person.bench.session.state.work.regions, drawn)


def test_a_case_that_comes_back_brings_nothing_of_the_first_reading(person: Person, place: str) -> None:
    person.sign_in(place, "ann")
    person.open("A")
    person.key(Qt.Key.Key_Return)
    person.key(Qt.Key.Key_S, CTRL)
    erase_some(person)
    person.key(Qt.Key.Key_Z, CTRL)  # what was taken back is kept on this computer, with the drawing
    person.bench.saver.flush()
    person.key(Qt.Key.Key_Return, CTRL)
    lena = study.sign_in(study.open_study(place), "lena", PASSWORD)
    ask_reading(lena, person.case("A").id, ReadingKind.REREAD, "ann", Limits(), washout_days=0)
    lena.store.close()
    change_over(person, place, "ann")
    (row,) = (row for row in person.bench.seat.state.sheet.page.rows if row.pseudonym == "A")
    assert (row.state, row.version, row.assessor, row.updated_at) == (CaseState.NEW, None, "", "")
    person.open("A")
    bench, state = person.bench, person.bench.session.state
    assert bench.seat.state.opened.reading is not None and bench.desk.state.resumable is None
    assert state.work.draft is not None and [step.name for step in state.work.undo] == ["draft"]
    assert next_action(state, bench.seat.state).action_id == "confirm_level" and bench.panel.save.save.isHidden()
    person.key(Qt.Key.Key_Return)
    twice(person, Qt.Key.Key_Return, CTRL)
    assert "Your reading of A is saved" in person.message and not bench.desk.state.message_is_error


def test_the_worklist_begins_anew_with_whoever_sits_down_and_fits_a_small_window(person: Person, place: str) -> None:
    person.viewer.window.resize(1280, 720)
    person.sign_in(place, "lena")
    page = person.bench.study_page.worklist
    page.filters.search.setText("B")
    person.until(lambda: list(person.states()) == ["B"])
    change_over(person, place, "lena")
    assert page.filters.search.text() == "" and list(person.states()) == ["A", "B", "C"]
    person.rest()
    for button in page.findChildren(QPushButton) + page.findChildren(QToolButton):
        if button.isVisible():
            assert button.width() >= button.sizeHint().width(), button.text()
            assert page.rect().contains(
                button.geometry().translated(button.parentWidget().mapTo(page, button.parentWidget().rect().topLeft()))
            )
