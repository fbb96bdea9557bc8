"""A real window under real keys and drops: held keys, opacity, 3D, a dropped folder, comparing levels, leaving and coming back."""

import threading
from dataclasses import replace
from pathlib import Path

import napari
import numpy as np
import pytest
from napari._qt.dialogs.qt_notification import NapariQtNotification
from qtpy.QtCore import QMimeData, QPointF, Qt, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_t12_bodycomp.gui import case_flow, level_flow
from napari_t12_bodycomp.gui._widget import WorkbenchStarter
from napari_t12_bodycomp.gui.app import close_window
from napari_t12_bodycomp.gui.workbench import open_workbench
from napari_t12_bodycomp.model.level import LevelFinding, LevelStatus
from napari_t12_bodycomp.model.measurement import Measurement
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.sensitivity import LevelSensitivity
from napari_t12_bodycomp.model.tissue import PRESETS, Region, Tissue
from napari_t12_bodycomp.workflow import autosave

LEVEL = 3
SAMPLE = Path(__file__).resolve().parents[2] / "sample_data" / "chest_5mm"


def drawn():
    regions = np.zeros((40, 60), np.uint8)
    regions[10:30, 35:50] = Region.MUSCLE
    return regions


def shown(case):
    """The tissues on screen once the picture has followed."""
    QApplication.processEvents()
    return np.array(case.canvas.tissues.data[0])


def measured(area):
    areas = dict.fromkeys(Tissue, area)
    return Measurement(areas, areas, {}, {}, area, Protocol(), 5.0)


def around():
    indices = {"SMI": 41.0, "VFI": 20.0, "SFI": 30.0, "VSR": 0.66}
    shifted = {-5.0: replace(measured(98.2), indices=indices), 5.0: None}
    why = {"+5": "There is no slice at z 5.0 mm: the scan ends before it."}
    return LevelSensitivity(replace(measured(100.0), indices=indices), shifted, {}, indices | {"SMI": 42.0}, 4, why)


def last_column(case):
    return case.panel.stats.cells[Tissue.MUSCLE.key, 4].text()


def test_the_picture_follows_the_numbers_at_once_and_after_undo(case):
    case.session.edit("start", drawn())
    assert case.canvas.drawing.is_waiting and not case.canvas.tissues.data.any()
    assert (shown(case) == Tissue.MUSCLE).sum() == 300 and not case.canvas.drawing.is_waiting
    case.actions.trigger("undo")
    assert not shown(case).any()


def test_the_drawing_is_hidden_only_while_h_is_held(case, hand):
    case.session.edit("start", drawn())
    QTest.keyPress(hand.native, Qt.Key.Key_H)
    assert case.session.state.tools.hidden and not case.canvas.tissues.visible
    QTest.keyRelease(hand.native, Qt.Key.Key_H)
    assert not case.session.state.tools.hidden and case.canvas.tissues.visible


def test_o_and_shift_o_change_the_opacity_within_bounds(case, hand):
    case.session.edit("start", drawn())
    before = case.session.state.tools.opacity
    hand.key(Qt.Key.Key_O)
    assert case.canvas.tissues.opacity == pytest.approx(before + 0.1)
    hand.key(Qt.Key.Key_O, Qt.KeyboardModifier.ShiftModifier)
    assert case.canvas.tissues.opacity == pytest.approx(before)
    for _ in range(12):
        hand.key(Qt.Key.Key_O, Qt.KeyboardModifier.ShiftModifier)
    assert case.canvas.tissues.opacity == pytest.approx(0.1)


def test_naparis_3d_view_is_refused_in_a_sentence(case, hand):
    case.viewer.window._qt_viewer.viewerButtons.ndisplayButton.click()
    QApplication.processEvents()
    assert case.viewer.dims.ndisplay == 2
    assert "3D" in case.desk.state.message
    hand.key(Qt.Key.Key_PageUp)
    assert case.session.state.view_index == LEVEL + 1 == case.viewer.dims.current_step[0]


