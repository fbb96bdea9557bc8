"""Rings to pixels, against a polygon filler of another make and on arrays that can be checked on paper."""

import numpy as np
import pytest
from skimage.draw import polygon2mask

from napari_t12_bodycomp.analysis.rings import inside_rings

SQUARE = np.array([(1.5, 1.5), (1.5, 4.5), (4.5, 4.5), (4.5, 1.5)])


def test_a_square_holds_the_pixels_whose_centres_lie_in_it():
    mask = inside_rings((8, 8), [SQUARE])
    assert mask.sum() == 9 and mask[2:5, 2:5].all()


def test_a_ring_that_turns_the_other_way_is_a_hole():
    outer = np.array([(0.5, 0.5), (0.5, 6.5), (6.5, 6.5), (6.5, 0.5)])
    mask = inside_rings((8, 8), [outer, SQUARE[::-1]])
    assert mask.sum() == 36 - 9 and not mask[2:5, 2:5].any()
    assert inside_rings((8, 8), [outer, SQUARE]).sum() == 36


def test_what_lies_outside_the_picture_is_cut_off():
    ring = np.array([(-5.0, -5.0), (-5.0, 20.0), (20.0, 20.0), (20.0, -5.0)])
    assert inside_rings((6, 9), [ring]).all()
    assert not inside_rings((6, 9), [ring + 40]).any()


@pytest.mark.parametrize("seed", range(10))
def test_a_star_is_filled_as_by_another_filler(seed):
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, 2 * np.pi, 60))
    radius = rng.uniform(8, 25, 60)
    ring = np.stack([30 + radius * np.sin(angle), 28 + radius * np.cos(angle)], axis=1)
    assert np.array_equal(inside_rings((60, 60), [ring]), polygon2mask((60, 60), ring))
