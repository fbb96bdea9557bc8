"""The measured slice: which neighbours are averaged, and what thickness is claimed for it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from napari_t12_bodycomp.model.axial_slice import axial_slice
from napari_t12_bodycomp.model.volume import Acquisition, CTVolume


def stack(n: int, spacing_mm: float, thickness_mm: float | None = None) -> CTVolume:
    """Slice k holds the HU 10 k everywhere."""
    hu = np.repeat(10 * np.arange(n, dtype=np.int16), 4).reshape(n, 2, 2)
    z = -50.0 + spacing_mm * np.arange(n)
    return CTVolume(hu, z, (0.7, 0.8), acquisition=Acquisition(slice_thickness_mm=thickness_mm))


@pytest.mark.parametrize(
    ("spacing", "thickness", "slab", "indices", "claimed"),
    [
        (1.0, 1.0, 5.0, (8, 9, 10, 11, 12), 5.0),
        (1.0, None, 5.0, (8, 9, 10, 11, 12), 5.0),
        (1.25, 1.25, 5.0, (9, 10, 11), 3.75),  # five would span 6.25
        (5 / 3, 5 / 3, 5.0, (9, 10, 11), 5.0),
        (3.0, 3.0, 5.0, (10,), 3.0),  # three would span 9
        (5.0, 5.0, 5.0, (10,), 5.0),
        (4.25, 5.0, 5.0, (10,), 5.0),  # overlapping slices that are thick already
        (1.0, 5.0, 5.0, (10,), 5.0),
        (1.5, 3.0, 5.0, (10,), 3.0),  # overlapping: three would cover 6
        (1.0, 2.0, 5.0, (9, 10, 11), 4.0),  # overlapping: five would cover 6
        (2.0, 1.0, 5.0, (9, 10, 11), 5.0),  # with gaps between: three reach over 5
        (1.0, 1.0, 0.0, (10,), 1.0),  # averaging switched off
        (1.0, 1.0, 3.0, (9, 10, 11), 3.0),
        (10.0, 1.0, 5.0, (10,), 1.0),  # gaps are not bridged
    ],
)
def test_neighbours_up_to_the_slab(spacing: float, thickness: float | None, slab: float, indices: tuple[int, ...], claimed: float) -> None:
    axial = axial_slice(stack(21, spacing, thickness), 10, slab)
    assert axial.indices == indices
    assert axial.thickness_mm == pytest.approx(claimed)
    assert (axial.hu == 100).all()  # centred: the mean of a ramp is its middle
    assert axial.z_mm == pytest.approx(-50 + 10 * spacing)


@pytest.mark.parametrize(("index", "indices"), [(0, (0,)), (1, (0, 1, 2)), (2, (0, 1, 2, 3, 4)), (20, (20,)), (19, (18, 19, 20))])
def test_at_the_end_of_a_scan_the_average_stays_centred(index: int, indices: tuple[int, ...]) -> None:
    axial = axial_slice(stack(21, 1.0), index)
    assert axial.indices == indices
    assert (axial.hu == 10 * index).all()
    assert axial.thickness_mm == pytest.approx(len(indices))


def test_a_missing_neighbour_counts_by_its_position_not_by_its_number() -> None:
    """A hole of 4 mm above the level: the upper neighbour is 5 mm away, too far for a slab of 5."""
    z = np.array([0.0, 1, 2, 3, 4, 9, 10, 11])
    volume = CTVolume(np.zeros((8, 1, 1), np.int16), z, (1.0, 1.0), acquisition=Acquisition(slice_thickness_mm=1.0))
    assert axial_slice(volume, 4).indices == (4,)
    assert axial_slice(volume, 2).indices == (0, 1, 2, 3, 4)


def test_the_mean_is_rounded_not_cut_off() -> None:
    hu = np.array([-100, -101, -101], np.int16).reshape(3, 1, 1)
    axial = axial_slice(CTVolume(hu, np.array([0.0, 1, 2]), (1.0, 1.0)), 1)
    assert axial.hu.item() == -101
    assert axial.hu.dtype == np.int16


def test_extreme_values_do_not_overflow_in_the_mean() -> None:
    hu = np.full((5, 1, 1), 32767, np.int16)
    assert axial_slice(CTVolume(hu, np.arange(5.0), (1.0, 1.0)), 2).hu.item() == 32767


def test_a_single_slice_of_unknown_thickness_stays_of_unknown_thickness() -> None:
    axial = axial_slice(stack(1, 1.0), 0)
    assert axial.indices == (0,)
    assert math.isnan(axial.thickness_mm)


@pytest.mark.parametrize("index", [-1, 21])
def test_a_slice_that_is_not_there_is_not_replaced_by_another(index: int) -> None:
    with pytest.raises(IndexError, match="0 to 20"):
        axial_slice(stack(21, 1.0), index)


def test_the_volume_is_left_as_it_was() -> None:
    volume = stack(21, 1.0)
    before = volume.hu.copy()
    axial_slice(volume, 10)
    np.testing.assert_array_equal(volume.hu, before)
