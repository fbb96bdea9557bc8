"""Open the workbench on a case, confirm the level, compare it with its neighbours, correct the draft and save pictures of the window.

    python docs/make_screenshots.py CASE --out FOLDER [--size 1600x960] [--pseudonym CASE-0001] [--height-cm 165]

Needs a display (``xvfb-run`` will do). The pseudonym replaces what the header says before anything is drawn.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from qtpy.QtCore import QPoint, QRect, Qt
from qtpy.QtTest import QTest
from window_waits import spin, until

from napari_t12_bodycomp.gui import case_flow
from napari_t12_bodycomp.gui.app import close_window, quiet_viewer
from napari_t12_bodycomp.gui.workbench import Workbench, open_workbench
from napari_t12_bodycomp.model.tissue import Region
from napari_t12_bodycomp.workflow.session_state import Step


def main() -> None:
    """Make the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", type=Path)
    parser.add_argument("--out", type=Path, default=Path("screenshots"))
    parser.add_argument("--size", default="1600x960")
    parser.add_argument("--pseudonym", default="CASE-0001")
    parser.add_argument("--height-cm", type=float, default=165.0)
    parser.add_argument("--z-mm", type=float, help="level to set where T12 is not found")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    width, height = (int(v) for v in given.size.split("x"))

    _use_pseudonym(given.pseudonym)
    viewer = quiet_viewer()
    kept = Path(tempfile.mkdtemp())
    bench = open_workbench(viewer, "assessor 1", kept)
    bench.desk.set(out_folder=kept / "results")
    viewer.show()
    viewer.window.resize(width, height)
    spin(0.5)
    bench.screenshot(str(given.out / "no_case.png"))
    bench.flow.open_path(str(given.case))
    until(lambda: bench.session.state.volume is not None)
    bench.screenshot(str(given.out / "reading.png"))
    until(lambda: not bench.jobs.state.running)
    spin(0.3)
    bench.screenshot(str(given.out / "located.png"))
    if len(bench.desk.state.offers) > 1:
        bench.panel.show_step(Step.OPEN)
        spin(0.3)
        bench.screenshot(str(given.out / "series.png"))
        bench.panel.show_step(bench.session.state.step)
    if bench.session.state.level is None and given.z_mm is not None:
        bench.session.choose_level(bench.session.state.volume.nearest_slice(given.z_mm))
    until(lambda: not bench.jobs.state.running)
    spin(0.3)
    bench.screenshot(str(given.out / "level.png"))
    if bench.session.state.level is not None:
        bench.session.set_height(given.height_cm)
        bench.actions.trigger("confirm_level")
        bench.actions.trigger("region_muscle")
        bench.actions.trigger("tool_brush")
        bench.actions.trigger("compare_levels")
        until(lambda: not bench.jobs.state.running)
        spin(0.5)
        bench.screenshot(str(given.out / "workbench.png"))
        _correct(bench, given.out)
    bench.actions.trigger("help")
    spin(0.2)
    bench.screenshot(str(given.out / "help.png"))
    close_window(bench)


def _correct(bench: Workbench, out: Path) -> None:
    """Follow the outer border of the muscle behind with the livewire, push it in, and compare with the draft."""
    volume, work = bench.session.state.volume, bench.session.state.work
    muscle = work.regions == Region.MUSCLE
    columns = np.nonzero(muscle)[1]
    middle, mm = (columns.min() + columns.max()) / 2, volume.pixel_spacing_mm
    border = [(np.nonzero(muscle[:, c])[0].max(), c) for c in (round(middle - away / mm[1]) for away in (75, 55, 30))]
    bench.viewer.scene.camera.center = bench.canvas.regions.data_to_world((0, border[1][0] - 25 / mm[0], border[2][1]))
    bench.viewer.scene.camera.zoom *= 2.4
    hand = _Hand(bench)
    bench.session.edit("erase", np.where(muscle & (np.indices(muscle.shape)[1] < middle), 0, work.regions).astype(np.uint8))
    bench.actions.trigger("tool_livewire")
    for point in border[:2]:
        hand.drag(point)
    hand.move(border[2])
    hand.picture(out / "livewire.png")
    bench.actions.trigger("give_up")
    bench.actions.trigger("undo")
    patch = work.regions.copy()
    box = np.s_[border[0][0] - 40 : border[0][0], border[0][1] - 15 : border[0][1]]
    patch[box][muscle[box]] = 0
    bench.session.edit("erase", patch)
    bench.session.set_tools(brush_mm=20.0)
    bench.actions.trigger("tool_push")
    row, column = border[2]
    hand.drag(*((row + 8 / mm[0] - k / mm[0], column) for k in range(20)))
    bench.actions.trigger("compare_draft")
    bench.actions.trigger("tool_move")
    hand.picture(out / "compare.png")
    bench.actions.trigger("compare_draft")
    bench.canvas.fit()


class _Hand:
    """Moves and presses the mouse at (row, column) of the slice."""

    def __init__(self, bench: Workbench) -> None:
        self.bench, self.native = bench, bench.canvas.view.native

    def _at(self, point: tuple[float, float]) -> QPoint:
        world = self.bench.canvas.regions.data_to_world((0, *point))
        camera = self.bench.viewer.scene.camera
        across, down = ((world[axis] - camera.center[axis]) * camera.zoom for axis in (-1, -2))
        return QPoint(round(self.native.width() / 2 + across), round(self.native.height() / 2 + down))

    def move(self, point: tuple[float, float]) -> None:
        QTest.mouseMove(self.native, self._at(point))
        spin(0.05)

    def drag(self, *points: tuple[float, float]) -> None:
        self.move(points[0])
        QTest.mousePress(self.native, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, self._at(points[0]))
        for point in points[1:]:
            self.move(point)
        QTest.mouseRelease(self.native, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, self._at(points[-1]))
        spin(0.05)

    def picture(self, file: Path) -> None:
        """Save the slice with what lies on it."""
        spin(0.3)
        main = self.bench.frame.main
        main.grab(QRect(self.native.mapTo(main, QPoint(0, 0)), self.native.size())).save(str(file))


def _use_pseudonym(name: str) -> None:
    load = case_flow.load_volume

    def pseudonymous(*arguments: object, **named: object) -> object:
        volume = load(*arguments, **named)  # type: ignore[arg-type]
        return replace(volume, subject=replace(volume.subject, patient_id=name))

    case_flow.load_volume = pseudonymous  # type: ignore[assignment]


if __name__ == "__main__":
    main()
