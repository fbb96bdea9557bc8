import math

import pytest

from napari_t12_bodycomp.analysis import anatomy
from napari_t12_bodycomp.analysis.anatomy import kind_of, name_of
from napari_t12_bodycomp.analysis.evidence import End, Witness
from napari_t12_bodycomp.analysis.finding import reason_for, shares_of
from napari_t12_bodycomp.analysis.labelling import Explanation, numbers_of


@pytest.mark.parametrize(
    ("number", "lumbar", "name"),
    [(1, 5, "T1"), (12, 5, "T12"), (13, 5, "L1"), (17, 5, "L5"), (18, 5, "S1"), (17, 4, "S1"), (0, 5, "C7"), (-6, 5, "C1")],
)
def test_vertebrae_are_named_by_their_number(number: int, lumbar: int, name: str) -> None:
    assert name_of(number, lumbar) == name


def test_ribs_end_where_the_pairs_end() -> None:
    for pairs in (11, 12, 13):
        bearing = [n for n in range(-6, 19) if kind_of(n, pairs, 5, False).is_rib]
        assert bearing == list(range(1, pairs + 1))
    assert kind_of(12, 12, 5, True) is anatomy.STUMP
    assert kind_of(18, 12, 5, False) is anatomy.SACRUM


def test_numbers_fall_from_caudal_to_cranial() -> None:
    assert numbers_of(4, 1).tolist() == [13, 12, 11, 10]


def test_eleven_pairs_share_their_weight_between_both_meanings_of_t12() -> None:
    shares = shares_of([Explanation(3, 12, 5, False, math.log(0.6)), Explanation(3, 11, 5, False, math.log(0.4))])
    assert shares[3] == pytest.approx(0.6 + 0.2) and shares[4] == pytest.approx(0.2)


def test_no_two_candidates_carry_the_same_reason() -> None:
    """Two counts that differ by one vertebra alone, and with 11 pairs two meanings of T12 in each."""
    counts = [Explanation(t12, pairs, 5, False, w) for w, (t12, pairs) in enumerate([(3, 11), (2, 11), (4, 12), (5, 12)])]
    reasons = [reason_for(k, counts) for k in (2, 3, 4, 5)]
    assert len(set(reasons)) == 4
    assert reasons == [
        "11 rib pairs, 5 lumbar vertebrae: the twelfth vertebra from T1 (labelled L1)",
        "11 rib pairs, 5 lumbar vertebrae: the twelfth vertebra from T1",
        "11 rib pairs, 5 lumbar vertebrae: the vertebra with the last ribs (labelled T11)",
        "12 rib pairs, 5 lumbar vertebrae (labelled T10)",
    ]


def test_a_first_rib_without_the_vertebra_above_must_speak_clearly() -> None:
    assert Witness(End.FIRST_RIB, True, 2.0).agrees
    assert not Witness(End.FIRST_RIB, False, 2.0, closed=False).agrees
    assert Witness(End.FIRST_RIB, False, 9.0, closed=False).agrees
    assert Witness(End.SACRUM, True, -9.0).conflicts and not Witness(End.SACRUM, False, -9.0).conflicts
