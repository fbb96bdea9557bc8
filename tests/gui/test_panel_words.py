"""Numbers and facts to strings: unknown is never zero, sentences fit the state."""

from __future__ import annotations

import math

import pytest

from napari_t12_bodycomp.gui import case_words, words
from napari_t12_bodycomp.gui import format as fmt
from napari_t12_bodycomp.gui.reformat_place import place
from napari_t12_bodycomp.model.level_choice import is_vertebra
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow.session import Session
from napari_t12_bodycomp.workflow.session_state import SessionState, Step


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(None, 1, "–"), (math.nan, 1, "–"), (math.inf, 1, "–"), (-0.04, 1, "0.0"), (-98.44, 1, "−98.4"), (0.823, 2, "0.82"), (12, 0, "12")],
)
def test_numbers(value: float | None, decimals: int, text: str) -> None:
    assert fmt.number(value, decimals) == text


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (48.9, "0:48"), (61, "1:01"), (3725, "1:02:05"), (-3, "0:00")])
def test_the_clock(seconds: float, text: str) -> None:
    assert fmt.clock(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [(3, "a moment ago"), (61, "1 minute ago"), (7300, "2 hours ago"), (200000, "2 days ago")])
def test_how_long_ago(seconds: float, text: str) -> None:
    assert fmt.ago(seconds) == text


@pytest.mark.parametrize(("typed", "value"), [("", None), (" 162 ", 162.0), ("162,5", 162.5), ("162.5", 162.5)])
def test_typed_numbers(typed: str, value: float | None) -> None:
    assert fmt.parse_number(typed) == value


@pytest.mark.parametrize("typed", ["nan", "inf", "1,6,2", "tall"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"finite|could not convert"):
        fmt.parse_number(typed)


def test_keys_as_shown() -> None:
    assert fmt.key_words("Ctrl+Enter") == "Ctrl ↵"
    assert fmt.key_words("") == ""


def test_the_next_action_goes_through_the_steps(small_volume: CTVolume, small_regions: object) -> None:
    session = Session()
    seen = [words.next_action(session.state).text]
    session.open(small_volume)
    assert "drag the level line" in words.next_action(session.state).why_not
    session.choose_level(4)
    assert "assessor" in words.next_action(session.state).why_not
    session.set_assessor("anna")
    seen.append(words.next_action(session.state).text)
    session.confirm_level()
    seen.append(words.next_action(session.state).text)
    session.edit("paint", small_regions)  # type: ignore[arg-type]
    seen.append(words.next_action(session.state).text)
    session.mark_saved()
    seen.append(words.next_action(session.state).text)
    assert seen == ["Open a scan", "Confirm level", "Draft the regions", "Save result", "Next case"]


def test_step_states() -> None:
    assert [words.step_state(s, Step.DRAW) for s in Step] == ["done", "done", "now", "later", "later"]
    assert [words.step_state(s, Step.EXPORT) for s in Step] == ["done", "done", "done", "done", "now"]


def test_a_search_that_runs_is_not_a_search_that_failed(small_volume: CTVolume) -> None:
    state = SessionState(volume=small_volume)
    assert words.level_title(state, locating=True) == "Searching for T12 …"
    assert words.level_title(state) == "T12 was not searched for"


def test_what_a_header_does_not_say_is_not_made_up(small_volume: CTVolume) -> None:
    session = Session()
    session.open(small_volume)
    assert case_words.case_facts(session.state) == "P-7\nchest · 5.0 mm · 120 kV · no contrast · kernel B\n9 slices, 5.00 mm apart"
    assert case_words.date_words("20110527") == "2011-05-27"
    assert case_words.date_words("unknown") == ""


@pytest.mark.parametrize("label", ["C0", "C-1", "T14", "L7", "", "X1"])
def test_no_such_vertebra(label: str) -> None:
    assert not is_vertebra(label)


def test_a_picture_keeps_its_proportions_and_its_z() -> None:
    import numpy as np

    z_mm = np.arange(-700.0, -399.0)  # 301 mm long
    p = place(z_mm, 400, 1.0, 300.0, (200, 301), 100.0)
    assert p.mm_per_px == pytest.approx(1.0)
    assert p.y(-399.5) == pytest.approx(0.0)
    assert p.z(p.y(-523.0)) == pytest.approx(-523.0)
    assert p.z(-50) == -400.0
    assert p.left == -200.0, "the spine would be in the middle, but the picture ends before"
    wide = place(z_mm, 400, 1.0, 300.0, (200, 301), 250.0)
    assert wide.mm_per_px == pytest.approx(1.25), "sideways at least 250 mm are seen"
