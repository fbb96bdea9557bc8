"""A slice is on screen while the others are being read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_t12_bodycomp.gui.workbench import Workbench
from napari_t12_bodycomp.model.tissue import Region
from napari_t12_bodycomp.model.volume import FirstSlice

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"


def test_a_slice_is_shown_before_the_scan_is_read_and_gone_afterwards(bench: Workbench, qtbot: QtBot) -> None:
    seen = []
    bench.flow.first_slice.connect(lambda first: seen.append((first, bench.session.state.volume, bench.first_slice.isVisible())))
    bench.flow.open_path(str(SAMPLE))
    qtbot.waitUntil(lambda: bench.session.state.volume is not None, timeout=60_000)
    ((first, volume, _),) = seen
    assert volume is None, "shown while the scan was not there yet"
    whole = bench.session.state.volume
    assert first.n_slices == len(whole.hu) and (first.hu == whole.hu[first.index]).all()
    assert not bench.first_slice.isVisible()
    qtbot.waitUntil(lambda: not bench.jobs.state.running, timeout=60_000)


def test_the_scan_before_is_not_changed_under_the_slice_of_the_next(case: Workbench) -> None:
    regions = np.zeros(case.session.state.work.regions.shape, np.uint8)
    regions[10:20, 34:50] = Region.MUSCLE
    case.session.edit("paint", regions)
    before, level = case.session.state.work, case.session.state.level
    case.first_slice.show_slice(FirstSlice(np.zeros((40, 60), np.int16), 0, 9, -100.0, (2.0, 1.0)))
    picture, canvas = case.first_slice, case.canvas.view.native
    assert picture.isVisible()
    QTest.keyClick(canvas, Qt.Key.Key_K, Qt.KeyboardModifier.ShiftModifier)
    assert case.session.state.work is before and "Another scan is being read" in case.desk.state.message
    case.actions.trigger("tool_brush")
    case.actions.trigger("confirm_level")
    assert case.session.state.level is level and not level.is_confirmed
    window = picture.window()
    assert window.childAt(canvas.mapTo(window, canvas.rect().center())) is picture, "the mouse reaches the slice that is seen"
    for step in (QTest.mousePress, QTest.mouseRelease):
        step(picture, Qt.MouseButton.LeftButton)
    assert case.session.state.work is before
    picture.drop()
    QTest.keyClick(canvas, Qt.Key.Key_K, Qt.KeyboardModifier.ShiftModifier)
    assert case.session.state.work is not before
