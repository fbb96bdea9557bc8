"""How soon livewire, seed fill, push brush, simplify and comparison answer, in the window.

    python benchmarks/tool_latency.py [CASE] [--moves 200]

CASE is a scan; without one, a 512 x 512 slice is made up, with noise. Columns as in `stroke_latency`.

livewire: first     the first click of a contour, which makes the picture of costs
livewire: click     a further click, which maps the ways from its point
livewire: move      one mouse movement, until the way to the mouse is handed to the picture
seed fill: move     the same for the area that a click would fill
push: move          one mouse movement of a push, numbers in the dock included
...: picture        the movement until the window is repainted, by OpenGL, too
simplify            until the numbers in the dock stand
compare             until the differences are drawn and the window is repainted
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from qtpy.QtWidgets import QApplication
from stroke_latency import Clock, made_up, report

from napari_t12_bodycomp.gui.app import close_window, quiet_viewer
from napari_t12_bodycomp.gui.workbench import Workbench, open_workbench
from napari_t12_bodycomp.model.tissue import Region
from napari_t12_bodycomp.model.tools import Tool
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow.source import load_volume

Times = dict[str, list[tuple[float, float]]]


@dataclass
class Mouse:
    """What a callback of napari reads of a mouse event."""

    position: tuple[float, ...]
    type: str = "mouse_move"
    button: int = 1


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="?")
    parser.add_argument("--moves", type=int, default=200)
    given = parser.parse_args()
    volume = load_volume(given.case) if given.case else noisy()
    print("measurement       wall: median   p95    max   CPU: median   p95 (ms)")
    for name, times in measured(volume, given.moves).items():
        report(name, times)


def noisy() -> CTVolume:
    """The made-up slice with noise of 15 HU."""
    plain = made_up()
    noise = np.random.default_rng(4).normal(0, 15, plain.hu.shape)
    return CTVolume((plain.hu + noise).astype(np.int16), plain.z_mm, plain.pixel_spacing_mm)


def measured(volume: CTVolume, n: int) -> Times:
    """Wall and CPU seconds by what is measured."""
    viewer = quiet_viewer()
    bench = open_workbench(viewer, "bench", Path(tempfile.mkdtemp()))
    viewer.show()
    viewer.window.resize(1600, 960)
    bench.flow.open_volume(volume)
    _until(lambda: not bench.jobs.state.running)
    if bench.session.state.level is None:
        bench.session.choose_level(len(volume.hu) // 2)
    _until(lambda: not bench.jobs.state.running)
    bench.session.set_tools(region=Region.MUSCLE, brush_mm=20.0, reach_mm=40.0)
    times: Times = {}
    rng = np.random.default_rng(2)
    _livewire(bench, times, rng, n)
    _hover(bench, times, rng, n)
    _push(bench, times, rng, n)
    _keys(bench, times)
    close_window(bench)
    return times


def _livewire(bench: Workbench, times: Times, rng: np.random.Generator, n: int) -> None:
    """A contour along the muscle's border, with the mouse up to 50 mm ahead of each click."""
    bench.session.set_tools(tool=Tool.LIVEWIRE)
    border = np.argwhere(bench.session.state.work.regions == Region.MUSCLE)
    for k in range(max(n // 20, 3)):
        at = border[rng.integers(len(border))].astype(float)
        _timed(bench, times, "livewire: first" if k == 0 else "livewire: click", lambda at=at: _press(bench, at))
        for _ in range(20):
            there = at + rng.uniform(-60, 60, 2)
            _timed(bench, times, "livewire: move", lambda there=there: _move(bench, there), picture=True)
    bench.canvas.tools.give_up()


def _hover(bench: Workbench, times: Times, rng: np.random.Generator, n: int) -> None:
    bench.session.edit("erase", np.zeros_like(bench.session.state.work.regions))
    bench.session.set_tools(tool=Tool.SEED)
    tissue = np.argwhere(np.abs(bench.session.state.work.axial.hu - 50) < 30)
    for _ in range(n):
        at = tissue[rng.integers(len(tissue))].astype(float)
        _timed(bench, times, "seed fill: move", lambda at=at: _move(bench, at), picture=True)
    bench.session.undo()


def _push(bench: Workbench, times: Times, rng: np.random.Generator, n: int) -> None:
    bench.session.set_tools(tool=Tool.PUSH, hu_lock=False)
    border = np.argwhere(bench.session.state.work.regions == Region.MUSCLE)
    for _ in range(max(n // 10, 3)):
        at = border[rng.integers(len(border))].astype(float)
        drag = _press(bench, at)
        step = rng.uniform(-3, 3, 2)
        for k in range(10):
            mouse = drag[1]
            mouse.position, mouse.type = _world(bench, at + (k + 1) * step), "mouse_move"
            _timed(bench, times, "push: move", lambda drag=drag: next(drag[0], None), picture=True)
        drag[1].type = "mouse_release"
        next(drag[0], None)


def _keys(bench: Workbench, times: Times) -> None:
    for region in Region:
        bench.session.set_tools(region=region)
        _timed(bench, times, "simplify", lambda: bench.actions.trigger("simplify"))
    for _ in range(6):
        clock = Clock()
        bench.actions.trigger("compare_draft")
        _painted(bench)
        times.setdefault("compare", []).append(clock.read())


def _world(bench: Workbench, at: np.ndarray) -> tuple[float, ...]:
    return tuple(bench.canvas.regions.data_to_world((0, *at)))


def _press(bench: Workbench, at: np.ndarray) -> tuple[object, Mouse]:
    mouse = Mouse(_world(bench, at), "mouse_press")
    drag = bench.canvas.tools._on_press(bench.canvas.regions, mouse)
    next(drag, None)
    return drag, mouse


def _move(bench: Workbench, at: np.ndarray) -> None:
    bench.canvas.tools._on_move(bench.canvas.regions, Mouse(_world(bench, at)))


def _timed(bench: Workbench, times: Times, name: str, call: Callable[[], object], picture: bool = False) -> None:
    """Read the clock after `call`, and again when the window is repainted."""
    clock = Clock()
    call()
    times.setdefault(name, []).append(clock.read())
    _painted(bench)
    if picture:
        times.setdefault(name.replace("move", "picture"), []).append(clock.read())


def _painted(bench: Workbench) -> None:
    while bench.canvas.drawing.is_waiting:
        QApplication.processEvents()
    QApplication.processEvents()


def _until(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("that took too long")
        QApplication.processEvents()
        time.sleep(0.005)


if __name__ == "__main__":
    main()
