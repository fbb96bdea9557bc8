"""The inner wall by hand: a round trunk of which every border is known."""

import numpy as np
import pytest
from scipy import ndimage as ndi

from napari_t12_bodycomp.analysis.inner_wall import find_inner_wall
from napari_t12_bodycomp.analysis.polar import trunk_rays

WALL_MM, SKIN_MM = 80.0, 100.0


def round_trunk(seam_mm):
    """HU (Y, X) at 1 mm: muscle from 80 to 100 mm about the middle, inside it a seam of fat and then an organ as bright as muscle."""
    rows, cols = np.indices((241, 241)) - 120
    radius = np.hypot(rows, cols)
    hu = np.where(radius < WALL_MM - seam_mm, 55.0, np.where(radius < WALL_MM, -100.0, np.where(radius < SKIN_MM, 55.0, -1000.0)))
    hu = ndi.gaussian_filter(hu, 0.7) + np.random.default_rng(2).normal(0, 8, hu.shape)
    return np.rint(hu).astype(np.int16), trunk_rays(radius < SKIN_MM, (1.0, 1.0))


@pytest.mark.parametrize("seam_mm", [2.0, 3.0, 6.0])
@pytest.mark.parametrize(("off_mm", "error_mm"), [(0.0, 0.4), (3.0, 0.6)])
def test_the_wall_lies_at_a_seam_of_fat_however_thin_also_where_it_was_expected_further_out(seam_mm, off_mm, error_mm):
    hu, rays = round_trunk(seam_mm)
    true_mm = WALL_MM - ((rays.foot_mm - 120.0) * rays.direction).sum(1)
    ones = np.ones(len(rays))
    inner, _, _ = find_inner_wall(hu, rays, true_mm + 20, true_mm + off_mm, ones, np.nan * ones, 55.0)
    assert abs(np.median(inner - true_mm)) < error_mm
