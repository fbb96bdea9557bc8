"""What all tests share: where the real scans are, which tests need a window, and a home of their own for everything that is saved."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import orthanc_server
import postgres
import pytest

from napari_t12_bodycomp.model.subject import Subject
from napari_t12_bodycomp.model.tissue import Region
from napari_t12_bodycomp.model.volume import Acquisition, CTVolume

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
    """Settings, caches and autosaves of the tests land in a temporary folder, never in the user's own; nor do passwords in the keyring."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
            patch.setenv(name, str(home / name.lower()))
        patch.setenv("NAPARI_CONFIG", str(home / "napari.yaml"))
        patch.setenv("MPLCONFIGDIR", str(home / "matplotlib"))
        patch.setenv("MPLBACKEND", "Agg")
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
        yield


@pytest.fixture(scope="session")
def orthanc() -> Iterator[orthanc_server.Orthanc]:
    """A real archive for the session; tests that need it are skipped where there is none."""
    try:
        running = orthanc_server.orthanc()
        server = running.__enter__()
    except orthanc_server.NoOrthanc as error:
        pytest.skip(f"no archive: {error}")
    yield server
    running.__exit__(None, None, None)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server for the session; tests that need it are skipped where there is none."""
    try:
        running = postgres.server()
        url = running.__enter__()
    except postgres.NoServer as error:
        pytest.skip(f"no PostgreSQL: {error}")
    yield url
    running.__exit__(None, None, None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests under ``tests/gui`` as window tests; without a display they are skipped, unless ``T12_NEED_WINDOWS`` is set."""
    no_display = sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    for item in items:
        if "gui" in item.path.relative_to(ROOT).parts[1:-1]:
            item.add_marker("window")
        if no_display and not os.environ.get("T12_NEED_WINDOWS") and item.get_closest_marker("window"):
            item.add_marker(pytest.mark.skip(reason="no display: `make test` starts one of its own"))


@pytest.fixture
def small_volume() -> CTVolume:
    """Nine slices of 40 x 50 pixels of 0.8 mm, 5 mm apart: a box of fat (-100 HU), in it muscle (50 HU), in it visceral fat (-90 HU)."""
    hu = np.full((9, 40, 50), -1000, np.int16)
    hu[:, 5:35, 5:45] = -100
    hu[:, 10:30, 10:40] = 50
    hu[:, 15:25, 15:35] = -90
    acquisition = Acquisition("1.2.3", "1.2", 1, "chest", "CT", "Maker", "Scanner", "B", 120.0, "none", 5.0, "20240101")
    uids = tuple(f"1.2.3.{k}" for k in range(9))
    return CTVolume(hu, np.arange(9) * 5.0 - 700.0, (0.8, 0.8), (-20.0, -16.0), None, uids, acquisition, Subject("P-7"))


@pytest.fixture
def small_regions() -> npt.NDArray[np.uint8]:
    """The box's regions: 400 pixels of muscle, 200 visceral, 600 subcutaneous."""
    regions = np.zeros((40, 50), np.uint8)
    regions[5:35, 5:45] = Region.SUBCUTANEOUS
    regions[10:30, 10:40] = Region.MUSCLE
    regions[15:25, 15:35] = Region.VISCERAL
    return regions


@pytest.fixture
def trunk() -> Callable[..., npt.NDArray[np.uint8]]:
    """Paints regions of an oval trunk in 220 x 320 pixels of 1 mm."""

    def paint(fat_mm: float = 20.0, spine: bool = True) -> npt.NDArray[np.uint8]:
        """A cavity, a wall 15 mm thick and heavier behind, `fat_mm` of subcutaneous fat, and a vertebra left out."""
        rows, columns = np.indices((220, 320))
        y, x = rows - 110, columns - 160

        def oval(high: float, wide: float) -> npt.NDArray[np.bool_]:
            return np.asarray((y / high) ** 2 + (x / wide) ** 2 < 1)

        regions = np.zeros(rows.shape, np.uint8)
        regions[oval(75 + fat_mm, 110 + fat_mm)] = Region.SUBCUTANEOUS
        regions[oval(75, 110)] = Region.MUSCLE
        regions[oval(60, 95) & (y < 42)] = Region.VISCERAL
        if spine:
            regions[np.hypot(y - 45, x) < 18] = 0
        return regions

    return paint
