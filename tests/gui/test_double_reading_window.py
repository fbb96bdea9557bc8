"""Double reading as people meet it in the window: chosen, read unseen, compared, decided."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from study_windows import PASSWORD, SAMPLE, Person, make_study

from napari_t12_bodycomp.model.double_reading import ReadingState
from napari_t12_bodycomp.model.study import CaseState
from napari_t12_bodycomp.model.tissue import Region
from napari_t12_bodycomp.workflow import reading_list, study

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def place(tmp_path: Path) -> str:
    """A study of one case, the sample scan."""
    make_study(str(tmp_path / "study.sqlite"), tmp_path, {"CASE-1": SAMPLE})
    return str(tmp_path / "study.sqlite")


@pytest.fixture
def person(tmp_path: Path, qtbot: QtBot) -> Iterator[Person]:
    somebody = Person(tmp_path / "kept", qtbot)
    yield somebody
    somebody.leave()


def sit(person: Person, place: str, name: str) -> None:
    """Somebody else takes the seat."""
    person.bench.study.leave()
    person.rest()
    person.sign_in(place, name)


def readers(person: Person, place: str) -> tuple[str, str]:
    """A lead has the case read twice; who reads it first, and who second."""
    person.sign_in(place, "lena")
    page = person.bench.study_page
    page.worklist.twice.click()
    page.twice.double.setText("a few")
    page.twice.button.click()
    assert "number in every line" in page.twice.wrong.text()
    page.twice.double.setText("100")
    page.twice.button.click()
    person.rest()
    assert "1 double readings" in person.message and page.stack.currentWidget() is page.worklist
    (listed,) = reading_list.listed_readings(person.bench.seat.state.desk)
    return listed.first_reader, listed.reader


def draw(person: Person, cut: bool) -> None:
    """Confirm the level of the case on screen, cut a part of the muscle away, and hand in."""
    person.key(Qt.Key.Key_Return)
    if cut:
        regions = person.bench.session.state.work.regions.copy()
        rows, columns = np.nonzero(regions == Region.MUSCLE)
        half = columns < np.median(columns)
        regions[rows[half], columns[half]] = 0
        person.bench.session.edit("erase", regions)
    person.key(Qt.Key.Key_Return, CTRL)


def test_two_people_read_a_case_apart_and_a_third_decides(person: Person, place: str) -> None:
    first, second = readers(person, place)
    sit(person, place, first)
    person.open("CASE-1")
    draw(person, cut=False)
    person.until(lambda: person.case("CASE-1").state is CaseState.SUBMITTED)

    sit(person, place, second)
    page = person.bench.study_page.worklist
    assert page.filters.to_read.text() == "to read 1" and not page.filters.to_read.isHidden()
    person.key(Qt.Key.Key_N)
    person.until(lambda: person.bench.seat.state.opened is not None)
    person.rest()
    opened, session = person.bench.seat.state.opened, person.bench.session
    assert opened.reading is not None and opened.versions == () and session.state.level.confirmed_by == ""
    shown = " ".join(label.text() for label in person.bench.panel.findChildren(type(person.bench.panel.study.words)) if label.isVisible())
    assert first not in shown, "who reads a case apart sees no name of who read it before"
    person.key(Qt.Key.Key_S, CTRL)
    assert "saved once" in person.message
    draw(person, cut=True)
    person.until(lambda: person.bench.seat.state.opened is None)
    person.rest()
    assert "Your reading of CASE-1 is saved" in person.message and session.state.volume is None

    sit(person, place, "rita")
    assert page.filters.to_settle.text() == "to adjudicate 1"
    person.key(Qt.Key.Key_N)
    person.until(lambda: person.bench.seat.state.opened is not None)
    person.rest()
    panel = person.bench.panel.dispute
    assert not panel.isHidden() and "muscle area" in panel.words.text()
    assert session.state.locked and session.state.reference is not None and second in session.state.reference.name
    whole = int((session.state.work.regions == Region.MUSCLE).sum())
    person.key(Qt.Key.Key_Return, CTRL)
    assert "Take one of the two readings" in person.message
    panel.second.click()
    person.until(lambda: not person.bench.seat.state.opened.dispute)
    person.rest()
    assert person.bench.seat.state.opened.is_review, "the review goes on with the reading that was taken"
    assert int((session.state.work.regions == Region.MUSCLE).sum()) < whole
    lead = study.sign_in(study.open_study(place), "lena", PASSWORD)
    (done,) = (one.reading for one in reading_list.listed_readings(lead))
    assert done.state is ReadingState.ADJUDICATED
    assert study.verify_study(place).is_clean


def test_an_adjudicator_may_draw_a_third_reading(person: Person, place: str) -> None:
    first, second = readers(person, place)
    for name, cut in ((first, False), (second, True)):
        sit(person, place, name)
        person.key(Qt.Key.Key_N)
        person.until(lambda: person.bench.seat.state.opened is not None)
        person.rest()
        draw(person, cut)
    sit(person, place, "rita")
    person.open("CASE-1")
    person.bench.actions.trigger("draw_third")
    assert not person.bench.session.state.locked
    person.key(Qt.Key.Key_Return)
    assert person.bench.session.state.level.confirmed_by == "rita"
    person.key(Qt.Key.Key_Return, CTRL)
    person.until(lambda: person.case("CASE-1").current_version == 3)
    person.rest()
    assert "Your drawing counts now" in person.message
    assert not person.bench.seat.state.opened.is_review, "who drew it does not approve it"
