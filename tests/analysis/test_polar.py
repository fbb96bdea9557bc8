"""Rays, closed paths and filled polygons, on shapes that can be checked on paper."""

import numpy as np
import pytest

from napari_t12_bodycomp.analysis.polar import closed_path, filled, path_margins, trunk_rays


def body():
    rows, cols = np.indices((200, 300))
    return ((rows - 100) / 60) ** 2 + ((cols - 150) / 100) ** 2 <= 1


def test_rays_leave_the_trunk_nearly_at_right_angles():
    rays = trunk_rays(body(), (1.0, 1.0))
    at_side = rays.direction[np.abs(rays.direction[:, 1]) > 0.99]
    assert len(rays) == 480 and len(at_side) > 0
    assert np.allclose(np.linalg.norm(rays.direction, axis=1), 1)


def test_a_ray_meets_a_line_where_it_should():
    rays = trunk_rays(body(), (1.0, 1.0))
    radius = rays.crossing(np.array([10.0, 0.0]), np.array([10.0, 300.0]))
    upward = rays.direction[:, 0] < -0.5
    assert np.allclose(rays.points_mm(radius)[upward, 0], 10.0)


def test_a_sampled_image_has_its_own_values():
    rays = trunk_rays(body(), (1.0, 1.0))
    columns = np.broadcast_to(np.arange(300.0), (200, 300))
    radius = np.array([0.0, 10.0])
    expected = rays.foot_mm[:, 1:] + radius * rays.direction[:, 1:]
    assert np.allclose(rays.sample(columns, radius), expected, atol=1e-3)


def test_the_path_follows_the_cheap_valley_and_closes():
    angle = 2 * np.pi * np.arange(120) / 120
    valley = 20 + 8 * np.sin(angle)
    path = closed_path((np.arange(40)[None, :] - valley[:, None]) ** 2, 0.01, 3)
    assert np.abs(path - valley).max() < 1.5
    assert abs(int(path[0]) - int(path[-1])) <= 3


def test_the_path_bridges_a_stretch_without_evidence():
    cost = np.full((100, 30), 1.0)
    cost[:, 15] = 0.0
    cost[40:50] = 1.0
    assert (closed_path(cost, 0.2, 3) == 15).all()


@pytest.mark.parametrize("shift", [0.0, 0.25])
def test_a_polygon_holds_the_pixel_centres_within_it(shift):
    corners = np.array([[2.5, 3.5], [2.5, 8.5], [6.5, 8.5], [6.5, 3.5]]) + shift
    inside = filled(corners, (10, 12))
    assert inside.sum() == 4 * 5
    assert inside[3:7, 4:9].all()


def test_a_polygon_may_leave_the_image():
    inside = filled(np.array([[-5.0, -5.0], [-5.0, 20.0], [20.0, 20.0], [20.0, -5.0]]), (6, 8))
    assert inside.all()


def test_margins_tell_how_much_more_each_detour_costs():
    rng = np.random.default_rng(1)
    cost = rng.uniform(0, 1, (48, 9))
    margins = path_margins(cost, 0.2, 2)
    assert margins.min() >= 0
    best = closed_path(cost, 0.2, 2)
    assert np.allclose(margins[np.arange(48), best], 0, atol=1e-5)
    dear = cost.copy()
    dear[7, best[7]] += 10
    elsewhere = closed_path(dear, 0.2, 2)[7]
    assert margins[7].argsort()[1] == elsewhere
