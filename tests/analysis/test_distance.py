"""Growing and opening by distance does what a disk does."""

import numpy as np
import pytest

from napari_t12_bodycomp.analysis.bone import disk, opened
from napari_t12_bodycomp.analysis.distance import near, opened_wide


def test_near_reaches_as_far_as_said_in_mm():
    mask = np.zeros((21, 41), bool)
    mask[10, 20] = True
    grown = near(mask, (1.0, 0.5), 4.0)
    assert np.array_equal(grown[6:15, 12:29], disk((1.0, 0.5), 4.0))
    assert grown.sum() == disk((1.0, 0.5), 4.0).sum()
    assert not near(np.zeros((5, 5), bool), (1.0, 1.0), 9.0).any()


@pytest.mark.parametrize("radius_mm", [2.0, 3.5])
def test_opening_takes_what_is_thinner_than_the_disk(radius_mm):
    mask = np.zeros((60, 60), bool)
    mask[10:50, 10:34] = True
    mask[20:23, 34:58] = True
    ours, theirs = opened_wide(mask, (1.0, 1.0), radius_mm), opened(mask, (1.0, 1.0), radius_mm)
    assert not ours[:, 40:].any()
    assert (ours != theirs).sum() < 0.03 * theirs.sum()
    assert opened_wide(np.ones((4, 4), bool), (1.0, 1.0), 2.0).all()
