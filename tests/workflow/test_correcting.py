"""Livewire, seed fill and push brush on a session's slice: what they take, what binds them, and that nothing else changes."""

import numpy as np
import pytest

from napari_t12_bodycomp.model.tissue import HUWindow, Region
from napari_t12_bodycomp.model.tools import REACH_RANGE_MM, TOLERANCE_RANGE_HU, Tool, ToolState
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow.correcting import Push, Wire, seed_area, seed_window
from napari_t12_bodycomp.workflow.session import Session

M, V, S = Region.MUSCLE, Region.VISCERAL, Region.SUBCUTANEOUS


@pytest.fixture
def session():
    """Fat (-100 HU) with a disc of muscle (50 HU), 20 pixels in radius; 1 mm pixels."""
    rows, columns = np.indices((80, 80))
    plane = np.where(np.hypot(rows - 40, columns - 40) < 20, 50, -100).astype(np.int16)
    opened = Session("anna")
    opened.open(CTVolume(np.stack([plane] * 3), np.arange(3) * 5.0, (1.0, 1.0)))
    opened.choose_level(1)
    return opened


def fill(session, value=M, rows=slice(0, 80), columns=slice(0, 80)):
    regions = session.state.work.regions.copy()
    regions[rows, columns] = value
    session.edit("start", regions)


# -- livewire ------------------------------------------------------------------------------------------------------------------------------


def clicked(session, *points):
    wire = Wire(session.state.work.axial)
    for point in points:
        wire.add(point)
    return wire


AROUND = ((40, 61), (20, 40), (40, 19), (61, 40))


def test_points_are_drawn_to_the_edge_and_the_contour_holds_the_disc(session):
    wire = clicked(session, *AROUND)
    assert all(abs(np.hypot(r - 40, c - 40) - 20) <= 1 for r, c in wire.points)
    area, true = wire.area((80, 80)), session.state.work.axial.hu == 50
    assert 2 * (area & true).sum() / (area.sum() + true.sum()) > 0.97


def test_the_same_point_twice_is_one_and_taking_back_goes_to_none(session):
    wire = clicked(session, *AROUND, AROUND[-1])
    assert len(wire.points) == 4
    way = wire.fixed()
    wire.take_back()
    assert len(wire.points) == 3 and len(wire.fixed()) < len(way)
    wire.add(AROUND[-1])
    assert np.array_equal(wire.fixed(), way)
    for _ in range(6):
        wire.take_back()
    assert wire.points == () and len(wire.live((3, 3))) == 0


def test_it_is_closed_by_the_first_point_only_where_it_holds_an_area(session):
    two = clicked(session, *AROUND[:2])
    assert not two.is_back(two.points[0], 5.0)
    three = clicked(session, *AROUND[:3])
    row, column = three.points[0]
    assert three.is_back((row + 6, column), 6.5) and not three.is_back((row + 7, column), 6.5)
    assert three.is_back(AROUND[0], 0.0), "the same click again is drawn to the same pixel"


def test_the_live_way_leads_from_the_last_point_to_the_mouse(session):
    wire = clicked(session, *AROUND[:2])
    live = wire.live((40, 19))
    assert tuple(live[0]) == wire.points[-1] and tuple(live[-1]) == (40, 19)


# -- seed fill -----------------------------------------------------------------------------------------------------------------------------


def test_the_window_of_the_region_bounds_it_also_without_the_lock(session):
    disc = session.state.work.axial.hu == 50
    for lock in (True, False):
        session.set_tools(hu_lock=lock, reach_mm=50.0)
        assert np.array_equal(seed_area(session.state, (40, 40)), disc)
    assert not seed_area(session.state, (2, 2)).any()


def test_the_reach_bounds_it(session):
    session.set_tools(reach_mm=5.0)
    area = seed_area(session.state, (40, 40))
    assert area.sum() == pytest.approx(np.pi * 25, rel=0.1) and area[40, 45] and not area[40, 46]


def test_a_tolerance_takes_what_is_like_the_pixel_and_the_lock_still_holds(session):
    session.set_tools(tolerance_hu=20, reach_mm=100.0)
    assert seed_window(session.state, (40, 40)) == HUWindow(30, 70)
    assert not seed_area(session.state, (40, 2)).any()
    session.set_tools(hu_lock=False)
    assert np.array_equal(seed_area(session.state, (40, 2)), session.state.work.axial.hu == -100)


