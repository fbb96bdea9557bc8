"""Livewire, seed fill, push brush, simplify, copying and comparing under a real mouse and real keys in a real window."""

import csv

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_t12_bodycomp.gui.canvas_overlay import overlay_words
from napari_t12_bodycomp.model.roi_map import Draft
from napari_t12_bodycomp.model.tissue import Region
from napari_t12_bodycomp.model.tools import Tool

CTRL, SHIFT, NONE = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier
M, V = Region.MUSCLE, Region.VISCERAL
CORNERS = ((4, 30), (4, 55), (35, 55), (35, 30))
"""Of the muscle in the small scan."""


def regions(bench):
    return bench.session.state.work.regions


def steps(bench):
    return [edit.name for edit in bench.session.state.work.undo]


def start(case, value=M, rows=slice(10, 30), columns=slice(35, 50)):
    drawn = np.zeros((40, 60), np.uint8)
    drawn[rows, columns] = value
    case.session.edit("start", drawn)
    return regions(case).copy()


def move(hand, *point):
    QTest.mouseMove(hand.native, hand.at(*point))
    QTest.qWait(40)


def double_click(hand, *point):
    move(hand, *point)
    QTest.mouseDClick(hand.native, Qt.MouseButton.LeftButton, NONE, hand.at(*point))
    QTest.qWait(40)


def undone(case, before):
    """One step back is where it was."""
    case.actions.trigger("undo")
    return np.array_equal(regions(case), before) and np.array_equal(case.canvas.regions.data[0], before)


def wire_points(case):
    wire = case.canvas.tools._wire
    return 0 if wire is None else len(wire.points)


@pytest.fixture
def muscle(case, hand):
    case.actions.trigger("region_muscle")
    return case


# -- livewire ------------------------------------------------------------------------------------------------------------------------------


def test_keys_take_the_tools_and_six_gives_the_mouse_back(muscle, hand):
    for key, tool in ((Qt.Key.Key_Q, Tool.LIVEWIRE), (Qt.Key.Key_G, Tool.SEED), (Qt.Key.Key_K, Tool.PUSH)):
        hand.key(key)
        assert muscle.session.state.tools.tool is tool
        assert not muscle.viewer.scene.camera.mouse_pan
        hand.key(Qt.Key.Key_6)
        assert muscle.session.state.tools.tool is Tool.MOVE
        assert muscle.viewer.scene.camera.mouse_pan
    hand.key(Qt.Key.Key_Q)
    hand.key(Qt.Key.Key_2)
    assert muscle.session.state.tools.tool is Tool.BRUSH


@pytest.mark.parametrize("how", ["first point", "double click", "enter"])
def test_a_contour_is_closed_in_three_ways_and_fills_within_the_lock(muscle, hand, volume, how):
    hand.key(Qt.Key.Key_Q)
    for corner in CORNERS:
        hand.stroke(corner)
    assert wire_points(muscle) == 4 and not regions(muscle).any()
    zoom = muscle.viewer.scene.camera.zoom
    if how == "first point":
        hand.stroke(CORNERS[0])
    elif how == "double click":
        double_click(hand, *CORNERS[3])
    else:
        hand.key(Qt.Key.Key_Return)
    assert steps(muscle) == ["livewire muscle"] and muscle.viewer.scene.camera.zoom == zoom
    painted = regions(muscle) == M
    assert painted[6:34, 32:54].all() and (volume.hu[3][painted] == 50).all()
    assert wire_points(muscle) == 0 and not muscle.session.state.level.is_confirmed
    assert undone(muscle, np.zeros((40, 60), np.uint8))


def test_the_way_under_the_mouse_follows_the_edge(muscle, hand):
    hand.key(Qt.Key.Key_Q)
    hand.stroke((10, 30))
    move(hand, 30, 30)
    wire = muscle.canvas.tools._wire
    way = wire.live((30, 30))
    assert muscle.canvas.preview.is_shown and len(way) > 10
    assert (np.abs(way[3:-3, 1] - 29.5) < 2).all()


@pytest.mark.parametrize("key", [Qt.Key.Key_Backspace, Qt.Key.Key_X])
def test_points_are_taken_back_one_by_one(muscle, hand, key):
    hand.key(Qt.Key.Key_Q)
    for corner in CORNERS[:3]:
        hand.stroke(corner)
    for left in (2, 1, 0, 0):
        hand.key(key)
        assert wire_points(muscle) == left
    assert not steps(muscle)


