import numpy as np
import pytest

from napari_t12_bodycomp.analysis.geometry import STEP_MM
from napari_t12_bodycomp.analysis.vertebrae import find_levels


def pedicles(heights_mm: list[float], step_mm: float = STEP_MM) -> tuple[np.ndarray, np.ndarray]:
    """A profile with a trough at every foramen, and the troughs' planes."""
    troughs = np.r_[0, np.cumsum(heights_mm)]
    at = np.arange(0, troughs[-1] + 0.1, step_mm)
    k = np.clip(np.searchsorted(troughs, at, side="right") - 1, 0, len(heights_mm) - 1)
    phase = (at - troughs[k]) / np.array(heights_mm)[k]
    return 180 - 140 * np.cos(2 * np.pi * phase), troughs / step_mm


def test_vertebrae_are_cut_at_the_foramina() -> None:
    profile, troughs = pedicles([34.0, 33, 31, 29, 28, 27, 26, 25])
    levels = find_levels(profile)
    assert len(levels) == 8
    assert [level.low for level in levels[1:]] == pytest.approx(troughs[1:-1], abs=1)
    assert all(level.contrast_hu > 100 for level in levels)


def test_a_gap_in_the_scan_is_no_vertebra() -> None:
    profile, _ = pedicles([30.0, 29, 28, 27])
    profile[:12] = np.nan
    levels = find_levels(profile)
    assert len(levels) == 3
    assert levels[0].low == pytest.approx(15, abs=1)


def test_a_vertebra_cut_by_the_scan_keeps_its_neighbours_height() -> None:
    profile, _ = pedicles([30.0, 29, 28, 27])
    profile[:5] = np.nan
    lowest = find_levels(profile)[0]
    assert not lowest.low_seen
    assert lowest.height_mm == pytest.approx(30, abs=2)


@pytest.mark.parametrize("profile", [np.full(80, np.nan), np.full(5, 100.0)])
def test_nothing_seen_gives_no_vertebra(profile: np.ndarray) -> None:
    assert find_levels(profile) == []


def test_worn_facets_do_not_cut_vertebrae_in_halves() -> None:
    heights = [31.0, 30, 29, 28, 27]
    profile, troughs = pedicles(heights)
    twice, _ = pedicles([h / 2 for h in heights for _ in range(2)])
    levels = find_levels(150 + 0.25 * profile + 0.6 * twice)
    assert [level.low for level in levels[1:]] == pytest.approx(troughs[1:-1], abs=1)
