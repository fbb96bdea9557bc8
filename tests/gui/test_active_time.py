"""Active seconds by step, idle time left out."""

from __future__ import annotations

from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QWidget

from napari_t12_bodycomp.gui.active_time import ActiveTime


def test_seconds_count_for_the_step_they_were_spent_on_and_pauses_do_not(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    now, step = [0.0], ["level"]
    timer = ActiveTime(window, lambda: step[0], lambda: now[0])
    for moment, at in ((0, "level"), (10, "level"), (12, "draw"), (500, "draw"), (530, "draw")):
        now[0], step[0] = float(moment), at
        timer.note()
    assert timer.take() == {"level": 10.0, "draw": 2.0 + 30.0}
    assert timer.take() == {}
    timer.close()
