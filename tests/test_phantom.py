"""The phantom: what it promises about its truth, and its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from napari_t12_bodycomp.analysis.windowing import tissue_map
from napari_t12_bodycomp.dicom.write_phantom import write_series
from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.model.tissue import PRESETS, Region, Tissue
from napari_t12_bodycomp.phantom import Phantom, PhantomOptions, make_phantom, write_phantom_series
from napari_t12_bodycomp.phantom.build import phantom_from_pixels
from napari_t12_bodycomp.workflow.source import load_volume

ONE_SLICE: dict[str, Any] = {"z_range_mm": (0.0, 0.0), "pixel_mm": 1.0, "n_pixels": 400}
LIGHT: dict[str, Any] = {"pixel_mm": 3.0, "n_pixels": 128, "slice_spacing_mm": 10.0, "z_range_mm": (-60.0, 250.0)}


@pytest.mark.parametrize("kind", [{}, {"fat_mm": 24.0, "visceral_fat": 1.6}, {"sex": "M", "height_m": 1.8, "muscle": 1.2, "fat_mm": 8.0}])
def test_measured_areas_are_the_true_ones_at_one_millimetre_and_5_mm_slices(kind: dict[str, Any]) -> None:
    phantom = make_phantom(PhantomOptions(**ONE_SLICE, **kind))
    assert phantom.truth.regions is not None
    tissues = tissue_map(phantom.volume.hu[0], phantom.truth.regions, PRESETS["t12-study"])
    for tissue in (Tissue.MUSCLE, Tissue.VISCERAL_FAT, Tissue.SUBCUTANEOUS_FAT):
        measured = (tissues == tissue).sum() * phantom.volume.pixel_area_cm2
        assert measured == pytest.approx(phantom.truth.areas_cm2[tissue], rel=0.01), tissue.key


def test_the_same_options_give_the_same_pixels_and_another_seed_other_noise() -> None:
    small = LIGHT | {"z_range_mm": (-20.0, 20.0)}
    a, b, c = (make_phantom(PhantomOptions(seed=s, **small)) for s in (1, 1, 2))
    assert np.array_equal(a.volume.hu, b.volume.hu)
    assert a.volume.sop_instance_uids == b.volume.sop_instance_uids
    assert not np.array_equal(a.volume.hu, c.volume.hu)


def test_t12_outside_the_scan_leaves_no_truth_about_its_slice() -> None:
    truth = make_phantom(PhantomOptions(**(LIGHT | {"z_range_mm": (60.0, 80.0)}))).truth
    assert truth.t12_slice_index is None
    assert truth.regions is None
    assert not truth.areas_cm2


@pytest.mark.parametrize("syntax", ["jpeg-ls", "explicit"])
def test_a_written_series_holds_the_volume(tmp_path: Path, syntax: str) -> None:
    phantom = make_phantom(PhantomOptions(**(LIGHT | {"z_range_mm": (-20.0, 20.0)})))
    paths = write_phantom_series(phantom, tmp_path, syntax)
    assert [p.name for p in paths] != sorted(p.name for p in paths)
    for k, path in enumerate(paths):
        ds = pydicom.dcmread(path)
        assert np.array_equal(ds.pixel_array.astype(int) + int(ds.RescaleIntercept), phantom.volume.hu[k])
        assert float(ds.ImagePositionPatient[2]) == pytest.approx(phantom.volume.z_mm[k])
        assert ds.SOPInstanceUID == phantom.volume.sop_instance_uids[k]
        assert ds.SOPInstanceUID.is_valid


@pytest.mark.parametrize("position", ["HFS", "HFP", "FFS", "FFP"])
def test_a_series_written_lying_any_way_is_read_back_the_same(tmp_path: Path, position: str) -> None:
    lying = {"prone": position[2] == "P", "feet_first": position[:2] == "FF"}
    phantom = make_phantom(PhantomOptions(**(LIGHT | {"z_range_mm": (-40.0, 40.0), "offset_mm": (9.0, -4.0)} | lying)))
    paths = write_phantom_series(phantom, tmp_path, "explicit")
    header = pydicom.dcmread(paths[0], stop_before_pixels=True)
    assert header.PatientPosition == position
    # What the gantry sees at the top left of the image lies at the position that the header gives.
    assert header.ImageOrientationPatient[0] == (1 if position in ("HFS", "FFP") else -1)
    read = load_volume(tmp_path)
    assert np.array_equal(read.hu, phantom.volume.hu)
    assert read.origin_xy_mm == pytest.approx(phantom.volume.origin_xy_mm)
    assert read.z_mm == pytest.approx(phantom.volume.z_mm)


def test_an_unknown_patient_position_is_refused(tmp_path: Path) -> None:
    phantom = make_phantom(PhantomOptions(**(LIGHT | {"z_range_mm": (0.0, 0.0)})))
    with pytest.raises(UsageError, match="HFS"):
        write_series(phantom.volume, tmp_path, patient_position="LFP")


def test_the_table_lies_in_front_of_a_prone_patient_and_gas_rises_to_the_back() -> None:
    supine, prone = (make_phantom(PhantomOptions(**ONE_SLICE, prone=p, noise_hu=0.0)) for p in (False, True))
    gas_row = []
    for phantom, is_in_front in ((supine, False), (prone, True)):
        hu, regions = phantom.volume.hu[0], phantom.truth.regions
        assert regions is not None
        body = np.flatnonzero((regions > 0).any(1))
        assert ((hu[: body[0] - 4] > -500).any(), (hu[body[-1] + 5 :] > -500).any()) == (is_in_front, not is_in_front)
        gas_row.append(np.nonzero((regions == Region.VISCERAL) & (hu < -940))[0].mean())
    assert gas_row[1] > gas_row[0] + 10


def test_a_tilted_patients_spine_runs_aslant_and_its_levels_are_told() -> None:
    tall = {"pixel_mm": 2.0, "n_pixels": 200, "slice_spacing_mm": 5.0, "z_range_mm": (-20.0, 150.0)}
    upright, tilted = (make_phantom(PhantomOptions(**tall, tilt_deg=t)) for t in ((0.0, 0.0), (8.0, 0.0)))
    assert tilted.truth.vertebrae["T12"] == pytest.approx(upright.truth.vertebrae["T12"])
    up = [p.truth.vertebrae["T7"] - p.truth.vertebrae["T12"] for p in (upright, tilted)]
    assert up[1] == pytest.approx(up[0] * np.cos(np.radians(8.0)), abs=0.5)
    # The cord's column in the slice through T7: shifted to the left by the tangent, while that at T12 stays.
    for level, shift in (("T12", 0.0), ("T7", up[1] * np.tan(np.radians(8.0)))):
        bone = [spine_column(p, level) for p in (upright, tilted)]
        assert bone[1] - bone[0] == pytest.approx(shift, abs=3.0)


def spine_column(phantom: Phantom, level: str) -> float:
    """x (mm) of the bone near the midline's back half, slice at the middle of `level`."""
    volume = phantom.volume
    k = int(np.abs(volume.z_mm - phantom.truth.vertebrae[level]).argmin())
    rows, cols = np.nonzero(volume.hu[k] > 220)
    middle = len(volume.hu[k]) / 2
    near = (np.abs(cols - middle) < 25) & (rows > middle + 10)
    return float(np.median(cols[near])) * volume.pixel_spacing_mm[1]


