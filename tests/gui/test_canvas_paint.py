"""Drawing with the mouse in a real window: what the lock lets through, what the session gets, and that the two never drift apart."""

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_t12_bodycomp.model.tissue import Region, Tissue
from napari_t12_bodycomp.model.tools import Tool

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def regions(bench):
    return bench.session.state.work.regions


def same(bench):
    return np.array_equal(bench.canvas.regions.data[0], regions(bench))


def test_a_stroke_is_one_named_step_inside_the_window(case, hand, volume):
    case.actions.trigger("region_muscle")
    hand.stroke((20, 20), (20, 28), (20, 40))
    work = case.session.state.work
    assert [e.name for e in work.undo] == ["paint muscle"]
    painted = regions(case) == Region.MUSCLE
    assert painted.sum() > 20
    assert (volume.hu[3][painted] == 50).all()
    assert same(case)
    assert case.session.state.measurement.areas_cm2[Tissue.MUSCLE] == pytest.approx(painted.sum() * 0.02)


def test_no_pixel_outside_the_window_is_painted_even_for_a_moment(case, hand, volume):
    seen = []
    case.canvas.regions.events.labels_update.connect(lambda e: seen.append(np.array(case.canvas.regions.data[0])))
    case.actions.trigger("region_visceral")
    hand.stroke((20, 40), (20, 32), (20, 20))
    assert len(seen) >= 2
    for moment in seen:
        assert (volume.hu[3][moment > 0] == -100).all()


def test_numbers_follow_while_the_mouse_is_still_down(case, hand):
    seen = []
    case.actions.trigger("region_muscle")
    case.session.changed.connect(watch := lambda old, new: seen.append(new))
    hand.stroke((20, 35), (20, 40), (20, 45), (20, 50))
    case.session.changed.disconnect(watch)
    during = [s.measurement.areas_cm2[Tissue.MUSCLE] for s in seen if s.measurement is not None and not s.work.undo]
    assert len(during) >= 2 and during[-1] > during[0] > 0


def test_without_the_lock_everything_under_the_brush_is_painted(case, hand):
    case.actions.trigger("region_muscle")
    case.actions.trigger("toggle_lock")
    hand.stroke((20, 20), (20, 40))
    assert regions(case)[20, 20] == Region.MUSCLE and regions(case)[20, 40] == Region.MUSCLE


def test_the_eraser_is_never_locked(case, hand):
    start = np.zeros((40, 60), np.uint8)
    start[10:30, 10:50] = Region.MUSCLE
    case.session.edit("start", start)
    case.actions.trigger("region_muscle")
    case.actions.trigger("tool_erase")
    hand.stroke((20, 20), (20, 40))
    assert regions(case)[20, 20] == 0 and regions(case)[20, 40] == 0
    assert case.session.state.work.undo[-1].name == "erase"


def test_protected_regions_are_neither_painted_over_nor_erased(case, hand):
    start = np.zeros((40, 60), np.uint8)
    start[10:30, 35:45] = Region.VISCERAL
    case.session.edit("start", start)
    case.session.set_tools(protected=frozenset({Region.VISCERAL}))
    case.actions.trigger("region_muscle")
    hand.stroke((20, 32), (20, 50))
    assert (regions(case)[10:30, 35:45] == Region.VISCERAL).all()
    assert regions(case)[20, 33] == Region.MUSCLE
    case.actions.trigger("tool_erase")
    hand.stroke((20, 32), (20, 50))
    assert (regions(case)[10:30, 35:45] == Region.VISCERAL).all()
    case.actions.trigger("region_visceral")
    case.actions.trigger("tool_erase")
    hand.stroke((20, 32), (20, 50))
    assert regions(case)[20, 40] == 0


def test_the_brush_is_round_in_mm_where_pixels_are_not_square(case, hand):
    case.session.set_tools(brush_mm=12.0)
    case.actions.trigger("region_muscle")
    hand.stroke((20, 42))
    rows, columns = np.nonzero(regions(case))
    assert np.ptp(rows) * 2.0 == pytest.approx(12, abs=2)
    assert np.ptp(columns) * 1.0 == pytest.approx(12, abs=1)


def test_fill_spreads_over_connected_pixels_in_the_window(case, hand, volume):
    case.actions.trigger("region_visceral")
    case.actions.trigger("tool_fill")
    hand.stroke((20, 15))
    assert np.array_equal(regions(case) == Region.VISCERAL, volume.hu[3] == -100)
    assert case.session.state.work.undo[-1].name == "fill visceral"


