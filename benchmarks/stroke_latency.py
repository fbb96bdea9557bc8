"""From brush stroke to new numbers: the session alone, and with the window around it.

    python benchmarks/stroke_latency.py [CASE] [--no-window] [--strokes 200]

CASE is a scan; without one, a 512 x 512 slice is made up. One line per measurement: median, 95th percentile and largest wall time in ms, then
median and 95th percentile of the CPU time that the GUI thread spent, which other programs on the computer do not lengthen.

session          `Session.edit` until `changed` was delivered
move: numbers    one mouse movement of a stroke, until the numbers in the dock have changed
move: picture    the same, until tissues and contours are made and the window is repainted, by OpenGL, too
stroke: numbers  the end of a stroke, the undo step included, until the numbers in the dock stand
stroke: picture  the same, until the window is repainted
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_t12_bodycomp.gui.format import number
from napari_t12_bodycomp.model.tissue import Region, Tissue
from napari_t12_bodycomp.model.tools import Tool
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow.drawing import disc
from napari_t12_bodycomp.workflow.session import Session
from napari_t12_bodycomp.workflow.source import load_volume

if TYPE_CHECKING:
    from napari_t12_bodycomp.gui.workbench import Workbench


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="?")
    parser.add_argument("--no-window", action="store_true")
    parser.add_argument("--strokes", type=int, default=200)
    given = parser.parse_args()
    volume = load_volume(given.case) if given.case else made_up()
    print("measurement       wall: median   p95    max   CPU: median   p95 (ms)")
    report("session", session_times(volume, given.strokes))
    if not given.no_window:
        for name, times in window_times(volume, given.strokes).items():
            report(name, times)


@dataclass(slots=True)
class Clock:
    """Wall and CPU time (s) since it was made."""

    wall: float = field(default_factory=time.perf_counter)
    cpu: float = field(default_factory=time.thread_time)

    def read(self) -> tuple[float, float]:
        return time.perf_counter() - self.wall, time.thread_time() - self.cpu


def report(name: str, seconds: list[tuple[float, float]]) -> None:
    """Print one line."""
    wall, cpu = (np.array(seconds) * 1000).T
    wide = f"{np.median(wall):12.2f} {np.percentile(wall, 95):5.1f} {wall.max():6.1f}"
    print(f"{name:17s} {wide} {np.median(cpu):13.2f} {np.percentile(cpu, 95):5.1f}")


def made_up() -> CTVolume:
    """Five slices of 512 x 512 pixels: a fat ring around muscle around fat."""
    rows, columns = np.mgrid[:512, :512]
    radius = np.hypot(rows - 256, (columns - 256) * 0.8)
    plane = np.select([radius < 120, radius < 160, radius < 200], [-100, 50, -100], -1000).astype(np.int16)
    return CTVolume(np.stack([plane] * 5), np.arange(5) * 5.0, (0.8, 0.8))


def _regions(volume: CTVolume) -> np.ndarray:
    hu = volume.hu[len(volume.hu) // 2]
    return np.where((hu > -29) & (hu < 150), 1, np.where((hu > -150) & (hu < -50), 3, 0)).astype(np.uint8)


def session_times(volume: CTVolume, n: int) -> list[tuple[float, float]]:
    """Seconds from `edit` until the numbers were announced."""
    session = Session("bench")
    session.open(volume)
    session.choose_level(len(volume.hu) // 2)
    session.edit("start", _regions(volume))
    rng, times, heard = np.random.default_rng(1), [], []
    session.changed.connect(lambda old, new: heard.append(new.measurement))
    for _ in range(n):
        regions = session.state.work.regions.copy()
        centre = tuple(rng.uniform(120, 390, 2))
        for step in range(10):
            regions[disc(regions.shape, (centre[0] + step, centre[1]), 6.0, volume.pixel_spacing_mm)] = rng.integers(1, 4)
        clock = Clock()
        session.edit("paint muscle", regions)
        times.append(clock.read())
    assert heard
    return times


def window_times(volume: CTVolume, n: int) -> dict[str, list[tuple[float, float]]]:
    """Wall and CPU seconds by what is measured."""
    from qtpy.QtWidgets import QApplication

    from napari_t12_bodycomp.gui.app import close_window, quiet_viewer
    from napari_t12_bodycomp.gui.workbench import open_workbench

    viewer = quiet_viewer()
    bench = open_workbench(viewer, "bench", Path(tempfile.mkdtemp()))
    viewer.show()
    viewer.window.resize(1600, 960)
    bench.session.open(volume)
    bench.session.choose_level(len(volume.hu) // 2)
    bench.jobs.cancel()
    assert bench.session.state.work is not None
    bench.session.edit("start", _regions(volume))
    bench.session.set_tools(hu_lock=False, region=Region.MUSCLE, tool=Tool.BRUSH)
    for _ in range(50):  # the first repaint gives the pictures to the graphics card
        QApplication.processEvents()
        time.sleep(0.01)
    layer, rng = bench.canvas.regions, np.random.default_rng(2)
    assert layer is not None
    times: dict[str, list[tuple[float, float]]] = {f"{what}: {part}": [] for what in ("move", "stroke") for part in ("numbers", "picture")}
    step = np.array([0.0, 3.0, 0.0])
    for _ in range(max(n // 10, 5)):
        at = np.array([0.0, *rng.uniform(120, 390, 2)])
        label = (int(layer.data[0][tuple(int(v) for v in at[1:])]) + 1) % 4 or 1
        with layer.block_history():
            for _ in range(10):
                clock = Clock()
                layer._draw(label, at, at + step)
                _read(times, "move", clock, bench)
                at = at + step
            clock = Clock()  # what follows is leaving `block_history`: the stroke's end
        _read(times, "stroke", clock, bench)
    close_window(bench)
    return times


def _read(times: dict[str, list[tuple[float, float]]], what: str, clock: Clock, bench: Workbench) -> None:
    """Read the clock now, and again when the picture is there; the dock must show what the session measured."""
    from qtpy.QtWidgets import QApplication

    times[f"{what}: numbers"].append(clock.read())
    measured = bench.session.state.measurement
    assert measured is not None and bench.panel.stats.cells["muscle", 2].text() == number(measured.areas_cm2[Tissue.MUSCLE])
    while bench.canvas.drawing.is_waiting:
        QApplication.processEvents()
    QApplication.processEvents()
    times[f"{what}: picture"].append(clock.read())


if __name__ == "__main__":
    main()
