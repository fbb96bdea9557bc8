"""Comments at a point, flicker, differences and the level of a case under review, on the picture of a real window."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from reviewing import CASE, CTRL, LEVEL, PASSWORD, Room, drawing

from napari_t12_bodycomp.gui.canvas_pins import pins_of
from napari_t12_bodycomp.gui.reformats import Reformats
from napari_t12_bodycomp.model.tools import Display
from napari_t12_bodycomp.workflow import case_view, review
from napari_t12_bodycomp.workflow.session_state import Step

SHIFT = Qt.KeyboardModifier.ShiftModifier
C, F, H = Qt.Key.Key_C, Qt.Key.Key_F, Qt.Key.Key_H


@pytest.fixture
def rita(room: Room) -> Room:
    """Rita looks at Ann's drawing."""
    room.submit()
    room.sit("rita")
    return room


def comments(room: Room) -> list[tuple[str, str, float | None, float | None]]:
    return [(c.account, c.text, c.row, c.column) for c in case_view.comments_of(room.store, room.case.id)]


def tissues(room: Room) -> np.ndarray:
    return np.asarray(room.bench.canvas.tissues.data[0])


def lines_shown(room: Room) -> bool:
    return any(line._line.visible for line in room.bench.canvas.lines._lines.values())


# -- comments ------------------------------------------------------------------------------------------------------------------------------


def test_c_pins_a_comment_to_the_point_under_the_mouse(rita: Room) -> None:
    pins = rita.bench.review.pins
    at = rita.point(46, 50)
    rita.key(C)
    assert pins.field.isVisible() and rita.focused is pins.field
    assert abs(pins.field.y() + pins.field.height() / 2 - at.y()) < 25, "the line opens beside the point"
    rita.type(pins.field, "vessel in the muscle")
    ((who, text, row, column),) = comments(rita)
    assert (who, text) == ("rita", "vessel in the muscle") and row == pytest.approx(46, abs=1) and column == pytest.approx(50, abs=1)
    assert [(p.number, p.is_current) for p in pins.shown()] == [(1, True)]
    assert rita.bench.panel.comments.list.item(0).text() == "1 · rita: vessel in the muscle"
    assert not pins.field.isVisible() and rita.focused is rita.bench.canvas.view.native
    assert not rita.bench.canvas.overlay.words.badge and "Muscle" not in rita.bench.canvas.overlay.words.bottom, "nothing is drawn here"
    rita.key(Qt.Key.Key_Return, CTRL)
    rita.type(rita.bench.panel.decide.password, PASSWORD)
    assert rita.message == f"{CASE} is approved. Next case: N.", "the comment was no change of the case"


def test_escape_gives_a_comment_up_and_an_empty_one_is_none(rita: Room) -> None:
    for text, key in (("half a tho", Qt.Key.Key_Escape), ("  ", Qt.Key.Key_Return)):
        rita.point(46, 50)
        rita.key(C)
        rita.type(rita.bench.review.pins.field, text, key)
        assert not rita.bench.review.pins.field.isVisible() and comments(rita) == []


def test_a_comment_wants_a_point_of_the_slice_that_was_drawn_on(rita: Room) -> None:
    pins = rita.bench.review.pins
    rita.point(46, 50)
    rita.key(Qt.Key.Key_PageUp)
    rita.key(C)
    assert f"slice {LEVEL + 1}" in rita.message and not pins.field.isVisible()
    rita.key(Qt.Key.Key_L)
    rita.point(-5, 50)
    rita.key(C)
    assert "Point at the place" in rita.message and not pins.field.isVisible()


def test_a_comment_on_the_whole_has_no_pin_and_keeps_its_number(rita: Room) -> None:
    panel = rita.bench.panel.comments
    panel.line.setFocus()
    rita.type(panel.line, "well drawn")
    panel.line.setText("by mouse")
    rita.click(panel.note)
    assert [c[1:] for c in comments(rita)] == [("well drawn", None, None), ("by mouse", None, None)] and not rita.bench.review.pins.shown()
    review.add_comment(rita.at("ann"), rita.case.id, 1, "elsewhere", (30.0, 30.0))
    rita.bench.study.ask_for_change()
    rita.qtbot.waitUntil(lambda: bool(rita.bench.review.pins.shown()))
    assert [p.number for p in rita.bench.review.pins.shown()] == [3], "comments of others appear while one looks"


