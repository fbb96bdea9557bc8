import numpy as np
import pytest

from napari_t12_bodycomp.analysis.t12 import locate_t12
from napari_t12_bodycomp.errors import Cancelled
from napari_t12_bodycomp.model.level import LevelStatus
from napari_t12_bodycomp.model.volume import CTVolume


def block(n_slices: int, hu: int = 40, spacing_z: float = 5.0) -> CTVolume:
    data = np.full((n_slices, 128, 128), -1000, np.int16)
    data[:, 30:100, 20:108] = hu
    return CTVolume(data, np.arange(n_slices) * spacing_z, (2.5, 2.5))


@pytest.mark.parametrize("n_slices", [1, 3, 12])
def test_too_few_slices_are_refused_in_words(n_slices: int) -> None:
    finding = locate_t12(block(n_slices))
    assert finding.status is LevelStatus.ABSENT
    assert finding.slice_index is None and finding.z_mm is None
    assert f"{n_slices} slices" in finding.message


@pytest.mark.parametrize("hu", [-1000, 40, 900])
def test_a_scan_without_a_spine_has_no_level(hu: int) -> None:
    finding = locate_t12(block(60, hu))
    assert finding.status is LevelStatus.ABSENT
    assert finding.slice_index is None


def test_noise_has_no_level() -> None:
    data = np.random.default_rng(1).normal(40, 200, (60, 128, 128)).astype(np.int16)
    assert locate_t12(CTVolume(data, np.arange(60) * 5.0, (2.5, 2.5))).status is LevelStatus.ABSENT


def test_progress_rises_and_may_cancel() -> None:
    shares: list[float] = []

    def stop(share: float, words: str) -> None:
        shares.append(share)
        if len(shares) == 2:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        locate_t12(block(60), stop)
    assert shares == sorted(shares)
