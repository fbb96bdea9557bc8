"""A small scan whose slices are the cases of a batch: T12 is not in it, so that each case says its level."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from napari_t12_bodycomp.phantom import PhantomOptions, make_phantom, write_phantom_series

LEVELS_MM = (-685.0, -680.0, -675.0, -670.0)

WriteManifest = Callable[..., Path]


@pytest.fixture(scope="session")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scans") / "small"
    folder.mkdir()
    write_phantom_series(make_phantom(PhantomOptions(pixel_mm=2.0, n_pixels=192, z_range_mm=(-25.0, 40.0))), folder, "explicit")
    return folder


@pytest.fixture
def write_manifest(tmp_path: Path) -> WriteManifest:
    """Writes rows as ``manifest.csv``; the columns are those of the first row."""

    def write(*rows: dict[str, object], name: str = "manifest.csv") -> Path:
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return tmp_path / name

    return write


@pytest.fixture
def rows(scan: Path) -> list[dict[str, object]]:
    """Four cases on four slices, with heights."""
    return [{"case_id": f"P-{n}", "path": scan, "height_m": 1.6 + n / 20, "z_mm": z} for n, z in enumerate(LEVELS_MM, 1)]
