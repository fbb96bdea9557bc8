"""Quality flags: what the header says, what it leaves out, and what the pixels show."""

import numpy as np
import pytest

from napari_t12_bodycomp.analysis.quality import enhanced_area_cm2, fat_hu, noise_hu, quality_flags
from napari_t12_bodycomp.model.axial_slice import axial_slice
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.roi_map import Draft
from napari_t12_bodycomp.model.tissue import Region
from napari_t12_bodycomp.model.volume import Acquisition, CTVolume

GOOD = {"kvp": 120.0, "contrast": "none", "slice_thickness_mm": 5.0}


def scan(noise=8.0, spacing=5.0, pixel=0.8, **header):
    """A 120 x 120 scan: muscle on the left half, a cavity of 40 HU on the right half, drawn as such."""
    hu = np.full((5, 120, 120), 50, np.int16)
    hu[:, :, 60:] = 40
    hu += np.random.default_rng(1).normal(0, noise, hu.shape).astype(np.int16)
    regions = np.full((120, 120), Region.MUSCLE, np.uint8)
    regions[:, 60:] = Region.VISCERAL
    acquisition = Acquisition(**{**GOOD, **header})
    return CTVolume(hu, np.arange(5) * spacing, (pixel, pixel), acquisition=acquisition), regions


def flags_of(volume, regions, notes=(), flags=(), slab=5.0):
    draft = Draft(regions, regions > 0, np.zeros(regions.shape, bool), notes, flags)
    return quality_flags(volume, axial_slice(volume, 2, slab), draft, Protocol(slab_mm=slab))


def codes(*args, **more):
    return [flag.code for flag in flags_of(*args, **more)]


def test_a_good_scan_raises_nothing():
    assert codes(*scan()) == []


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"kvp": 140.0}, "kvp_outside_protocol"),
        ({"kvp": 80.0}, "kvp_outside_protocol"),
        ({"kvp": None}, "kvp_unknown"),
        ({"contrast": "Omnipaque 350"}, "contrast_given"),
        ({"slice_thickness_mm": None}, "slice_thickness_unknown"),
    ],
)
def test_each_header_value_has_its_own_code(header, code):
    assert codes(*scan(**header)) == [code]


def test_thick_slices_are_flagged():
    assert codes(*scan(slice_thickness_mm=10.0, spacing=10.0)) == ["slice_thickness_outside_protocol"]


def test_thin_slices_are_said_to_be_averaged():
    volume, regions = scan(slice_thickness_mm=1.0, spacing=1.0)
    (flag,) = flags_of(volume, regions)
    assert flag.code == "slices_averaged" and "5 thin slices" in flag.sentence


def test_an_average_thicker_than_the_studys_slices_is_outside_the_protocol():
    volume, regions = scan(slice_thickness_mm=1.0, spacing=1.0)
    thick = CTVolume(np.repeat(volume.hu, 3, 0), np.arange(15.0), volume.pixel_spacing_mm, acquisition=volume.acquisition)
    draft = Draft(regions, regions > 0, np.zeros(regions.shape, bool))
    found = quality_flags(thick, axial_slice(thick, 7, 9.0), draft, Protocol(slab_mm=9.0))
    assert [f.code for f in found] == ["slice_thickness_outside_protocol", "slices_averaged"]
    assert "9.0 mm" in found[0].sentence


def test_a_thin_slice_measured_alone_is_outside_the_protocol():
    assert codes(*scan(slice_thickness_mm=1.0, spacing=1.0), slab=0.0) == ["slice_thickness_outside_protocol"]


def test_overlapping_slices_are_seen():
    assert codes(*scan(spacing=4.25)) == ["overlapping_slices"]


def test_noise_is_measured_within_plain_muscle():
    volume, regions = scan(noise=12.0)
    assert noise_hu(axial_slice(volume, 2), regions) == pytest.approx(12.0, rel=0.15)
    assert codes(*scan(noise=45.0)) == ["noise_high"]


def test_noise_is_unknown_without_muscle():
    volume, regions = scan()
    assert np.isnan(noise_hu(axial_slice(volume, 2), np.zeros_like(regions)))


def test_an_enhanced_vessel_gives_contrast_away():
    volume, regions = scan(contrast=None)
    volume.hu[2, 40:70, 80:105] = 220
    assert codes(volume, regions) == ["contrast_likely"]
    assert enhanced_area_cm2(axial_slice(volume, 2), regions) == pytest.approx(30 * 25 * 0.0064, rel=0.15)


def test_a_small_calcification_is_no_contrast():
    volume, regions = scan(contrast=None)
    volume.hu[2, 50:56, 90:96] = 600
    assert codes(volume, regions) == []


def test_contrast_is_unknown_only_where_the_pixels_cannot_tell():
    volume, regions = scan(contrast=None)
    assert "contrast_unknown" in codes(volume, np.where(regions == Region.VISCERAL, 0, regions).astype(np.uint8))


def test_coarse_pixels_are_flagged():
    assert "pixels_coarse" in codes(*scan(pixel=3.0))


def test_the_drafts_own_flags_come_first_with_their_sentences():
    volume, regions = scan(kvp=None)
    flags = flags_of(volume, regions, notes=("The field is cut.", "Look here."), flags=("fov_truncated",))
    assert [f.code for f in flags] == ["fov_truncated", "kvp_unknown"]
    assert flags[0].sentence == "The field is cut."


@pytest.mark.parametrize(("middle", "expected"), [(-100, []), (-82, []), (-52, ["hu_scale_doubtful"]), (-200, ["hu_scale_doubtful"])])
def test_a_wrong_scale_shows_in_the_fat_under_the_skin(middle, expected):
    volume, regions = scan()
    regions[80:] = Region.SUBCUTANEOUS
    volume.hu[:, 80:] += middle - 50
    volume.hu[:, 80:, 60:] += 10
    assert codes(volume, regions) == expected
    assert fat_hu(axial_slice(volume, 2), regions) == pytest.approx(middle, abs=2)
    assert np.isnan(fat_hu(axial_slice(volume, 2), np.zeros_like(regions)))