def test_fill_outside_the_window_does_nothing(case, hand):
    case.actions.trigger("region_visceral")
    case.actions.trigger("tool_fill")
    hand.stroke((20, 45))
    assert not regions(case).any() and not case.session.state.work.undo


def test_a_polygon_is_painted_by_enter_and_obeys_the_lock(case, hand, volume):
    case.actions.trigger("region_muscle")
    case.actions.trigger("tool_polygon")
    for corner in ((10, 20), (10, 50), (30, 50), (30, 20)):
        hand.stroke(corner)
    hand.key(Qt.Key.Key_Return)
    painted = regions(case) == Region.MUSCLE
    assert painted[20, 40] and not painted[20, 25]
    assert (volume.hu[3][painted] == 50).all()
    assert case.session.state.work.undo[-1].name == "polygon muscle"
    assert not case.session.state.level.is_confirmed


def test_undo_and_redo_by_key_are_the_sessions(case, hand):
    case.actions.trigger("region_muscle")
    hand.stroke((20, 40), (20, 45))
    once = regions(case).copy()
    hand.stroke((12, 40), (12, 45))
    twice = regions(case).copy()
    hand.key(Qt.Key.Key_Z, CTRL)
    assert np.array_equal(regions(case), once) and same(case)
    assert "paint muscle" in case.desk.state.message
    hand.key(Qt.Key.Key_Z, CTRL | SHIFT)
    assert np.array_equal(regions(case), twice) and same(case)
    case.canvas.regions.undo()
    assert np.array_equal(regions(case), once) and same(case)


def test_a_script_that_writes_through_napari_obeys_the_lock_too(case, volume):
    case.actions.trigger("region_muscle")
    everywhere = np.nonzero(np.ones((1, 40, 60), bool))
    case.canvas.regions.data_setitem(everywhere, int(Region.MUSCLE))
    assert np.array_equal(regions(case) == Region.MUSCLE, volume.hu[3] == 50)
    assert same(case)


def test_nothing_is_painted_on_another_slice(case, hand):
    case.actions.trigger("region_muscle")
    case.actions.trigger("slice_up")
    hand.stroke((20, 40), (20, 45))
    assert not regions(case).any()


def test_napari_keys_choose_tools_and_the_session_knows(case, hand):
    for key, tool in ((Qt.Key.Key_2, Tool.BRUSH), (Qt.Key.Key_1, Tool.ERASE), (Qt.Key.Key_4, Tool.FILL), (Qt.Key.Key_6, Tool.MOVE)):
        hand.key(key)
        assert case.session.state.tools.tool is tool


@pytest.mark.parametrize("operation", ["grow", "shrink", "simplify", "fill_holes"])
def test_operations_on_a_region_are_one_step(case, operation):
    start = np.zeros((40, 60), np.uint8)
    start[10:30, 35:50] = Region.MUSCLE
    start[18:20, 40:43] = 0
    start[20, 50] = Region.MUSCLE
    case.session.edit("start", start)
    case.actions.trigger("region_muscle")
    case.actions.trigger(operation)
    assert case.session.state.work.undo[-1].name == f"{operation.replace('_', ' ')} muscle"
    assert same(case)


def test_the_pixels_under_the_brush_are_seen(case, hand, qtbot):
    def seen():
        qtbot.wait(80)
        main = case.frame.main
        at = hand.native.mapTo(main, hand.at(20.0, 45.0))
        return main.grab().toImage().pixelColor(at).getRgb()[:3]

    QTest.mouseMove(hand.native, hand.at(10.0, 35.0))
    before = seen()
    assert min(before) > 60
    for tool in (Tool.ERASE, Tool.SEED, Tool.MOVE):
        case.session.set_tools(tool=tool)
        QTest.mouseMove(hand.native, hand.at(20.0, 45.0))
        assert min(seen()) > 60


def test_nothing_is_drawn_while_no_button_is_down(case, hand):
    case.actions.trigger("region_muscle")
    QTest.mouseClick(hand.native, Qt.MouseButton.RightButton, Qt.KeyboardModifier.NoModifier, hand.at(20, 40))
    before = case.canvas.regions.data[0].copy()
    for column in range(40, 52):
        QTest.mouseMove(hand.native, hand.at(20, column))
        QTest.qWait(10)
    assert np.array_equal(case.canvas.regions.data[0], before) and same(case)