def test_pins_lie_at_their_pixel_and_are_hidden_with_the_drawing(rita: Room) -> None:
    review.add_comment(rita.at("rita"), rita.case.id, 1, "here", (30.0, 40.0))
    rita.bench.study_case.look()
    rita.rest()
    pins = rita.bench.review.pins

    def is_there() -> bool:
        image = pins.grab().toImage()
        at = pins.at(30.0, 40.0).toPoint()
        return any(image.pixelColor(at.x() + dx, at.y() - 7).lightness() > 200 for dx in (-1, 0, 1))

    assert is_there()
    rita.bench.viewer.scene.camera.zoom *= 1.5
    assert is_there(), "it stays on its pixel"
    QTest.keyPress(rita.bench.canvas.view.native, H)
    assert not pins.shown()
    QTest.keyRelease(rita.bench.canvas.view.native, H)
    assert [p.number for p in pins.shown()] == [1]
    rita.key(Qt.Key.Key_PageDown)
    assert not pins.shown(), "a pin belongs to its slice"
    rita.click_row(rita.bench.panel.comments.list, 0)
    assert rita.bench.session.state.view_index == LEVEL and pins.picked == 1
    rita.bench.viewer.scene.camera.center = (0, 500, 500)
    rita.click_row(rita.bench.panel.comments.list, 0)
    assert pins.rect().contains(pins.at(30.0, 40.0).toPoint()), "a click brings the point into the picture"


def test_comments_on_earlier_versions_are_hollow(room: Room) -> None:
    room.submit()
    review.add_comment(room.at("rita"), room.case.id, 1, "cut", (20.0, 30.0))
    room.send_back("muscle: a part is missing")
    room.submit(cut=2)
    review.add_comment(room.at("rita"), room.case.id, 2, "better", (22.0, 30.0))
    room.sit("rita")
    assert [(p.number, p.is_current) for p in pins_of(room.bench.seat.state.opened)] == [(1, False), (2, True)]
    assert "rita (version 1): cut" in room.bench.panel.comments.list.item(0).text()


def test_an_assessor_comments_too(room: Room) -> None:
    room.submit()
    room.send_back("see the comments")
    room.sit("ann")
    room.point(30, 30)
    room.key(C)
    room.type(room.bench.review.pins.field, "what do you mean?")
    assert [c[:2] for c in comments(room)] == [("ann", "what do you mean?")] and room.bench.review.pins.shown()
    assert room.bench.panel.shown_step is Step.DRAW and room.bench.panel.comments.list.isVisible()
    assert room.bench.canvas.overlay.words.badge, "who draws sees the HU-lock"


def test_without_a_saved_drawing_there_is_nothing_to_comment_on(room: Room) -> None:
    room.sit("ann")
    room.point(30, 30)
    room.key(C)
    assert "save first" in room.message and not room.bench.review.pins.field.isVisible()
    assert not room.bench.panel.comments.isVisible(), "nothing to say, nothing to show"


# -- flicker and differences ---------------------------------------------------------------------------------------------------------------


def hold(room: Room, key: Qt.Key = F) -> None:
    QTest.keyPress(room.bench.canvas.view.native, key)
    room.rest()


def let_go(room: Room, key: Qt.Key = F) -> None:
    QTest.keyRelease(room.bench.canvas.view.native, key)
    room.rest()


def test_f_shows_the_draft_while_it_is_held_and_changes_nothing(rita: Room) -> None:
    before = tissues(rita).copy()
    assert before[30, 78] and not rita.notes
    hold(rita)
    assert "automatic draft" in rita.notes
    assert not tissues(rita)[30, 78] and tissues(rita)[30, 16], "the draft lacks ten columns of muscle"
    let_go(rita)
    assert np.array_equal(tissues(rita), before) and not rita.notes
    assert not rita.bench.study_case.is_changed


