"""From brush stroke to new numbers: the session alone, and with the window around it.

    python benchmarks/stroke_latency.py [CASE] [--no-window] [--strokes 200]

CASE is a scan; without one, a 512 x 512 slice is made up. One line per measurement: median, 95th percentile and largest time in ms. "session"
is `Session.edit` until `changed` was delivered; "move" is one mouse movement of a stroke in the window, until tissues, contours, panels and
numbers are redrawn (without the repaint by OpenGL); "stroke" is its end, the undo step included.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from napari_t12_bodycomp.model.tissue import Region
from napari_t12_bodycomp.model.tools import Tool
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow.drawing import disc
from napari_t12_bodycomp.workflow.session import Session
from napari_t12_bodycomp.workflow.source import load_volume


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="?")
    parser.add_argument("--no-window", action="store_true")
    parser.add_argument("--strokes", type=int, default=200)
    given = parser.parse_args()
    volume = load_volume(given.case) if given.case else made_up()
    print("measurement   median  p95  max (ms)")
    report("session", session_times(volume, given.strokes))
    if not given.no_window:
        moves, strokes = window_times(volume, given.strokes)
        report("move", moves)
        report("stroke", strokes)


def report(name: str, seconds: list[float]) -> None:
    """Print one line."""
    ms = np.array(seconds) * 1000
    print(f"{name:12s} {np.median(ms):7.2f} {np.percentile(ms, 95):5.1f} {ms.max():5.1f}")


def made_up() -> CTVolume:
    """Five slices of 512 x 512 pixels: a fat ring around muscle around fat."""
    rows, columns = np.mgrid[:512, :512]
    radius = np.hypot(rows - 256, (columns - 256) * 0.8)
    plane = np.select([radius < 120, radius < 160, radius < 200], [-100, 50, -100], -1000).astype(np.int16)
    return CTVolume(np.stack([plane] * 5), np.arange(5) * 5.0, (0.8, 0.8))


def _regions(volume: CTVolume) -> np.ndarray:
    hu = volume.hu[len(volume.hu) // 2]
    return np.where((hu > -29) & (hu < 150), 1, np.where((hu > -150) & (hu < -50), 3, 0)).astype(np.uint8)


def session_times(volume: CTVolume, n: int) -> list[float]:
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
        began = time.perf_counter()
        session.edit("paint muscle", regions)
        times.append(time.perf_counter() - began)
    assert heard
    return times


def window_times(volume: CTVolume, n: int) -> tuple[list[float], list[float]]:
    """Seconds for each mouse movement while drawing, and for the end of each stroke."""
    from qtpy.QtWidgets import QApplication

    from napari_t12_bodycomp.gui.app import quiet_viewer
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
    moves, strokes, step = [], [], np.array([0.0, 3.0, 0.0])
    for _ in range(max(n // 10, 5)):
        at = np.array([0.0, *rng.uniform(120, 390, 2)])
        label = (int(layer.data[0][tuple(int(v) for v in at[1:])]) + 1) % 4 or 1
        with layer.block_history():
            for _ in range(10):
                move = time.perf_counter()
                layer._draw(label, at, at + step)
                moves.append(time.perf_counter() - move)
                at = at + step
            began = time.perf_counter()  # what follows is leaving `block_history`: the stroke's end
        strokes.append(time.perf_counter() - began)
    bench.close()
    viewer.close()
    return moves, strokes


if __name__ == "__main__":
    main()