def test_escape_another_tool_or_another_slice_give_the_contour_up(muscle, hand):
    for leave in (
        lambda: hand.key(Qt.Key.Key_Escape),
        lambda: hand.key(Qt.Key.Key_2),
        lambda: muscle.session.choose_level(muscle.session.state.level.slice_index - 1),
    ):
        hand.key(Qt.Key.Key_Q)
        hand.stroke(CORNERS[0])
        hand.stroke(CORNERS[1])
        assert wire_points(muscle) == 2
        leave()
        assert wire_points(muscle) == 0
        hand.key(Qt.Key.Key_Return)
        assert not regions(muscle).any()


@pytest.mark.parametrize("key", [Qt.Key.Key_Q, Qt.Key.Key_3])
def test_enter_on_a_contour_without_an_area_says_so_and_confirms_nothing(muscle, hand, key):
    hand.key(key)
    hand.stroke(CORNERS[0])
    hand.key(Qt.Key.Key_Return)
    assert "Three points at least" in muscle.desk.state.message
    assert not muscle.session.state.level.is_confirmed and not regions(muscle).any()
    hand.key(Qt.Key.Key_Escape)


def test_a_contour_leaves_protected_regions_alone(muscle, hand):
    before = start(muscle, V, columns=slice(40, 45))
    muscle.session.set_tools(protected=frozenset({V}))
    hand.key(Qt.Key.Key_Q)
    for corner in (*CORNERS, CORNERS[0]):
        hand.stroke(corner)
    assert ((regions(muscle) == V) == (before == V)).all() and (regions(muscle) == M)[20, 37]


def test_escape_and_backspace_serve_the_polygon_too(muscle, hand):
    hand.key(Qt.Key.Key_3)
    polygon = muscle.canvas.regions._overlays["polygon"]
    for corner in CORNERS[:3]:
        hand.stroke(corner)
    held = len(polygon.points)
    hand.key(Qt.Key.Key_Backspace)
    assert len(polygon.points) == held - 1
    hand.key(Qt.Key.Key_Escape)
    assert not polygon.points


# -- seed fill -----------------------------------------------------------------------------------------------------------------------------


def test_a_seed_fill_shows_what_a_click_takes(muscle, hand, volume):
    hand.key(Qt.Key.Key_G)
    muscle.session.set_tools(reach_mm=8.0)
    move(hand, 20, 42)
    assert muscle.canvas.preview.is_shown and not regions(muscle).any()
    hand.stroke((20, 42))
    painted = regions(muscle) == M
    rows, columns = np.nonzero(painted)
    assert steps(muscle) == ["seed fill muscle"] and (volume.hu[3][painted] == 50).all()
    assert np.ptp(rows) * 2.0 == pytest.approx(16, abs=2) and np.ptp(columns) == pytest.approx(16, abs=1)
    assert undone(muscle, np.zeros((40, 60), np.uint8))


def test_where_nothing_can_be_filled_it_says_so(muscle, hand):
    hand.key(Qt.Key.Key_G)
    move(hand, 20, 15)
    assert not muscle.canvas.preview.is_shown
    hand.stroke((20, 15))
    assert not steps(muscle) and "Nothing to fill here" in muscle.desk.state.message


def test_size_and_tolerance_keys_change_the_seed_fill(muscle, hand):
    hand.key(Qt.Key.Key_G)
    reach, brush = muscle.session.state.tools.reach_mm, muscle.session.state.tools.brush_mm
    hand.key(Qt.Key.Key_BracketRight)
    assert muscle.session.state.tools.reach_mm > reach and muscle.session.state.tools.brush_mm == brush
    assert muscle.panel.draw.brush_name.text() == "Reach"
    hand.key(Qt.Key.Key_Period)
    hand.key(Qt.Key.Key_Period)
    assert muscle.session.state.tools.tolerance_hu == 20
    assert "±20 HU" in muscle.canvas.overlay.words.bottom
    hand.key(Qt.Key.Key_Comma)
    hand.key(Qt.Key.Key_Comma)
    assert muscle.session.state.tools.tolerance_hu is None
    hand.key(Qt.Key.Key_K)
    assert muscle.panel.draw.brush_name.text() == "Brush" and muscle.session.state.tools.brush_mm == brush


# -- push ----------------------------------------------------------------------------------------------------------------------------------


def test_the_border_is_pushed_outward_from_inside_as_one_step(muscle, hand):
    before = start(muscle)
    muscle.session.set_tools(brush_mm=10.0)
    hand.key(Qt.Key.Key_K)
    seen = []
    muscle.session.changed.connect(watch := lambda old, new: seen.append(new))
    hand.stroke((20, 43), (20, 46), (20, 49), (20, 52))
    muscle.session.changed.disconnect(watch)
    gained = (regions(muscle) == M) & (before != M)
    assert gained.any() and (np.nonzero(gained)[1] >= 50).all() and ((before != M) | (regions(muscle) == M)).all()
    assert steps(muscle) == ["start", "push muscle"]
    areas = [s.measurement.areas_cm2 for s in seen if len(s.work.undo) == 1]
    assert len(areas) >= 2, "numbers follow while the mouse is down"
    assert undone(muscle, before)