def test_a_folder_dropped_on_the_picture_becomes_a_case(bench, qtbot):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(SAMPLE))])
    picture = bench.viewer.window._qt_viewer
    middle, how = picture.rect().center(), (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    for event in (QDragEnterEvent(middle, *how), QDropEvent(QPointF(middle), *how)):
        QApplication.sendEvent(picture, event)
    assert bench.jobs.state.name == "Reading the scan"
    qtbot.waitUntil(lambda: bench.session.state.level is not None and not bench.jobs.state.running, timeout=30000)
    assert bench.session.state.source == str(SAMPLE)
    assert bench.session.state.volume.shape[0] == 73


def test_a_scan_opened_by_naparis_menu_becomes_a_case(bench, qtbot):
    bench.viewer.open(str(SAMPLE), plugin="napari-t12-bodycomp")
    qtbot.waitUntil(lambda: bench.session.state.level is not None and not bench.jobs.state.running, timeout=30000)
    assert bench.session.state.source == str(SAMPLE)
    assert sum(layer.data.shape == bench.session.state.volume.shape for layer in bench.viewer.layers) == 1


def test_levels_are_compared_on_request_and_the_answer_goes_with_the_level(case, qtbot, monkeypatch):
    monkeypatch.setattr(level_flow, "level_sensitivity", lambda *arguments: around())
    case.session.edit("start", drawn())
    assert last_column(case) == "−29 … 150"
    case.actions.trigger("compare_levels")
    qtbot.waitUntil(lambda: case.session.state.sensitivity is not None)
    assert last_column(case) == "−1.8% / –"
    tip = case.panel.stats.cells[Tissue.MUSCLE.key, 4].toolTip()
    assert "Automatic drafts" in tip and "no slice at z 5.0 mm" in tip
    card = case.panel.stats.cards["SMI"].around
    assert card.text() == "+5 mm –\n−5 mm 41.0\nbody 42.0" and card.isVisibleTo(case.panel.stats)
    assert "4 slices" in card.toolTip() and "the scan ends before it" in card.toolTip()
    case.session.set_height(170)
    case.actions.trigger("confirm_level")
    assert case.session.state.sensitivity is not None
    case.session.choose_level(4)
    assert case.session.state.sensitivity is None and last_column(case) == "−29 … 150"


def test_comparing_stops_when_the_protocol_changes_and_a_late_answer_is_dropped(case, qtbot, monkeypatch):
    go = threading.Event()
    monkeypatch.setattr(level_flow, "level_sensitivity", lambda *arguments: go.wait(5) and around())
    before = case.session.state
    case.actions.trigger("compare_levels")
    assert case.jobs.state.name == level_flow.COMPARING
    case.session.set_protocol(Protocol(preset=PRESETS["alberta"]))
    assert not case.jobs.state.running
    go.set()
    case.session.set_sensitivity(around(), before)
    qtbot.wait(50)
    assert case.session.state.sensitivity is None
    case.session.set_protocol(Protocol())


def test_a_second_click_takes_the_comparison_away(case, qtbot, monkeypatch):
    monkeypatch.setattr(level_flow, "level_sensitivity", lambda *arguments: around())
    case.actions.trigger("compare_levels")
    qtbot.waitUntil(lambda: case.session.state.sensitivity is not None)
    assert case.panel.stats.compare.isChecked()
    qtbot.mouseClick(case.panel.stats.compare, Qt.MouseButton.LeftButton)
    assert case.session.state.sensitivity is None and not case.panel.stats.compare.isChecked()


def test_the_comparison_stays_on_for_the_next_case_once_its_level_is_confirmed(case, volume, qtbot, monkeypatch):
    calls = []
    monkeypatch.setattr(level_flow, "level_sensitivity", lambda *arguments: calls.append(arguments[1].slice_index) or around())
    case.actions.trigger("compare_levels")
    qtbot.waitUntil(lambda: case.session.state.sensitivity is not None)
    case.flow.open_volume(volume, "the next one")
    qtbot.waitUntil(lambda: case.session.state.level is not None and not case.jobs.state.running)
    case.session.edit("start", drawn())
    assert case.session.state.sensitivity is None and case.panel.stats.compare.isChecked() and len(calls) == 1
    case.actions.trigger("confirm_level")
    qtbot.waitUntil(lambda: case.session.state.sensitivity is not None)
    case.session.set_protocol(Protocol(preset=PRESETS["alberta"]))
    qtbot.waitUntil(lambda: case.session.state.sensitivity is not None and not case.jobs.state.running)
    case.session.choose_level(4)
    case.session.choose_level(LEVEL)
    case.actions.trigger("confirm_level")
    qtbot.waitUntil(lambda: case.session.state.sensitivity is not None and not case.jobs.state.running)
    assert calls == [LEVEL] * 4
    case.actions.trigger("compare_levels")
    case.session.set_protocol(Protocol())
    qtbot.wait(50)
    assert case.session.state.sensitivity is None and len(calls) == 4


def test_a_level_that_cannot_be_drafted_is_not_compared_again_and_again(case, qtbot, monkeypatch):
    calls = []
    monkeypatch.setattr(level_flow, "level_sensitivity", lambda *arguments: calls.append(1))
    case.session.edit("start", drawn())
    case.actions.trigger("confirm_level")
    case.actions.trigger("compare_levels")
    qtbot.waitUntil(lambda: bool(calls) and not case.jobs.state.running)
    qtbot.wait(100)
    assert len(calls) == 1 and "cannot be compared" in case.desk.state.message


def test_closing_another_window_leaves_this_one_all_its_keys(case, hand, tmp_path):
    keys = {action.id: case.actions.key(action.id) for action in case.actions}
    close_window(open_workbench(napari.Viewer(show=False), "ben", tmp_path))
    assert {action.id: case.actions.key(action.id) for action in case.actions} == keys
    for region, key in ((Region.SUBCUTANEOUS, Qt.Key.Key_S), (Region.VISCERAL, Qt.Key.Key_V)):
        hand.key(key)
        assert case.session.state.tools.region is region


def test_the_window_is_naparis_again_after_closing_and_the_workbench_comes_back(qtbot, volume, tmp_path, monkeypatch):
    finding = LevelFinding(LevelStatus.FOUND, "found", LEVEL, -85.0, (-95.0, -75.0), 0.9)
    monkeypatch.setattr(case_flow, "locate", lambda volume, progress: finding)
    monkeypatch.setattr(autosave, "default_folder", lambda: tmp_path)
    viewer = napari.Viewer(show=True)
    native = viewer.window._qt_viewer.canvas.native
    notice = NapariQtNotification("napari support for the PyQt5 backend is deprecated", "warning", parent=native)
    other = NapariQtNotification("something else", "info", parent=native)
    notice.show()
    other.show()
    starter = WorkbenchStarter(viewer)
    qtbot.addWidget(starter)
    gone = []
    notice.destroyed.connect(lambda: gone.append(notice))
    qtbot.waitUntil(lambda: bool(gone), timeout=2500)
    assert other.isVisible()
    other.close()
    starter.workbench.flow.open_volume(volume)
    qtbot.waitUntil(lambda: starter.workbench.session.state.work is not None)
    starter.toggle()
    assert not native.updatesEnabled()
    qtbot.waitUntil(native.updatesEnabled)
    assert viewer.window._qt_viewer.dockLayerList.isVisible()
    viewer.dims.ndisplay = 3
    starter.toggle()
    assert viewer.dims.ndisplay == 2 and not viewer.window._qt_viewer.dockLayerList.isVisible()
    starter.toggle()
    viewer.close()


@pytest.mark.parametrize("names", [["Regions"], ["Tissues"], ["Measured slice"], ["CT"], ["CT", "Measured slice", "Tissues", "Regions"]])
def test_a_layer_that_somebody_deletes_comes_back_once_with_the_drawing(case, hand, qtbot, names):
    order = [layer.name for layer in case.viewer.layers]
    case.actions.trigger("region_muscle")
    hand.stroke((15, 35), (15, 45))
    drawn = case.session.state.work.regions
    assert drawn.any()
    for name in names:
        case.viewer.layers.remove(name)
    qtbot.waitUntil(lambda: len(case.viewer.layers) == len(order))
    assert [layer.name for layer in case.viewer.layers] == order
    assert np.array_equal(case.canvas.regions.data[0], drawn) and "it is back" in case.desk.state.message
    assert all(layer.visible for layer in case.viewer.layers)
    assert case.session.state.view_index == LEVEL == case.viewer.dims.current_step[0]
    hand.stroke((25, 35), (25, 45))
    after = case.session.state.work
    assert after.regions.sum() > drawn.sum() and len(after.undo) == 2, "one stroke is one step, with the new layer as with the old"
    assert np.array_equal(case.canvas.regions.data[0], after.regions)
    case.actions.trigger("undo")
    assert np.array_equal(case.canvas.regions.data[0], drawn)
    case.session.choose_level(case.session.state.view_index + 1)
    assert [layer.name for layer in case.viewer.layers] == order, "another slice adds none"
