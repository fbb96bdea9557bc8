"""The pushing ball: it starts without a jump, moves borders as far as the mouse goes, and leaves no gaps on its way."""

import itertools

import numpy as np
import pytest

from napari_t12_bodycomp.analysis.push import ball_at, swept

MM = (0.5, 0.5)


def half():
    """The left half of a slice."""
    mask = np.zeros((80, 80), bool)
    mask[:, :40] = True
    return mask


def covered(shape, *points, radius, spacing=MM):
    mask = np.zeros(shape, bool)
    for start, end in itertools.pairwise(points):
        mask[swept(shape, start, end, radius, spacing)] = True
    return mask


@pytest.mark.parametrize(("mouse", "inside"), [((40, 38), True), ((40, 10), True), ((40, 41), False), ((40, 70.4), False)])
def test_where_it_is_put_down_it_touches_nothing_of_the_other_side(mouse, inside):
    ball = ball_at(half(), mouse, 4.0, MM)
    assert ball.from_inside is inside and ball.radius_mm == pytest.approx(4.0)
    under = covered(half().shape, ball.centre(mouse), ball.centre(mouse), radius=ball.radius_mm)
    assert (half()[under] == inside).all()


def test_far_from_the_border_it_lies_under_the_mouse():
    assert ball_at(half(), (40, 20), 4.0, MM).offset == (0.0, 0.0)


@pytest.mark.parametrize("moved", [1, 4, 9])
def test_the_border_moves_as_far_as_the_mouse(moved):
    mask, mouse = half(), (40.0, 37.0)
    ball = ball_at(mask, mouse, 4.0, MM)
    pushed = mask | covered(mask.shape, ball.centre(mouse), ball.centre((40.0, 37.0 + moved)), radius=ball.radius_mm)
    assert pushed[40].sum() == pytest.approx(40 + moved, abs=1)
    assert pushed[5].sum() == 40


def test_in_a_strip_thinner_than_itself_it_is_as_large_as_the_strip():
    strip = np.zeros((60, 60), bool)
    strip[:, 20:28] = True  # 4 mm wide
    ball = ball_at(strip, (30, 21), 10.0, MM)
    assert ball.radius_mm == pytest.approx(2.0, abs=0.26)
    under = covered(strip.shape, ball.centre((30, 21)), ball.centre((30, 21)), radius=ball.radius_mm)
    assert strip[under].all()


def test_it_does_not_jump_over_a_thin_strip_to_where_there_is_more_room():
    strip = np.zeros((80, 80), bool)
    strip[:, 20:22] = strip[:, 0] = True
    ball = ball_at(strip, (40, 18), 8.0, MM)
    assert not ball.from_inside and ball.centre((40, 18))[1] < 20


def test_flecks_do_not_stand_in_its_way():
    mask = half()
    mask[38:42, 18:22] = False  # 4 mm2
    assert ball_at(mask, (40, 24), 4.0, MM).radius_mm == pytest.approx(4.0)


def test_on_the_edge_of_the_picture_and_beyond_it_is_still_a_ball():
    for mouse in ((0, 0), (79, 79), (-3, 90)):
        assert 0 < ball_at(half(), mouse, 4.0, MM).radius_mm <= 4.0
    assert ball_at(np.ones((5, 5), bool), (2, 2), 4.0, MM).from_inside


def test_a_way_in_many_moves_covers_what_one_move_does():
    start, end = np.array((20.3, 15.1)), np.array((51.7, 60.2))
    many = [tuple(start + t * (end - start)) for t in np.linspace(0, 1, 17)]
    assert np.array_equal(covered((80, 80), *many, radius=3.0), covered((80, 80), tuple(start), tuple(end), radius=3.0))


def test_the_swept_area_is_that_of_a_capsule_in_mm():
    area = covered((80, 80), (30.5, 20.3), (30.5, 60.3), radius=4.0, spacing=(1.0, 0.5)).sum() * 0.5
    assert area == pytest.approx(20 * 8 + np.pi * 16, rel=0.04)


def test_outside_the_picture_nothing_is_swept():
    assert swept((10, 10), (50, 50), (60, 60), 3.0, MM)[0].size == 0