def test_the_border_is_pushed_inward_from_outside_whatever_the_lock(muscle, hand):
    before = start(muscle, columns=slice(20, 50))
    muscle.session.set_tools(brush_mm=10.0)
    hand.key(Qt.Key.Key_K)
    hand.stroke((20, 12), (20, 16), (20, 20), (20, 24))
    lost = (before == M) & (regions(muscle) != M)
    assert lost[20, 20:24].all() and not ((regions(muscle) == M) & (before != M)).any()
    assert steps(muscle)[-1] == "push muscle"
    assert undone(muscle, before)


def test_escape_in_the_middle_of_a_push_leaves_the_drawing(muscle, hand):
    before = start(muscle)
    hand.key(Qt.Key.Key_K)
    QTest.mousePress(hand.native, Qt.MouseButton.LeftButton, NONE, hand.at(20, 47))
    for column in (49, 52, 55):
        move(hand, 20, column)
    hand.key(Qt.Key.Key_Escape)
    QTest.mouseRelease(hand.native, Qt.MouseButton.LeftButton, NONE, hand.at(20, 55))
    QApplication.processEvents()
    assert np.array_equal(regions(muscle), before) and steps(muscle) == ["start"]
    assert (muscle.canvas.tissues.data[0] > 0).sum() == (before > 0).sum()


def test_on_another_slice_the_tools_do_nothing(muscle, hand):
    start(muscle)
    muscle.actions.trigger("slice_up")
    for key in (Qt.Key.Key_Q, Qt.Key.Key_G, Qt.Key.Key_K):
        hand.key(key)
        hand.stroke((20, 42), (20, 55))
        assert not muscle.canvas.preview.is_shown
    assert steps(muscle) == ["start"] and wire_points(muscle) == 0


def test_space_moves_the_picture_without_losing_the_contour(muscle, hand):
    hand.key(Qt.Key.Key_Q)
    hand.stroke(CORNERS[0])
    QTest.keyPress(hand.native, Qt.Key.Key_Space)
    assert muscle.viewer.scene.camera.mouse_pan
    hand.stroke((20, 40), (24, 44), (26, 46))
    QTest.keyRelease(hand.native, Qt.Key.Key_Space)
    assert not muscle.viewer.scene.camera.mouse_pan and wire_points(muscle) == 1
    assert muscle.session.state.tools.tool is Tool.LIVEWIRE
    muscle.canvas.fit()


# -- whole regions -------------------------------------------------------------------------------------------------------------------------


def test_simplify_is_one_key_and_one_step(muscle, hand):
    before = start(muscle)
    speckled = before.copy()
    speckled[3, 55] = M
    speckled[20, 40] = 0
    muscle.session.edit("paint muscle", speckled)
    hand.key(Qt.Key.Key_S, SHIFT)
    assert steps(muscle)[-1] == "simplify muscle"
    assert regions(muscle)[20, 40] == M and regions(muscle)[3, 55] == 0
    assert undone(muscle, speckled)


def with_draft(case, drawn):
    nothing = np.zeros(drawn.shape, bool)
    index = case.session.state.level.slice_index
    case.session.set_draft(Draft(drawn, nothing, nothing), (), index, case.session.state.protocol.slab_mm)


def test_the_drawing_is_compared_with_its_draft_in_words_and_lines(muscle, hand):
    drawn = np.zeros((40, 60), np.uint8)
    drawn[10:30, 35:50] = M
    with_draft(muscle, drawn)
    changed = drawn.copy()
    changed[10:20, 35:40] = 0
    changed[30:32, 35:45] = V
    muscle.session.edit("paint visceral", changed)
    hand.key(Qt.Key.Key_D, SHIFT)
    QApplication.processEvents()
    words = [" ".join(text for text, _ in line) for line in muscle.canvas.overlay.words.notes]
    assert any("Muscle  0.0 cm² added, 1.0 cm² removed" in line for line in words), words
    assert any("Visceral  0.4 cm² added, 0.0 cm² removed" in line for line in words), words
    lines = muscle.canvas.differences
    assert all(line._line.visible for line in (*lines._gained, *lines._lost))
    assert not muscle.canvas.tissues.visible and muscle.panel.draw.compare.isChecked()
    muscle.actions.trigger("undo")
    QApplication.processEvents()
    assert "Just as the automatic draft" in str(muscle.canvas.overlay.words.notes)
    hand.key(Qt.Key.Key_D, SHIFT)
    QApplication.processEvents()
    assert not muscle.canvas.overlay.words.notes and muscle.canvas.tissues.visible
    assert not any(line._line.visible for line in (*lines._gained, *lines._lost))
    assert steps(muscle) == ["draft"], "comparing is no step"


