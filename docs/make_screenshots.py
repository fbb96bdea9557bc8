"""Open the workbench on a case, confirm the level, compare it with its neighbours and save pictures of the window.

    python docs/make_screenshots.py CASE --out FOLDER [--size 1600x960] [--pseudonym CASE-0001] [--height-cm 165]

Needs a display (``xvfb-run`` will do). The pseudonym replaces what the header says before anything is drawn.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from qtpy.QtWidgets import QApplication

from napari_t12_bodycomp.gui import case_flow
from napari_t12_bodycomp.gui.app import quiet_viewer
from napari_t12_bodycomp.gui.workbench import open_workbench
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
    _spin(0.5)
    bench.screenshot(str(given.out / "no_case.png"))
    bench.flow.open_path(str(given.case))
    _until(lambda: bench.session.state.volume is not None)
    bench.screenshot(str(given.out / "reading.png"))
    _until(lambda: not bench.jobs.state.running)
    _spin(0.3)
    bench.screenshot(str(given.out / "located.png"))
    if len(bench.desk.state.offers) > 1:
        bench.panel.show_step(Step.OPEN)
        _spin(0.3)
        bench.screenshot(str(given.out / "series.png"))
        bench.panel.show_step(bench.session.state.step)
    if bench.session.state.level is None and given.z_mm is not None:
        bench.session.choose_level(bench.session.state.volume.nearest_slice(given.z_mm))
    _until(lambda: not bench.jobs.state.running)
    _spin(0.3)
    bench.screenshot(str(given.out / "level.png"))
    if bench.session.state.level is not None:
        bench.session.set_height(given.height_cm)
        bench.actions.trigger("confirm_level")
        bench.actions.trigger("region_muscle")
        bench.actions.trigger("tool_brush")
        bench.actions.trigger("compare_levels")
        _until(lambda: not bench.jobs.state.running)
        _spin(0.5)
        bench.screenshot(str(given.out / "workbench.png"))
    bench.actions.trigger("help")
    _spin(0.2)
    bench.screenshot(str(given.out / "help.png"))
    bench.close()
    viewer.close()


def _use_pseudonym(name: str) -> None:
    load = case_flow.load_volume

    def pseudonymous(*arguments: object, **named: object) -> object:
        volume = load(*arguments, **named)  # type: ignore[arg-type]
        return replace(volume, subject=replace(volume.subject, patient_id=name))

    case_flow.load_volume = pseudonymous  # type: ignore[assignment]


def _spin(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.005)


def _until(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("that took too long")
        QApplication.processEvents()
        time.sleep(0.005)


if __name__ == "__main__":
    main()
