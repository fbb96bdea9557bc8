"""The magnetic contour on edges whose place is known."""

import numpy as np
import pytest

from napari_t12_bodycomp.analysis.livewire import FLOOR, REACH_PX, edge_cost, paths_from, rounded, snapped
from napari_t12_bodycomp.analysis.rings import inside_rings

MM = (0.8, 0.8)


def disc(radius=40.0, noise=0.0, size=128):
    """Muscle in fat: a disc of 50 HU in -100 HU."""
    rows, columns = np.indices((size, size))
    far = np.hypot(rows - size / 2, columns - size / 2)
    hu = np.where(far < radius, 50, -100) + np.random.default_rng(3).normal(0, 1, far.shape) * noise
    return hu.astype(np.int16), far


def test_an_edge_is_cheap_and_even_tissue_dear():
    hu, far = disc()
    cost = edge_cost(hu, MM)
    assert cost[np.abs(far - 40) < 0.7].max() < 0.25
    assert cost[far < 30].min() > 0.95 and cost.min() >= FLOOR


def test_the_edge_of_the_lung_pulls_less_than_that_of_muscle():
    hu = np.full((40, 40), -100, np.int16)
    hu[:, 20:] = -900
    assert edge_cost(hu, MM).min() > edge_cost(np.where(hu < -500, 50, -100).astype(np.int16), MM).min()


@pytest.mark.parametrize("noise", [0.0, 20.0])
def test_the_way_between_two_points_on_a_circle_follows_it(noise):
    hu, _ = disc(noise=noise)
    cost = edge_cost(hu, MM)
    start, end = snapped(cost, (64, 104), MM), (24, 64)
    way = paths_from(cost, start, MM).to(end)
    assert tuple(way[0]) == start and tuple(way[-1]) == end
    off = np.abs(np.hypot(way[:, 0] - 64, way[:, 1] - 64) - 40)
    assert off.max() < 2.0 and off.mean() < 0.8
    assert (np.abs(np.diff(way, axis=0)).max(axis=1) == 1).all()


def test_four_clicks_around_a_circle_hold_its_area():
    hu, far = disc(noise=15.0)
    cost = edge_cost(hu, MM)
    clicks = [snapped(cost, p, MM) for p in ((64, 105), (23, 64), (64, 23), (105, 64))]
    ways = [paths_from(cost, a, MM).to(b) for a, b in zip(clicks, [*clicks[1:], clicks[0]], strict=True)]
    area = inside_rings(hu.shape, [rounded(np.concatenate(ways))])
    true = far < 40
    assert 2 * (area & true).sum() / (area.sum() + true.sum()) > 0.98


def test_a_click_near_an_edge_is_drawn_to_it_and_one_far_away_stays():
    hu, _ = disc()
    cost = edge_cost(hu, MM)
    row, column = snapped(cost, (64, 106), MM)
    assert abs(np.hypot(row - 64, column - 64) - 40) <= 1
    assert snapped(cost, (64.2, 63.9), MM) == (64, 64)
    assert snapped(cost, (-5, 500), MM)[0] <= 3 and snapped(cost, (-5, 500), MM)[1] >= 124


def test_beyond_the_map_the_way_goes_on_straight_to_the_mouse():
    cost = np.ones((600, 40), np.float32)
    way = paths_from(cost, (5, 20), (0.1, 0.1)).to((500.5, 20))
    assert tuple(way[-1]) == (500.5, 20.0)
    assert way[-2][0] == 5 + REACH_PX


def test_where_pixels_are_not_square_the_shorter_way_in_mm_is_taken():
    cost = np.ones((41, 41), np.float32)
    cost[10, 5:31] = cost[10:30, 5] = cost[30, 5:31] = cost[10:30, 30] = 0.01  # a rectangle of cheap ways
    way = paths_from(cost, (10, 5), (4.0, 1.0)).to((30, 30))
    assert len(way) > 30 and cost[tuple(way.astype(int).T)].max() < 0.02


def test_rounding_takes_steps_away_and_keeps_the_middle():
    ring = np.array([(0, 0), (0, 4), (4, 4), (4, 0)], float)
    assert rounded(ring).mean(axis=0) == pytest.approx(ring.mean(axis=0))
    assert np.ptp(rounded(ring)) < np.ptp(ring)
    assert rounded(ring[:3]) is not None and len(rounded(ring[:3])) == 3
