"""A small study under review in the one window: a written scan, drawings on it, and the people who sit down in turn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QListWidget, QWidget

from napari_t12_bodycomp.dicom.write_phantom import write_series
from napari_t12_bodycomp.gui.workbench import Workbench
from napari_t12_bodycomp.model.axial_slice import axial_slice
from napari_t12_bodycomp.model.level import LevelFinding, LevelMethod, LevelStatus, MeasuredLevel
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.roi_map import Draft
from napari_t12_bodycomp.model.study import Case, Role
from napari_t12_bodycomp.model.subject import Subject, ValueSource
from napari_t12_bodycomp.model.tissue import Region
from napari_t12_bodycomp.model.volume import Acquisition, CTVolume
from napari_t12_bodycomp.workflow import case_list, case_view, review, study
from napari_t12_bodycomp.workflow.analyse import DrawnSlice
from napari_t12_bodycomp.workflow.export import build_result
from napari_t12_bodycomp.workflow.study import Desk

PASSWORD = "correct horse"
PEOPLE = {"ann": {Role.ASSESSOR}, "ben": {Role.ASSESSOR, Role.REVIEWER}, "rita": {Role.REVIEWER}}
CASE = "CASE-1"
LEVEL = 12
EVIDENCE = "The last ribs leave this vertebra."
FINDING = LevelFinding(LevelStatus.FOUND, "found", LEVEL, -640.0, (-652.0, -628.0), 0.93, (EVIDENCE,))
SUBJECT = Subject("", "F", 49.0, 1.63, ValueSource.TYPED)
CTRL = Qt.KeyboardModifier.ControlModifier
NO_KEY = Qt.KeyboardModifier.NoModifier


def scan() -> CTVolume:
    """Twenty-four slices of 64 x 96 pixels of 2.1 mm: a box of fat, in it muscle with a cavity of fat; 9 HU of noise."""
    hu = np.full((24, 64, 96), -1000, np.int16)
    hu[:, 8:56, 8:88] = -101
    hu[:, 14:50, 14:82] = 47
    hu[:, 20:44, 20:76] = -93
    hu[:, 46:48, 20:60] = -71
    hu += np.random.default_rng(1).normal(0, 9, hu.shape).round().clip(-24, 24).astype(np.int16)
    acquisition = Acquisition("1.2.826.7", "1.2.826", 1, "chest", "CT", "Maker", "Scanner", "B", 120.0, "none", 5.0, "20240101")
    return CTVolume(
        hu,
        np.arange(24) * 5.0 - 700.0,
        (2.1, 2.1),
        (-100.0, -67.0),
        sop_instance_uids=tuple(f"1.2.826.7.{k}" for k in range(24)),
        acquisition=acquisition,
    )


def drawing(cut: int = 0) -> npt.NDArray[np.uint8]:
    """The box's regions; `cut` columns of muscle are left out."""
    regions = np.zeros((64, 96), np.uint8)
    regions[8:56, 8:88] = Region.SUBCUTANEOUS
    regions[14:50, 14 : 82 - cut] = Region.MUSCLE
    regions[20:44, 20:76] = Region.VISCERAL
    return regions


def result(by: str, cut: int = 0, slice_index: int = LEVEL) -> Result:
    """A measured drawing by `by`, who confirmed the level."""
    volume = scan()
    level = MeasuredLevel(slice_index, float(volume.z_mm[slice_index]), LevelMethod.MANUAL, by)
    return build_result(volume, None, level, axial_slice(volume, slice_index), drawing(cut), Protocol(), SUBJECT, assessor=by)


def drafted(volume: CTVolume, *rest: object) -> DrawnSlice:
    """What stands in for the draft: the drawing without its last ten columns of muscle."""
    nothing = np.zeros(volume.shape[1:], bool)
    draft = Draft(drawing(10), nothing, nothing)
    return DrawnSlice(axial_slice(volume, LEVEL), draft.regions, (), draft)


