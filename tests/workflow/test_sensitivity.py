"""Level sensitivity on a phantom whose fat is known to grow downwards, and at the ends of a scan."""

import math

import pytest

from napari_t12_bodycomp.analysis.measure import measure
from napari_t12_bodycomp.model.level import LevelFinding, LevelMethod, LevelStatus, MeasuredLevel
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.tissue import Tissue
from napari_t12_bodycomp.phantom import PhantomOptions, make_phantom
from napari_t12_bodycomp.workflow.analyse import draft_slice
from napari_t12_bodycomp.workflow.sensitivity import level_sensitivity


@pytest.fixture(scope="module")
def case():
    return make_phantom(PhantomOptions(seed=3, n_pixels=200, pixel_mm=2.0, z_range_mm=(-25.0, 25.0)))


def finding(truth):
    return LevelFinding(LevelStatus.FOUND, "found", truth.t12_slice_index, truth.t12_z_mm, truth.t12_body_z_mm, 0.9)


def test_the_band_is_that_of_the_drafts_five_millimetres_away(case):
    volume, truth = case.volume, case.truth
    level = MeasuredLevel(truth.t12_slice_index, float(volume.z_mm[truth.t12_slice_index]), LevelMethod.AUTOMATIC)
    found = level_sensitivity(volume, level, finding(truth), Protocol(), 1.7)
    above = draft_slice(volume, MeasuredLevel(level.slice_index + 1, level.z_mm + 5, LevelMethod.MANUAL), finding(truth), Protocol())
    by_hand = measure(above.axial, above.regions, 1.7, Protocol())
    assert found.shifted[5.0].areas_cm2 == by_hand.areas_cm2
    expected = 100 * (found.shifted[5.0].areas_cm2[Tissue.MUSCLE] / found.reference.areas_cm2[Tissue.MUSCLE] - 1)
    assert found.change_percent(Tissue.MUSCLE, 5.0) == pytest.approx(expected)
    assert found.body_slices >= 4
    assert found.body_indices["SMI"] == pytest.approx(found.body_areas_cm2[Tissue.MUSCLE] / 1.7**2)


def test_beyond_the_scan_nothing_is_known(case):
    volume, truth = case.volume, case.truth
    level = MeasuredLevel(0, float(volume.z_mm[0]), LevelMethod.MANUAL)
    found = level_sensitivity(volume, level, finding(truth), Protocol(), None)
    assert found.shifted[-5.0] is None and math.isnan(found.change_percent(Tissue.MUSCLE, -5.0))
    assert found.body_slices == 0 and math.isnan(found.body_areas_cm2[Tissue.MUSCLE])
    assert math.isnan(found.shifted[5.0].indices["SMI"])
