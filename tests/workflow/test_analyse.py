"""The main job's rules: where it measures, and where it refuses to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_t12_bodycomp.errors import InputError, LevelError, UsageError
from napari_t12_bodycomp.model.level import LevelFinding, LevelMethod, LevelStatus, MeasuredLevel
from napari_t12_bodycomp.model.subject import Subject, ValueSource
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow.analyse import MeasureRequest, level_at, level_of

FOUND = LevelFinding(LevelStatus.FOUND, "T12 found.", 4, -681.2, (-690.0, -670.0), 0.95)


def test_a_found_level_is_the_slice_itself(small_volume: CTVolume) -> None:
    assert level_of(small_volume, FOUND) == MeasuredLevel(4, -680.0, LevelMethod.AUTOMATIC)


@pytest.mark.parametrize("status", [LevelStatus.UNCERTAIN, LevelStatus.ABSENT])
def test_a_level_that_is_not_certain_is_no_level(small_volume: CTVolume, status: LevelStatus) -> None:
    with pytest.raises(LevelError, match="--z-mm"):
        level_of(small_volume, replace(FOUND, status=status))


def test_a_level_by_hand_is_the_nearest_slice_and_manual(small_volume: CTVolume) -> None:
    assert level_at(small_volume, -682.0) == MeasuredLevel(4, -680.0, LevelMethod.MANUAL)
    assert level_at(small_volume, -702.0).slice_index == 0


@pytest.mark.parametrize("z_mm", [-720.0, -650.0, 680.0, float("nan"), float("inf")])
def test_a_level_outside_the_scan_is_refused(small_volume: CTVolume, z_mm: float) -> None:
    with pytest.raises(InputError, match="sign and unit"):
        level_at(small_volume, z_mm)


def test_a_level_in_a_gap_of_the_scan_is_refused(small_volume: CTVolume) -> None:
    gap = replace(small_volume, z_mm=np.array([0.0, 5, 10, 15, 40, 45, 50, 55, 60]))
    with pytest.raises(InputError, match="has none"):
        level_at(gap, 27.0)


@pytest.mark.parametrize("height_cm", [0.0, 17.0, 1700.0, -165.0, float("nan")])
def test_an_impossible_height_is_wrong_usage(height_cm: float) -> None:
    with pytest.raises(UsageError, match="height between 100 and 250 cm"):
        MeasureRequest(height_cm=height_cm)


def test_what_is_typed_goes_before_the_header_and_says_so() -> None:
    header = Subject("P-7", "F", 49.0, 1.58, ValueSource.DICOM, 60.0, ValueSource.DICOM)
    subject = MeasureRequest(height_cm=165, patient_id="CASE-1").subject(header)
    assert (subject.height_m, subject.height_source, subject.patient_id) == (1.65, ValueSource.TYPED, "CASE-1")
    assert (subject.weight_kg, subject.weight_source) == (60.0, ValueSource.DICOM)
