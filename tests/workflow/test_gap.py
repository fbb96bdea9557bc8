"""A missing slice within T12 is a refusal; away from it, it is not."""

from __future__ import annotations

import numpy as np
import pytest

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.level import LevelFinding, LevelStatus
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow.analyse import level_of

Z = np.array([0, 5, 10, 15, 25, 30, 35, 40], dtype=np.float64)


@pytest.mark.parametrize(("body", "refused"), [((12.0, 36.0), True), ((16.0, 24.0), True), ((26.0, 40.0), False), ((0.0, 15.0), False)])
def test_gap_within_the_body_refuses(body: tuple[float, float], refused: bool) -> None:
    volume = CTVolume(np.zeros((8, 4, 4), np.int16), Z, (1.0, 1.0))
    finding = LevelFinding(LevelStatus.FOUND, "found", slice_index=5, z_mm=30.0, body_z_mm=body)
    if refused:
        with pytest.raises(InputError, match=r"between z 15\.0 and 25\.0 mm slices are missing"):
            level_of(volume, finding)
    else:
        assert level_of(volume, finding).slice_index == 5
