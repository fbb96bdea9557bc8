"""Drawing operations on arrays that can be checked on paper."""

import numpy as np
import pytest

from napari_t12_bodycomp.analysis import contour
from napari_t12_bodycomp.model.tissue import Region

M, V = Region.MUSCLE, Region.VISCERAL


def empty(shape=(12, 12)):
    return np.zeros(shape, np.uint8)


def test_the_lock_binds_painting_and_never_the_eraser():
    regions, window = empty((1, 4)), np.array([[True, True, False, False]])
    assert contour.may_change(regions, M, M, window, ()).tolist() == [[True, True, False, False]]
    assert contour.may_change(regions, 0, M, window, ()).all()
    assert contour.may_change(regions, M, M, None, ()).all()


def test_a_protected_region_is_kept_unless_it_is_in_hand():
    regions = np.array([[0, 1, 2]], np.uint8)
    assert contour.may_change(regions, M, M, None, {V}).tolist() == [[True, True, False]]
    assert contour.may_change(regions, 0, M, None, {V}).tolist() == [[True, True, False]]
    assert contour.may_change(regions, 0, V, None, {V}).all()


def test_asking_changes_nothing():
    window = np.ones((2, 2), bool)
    contour.may_change(np.full((2, 2), V, np.uint8), M, M, window, {V})
    assert window.all()


def test_a_disc_is_round_in_mm():
    rows, columns = contour.disc((40, 40), (20, 20), 8.0, (2.0, 1.0))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (18, 22, 16, 24)


def test_a_tiny_disc_is_one_pixel_and_none_outside():
    assert [v.tolist() for v in contour.disc((5, 5), (2.4, 2.4), 0.1, (1.0, 1.0))] == [[2], [2]]
    assert contour.disc((5, 5), (9, 9), 0.5, (1.0, 1.0))[0].size == 0


def test_a_disc_at_the_edge_is_cut():
    rows, columns = contour.disc((10, 10), (0, 0), 4.0, (1.0, 1.0))
    assert rows.min() == 0 and columns.min() == 0 and rows.size == 6


def test_a_polygon_holds_the_pixels_inside_it():
    rows, columns = contour.inside_polygon((10, 10), [(1.5, 1.5), (1.5, 4.5), (4.5, 4.5), (4.5, 1.5)])
    assert set(zip(rows.tolist(), columns.tolist(), strict=True)) == {(r, c) for r in (2, 3, 4) for c in (2, 3, 4)}
    assert contour.inside_polygon((10, 10), [(1, 1), (2, 2)])[0].size == 0


def test_flood_stays_in_the_window_and_in_one_label():
    regions = empty((3, 6))
    regions[:, 3] = V
    allowed = np.ones((3, 6), bool)
    allowed[1, 1] = False
    filled = contour.flood(regions, (0, 0), allowed)
    assert filled[:, :3].sum() == 8 and not filled[:, 3:].any()
    assert not contour.flood(regions, (1, 1), allowed).any()
    assert not contour.flood(regions, (9, 9), allowed).any()


def test_small_holes_are_filled_large_ones_and_other_regions_stay():
    regions = empty((30, 30))
    regions[2:28, 2:28] = M
    regions[4:6, 4:6] = 0
    regions[10:25, 10:25] = 0
    regions[7, 4] = V
    filled = contour.fill_holes(regions, M, (1.0, 1.0), largest_mm2=10)
    assert (filled[4:6, 4:6] == M).all() and (filled[10:25, 10:25] == 0).all() and filled[7, 4] == V


def test_growing_keeps_to_allowed_free_pixels_and_shrinking_undoes_it_inside():
    regions = empty()
    regions[4:8, 4:8] = M
    regions[4:8, 8] = V
    allowed = np.ones(regions.shape, bool)
    allowed[3, :] = False
    grown = contour.grow(regions, M, allowed)
    assert (grown[4:8, 3] == M).all() and (grown[8, 4:8] == M).all()
    assert (grown[3] == 0).all() and (grown[4:8, 8] == V).all()
    shrunk = contour.shrink(regions, M)
    assert (shrunk == M).sum() == 4 and (shrunk[4:8, 8] == V).all()


@pytest.mark.parametrize("operation", [lambda r: contour.grow(r, M, np.ones(r.shape, bool)), lambda r: contour.shrink(r, M)])
def test_operations_leave_their_input_alone(operation):
    regions = empty()
    regions[3:7, 3:7] = M
    before = regions.copy()
    operation(regions)
    assert np.array_equal(regions, before)
