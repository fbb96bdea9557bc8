"""Describing a column: small cases that can be checked on paper."""

from __future__ import annotations

import pandas as pd
import pytest

from napari_t12_bodycomp.cohort.describe import describe, quartiles, summarise
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.description import Form, Kind, QuartileType
from napari_t12_bodycomp.model.p_value import p_text

TABLE = pd.DataFrame(
    {
        "group": ["a", "a", "a", "a", "b", "b", "b", "b", None],
        "x": [1.0, 2.0, 3.0, None, 1.0, 1.0, 1.0, 100.0, 7.0],
        "sex": ["F", "M", "F", None, "F", "F", "F", "F", "M"],
        "asa": [1, 2, 3, 3, 2, 2, 4, 1, 1],
    }
)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(QuartileType.TYPE_6, (1.25, 2.5, 3.75)), (QuartileType.TYPE_7, (1.75, 2.5, 3.25)), (QuartileType.HINGES, (1.5, 2.5, 3.5))],
)
def test_the_quartiles_of_one_to_four(kind: QuartileType, expected: tuple[float, ...]) -> None:
    assert quartiles([4, 1, 3, 2], kind) == expected


def test_numbers_that_miss_are_counted_and_said() -> None:
    found = describe(TABLE, "x", "group")
    first, second = found.numbers
    assert (first.n, first.n_missing, first.mean, first.sd, first.median) == (3, 1, 2.0, 1.0, 2.0)
    assert first.text(Form.MEAN_SD) == "2.00 ± 1.00 [n = 3]"
    assert second.text(Form.MEDIAN_IQR, 1) == "1.0 (1.0–75.2)"
    assert found.n_without_group == 1
    assert found.remarks == ("x is missing in 1 of group a.",)


def test_medians_are_chosen_where_normality_is_rejected_and_the_quartiles_are_named() -> None:
    found = describe(TABLE, "x", "group", quartile_type=QuartileType.TYPE_7)
    assert found.form is Form.MEDIAN_IQR
    assert "type 7" in found.method and "rejects normality in group b (p = 0.001)" in found.method


def test_means_are_chosen_where_it_is_not() -> None:
    found = describe(TABLE.assign(x=[1, 2, 4, 3, 5, 2, 3, 4, 1]), "x", "group")
    assert found.form is Form.MEAN_SD and "in no group" in found.method


def test_counts_have_the_known_values_below_them() -> None:
    found = describe(TABLE, "sex", "group")
    first, second = found.categories
    assert (first.n, first.n_missing, [(c.level, c.n) for c in first.counts]) == (3, 1, [("F", 2), ("M", 1)])
    assert first.text("F") == "2/3 (66.7)" and second.text("M") == "0 (0.0)"


def test_classes_written_as_numbers_are_counted_where_that_is_said() -> None:
    assert describe(TABLE, "asa").kind is Kind.NUMBERS
    found = describe(TABLE, "asa", kind=Kind.CATEGORIES, levels=[1, 2, 3, 4, 5])
    assert [c.n for c in found.categories[0].counts] == [3, 3, 2, 1, 0]
    with pytest.raises(InputError, match="1 other values occur"):
        describe(TABLE, "asa", kind=Kind.CATEGORIES, levels=[1, 2, 3])


def test_text_that_looks_like_a_number_stays_text() -> None:
    table = pd.DataFrame({"x": ["007", "7", "7"], "y": [1.0, 1.0, None]})
    assert [c.level for c in describe(table, "x", kind=Kind.CATEGORIES).categories[0].counts] == ["007", "7"]
    assert [(c.level, c.n) for c in describe(table, "y").categories[0].counts] == [("1", 2)]


@pytest.mark.parametrize(("values", "sd", "why"), [([], None, "there are 0"), ([5], None, "there are 1"), ([5, 5, 5], 0.0, "the same")])
def test_what_cannot_be_known_is_none_with_its_reason(values: list[float], sd: float | None, why: str) -> None:
    found = summarise("a", values)
    assert found.sd == sd and found.normality.p is None and why in found.normality.why_empty
    assert found.text(Form.MEAN_SD) == ("-" if not values else f"5.00 ± {'-' if sd is None else '0.00'}")


def test_a_constant_group_is_said() -> None:
    found = describe(TABLE.assign(x=[3.1] * 4 + [1, 2, 3, 4, 5]), "x", "group")
    assert found.form is Form.MEDIAN_IQR and found.numbers[0].is_constant
    assert any("all 4 values of x are the same" in remark for remark in found.remarks)


def test_a_word_among_numbers_is_refused_by_its_row() -> None:
    with pytest.raises(InputError, match="row 2 does not"):
        describe(pd.DataFrame({"x": [1, "Smith", 3]}), "x", kind=Kind.NUMBERS)
    with pytest.raises(InputError, match="the table has x"):
        describe(pd.DataFrame({"x": [1]}), "y")


@pytest.mark.parametrize(
    ("p", "words"), [(0.0, "p < 0.001"), (0.00099, "p < 0.001"), (0.001, "p = 0.001"), (0.0499, "p = 0.050"), (None, "p not available")]
)
def test_no_p_is_zero(p: float | None, words: str) -> None:
    assert p_text(p) == words
