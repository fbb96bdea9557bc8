"""Contours of the wall by hand: radii in mm on 12 rays, and lean tissue under a flat piece of skin."""

import numpy as np
import pytest

from napari_t12_bodycomp.analysis.walls import bridged, lean_tissue


def test_a_fascia_that_fell_through_a_missing_wall_runs_between_the_ends_that_were_seen() -> None:
    fascia, skin = np.full(12, 100.0), np.full(12, 110.0)
    cut = np.zeros(12, bool)
    cut[4:7] = True
    fascia[4:7] = (60.0, 55.0, 96.0)
    skin[4] = 92.0
    out = bridged(fascia, skin, cut)
    assert out[4] == 92.0 and out[5] == 100.0
    assert out[6] == 96.0, "a wall that was seen stays"
    assert np.array_equal(np.delete(out, [4, 5]), np.delete(fascia, [4, 5]))


def test_a_gap_across_the_first_ray_is_bridged_too() -> None:
    fascia, skin = np.full(12, 80.0), np.full(12, 120.0)
    cut = np.zeros(12, bool)
    cut[[11, 0]] = True
    fascia[[11, 0]] = 30.0
    fascia[1] = 90.0
    assert np.allclose(bridged(fascia, skin, cut)[[11, 0]], [80 + 10 / 3, 80 + 20 / 3])


def test_without_a_cut_nothing_changes() -> None:
    fascia = np.array([50.0, 10.0, 50.0])
    assert bridged(fascia, fascia + 5, np.zeros(3, bool)) is fascia


@pytest.mark.parametrize("parted_from_skin", [True, False])
def test_the_thin_edge_of_a_flat_muscle_close_under_the_skin_is_wall_and_thick_skin_is_not(parted_from_skin: bool) -> None:
    hu = np.full((40, 60), -100, np.int16)
    hu[:2] = 30
    hu[9:] = hu[3:, :20] = 50
    hu[3 if parted_from_skin else 2 : 5, 20:40] = 50
    depth_mm = np.repeat(np.arange(0.5, 40), 60).reshape(40, 60)
    lean = lean_tissue(hu, np.ones(hu.shape, bool), depth_mm, (1.0, 1.0))
    assert (lean[3, 22:38] > 0.5).all() == parted_from_skin
    assert lean[3, :18].min() > 0.5 and not lean[2:8, 45:].any()
