"""The strip at the foot: time on this case, what is kept, keys that matter."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from napari_t12_bodycomp.gui.actions import Actions
from napari_t12_bodycomp.gui.desk import Desk
from napari_t12_bodycomp.gui.footer import Footer
from napari_t12_bodycomp.gui.jobs import Jobs
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow.session import Session


class Saver:
    """Stands in for `Autosave`: only what the strip reads."""

    failed = ""


@pytest.fixture
def clock() -> list[float]:
    return [100.0]


def test_the_strip_says_time_keeping_and_keys(qtbot: QtBot, clock: list[float], small_volume: CTVolume, small_regions: np.ndarray) -> None:
    session, actions, saver = Session("anna"), Actions(), Saver()
    footer = Footer(session, actions, Jobs(session.tell), Desk(), saver, now=lambda: clock[0])  # type: ignore[arg-type]
    qtbot.addWidget(footer)
    assert footer.clock.text() == "no case open"
    session.open(small_volume)
    clock[0] += 48
    session.choose_level(4)
    assert footer.clock.text() == "this case 0:48"
    assert "confirm ↵" in footer.keys.text()
    session.confirm_level()
    assert "undo Ctrl Z" in footer.keys.text()
    actions.set_key("undo", "Ctrl+U")
    assert "undo Ctrl U" in footer.keys.text()
    session.edit("paint", small_regions)
    assert footer.kept.text() == "work kept a moment ago"
    saver.failed = "Work could not be saved (No space left on device): free some space or export now."
    footer._tick()
    assert footer.kept.text() == saver.failed
    saver.failed = ""
    session.mark_saved()
    assert footer.kept.text() == "result saved"
