"""Two sets of readings: what is paired, what is compared, and what is left out with which reason."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from napari_t12_bodycomp.cohort.agreement import compare, spread
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.agreement import Agreement, QuantityAgreement
from napari_t12_bodycomp.model.reading import Reading
from napari_t12_bodycomp.model.tissue import Region, Tissue

Regions = npt.NDArray[np.uint8]


def reading(case: str, scale: float = 1.0, **kwargs: object) -> Reading:
    areas = {
        Tissue.MUSCLE: 100 * scale,
        Tissue.VISCERAL_FAT: 80 * scale,
        Tissue.SUBCUTANEOUS_FAT: 160 * scale,
        Tissue.INTERMUSCULAR_FAT: 0.0,
    }
    indices = {"SMI": 40 * scale, "VFI": 30 * scale, "SFI": 60 * scale, "VSR": 0.5 * scale}
    values: dict[str, object] = {"areas_cm2": areas, "indices": indices, "smd_hu": 40 * scale, "z_mm": -600.0}
    return Reading(case, **(values | kwargs))  # type: ignore[arg-type]


def drawn(case: str, regions: Regions, **kwargs: object) -> Reading:
    return reading(case, regions=regions, **({"pixel_spacing_mm": (0.8, 0.8)} | kwargs))


def quantity(found: Agreement, name: str) -> QuantityAgreement:
    return next(q for q in found.quantities if q.quantity.name == name)


def test_cases_are_paired_by_name_and_the_others_are_listed() -> None:
    found = compare([reading("b"), reading("a"), reading("only here")], [reading("a", 1.1), reading("b"), reading("there")])
    assert [c.case for c in found.cases] == ["a", "b"]
    assert (found.only_first, found.only_second) == (("only here",), ("there",))
    assert found.cases[0].values["smi_cm2_m2"] == pytest.approx((40, 44))


def test_a_case_twice_on_one_side_is_refused() -> None:
    with pytest.raises(InputError, match="second set holds 'a' twice"):
        compare([reading("a")], [reading("a"), reading("a")])


def test_no_case_on_both_sides_is_refused() -> None:
    with pytest.raises(InputError, match="no case stands on both sides"):
        compare([reading("a")], [reading("b")])


def test_a_quantity_leaves_out_the_case_in_which_one_side_does_not_know_it() -> None:
    gap = replace(reading("c", 3), indices={"SMI": math.nan, "VFI": 90.0})
    found = compare([reading("a"), reading("b", 2), reading("c", 3)], [reading("a"), reading("b", 2.1), gap])
    assert (quantity(found, "smi_cm2_m2").cases, quantity(found, "smi_cm2_m2").n_left_out) == (("a", "b"), 1)
    assert (quantity(found, "vfi_cm2_m2").cases, quantity(found, "vfi_cm2_m2").n_left_out) == (("a", "b", "c"), 0)
    assert quantity(found, "sfi_cm2_m2").n_left_out == 1, "a missing index is unknown, as NaN is"
    assert quantity(found, "smi_cm2_m2").icc["ICC(2,1)"].why_empty


def test_levels_are_compared_by_their_differences_alone() -> None:
    z = [-600.0, -605, -590, -615]
    first = [reading(str(k), k + 1, z_mm=v) for k, v in enumerate(z)]
    second = [reading(str(k), k + 1, z_mm=v + k) for k, v in enumerate(z)]
    level = quantity(compare(first, second), "z_mm")
    assert (level.bland_altman.bias, level.bland_altman.max_abs) == (-1.5, 3.0)
    assert math.isnan(level.icc["ICC(2,1)"].value) and level.icc["ICC(2,1)"].why_empty
    assert math.isnan(level.repeatability.rtem_percent) and math.isnan(level.bland_altman.percent_bias)


def test_a_level_in_another_scan_is_not_compared() -> None:
    found = compare([reading("a", scan="1.2")], [reading("a", scan="1.3", z_mm=-590.0)])
    assert math.isnan(found.cases[0].level_difference_mm)
    assert quantity(found, "z_mm").n_left_out == 1


def test_the_same_drawing_on_the_same_slice(small_regions: Regions) -> None:
    found = compare([drawn("a", small_regions)], [drawn("a", small_regions)]).cases[0]
    assert found.why_no_overlap == ""
    assert found.overlaps["muscle_region_area_cm2"].dice == 1
    assert found.values["muscle_region_area_cm2"] == pytest.approx((400 * 0.0064,) * 2)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"z_mm": -605.0}, "two slices were measured, 5.0 mm apart"),
        ({"z_mm": None}, "it is unknown which slice was measured"),
        ({"scan": "1.9"}, "two scans were measured"),
        ({"pixel_spacing_mm": (0.8, 0.9)}, "the drawings lie on two grids"),
        ({"origin_xy_mm": (5.0, 0.0)}, "the drawings lie on two grids"),
        ({"regions": np.ones((3, 3), np.uint8)}, "the drawings lie on two grids"),
        ({"regions": None}, "the second reading has no drawing here"),
    ],
)
def test_drawings_that_cannot_be_laid_over_each_other(small_regions: Regions, change: dict[str, object], reason: str) -> None:
    one = drawn("a", small_regions, scan="1.2", origin_xy_mm=(0.0, 0.0))
    found = compare([one], [replace(one, **change)]).cases[0]  # type: ignore[arg-type]
    assert found.why_no_overlap == reason
    for overlap in found.overlaps.values():
        assert math.isnan(overlap.dice) and math.isnan(overlap.surface_mm) and overlap.why_empty == reason


def test_rounding_of_a_position_keeps_the_slice(small_regions: Regions) -> None:
    found = compare([drawn("a", small_regions, z_mm=-664.800049)], [drawn("a", small_regions, z_mm=-664.8)])
    assert found.cases[0].why_no_overlap == ""


def test_a_region_that_one_side_did_not_draw_is_unknown_and_not_empty(small_regions: Regions) -> None:
    without = np.where(small_regions == Region.MUSCLE, 0, small_regions).astype(np.uint8)
    found = compare([drawn("a", small_regions)], [drawn("a", without)]).cases[0]
    assert math.isnan(found.values["muscle_region_area_cm2"][1])
    assert math.isnan(found.overlaps["muscle_region_area_cm2"].dice)
    assert "second reading has no region" in found.overlaps["muscle_region_area_cm2"].why_empty
    assert found.overlaps["visceral_region_area_cm2"].dice == 1


def test_a_tissue_that_a_drawn_region_does_not_hold_is_empty(small_regions: Regions) -> None:
    tissues = small_regions.copy()
    other = tissues.copy()
    other[12, 12] = Tissue.INTERMUSCULAR_FAT
    found = compare([drawn("a", small_regions, tissues=tissues)], [drawn("a", small_regions, tissues=other)]).cases[0]
    assert found.overlaps["intermuscular_fat_area_cm2"].dice == 0
    assert found.overlaps["muscle_area_cm2"].dice == pytest.approx(2 * 399 / 799)


def test_what_a_reader_of_the_numbers_must_know_is_remarked() -> None:
    first = [reading("a", protocol="one", reader="ann"), reading("b", protocol="one", reader="ann")]
    second = [reading("a", protocol="two", reader="ann"), reading("b", protocol="one", reader="ben")]
    found = compare(first, second)
    assert (found.first_reader, found.second_reader) == ("ann", "")
    assert found.remarks[0].startswith("1 of 2 cases were measured by two protocols")
    assert found.remarks[1].startswith("1 of 2 cases were read twice by the same person")


def test_label_maps_alone_say_what_they_cannot_give(small_regions: Regions) -> None:
    alone = Reading("a", regions=small_regions, pixel_spacing_mm=(1.0, 1.0), z_mm=1.0)
    assert "need the scan" in " ".join(compare([alone], [alone]).remarks)


def test_spread_of_what_is_known() -> None:
    found = spread([4.0, math.nan, 1.0, 2.0, 3.0])
    assert (found.n, found.median, found.quartiles, found.mean, found.range) == (4, 2.5, (1.75, 3.25), 2.5, (1.0, 4.0))
    assert math.isnan(spread([math.nan]).median) and math.isnan(spread([1.0]).sd)


@pytest.mark.parametrize(
    "wrong",
    [
        {"case": ""},
        {"indices": {"BMI": 1.0}},
        {"regions": np.zeros((2, 2), np.uint8)},
        {"regions": np.zeros((2, 2), np.uint8), "tissues": np.zeros((3, 2), np.uint8), "pixel_spacing_mm": (1.0, 1.0)},
    ],
)
def test_a_reading_that_is_none_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"reading|indices|spacing|shape"):
        Reading(**({"case": "a"} | wrong))  # type: ignore[arg-type]
