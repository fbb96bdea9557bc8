"""The automatic draft: on a trunk made of ellipses, on the phantom, and on real slices that two people drew."""

import json
from dataclasses import replace

import numpy as np
import pytest

from napari_t12_bodycomp.analysis.draft import draft_regions
from napari_t12_bodycomp.analysis.windowing import in_window
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.axial_slice import axial_slice
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.tissue import MAIN_TISSUE, PRESETS, Region
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.phantom import PhantomOptions, make_phantom


def ellipse(shape, centre, half):
    rows, cols = np.indices(shape)
    return ((rows - centre[0]) / half[0]) ** 2 + ((cols - centre[1]) / half[1]) ** 2 <= 1


def trunk(size=400, ribs=True):
    """HU and true regions, both (Y, X), at 1 mm: 2 mm of skin, 15 mm of fat, 15 mm of muscle, fat inside, ribs, a vertebra."""
    shape, centre = (size, size), (size // 2, size // 2)
    half = np.array([110.0, 150.0])
    hu = np.full(shape, -1000, np.int16)
    regions = np.zeros(shape, np.uint8)
    for shrink, value, region in ((0, 20, 0), (2, -100, Region.SUBCUTANEOUS), (17, 50, Region.MUSCLE), (32, -100, Region.VISCERAL)):
        here = ellipse(shape, centre, half - shrink)
        hu[here], regions[here] = value, region
    turn = np.degrees(np.arctan2(*(i - c for i, c in zip(np.indices(shape), centre, strict=True)))) % 30 < 13
    if ribs:
        bone = turn & ellipse(shape, centre, half - 25) & ~ellipse(shape, centre, half - 32)
        hu[bone], regions[bone] = 500, 0
    spine = (centre[0] + 55, centre[1])
    for radius, value in ((18, 400), (9, 40)):
        here = ellipse(shape, spine, (radius, radius))
        hu[here], regions[here] = value, 0
    return hu, regions


def draft_of(hu, spacing=(1.0, 1.0), outside_fov=None, **options):
    volume = CTVolume(hu[None], np.zeros(1), spacing, outside_fov=outside_fov)
    return draft_regions(volume, axial_slice(volume, 0), Protocol(**options))


def dice(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum())


@pytest.fixture(scope="module")
def phantom():
    return make_phantom(PhantomOptions(z_range_mm=(-40.0, 40.0)))


def phantom_draft(phantom, **options):
    axial = axial_slice(phantom.volume, phantom.truth.t12_slice_index)
    return axial, draft_regions(phantom.volume, axial, Protocol(**options))


def test_fat_under_the_skin_is_found_on_a_single_slice_without_a_known_canal():
    hu, truth = trunk()
    assert dice(draft_of(hu).regions == Region.SUBCUTANEOUS, truth == Region.SUBCUTANEOUS) > 0.97


def test_the_inner_wall_is_found_from_its_edge_where_there_is_no_rib():
    hu, truth = trunk(ribs=False)
    in_front = np.s_[: hu.shape[0] // 2]
    assert dice((draft_of(hu).regions == Region.MUSCLE)[in_front], (truth == Region.MUSCLE)[in_front]) > 0.9


def test_a_slice_without_a_body_is_refused():
    with pytest.raises(InputError, match="less than 60 cm2 of body"):
        draft_of(np.full((200, 200), -1000, np.int16))


def test_a_slice_without_ribs_is_flagged():
    assert draft_of(trunk(ribs=False)[0]).flags == ("ribs_not_seen",)


def test_a_good_slice_raises_no_flag():
    assert draft_of(trunk()[0]).flags == ()


def test_a_table_and_a_blanket_do_not_belong_to_the_body():
    hu, _ = trunk()
    body = hu > -250
    hu[311:317, 60:340] = 150
    hu[80:84, 100:300] = -50
    assert not (draft_of(hu).body & ~body & ~np.roll(body, 3, 0)).any()


@pytest.mark.parametrize("gap", [-6, 12], ids=["touching", "apart"])
def test_arms_are_left_out_and_flagged(gap):
    hu, truth = trunk()
    for side in (-1, 1):
        centre = (200, 200 + side * (150 + 28 + gap))
        arm, bone = ellipse(hu.shape, centre, (28, 28)), ellipse(hu.shape, centre, (9, 9))
        hu[arm & (hu < -500)] = 40
        hu[bone] = 900
    draft = draft_of(hu)
    assert draft.flags == ("arms_in_view",)
    assert "Arms lie beside the trunk" in draft.notes[0]
    cols = np.flatnonzero(draft.body.any(0))
    assert cols[0] >= 45 and cols[-1] <= 355
    assert dice(draft.regions == Region.SUBCUTANEOUS, truth == Region.SUBCUTANEOUS) > 0.93


def test_a_fold_of_fat_beside_the_trunk_is_no_arm():
    hu, _ = trunk()
    hu[ellipse(hu.shape, (200, 368), (26, 26)) & (hu < -500)] = -100
    draft = draft_of(hu)
    assert draft.flags == ()
    assert draft.regions[200, 375] == Region.SUBCUTANEOUS


@pytest.mark.parametrize("known", [True, False], ids=["padding known", "image border"])
def test_a_field_of_view_that_cuts_the_body_is_flagged_and_loses_no_fat_as_skin(known):
    hu, _ = trunk()
    if known:
        outside = np.zeros(hu.shape, bool)
        outside[:, 342:] = True
        draft = draft_of(np.where(outside, -1024, hu).astype(np.int16), outside_fov=outside)
    else:
        draft = draft_of(np.ascontiguousarray(hu[:, :342]))
    assert draft.flags == ("fov_truncated",)
    assert draft.regions[200, 341] == Region.SUBCUTANEOUS


def test_areas_do_not_depend_on_the_shape_of_pixels():
    hu, _ = trunk()
    square, wide = draft_of(hu).regions, draft_of(np.ascontiguousarray(hu[:, ::2]), spacing=(1.0, 2.0)).regions
    for region in Region:
        assert (wide == region).sum() * 2 == pytest.approx((square == region).sum(), rel=0.06)


def test_the_phantom_is_drafted_as_it_was_built(phantom):
    axial, draft = phantom_draft(phantom)
    assert draft.flags == ()
    for (region, tissue), least in zip(MAIN_TISSUE.items(), (0.95, 0.96, 0.98), strict=True):
        window = in_window(axial.hu, PRESETS["t12-study"].window(tissue))
        assert dice((draft.regions == region) & window, (phantom.truth.regions == region) & window) > least, region


def test_without_intercostals_muscle_is_lost_between_the_ribs_only(phantom):
    _, whole = phantom_draft(phantom)
    axial, less = phantom_draft(phantom, intercostals_are_muscle=False)
    lost = (whole.regions == Region.MUSCLE) & (less.regions != Region.MUSCLE)
    assert 0.03 < lost.sum() / (whole.regions == Region.MUSCLE).sum() < 0.35
    assert np.array_equal(less.regions == Region.VISCERAL, whole.regions == Region.VISCERAL)
    beside_spine = np.zeros(axial.hu.shape, bool)
    rows, cols = np.flatnonzero(whole.body.any(1)), np.flatnonzero(whole.body.any(0))
    reach, middle = int(33 / axial.pixel_spacing_mm[1]), (cols[0] + cols[-1]) // 2
    beside_spine[(rows[0] + rows[-1]) // 2 :, middle - reach : middle + reach] = True
    assert (lost & beside_spine).sum() < 0.02 * (whole.regions == Region.MUSCLE)[beside_spine].sum()


def test_the_same_slice_gives_the_same_draft(phantom):
    assert np.array_equal(phantom_draft(phantom)[1].regions, phantom_draft(phantom)[1].regions)


def test_muscle_keeps_its_area_under_noise(phantom):
    hu = phantom.volume.hu + np.random.default_rng(3).normal(0, 15, phantom.volume.shape).astype(np.int16)
    noisy = replace(phantom.volume, hu=hu)
    index = phantom.truth.t12_slice_index
    quiet, loud = ((draft_regions(v, axial_slice(v, index), Protocol()).regions == Region.MUSCLE).sum() for v in (phantom.volume, noisy))
    assert loud == pytest.approx(quiet, rel=0.04)


@pytest.mark.parametrize("key", ["cptac_pda_upper_abdomen_5mm", "tcga_lihc_three_acquisitions"])
def test_a_real_slice_is_drafted_nearly_as_two_people_drew_it(shared_data, key):
    from napari_t12_bodycomp.workflow.source import load_volume

    about = json.loads((shared_data / "regions" / "slices.json").read_text())[key]
    volume = load_volume(shared_data / "ct" / key, acquisition=about["acquisition_number"])
    axial = axial_slice(volume, volume.nearest_slice(about["z_mm"]))
    regions = draft_regions(volume, axial, Protocol()).regions
    hands = [np.load(shared_data / "regions" / who / f"{key}.npz")["regions"] for who in "AB"]
    for region, tissue in MAIN_TISSUE.items():
        window = in_window(axial.hu, PRESETS["t12-study"].window(tissue))
        ours, first, second = ((r == region) & window for r in (regions, *hands))
        assert (dice(ours, first) + dice(ours, second)) / 2 > dice(first, second) - 0.015
        assert ours.sum() == pytest.approx((first.sum() + second.sum()) / 2, rel=0.04)


def test_an_aorta_as_bright_as_bone_that_touches_the_vertebra_is_no_bone():
    hu, _ = trunk()
    hu[ellipse(hu.shape, (230, 200), (18, 18)) & (hu < 0)] = 400
    hu[ellipse(hu.shape, (230, 200), (15, 15)) & ~ellipse(hu.shape, (255, 200), (18, 18))] = 130
    aorta = ellipse(hu.shape, (209, 221), (12, 12)) & (hu < 0)
    hu[aorta] = 320
    assert (draft_of(hu).regions[aorta] == Region.VISCERAL).mean() > 0.95


def test_a_thin_flap_that_noise_breaks_into_pieces_is_muscle():
    hu, _ = trunk()
    flap = ellipse(hu.shape, (200, 200), (97, 137)) & ~ellipse(hu.shape, (200, 200), (94.5, 134.5))
    rows, cols = np.indices(hu.shape)
    flap &= (cols > 200) & (np.abs(rows - 200) < 60)
    hu[flap & (rows % 8 > 1)] = 45
    kept = flap & (rows % 8 > 1)
    assert (draft_of(hu).regions[kept] == Region.MUSCLE).mean() > 0.8


def blurred(hu, sigma_mm):
    from scipy.ndimage import gaussian_filter

    return np.rint(gaussian_filter(hu.astype(float), sigma_mm)).astype(np.int16)


def test_a_bright_liver_shows_where_the_wall_ends_between_the_ribs():
    hu, truth = trunk(ribs=False)
    diaphragm = ellipse(hu.shape, (200, 200), (78, 118)) & ~ellipse(hu.shape, (200, 200), (76, 116))
    hu[(truth == Region.VISCERAL)] = 115
    hu[diaphragm & (truth == Region.VISCERAL)] = 50
    at_side = np.s_[140:230, :]
    muscle = (draft_of(blurred(hu, 0.7)).regions == Region.MUSCLE)[at_side]
    assert dice(muscle, (truth == Region.MUSCLE)[at_side]) > 0.93


def test_the_blur_around_a_rib_is_no_cartilage():
    hu, _ = trunk()
    soft = blurred(hu, 1.2)
    rim = (soft > 60) & (soft <= 150) & (hu == 50)
    rim[250:] = False
    assert (draft_of(soft).regions == Region.MUSCLE)[rim].mean() > 0.9


def test_a_wall_cut_by_the_field_of_view_stays_wall():
    hu, truth = trunk()
    hu[ellipse(hu.shape, (200, 200), (65, 105)) & (hu == -100)] = 60
    rows, cols = np.indices(hu.shape)
    outside = (rows - 200) ** 2 + (cols - 200) ** 2 > 125**2
    draft = draft_of(np.where(outside, -1024, hu).astype(np.int16), outside_fov=outside)
    seen = ~outside & (rows < 260)
    assert "fov_truncated" in draft.flags
    assert dice((draft.regions == Region.MUSCLE) & seen, (truth == Region.MUSCLE) & seen) > 0.85