def make_study(folder: Path) -> str:
    """A study with one written scan; nothing is drawn yet."""
    where = str(folder / "study.sqlite")
    write_series(scan(), folder / "scan", "explicit")
    lena = study.create_study(where, "Trial", "lena", PASSWORD)
    for name, roles in PEOPLE.items():
        study.add_account(lena, name, PASSWORD, roles)
    table = folder / "cases.csv"
    table.write_text(f"case_id,path,series_instance_uid,height_m,sex\n{CASE},scan,1.2.826.7,1.63,F\n")
    case_list.import_cases(lena, table)
    lena.store.close()
    return where


class Room:
    """The one window, in which people of a study sit down; `at` gives the desk of somebody elsewhere."""

    def __init__(self, bench: Workbench, qtbot: QtBot, where: str) -> None:
        self.bench, self.qtbot, self.where = bench, qtbot, where
        self.store = study.open_study(where)
        self._desks = {a.name: Desk(self.store, a.id, a.name) for a in study.everybody(self.store)}

    def at(self, name: str) -> Desk:
        return self._desks[name]

    @property
    def case(self) -> Case:
        """The case as the study has it."""
        return case_view.case_named(self.store, CASE)

    def submit(self, by: str = "ann", cut: int = 0, slice_index: int = LEVEL) -> None:
        """Save a drawing elsewhere and hand it in."""
        before = self.case
        version = review.save_version(self.at(by), before.id, before.current_version, result(by, cut, slice_index))
        review.submit(self.at(by), before.id, version.number)

    def send_back(self, reason: str, by: str = "rita") -> None:
        """Return the case from elsewhere."""
        review.return_case(self.at(by), review.ticket_for(self.store, self.case.id), reason)

    def rest(self) -> None:
        """Wait until nothing runs any more."""
        idle = self.bench.study.errands
        self.qtbot.waitUntil(lambda: not self.bench.jobs.state.running and idle.is_idle, timeout=20_000)
        QApplication.processEvents()

    def sit(self, name: str) -> None:
        """Sign in and open the case."""
        self.bench.study.sign_in(self.where, name, PASSWORD)
        self.qtbot.waitUntil(lambda: self.bench.seat.state.desk is not None and self.bench.seat.state.desk.name == name)
        self.rest()
        self.bench.actions.trigger("open_case", self.case.id)
        self.rest()
        assert self.bench.seat.state.opened is not None and self.bench.session.state.work is not None, self.message
        self.bench.canvas.fit()
        QApplication.processEvents()

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NO_KEY) -> None:
        """Press a key over the picture."""
        QTest.keyClick(self.bench.canvas.view.native, key, modifier)
        self.rest()

    def type(self, line: QWidget, text: str, key: Qt.Key = Qt.Key.Key_Return) -> None:
        """Type into a line that has the focus, and a key."""
        assert self.focused is line, self.focused
        QTest.keyClicks(line, text)
        QTest.keyClick(line, key)
        self.rest()

    def click(self, widget: QWidget) -> None:
        """Click the middle of a widget that is seen."""
        assert widget.isVisible()
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)
        self.rest()

    def click_row(self, rows: QListWidget, row: int) -> None:
        """Click a row of a list."""
        assert rows.isVisible()
        QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, NO_KEY, rows.visualItemRect(rows.item(row)).center())
        self.rest()

    def point(self, row: float, column: float) -> QPoint:
        """Put the mouse on a pixel of the slice."""
        at = self.bench.review.pins.at(row, column).toPoint()
        QTest.mouseMove(self.bench.canvas.view.native, at)
        QTest.qWait(40)
        return at

    @property
    def focused(self) -> QWidget | None:
        """The widget that takes the keys."""
        return self.bench.frame.main.focusWidget()

    @property
    def message(self) -> str:
        return self.bench.desk.state.message

    @property
    def notes(self) -> str:
        """What stands on the picture below slice and level."""
        return "\n".join("".join(text for text, _ in line) for line in self.bench.canvas.overlay.words.notes)

    def leave(self) -> None:
        """Everybody goes home."""
        self.bench.study.leave()
        self.rest()
        self.store.close()
