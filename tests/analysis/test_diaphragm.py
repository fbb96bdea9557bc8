"""Chest against abdomen, and the sheet between them: on a trunk with a known diaphragm, and on a real slice."""

import json

import numpy as np
import pytest
from chest_and_abdomen import CANAL_PX, chest_and_abdomen

from napari_t12_bodycomp.analysis.crura import find_crura
from napari_t12_bodycomp.analysis.diaphragm import find_diaphragm
from napari_t12_bodycomp.analysis.draft import draft_regions
from napari_t12_bodycomp.model.axial_slice import axial_slice
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.tissue import Region


def told(trunk):
    return find_diaphragm(trunk.volume, trunk.axial, trunk.body, trunk.cavity, CANAL_PX)


@pytest.mark.parametrize("noise_hu", [5.0, 25.0])
def test_fat_is_told_apart_on_both_sides_of_the_diaphragm(noise_hu):
    trunk = chest_and_abdomen(noise_hu=noise_hu)
    parts = told(trunk)
    assert parts.why_not == ""
    assert parts.chest[trunk.chest_fat].mean() > 0.93
    assert parts.abdomen[trunk.abdomen_fat].mean() > 0.97
    assert not (parts.chest & parts.abdomen).any()


def test_a_scan_that_ends_below_the_slice_is_told_by_what_lies_under_the_lungs():
    trunk = chest_and_abdomen(low_mm=-5.0)
    parts = told(trunk)
    assert parts.chest[trunk.chest_fat].mean() > 0.9
    assert parts.abdomen[trunk.abdomen_fat].mean() > 0.9


def test_a_scan_that_shows_no_lung_says_why_it_cannot_tell():
    parts = told(chest_and_abdomen(high_mm=0.0))
    assert "ends too near above" in parts.why_not
    assert not parts.chest.any()


def test_below_the_lungs_of_a_scan_that_shows_none_near_all_is_abdomen():
    trunk = chest_and_abdomen()
    low = trunk.volume.hu[:1].repeat(24, 0)
    volume = type(trunk.volume)(low, np.arange(24) * 5.0, trunk.volume.pixel_spacing_mm)
    parts = find_diaphragm(volume, axial_slice(volume, 4), trunk.body, trunk.cavity, CANAL_PX)
    assert parts.why_not == ""
    assert np.array_equal(parts.abdomen, trunk.cavity)


def test_gas_of_the_bowel_is_no_lung():
    trunk = chest_and_abdomen()
    rows, cols = np.indices(trunk.body.shape)
    hu = trunk.volume.hu.copy()
    loop = np.hypot(rows - 70, cols - 210)
    hu[4:10, loop < 24], hu[4:10, loop < 20] = 40, -995
    volume = type(trunk.volume)(hu, trunk.volume.z_mm, trunk.volume.pixel_spacing_mm)
    parts = find_diaphragm(volume, axial_slice(volume, trunk.axial.index), trunk.body, trunk.cavity, CANAL_PX)
    assert parts.abdomen[trunk.abdomen_fat & (loop > 26)].mean() > 0.95


def test_diaphragm_and_crura_are_outlined_where_fat_shows_both_sides():
    trunk = chest_and_abdomen()
    crura = find_crura(trunk.axial, trunk.body, trunk.cavity, told(trunk), CANAL_PX)
    assert crura.why_not == ""
    assert trunk.sheet[crura.mask].mean() > 0.9
    assert crura.mask[trunk.sheet].mean() > 0.8


def test_a_crus_that_an_organ_hides_is_refused_by_its_side():
    trunk = chest_and_abdomen(organ_at_crura=True)
    crura = find_crura(trunk.axial, trunk.body, trunk.cavity, told(trunk), CANAL_PX)
    assert crura.why_not == "the right crus is not set off by fat on both sides"


def test_on_a_real_slice_crura_and_retrocrural_fat_follow_the_options(shared_data):
    from napari_t12_bodycomp.workflow.source import load_volume

    key = "lidc_0314_chest_1mm"
    about = json.loads((shared_data / "regions" / "slices.json").read_text())[key]
    volume = load_volume(shared_data / "ct" / key, acquisition=about["acquisition_number"])
    axial = axial_slice(volume, volume.nearest_slice(about["z_mm"]))
    cm2 = axial.pixel_spacing_mm[0] * axial.pixel_spacing_mm[1] / 100
    usual, other = (draft_regions(volume, axial, p) for p in (Protocol(), Protocol(crura_are_muscle=True, thoracic_fat_is_visceral=False)))
    assert usual.why_no_crura == usual.why_no_thoracic == ""
    added = (other.regions == Region.MUSCLE) & (usual.regions != Region.MUSCLE)
    assert 4 < added.sum() * cm2 < 14
    assert (usual.regions[added] == Region.VISCERAL).all()
    fat = (axial.hu >= -150) & (axial.hu <= -50) & (usual.regions == Region.VISCERAL)
    left_out = fat & (other.regions == 0)
    assert np.array_equal(left_out, fat & usual.thoracic)
    assert 0.1 < left_out.sum() / fat.sum() < 0.5
