"""Regions from another slice and from an earlier visit: the right ones, on the right patient, said in plain words."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.axial_slice import axial_slice
from napari_t12_bodycomp.model.level import LevelMethod, MeasuredLevel
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.roi_map import Draft
from napari_t12_bodycomp.model.subject import Subject
from napari_t12_bodycomp.model.tissue import Region
from napari_t12_bodycomp.model.volume import Acquisition, CTVolume
from napari_t12_bodycomp.workflow.carry_over import from_earlier_visit, from_other_slice
from napari_t12_bodycomp.workflow.export import build_result, export_result
from napari_t12_bodycomp.workflow.session import Session

M, V, S = Region.MUSCLE, Region.VISCERAL, Region.SUBCUTANEOUS
HU = np.array([400, 50, -90, -100], np.int16)
"""HU of no region (bone), muscle, visceral and subcutaneous fat."""


def scan(regions, uid, date, patient_id="P-7", shift=(0, 0), n=7):
    """A scan whose slices show `regions` (1 mm pixels), moved by `shift` pixels, 5 mm apart."""
    inside = ndimage.binary_fill_holes(regions > 0)
    plane = np.roll(np.where(inside, HU[regions], -1000), shift, (0, 1)).astype(np.int16)
    acquisition = Acquisition(uid, "1.2", 1, "chest", "CT", slice_thickness_mm=5.0, study_date=date)
    return CTVolume(np.stack([plane] * n), np.arange(n) * 5.0, (1.0, 1.0), acquisition=acquisition, subject=Subject(patient_id))


def opened(volume, level=3, draft=None):
    session = Session("anna")
    session.open(volume)
    session.choose_level(level)
    if draft is not None:
        nothing = np.zeros(draft.shape, bool)
        session.set_draft(Draft(draft, nothing, nothing), (), level, 5.0)
    return session


def dice(a, b, region):
    return 2 * ((a == region) & (b == region)).sum() / ((a == region).sum() + (b == region).sum())


def saved(volume, regions, folder, status="confirmed", assessor="b", index=3):
    level = MeasuredLevel(index, float(volume.z_mm[index]), LevelMethod.MANUAL, assessor)
    axial = axial_slice(volume, index)
    result = build_result(volume, None, level, axial, regions, Protocol(), volume.subject, assessor=assessor, status=status)
    return export_result(volume, result, folder)


# -- another slice -------------------------------------------------------------------------------------------------------------------------


def test_the_nearest_slice_drawn_by_hand_goes_before_a_nearer_draft(trunk):
    session = opened(scan(trunk(), "1", "20240101"), level=1)
    session.edit("paint muscle", trunk())
    session.choose_level(2)
    nothing = np.zeros(trunk().shape, bool)
    session.set_draft(Draft(np.where(trunk() == M, M, 0).astype(np.uint8), nothing, nothing), (), 2, 5.0)
    session.choose_level(3)
    carried = from_other_slice(session.state, session.drawn)
    assert carried.name == "copy slice 2"
    assert "slice 2 of this scan, 10.0 mm lower (drawn by hand)" in carried.words and "Check every contour" in carried.words
    assert dice(carried.regions, trunk(), M) == dice(carried.regions, trunk(), V) == 1
    assert 0.9 < dice(carried.regions, trunk(), S) < 1, "the skin is left out"


def test_a_draft_elsewhere_is_called_one(trunk):
    session = opened(scan(trunk(), "1", "20240101"), level=5, draft=trunk())
    session.choose_level(3)
    assert "10.0 mm higher (the automatic draft there)" in from_other_slice(session.state, session.drawn).words


def test_nothing_lies_outside_the_body_of_the_slice(trunk):
    volume = scan(trunk(fat_mm=10), "1", "20240101")
    session = opened(volume, level=2)
    session.edit("paint", trunk(fat_mm=30))
    session.choose_level(3)
    carried = from_other_slice(session.state, session.drawn)
    assert not carried.regions[volume.hu[3] == -1000].any()


def test_without_another_drawing_it_says_what_is_wanted(trunk):
    session = opened(scan(trunk(), "1", "20240101"), draft=trunk())
    with pytest.raises(UsageError, match="Regions on another slice of this scan are wanted"):
        from_other_slice(session.state, session.drawn)
    with pytest.raises(UsageError, match="set the level"):
        from_other_slice(Session().state, ())


def test_protected_regions_stay(trunk):
    session = opened(scan(trunk(), "1", "20240101"), level=2)
    session.edit("paint", trunk())
    session.choose_level(3)
    mine = np.zeros(trunk().shape, np.uint8)
    mine[100:120, 100:120] = M
    session.edit("paint", mine)
    session.set_tools(protected=frozenset({M}))
    after = from_other_slice(session.state, session.drawn).regions
    assert (after[100:120, 100:120] == M).all() and (after == V).any()


# -- an earlier visit ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("choose", ["folder", "table", "regions"])
def test_an_earlier_visit_is_laid_on_moved_and_fatter(trunk, tmp_path, choose):
    files = saved(scan(trunk(fat_mm=12), "1", "20200304"), trunk(fat_mm=12), tmp_path)
    now = np.roll(trunk(fat_mm=30), (9, -14), (0, 1))
    session = opened(scan(trunk(fat_mm=30), "2", "20240101", shift=(9, -14)), draft=now)
    carried = from_earlier_visit(session.state, {"folder": tmp_path, "table": files.csv, "regions": files.regions}[choose])
    assert dice(carried.regions, now, M) > 0.97 and dice(carried.regions, now, V) > 0.98 and dice(carried.regions, now, S) > 0.95
    assert "regions.nii.gz of the study of 2020-03-04 (saved as confirmed by b)" in carried.words
    assert carried.name == "copy earlier visit" and "by outline and vertebra" in carried.words


def test_without_a_draft_the_body_s_outline_is_matched(trunk, tmp_path):
    saved(scan(trunk(), "1", "20200304"), trunk(), tmp_path)
    session = opened(scan(trunk(), "2", "20240101", shift=(9, -14)))
    now = np.roll(trunk(), (9, -14), (0, 1))
    carried = from_earlier_visit(session.state, tmp_path)
    assert dice(carried.regions, now, M) > 0.9 and "by outline (" in carried.words


def test_the_latest_confirmed_measurement_of_another_scan_is_taken(trunk, tmp_path):
    only_muscle = np.where(trunk() == M, M, 0).astype(np.uint8)
    saved(scan(trunk(), "1", "20190101"), trunk(), tmp_path)
    saved(scan(trunk(), "2", "20210101"), trunk(), tmp_path)
    saved(scan(trunk(), "3", "20220101"), only_muscle, tmp_path, status="draft")
    saved(scan(trunk(), "9", "20240101"), only_muscle, tmp_path)
    session = opened(scan(trunk(), "9", "20240101"), draft=trunk())
    assert "study of 2021-01-01" in from_earlier_visit(session.state, tmp_path).words


def test_another_acquisition_of_the_series_is_another_scan(trunk, tmp_path):
    first = scan(trunk(), "1", "20200304")
    saved(first, trunk(), tmp_path)
    second = replace(first, acquisition=replace(first.acquisition, acquisition_number=2))
    assert "of this same scan" in from_earlier_visit(opened(first, draft=trunk()).state, tmp_path).words
    assert "of the study of 2020-03-04" in from_earlier_visit(opened(second, draft=trunk()).state, tmp_path).words


def test_another_patient_s_regions_are_refused_without_a_name(trunk, tmp_path):
    files = saved(scan(trunk(), "1", "20200304", "MILLER^ANNA"), trunk(), tmp_path)
    session = opened(scan(trunk(), "2", "20240101"))
    for path in (tmp_path, files.regions):
        with pytest.raises(InputError, match="another patient ID: nothing was copied") as refusal:
            from_earlier_visit(session.state, path)
        assert "MILLER" not in str(refusal.value) and "P-7" not in str(refusal.value)


def test_only_the_chosen_file_counts(trunk, tmp_path):
    saved(scan(trunk(), "1", "20200304"), trunk(), tmp_path)
    other = saved(scan(trunk(), "2", "20200304", "P-8"), trunk(), tmp_path)
    session = opened(scan(trunk(), "3", "20240101"), draft=trunk())
    assert from_earlier_visit(session.state, tmp_path).regions.any()
    with pytest.raises(InputError, match="another patient ID"):
        from_earlier_visit(session.state, other.regions)


def test_without_a_patient_id_nobody_can_tell_whose_they_are(trunk, tmp_path):
    saved(scan(trunk(), "1", "20200304", ""), trunk(), tmp_path)
    session = opened(scan(trunk(), "2", "20240101", ""))
    with pytest.raises(InputError, match="names no patient ID"):
        from_earlier_visit(session.state, tmp_path)


def test_an_id_that_a_table_keeps_from_being_run_is_the_same_id(trunk, tmp_path):
    saved(scan(trunk(), "1", "20200304", "=7"), trunk(), tmp_path)
    session = opened(scan(trunk(), "2", "20240101", "=7"), draft=trunk())
    assert from_earlier_visit(session.state, tmp_path).regions.any()


def test_files_that_say_nothing_about_whose_they_are_are_refused(trunk, tmp_path):
    files = saved(scan(trunk(), "1", "20200304"), trunk(), tmp_path)
    session = opened(scan(trunk(), "2", "20240101"))
    with pytest.raises(InputError, match="names no such regions"):
        from_earlier_visit(session.state, files.tissues)
    files.csv.unlink()
    for path in (tmp_path, files.regions, tmp_path / "nowhere"):
        with pytest.raises(InputError, match=r"no indices\.csv"):
            from_earlier_visit(session.state, path)


def test_a_name_in_the_table_never_leads_out_of_the_folder(trunk, tmp_path):
    files = saved(scan(trunk(), "1", "20200304"), trunk(), tmp_path / "a")
    text = files.csv.read_text(encoding="utf-8").replace("regions.nii.gz", "../a/regions.nii.gz")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "indices.csv").write_text(text, encoding="utf-8")
    session = opened(scan(trunk(), "2", "20240101"))
    with pytest.raises(InputError, match="names no such regions"):
        from_earlier_visit(session.state, tmp_path / "b")


def test_a_body_of_another_shape_is_said_to_be_one(trunk, tmp_path):
    saved(scan(trunk(), "1", "20200304"), trunk(), tmp_path)
    rows, columns = np.indices(trunk().shape)
    other = np.where((np.abs(rows - 110) < 90) & (np.abs(columns - 160) < 60), M, 0).astype(np.uint8)
    other[60:130, 120:200] = V
    session = opened(scan(trunk(), "2", "20240101"), draft=other)
    assert "another shape" in from_earlier_visit(session.state, tmp_path).words


# -- what the regions count ----------------------------------------------------------------------------------------------------------------


def test_regions_from_another_slice_bring_along_what_they_count(trunk):
    session = opened(scan(trunk(), "1", "20240101"), level=1)
    nothing = np.zeros(trunk().shape, bool)
    session.set_draft(Draft(trunk(), nothing, nothing, protocol=Protocol()), (), 1, 5.0)
    session.set_protocol(Protocol(intercostals_are_muscle=False))
    session.choose_level(2)
    assert from_other_slice(session.state, session.drawn).follows == Protocol()


@pytest.mark.parametrize("redrafted", [True, False])
def test_regions_of_an_earlier_visit_bring_along_what_they_count(trunk, tmp_path, redrafted):
    volume, other = scan(trunk(), "1", "20240101"), Protocol(intercostals_are_muscle=False)
    level = MeasuredLevel(3, float(volume.z_mm[3]), LevelMethod.MANUAL, "b")
    nothing = np.zeros(trunk().shape, bool)
    draft = Draft(trunk(), nothing, nothing, protocol=other if redrafted else Protocol())
    result = build_result(volume, None, level, axial_slice(volume, 3), trunk(), other, volume.subject, draft=draft)
    export_result(volume, result, tmp_path)
    session = opened(scan(trunk(), "2", "20250101"))
    assert from_earlier_visit(session.state, tmp_path).follows.intercostals_are_muscle is not redrafted
