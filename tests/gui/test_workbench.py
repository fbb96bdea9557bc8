"""The workbench in a real window: keys, levels, cases that come and go, saving, and crashes that lose nothing."""

import csv
import threading
from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QApplication

from napari_t12_bodycomp.gui import case_flow, saving
from napari_t12_bodycomp.gui.canvas_overlay import overlay_words
from napari_t12_bodycomp.gui.panel_save import SavePanel
from napari_t12_bodycomp.model.level import LevelFinding, LevelStatus
from napari_t12_bodycomp.model.quality import QualityFlag
from napari_t12_bodycomp.model.tissue import PRESETS, Region
from napari_t12_bodycomp.model.tools import Display
from napari_t12_bodycomp.workflow import screen_result
from napari_t12_bodycomp.workflow.autosave import unfinished_for

LEVEL = 3


def drawn(value=Region.MUSCLE):
    regions = np.zeros((40, 60), np.uint8)
    regions[10:30, 35:50] = value
    return regions


def wheel(bench, turn, modifier=Qt.KeyboardModifier.NoModifier):
    native = bench.canvas.view.native
    middle = QPointF(native.rect().center())
    event = QWheelEvent(
        middle, middle, QPoint(0, 0), QPoint(0, 120 * turn), Qt.MouseButton.NoButton, modifier, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(native, event)


def test_every_layer_lies_in_mm_on_the_ct(case, volume):
    for layer in (case.canvas.ct, case.canvas.tissues, case.canvas.regions):
        assert [str(u) for u in layer.units] == ["millimeter"] * 3
        assert tuple(layer.axis_labels) == ("z", "y", "x")
    assert case.canvas.regions.data_to_world((0, 5, 7)) == pytest.approx(case.canvas.ct.data_to_world((LEVEL, 5, 7)))
    assert case.canvas.ct.data_to_world((LEVEL, 0, 0)) == pytest.approx((volume.z_mm[LEVEL], -40.0, -30.0))


def test_enter_confirms_the_level_and_l_comes_back_to_it(case, hand):
    assert not case.session.state.level.is_confirmed
    hand.key(Qt.Key.Key_PageUp)
    assert case.session.state.view_index == LEVEL + 1 == case.viewer.dims.current_step[0]
    hand.key(Qt.Key.Key_L)
    assert case.session.state.view_index == LEVEL
    hand.key(Qt.Key.Key_Return)
    assert case.session.state.level.confirmed_by == "anna"


def test_confirming_without_a_name_is_refused_in_a_sentence(case, hand):
    case.session.set_assessor("")
    hand.key(Qt.Key.Key_Return)
    assert not case.session.state.level.is_confirmed
    assert "name" in case.desk.state.message and case.desk.state.message_is_error


def test_m_v_s_choose_a_region_and_its_lock_i_lifts_it(case, hand):
    for key, region in ((Qt.Key.Key_V, Region.VISCERAL), (Qt.Key.Key_S, Region.SUBCUTANEOUS), (Qt.Key.Key_M, Region.MUSCLE)):
        hand.key(key)
        assert case.session.state.tools.region is region and case.session.state.tools.hu_lock
        assert case.canvas.regions.selected_label == region
    hand.key(Qt.Key.Key_I)
    assert not case.session.state.tools.hu_lock and case.canvas.regions.rules.locked_to is None


def test_the_wheel_turns_slices_and_with_shift_the_brush(case):
    wheel(case, 1)
    assert case.session.state.view_index == LEVEL + 1
    before = case.session.state.tools.brush_mm
    wheel(case, 1, Qt.KeyboardModifier.ShiftModifier)
    assert case.session.state.tools.brush_mm > before == 6.0
    zoom = case.viewer.scene.camera.zoom
    wheel(case, 1, Qt.KeyboardModifier.ControlModifier)
    assert case.viewer.scene.camera.zoom > zoom and case.session.state.view_index == LEVEL + 1


def test_brackets_change_the_brush_in_mm(case, hand):
    hand.key(Qt.Key.Key_BracketRight)
    larger = case.session.state.tools.brush_mm
    assert larger > 6.0 and case.canvas.regions.brush_mm == larger
    hand.key(Qt.Key.Key_BracketLeft)
    assert case.session.state.tools.brush_mm < larger


def test_t_goes_through_three_displays_and_h_hides(case):
    case.session.edit("start", drawn())
    seen = []
    for _ in range(3):
        seen.append((case.session.state.tools.display, case.canvas.tissues.visible))
        case.actions.trigger("cycle_display")
    assert seen == [(Display.BOTH, True), (Display.CONTOURS, False), (Display.TISSUES, True)]
    case.actions.trigger("hide_overlay", True)
    assert not case.canvas.tissues.visible
    case.actions.trigger("hide_overlay", False)
    assert case.canvas.tissues.visible


def test_windows_for_bone_lung_and_soft_tissue(case, hand):
    hand.key(Qt.Key.Key_B)
    assert case.canvas.ct.contrast_limits == [-500, 1300]
    hand.key(Qt.Key.Key_U)
    assert case.canvas.ct.contrast_limits == [-1350, 150]
    hand.key(Qt.Key.Key_W)
    assert case.canvas.ct.contrast_limits == [-160, 240]


def test_the_picture_says_what_is_known_and_never_more(case):
    words = overlay_words(case.session.state)
    text = "".join(t for t, _ in words.who + words.where)
    assert "CASE-1" in text and "F" in text and "slice 4 / 7" in text and "z −85.0 mm" in text and "not confirmed" in text
    assert words.badge.startswith("HU-lock −29…150") and words.locked
    case.session.set_tools(hu_lock=False)
    assert overlay_words(case.session.state).badge.startswith("HU-lock off")


def test_the_plain_napari_view_comes_and_goes(case):
    case.actions.trigger("plain_view")
    assert case.viewer.window._qt_viewer.dockLayerList.isVisible()
    case.actions.trigger("plain_view")
    assert not case.viewer.window._qt_viewer.dockLayerList.isVisible()


def test_a_manual_level_moves_the_drawing_with_it(case):
    case.session.edit("start", drawn())
    case.session.choose_level(5)
    assert not case.canvas.regions.data.any()
    case.session.choose_level(LEVEL)
    assert np.array_equal(case.canvas.regions.data[0], drawn())


def written(qtbot, case):
    qtbot.waitUntil(lambda: case.saving.errands.is_idle, timeout=20000)


def test_saving_as_final_needs_a_confirmed_level(case, qtbot, tmp_path):
    case.session.edit("start", drawn())
    case.moves.set_out_folder(tmp_path / "out")
    case.actions.trigger("save")
    assert "not confirmed" in case.desk.state.message and case.desk.state.offer_draft
    assert not (tmp_path / "out").exists()
    case.actions.trigger("save_draft")
    case.actions.trigger("confirm_level")
    case.actions.trigger("save")
    written(qtbot, case)
    with (tmp_path / "out" / "indices.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows[-1]["status"] == "confirmed" and rows[-1]["level_confirmed_by"] == "anna"
    assert case.session.state.saved and not case.desk.state.offer_draft
    assert (tmp_path / "out" / "regions.nii.gz").exists()


def test_unfinished_work_is_offered_and_resumed(case, volume, qtbot):
    case.session.edit("start", drawn())
    case.saver.flush()
    case.session.close()
    assert [u.source for u in case.desk.state.unfinished] == ["somewhere"]
    case.flow.open_volume(volume, "somewhere")
    qtbot.waitUntil(lambda: not case.jobs.state.running)
    assert case.desk.state.resumable is not None and not case.session.state.work.undo
    case.actions.trigger("resume")
    assert np.array_equal(case.canvas.regions.data[0], drawn())
    assert [e.name for e in case.session.state.work.undo] == ["start"]
    assert case.desk.state.resumable is None


def test_a_row_from_resumed_work_says_what_the_scan_is_flagged_for(case, volume, qtbot, tmp_path, monkeypatch):
    case.session.edit("start", drawn())
    case.saver.flush()
    case.session.close()
    plain, flags = case_flow.draft_slice, (QualityFlag("noise_high", "Noisy."),)
    for module in (case_flow, screen_result):
        monkeypatch.setattr(module, "draft_slice", lambda *given: replace(plain(*given), quality=flags))
    case.flow.open_volume(volume, "somewhere")
    qtbot.waitUntil(lambda: not case.jobs.state.running)
    case.actions.trigger("resume")
    case.saving.save(tmp_path / "at_once", as_draft=True)
    qtbot.waitUntil(lambda: case.session.state.work.quality == flags)
    assert np.array_equal(case.session.state.work.regions, drawn())
    case.saving.save(tmp_path / "later", as_draft=True)
    written(qtbot, case)
    rows = [(tmp_path / name / "indices.csv").read_text() for name in ("at_once", "later")]
    assert rows[0] == rows[1] and "noise_high" in rows[0]


def test_what_is_drawn_while_the_result_is_written_is_kept_as_unfinished(case, volume, qtbot, tmp_path, monkeypatch):
    go_on = hold_the_writing(monkeypatch)
    case.session.edit("start", drawn())
    case.actions.trigger("confirm_level")
    case.saving.save(tmp_path / "out")
    assert case.desk.state.message == "Saving the result ..."
    case.session.edit("erase", np.where(np.indices((40, 60))[1] < 40, 0, drawn()).astype(np.uint8))
    go_on.set()
    written(qtbot, case)
    assert "Saved: row" in case.desk.state.message and not case.session.state.saved
    case.saver.flush()
    left = unfinished_for(volume, case.saver.folder)
    assert left is not None and np.array_equal(left.regions, case.session.state.work.regions)


def test_a_case_left_while_its_result_is_written_is_no_unfinished_work(case, volume, qtbot, tmp_path, monkeypatch):
    go_on = hold_the_writing(monkeypatch)
    case.session.edit("start", drawn())
    case.actions.trigger("confirm_level")
    case.saving.save(tmp_path / "out")
    case.session.close()
    case.saver.flush()
    assert unfinished_for(volume, case.saver.folder) is not None
    go_on.set()
    written(qtbot, case)
    assert (tmp_path / "out" / "indices.csv").exists() and unfinished_for(volume, case.saver.folder) is None


def test_what_is_being_written_is_finished_before_the_window_is_gone(case, tmp_path, monkeypatch):
    go_on = hold_the_writing(monkeypatch)
    case.session.edit("start", drawn())
    case.actions.trigger("confirm_level")
    its_own = saving.Saving(case.session, case.desk, case.saver)  # the window of this module is needed further
    its_own.save(tmp_path / "out")
    threading.Timer(0.3, go_on.set).start()
    its_own.close()
    assert (tmp_path / "out" / "indices.csv").exists() and (tmp_path / "out" / "overlay.png").exists()


@pytest.mark.parametrize(
    "change", [lambda s: s.set_height(181.0), lambda s: s.set_protocol(replace(s.state.protocol, preset=PRESETS["alberta"]))]
)
def test_what_is_typed_while_the_result_is_written_is_kept_when_the_case_is_left(case, volume, qtbot, tmp_path, monkeypatch, change):
    go_on, protocol = hold_the_writing(monkeypatch), case.session.state.protocol
    case.session.edit("start", drawn())
    case.actions.trigger("confirm_level")
    case.saving.save(tmp_path / "out")
    change(case.session)
    asked = case.session.state
    case.session.close()
    case.session.set_protocol(protocol)
    go_on.set()
    written(qtbot, case)
    left = unfinished_for(volume, case.saver.folder)
    assert left is not None and (left.subject.height_m, left.protocol) == (asked.subject.height_m, asked.protocol)


def test_a_result_written_as_the_window_closes_is_no_unfinished_work(case, volume, tmp_path, monkeypatch):
    go_on = hold_the_writing(monkeypatch)
    case.session.edit("start", drawn())
    case.actions.trigger("confirm_level")
    its_own = saving.Saving(case.session, case.desk, case.saver)
    its_own.save(tmp_path / "out")
    threading.Timer(0.3, go_on.set).start()
    its_own.close()
    assert (tmp_path / "out" / "indices.csv").exists() and unfinished_for(volume, case.saver.folder) is None


def test_a_case_that_could_not_be_saved_is_told_of_until_it_is(case, volume, qtbot, tmp_path):
    (tmp_path / "out").write_text("no folder")
    case.session.edit("start", drawn())
    case.actions.trigger("confirm_level")
    case.saving.save(tmp_path / "out")
    case.flow.open_volume(replace(volume, z_mm=volume.z_mm + 1.0), "elsewhere")
    written(qtbot, case)
    qtbot.waitUntil(lambda: not case.jobs.state.running)
    told = case.desk.state.left_unsaved
    assert told.startswith("somewhere is not saved.") and "is a file" in told and "open it again" in told
    assert case.panel.findChild(SavePanel).left_unsaved.isVisible()
    case.flow.open_volume(volume, "somewhere")
    qtbot.waitUntil(lambda: not case.jobs.state.running)
    assert case.desk.state.left_unsaved == "", "it is on screen again"
    case.actions.trigger("resume")
    qtbot.waitUntil(lambda: case.session.state.work.draft is not None)
    case.saving.save(tmp_path / "there")
    written(qtbot, case)
    case.session.close()
    assert case.desk.state.left_unsaved == "" and (tmp_path / "there" / "indices.csv").exists()


def hold_the_writing(monkeypatch):
    """Let results be written only once the event returned here is set."""
    go_on, plain = threading.Event(), saving.export_result

    def late(*given):
        go_on.wait(10)
        return plain(*given)

    monkeypatch.setattr(saving, "export_result", late)
    return go_on


def test_discarded_work_is_gone(case, volume, qtbot):
    case.session.edit("start", drawn())
    case.saver.flush()
    case.flow.open_volume(volume, "somewhere")
    case.actions.trigger("discard")
    assert case.desk.state.resumable is None and unfinished_for(volume, case.saver.folder) is None


def test_another_case_cancels_the_first_and_late_results_are_dropped(bench, volume, qtbot, monkeypatch):
    import threading

    go, finding = threading.Event(), LevelFinding(LevelStatus.FOUND, "late", 1, -95.0, (-100.0, -90.0), 0.9)
    monkeypatch.setattr(case_flow, "locate", lambda v, progress: go.wait(5) and finding)
    bench.flow.open_volume(volume, "first")
    absent = LevelFinding(LevelStatus.ABSENT, "T12 is not in this scan: open one that reaches lower.")
    monkeypatch.setattr(case_flow, "locate", lambda v, progress: absent)
    bench.flow.open_volume(volume, "second")
    go.set()
    qtbot.waitUntil(lambda: bench.session.state.finding is not None)
    qtbot.wait(50)
    assert bench.session.state.source == "second" and bench.session.state.finding is absent
    assert bench.session.state.level is None and "not in this scan" in bench.desk.state.message


def test_what_cannot_be_read_is_one_sentence(bench, tmp_path, qtbot):
    (tmp_path / "a.txt").write_text("no scan")
    bench.actions.trigger("open_path", str(tmp_path))
    qtbot.waitUntil(lambda: bench.desk.state.message_is_error)
    assert bench.session.state.volume is None and "DICOM" in bench.desk.state.message


def test_no_menu_entry_of_napari_owns_a_key_of_ours(case):
    ours = {case.actions.key(action.id) for action in case.actions} - {""}
    for action in case.viewer.window.file_menu.actions():
        assert action.shortcut().toString() not in ours, action.text()


def test_help_lists_every_key(case):
    case.actions.trigger("help")
    assert case.help.isVisible()
    for key in ("Ctrl+Shift+Z", "PageUp", "Shift+Wheel", "F1", ". (full stop)"):
        assert key in case.help.text()
    assert case.help.width() <= case.canvas.view.native.width() and case.help.y() >= 0, "nothing is cut off"
    case.actions.trigger("help")
    assert not case.help.isVisible()


def test_a_key_changed_in_naparis_settings_counts(case, hand):
    from napari.utils.action_manager import action_manager

    name = "napari-t12-bodycomp:go_to_level"
    action_manager.unbind_shortcut(name)
    action_manager.bind_shortcut(name, "J")
    try:
        assert case.actions.key("go_to_level") == "J" and "(J)" in case.actions.tooltip("go_to_level")
        case.session.view(0)
        hand.key(Qt.Key.Key_L)
        assert case.session.state.view_index == 0
        hand.key(Qt.Key.Key_J)
        assert case.session.state.view_index == LEVEL
    finally:
        action_manager.unbind_shortcut(name)
        action_manager.bind_shortcut(name, "L")
