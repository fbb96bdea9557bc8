"""A client is killed at random moments: the study stays sound, and nothing that was kept is gone."""

from __future__ import annotations

import sys
from pathlib import Path

import killing
import pytest
import trial
from trial import Trial

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are killed by SIGKILL from a fork server, on Linux")

KILLS = {"sqlite": 10, "postgresql": 5}


def test_a_killed_client_leaves_a_sound_study(a_trial: Trial, tmp_path: Path) -> None:
    engine = a_trial.store.engine
    url = engine.url.render_as_string(hide_password=False) if engine.dialect.name == "postgresql" else str(engine.url.database)
    (tmp_path / "strokes").mkdir()
    assert killing.kill_often(url, tmp_path / "strokes", KILLS[engine.dialect.name], seed=4) == []
    trial.approved(a_trial, 1)
    assert a_trial.store.verify().is_clean
