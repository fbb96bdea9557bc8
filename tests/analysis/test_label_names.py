"""Telling what the numbers of a label map stand for."""

import numpy as np
import pytest
from label_maps import ROW, spine_labels, spine_volume

from napari_t12_bodycomp.analysis.label_names import named, tissue_names
from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.label_map import LabelMap
from napari_t12_bodycomp.model.label_schemes import SCHEMES, rib_of, vertebra_of
from napari_t12_bodycomp.model.volume import CTVolume


def numbered(volume: CTVolume, scheme: str, row: tuple[str, ...] = ROW) -> LabelMap:
    label_of = {name.removeprefix("vertebrae_"): label for label, name in SCHEMES[scheme].items()}
    return spine_labels(volume, {name: label_of[name] for name in row})


@pytest.mark.parametrize("scheme", ["total_v1", "verse"])
def test_numbers_that_fit_one_scheme_alone_are_named_by_it(scheme):
    volume = spine_volume()
    assert named(numbered(volume, scheme), volume) == SCHEMES[scheme]


def test_numbers_that_two_versions_use_differently_are_asked_about():
    volume = spine_volume()
    labels = numbered(volume, "total")  # 27 to 36: L5 to T8 in version 2, T8 to C6 in version 1
    with pytest.raises(UsageError, match=r"total as well as total_v1.*--opinion-labels"):
        named(labels, volume)
    assert named(labels, volume, "total")[32] == "vertebrae_T12"
    assert named(labels, volume, "total_v1")[23] == "vertebrae_T12"


def test_names_that_the_file_carries_go_first():
    volume = spine_volume()
    labels = numbered(volume, "total_v1")
    own = LabelMap(labels.labels, {23: "vertebrae_T12"}, "map")
    assert named(own, volume) == {23: "vertebrae_T12"}


def test_a_scheme_leaves_named_maps_and_maps_of_the_other_kind_alone(small_volume, small_regions):
    volume = spine_volume()
    own = LabelMap(numbered(volume, "total").labels, {32: "vertebrae_T12"}, "map")
    assert named(own, volume, "total_v1") == {32: "vertebrae_T12"}
    assert named(LabelMap(own.labels, {32: "Label 32"}, "map"), volume, "total")[32] == "vertebrae_T12"
    tissues = LabelMap(np.repeat(small_regions[None], len(small_volume.hu), 0), {}, "map")
    assert set(named(tissues, small_volume, "total").values()) == {"skeletal_muscle", "torso_fat", "subcutaneous_fat"}
    assert named(LabelMap(own.labels, {}, "map"), volume, "total")[32] == "vertebrae_T12"
    with pytest.raises(UsageError, match="total as well as total_v1"):
        named(LabelMap(own.labels, {}, "map"), volume, "tissue_types")


def test_a_map_of_something_else_is_refused_and_an_unknown_scheme_too():
    volume = spine_volume()
    soft = np.zeros(volume.shape, np.uint8)
    soft[20:40, 2:8, 2:8], soft[60:80, 2:8, 2:8] = 27, 28  # air, not bone
    with pytest.raises(InputError, match="no known scheme"):
        named(LabelMap(soft, {}, "map"), volume)
    with pytest.raises(UsageError, match="tissue_types"):
        named(LabelMap(soft, {}, "map"), volume, "version 3")


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (7, 5, 9)])
def test_tissues_are_told_by_hu_and_place_whatever_their_numbers(order, small_volume, small_regions):
    muscle, visceral, subcutaneous = order
    plane = np.zeros(small_regions.shape, np.uint8)
    for region, label in ((1, muscle), (2, visceral), (3, subcutaneous)):
        plane[small_regions == region] = label
    labels = LabelMap(np.repeat(plane[None], len(small_volume.hu), 0), {}, "map")
    assert tissue_names(labels, small_volume) == {muscle: "skeletal_muscle", visceral: "torso_fat", subcutaneous: "subcutaneous_fat"}


def test_names_of_bones_are_read():
    assert vertebra_of("vertebrae_T12") == vertebra_of("T12") == vertebra_of("vertebra_T12") == "T12"
    assert vertebra_of("vertebrae_body") is None and vertebra_of("aorta") is None
    assert rib_of("rib_left_12") == ("left", 12) and rib_of("rib_cage") is None


def test_the_schemes_are_the_package_s_own():
    maps = pytest.importorskip("totalsegmentator.map_to_binary", reason="TotalSegmentator is not installed").class_map
    for scheme in ("total", "total_v1", "tissue_types", "tissue_4_types"):
        assert {label: maps[scheme][label] for label in SCHEMES[scheme]} == SCHEMES[scheme]
    assert all(SCHEMES["verse"][label] == name for label, name in maps["vertebrae_pp"].items())
