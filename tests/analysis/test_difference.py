"""What tells one drawing from another, on paper."""

import numpy as np
import pytest

from napari_t12_bodycomp.analysis.difference import difference
from napari_t12_bodycomp.model.tissue import Region

M, V, S = Region.MUSCLE, Region.VISCERAL, Region.SUBCUTANEOUS


def test_gained_lost_and_moved_pixels_with_their_areas():
    before = np.array([[1, 1, 2, 0]], np.uint8)
    after = np.array([[1, 0, 1, 3]], np.uint8)
    found = difference(before, after, (5.0, 10.0))
    assert found.gained.tolist() == [[False, False, True, True]]
    assert found.lost.tolist() == [[False, True, True, False]]
    assert found.areas_cm2 == {M: (0.5, 0.5), V: (0.0, 0.5), S: (0.5, 0.0)}
    assert not found.is_empty


@pytest.mark.parametrize("seed", range(3))
def test_what_is_gained_less_what_is_lost_is_the_change_of_area(seed):
    rng = np.random.default_rng(seed)
    before, after = rng.integers(0, 4, (2, 20, 20)).astype(np.uint8)
    found = difference(before, after, (1.0, 1.0))
    for region, (gained, lost) in found.areas_cm2.items():
        assert gained - lost == pytest.approx(((after == region).sum() - (before == region).sum()) / 100)
    back = difference(after, before, (1.0, 1.0))
    assert np.array_equal(back.gained, found.lost) and np.array_equal(back.lost, found.gained)


def test_the_same_drawing_differs_in_nothing():
    assert difference(np.ones((3, 3), np.uint8), np.ones((3, 3), np.uint8), (1.0, 1.0)).is_empty
