"""Masks that can be laid over each other on paper."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import cdist

from napari_t12_bodycomp.cohort.overlap import Mask, overlap, surface_distances


def box(top: int, left: int, height: int, width: int, shape: tuple[int, int] = (40, 60)) -> Mask:
    mask = np.zeros(shape, bool)
    mask[top : top + height, left : left + width] = True
    return mask


def test_the_same_mask() -> None:
    found = overlap(box(5, 5, 10, 10), box(5, 5, 10, 10), (0.8, 0.8))
    assert (found.dice, found.jaccard, found.surface_mm, found.hausdorff95_mm, found.why_empty) == (1, 1, 0, 0, "")


def test_boxes_that_share_half() -> None:
    found = overlap(box(5, 5, 10, 10), box(5, 10, 10, 10), (1, 1))
    assert found.dice == 0.5
    assert found.jaccard == pytest.approx(1 / 3)


def test_single_rows_lie_as_far_apart_as_rows_are_spaced() -> None:
    """Rows 4 pixels apart, 0.5 mm each, of columns that are spaced otherwise."""
    found = overlap(box(10, 5, 1, 20), box(14, 5, 1, 20), (0.5, 3.0))
    assert (found.dice, found.surface_mm, found.hausdorff95_mm) == (0, 2.0, 2.0)


def test_the_95_percent_distance_is_the_greater_of_the_two_directions() -> None:
    """A short row inside a long one: nothing to go there, up to 40 pixels back."""
    mean, hausdorff95 = surface_distances(box(10, 5, 1, 10), box(10, 5, 1, 50), (1.0, 1.0))
    assert hausdorff95 == pytest.approx(np.percentile([0] * 10 + list(range(1, 41)), 95))
    assert mean == pytest.approx(sum(range(1, 41)) / 60)


def test_a_mask_at_the_edge_of_the_picture_has_a_contour_there() -> None:
    whole = np.ones((10, 10), bool)
    inner = np.zeros((10, 10), bool)
    inner[1:-1, 1:-1] = True
    assert surface_distances(whole, inner, (1.0, 1.0))[1] == pytest.approx(1.0, abs=0.5)


def test_one_empty_mask_shares_nothing_and_two_say_nothing() -> None:
    empty = np.zeros((40, 60), bool)
    one = overlap(box(5, 5, 3, 3), empty, (1, 1))
    assert one.dice == 0 and math.isnan(one.surface_mm) and one.why_empty
    none = overlap(empty, empty, (1, 1))
    assert math.isnan(none.dice) and math.isnan(none.jaccard) and none.why_empty


def test_masks_of_two_shapes_are_an_error() -> None:
    with pytest.raises(ValueError, match="one shape"):
        overlap(np.ones((3, 4), bool), np.ones((4, 3), bool), (1, 1))


def _contour_points(mask: Mask, spacing_mm: tuple[float, float]) -> np.ndarray:
    padded = np.pad(mask, 1)
    inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return np.argwhere(mask & ~inner) * spacing_mm


masks = arrays(bool, (9, 12)).filter(lambda m: m.any())


@settings(deadline=None)
@given(first=masks, second=masks, row_mm=st.floats(0.3, 3), column_mm=st.floats(0.3, 3))
def test_distances_are_those_between_all_contour_pixels(first: Mask, second: Mask, row_mm: float, column_mm: float) -> None:
    spacing = (row_mm, column_mm)
    apart = cdist(_contour_points(first, spacing), _contour_points(second, spacing))
    there, back = apart.min(axis=1), apart.min(axis=0)
    mean, hausdorff95 = surface_distances(first, second, spacing)
    assert mean == pytest.approx(np.concatenate([there, back]).mean())
    assert hausdorff95 == pytest.approx(max(np.percentile(there, 95), np.percentile(back, 95)))
    assert surface_distances(second, first, spacing) == pytest.approx((mean, hausdorff95))
