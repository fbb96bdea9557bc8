"""Label maps lie on the CT's own grid."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt
import pytest

from napari_t12_bodycomp.model.orientation import from_native
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.report.label_nifti import grid_affine, gzipped, label_nifti


def _read(content: bytes, tmp_path: Path) -> nib.Nifti1Image:
    (tmp_path / "labels.nii.gz").write_bytes(content)
    return nib.load(tmp_path / "labels.nii.gz")


def test_a_voxel_lies_where_it_lies_in_the_scan(small_volume: CTVolume, tmp_path: Path) -> None:
    labels = np.zeros((40, 50), np.uint8)
    labels[7, 11] = 2
    image = _read(label_nifti(small_volume, 3, labels), tmp_path)
    data = np.asarray(image.dataobj)
    assert data.dtype == np.uint8
    voxel = np.argwhere(data == 2)
    assert len(voxel) == 1
    assert data.sum() == 2
    x, y, z = (image.affine @ (*voxel[0], 1))[:3]
    assert (-x, -y, z) == pytest.approx((-20.0 + 11 * 0.8, -16.0 + 7 * 0.8, -685.0), abs=1e-4)


def test_on_the_closest_canonical_grid_rows_are_reversed(
    small_volume: CTVolume, small_regions: npt.NDArray[np.uint8], tmp_path: Path
) -> None:
    small_regions[5, 5] = 0
    image = nib.as_closest_canonical(_read(label_nifti(small_volume, 3, small_regions), tmp_path))
    plane = np.asarray(image.dataobj)[:, :, 3].T[::-1, ::-1]
    assert np.array_equal(plane, small_regions)


@pytest.mark.parametrize("codes", ["RAS", "LPS", "PIR", "ASL"])
def test_nifti_input_gets_its_own_order_shape_and_affine(
    small_volume: CTVolume, small_regions: npt.NDArray[np.uint8], tmp_path: Path, codes: str
) -> None:
    small_regions[5, 5] = 0
    ornt = nib.orientations.axcodes2ornt(tuple(codes))
    lps = nib.orientations.axcodes2ornt(("L", "P", "S"))
    turn = nib.orientations.ornt_transform(lps, ornt)
    native = nib.orientations.apply_orientation(small_volume.hu.transpose(2, 1, 0), turn)
    affine = grid_affine(small_volume, 0) @ nib.orientations.inv_ornt_aff(turn, small_volume.hu.shape[::-1])
    volume = replace(small_volume, nifti_affine=affine, nifti_shape=(*native.shape, 1))
    image = _read(label_nifti(volume, 3, small_regions), tmp_path)
    assert image.shape == (*native.shape, 1)
    assert np.allclose(image.affine, affine)
    back = from_native(np.asarray(image.dataobj)[..., 0], affine)
    assert np.array_equal(back[3], small_regions)
    assert not back[[0, 1, 2, 4, 5, 6, 7, 8]].any()


def test_uneven_slices_are_exact_at_the_measured_one(small_volume: CTVolume) -> None:
    z = np.array([0, 5, 10, 15, 20, 25, 30, 40, 45]) - 700.0
    affine = grid_affine(replace(small_volume, z_mm=z), 7)
    assert affine[2, 2] == 5
    assert affine[2, 2] * 7 + affine[2, 3] == -660.0


def test_rounded_positions_do_not_drift(small_volume: CTVolume) -> None:
    z = np.round(np.arange(9) * 1.25, 1)
    affine = grid_affine(replace(small_volume, z_mm=z), 0)
    assert affine[2, 2] * 8 + affine[2, 3] == pytest.approx(z[-1])


def test_the_bytes_are_the_same_each_time(small_volume: CTVolume, small_regions: npt.NDArray[np.uint8]) -> None:
    assert label_nifti(small_volume, 3, small_regions) == label_nifti(small_volume, 3, small_regions)


@pytest.mark.parametrize("content", [b"", b"a", bytes(3 << 18), bytes(1 << 18) + b"labels" * 90000 + bytes((1 << 18) + 7)])
def test_any_gzip_reader_reads_it_back_as_one_member(content: bytes) -> None:
    packed = gzipped(content)
    assert gzip.decompress(packed) == content
    inflate = zlib.decompressobj(wbits=31)
    assert inflate.decompress(packed) == content
    assert (inflate.eof, inflate.unused_data) == (True, b"")


def test_a_large_scan_is_not_copied_for_one_slice_of_labels() -> None:
    """Of the memory that the map would take only the slice's own part is used."""
    volume = CTVolume(np.broadcast_to(np.int16(0), (200, 256, 256)), np.arange(200.0), (1.0, 1.0))
    labels = np.ones((256, 256), np.uint8)
    tracemalloc.start()
    try:
        label_nifti(volume, 3, labels)
        assert tracemalloc.get_traced_memory()[1] < 1.2 * 200 * 256 * 256
    finally:
        tracemalloc.stop()
