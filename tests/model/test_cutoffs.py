"""Cut-offs: the printed numbers, and that an unknown sex is never guessed."""

from __future__ import annotations

import math

import pytest

from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.model.cutoffs import CUTOFF_SETS, UNITS, CutOff, cutoff_set, judge

PRINTED = [
    ("nemec-2017", "SMI", 42.6, 30.6),
    ("insights-2021", "SMI", 25.75, 20.16),
    ("insights-2021", "SMD", 37.42, 33.17),
    ("insights-2021", "IMAT", 8.72, 4.58),
    ("cancers-2025-low-mass", "SMI", 31.98, 28.23),
    ("cancers-2025-sarcopenia", "SMI", 24.78, 21.24),
    ("kjr-2019", "SMI", 28.07, 28.07),
    ("t12-study-institution-1", "SMI", 33.046, 33.046),
    ("t12-study-institution-1", "VFI", 35.270, 35.270),
    ("t12-study-institution-2", "SMI", 31.841, 31.841),
    ("t12-study-institution-2", "VFI", 29.526, 29.526),
]


@pytest.mark.parametrize(("name", "quantity", "men", "women"), PRINTED)
def test_the_limits_are_the_printed_ones(name: str, quantity: str, men: float, women: float) -> None:
    cut = cutoff_set(name).cutoff(quantity)
    assert cut is not None
    assert (cut.limit("M"), cut.limit("F")) == (men, women)


def test_nothing_is_shipped_that_is_not_in_the_list_above() -> None:
    shipped = {(s.name, c.quantity) for s in CUTOFF_SETS.values() for c in s.cutoffs}
    assert shipped == {(name, quantity) for name, quantity, *_ in PRINTED}
    assert all(s.source and s.basis and s.group for s in CUTOFF_SETS.values())


@pytest.mark.parametrize(
    ("value", "sex", "sentence"),
    [
        (30.59, "F", "SMI is below 30.6 cm2/m2 (women, nemec-2017)."),
        (30.60, "F", "SMI is not below 30.6 cm2/m2 (women, nemec-2017)."),
        (30.61, "M", "SMI is below 42.6 cm2/m2 (men, nemec-2017)."),
        (42.61, "M", "SMI is not below 42.6 cm2/m2 (men, nemec-2017)."),
    ],
)
def test_a_value_is_judged_by_the_limit_of_its_sex(value: float, sex: str, sentence: str) -> None:
    assert judge(cutoff_set("nemec-2017"), "SMI", value, sex) == sentence


@pytest.mark.parametrize("sex", ["", "O", "m", "female"])
def test_an_unknown_sex_is_said_and_never_guessed(sex: str) -> None:
    sentence = judge(cutoff_set("nemec-2017"), "SMI", 35.0, sex)
    assert sentence is not None
    assert sentence.startswith("The sex is unknown")
    assert "42.6 for men" in sentence
    assert "30.6 for women" in sentence


def test_one_limit_for_both_sexes_needs_no_sex() -> None:
    assert judge(cutoff_set("kjr-2019"), "SMI", 28.0, "") == "SMI is below 28.07 cm2/m2 (both sexes, kjr-2019)."


def test_fat_is_judged_from_above() -> None:
    study = cutoff_set("t12-study-institution-1")
    assert judge(study, "VFI", 35.28, "F") == "VFI is above 35.27 cm2/m2 (both sexes, t12-study-institution-1)."
    assert judge(study, "VFI", 35.27, "F") == "VFI is not above 35.27 cm2/m2 (both sexes, t12-study-institution-1)."


def test_the_printed_digits_of_a_limit_are_kept() -> None:
    assert judge(cutoff_set("t12-study-institution-2"), "SMI", 31.8409, "M") == (
        "SMI is below 31.841 cm2/m2 (both sexes, t12-study-institution-2)."
    )


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_an_unknown_value_is_not_judged(value: float) -> None:
    assert judge(cutoff_set("kjr-2019"), "SMI", value, "M") is None


def test_a_set_is_silent_about_what_it_does_not_hold() -> None:
    assert judge(cutoff_set("nemec-2017"), "VSR", 0.5, "M") is None


def test_an_unknown_set_names_the_choices() -> None:
    with pytest.raises(UsageError, match=r"nemec-2017, .*'nemec' came"):
        cutoff_set("nemec")


def test_a_cut_off_of_an_unknown_quantity_is_refused() -> None:
    assert "BMI" not in UNITS
    with pytest.raises(ValueError, match="BMI"):
        CutOff("BMI", "below", 1, 1)
