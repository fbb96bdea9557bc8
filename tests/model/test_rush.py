"""RUSH: items, totals, and who heals slowly."""

from __future__ import annotations

import pytest

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.rush import HIGHEST, ITEMS, LOWEST, RushScore, is_slow


def _score(points: int | None = 2, noted: int | None = None, **changed: int | None) -> RushScore:
    return RushScore("p1", "m1", "att1", {**dict.fromkeys(ITEMS, points), **changed}, noted_total=noted)


def test_ten_items_give_10_to_30() -> None:
    assert (len(ITEMS), LOWEST, HIGHEST) == (10, 10, 30)
    assert [_score(points).total for points in (1, 2, 3)] == [10, 20, 30]
    assert _score(1, trab_consolidation=3).total == 12


def test_a_missing_item_leaves_the_total_unknown() -> None:
    score = _score(cb_medial=None)
    assert score.total is None and score.missing == ("cb_medial",)
    assert RushScore("p1", "m1", "att1", {}, noted_total=17).total == 17


@pytest.mark.parametrize(
    ("points", "noted", "words"),
    [(0, None, "1, 2 or 3"), (4, None, "1, 2 or 3"), (2, 19, "items of 20"), (None, 9, "10 to 30"), (None, 31, "10 to 30")],
)
def test_what_cannot_be_is_refused(points: int | None, noted: int | None, words: str) -> None:
    with pytest.raises(InputError, match=words):
        _score(points, noted)


def test_an_item_that_is_none_of_the_ten_is_refused() -> None:
    with pytest.raises(InputError, match="'callus' is none"):
        _score(callus=2)


@pytest.mark.parametrize(("total", "expected"), [(17, True), (18, False), (19, False), (None, None)])
def test_slow_is_below_18_and_18_itself_is_not(total: int | None, expected: bool | None) -> None:
    assert is_slow(total) is expected
