"""Patients that are hard to draft: what is painted into a phantom and into real slices stays out of the muscle, or is flagged."""

import json

import numpy as np
import pytest
from painted import ascites, bowel_outside, effusion, fatty, gland, metal, oedema, organ_in_front, scene
from test_draft import draft_of, trunk

from napari_t12_bodycomp.analysis.draft import draft_regions
from napari_t12_bodycomp.model.axial_slice import axial_slice
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.tissue import Region
from napari_t12_bodycomp.phantom import PhantomOptions, make_phantom

KEYS = ["phantom", "acrin_flt_two_studies/ct_abdomen_pelvis", "cptac_pda_upper_abdomen_5mm"]


def phantom_scene(**options):
    phantom = make_phantom(PhantomOptions(z_range_mm=(-40.0, 40.0), n_pixels=400, pixel_mm=1.0, **options))
    return scene(phantom.volume, phantom.truth.t12_slice_index), phantom.truth


@pytest.fixture(scope="module", params=KEYS, ids=["phantom", "low dose", "contrast"])
def patient(request):
    if request.param == "phantom":
        return phantom_scene()[0]
    from napari_t12_bodycomp.workflow.source import load_volume

    data = request.getfixturevalue("shared_data")
    about = json.loads((data / "regions" / "slices.json").read_text())[request.param]
    volume = load_volume(data / "ct" / request.param, acquisition=about["acquisition_number"])
    return scene(volume, volume.nearest_slice(about["z_mm"]))


def muscle(draft):
    return draft.regions == Region.MUSCLE


def change(patient, draft):
    return muscle(draft).sum() / muscle(patient.draft).sum() - 1


def test_an_ordinary_patient_raises_none_of_these_flags(patient):
    assert patient.draft.flags == ()


def test_ascites_against_the_wall_is_no_muscle_and_is_flagged(patient):
    wet = ascites(patient)
    draft = wet.drafted()
    assert draft.flags == ("fluid_at_wall",)
    assert "ascites" in draft.notes[0]
    assert abs(change(patient, draft)) < 0.05
    water = (wet.hu != patient.hu) & ~muscle(patient.draft)
    assert muscle(draft)[water].mean() < 0.08


def test_fluid_is_found_the_same_where_intercostals_do_not_count(patient):
    wet = ascites(patient)
    axial = axial_slice(wet.volume, wet.index)
    usual, less = (draft_regions(wet.volume, axial, Protocol(intercostals_are_muscle=on), wet.canal) for on in (True, False))
    assert "fluid_at_wall" in less.flags
    assert np.array_equal(usual.regions == Region.VISCERAL, less.regions == Region.VISCERAL)


def test_a_pleural_effusion_is_no_muscle_and_is_flagged_as_one(patient):
    wet = effusion(patient)
    draft = wet.drafted()
    assert draft.flags == ("fluid_at_wall",)
    assert "pleural effusion, most likely" in draft.notes[0]
    assert abs(change(patient, draft)) < 0.03
    assert muscle(draft)[(wet.hu != patient.hu) & ~muscle(patient.draft)].mean() < 0.02


@pytest.mark.parametrize("hu", [45.0, 95.0], ids=["plain", "enhanced"])
def test_lung_without_air_behind_is_no_muscle(patient, hu):
    assert abs(change(patient, effusion(patient, hu).drafted())) < 0.03


@pytest.mark.parametrize("depth_mm", [8.0, 30.0], ids=["flat", "deep"])
def test_an_organ_of_muscle_brightness_against_the_front_wall_is_flagged_and_marked(patient, depth_mm):
    draft = organ_in_front(patient, depth_mm).drafted()
    assert "organ_at_wall" in draft.flags
    assert draft.doubtful[muscle(draft) & ~muscle(patient.draft)].mean() > 0.6


def test_breast_gland_is_neither_muscle_nor_fat(patient):
    with_gland, painted = gland(patient)
    draft = with_gland.drafted()
    assert abs(change(patient, draft)) < 0.01
    assert not muscle(draft)[painted].any()
    assert (draft.regions == Region.SUBCUTANEOUS)[painted].mean() > 0.9
    assert set(draft.flags) <= {"gland_in_view"}