def test_fat_in_the_muscle_and_oedema_are_in_the_true_areas() -> None:
    plain, fatty, oedema = (
        make_phantom(PhantomOptions(**ONE_SLICE, noise_hu=0.0, **kind)) for kind in ({}, {"myosteatosis": 0.3}, {"muscle_hu": 34.0})
    )
    assert fatty.truth.areas_cm2[Tissue.MUSCLE] < 0.85 * plain.truth.areas_cm2[Tissue.MUSCLE]
    assert fatty.truth.areas_cm2[Tissue.INTERMUSCULAR_FAT] > plain.truth.areas_cm2[Tissue.INTERMUSCULAR_FAT] + 3
    fibre = (plain.truth.tissues == Tissue.MUSCLE) & (oedema.truth.tissues == Tissue.MUSCLE)
    assert np.median(plain.volume.hu[0][fibre] - oedema.volume.hu[0][fibre]) == pytest.approx(20, abs=1)


def test_effusion_lies_at_the_back_of_the_side_asked_for() -> None:
    kind: dict[str, Any] = {"pixel_mm": 2.0, "n_pixels": 200, "z_range_mm": (70.0, 70.0), "noise_hu": 0.0}
    dry, wet = (make_phantom(PhantomOptions(**kind, effusion_mm=e)).volume.hu[0] for e in ((0.0, 0.0), (50.0, 0.0)))
    filled = np.argwhere((dry < -700) & (wet > -100))
    assert len(filled) * 0.04 > 15
    assert (filled[:, 1] < 100).all()
    assert filled[:, 0].min() > np.argwhere(dry[:, :100] < -840)[:, 0].min() + 20


def test_unequal_last_ribs_differ_on_the_side_asked_for() -> None:
    kind: dict[str, Any] = {"pixel_mm": 2.0, "n_pixels": 200, "z_range_mm": (-60.0, 20.0), "slice_spacing_mm": 2.5, "noise_hu": 0.0}
    both, right = (make_phantom(PhantomOptions(**kind, last_rib_left_mm=mm)).volume.hu > 200 for mm in (None, 0.0))
    assert np.array_equal(both[:, :, :95], right[:, :, :95])
    assert (both & ~right).any() and not (right & ~both)[:, :, 105:].any()


