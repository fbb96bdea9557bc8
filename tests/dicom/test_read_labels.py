"""Regions drawn elsewhere are taken only where they belong to the scan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt
import pytest

from napari_t12_bodycomp.dicom.read_labels import read_drawn_slice, read_regions
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.report.label_nifti import grid_affine, label_nifti

Regions = npt.NDArray[np.uint8]


@pytest.fixture
def exported(small_volume: CTVolume, small_regions: Regions, tmp_path: Path) -> Path:
    small_regions[5, 5] = 0
    path = tmp_path / "regions.nii.gz"
    path.write_bytes(label_nifti(small_volume, 3, small_regions))
    return path


def test_what_was_exported_comes_back(exported: Path, small_volume: CTVolume, small_regions: Regions) -> None:
    assert np.array_equal(read_regions(exported, small_volume, 3), small_regions)


def test_another_voxel_order_of_the_same_grid_is_taken(exported: Path, small_volume: CTVolume, small_regions: Regions) -> None:
    nib.save(nib.as_closest_canonical(nib.load(exported)), exported)
    assert np.array_equal(read_regions(exported, small_volume, 3), small_regions)


def test_a_volume_that_came_from_nifti_is_compared_by_its_own_affine(
    exported: Path, small_volume: CTVolume, small_regions: Regions
) -> None:
    volume = replace(small_volume, nifti_affine=grid_affine(small_volume, 0), nifti_shape=small_volume.hu.shape[::-1])
    assert np.array_equal(read_regions(exported, volume, 3), small_regions)


def test_regions_on_another_slice_say_where_they_are(exported: Path, small_volume: CTVolume) -> None:
    with pytest.raises(InputError, match=r"--z-mm -685\.0"):
        read_regions(exported, small_volume, 5)


def test_a_shifted_grid_is_refused(exported: Path, small_volume: CTVolume) -> None:
    with pytest.raises(InputError, match=r"2\.0 mm away"):
        read_regions(exported, replace(small_volume, origin_xy_mm=(-18.0, -16.0)), 3)


def test_another_shape_is_refused(exported: Path, small_volume: CTVolume) -> None:
    fewer = replace(small_volume, hu=small_volume.hu[:, :, 1:])
    with pytest.raises(InputError, match="own grid of 9 x 40 x 49"):
        read_regions(exported, fewer, 3)


def test_a_tissue_map_is_no_region_map(exported: Path, small_volume: CTVolume, small_regions: Regions) -> None:
    small_regions[20, 12] = 4
    exported.write_bytes(label_nifti(small_volume, 3, small_regions))
    with pytest.raises(InputError, match="4 came"):
        read_regions(exported, small_volume, 3)


def test_an_empty_map_is_refused(exported: Path, small_volume: CTVolume, small_regions: Regions) -> None:
    exported.write_bytes(label_nifti(small_volume, 3, np.zeros_like(small_regions)))
    with pytest.raises(InputError, match="empty map"):
        read_regions(exported, small_volume, 3)


@pytest.mark.parametrize("content", [b"", b"text", None])
def test_a_file_that_is_no_nifti_is_refused(exported: Path, small_volume: CTVolume, content: bytes | None) -> None:
    exported.write_bytes(exported.read_bytes()[:-20] if content is None else content)
    with pytest.raises(InputError, match="cannot be read"):
        read_regions(exported, small_volume, 3)
    exported.unlink()
    with pytest.raises(InputError, match="is no file"):
        read_regions(exported, small_volume, 3)


def test_a_drawn_slice_is_read_without_its_scan_with_its_spacing(exported: Path, small_regions: npt.NDArray[np.uint8]) -> None:
    for index in (3, None, 7):
        regions, spacing_mm = read_drawn_slice(exported, index)
        assert np.array_equal(regions, small_regions)
        assert spacing_mm == pytest.approx((0.8, 0.8))
