"""HU histograms of regions: counted by hand, nothing lost, nothing wrapped."""

from __future__ import annotations

import numpy as np
import pytest

from napari_t12_bodycomp.analysis.histogram import HU_RANGE, N_BINS, HUBins, bin_edges
from napari_t12_bodycomp.model.tissue import Region


def test_each_region_counts_its_own_pixels() -> None:
    hu = np.array([[-200, -196, -195, 199, 200, -201, 0, 4, 5]], np.int16)
    regions = np.array([[1, 1, 1, 1, 1, 1, 2, 2, 2]], np.uint8)
    counts = HUBins.of(hu).counts(regions)
    assert counts[Region.MUSCLE][[0, 1, N_BINS - 1]].tolist() == [2, 1, 1]
    assert counts[Region.MUSCLE].sum() == 4, "200 and -201 HU lie outside"
    assert counts[Region.VISCERAL][[40, 41]].tolist() == [2, 1]
    assert not counts[Region.SUBCUTANEOUS].any()


def test_the_same_as_numpy_on_noise() -> None:
    rng = np.random.default_rng(3)
    hu = rng.integers(-1024, 3000, (60, 70)).astype(np.int16)
    regions = rng.integers(0, 4, (60, 70)).astype(np.uint8)
    counts = HUBins.of(hu).counts(regions)
    for region in Region:
        inside = hu[(regions == region) & (hu >= HU_RANGE[0]) & (hu < HU_RANGE[1])]
        assert counts[region].tolist() == np.histogram(inside, bin_edges())[0].tolist()


def test_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        HUBins.of(np.zeros((2, 3), np.int16)).counts(np.zeros((3, 2), np.uint8))