def test_spines_have_the_lumbar_vertebrae_asked_for() -> None:
    for n, labels in ((4, {"L4", "S1"}), (5, {"L5", "S1"}), (6, {"L6", "S1"})):
        truth = make_phantom(PhantomOptions(**(LIGHT | {"z_range_mm": (0.0, 0.0), "n_lumbar": n}))).truth
        assert labels <= truth.vertebrae.keys() and f"L{n + 1}" not in truth.vertebrae
        assert truth.vertebrae["S1"] < truth.vertebrae[f"L{n}"] - 20


def test_a_fractured_vertebra_is_lower_and_leaves_the_others_as_they_are() -> None:
    small = LIGHT | {"z_range_mm": (0.0, 0.0)}
    whole, broken = (make_phantom(PhantomOptions(**small, fractured=f)).truth.body_z_mm for f in ("", "T8"))
    height = [{label: high - low for label, (low, high) in body.items()} for body in (whole, broken)]
    assert height[1]["T8"] == pytest.approx(0.7 * height[0]["T8"])
    assert height[1]["T9"] == pytest.approx(height[0]["T9"])
    assert broken["T1"][0] < whole["T1"][0] - 5
    with pytest.raises(UsageError, match="L7"):
        make_phantom(PhantomOptions(**small, fractured="L7"))


def test_gland_replaces_fat_in_the_breast_alone() -> None:
    kind: dict[str, Any] = {"pixel_mm": 2.0, "n_pixels": 200, "z_range_mm": (0.0, 112.0), "slice_spacing_mm": 112.0, "noise_hu": 0.0}
    kind |= {"slice_thickness_mm": 1.0}
    plain, dense = (make_phantom(PhantomOptions(**kind, gland=g)).volume.hu for g in (0.0, 0.5))
    assert np.array_equal(plain[0], dense[0])
    became = (plain[1] < -60) & (dense[1] > 0)
    assert became.sum() * 0.04 > 3
    assert (np.argwhere(became)[:, 0] < 100).all()


def test_metal_throws_streaks_only_where_it_lies() -> None:
    kind: dict[str, Any] = {"pixel_mm": 1.5, "n_pixels": 256, "z_range_mm": (-120.0, 120.0), "slice_spacing_mm": 6.0, "noise_hu": 0.0}
    plain, rods = (make_phantom(PhantomOptions(**kind, metal=m)).volume.hu for m in ("none", "spine"))
    has_metal = (rods == 3071).any((1, 2))
    changed = np.abs(rods.astype(int) - plain).max((1, 2)) > 60
    assert 3 < has_metal.sum() < len(rods)
    assert not (changed & ~has_metal)[~has_metal & ~np.roll(has_metal, 1) & ~np.roll(has_metal, -1)].any()
    k = int(np.flatnonzero(has_metal)[has_metal.sum() // 2])
    muscle = (plain[k] > 30) & (plain[k] < 80)
    assert np.std(rods[k][muscle].astype(int) - plain[k][muscle]) > 15


def test_ascites_separates_the_organs_from_the_wall() -> None:
    plain, fluid = (make_phantom(PhantomOptions(**ONE_SLICE, noise_hu=0.0, ascites=a)) for a in (0.0, 1.0))
    inside = fluid.truth.regions == Region.VISCERAL
    water = inside & (np.abs(fluid.volume.hu[0] - 9) < 8)
    assert water.sum() * fluid.volume.pixel_area_cm2 > 25
    assert fluid.truth.areas_cm2[Tissue.VISCERAL_FAT] < plain.truth.areas_cm2[Tissue.VISCERAL_FAT]


def test_pixels_made_earlier_become_the_same_phantom_again() -> None:
    options = PhantomOptions(**(LIGHT | {"z_range_mm": (-20.0, 20.0), "tilt_deg": (3.0, 2.0)}))
    made = make_phantom(options, with_areas=False)
    again = phantom_from_pixels(options, made.volume.hu)
    assert again.truth.body_z_mm == made.truth.body_z_mm
    assert np.array_equal(again.volume.z_mm, made.volume.z_mm)
    with pytest.raises(UsageError, match="5 slices"):
        phantom_from_pixels(options, made.volume.hu[1:])


def test_impossible_options_are_refused() -> None:
    with pytest.raises(UsageError, match="11, 12 or 13"):
        PhantomOptions(n_rib_pairs=10)
    with pytest.raises(UsageError, match="4, 5 or 6 lumbar"):
        PhantomOptions(n_lumbar=7)
    with pytest.raises(UsageError, match="pacemaker"):
        PhantomOptions(metal="hip")
    with pytest.raises(UsageError, match="at most 20 degrees"):
        PhantomOptions(tilt_deg=(0.0, 30.0))
