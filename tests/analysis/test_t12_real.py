"""The level on the real scans, against what is known of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from napari_t12_bodycomp.analysis.t12 import locate_t12
from napari_t12_bodycomp.model.level import LevelStatus
from napari_t12_bodycomp.workflow.source import load_volume

CASES = (
    ("ct/lidc_0314_chest_1mm", None),
    ("ct/acrin_flt_two_studies/ct_abdomen_pelvis", None),
    ("ct/acrin_flt_two_studies/ct_head_thorax", None),
    ("ct/cptac_pda_upper_abdomen_5mm", None),
    ("ct/tcga_lihc_three_acquisitions", 1),
    ("ct/tcga_lihc_three_acquisitions", 2),
    ("ct/totalseg_abdomen_3mm/ct.nii.gz", None),
    ("dicom_hard/pelvis_j2k", None),
)


@pytest.mark.parametrize(("case", "acquisition"), CASES)
def test_the_level_of_a_real_scan(shared_data: Path, case: str, acquisition: int | None) -> None:
    truth = json.loads((shared_data / "truth.json").read_text())[case.removesuffix("/ct.nii.gz")]
    finding = locate_t12(load_volume(shared_data / case, acquisition=acquisition))
    if truth["t12_body_z_mm"] is None:
        assert finding.status is LevelStatus.ABSENT
        assert finding.slice_index is None and finding.z_mm is None
        return
    assert finding.status is LevelStatus.FOUND, finding.message
    assert finding.z_mm == pytest.approx(truth["t12_mid_z_mm"], abs=5 + truth["uncertainty_mm"])


def test_short_last_ribs_are_said(shared_data: Path) -> None:
    finding = locate_t12(load_volume(shared_data / "ct/cptac_pda_upper_abdomen_5mm"))
    assert any("short" in w for w in finding.warnings)
    assert finding.confidence <= 0.85


def test_a_chest_whose_ends_are_cut_away_is_not_counted(shared_data: Path) -> None:

    volume = load_volume(shared_data / "ct/lidc_0314_chest_1mm")
    keep = (volume.z_mm > -625) & (volume.z_mm < -470)
    middle = replace(volume, hu=volume.hu[keep], z_mm=volume.z_mm[keep], sop_instance_uids=())
    assert locate_t12(middle).status is not LevelStatus.FOUND
