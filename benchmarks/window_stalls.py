#!/usr/bin/env python3
"""How long the window stands still: a case from opening to the saved result, and the next case, as a person would do them.

    python benchmarks/window_stalls.py [CASE [NEXT_CASE]] [--longer-than 100]

Without CASE the sample scan is opened twice. Needs a display (``xvfb-run`` will do; software OpenGL there repaints slower than a graphics card). A timer of the window beats every 5 ms; a
thread notes every pause between two beats, and what the window's thread was doing in it. One line for each pause longer than asked, and at
the end the longest pause of every step.
"""

from __future__ import annotations

import argparse
import collections
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import numpy as np
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

from napari_t12_bodycomp.gui.app import close_window, quiet_viewer
from napari_t12_bodycomp.gui.workbench import Workbench, open_workbench

PACKAGE = "napari_t12_bodycomp"
SAMPLE = Path(__file__).parents[1] / "sample_data" / "chest_5mm"


class Watch:
    """Notes when the window's thread does not come back to its events.

    Parameters
    ----------
    longer_than_ms
        Shorter pauses are counted for the step, but not printed.
    """

    def __init__(self, longer_than_ms: float) -> None:
        self.longer_than = longer_than_ms / 1000
        self.step, self.longest = "", collections.Counter[str]()
        self._beat = time.perf_counter()
        self._seen: collections.Counter[str] = collections.Counter()
        self._main = threading.get_ident()
        self._over = threading.Event()
        self._timer = QTimer()
        self._timer.timeout.connect(self._on_beat)

    def __enter__(self) -> Watch:
        self._timer.start(5)
        threading.Thread(target=self._sample, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._timer.stop()

    def _on_beat(self) -> None:
        pause = time.perf_counter() - self._beat
        self.longest[self.step] = max(self.longest[self.step], pause)
        if pause > self.longer_than:
            said = "; ".join(f"{place} {n}x" for place, n in self._seen.most_common(3))
            print(f"{self.step:28s} {pause * 1000:6.0f} ms   {said}", flush=True)
        self._seen.clear()
        self._beat = time.perf_counter()

    def _sample(self) -> None:
        while not self._over.wait(0.01):
            if time.perf_counter() - self._beat > 0.03:
                frame = sys._current_frames().get(self._main)
                stack = traceback.extract_stack(frame)
                ours = [f for f in stack if PACKAGE in f.filename]
                last, deepest = (ours or stack)[-1], stack[-1]
                self._seen[f"{Path(last.filename).name}:{last.lineno} > {Path(deepest.filename).name}:{deepest.lineno}"] += 1

    def spend(self, step: str, seconds: float = 0.4, until: Callable[[], bool] | None = None) -> None:
        """Let the window live for `seconds`, or until something holds, and then for a little longer."""
        self.step = step
        end = time.perf_counter() + (60 if until else seconds)
        while time.perf_counter() < end:
            QApplication.processEvents()
            time.sleep(0.001)
            if until is not None and until():
                until, end = None, time.perf_counter() + 0.4


def work_on(bench: Workbench, watch: Watch, case: str, name: str) -> None:
    """Open, confirm, draw, undo, look around and save one case."""
    canvas, session, actions = bench.canvas, bench.session, bench.actions
    before = session.state.volume
    bench.flow.open_path(case)
    watch.spend(f"{name}: read", until=lambda: session.state.volume is not None and session.state.volume is not before)
    watch.spend(f"{name}: locate and draft", until=lambda: not bench.jobs.state.running)
    if session.state.level is None:
        session.choose_level(len(session.state.volume.hu) // 2)
        watch.spend(f"{name}: level by hand", until=lambda: not bench.jobs.state.running)
    for action in ("confirm_level", "region_muscle", "tool_brush"):
        actions.trigger(action)
        watch.spend(f"{name}: {action}")
    layer = canvas.regions
    for k in range(5):
        with layer.block_history():
            at = np.array([0.0, 200.0 + 10 * k, 200.0])
            for _ in range(8):
                layer._draw(1, at, at + 3)
                at = at + 3
                watch.spend(f"{name}: stroke", 0.02)
        watch.spend(f"{name}: end of a stroke", 0.3)
    for action in ("undo", "redo", "compare_draft", "compare_draft", "compare_levels", "slice_up", "slice_up", "go_to_level", "save_draft"):
        actions.trigger(action)
        watch.spend(f"{name}: {action}", until=lambda: not bench.jobs.state.running)
    session.set_height(165.0)
    watch.spend(f"{name}: height")
    for action in ("study", "study", "open_pacs", "open_pacs", "help", "help", "plain_view", "plain_view"):
        actions.trigger(action)
        watch.spend(f"{name}: {action}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="?", default=str(SAMPLE))
    parser.add_argument("next_case", nargs="?")
    parser.add_argument("--longer-than", type=float, default=100.0, metavar="MS")
    given = parser.parse_args()
    kept = Path(tempfile.mkdtemp())
    viewer = quiet_viewer()
    bench = open_workbench(viewer, "bench", kept)
    bench.desk.set(out_folder=kept / "results")
    viewer.show()
    viewer.window.resize(1600, 960)
    with Watch(given.longer_than) as watch:
        watch.spend("start", 1.5)
        work_on(bench, watch, given.case, "first")
        work_on(bench, watch, given.next_case or given.case, "second")
    print("\nlongest pause of each step (ms)")
    for step, seconds in sorted(watch.longest.items(), key=lambda item: -item[1]):
        print(f"{step:34s} {seconds * 1000:6.0f}")
    close_window(bench)


if __name__ == "__main__":
    main()