def test_gland_that_is_thicker_than_a_fold_of_skin_is_said_to_be_left_out():
    patient, _ = phantom_scene(fat_mm=26.0)
    assert gland(patient)[0].drafted().flags == ("gland_in_view",)


def test_a_fold_of_skin_in_front_is_no_gland(patient):
    fat = patient.draft.regions == Region.SUBCUTANEOUS
    rows, cols = np.indices(fat.shape)
    inside_mm = patient.mm_from(Region.MUSCLE)
    beside_mm = (cols - patient.middle[1]) * patient.volume.pixel_spacing_mm[1]
    fold = fat & (rows < patient.middle[0]) & (beside_mm > 10) & (beside_mm < 80) & (np.abs(inside_mm - 7) < 1.6)
    assert fold.sum() * patient.volume.pixel_area_cm2 > 1
    draft = patient.painted(fold, 30.0).drafted()
    assert "gland_in_view" not in draft.flags
    assert abs(change(patient, draft)) < 0.01


@pytest.mark.parametrize("through_skin", [False, True], ids=["hernia", "stoma"])
def test_bowel_outside_the_wall_is_flagged_and_hardly_counts_as_muscle(patient, through_skin):
    changed, painted = bowel_outside(patient, through_skin)
    draft = changed.drafted()
    assert "gas_outside_wall" in draft.flags
    assert abs(change(patient, draft)) < 0.03
    outside = painted & (patient.draft.regions == Region.SUBCUTANEOUS)
    assert muscle(draft)[outside].mean() < 0.35


def test_metal_and_its_streaks_are_flagged(patient):
    assert {"streaks", "metal_in_view"} & set(metal(patient).drafted().flags)


def test_metal_deep_in_the_body_is_flagged_by_itself(patient):
    rows, cols = np.indices(patient.hu.shape)
    clip = np.hypot(rows - patient.middle[0], cols - patient.middle[1]) < 4
    draft = patient.painted(clip, 3071, 0.0).drafted()
    assert draft.flags == ("metal_in_view",)
    assert abs(change(patient, draft)) < 0.002


def test_fatty_muscle_is_flagged(patient):
    assert "muscle_fatty" in fatty(patient).drafted().flags


def test_oedema_is_flagged_and_its_strands_are_no_muscle(patient):
    swollen = oedema(patient)
    draft = swollen.drafted()
    assert "fat_stranded" in draft.flags
    strands = (swollen.hu > -60) & (patient.hu < -60) & (patient.draft.regions == Region.SUBCUTANEOUS)
    assert muscle(draft)[strands].mean() < 0.05


def test_a_thin_patient_is_drafted_and_flagged():
    patient, truth = phantom_scene(fat_mm=3.0, visceral_fat=0.1, muscle=0.75)
    assert patient.draft.flags == ("little_fat",)
    assert muscle(patient.draft).sum() == pytest.approx((truth.regions == Region.MUSCLE).sum(), rel=0.12)


def test_an_obese_patient_is_drafted_and_flagged():
    patient, truth = phantom_scene(fat_mm=36.0, visceral_fat=2.2)
    assert patient.draft.flags == ("much_fat",)
    assert muscle(patient.draft).sum() == pytest.approx((truth.regions == Region.MUSCLE).sum(), rel=0.06)
    ours, true = (r == Region.SUBCUTANEOUS for r in (patient.draft.regions, truth.regions))
    assert 2 * (ours & true).sum() / (ours.sum() + true.sum()) > 0.98


def test_a_flank_that_fat_parts_from_the_rest_of_the_wall_is_no_gland():
    hu, _ = trunk()
    rows, cols = np.indices(hu.shape)
    wall = hu == 50
    turn = np.degrees(np.arctan2(200 - rows, cols - 200))
    hu[wall & ((np.abs(turn - 8) < 4) | (np.abs(turn - 65) < 4))] = -100
    flank = (hu == 50) & (turn > 12) & (turn < 61)
    draft = draft_of(hu)
    assert (draft.regions == Region.MUSCLE)[flank].mean() > 0.9
    assert draft.flags == ()
