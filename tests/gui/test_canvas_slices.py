"""The slice on screen is the one that the session speaks of, also where another scan was open before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from napari_t12_bodycomp.gui import case_flow
from napari_t12_bodycomp.gui.workbench import Workbench
from napari_t12_bodycomp.model.level import LevelFinding, LevelStatus
from napari_t12_bodycomp.model.volume import CTVolume


def scan(z_mm: float, spacing_mm: float, slices: int) -> CTVolume:
    """Slices that each have a value of their own, from `z_mm` up."""
    hu = np.broadcast_to(np.arange(slices, dtype=np.int16)[:, None, None], (slices, 30, 44)).copy()
    return CTVolume(hu, z_mm + np.arange(slices) * spacing_mm, (1.5, 1.5), (-30.0, -20.0))


def on_screen(bench: Workbench) -> float:
    """The value of the slice that napari shows."""
    return float(np.median(np.asarray(bench.canvas.ct._slice.image.raw)))


@pytest.mark.parametrize("status", [LevelStatus.FOUND, LevelStatus.ABSENT])
@pytest.mark.parametrize("other", [(-900.0, 2.0, 61), (-60.0, 5.0, 9), (-97.5, 5.0, 7)], ids=["below", "above", "between"])
def test_another_scan_shows_the_slice_that_is_said(
    case: Workbench, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, status: LevelStatus, other: tuple[float, float, int]
) -> None:
    session, volume = case.session, scan(*other)
    index = len(volume.hu) // 3
    found = LevelFinding(LevelStatus.FOUND, "found", index, float(volume.z_mm[index]), None, 0.9)
    said = found if status is LevelStatus.FOUND else replace(found, status=status, slice_index=None, z_mm=None)
    monkeypatch.setattr(case_flow, "locate", lambda volume, progress: said)
    case.flow.open_volume(volume, "other")
    qtbot.waitUntil(lambda: session.state.finding is not None and not case.jobs.state.running)
    assert on_screen(case) == session.state.view_index
    if status is LevelStatus.FOUND:
        assert session.state.view_index == session.state.level.slice_index == index
    for step in (1, 1, -1):
        case.actions.trigger("slice_up" if step > 0 else "slice_down")
        assert on_screen(case) == session.state.view_index
    case.viewer.dims.set_current_step(0, 2)
    assert session.state.view_index == 2 and on_screen(case) == 2
    case.actions.trigger("set_level_here")
    assert session.state.level.slice_index == 2 and on_screen(case) == 2
