"""Areas, means and indices, worked out on paper."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from napari_t12_bodycomp.analysis.measure import measure
from napari_t12_bodycomp.model.axial_slice import AxialSlice
from napari_t12_bodycomp.model.measurement import Measurement
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.tissue import PRESETS, Region, Tissue

M, V, S = Region.MUSCLE, Region.VISCERAL, Region.SUBCUTANEOUS
HU = np.array(
    [
        [40, 60, 10, -80],  # 3 muscle (one of them low), 1 fat between muscles
        [-100, -120, 30, 300],  # 2 visceral fat, liver, bone
        [-60, -90, -110, -200],  # 3 subcutaneous fat, air
        [0, 0, 0, 0],
    ],
    np.int16,
)
REGIONS = np.array([[M] * 4, [V] * 4, [S] * 4, [0] * 4], np.uint8)


def measured(
    regions: npt.NDArray[np.uint8] = REGIONS,
    height_m: float | None = 2.0,
    spacing_mm: tuple[float, float] = (10.0, 20.0),
    preset: str = "t12-study",
) -> Measurement:
    axial = AxialSlice(HU, 7, -100.0, (7,), spacing_mm, 5.0)
    return measure(axial, regions, height_m, Protocol(PRESETS[preset]))


def test_areas_are_counts_times_the_pixel_of_unequal_sides() -> None:
    """One pixel of 10 x 20 mm is 2 cm2."""
    assert measured().areas_cm2 == {
        Tissue.MUSCLE: 6.0,
        Tissue.VISCERAL_FAT: 4.0,
        Tissue.SUBCUTANEOUS_FAT: 6.0,
        Tissue.INTERMUSCULAR_FAT: 2.0,
    }


def test_means_are_over_the_tissue_not_over_the_region() -> None:
    assert measured().mean_hu == {
        Tissue.MUSCLE: pytest.approx(110 / 3),
        Tissue.VISCERAL_FAT: -110.0,
        Tissue.SUBCUTANEOUS_FAT: pytest.approx(-260 / 3),
        Tissue.INTERMUSCULAR_FAT: -80.0,
    }
    assert measured().smd_hu == pytest.approx(110 / 3)


def test_indices_divide_by_height_squared_and_vsr_by_nothing() -> None:
    """6, 4 and 6 cm2 at 2 m."""
    assert measured().indices == {"SMI": 1.5, "VFI": 1.0, "SFI": 1.5, "VSR": pytest.approx(2 / 3)}
    assert measured().why_empty == {}


def test_muscle_of_low_attenuation_is_its_own_area() -> None:
    assert measured().low_attenuation_muscle_cm2 == 2.0


def test_a_preset_changes_the_numbers_without_redrawing() -> None:
    wide = measured(preset="uniform")
    assert wide.areas_cm2 == measured().areas_cm2
    regions = REGIONS.copy()
    regions[2, 3] = 0
    shifted = measure(AxialSlice(HU - 60, 7, 0.0, (7,), (10.0, 20.0), 5.0), regions, None, Protocol(PRESETS["uniform"]))
    assert shifted.areas_cm2[Tissue.SUBCUTANEOUS_FAT] == 6.0  # -120, -150, -170: the wide window takes all three
    narrow = measure(AxialSlice(HU - 60, 7, 0.0, (7,), (10.0, 20.0), 5.0), regions, None, Protocol())
    assert narrow.areas_cm2[Tissue.SUBCUTANEOUS_FAT] == 4.0


@pytest.mark.parametrize("height", [None, math.nan])
def test_without_height_the_indices_are_unknown_and_say_why(height: float | None) -> None:
    result = measured(height_m=height)
    assert all(math.isnan(result.indices[name]) for name in ("SMI", "VFI", "SFI"))
    assert result.indices["VSR"] == pytest.approx(2 / 3)
    assert set(result.why_empty) == {"SMI", "VFI", "SFI"}
    assert all("height is unknown" in sentence for sentence in result.why_empty.values())
    assert result.areas_cm2[Tissue.MUSCLE] == 6.0


@pytest.mark.parametrize("height", [0.0, -1.7])
def test_an_impossible_height_is_refused_not_squared(height: float) -> None:
    with pytest.raises(ValueError, match="above 0 m"):
        measured(height_m=height)


def test_a_region_never_drawn_is_unknown_not_zero() -> None:
    regions = np.where(REGIONS == V, 0, REGIONS).astype(np.uint8)
    result = measured(regions)
    assert math.isnan(result.areas_cm2[Tissue.VISCERAL_FAT])
    assert math.isnan(result.mean_hu[Tissue.VISCERAL_FAT])
    assert math.isnan(result.indices["VFI"])
    assert math.isnan(result.indices["VSR"])
    assert set(result.why_empty) == {"VFI", "VSR"}
    assert "visceral region is not drawn" in result.why_empty["VFI"]


def test_an_undrawn_muscle_region_leaves_all_its_numbers_unknown() -> None:
    regions = np.where(REGIONS == M, 0, REGIONS).astype(np.uint8)
    result = measured(regions)
    assert math.isnan(result.areas_cm2[Tissue.INTERMUSCULAR_FAT])
    assert math.isnan(result.low_attenuation_muscle_cm2)
    assert math.isnan(result.smd_hu)


def test_a_drawn_region_without_the_tissue_has_area_zero_and_no_mean() -> None:
    regions = np.zeros_like(REGIONS)
    regions[1, 2:] = V  # liver and bone only
    result = measured(regions)
    assert result.areas_cm2[Tissue.VISCERAL_FAT] == 0.0
    assert result.indices["VFI"] == 0.0
    assert math.isnan(result.mean_hu[Tissue.VISCERAL_FAT])


def test_no_subcutaneous_fat_gives_no_ratio_instead_of_infinity() -> None:
    regions = REGIONS.copy()
    regions[2] = [0, 0, 0, S]  # air only
    result = measured(regions)
    assert result.areas_cm2[Tissue.SUBCUTANEOUS_FAT] == 0.0
    assert math.isnan(result.indices["VSR"])
    assert set(result.why_empty) == {"VSR"}


def test_nothing_drawn_gives_no_number_at_all() -> None:
    result = measured(np.zeros_like(REGIONS))
    numbers = [*result.areas_cm2.values(), *result.mean_hu.values(), *result.indices.values(), result.low_attenuation_muscle_cm2]
    assert all(math.isnan(n) for n in numbers)
    assert set(result.why_empty) == {"SMI", "VFI", "SFI", "VSR"}


def test_the_measurement_carries_its_protocol_and_slab() -> None:
    result = measured(preset="alberta")
    assert result.protocol.preset.name == "alberta"
    assert result.slab_mm == 5.0


@pytest.mark.parametrize(
    "regions",
    [np.zeros((4, 5), np.uint8), np.zeros((1, 4), np.uint8), np.full((4, 4), 9, np.uint8), np.zeros((4, 4), np.int64)],
    ids=["other shape", "shape that would broadcast", "unknown label", "other type"],
)
def test_a_map_that_does_not_belong_to_the_slice_is_refused(regions: npt.NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match="regions"):
        measured(regions)


def test_tissues_share_no_pixel_and_stay_within_the_drawn_area() -> None:
    """By property, on random slices: the areas of a region's tissues never exceed the region."""
    rng = np.random.default_rng(5)
    for preset in PRESETS:
        hu = rng.integers(-300, 300, (32, 32)).astype(np.int16)
        regions = rng.integers(0, 4, (32, 32)).astype(np.uint8)
        result = measure(AxialSlice(hu, 0, 0.0, (0,), (1.0, 1.0), 5.0), regions, None, Protocol(PRESETS[preset]))
        for region in Region:
            inside = sum(result.areas_cm2[t] for t in Tissue if t.region is region)
            assert inside <= (regions == region).sum() / 100 + 1e-9