def test_without_a_draft_there_is_nothing_to_compare_with(bench, volume, hand, case):
    case.session.close()
    case.session.open(volume)
    case.session.choose_level(3)
    case.jobs.cancel()
    case.actions.trigger("compare_draft")
    assert not case.session.state.tools.compare and "no automatic draft" in case.desk.state.message
    case.session.set_tools(compare=True)
    assert "No automatic draft to compare with" in str(overlay_words(case.session.state, compared=None).notes)


# -- copying -------------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def wide(bench, qtbot, trunk):
    """A trunk of 1 mm pixels on seven slices, the level on slice 3."""
    from napari_t12_bodycomp.model.subject import Subject
    from napari_t12_bodycomp.model.volume import Acquisition, CTVolume

    plane = np.array([-1000, 50, -90, -100], np.int16)[trunk(spine=False)]
    acquisition = Acquisition("9.9", slice_thickness_mm=5.0)
    volume = CTVolume(
        np.stack([plane] * 7), np.arange(7) * 5.0 - 100, (1.0, 1.0), acquisition=acquisition, subject=Subject(patient_id="CASE-1")
    )
    bench.flow.open_volume(volume, "somewhere")
    qtbot.waitUntil(lambda: bench.session.state.level is not None and not bench.jobs.state.running)
    return bench


def settled(qtbot, case):
    qtbot.waitUntil(lambda: not case.jobs.state.running, timeout=20000)
    QApplication.processEvents()


def test_regions_of_a_neighbouring_slice_are_copied_by_one_key(wide, qtbot, trunk):
    wide.session.edit("paint muscle", trunk(spine=False))
    wide.session.choose_level(4)
    settled(qtbot, wide)
    before = regions(wide).copy()
    QTest.keyClick(wide.canvas.view.native, Qt.Key.Key_A)
    settled(qtbot, wide)
    assert steps(wide)[-1] == "copy slice 4"
    assert ((regions(wide) == M) == (trunk(spine=False) == M)).all()
    assert "Copied from slice 4 of this scan, 5.0 mm lower (drawn by hand)" in wide.desk.state.message
    assert undone(wide, before)


def test_without_another_slice_the_copy_is_refused_in_a_sentence(wide, qtbot):
    wide.actions.trigger("copy_slice")
    settled(qtbot, wide)
    assert wide.desk.state.message_is_error and "Regions on another slice of this scan are wanted" in wide.desk.state.message


def test_an_earlier_visit_is_copied_and_another_patient_refused(wide, qtbot, trunk, tmp_path, monkeypatch):
    with_draft(wide, trunk(spine=False))
    wide.actions.trigger("confirm_level")
    wide.saving.save(tmp_path)
    qtbot.waitUntil(lambda: wide.saving.errands.is_idle, timeout=20000)
    monkeypatch.setattr(
        "napari_t12_bodycomp.gui.ask_files.QFileDialog.getOpenFileName", lambda *a, **k: (str(tmp_path / "regions.nii.gz"), "")
    )
    wide.session.edit("erase", np.zeros_like(trunk()))
    QTest.keyClick(wide.canvas.view.native, Qt.Key.Key_A, SHIFT)
    settled(qtbot, wide)
    assert steps(wide)[-1] == "copy earlier visit" and "this same scan (saved as confirmed by anna)" in wide.desk.state.message
    assert (regions(wide) == M)[trunk(spine=False) == M].mean() > 0.97
    assert undone(wide, np.zeros_like(trunk()))
    with (tmp_path / "indices.csv").open(encoding="utf-8", newline="") as stream:
        header, row = list(csv.reader(stream))
    row[header.index("patient_id")] = "CASE-2"
    with (tmp_path / "indices.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, row])
    wide.actions.trigger("copy_earlier")
    settled(qtbot, wide)
    assert "another patient ID" in wide.desk.state.message and not regions(wide).any()


def test_a_drawing_that_changed_meanwhile_is_not_overwritten(wide, qtbot, trunk):
    wide.session.edit("paint muscle", trunk(spine=False))
    wide.session.choose_level(4)
    settled(qtbot, wide)
    wide.actions.trigger("copy_slice")
    mine = np.where(trunk(spine=False) == V, V, 0).astype(np.uint8)
    wide.session.edit("paint visceral", mine)
    settled(qtbot, wide)
    assert np.array_equal(regions(wide), mine) and "copy again" in wide.desk.state.message
