"""What all tests share: where the real scans are, which tests need a window, and a home of their own for everything that is saved."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real scans that is not part of the project: ``T12_SHARED``, else ``../shared`` beside the repository."""
    folder = Path(os.environ.get("T12_SHARED") or ROOT.parent / "shared")
    if not (folder / "data").is_dir():
        pytest.skip(f"the real scans are not here: {folder / 'data'} is no folder (set T12_SHARED)")
    return folder


@pytest.fixture(scope="session")
def shared_data(shared: Path) -> Path:
    """The ``data`` folder of the real scans."""
    return shared / "data"


@pytest.fixture(scope="session", autouse=True)
def home_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Settings, caches and autosaves of the tests land in a temporary folder, never in the user's own."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
            patch.setenv(name, str(home / name.lower()))
        patch.setenv("NAPARI_CONFIG", str(home / "napari.yaml"))
        patch.setenv("MPLCONFIGDIR", str(home / "matplotlib"))
        patch.setenv("MPLBACKEND", "Agg")
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests under ``tests/gui`` as window tests; without a display they are skipped, unless ``T12_NEED_WINDOWS`` is set."""
    no_display = sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    for item in items:
        if "gui" in item.path.relative_to(ROOT).parts[1:-1]:
            item.add_marker("window")
        if no_display and not os.environ.get("T12_NEED_WINDOWS") and item.get_closest_marker("window"):
            item.add_marker(pytest.mark.skip(reason="no display: `make test` starts one of its own"))
