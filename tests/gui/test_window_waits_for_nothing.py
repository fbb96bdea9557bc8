"""What would keep the window from its events is done ahead, once, or not at all."""

from __future__ import annotations

import gc
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from qtpy.QtGui import QKeyEvent, QWheelEvent
from qtpy.QtWidgets import QApplication, QWidget

from napari_t12_bodycomp.gui import app, layers
from napari_t12_bodycomp.gui.workbench import Workbench
from napari_t12_bodycomp.model.volume import CTVolume

NONE = Qt.KeyboardModifier.NoModifier


def page_up(bench: Workbench, repeats: bool) -> int:
    """Let the key that goes up a slice come once, as pressed or as held down; the slice on screen then."""
    QApplication.sendEvent(bench.canvas.view.native, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_PageUp, NONE, "", repeats))
    return int(bench.session.state.view_index)


def notch(bench: Workbench) -> int:
    """Turn the wheel away from the hand by one notch; the slice on screen then."""
    native = bench.canvas.view.native
    at = QPointF(native.rect().center())
    there = QPointF(native.mapToGlobal(native.rect().center()))
    event = QWheelEvent(at, there, QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, NONE, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(native, event)
    return int(bench.session.state.view_index)


def test_layers_are_made_ahead_one_at_a_time_and_are_the_ones_that_the_case_shows(bench: Workbench, volume: CTVolume, qtbot: QtBot) -> None:
    listed, before = bench.viewer.layers, bench.session.state
    listed.clear()
    bench.canvas.prepare()
    assert [layer.name for layer in listed] == [layers.NAMES["ct"]]
    qtbot.waitUntil(lambda: len(listed) == 4)
    made = list(listed)
    assert [layer.name for layer in made] == [layers.NAMES[name] for name in ("ct", "slab", "tissues", "regions")]
    assert not any(layer.visible for layer in made) and bench.session.state is before
    bench.flow.open_volume(volume, "somewhere")
    qtbot.waitUntil(lambda: bench.session.state.work is not None and not bench.jobs.state.running)
    assert list(listed) == made and all(layer.visible for layer in made)
    assert made[0].data is volume.hu and np.array_equal(made[1].data[0], volume.hu[3])
    assert all(np.allclose(layer.scale, (5.0, 2.0, 1.0)) and layer.translate[0] in (-100.0, -85.0) for layer in made)


def test_a_key_that_is_held_down_waits_for_each_picture(case: Workbench, qtbot: QtBot) -> None:
    view = case.canvas.view
    qtbot.waitUntil(lambda: view.is_painted)
    assert page_up(case, False) == 4
    assert [page_up(case, True) for _ in range(5)] == [4] * 5, "nobody has seen slice 4 yet"
    qtbot.waitUntil(lambda: view.is_painted)
    assert page_up(case, True) == 5
    assert page_up(case, False) == 6, "a key that was pressed anew always counts"


def test_notches_of_the_wheel_are_summed_and_none_is_lost(case: Workbench, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: case.canvas.view.is_painted)
    assert [notch(case) for _ in range(3)] == [4, 4, 4]
    qtbot.waitUntil(lambda: case.session.state.view_index == 6)


def test_the_picture_takes_its_new_size_once_when_naparis_panels_come_and_go(case: Workbench, qtbot: QtBot) -> None:
    case.viewer.window.resize(1400, 1100)  # room for all of napari's panels: the window itself keeps its size
    QApplication.processEvents()
    sizes: list[object] = []

    class Sizes(QObject):
        def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
            if event is not None and event.type() == QEvent.Type.Resize:
                sizes.append(case.canvas.view.native.size())
            return False

    watch = Sizes()
    before = case.canvas.view.native.size()
    case.canvas.view.native.installEventFilter(watch)
    for seen in (1, 2):
        case.actions.trigger("plain_view")
        QApplication.processEvents()
        assert len(sizes) == seen, sizes
    case.canvas.view.native.removeEventFilter(watch)
    case.viewer.window.resize(1400, 900)
    assert sizes[0] != before and sizes[1] == before


def test_lines_carry_their_colour_as_numbers(case: Workbench) -> None:
    every = [*case.canvas.lines._lines.values(), *case.canvas.differences._gained, case.canvas.preview._live]
    assert all(np.shape(line._line._color) == (4,) for line in every), "vispy looks for a name in matplotlib, while it draws"


def test_what_is_loaded_is_no_longer_searched_for_garbage(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "WARM_EVERY_MS", 5)
    go, main = threading.Event(), QWidget()
    warming = threading.Thread(target=go.wait, args=(10,))
    warming.start()
    before = gc.get_freeze_count()
    app._keep_what_is_loaded(SimpleNamespace(frame=SimpleNamespace(main=main), warming=warming))
    qtbot.wait(30)
    assert gc.get_freeze_count() == before, "not before all is loaded"
    go.set()
    try:
        qtbot.waitUntil(lambda: gc.get_freeze_count() > before)
    finally:
        gc.unfreeze()