def test_it_takes_one_region_s_pixels_at_a_time_and_none_that_is_protected(session):
    fill(session, V, columns=slice(0, 40))
    session.set_tools(reach_mm=50.0)
    left, right = (seed_area(session.state, (40, c)) for c in (30, 50))
    assert left.any() and not left[:, 40:].any()
    assert right.any() and not right[:, :40].any()
    session.set_tools(protected=frozenset({V}))
    assert not seed_area(session.state, (40, 30)).any()


def test_it_grows_through_the_region_in_hand_without_counting_it(session):
    fill(session, M, columns=slice(38, 42))
    session.set_tools(reach_mm=50.0)
    area = seed_area(session.state, (40, 30))
    assert area[40, 50] and not area[:, 38:42].any()


def test_outside_the_picture_there_is_nothing_to_fill(session):
    assert not seed_area(session.state, (-3, 40)).any() and not seed_area(session.state, (40, 81)).any()


# -- push ----------------------------------------------------------------------------------------------------------------------------------


def pushed(session, *points):
    push = Push(session.state, points[0])
    for point in points[1:]:
        push.move(point)
    return push.regions


def test_from_inside_it_grows_within_the_lock_only(session):
    fill(session, M, columns=slice(30, 45), rows=slice(30, 50))
    session.set_tools(brush_mm=10.0)
    before = session.state.work.regions
    after = pushed(session, (40, 38), (40, 50), (40, 75))
    gained = (after == M) & (before != M)
    assert gained.any() and (session.state.work.axial.hu[gained] == 50).all()
    assert (after[before == M] == M).all()
    session.set_tools(hu_lock=False)
    assert (pushed(session, (40, 38), (40, 75)) == M)[40, 70]


def test_from_outside_it_takes_away_whatever_the_lock_says_and_hands_it_to_where_it_came_from(session):
    fill(session, S)
    fill(session, M, columns=slice(0, 50))
    session.set_tools(brush_mm=10.0)
    before = session.state.work.regions
    after = pushed(session, (10, 58), (10, 40))
    lost = (before == M) & (after != M)
    assert lost.any() and (after[lost] == S).all() and (session.state.work.axial.hu[lost] == -100).all()
    assert np.array_equal(after[before != M], before[before != M])


def test_from_where_nothing_is_drawn_it_erases(session):
    fill(session, M, columns=slice(0, 50))
    assert (pushed(session, (10, 58), (10, 40)) == 0)[10, 45]


def test_a_protected_region_does_not_give_way(session):
    fill(session, V)
    fill(session, M, columns=slice(0, 50))
    session.set_tools(brush_mm=10.0, hu_lock=False, protected=frozenset({V}))
    assert np.array_equal(pushed(session, (40, 44), (40, 70)), session.state.work.regions)


def test_a_click_without_a_move_changes_nothing_on_either_side(session):
    fill(session, M, columns=slice(0, 50))
    session.set_tools(brush_mm=20.0, hu_lock=False)
    for at in ((40, 48), (40, 52), (40, 10), (2, 2)):
        assert np.array_equal(pushed(session, at, at), session.state.work.regions)


# -- their sizes ---------------------------------------------------------------------------------------------------------------------------


def test_the_size_keys_change_the_reach_of_a_seed_fill_and_else_the_brush():
    brush, seed = ToolState(tool=Tool.BRUSH), ToolState(tool=Tool.SEED)
    assert brush.resized(1).brush_mm > brush.brush_mm and brush.resized(1).reach_mm == brush.reach_mm
    assert seed.resized(-2).reach_mm < seed.reach_mm and seed.resized(-2).brush_mm == seed.brush_mm
    assert seed.resized(100).reach_mm == REACH_RANGE_MM[1] and seed.resized(-100).reach_mm == REACH_RANGE_MM[0]


def test_the_tolerance_goes_from_the_window_up_and_back():
    tools = ToolState()
    assert tools.with_tolerance(1).tolerance_hu == TOLERANCE_RANGE_HU[0]
    assert tools.with_tolerance(2).with_tolerance(-2).tolerance_hu is None
    assert tools.with_tolerance(-1).tolerance_hu is None
    assert tools.with_tolerance(500).tolerance_hu == TOLERANCE_RANGE_HU[1]


@pytest.mark.parametrize("wrong", [{"reach_mm": 0.5}, {"reach_mm": 500.0}, {"tolerance_hu": 0}, {"tolerance_hu": 1000}])
def test_impossible_sizes_are_refused(wrong):
    with pytest.raises(ValueError, match="is wanted"):
        ToolState(**wrong)