def test_f_shows_an_earlier_version_that_was_chosen_by_a_click(room: Room) -> None:
    room.submit(cut=30)
    room.send_back("muscle: a part is missing")
    room.submit(cut=0)
    room.sit("rita")
    versions = room.bench.panel.review.versions
    assert [item.text() for item in versions.rows()] == ["automatic draft", "version 1 · ann · a moment ago · returned"]
    room.click_row(versions, 1)
    assert room.bench.session.state.reference.name == "version 1 by ann" and versions.currentRow() == 1
    hold(room)
    assert "version 1 by ann" in room.notes and not tissues(room)[46, 60]
    let_go(room)
    assert tissues(room)[49, 60]
    room.key(Qt.Key.Key_D, SHIFT)
    assert "Against version 1 by ann" in room.notes and room.bench.panel.review.compare.isChecked()
    assert "cm²" not in room.notes, "areas wait for the decision"
    room.click(room.bench.panel.review.compare)
    assert not room.notes
    room.click_row(versions, 0)
    assert room.bench.session.state.reference is None


def test_a_version_on_another_slice_is_shown_where_it_was_drawn(room: Room) -> None:
    room.submit(slice_index=LEVEL + 3, cut=20)
    room.send_back("level: not the middle of the body")
    room.submit()
    room.sit("rita")
    room.click_row(room.bench.panel.review.versions, 1)
    session = room.bench.session
    session.set_tools(display=Display.TISSUES)
    hold(room)
    assert session.state.view_index == LEVEL + 3 and f"slice {LEVEL + 4}, where it was drawn" in room.notes and lines_shown(room)
    let_go(room)
    assert session.state.view_index == LEVEL and not room.notes and not lines_shown(room)
    assert np.array_equal(session.state.work.regions, drawing())
    room.key(Qt.Key.Key_D, SHIFT)
    assert "two slices are not compared" in room.notes
    room.key(Qt.Key.Key_D, SHIFT)


def test_contours_alone_on_t(rita: Room) -> None:
    while rita.bench.session.state.tools.display is not Display.CONTOURS:
        rita.key(Qt.Key.Key_T)
    assert lines_shown(rita) and not rita.bench.canvas.tissues.visible
    hold(rita)
    assert lines_shown(rita) and not rita.bench.canvas.tissues.visible
    let_go(rita)


# -- level ---------------------------------------------------------------------------------------------------------------------------------


def test_the_level_of_a_case_under_review_cannot_be_moved_and_it_is_said_why(rita: Room) -> None:
    view = rita.bench.frame.main.findChild(Reformats).views["sagittal"]
    y = round(view.y_of(-640.0))
    QTest.mousePress(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(100, y))
    for step in (3, 20, 40):
        QTest.mouseMove(view, QPoint(100, y - step))
        QTest.qWait(20)
    assert view._preview is None, "no line follows the mouse"
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(100, y - 40))
    rita.rest()
    assert rita.bench.session.state.level.slice_index == LEVEL and "choose Correct" in rita.message
    rita.bench.desk.set(message="")
    rita.key(Qt.Key.Key_Return)
    assert "choose Correct" in rita.message and rita.bench.session.state.level.confirmed_by == "ann"
    rita.bench.desk.set(message="")
    rita.key(Qt.Key.Key_L, SHIFT)
    assert "choose Correct" in rita.message and not rita.bench.study_case.is_changed
    rita.click(rita.bench.panel.decide.correct)
    rita.bench.session.choose_level(LEVEL + 1)
    assert rita.bench.session.state.level.slice_index == LEVEL + 1, "who corrects may move it"


def test_a_level_that_the_search_puts_elsewhere_is_said(room: Room) -> None:
    room.submit(slice_index=LEVEL + 2)
    room.sit("rita")
    assert room.bench.panel.review.apart.text() == "The search puts the middle of T12 10.0 mm lower."
