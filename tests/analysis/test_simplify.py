"""A calmer outline that is no thinner: specks, holes, strips and circles."""

import numpy as np
import pytest
from scipy import ndimage

from napari_t12_bodycomp.analysis.simplify import simplified, smoothed
from napari_t12_bodycomp.model.tissue import Region

M, V, S = Region.MUSCLE, Region.VISCERAL, Region.SUBCUTANEOUS
MM = (0.8, 0.8)


def block():
    regions = np.zeros((60, 80), np.uint8)
    regions[10:50, 10:60] = M
    return regions


def anywhere(regions):
    return np.ones(regions.shape, bool)


def test_specks_go_and_small_holes_are_filled_whatever_their_hu():
    regions = block()
    regions[5:7, 70:72] = M
    regions[30:33, 30:33] = 0
    after = simplified(regions, M, np.zeros(regions.shape, bool), MM)
    assert not (after[:, 65:] == M).any() and (after[30:33, 30:33] == M).all()


def test_what_is_larger_stays():
    regions = block()
    regions[2:9, 68:76] = M  # 36 mm2
    regions[20:35, 20:35] = 0
    after = simplified(regions, M, anywhere(regions), MM)
    assert (after[3:8, 69:75] == M).all() and not (after[22:33, 22:33] == M).any()


def test_another_regions_island_is_no_hole():
    regions = block()
    regions[30:33, 30:33] = V
    assert (simplified(regions, M, anywhere(regions), MM)[30:33, 30:33] == V).any()


def test_a_speck_in_another_region_becomes_that_region():
    regions = np.full((40, 40), V, np.uint8)
    regions[25:] = M
    regions[8:10, 8:10] = M
    after = simplified(regions, M, anywhere(regions), MM)
    assert (after[8:10, 8:10] == V).all() and (after > 0).all()


@pytest.mark.parametrize("width", [2, 3, 5])
def test_a_thin_strip_keeps_its_width_and_place(width):
    mask = np.zeros((40, 120), bool)
    mask[20 : 20 + width, 10:110] = True
    after = smoothed(mask, MM, 1.5)
    assert np.array_equal(after[:, 14:106], mask[:, 14:106])


@pytest.mark.parametrize("radius", [5, 10, 25])
def test_a_circle_keeps_its_area(radius):
    rows, columns = np.indices((70, 70))
    disc = np.hypot(rows - 35, columns - 35) < radius
    assert smoothed(disc, MM, 1.5).sum() == pytest.approx(disc.sum(), rel=0.03)


def test_a_ring_keeps_its_hole_and_what_lies_in_it():
    rows, columns = np.indices((90, 90))
    far = np.hypot(rows - 45, columns - 45)
    mask = ((far < 40) & (far > 28)) | (far < 12)
    after = smoothed(mask, MM, 1.5)
    assert (after ^ mask).mean() < 0.01


@pytest.mark.parametrize("seed", range(5))
def test_a_ragged_border_comes_nearer_to_the_true_one(seed):
    rng = np.random.default_rng(seed)
    rows, columns = np.indices((100, 100))
    far = np.hypot(rows - 50, columns - 50)
    true = far < 35
    ragged = np.where(true, M, 0).astype(np.uint8)
    ragged[(np.abs(far - 35) < 1.5) & (rng.random(far.shape) < 0.5)] = M
    ragged[(np.abs(far - 35) < 1.5) & (rng.random(far.shape) < 0.3)] = 0
    after = simplified(ragged, M, anywhere(ragged), MM)
    assert _length(after == M) < 0.8 * _length(ragged == M)
    assert ((after == M) ^ true).sum() <= ((ragged == M) ^ true).sum()


def _length(mask):
    return (mask ^ ndimage.binary_erosion(mask)).sum() + (mask ^ ndimage.binary_dilation(mask)).sum()


@pytest.mark.parametrize("seed", range(3))
def test_the_border_gains_only_what_is_allowed_and_other_regions_lose_only_to_it(seed):
    rng = np.random.default_rng(seed)
    noise = ndimage.gaussian_filter(rng.normal(size=(3, 80, 80)), (0, 4, 4))
    regions = (noise.argmax(axis=0) + 1).astype(np.uint8)
    allowed = rng.random(regions.shape) < 0.5
    after = simplified(regions, M, allowed, MM)
    gained = (after == M) & (regions != M)
    assert allowed[gained].all()
    assert np.array_equal(after[(regions != M) & ~gained], regions[(regions != M) & ~gained])
    assert (after > 0).all()


def test_an_empty_region_and_the_input_stay_as_they_are():
    regions = block()
    before = regions.copy()
    assert np.array_equal(simplified(regions, S, anywhere(regions), MM), regions)
    simplified(regions, M, anywhere(regions), MM)
    assert np.array_equal(regions, before)


def test_a_region_that_is_one_speck_goes():
    regions = np.zeros((20, 20), np.uint8)
    regions[9:11, 9:11] = M
    assert not simplified(regions, M, anywhere(regions), MM).any()
