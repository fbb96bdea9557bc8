"""The automatic draft on a trunk made of ellipses, where every region is known."""

import numpy as np
import pytest

from napari_t12_bodycomp.analysis.draft import draft_regions
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.axial_slice import axial_slice
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.tissue import Region
from napari_t12_bodycomp.model.volume import CTVolume

SPACING = (1.0, 1.0)


def ellipse(shape, centre, half):
    rows, cols = np.indices(shape)
    return ((rows - centre[0]) / half[0]) ** 2 + ((cols - centre[1]) / half[1]) ** 2 <= 1


def trunk(size=400, slices=1):
    """HU (Z, Y, X) and true regions (Y, X): skin, 15 mm of fat, 15 mm of muscle, fat inside, a vertebra with its canal."""
    shape, centre = (size, size), (size // 2, size // 2)
    half = np.array([110.0, 160.0])
    hu = np.full(shape, -1000, np.int16)
    regions = np.zeros(shape, np.uint8)
    for shrink, value, region in ((0, 20, 0), (2, -100, Region.SUBCUTANEOUS), (17, 50, Region.MUSCLE), (32, -100, Region.VISCERAL)):
        here = ellipse(shape, centre, half - shrink)
        hu[here], regions[here] = value, region
    spine = (centre[0] + 55, centre[1])
    for radius, value in ((18, 400), (9, 40)):
        here = ellipse(shape, spine, (radius, radius))
        hu[here], regions[here] = value, 0
    return np.repeat(hu[None], slices, 0), regions


def volume_of(hu, spacing=SPACING, **more):
    return CTVolume(hu, np.arange(len(hu)) * 5.0, spacing, **more)


def draft_of(volume, index=0, **options):
    return draft_regions(volume, axial_slice(volume, index), Protocol(**options))


def test_skin_and_fat_are_told_apart_on_a_single_slice():
    hu, truth = trunk()
    draft = draft_of(volume_of(hu))
    ours, true = draft.regions == Region.SUBCUTANEOUS, truth == Region.SUBCUTANEOUS
    assert 2 * (ours & true).sum() / (ours.sum() + true.sum()) > 0.97


def test_a_slice_without_a_body_is_refused():
    with pytest.raises(InputError, match="no body"):
        draft_of(volume_of(np.full((3, 200, 200), -1000, np.int16)))
