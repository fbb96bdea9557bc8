"""Level sensitivity on a phantom whose fat is known to grow downwards, and at the ends of a scan."""

import math
from dataclasses import replace

import numpy as np
import pytest

from napari_t12_bodycomp.analysis.measure import measure
from napari_t12_bodycomp.model.level import LevelCandidate, LevelFinding, LevelMethod, LevelStatus, MeasuredLevel
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.tissue import Tissue
from napari_t12_bodycomp.phantom import PhantomOptions, make_phantom
from napari_t12_bodycomp.report.json_report import sensitivity_json
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
    assert set(found.why_missing) == {"-5", "body"}
    assert f"no slice at z {level.z_mm - 5:.1f} mm" in found.why_missing["-5"] and "the scan ends before it" in found.why_missing["-5"]
    said = sensitivity_json(found)
    assert said["-5_mm"] is None and said["body_mean"] is None and set(said["why_missing"]) == {"-5_mm", "body_mean"}
    assert said["+5_mm"]["areas_cm2"]["muscle"] > 0


def test_the_body_is_that_of_the_candidate_that_was_taken(case):
    volume, truth = case.volume, case.truth
    low, high = truth.t12_body_z_mm
    other = LevelCandidate(low - 40, 0, (low - 52, low - 28), 0.5, "another")
    taken = LevelCandidate(truth.t12_z_mm, truth.t12_slice_index, (low, high), 0.4, "this one")
    uncertain = LevelFinding(LevelStatus.UNCERTAIN, "?", 0, other.z_mm, other.body_z_mm, 0.5, candidates=(other, taken))
    level = MeasuredLevel(truth.t12_slice_index, float(volume.z_mm[truth.t12_slice_index]), LevelMethod.MANUAL)
    found = level_sensitivity(volume, level, uncertain, Protocol(), 1.7)
    assert found.body_slices >= 4 and "body" not in found.why_missing
    assert found.body_areas_cm2 == level_sensitivity(volume, level, finding(truth), Protocol(), 1.7).body_areas_cm2


def test_where_slices_are_missing_beside_the_level_the_reason_says_so(case):
    volume, truth = case.volume, case.truth
    k = truth.t12_slice_index
    keep = np.array([i for i in range(len(volume.hu)) if i not in (k + 1, k + 2)])
    gappy = replace(volume, hu=volume.hu[keep], z_mm=volume.z_mm[keep], sop_instance_uids=())
    level = MeasuredLevel(k, float(gappy.z_mm[k]), LevelMethod.MANUAL)
    found = level_sensitivity(gappy, level, finding(truth), Protocol(), 1.7)
    assert found.shifted[5.0] is None and "slices are missing there" in found.why_missing["+5"]
    assert found.shifted[-5.0] is not None
