"""Filling from a pixel: the window, the circle, and the way it stays connected."""

import numpy as np
import pytest

from napari_t12_bodycomp.analysis.seed_fill import near_value, seed_fill
from napari_t12_bodycomp.model.tissue import HUWindow

FAT = HUWindow(-150, -50)


def everywhere(hu):
    return np.ones(hu.shape, bool)


def test_it_takes_connected_pixels_of_the_window():
    hu = np.full((7, 9), -100, np.int16)
    hu[:, 4] = 50
    filled = seed_fill(hu, (3, 1), FAT, 50, (1, 1), everywhere(hu))
    assert filled[:, :4].all() and not filled[:, 4:].any()


def test_pixels_that_touch_by_a_corner_only_are_not_connected():
    hu = np.full((4, 4), 50, np.int16)
    hu[1, 1] = hu[2, 2] = -100
    assert seed_fill(hu, (1, 1), FAT, 50, (1, 1), everywhere(hu)).sum() == 1


def test_it_stays_within_the_circle_in_mm_where_pixels_are_not_square():
    hu = np.full((61, 61), -100, np.int16)
    filled = seed_fill(hu, (30, 30), FAT, 10.0, (2.0, 1.0), everywhere(hu))
    rows, columns = np.nonzero(filled)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (25, 35, 20, 40)
    assert filled.sum() * 2.0 == pytest.approx(np.pi * 100, rel=0.05)


def test_it_enters_only_what_is_open():
    hu = np.full((5, 9), -100, np.int16)
    open_to = everywhere(hu)
    open_to[:, 3] = False
    assert seed_fill(hu, (2, 0), FAT, 50, (1, 1), open_to).sum() == 15


@pytest.mark.parametrize("seed", [(2, 2), (-1, 0), (0, 9)])
def test_a_seed_outside_window_or_picture_fills_nothing(seed):
    assert not seed_fill(np.full((5, 5), 50, np.int16), seed, FAT, 10, (1, 1), np.ones((5, 5), bool)).any()


def test_near_the_edge_of_the_picture_the_circle_is_cut():
    hu = np.full((5, 5), -100, np.int16)
    assert seed_fill(hu, (0, 4), FAT, 2.0, (1, 1), everywhere(hu)).sum() == 6


def test_the_tolerance_lies_around_the_middle_of_the_neighbourhood():
    hu = np.full((5, 5), 40, np.int16)
    hu[2, 2] = 300  # one noisy pixel
    assert near_value(hu, (2, 2), 20) == HUWindow(20, 60)
    assert near_value(hu, (0, 0), 10) == HUWindow(30, 50)


@pytest.mark.parametrize("seed", range(5))
def test_the_same_area_is_filled_from_each_of_its_pixels_where_the_circle_is_wide(seed):
    rng = np.random.default_rng(seed)
    hu = np.where(rng.random((30, 30)) < 0.6, -100, 50).astype(np.int16)
    rows, columns = np.nonzero(hu == -100)
    first = seed_fill(hu, (rows[0], columns[0]), FAT, 200, (1, 1), everywhere(hu))
    for row, column in zip(*np.nonzero(first), strict=True):
        assert np.array_equal(seed_fill(hu, (int(row), int(column)), FAT, 200, (1, 1), everywhere(hu)), first)
