"""A small scan, a workbench in a real window, and a hand that uses the mouse."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path

import napari
import numpy as np
import pytest
import reviewing
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_t12_bodycomp.gui import case_flow
from napari_t12_bodycomp.gui.app import close_window
from napari_t12_bodycomp.gui.desk import DeskState
from napari_t12_bodycomp.gui.workbench import Workbench, open_workbench
from napari_t12_bodycomp.model.axial_slice import axial_slice
from napari_t12_bodycomp.model.level import LevelFinding, LevelStatus
from napari_t12_bodycomp.model.roi_map import Draft
from napari_t12_bodycomp.model.subject import Subject
from napari_t12_bodycomp.model.tools import ToolState
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow.analyse import DrawnSlice

LEVEL = 3


@pytest.fixture
def volume() -> CTVolume:
    """Seven slices of 40 x 60 pixels, 2 mm x 1 mm: fat (-100 HU) on the patient's right, muscle (50 HU) on the left, air around."""
    hu = np.full((7, 40, 60), -1000, np.int16)
    hu[:, 4:36, 4:30] = -100
    hu[:, 4:36, 30:56] = 50
    return CTVolume(hu, np.arange(7) * 5.0 - 100, (2.0, 1.0), (-30.0, -40.0), subject=Subject(patient_id="CASE-1", sex="F"))


@pytest.fixture(scope="session")
def one_window(tmp_path_factory: pytest.TempPathFactory, qapp: QApplication) -> Iterator[Workbench]:
    """One window for all tests that draw: opening napari takes seconds."""
    viewer = napari.Viewer(show=True)
    workbench = open_workbench(viewer, "anna", tmp_path_factory.mktemp("unfinished"))
    viewer.window.resize(1400, 900)
    QApplication.processEvents()
    yield workbench
    close_window(workbench)
    workbench.__dict__.clear()


@pytest.fixture
def bench(one_window: Workbench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    """A workbench in a window, no case open; T12 is at once found on slice 3 and drafts are empty."""
    finding = LevelFinding(LevelStatus.FOUND, "found", LEVEL, -85.0, (-95.0, -75.0), 0.9)
    monkeypatch.setattr(case_flow, "locate", lambda volume, progress: finding)
    monkeypatch.setattr(case_flow, "draft_slice", _no_draft)
    yield one_window
    one_window.jobs.cancel()
    one_window.saver.flush()
    for found in one_window.saver.folder.glob("*.npz"):
        found.unlink()
    one_window.session.close()
    one_window.session.set_assessor("anna")
    one_window.session.set_tools(**asdict(ToolState()))
    one_window.desk.set(**{f.name: f.default for f in fields(DeskState)})


def _no_draft(volume: CTVolume, level: object, *rest: object) -> DrawnSlice:
    shape = volume.shape[1:]
    draft = Draft(np.zeros(shape, np.uint8), np.zeros(shape, bool), np.zeros(shape, bool))
    return DrawnSlice(axial_slice(volume, LEVEL), draft.regions, (), draft)


@pytest.fixture
def case(bench: Workbench, volume: CTVolume, qtbot: QtBot) -> Workbench:
    """A workbench with the small scan open and the level proposed on slice 3."""
    bench.flow.open_volume(volume, "somewhere")
    qtbot.waitUntil(lambda: bench.session.state.level is not None and not bench.jobs.state.running)
    bench.canvas.fit()
    QApplication.processEvents()
    return bench


MOVE_MS = 40
"""How long the display may take to tell of a mouse move: on a busy machine it comes late, and a stroke would end before it."""


class Hand:
    """Presses, drags and releases the mouse at (row, column) of the slice."""

    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        self.native = workbench.canvas.view.native

    def at(self, row: float, column: float) -> QPoint:
        volume = self.workbench.session.state.volume
        camera = self.workbench.viewer.scene.camera
        y = row * volume.pixel_spacing_mm[0] + volume.origin_xy_mm[1]
        x = column * volume.pixel_spacing_mm[1] + volume.origin_xy_mm[0]
        width, height = self.native.width(), self.native.height()
        return QPoint(round(width / 2 + (x - camera.center[-1]) * camera.zoom), round(height / 2 + (y - camera.center[-2]) * camera.zoom))

    def stroke(self, *points: tuple[float, float]) -> None:
        QTest.mouseMove(self.native, self.at(*points[0]))
        QTest.qWait(MOVE_MS)
        QTest.mousePress(self.native, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, self.at(*points[0]))
        for point in points[1:]:
            QTest.mouseMove(self.native, self.at(*point))
            QTest.qWait(MOVE_MS)
        QTest.mouseRelease(self.native, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, self.at(*points[-1]))
        QTest.qWait(5)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.native, key, modifier)


@pytest.fixture
def hand(case: Workbench) -> Hand:
    return Hand(case)


@pytest.fixture(scope="session")
def review_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with one scan, to be copied."""
    folder = tmp_path_factory.mktemp("review")
    return Path(reviewing.make_study(folder))


@pytest.fixture
def room(bench: Workbench, review_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> Iterator[reviewing.Room]:
    """The window with a study in which nothing is drawn; T12 is at once found and drafts stand ready."""
    monkeypatch.setattr(case_flow, "locate", lambda volume, progress: reviewing.FINDING)
    monkeypatch.setattr(case_flow, "draft_slice", reviewing.drafted)
    made = reviewing.Room(bench, qtbot, str(shutil.copy(review_study, tmp_path / "study.sqlite")))
    yield made
    made.leave()
