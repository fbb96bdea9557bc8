"""A second opinion on a real scan, from TotalSegmentator's own output files, and from files that are not usable."""

from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.level import LevelFinding, LevelMethod, LevelStatus, MeasuredLevel, Verdict
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.tissue import Tissue
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow.analyse import draft_slice
from napari_t12_bodycomp.workflow.second_opinion import ask, check_asked, tissues_beside
from napari_t12_bodycomp.workflow.source import load_volume

T12_MM = (403.0, 430.0)  # read off the spine report and the ribs, with 4 mm of doubt: the body is cut by the scan's top


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    return shared_data / "ct" / "totalseg_abdomen_3mm"


@pytest.fixture(scope="module")
def volume(folder: Path) -> CTVolume:
    return load_volume(folder / "ct.nii.gz")


def level_at(volume: CTVolume, z_mm: float) -> LevelFinding:
    return LevelFinding(LevelStatus.FOUND, "T12 found.", volume.nearest_slice(z_mm), z_mm, (z_mm - 12, z_mm + 12), 0.9)


@pytest.mark.parametrize("file", ["vertebrae.nii.gz", "all_classes.nii.gz"])
def test_the_real_map_agrees_with_t12_where_it_is(folder, volume, file):
    weighed = ask(volume, level_at(volume, 415.0), [str(folder / file)]).finding
    opinion = weighed.second_opinion
    assert opinion.verdict is Verdict.AGREES and opinion.is_anchored and weighed.confidence > 0.9
    assert opinion.t12.z_mm == pytest.approx(sum(T12_MM) / 2, abs=4.0)
    assert [v.label for v in opinion.vertebrae] == ["S1", "L5", "L4", "L3", "L2", "L1", "T12", "T11"]


def test_the_real_map_speaks_against_l1(folder, volume):
    weighed = ask(volume, level_at(volume, 385.0), [str(folder / "vertebrae.nii.gz")]).finding
    assert weighed.status is LevelStatus.UNCERTAIN
    assert sorted(round(c.z_mm) for c in weighed.candidates)[0] == 385
    assert max(c.z_mm for c in weighed.candidates) == pytest.approx(417.0, abs=4.0)


def test_real_tissues_are_set_beside_the_draft(folder, volume):
    level = MeasuredLevel(104, float(volume.z_mm[104]), LevelMethod.MANUAL)
    drawn = draft_slice(volume, level, None, Protocol())
    asked = ask(volume, level_at(volume, 415.0), [str(folder / "tissues_slices_82_to_111.nii.gz")])
    beside = tissues_beside(asked, drawn.axial, drawn.regions, Protocol())
    assert "told apart by HU and place" in beside.source  # the file names no label, and numbers them otherwise than the package
    assert set(beside.dice) == {Tissue.MUSCLE, Tissue.VISCERAL_FAT, Tissue.SUBCUTANEOUS_FAT}
    assert beside.dice[Tissue.SUBCUTANEOUS_FAT] > 0.95 and all(value > 0.8 for value in beside.dice.values())
    with pytest.raises(InputError, match="labels nothing there"):
        tissues_beside(asked, replace(drawn.axial, index=10), drawn.regions, Protocol())


def test_a_map_of_bodies_without_names_of_vertebrae_is_refused(folder, volume):
    with pytest.raises(InputError, match="named vertebrae"):
        ask(volume, level_at(volume, 415.0), [str(folder / "vertebral_bodies.nii.gz")])


def test_two_maps_of_the_same_kind_are_refused(folder, volume):
    with pytest.raises(InputError, match="two came"):
        ask(volume, level_at(volume, 415.0), [str(folder / "vertebrae.nii.gz"), str(folder / "all_classes.nii.gz")])


def written(path: Path, data: np.ndarray, affine: np.ndarray) -> str:
    nib.save(nib.Nifti1Image(data, affine), path)
    return str(path)


def test_a_map_on_another_grid_or_of_fractions_is_refused(tmp_path, small_volume):
    finding = level_at(small_volume, -680.0)
    affine = np.diag([-0.8, -0.8, 5.0, 1.0])
    affine[:3, 3] = 20.0, 16.0, -700.0
    flat = np.zeros((50, 40, 9), np.float32)
    flat[0, 0, 0] = 0.5
    for name, data, where, words in (
        ("small", np.zeros((50, 40, 8), np.uint8), affine, "9 x 40 x 50"),
        ("moved", np.zeros((50, 40, 9), np.uint8), affine + np.eye(4)[:, [3, 0, 1, 2]][:, [1, 2, 3, 0]] * 3, "mm away"),
        ("fractions", flat, affine, "fractions"),
    ):
        with pytest.raises(InputError, match=words):
            ask(small_volume, finding, [written(tmp_path / f"{name}.nii.gz", data, where)])


def test_who_cannot_answer_is_said_before_the_work(tmp_path):
    with pytest.raises(UsageError, match=r"'nobody\.nii\.gz' is neither"):
        check_asked([str(tmp_path / "nobody.nii.gz")])
    with pytest.raises(UsageError, match="tissue_4_types is wanted, 'version 3' came"):
        check_asked([__file__], "version 3")
    for nobody in ([], ["totalsegmentator"]):
        with pytest.raises(UsageError, match="belongs to the file"):
            check_asked(nobody, "total")
    check_asked([__file__], "total")
