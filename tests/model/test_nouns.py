"""Volume, subject, protocol, tissues and region maps are checked where they are made."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.model.orientation import from_native, to_native, voxel_axes
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.roi_map import Draft, check_roi_map
from napari_t12_bodycomp.model.subject import Subject
from napari_t12_bodycomp.model.tissue import (
    LOW_ATTENUATION_MUSCLE,
    MAIN_TISSUE,
    NORMAL_ATTENUATION_MUSCLE,
    HUWindow,
    Region,
    Tissue,
    preset,
)
from napari_t12_bodycomp.model.volume import CTVolume

VOLUME = CTVolume(np.zeros((3, 2, 2), np.int16), np.array([-10.0, -5.0, 1.0]), (0.5, 0.8), sop_instance_uids=("a", "b", "c"))


@pytest.mark.parametrize("height", [0.0, 0.17, 17.0, 170.0, math.nan, -1.7])
def test_a_height_in_another_unit_is_refused(height: float) -> None:
    with pytest.raises(UsageError, match="between 100 and 250 cm"):
        Subject(height_m=height)


@pytest.mark.parametrize("weight", [0.0, 4.0, 70000.0, math.nan])
def test_an_impossible_weight_is_refused(weight: float) -> None:
    with pytest.raises(UsageError, match="between 20 and 400 kg"):
        Subject(weight_kg=weight)


def test_an_unknown_height_is_none() -> None:
    assert Subject().height_m is None
    assert Subject(height_m=1.0).height_m == 1.0
    assert Subject(height_m=2.5).height_m == 2.5


def test_a_refused_height_names_what_came_in_cm() -> None:
    with pytest.raises(UsageError, match=r"1700 cm came"):
        Subject(height_m=17.0)


@pytest.mark.parametrize("z", [[0.0, 1.0], [0.0, 2.0, 1.0], [0.0, 1.0, 1.0], [0.0, math.nan, 2.0]])
def test_slices_need_one_rising_position_each(z: list[float]) -> None:
    with pytest.raises(ValueError, match="increasing"):
        replace(VOLUME, z_mm=np.array(z))


@pytest.mark.parametrize("spacing", [(0.0, 1.0), (1.0, -1.0), (math.nan, 1.0), (math.inf, 1.0)])
def test_pixels_need_a_size(spacing: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="pixel spacing"):
        replace(VOLUME, pixel_spacing_mm=spacing)


def test_hu_are_int16_in_three_axes() -> None:
    with pytest.raises(ValueError, match="float64"):
        replace(VOLUME, hu=np.zeros((3, 2, 2)))
    with pytest.raises(ValueError, match="int16"):
        replace(VOLUME, hu=np.zeros((3, 2), np.int16))


def test_uids_are_one_per_slice() -> None:
    with pytest.raises(ValueError, match="UID"):
        replace(VOLUME, sop_instance_uids=("a",))
    assert VOLUME.sop_instance_uid(1) == "b"
    assert replace(VOLUME, sop_instance_uids=()).sop_instance_uid(1) == ""


def test_geometry_of_a_volume() -> None:
    assert VOLUME.shape == (3, 2, 2)
    assert VOLUME.slice_spacing_mm == 5.5
    assert VOLUME.pixel_area_cm2 == pytest.approx(0.004)
    assert [VOLUME.nearest_slice(z) for z in (-10.0, -7.6, -7.4, -2.1, -1.9, 1.0)] == [0, 0, 1, 1, 2, 2]
    assert math.isnan(CTVolume(np.zeros((1, 1, 1), np.int16), np.array([0.0]), (1.0, 1.0)).slice_spacing_mm)


def test_a_window_has_its_lower_bound_below() -> None:
    with pytest.raises(UsageError, match=r"-50..-150"):
        HUWindow(-50, -150)
    with pytest.raises(UsageError):
        HUWindow(10, 10)


def test_muscle_bands_touch_without_overlap() -> None:
    assert LOW_ATTENUATION_MUSCLE.high + 1 == NORMAL_ATTENUATION_MUSCLE.low
    assert (LOW_ATTENUATION_MUSCLE.low, NORMAL_ATTENUATION_MUSCLE.high) == (preset("t12-study").muscle.low, preset("t12-study").muscle.high)


def test_an_unknown_preset_names_the_choices() -> None:
    with pytest.raises(UsageError, match=r"t12-study, alberta, uniform, imagej-hupr is wanted, 'Alberta' came"):
        preset("Alberta")


def test_the_default_protocol_is_the_study_s() -> None:
    assert Protocol().preset.name == "t12-study"
    assert Protocol().slab_mm == 5.0


@pytest.mark.parametrize("slab", [-1.0, 20.1, math.nan])
def test_an_impossible_slab_is_refused(slab: float) -> None:
    with pytest.raises(UsageError, match="slab"):
        Protocol(slab_mm=slab)


def test_every_tissue_lies_in_a_region_and_each_region_locks_to_one_of_its_tissues() -> None:
    assert {t.key: t.region for t in Tissue} == {
        "muscle": Region.MUSCLE,
        "visceral_fat": Region.VISCERAL,
        "subcutaneous_fat": Region.SUBCUTANEOUS,
        "intermuscular_fat": Region.MUSCLE,
    }
    assert all(MAIN_TISSUE[region].region is region for region in Region)
    assert len({t.colour for t in Tissue}) == 4


def test_a_region_map_is_uint8_of_known_labels() -> None:
    check_roi_map(np.array([[0, 1], [2, 3]], np.uint8))
    for wrong in (np.array([[0, 4]], np.uint8), np.array([[0, 1]]), np.zeros(3, np.uint8)):
        with pytest.raises(ValueError, match="regions"):
            check_roi_map(wrong)


def test_a_draft_has_one_shape() -> None:
    regions, mask = np.zeros((2, 2), np.uint8), np.zeros((2, 2), bool)
    with pytest.raises(ValueError, match="one shape"):
        Draft(regions, mask, np.zeros((2, 3), bool))


ORIENTATIONS = [(order, signs) for order in itertools.permutations(range(3)) for signs in itertools.product((1, -1), repeat=3)]


@pytest.mark.parametrize(("order", "signs"), ORIENTATIONS)
def test_any_voxel_order_is_turned_to_the_grid_and_back(order: tuple[int, ...], signs: tuple[int, ...]) -> None:
    """All 48 ways to store a scan: the voxel at the patient's right, front and foot end comes first, and the way back is exact."""
    shape = (3, 4, 5)
    affine = np.eye(4)
    affine[:3, :3] = 0
    for axis, (world, sign) in enumerate(zip(order, signs, strict=True)):
        affine[world, axis] = sign * (axis + 1.5)
    voxels = np.indices(shape)
    ras = np.einsum("wa,aijk->wijk", affine[:3, :3], voxels)
    grid = [from_native(component, affine) for component in ras]
    assert (np.diff(grid[0], axis=2) < 0).all()  # columns run from the patient's right to the left
    assert (np.diff(grid[1], axis=1) < 0).all()  # rows run from anterior to posterior
    assert (np.diff(grid[2], axis=0) > 0).all()  # slices run from caudal to cranial
    labels = np.arange(60, dtype=np.uint8).reshape(shape)
    turned = from_native(labels, affine)
    volume = CTVolume(
        np.zeros(turned.shape, np.int16), np.arange(float(turned.shape[0])), (1.0, 1.0), nifti_affine=affine, nifti_shape=shape
    )
    np.testing.assert_array_equal(to_native(turned, volume), labels)


def test_a_singular_affine_has_no_axes() -> None:
    with pytest.raises(ValueError, match="singular"):
        voxel_axes(np.diag([1.0, 1.0, 0.0, 1.0]))
    flat = np.eye(4)
    flat[:3, 1] = flat[:3, 0]
    with pytest.raises(ValueError, match="told apart"):
        voxel_axes(flat)
