"""NIfTI in every voxel order gives one grid, and results find their way back."""

from __future__ import annotations

import gzip
from itertools import permutations, product
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from ct_files import body_hu

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.orientation import to_native
from napari_t12_bodycomp.workflow.source import list_series, load_volume

HU = np.stack([body_hu(k, 20, 24) for k in range(7)])
ORDERS = list(product(permutations(range(3)), product((1, -1), repeat=3)))


def _save(path: Path, axes: tuple[int, ...], signs: tuple[int, ...], hu: np.ndarray = HU) -> Path:
    """`hu` (Z, Y, X) in a file whose voxel axis n runs along world axis axes[n] (0 left, 1 posterior, 2 cranial) with sign signs[n]."""
    spacing = (0.7, 0.8, 5.0)
    data = np.transpose(hu, [2 - a for a in axes])
    affine = np.eye(4)
    affine[:3, :3] = 0
    lps = np.array([-100.0, -90.0, 30.0])
    for n, (axis, sign) in enumerate(zip(axes, signs, strict=True)):
        if sign < 0:
            data = np.flip(data, n)
            lps[axis] += spacing[axis] * (data.shape[n] - 1)
        affine[axis, n] = sign * spacing[axis] * (-1 if axis < 2 else 1)
    affine[:3, 3] = lps * (-1, -1, 1)
    image = nib.Nifti1Image(np.ascontiguousarray(data), affine)
    nib.save(image, path)
    return path


@pytest.mark.parametrize(("axes", "signs"), ORDERS)
def test_every_voxel_order_gives_the_same_grid_and_back(tmp_path: Path, axes: tuple[int, ...], signs: tuple[int, ...]) -> None:
    path = _save(tmp_path / "ct.nii", axes, signs)
    volume = load_volume(path)
    np.testing.assert_array_equal(volume.hu, HU)
    np.testing.assert_allclose(volume.z_mm, 30 + 5.0 * np.arange(7), atol=1e-4)
    assert volume.pixel_spacing_mm == pytest.approx((0.8, 0.7))
    assert volume.origin_xy_mm == pytest.approx((-100, -90))
    np.testing.assert_array_equal(to_native(volume.hu, volume), np.asarray(nib.load(path).dataobj))


def test_not_a_number_is_air(tmp_path: Path) -> None:
    hu = HU.astype(np.float32)
    hu[:, 0, 0] = np.nan
    hu[0, 1, 1] = 40.6
    volume = load_volume(_save(tmp_path / "ct.nii.gz", (0, 1, 2), (1, 1, 1), hu))
    assert (volume.hu[:, 0, 0] == -1024).all()
    assert volume.hu[0, 1, 1] == 41
    assert volume.outside_fov is not None
    assert volume.outside_fov.sum() == 1
    assert volume.acquisition.warnings == ()


def test_not_a_number_amid_tissue_is_said(tmp_path: Path) -> None:
    hu = HU.astype(np.float32)
    hu[2:4, 9:11, 11] = np.nan
    (said,) = load_volume(_save(tmp_path / "ct.nii.gz", (0, 1, 2), (1, 1, 1), hu)).acquisition.warnings
    assert said.startswith("4 pixels amid others, on 2 slices, have no value")


def test_values_that_no_body_has_were_never_scanned(tmp_path: Path) -> None:
    hu = HU.copy()
    hu[:, :2] = -3024
    volume = load_volume(_save(tmp_path / "ct.nii", (0, 1, 2), (1, 1, 1), hu))
    assert volume.hu.min() == -1024
    assert volume.outside_fov is not None
    assert volume.outside_fov[:2].all()
    assert not volume.outside_fov[2:].any()


def test_label_map_is_refused(tmp_path: Path) -> None:
    path = _save(tmp_path / "labels.nii.gz", (0, 1, 2), (1, 1, 1), (HU > 0).astype(np.uint8))
    with pytest.raises(InputError, match="label map"):
        load_volume(path)


def test_broken_files_are_refused(tmp_path: Path) -> None:
    good = _save(tmp_path / "ct.nii.gz", (0, 1, 2), (1, 1, 1)).read_bytes()
    for name, data in {
        "cut.nii.gz": good[: len(good) // 2],
        "cut.nii": gzip.decompress(good)[:1000],
        "empty.nii": b"",
        "text.nii.gz": b"no image",
        "bent.nii.gz": good[:600] + bytes(50) + good[650:],
    }.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError):
            load_volume(tmp_path / name)
    with pytest.raises(InputError, match="does not exist"):
        list_series(tmp_path / "missing.nii.gz")


def test_time_series_and_tilted_files_are_refused(tmp_path: Path) -> None:
    nib.save(nib.Nifti1Image(np.stack([HU, HU], axis=-1), np.diag([1, 1, 5, 1])), tmp_path / "4d.nii")
    with pytest.raises(InputError, match="One 3-D CT volume"):
        load_volume(tmp_path / "4d.nii")
    tilt = np.eye(4)
    tilt[1:3, 1:3] = [[np.cos(0.2), -np.sin(0.2)], [np.sin(0.2), np.cos(0.2)]]
    nib.save(nib.Nifti1Image(HU, tilt), tmp_path / "tilted.nii")
    with pytest.raises(InputError, match=r"turned by 11\.5 degrees"):
        load_volume(tmp_path / "tilted.nii")
    image = nib.Nifti1Image(HU, None)
    image.header["sform_code"] = image.header["qform_code"] = 0
    nib.save(image, tmp_path / "lost.nii")
    with pytest.raises(InputError, match="which way is up"):
        load_volume(tmp_path / "lost.nii")


def test_a_packed_file_of_zeros_is_refused_unopened(tmp_path: Path) -> None:
    image = nib.Nifti1Image(np.zeros((300, 300, 400), np.int16), np.diag([1.0, 1, 1, 1]))
    path = tmp_path / "zeros.nii.gz"
    path.write_bytes(gzip.compress(image.to_bytes(), 9))
    with pytest.raises(InputError, match="far more than a CT scan"):
        load_volume(path)
