"""A map of tissues set beside the measured ones: by the windows and options of the protocol, on both sides."""

import numpy as np
import pytest
from scipy import ndimage as ndi

from napari_t12_bodycomp.analysis.measure import measure
from napari_t12_bodycomp.analysis.tissue_opinion import compare_tissues
from napari_t12_bodycomp.model.axial_slice import AxialSlice
from napari_t12_bodycomp.model.label_map import LabelMap
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.tissue import Region, Tissue

NAMES = {1: "subcutaneous_fat", 2: "torso_fat", 3: "skeletal_muscle"}


@pytest.fixture
def axial():
    """Fat with a gas-filled loop of bowel in it, as blurred as a scanner shows it."""
    hu = np.full((80, 80), -100.0)
    away = np.hypot(*(np.indices(hu.shape) - 40))
    hu[away < 22], hu[away < 18] = 40, -990
    return AxialSlice(np.rint(ndi.gaussian_filter(hu, 1.0)).astype(np.int16), 0, 0.0, (0,), (0.8, 0.8), 5.0)


@pytest.mark.parametrize("rims_count", [True, False])
def test_rims_of_gas_are_on_both_sides_or_on_neither(axial, rims_count):
    protocol = Protocol(gas_rims_are_fat=rims_count)
    regions = np.full(axial.hu.shape, Region.VISCERAL, np.uint8)
    labels = LabelMap(np.full((1, 80, 80), 2, np.uint8), NAMES, "map")
    beside = compare_tissues(labels, NAMES, axial, regions, protocol)
    measured = measure(axial, regions, None, protocol)
    assert measured.gas_rim_cm2 > 0.1
    assert beside.areas_cm2[Tissue.VISCERAL_FAT] == pytest.approx(measured.areas_cm2[Tissue.VISCERAL_FAT])
    assert beside.dice[Tissue.VISCERAL_FAT] == 1.0
