"""Rims of gas and stool: what partial volume puts into the fat window, and only that."""

import numpy as np
import pytest
from scipy import ndimage as ndi

from napari_t12_bodycomp.analysis.measure import measure, slice_tissues
from napari_t12_bodycomp.analysis.rims import gas_rims
from napari_t12_bodycomp.model.axial_slice import AxialSlice
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.tissue import PRESETS, Region, Tissue

ROWS, COLS = np.indices((120, 120))


def disk(row, col, radius):
    return np.hypot(ROWS - row, COLS - col) < radius


def blurred(hu, pixel_mm=0.8, noise_hu=8.0):
    """A slice as a scanner shows `hu`: edges about 2 mm wide, and noise."""
    soft = ndi.gaussian_filter(hu.astype(float), 0.8 / pixel_mm) + np.random.default_rng(2).normal(0, noise_hu, hu.shape)
    return AxialSlice(np.rint(soft).astype(np.int16), 0, 0.0, (0,), (pixel_mm, pixel_mm), 5.0)


def cavity():
    """Fat with a gas-filled loop of bowel whose wall is 3 mm thick, and with a bubble of lung that borders on the fat itself."""
    hu = np.full((120, 120), -100)
    hu[disk(40, 40, 22)], hu[disk(40, 40, 18)] = 40, -990
    hu[disk(85, 80, 18)] = -850
    return hu


def test_the_rim_between_gas_and_bowel_wall_is_found_and_fat_beside_lung_stays():
    axial, regions = blurred(cavity()), np.full((120, 120), Region.VISCERAL, np.uint8)
    rims = gas_rims(axial, regions, PRESETS["t12-study"])
    looks_fat = (axial.hu >= -150) & (axial.hu <= -50)
    false_fat = looks_fat & disk(40, 40, 19.5)
    assert false_fat.sum() > 12
    assert rims[false_fat].mean() > 0.9
    true_fat = looks_fat & ~disk(40, 40, 21)
    assert rims[true_fat].mean() < 0.01


def test_stool_between_flecks_of_gas_is_no_fat_and_mesentery_between_vessels_is():
    hu = np.full((120, 120), -100)
    rng = np.random.default_rng(7)
    hu[disk(60, 30, 20)] = -40
    flecks = np.zeros(hu.shape, bool)
    for _ in range(60):
        flecks |= disk(60 + rng.uniform(-15, 15), 30 + rng.uniform(-15, 15), 1.5)
    hu[flecks & disk(60, 30, 18)] = -800
    for _ in range(30):
        hu[disk(60 + rng.uniform(-15, 15), 90 + rng.uniform(-15, 15), 1.8)] = 45
    axial, regions = blurred(hu), np.full((120, 120), Region.VISCERAL, np.uint8)
    rims = gas_rims(axial, regions, PRESETS["t12-study"])
    looks_fat = (axial.hu >= -150) & (axial.hu <= -50)
    assert rims[looks_fat & disk(60, 30, 14)].mean() > 0.8
    assert not rims[:, 68:].any()


def test_a_scan_without_gas_has_no_rims():
    hu = np.full((120, 120), -100)
    hu[disk(60, 60, 20)] = 50
    assert not gas_rims(blurred(hu, noise_hu=25), np.full((120, 120), Region.VISCERAL, np.uint8), PRESETS["uniform"]).any()


@pytest.mark.parametrize("keep", [True, False])
def test_the_option_says_whether_rims_count_and_their_area_is_known_either_way(keep):
    axial, regions = blurred(cavity()), np.full((120, 120), Region.VISCERAL, np.uint8)
    regions[:10], regions[10:12] = Region.MUSCLE, 0
    protocol = Protocol(gas_rims_are_fat=keep)
    found = measure(axial, regions, None, protocol)
    study = measure(axial, regions, None, Protocol())
    rims = gas_rims(axial, regions, protocol.preset)
    assert found.gas_rim_cm2 == pytest.approx(rims.sum() * 0.0064)
    left_out = 0.0 if keep else found.gas_rim_cm2
    assert found.areas_cm2[Tissue.VISCERAL_FAT] == pytest.approx(study.areas_cm2[Tissue.VISCERAL_FAT] - left_out)
    tissues = slice_tissues(axial, regions, protocol)
    assert (tissues == Tissue.VISCERAL_FAT).sum() * 0.0064 == pytest.approx(found.areas_cm2[Tissue.VISCERAL_FAT])


def test_without_a_visceral_region_the_rims_are_unknown():
    regions = np.full((120, 120), Region.MUSCLE, np.uint8)
    assert np.isnan(measure(blurred(cavity()), regions, None, Protocol()).gas_rim_cm2)


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("counts", [True, False])
def test_fat_above_the_diaphragm_is_told_in_any_case_by_the_same_rule_for_rims(keep, counts):
    axial, above = blurred(cavity()), ROWS < 60
    protocol = Protocol(thoracic_fat_is_visceral=counts, gas_rims_are_fat=keep)
    regions = np.where(above & (not counts), 0, Region.VISCERAL).astype(np.uint8)
    regions[:10] = Region.MUSCLE
    fat = above & (axial.hu >= -150) & (axial.hu <= -50) & (ROWS >= 10)
    if not keep:
        fat &= ~gas_rims(axial, np.full((120, 120), Region.VISCERAL, np.uint8), protocol.preset)
    assert measure(axial, regions, None, protocol, above).thoracic_fat_cm2 == pytest.approx(fat.sum() * 0.0064)
    assert np.isnan(measure(axial, regions, None, protocol).thoracic_fat_cm2)
