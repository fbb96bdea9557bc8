"""Contours of the wall by hand: radii in mm on 12 rays."""

import numpy as np

from napari_t12_bodycomp.analysis.walls import bridged


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
