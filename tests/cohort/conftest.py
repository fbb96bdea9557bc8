"""Where R's reference values are."""

from __future__ import annotations

from pathlib import Path

import pytest
from reference import Reference


@pytest.fixture(scope="session")
def stats(shared_data: Path) -> Path:
    folder = shared_data / "stats"
    if not folder.is_dir():
        pytest.skip(f"R's reference values are not here: {folder} is no folder")
    return folder


@pytest.fixture(scope="session")
def r(stats: Path) -> Reference:
    """R's values, with the tolerances that stand beside them."""
    return Reference(stats)
