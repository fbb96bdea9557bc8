"""The level benchmark's own reckoning: what counts as right, and phantoms that are kept on disk."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest

from napari_t12_bodycomp.model.level import LevelCandidate, LevelFinding, LevelStatus
from napari_t12_bodycomp.phantom import PhantomOptions

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))
from level_accuracy import reliability, targets
from level_rows import Row, judge
from phantom_cache import kept_path, phantom_of

BODY = (-12.0, 12.0)


def finding(status: LevelStatus, z_mm: float | None = None, confidence: float = 0.95, others: tuple[float, ...] = ()) -> LevelFinding:
    candidates = tuple(LevelCandidate(z, 0, (z - 12, z + 12), 0.5, "") for z in ((z_mm,) if z_mm is not None else ()) + others)
    return LevelFinding(status, "", 0, z_mm, None, confidence, candidates=candidates)


def judged(found: LevelFinding, body: tuple[float, float] | None = BODY, pairs: int = 12) -> Row:
    return judge("case", ("plain",), found, body, 5.0, 1.0, pairs)


@pytest.mark.parametrize(
    ("found", "body", "outcome"),
    [
        (finding(LevelStatus.FOUND, 3.0), BODY, "right"),
        (finding(LevelStatus.FOUND, 28.0), BODY, "wrong"),
        (finding(LevelStatus.FOUND, 3.0), None, "wrong"),
        (finding(LevelStatus.ABSENT), None, "absent"),
        (finding(LevelStatus.ABSENT), BODY, "missed"),
        (finding(LevelStatus.UNCERTAIN, 28.0, others=(1.0,)), BODY, "uncertain, true one named"),
        (finding(LevelStatus.UNCERTAIN, 28.0, others=(-28.0,)), BODY, "uncertain, true one not named"),
    ],
)
def test_outcomes(found: LevelFinding, body: tuple[float, float] | None, outcome: str) -> None:
    assert judged(found, body).outcome == outcome


def test_only_the_right_vertebra_has_an_error_and_only_confident_mistakes_are_confident() -> None:
    right, wrong = judged(finding(LevelStatus.FOUND, 3.0)), judged(finding(LevelStatus.FOUND, 28.0))
    assert right.error_mm == 3.0 and math.isnan(wrong.error_mm)
    assert wrong.is_wrong_and_confident and not right.is_wrong_and_confident
    assert not judged(finding(LevelStatus.FOUND, 28.0, 0.85)).is_wrong_and_confident


def test_reliability_counts_the_first_candidates_of_uncertain_answers() -> None:
    rows = [judged(finding(LevelStatus.FOUND, 3.0)), judged(finding(LevelStatus.UNCERTAIN, 28.0, 0.97, (1.0,)))]
    assert [(n, right, found, alone) for _, _, n, right, found, alone in reliability(rows)] == [(2, 0.5, 1, 1.0)]


def test_aims_are_not_reached_by_one_confident_mistake_in_a_hundred() -> None:
    rows = [judged(finding(LevelStatus.FOUND, 1.0))] * 99
    assert "NOT reached" not in targets(rows)
    lines = targets([*rows, judged(finding(LevelStatus.FOUND, 28.0))]).splitlines()
    assert [("NOT reached" in line) for line in lines] == [False, True, False, False]


def test_a_kept_phantom_comes_back_from_disk_until_its_options_change(tmp_path: Path) -> None:
    options = PhantomOptions(pixel_mm=3.0, n_pixels=128, slice_spacing_mm=10.0, z_range_mm=(-20.0, 20.0))
    made = phantom_of(options, tmp_path)
    path = kept_path(options, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    np.save(path, np.load(path) + np.int16(1))
    assert np.array_equal(phantom_of(options, tmp_path).volume.hu, made.volume.hu + 1)
    assert kept_path(PhantomOptions(seed=13), tmp_path) != path
