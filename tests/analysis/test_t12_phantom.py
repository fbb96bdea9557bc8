"""The level on phantoms, whose vertebrae are known from their geometry."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from napari_t12_bodycomp.analysis.t12 import locate_t12
from napari_t12_bodycomp.model.level import LevelFinding, LevelStatus
from napari_t12_bodycomp.phantom import Phantom, PhantomOptions, make_phantom

COARSE = {"pixel_mm": 1.5625, "n_pixels": 256}


@cache
def scanned(**options: object) -> tuple[Phantom, LevelFinding]:
    phantom = make_phantom(PhantomOptions(**{**COARSE, **options}))  # type: ignore[arg-type]
    return phantom, locate_t12(phantom.volume)


def test_the_usual_chest_has_its_level_found_and_every_vertebra_named() -> None:
    phantom, finding = scanned()
    assert finding.status is LevelStatus.FOUND
    assert finding.z_mm == pytest.approx(phantom.truth.t12_z_mm, abs=3)
    assert finding.slice_index == phantom.volume.nearest_slice(finding.z_mm or 0)
    assert finding.body_z_mm is not None and finding.body_z_mm[0] < finding.z_mm < finding.body_z_mm[1]
    for vertebra in finding.vertebrae:
        assert vertebra.z_mm == pytest.approx(phantom.truth.vertebrae[vertebra.label], abs=9)
    assert len(finding.evidence) == 3
    assert finding.canal is not None and (np.diff(finding.canal[:, 0]) > 0).all()


def test_eleven_rib_pairs_are_never_a_finding_and_both_vertebrae_are_named() -> None:
    phantom, finding = scanned(n_rib_pairs=11)
    assert finding.status is LevelStatus.UNCERTAIN
    listed = [c.z_mm for c in finding.candidates]
    for label in ("T11", "T12"):
        assert min(abs(z - phantom.truth.vertebrae[label]) for z in listed) < 5
    assert any("rib pairs" in w for w in finding.warnings)


def test_a_scan_that_ends_above_t12_has_no_level() -> None:
    phantom, finding = scanned(z_range_mm=(40.0, 262.0))
    assert phantom.truth.t12_z_mm is None
    assert finding.status is not LevelStatus.FOUND


def test_the_same_scan_gives_the_same_answer() -> None:
    phantom, finding = scanned()
    again = locate_t12(phantom.volume)
    assert (again.z_mm, again.confidence, again.evidence) == (finding.z_mm, finding.confidence, finding.evidence)
