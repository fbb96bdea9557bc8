"""Where R's reference values are."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def stats(shared_data: Path) -> Path:
    folder = shared_data / "stats"
    if not folder.is_dir():
        pytest.skip(f"R's reference values are not here: {folder} is no folder")
    return folder
