"""What a person takes as the level, and the reason that is kept with it."""

from dataclasses import replace

import pytest

from napari_t12_bodycomp.model.level import LevelCandidate, LevelFinding, LevelMethod, LevelStatus, Vertebra
from napari_t12_bodycomp.model.level_choice import (
    MAX_REASON,
    READY_REASONS,
    candidates_in_words,
    chosen_by_hand,
    needs_reason,
    neighbour,
    tidy_reason,
)

ROW = tuple(Vertebra(name, z, (z - 12.0, z + 12.0), (0.0, 0.0)) for name, z in (("L1", 10.0), ("T12", 40.0), ("T11", 70.0), ("C0", 100.0)))
BOTH = (
    LevelCandidate(40.0, 8, (28.0, 52.0), 0.5, "the twelfth vertebra from T1"),
    LevelCandidate(70.0, 14, (58.0, 82.0), 0.3, "the vertebra with the last ribs"),
)
UNCERTAIN = LevelFinding(LevelStatus.UNCERTAIN, "?", 8, 40.0, (28.0, 52.0), 0.5, vertebrae=ROW, candidates=BOTH)
FOUND = replace(UNCERTAIN, status=LevelStatus.FOUND, candidates=BOTH[:1])


def test_a_candidate_is_taken_over_with_its_reason():
    level = chosen_by_hand(UNCERTAIN, 14, 70.0)
    assert (level.method, level.candidate, level.reason) == (LevelMethod.MANUAL, "B", "the vertebra with the last ribs")
    assert not needs_reason(level, UNCERTAIN) and needs_reason(replace(level, reason=""), UNCERTAIN)
    assert chosen_by_hand(UNCERTAIN, 14, 70.0, "11 rib pairs").reason == "11 rib pairs"


def test_a_slice_anywhere_in_the_candidate_s_body_is_that_candidate():
    assert chosen_by_hand(UNCERTAIN, 9, 45.0).candidate == "A"
    assert chosen_by_hand(UNCERTAIN, 11, 55.0).candidate == ""


def test_a_vertebra_taken_beside_a_found_level_is_named_and_wants_no_reason():
    level = chosen_by_hand(FOUND, 2, 12.0)
    assert (level.candidate, level.reason) == ("L1", "") and not needs_reason(level, FOUND)
    assert chosen_by_hand(FOUND, 20, 100.0).candidate == ""  # C0 is no vertebra
    assert chosen_by_hand(None, 2, 12.0).candidate == ""


def test_the_next_vertebra_is_the_one_beyond_the_one_on_screen():
    assert neighbour(FOUND, 44.0, 1).label == "T11" and neighbour(FOUND, 44.0, -1).label == "L1"
    assert neighbour(FOUND, 55.0, 1).label == "T11" and neighbour(FOUND, 55.0, -1).label == "T12"  # on the disc between them
    assert neighbour(FOUND, 70.0, 1) is None and neighbour(FOUND, 5.0, -1) is None and neighbour(None, 5.0, 1) is None


@pytest.mark.parametrize("z", [35.0, 61.0, 20.0, -5.0])
def test_the_body_at_z_is_the_one_that_holds_it(z):
    holding = [v.z_range_mm for v in ROW if v.z_range_mm[0] <= z <= v.z_range_mm[1]]
    assert UNCERTAIN.body_at(z) == (holding[0] if holding else None)


def test_all_candidates_stand_in_one_cell_and_only_of_an_uncertain_level():
    assert candidates_in_words(UNCERTAIN) == (
        "A z 40.0 mm (0.50): the twelfth vertebra from T1; B z 70.0 mm (0.30): the vertebra with the last ribs"
    )
    assert candidates_in_words(FOUND) == candidates_in_words(None) == ""


def test_a_reason_is_one_line_of_bounded_length():
    assert tidy_reason("  counted\nfrom\tT1 \x07 ") == "counted from T1"
    assert len(tidy_reason("x" * 999)) == MAX_REASON
    assert all(tidy_reason(reason) == reason for reason in READY_REASONS)
