"""A slice is on screen while the others are being read."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from napari_t12_bodycomp.gui.workbench import Workbench

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"


def test_a_slice_is_shown_before_the_scan_is_read_and_gone_afterwards(bench: Workbench, qtbot: QtBot) -> None:
    seen = []
    bench.flow.first_slice.connect(lambda first: seen.append((first, bench.session.state.volume, bench.first_slice.isVisible())))
    bench.flow.open_path(str(SAMPLE))
    qtbot.waitUntil(lambda: bench.session.state.volume is not None, timeout=60_000)
    ((first, volume, _),) = seen
    assert volume is None, "shown while the scan was not there yet"
    whole = bench.session.state.volume
    assert first.n_slices == len(whole.hu) and (first.hu == whole.hu[first.index]).all()
    assert not bench.first_slice.isVisible()
    qtbot.waitUntil(lambda: not bench.jobs.state.running, timeout=60_000)
