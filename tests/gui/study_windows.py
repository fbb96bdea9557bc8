"""A study at real windows: made in a database, its people signed in, each at a window of their own."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import napari
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_t12_bodycomp.gui.app import close_window
from napari_t12_bodycomp.gui.workbench import Workbench, open_workbench
from napari_t12_bodycomp.model.study import Case, Role
from napari_t12_bodycomp.workflow import case_list, case_view, study

PASSWORD = "correct horse"
PEOPLE = {"ann": {Role.ASSESSOR}, "ben": {Role.ASSESSOR, Role.REVIEWER}, "rita": {Role.REVIEWER}}
SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"
WAIT_MS = 60_000


def make_study(where: str, folder: Path, scans: dict[str, Path | None]) -> None:
    """A study led by `lena`, with the people above and a case for each of `scans` (None: no files)."""
    lena = study.create_study(where, "Trial", "lena", PASSWORD)
    for name, roles in PEOPLE.items():
        study.add_account(lena, name, PASSWORD, roles)
    table = folder / "cases.csv"
    with table.open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["case_id", "path", "height_cm"])
        rows.writerows([name, str(path or ""), 165] for name, path in scans.items())
    case_list.import_cases(lena, table)
    lena.store.close()


class Person:
    """Somebody at a window: presses keys, waits until the window has done what they asked for."""

    def __init__(self, folder: Path, qtbot: QtBot) -> None:
        self.viewer = napari.Viewer(show=True)
        self.bench: Workbench = open_workbench(self.viewer, "", folder)
        self.viewer.window.resize(1400, 900)
        self._qtbot = qtbot
        QApplication.processEvents()

    def until(self, there: Callable[[], bool]) -> None:
        """Wait until `there`."""
        self._qtbot.waitUntil(there, timeout=WAIT_MS)

    def rest(self) -> None:
        """Wait until nothing runs any more."""
        self.until(lambda: not self.bench.jobs.state.running and self.bench.study.errands.is_idle)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key over the picture."""
        self.viewer.window._qt_window.activateWindow()
        QTest.keyClick(self.bench.canvas.view.native, key, modifier)
        self.rest()

    def sign_in(self, where: str, name: str) -> None:
        """Fill the sign-in form in and hand it in with Enter."""
        self.bench.actions.trigger("study")
        form = self.bench.study_page.sign_in
        form.where.setText(where)
        form.name.setText(name)
        form.password.setText(PASSWORD)
        QTest.keyClick(form.password, Qt.Key.Key_Return)
        self.until(lambda: self.bench.seat.state.sheet is not None)

    def case(self, name: str) -> Case:
        """The case called `name`, as the study has it."""
        desk = self.bench.seat.state.desk
        assert desk is not None
        return case_view.case_named(desk.store, name)

    def open(self, name: str) -> None:
        """Open a case from the worklist and wait until its T12 was searched for and its regions are there."""
        self.bench.actions.trigger("open_case", self.case(name).id)
        self.until(lambda: self.bench.seat.state.opened is not None and self.bench.seat.state.opened.case.pseudonym == name)
        self.rest()

    @property
    def message(self) -> str:
        """The sentence that stands in the dock."""
        return self.bench.desk.state.message

    def states(self) -> dict[str, str]:
        """What this person's worklist shows: the state of each case."""
        sheet = self.bench.seat.state.sheet
        assert sheet is not None
        return {row.pseudonym: row.state.value for row in sheet.page.rows}

    def leave(self) -> None:
        """Close the window."""
        close_window(self.bench)
