"""Real scans: what is offered, what is preselected, and where the slices lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.workflow.source import list_series, load_volume

SHARED = Path(os.environ.get("T12_SHARED", Path(__file__).parents[2].parent / "shared"))
CT = SHARED / "data" / "ct"
needs_scans = pytest.mark.skipif(not CT.is_dir(), reason="the shared scans are not here")


@needs_scans
def test_chest_series_is_read_in_order_of_position() -> None:
    volume = load_volume(CT / "lidc_0314_chest_1mm")
    assert volume.shape == (275, 512, 512)
    assert volume.z_mm[0] == pytest.approx(-679.8, abs=1e-3)
    assert volume.z_mm[-1] == pytest.approx(-405.8, abs=1e-3)
    assert volume.hu.min() == -1000
    assert volume.pixel_spacing_mm == (0.78125, 0.78125)
    assert volume.acquisition.scanner == "Brilliance 16P"
    assert volume.acquisition.kernel == "D"
    assert volume.acquisition.contrast is None
    assert len(set(volume.sop_instance_uids)) == 275
    assert volume.acquisition.warnings == ()


@needs_scans
def test_acquisitions_in_one_series_are_offered_apart_and_the_chest_is_preselected() -> None:
    listed = list_series(CT / "tcga_lihc_three_acquisitions")
    assert {(o.acquisition_number, o.n_slices) for o in listed.offers} == {(1, 37), (2, 59), (3, 3)}
    assert [o.acquisition_number for o in listed.offers if not o.is_measurable] == [3]
    assert listed.chosen is not None
    assert listed.chosen.acquisition_number == 2
    assert "290 mm" in listed.reason
    first = load_volume(CT / "tcga_lihc_three_acquisitions", acquisition=1)
    assert first.shape[0] == 37
    assert first.z_mm[0] == -381.0


@needs_scans
def test_two_studies_of_one_patient_are_offered_apart_and_the_later_one_is_preselected() -> None:
    listed = list_series(CT / "acrin_flt_two_studies")
    assert len({o.study_instance_uid for o in listed.offers}) == 2
    assert len({o.patient_key for o in listed.offers}) == 1
    assert listed.chosen is not None
    assert listed.chosen.extent_z_mm == (-846.25, -429.75)


@needs_scans
def test_padding_is_air_and_known_as_never_scanned() -> None:
    volume = load_volume(CT / "cptac_pda_upper_abdomen_5mm")
    assert volume.hu.min() == -1024
    assert volume.outside_fov is not None
    assert volume.outside_fov[0, 0]
    assert not volume.outside_fov[256, 256]


@needs_scans
def test_nifti_is_turned_to_the_same_grid() -> None:
    volume = load_volume(CT / "totalseg_abdomen_3mm" / "ct.nii.gz")
    assert volume.shape == (112, 101, 122)
    assert volume.z_mm[-1] == pytest.approx(427.302, abs=1e-3)
    assert volume.nifti_shape == (122, 101, 112)


def test_nothing_to_read_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no file"):
        load_volume(tmp_path)
    text = tmp_path / "note.dcm"
    text.write_text("not a scan at all, just words in a file")
    with pytest.raises(InputError, match="the file is none"):
        load_volume(text)
    with pytest.raises(InputError, match="does not exist"):
        list_series(tmp_path / "missing")


def test_a_folder_of_nifti_files_asks_for_one(tmp_path: Path) -> None:
    (tmp_path / "ct.nii.gz").write_bytes(b"")
    with pytest.raises(InputError, match="NIfTI files only"):
        load_volume(tmp_path)
