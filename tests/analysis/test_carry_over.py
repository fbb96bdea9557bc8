"""Regions laid onto another slice: known moves are found again, and nothing comes to lie outside the body."""

import numpy as np
import pytest

from napari_t12_bodycomp.analysis.carry_over import (
    SPINE_MM2,
    Placing,
    body_frame,
    carried,
    fascia_frame,
    placed,
    spine_gap_mm,
)
from napari_t12_bodycomp.model.tissue import Region

M, V, S = Region.MUSCLE, Region.VISCERAL, Region.SUBCUTANEOUS
MM = (1.0, 1.0)


def dice(a, b, region):
    return 2 * ((a == region) & (b == region)).sum() / ((a == region).sum() + (b == region).sum())


def test_without_a_move_regions_stay_and_the_body_cuts_them(trunk):
    regions = trunk()
    body = np.zeros(regions.shape, bool)
    body[:, :200] = True
    after = carried(regions, MM, Placing(), body & (regions > 0), MM)
    assert np.array_equal(after[:, :200], regions[:, :200]) and not after[:, 200:].any()


def test_subcutaneous_tissue_reaches_the_skin_of_this_slice(trunk):
    stout = body_frame(trunk(fat_mm=30))
    after = carried(trunk(fat_mm=20), MM, Placing(), stout, MM)
    gap = np.hypot(*(np.indices(stout.shape) - np.array([155, 160])[:, None, None])) < 18
    assert ((after > 0) | gap)[stout].all() and dice(after, trunk(fat_mm=30), S) > 0.999
    assert dice(after, trunk(fat_mm=20), M) == 1


def test_where_none_was_drawn_none_is_added(trunk):
    regions = trunk()
    regions[regions == S] = 0
    assert not (carried(regions, MM, Placing(), body_frame(trunk()), MM) == S).any()


def test_the_gap_of_the_vertebra_is_found_in_mm(trunk):
    assert spine_gap_mm(trunk(), MM) == pytest.approx((155, 160), abs=1.0)
    assert spine_gap_mm(trunk(), (2.0, 0.5)) == pytest.approx((310, 80), abs=1.0)
    assert SPINE_MM2[0] < np.pi * 18**2 < SPINE_MM2[1]


def test_no_gap_or_two_of_them_are_no_landmark(trunk):
    assert spine_gap_mm(trunk(spine=False), MM) is None
    assert spine_gap_mm(np.zeros((9, 9), np.uint8), MM) is None
    two = trunk()
    two[140:170, 110:140] = 0
    assert spine_gap_mm(two, MM) is None


def test_the_fascia_needs_muscle_and_visceral_region(trunk):
    only = trunk()
    only[only == V] = 0
    assert fascia_frame(trunk()).sum() == pytest.approx(np.pi * 75 * 110, rel=0.01)
    assert not fascia_frame(only).any()


@pytest.mark.parametrize(
    ("turn", "scale", "middle", "spacing"),
    [(0.0, (1.0, 1.0), (110, 160), (1.0, 1.0)), (0.1, (1.08, 0.94), (120, 150), (0.9, 1.2)), (-0.15, (0.9, 1.1), (100, 170), (1.3, 0.8))],
)
def test_a_known_move_is_found_again(trunk, turn, scale, middle, spacing):
    here = trunk()
    known = Placing((110.0, 160.0), (110.0 * spacing[0], 160.0 * spacing[1]), tuple(np.subtract(middle, (110, 160))), turn, scale)
    shape = np.ones((round(240 / spacing[0] * 1.2), round(340 / spacing[1] * 1.2)), bool)
    there = carried(here, MM, known, shape, spacing)
    found = placed(fascia_frame(there), spacing, fascia_frame(here), MM, spine_gap_mm(there, spacing), spine_gap_mm(here, MM))
    back = carried(there, spacing, found, here > 0, MM)
    assert found.rms_mm < 1.5
    assert min(dice(back, here, M), dice(back, here, V), dice(back, here, S)) > 0.96


def test_gained_fat_does_not_stretch_the_muscle(trunk):
    slim, stout = trunk(fat_mm=10), trunk(fat_mm=35)
    found = placed(fascia_frame(slim), MM, fascia_frame(stout), MM, spine_gap_mm(slim, MM), spine_gap_mm(stout, MM))
    assert found.scale == pytest.approx((1.0, 1.0), abs=0.01)
    assert dice(carried(slim, MM, found, body_frame(stout), MM), stout, M) > 0.98


def test_there_and_back_is_the_same_place():
    placing = Placing((10.0, 20.0), (13.0, 18.0), (1.0, -2.0), 0.2, (1.1, 0.9))
    points = np.random.default_rng(0).uniform(0, 100, (50, 2))
    assert placing.to_there(placing.to_here(points)) == pytest.approx(points)
