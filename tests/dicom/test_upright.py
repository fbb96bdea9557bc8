"""A cone and a cylinder of known area: under a tilted gantry and with oblong pixels the axial area comes out, and each slice keeps its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from ct_files import slice_dataset

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow.source import list_series, load_volume

Vector = npt.NDArray[np.float64]
ROWS, COLUMNS = 96, 128
SPACING = (1.9, 1.3)
"""Rows are further apart than columns."""
CENTRE = np.array([12.0, -7.0])


def _semi_axes(z: Vector, growth: float) -> tuple[Vector, Vector]:
    """Semi-axes (x, y; mm) of an elliptical body that grows towards the head."""
    grown = 1 + growth * z
    return 60 * grown, 40 * grown


def _image(corner: Vector, row: Vector, column: Vector, growth: float, rng: np.random.Generator) -> npt.NDArray[np.int16]:
    """HU of one slice: the share of each pixel that lies in the body, from 5 x 5 points."""
    inside = np.zeros((ROWS, COLUMNS))
    for di in np.linspace(-0.4, 0.4, 5):
        for dj in np.linspace(-0.4, 0.4, 5):
            i, j = np.mgrid[:ROWS, :COLUMNS]
            point = corner + (i + di)[..., None] * SPACING[0] * column + (j + dj)[..., None] * SPACING[1] * row
            a, b = _semi_axes(point[..., 2], growth)
            inside += ((point[..., 0] - CENTRE[0]) / a) ** 2 + ((point[..., 1] - CENTRE[1]) / b) ** 2 < 1
    return np.rint(np.maximum(-1000 + 1040 * inside / 25 + rng.normal(0, 20, inside.shape), -1024)).astype(np.int16)


def _scan(folder: Path, row: list[float], column: list[float], z_mm: npt.ArrayLike, growth: float = 0.0, sideways: float = 0.0) -> None:
    """Write a scan whose slices, along `row` and down `column`, have their middles at `z_mm` on the axis of the body."""
    r, c = np.array(row, float), np.array(column, float)
    rng = np.random.default_rng(1)
    for k, z in enumerate(np.asarray(z_mm, float)):
        middle = np.array([CENTRE[0], CENTRE[1] + sideways * k, z])
        corner = middle - (ROWS - 1) / 2 * SPACING[0] * c - (COLUMNS - 1) / 2 * SPACING[1] * r
        hu = _image(corner, r, c, growth, rng)
        slice_dataset(
            0,
            hu,
            ImagePositionPatient=[f"{v:.5f}" for v in corner],
            ImageOrientationPatient=[f"{v:.8f}" for v in (*row, *column)],
            PixelSpacing=list(SPACING),
        ).save_as(folder / f"{k}", enforce_file_format=True)


def _area_cm2(volume: CTVolume, k: int) -> float:
    return float((volume.hu[k] > -480).sum()) * volume.pixel_area_cm2


def _true_cm2(z: float, growth: float) -> float:
    a, b = _semi_axes(np.array(z), growth)
    return float(np.pi * a * b / 100)


def _leaning(angle: float) -> tuple[float, float]:
    return float(np.cos(np.radians(angle))), float(np.sin(np.radians(angle)))


@pytest.mark.parametrize("angle", [0.0, 12.0, -18.5, 30.0])
@pytest.mark.parametrize("growth", [0.0, 0.004])
def test_axial_area_under_a_tilted_gantry(tmp_path: Path, angle: float, growth: float) -> None:
    cos, sin = _leaning(angle)
    z = np.arange(-60, 61, 5.0)
    _scan(tmp_path, [1, 0, 0], [0, cos, sin], z, growth)
    volume = load_volume(tmp_path)
    for k, place in enumerate(volume.z_mm):
        assert _area_cm2(volume, k) == pytest.approx(_true_cm2(place, growth), rel=0.01)
    np.testing.assert_allclose(volume.z_mm, 5 * np.round(volume.z_mm / 5), atol=1e-4)
    assert volume.pixel_spacing_mm == pytest.approx((SPACING[0] * cos, SPACING[1]))
    said = [w for w in volume.acquisition.warnings if "tilted" in w]
    assert bool(said) == (angle != 0)
    if angle:
        assert f"{abs(angle):.1f} degrees" in said[0]
        assert f"{len(z) - len(volume.z_mm)} incomplete" in said[0]
        reach = 40 * (1 + growth * 60) * abs(sin)  # the body's own depth is what an end of the scan must hold
        assert len(z) - len(volume.z_mm) <= 2 * (reach // 5 + 2) + 2


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ([1, 0, 0], [0, "c", "s"]),
        ([-1, 0, 0], [0, "-c", "s"]),
        ([0, "c", "s"], [-1, 0, 0]),
        ([0, "-c", "s"], [1, 0, 0]),
        (["c", 0, "s"], [0, 1, 0]),
        (["-c", 0, "s"], [0, -1, 0]),
    ],
)
def test_tilt_whatever_way_the_patient_lies(tmp_path: Path, row: list[object], column: list[object]) -> None:
    """Supine, prone, on either side: a cone shows a wrong sign by a wrong area, the middle of the body shows where it lies."""
    cos, sin = _leaning(15)
    named = {"c": cos, "-c": -cos, "s": sin}
    r, c = ([float(named[v] if isinstance(v, str) else v) for v in vector] for vector in (row, column))  # type: ignore[arg-type]
    _scan(tmp_path, r, c, np.arange(-60, 61, 5.0), growth=0.004)
    volume = load_volume(tmp_path)
    k = volume.nearest_slice(0)
    assert _area_cm2(volume, k) == pytest.approx(_true_cm2(0, 0.004), rel=0.01)
    rows, columns = np.nonzero(volume.hu[k] > -480)
    x = volume.origin_xy_mm[0] + columns.mean() * volume.pixel_spacing_mm[1]
    y = volume.origin_xy_mm[1] + rows.mean() * volume.pixel_spacing_mm[0]
    np.testing.assert_allclose((x, y), CENTRE, atol=0.3)


def test_a_slice_keeps_its_own_pixels_in_its_middle_row(tmp_path: Path) -> None:
    cos, sin = _leaning(10)
    _scan(tmp_path, [1, 0, 0], [0, cos, sin], np.arange(-60, 61, 5.0))
    volume = load_volume(tmp_path)
    middle = volume.hu[3, ROWS // 2 - 1 : ROWS // 2 + 1].astype(float)
    assert volume.sop_instance_uids[3]
    assert np.std(middle - np.roll(middle, 1, axis=1)) < 700
    assert volume.outside_fov is None


def test_tilted_slices_with_a_gap_are_refused(tmp_path: Path) -> None:
    cos, sin = _leaning(10)
    _scan(tmp_path, [1, 0, 0], [0, cos, sin], [*range(-60, 0, 5), *range(10, 61, 5)])
    with pytest.raises(InputError, match="cannot be made upright"):
        load_volume(tmp_path)


def test_slices_stacked_across_the_table_are_oblique_reformats(tmp_path: Path) -> None:
    cos, sin = _leaning(10)
    _scan(tmp_path, [1, 0, 0], [0, cos, sin], np.arange(-60, 61, 5.0), sideways=-5 * sin / cos)
    with pytest.raises(InputError, match="oblique reformats"):
        load_volume(tmp_path)


def test_a_scan_too_short_to_stand_up_is_refused(tmp_path: Path) -> None:
    cos, sin = _leaning(30)
    _scan(tmp_path, [1, 0, 0], [0, cos, sin], np.arange(0, 21, 5.0))
    with pytest.raises(InputError, match="no upright slice"):
        load_volume(tmp_path)


def test_a_series_without_tilt_is_preferred(tmp_path: Path) -> None:
    cos, sin = _leaning(10)
    for name, lean in (("a", (1.0, 0.0)), ("b", (cos, sin))):
        (tmp_path / name).mkdir()
        _scan(tmp_path / name, [1, 0, 0], [0, *lean], np.arange(-30, 31, 5.0))
    for path in (tmp_path / "b").iterdir():
        _renamed(path)
    listed = list_series(tmp_path)
    assert [o.orientation for o in listed.offers] == ["axial", "tilted"]
    assert listed.chosen is listed.offers[0]


def _renamed(path: Path) -> None:
    from pydicom import dcmread

    dataset = dcmread(path)
    dataset.SeriesInstanceUID = dataset.SeriesInstanceUID[:60] + ".9"
    dataset.save_as(path)
