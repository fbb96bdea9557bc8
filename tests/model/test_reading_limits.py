"""Two readings set beside each other, on numbers that can be checked on paper; rules of waiting after wrong passwords."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.model.double_reading import Difference, Limits, ReadingChoice, compared
from napari_t12_bodycomp.model.reading import Reading
from napari_t12_bodycomp.model.sign_in_rules import locked_until, why_locked
from napari_t12_bodycomp.model.tissue import Tissue

NAN = float("nan")


def reading(muscle: float = 100.0, fat: float = 50.0, columns: int = 10, z_mm: float | None = 0.0) -> Reading:
    """Areas, and a strip of muscle `columns` wide in a row of 20 pixels."""
    regions = np.zeros((1, 20), np.uint8)
    regions[0, :columns] = 1
    areas = dict.fromkeys(Tissue, fat) | {Tissue.MUSCLE: muscle}
    return Reading("P", "ann", areas, regions=regions, pixel_spacing_mm=(1.0, 1.0), z_mm=z_mm)


def told(first: Reading, second: Reading, limits: Limits | None = None) -> dict[str, Difference]:
    return {d.quantity: d for d in compared(first, second, limits or Limits())}


def test_areas_are_compared_in_percent_of_their_mean() -> None:
    found = told(reading(110.0), reading(90.0))
    assert found["muscle_area_percent"] == Difference("muscle_area_percent", pytest.approx(20.0), True)
    assert found["visceral_fat_area_percent"] == Difference("visceral_fat_area_percent", 0.0, False)
    assert not told(reading(104.0), reading(96.0))["muscle_area_percent"].is_beyond
    assert told(reading(104.0), reading(96.0), Limits(area_percent=5.0))["muscle_area_percent"].is_beyond


def test_a_square_centimetre_of_a_small_tissue_is_no_disagreement() -> None:
    small = told(reading(fat=1.0), reading(fat=2.0))["intermuscular_fat_area_percent"]
    assert (small.value, small.is_beyond) == (pytest.approx(66.667, abs=1e-3), False)
    assert told(reading(fat=1.0), reading(fat=2.01))["intermuscular_fat_area_percent"].is_beyond
    assert told(reading(fat=0.0), reading(fat=0.0))["visceral_fat_area_percent"].value == 0.0


def test_an_area_that_one_of_them_does_not_know_is_a_disagreement_and_never_zero() -> None:
    assert told(reading(NAN), reading(90.0))["muscle_area_percent"] == Difference("muscle_area_percent", None, True)
    assert told(reading(NAN), reading(NAN))["muscle_area_percent"] == Difference("muscle_area_percent", None, False)


def test_overlap_counts_on_the_same_slice_alone() -> None:
    far = told(reading(columns=10), reading(columns=15))["muscle_dice"]
    assert far == Difference("muscle_dice", pytest.approx(2 * 10 / 25), True)
    assert not told(reading(columns=10), reading(columns=12))["muscle_dice"].is_beyond
    elsewhere = told(reading(columns=10), reading(columns=15, z_mm=5.0))
    assert (elsewhere["muscle_dice"].value, elsewhere["muscle_dice"].is_beyond) == (pytest.approx(0.8), False)
    assert told(reading(columns=0), reading(columns=0))["muscle_dice"] == Difference("muscle_dice", None, False)
    assert told(reading(columns=0), reading(columns=5))["muscle_dice"] == Difference("muscle_dice", 0.0, True)


def test_levels_are_compared_in_mm() -> None:
    assert told(reading(z_mm=-700.0), reading(z_mm=-690.0))["level_mm"] == Difference("level_mm", 10.0, False)
    assert told(reading(z_mm=-700.0), reading(z_mm=-685.0))["level_mm"].is_beyond
    assert told(reading(z_mm=None), reading())["level_mm"] == Difference("level_mm", None, False)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Limits(dice=1.1),
        lambda: Limits(area_percent=-1.0),
        lambda: Limits(level_mm=float("nan")),
        lambda: ReadingChoice(101.0),
        lambda: ReadingChoice(10.0, -1.0),
        lambda: ReadingChoice(10.0, 5.0, -1),
        lambda: ReadingChoice(10.0, seed=2**31),
    ],
)
def test_impossible_choices_are_refused(wrong: object) -> None:
    with pytest.raises(UsageError, match="wanted"):
        wrong()  # type: ignore[operator]


def test_the_wait_after_wrong_passwords_doubles_up_to_an_hour() -> None:
    at = datetime(2030, 1, 1, 12, tzinfo=UTC)

    def minutes(failures: int) -> float:
        until = locked_until(failures, at.isoformat())
        return 0.0 if until is None else (until - at).total_seconds() / 60

    assert [minutes(n) for n in (0, 4, 5, 6, 7, 10, 11, 500)] == [0, 0, 1, 2, 4, 32, 60, 60]
    assert why_locked("ann", 4, at.isoformat(), at.isoformat()) == ""
    assert "wait until 12:02:00 UTC" in why_locked("ann", 6, at.isoformat(), (at + timedelta(seconds=119)).isoformat())
    assert why_locked("ann", 6, at.isoformat(), (at + timedelta(seconds=120)).isoformat()) == ""
