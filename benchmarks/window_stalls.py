#!/usr/bin/env python3
"""How long the window stands still: a case from opening to the saved result, and the next case, as a person would do them.

    python benchmarks/window_stalls.py [CASE [NEXT_CASE]] [--longer-than 100]

Without CASE the sample scan is opened twice. Needs a display (``xvfb-run`` will do; software OpenGL there repaints slower than a graphics
card). A timer of the window beats every 5 ms, and what the window's thread did between two beats is one pause. Its length is told in the
thread's own CPU time (ms), which other programs do not lengthen, with the part of it that went into painting the picture, how often that was
painted, and the clock's time; then the lines of the program at which a second thread found it. At the end the longest pause of every step.
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
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt, QTimer
from qtpy.QtGui import QKeyEvent, QWheelEvent
from qtpy.QtWidgets import QApplication

from napari_t12_bodycomp.gui.app import close_window, show_workbench
from napari_t12_bodycomp.gui.workbench import Workbench

PACKAGE = "napari_t12_bodycomp"
SAMPLE = Path(__file__).parents[1] / "sample_data" / "chest_5mm"


@dataclass
class Pause:
    """What one pause took: seconds by the clock, seconds of the thread's own CPU, those of them spent on painting, and the paintings."""

    clock_s: float = 0.0
    cpu_s: float = 0.0
    paint_s: float = 0.0
    paints: int = 0

    def __str__(self) -> str:
        return f"{self.cpu_s * 1000:6.0f} {self.paint_s * 1000:6.0f} {self.paints:4d} {self.clock_s * 1000:6.0f}"


HEAD = f"{'CPU':>6s} {'paint':>6s} {'n':>4s} {'clock':>6s}"


class Watch:
    """Notes when the window's thread does not come back to its events.

    Parameters
    ----------
    longer_than_ms
        Pauses of less CPU time are counted for the step, but not printed.
    picture
        vispy's canvas, whose painting is told apart.
    """

    def __init__(self, longer_than_ms: float, picture: Any) -> None:
        self.longer_than = longer_than_ms / 1000
        self.step, self.longest = "", dict[str, Pause]()
        self._beat, self._cpu = time.perf_counter(), time.thread_time()
        self._painted, self._paints, self._paint_began = 0.0, 0, 0.0
        self._seen: collections.Counter[str] = collections.Counter()
        self._main = threading.get_ident()
        self._over = threading.Event()
        self._timer = QTimer()
        self._timer.timeout.connect(self._on_beat)
        picture.events.draw.connect(self._on_paint, position="first")
        picture.events.draw.connect(self._on_painted, position="last")

    def __enter__(self) -> Watch:
        self._timer.start(5)
        threading.Thread(target=self._sample, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._timer.stop()

    def _on_paint(self, event: object) -> None:
        self._paint_began = time.thread_time()

    def _on_painted(self, event: object) -> None:
        self._painted += time.thread_time() - self._paint_began
        self._paints += 1

    def _on_beat(self) -> None:
        pause = Pause(time.perf_counter() - self._beat, time.thread_time() - self._cpu, self._painted, self._paints)
        if pause.cpu_s >= self.longest.setdefault(self.step, pause).cpu_s:
            self.longest[self.step] = pause
        if pause.cpu_s > self.longer_than:
            said = "; ".join(f"{place} {n}x" for place, n in self._seen.most_common(3))
            print(f"{self.step:28s} {pause}   {said}", flush=True)
        self._seen.clear()
        self._painted, self._paints = 0.0, 0
        self._beat, self._cpu = time.perf_counter(), time.thread_time()

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
    hurry(bench, watch, name)
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


def hurry(bench: Workbench, watch: Watch, name: str) -> None:
    """Hold keys down and turn the wheel as fast as hands do, and tell how long the window goes on afterwards."""
    native = bench.canvas.view.native
    key, none, page = QEvent.Type.KeyPress, Qt.KeyboardModifier.NoModifier, Qt.Key.Key_PageUp
    middle = QPointF(native.rect().center())
    there = QPointF(native.mapToGlobal(native.rect().center()))
    nothing, notch = QPoint(), QPoint(0, -120)
    wheel = Qt.MouseButton.NoButton, none, Qt.ScrollPhase.NoScrollPhase, False
    makers: dict[str, tuple[int, float, Callable[[int], QEvent]]] = {
        "page up held": (90, 0.033, lambda n: QKeyEvent(key, page, none, "", n > 0)),
        "wheel": (30, 0.02, lambda n: QWheelEvent(middle, there, nothing, notch, *wheel)),
    }
    moved: list[float] = []
    follow = bench.session.changed.connect(lambda old, new: moved.append(time.perf_counter()))
    for step, (count, every_s, make) in makers.items():
        before = bench.session.state.view_index
        sent: list[float] = []
        sender = threading.Thread(target=_send, args=(native, [make(n) for n in range(count)], every_s, sent))
        sender.start()
        watch.spend(f"{name}: {step}", until=lambda s=sender: not s.is_alive())
        late = (moved[-1] - sent[-1]) * 1000 if moved else 0.0
        slices = abs(bench.session.state.view_index - before)
        print(f"{name}: {step}: {slices} slices, {len(moved)} pictures for {count} events; the last {late:.0f} ms after the last event")
        moved.clear()
    bench.session.changed.disconnect(follow)
    bench.actions.trigger("go_to_level")
    for held in (True, False) * 3:
        bench.actions.trigger("flicker", held)
        watch.spend(f"{name}: flicker")


def _send(widget: Any, events: list[QEvent], every_s: float, sent: list[float]) -> None:
    for event in events:
        QApplication.postEvent(widget, event)
        sent.append(time.perf_counter())
        time.sleep(every_s)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="?", default=str(SAMPLE))
    parser.add_argument("next_case", nargs="?")
    parser.add_argument("--longer-than", type=float, default=100.0, metavar="MS")
    given = parser.parse_args()
    kept = Path(tempfile.mkdtemp())
    bench = show_workbench("bench", kept)
    viewer: Any = bench.viewer
    bench.desk.set(out_folder=kept / "results")
    print(f"{'':28s} {HEAD}   (ms)", flush=True)
    with Watch(given.longer_than, viewer.window._qt_viewer.canvas._scene_canvas) as watch:
        watch.spend("start", until=lambda: not bench.warming.is_alive())
        work_on(bench, watch, given.case, "first")
        work_on(bench, watch, given.next_case or given.case, "second")
    print(f"\n{'longest pause of each step':34s} {HEAD}   (ms)")
    for step, pause in sorted(watch.longest.items(), key=lambda item: -item[1].cpu_s):
        print(f"{step:34s} {pause}")
    close_window(bench)


if __name__ == "__main__":
    main()
