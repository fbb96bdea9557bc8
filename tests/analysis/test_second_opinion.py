"""What a label map says about the level, on box spines whose endplates are known."""

from dataclasses import replace

import numpy as np
import pytest
from label_maps import BODY_MM, ROW, middle_mm, spine_labels, spine_volume

from napari_t12_bodycomp.analysis.second_opinion import opinion_of, weigh
from napari_t12_bodycomp.analysis.vertebra_labels import is_cut, labelled_vertebrae
from napari_t12_bodycomp.model.label_map import LabelMap
from napari_t12_bodycomp.model.label_schemes import SCHEMES
from napari_t12_bodycomp.model.level import LevelCandidate, LevelFinding, LevelStatus, Verdict
from napari_t12_bodycomp.model.volume import CTVolume

TOTAL = {name.removeprefix("vertebrae_"): label for label, name in SCHEMES["total"].items()}


@pytest.fixture(scope="module")
def volume() -> CTVolume:
    return spine_volume()


def labelled(volume: CTVolume, shift: int = 0, without: tuple[str, ...] = ()) -> LabelMap:
    """A map that names each vertebra `shift` places too far down (T12 becomes L1 for 1)."""
    called = {name: ROW[ROW.index(name) - shift] for name in ROW if ROW.index(name) >= shift}
    label_of = {true: TOTAL[said] for true, said in called.items() if true not in without}
    return spine_labels(volume, label_of, dict(SCHEMES["total"]))


def found(confidence: float = 0.92, at: str = "T12", **more: object) -> LevelFinding:
    z = middle_mm(at)
    candidate = LevelCandidate(z, round((z + 100) / 2), (z - 12, z + 12), confidence, "12 rib pairs, 5 lumbar vertebrae")
    given = {"evidence": ("seen",), "candidates": (candidate,), **more}
    return LevelFinding(LevelStatus.FOUND, "T12 found.", candidate.slice_index, z, candidate.body_z_mm, confidence, **given)  # type: ignore[arg-type]


def asked(volume: CTVolume, labels: LabelMap, finding: LevelFinding) -> LevelFinding:
    return weigh(finding, opinion_of(labels, labels.names, volume, finding), volume)


def test_the_middle_is_the_body_s_and_not_that_of_the_process_that_hangs_down(volume):
    labels = labelled(volume)
    by_name = {v.label: v for v in labelled_vertebrae(labels, labels.names, volume)}
    where = np.nonzero(labels.labels == TOTAL["T12"])[0]
    assert volume.z_mm[where].mean() < middle_mm("T12") - 2  # what the whole label's middle would be
    for name in ROW[1:]:
        assert by_name[name].z_mm == pytest.approx(middle_mm(name), abs=1.0)
        low, high = by_name[name].z_range_mm
        assert high - low == pytest.approx(BODY_MM, abs=3.0)
    assert by_name["T12"].centre_yx == pytest.approx((23.5, 29.5), abs=1.0)


@pytest.mark.parametrize(("slices", "spacing_mm"), [(64, 5.0), (400, 0.8)])
def test_thick_and_thin_slices_give_the_same_middle(slices, spacing_mm):
    volume = spine_volume(slices=slices, spacing_mm=spacing_mm)
    labels = labelled(volume)
    (t12,) = [v for v in labelled_vertebrae(labels, labels.names, volume) if v.label == "T12"]
    assert t12.z_mm == pytest.approx(middle_mm("T12"), abs=max(1.0, spacing_mm / 2))


def test_a_body_that_the_scan_cuts_is_taken_to_be_as_high_as_its_neighbour():
    volume = spine_volume(slices=84)  # ends at z 66, 4 mm below T12's middle
    labels = labelled(volume)
    t12 = labelled_vertebrae(labels, labels.names, volume)[-1]
    assert t12.label == "T12" and is_cut(t12, volume)
    assert t12.z_mm == pytest.approx(middle_mm("T12"), abs=2.0)


def test_agreement_raises_the_confidence_and_never_to_certainty(volume):
    finding = found(0.92)
    weighed = asked(volume, labelled(volume), finding)
    assert weighed.second_opinion.verdict is Verdict.AGREES and weighed.second_opinion.is_anchored
    assert weighed.status is LevelStatus.FOUND and weighed.slice_index == finding.slice_index
    by_hand = 0.92 * 0.9 / (0.92 * 0.9 + 0.08 * 0.25)
    assert weighed.confidence == pytest.approx(by_hand) and 0.97 < by_hand < 0.98
    assert any("calls the same vertebra T12" in words for words in weighed.evidence)
    assert asked(volume, labelled(volume), found(0.97)).confidence == 0.98


def test_a_map_without_an_end_of_the_count_is_worth_less_and_says_so(volume):
    weighed = asked(volume, labelled(volume, without=("L5", "L4")), found(0.9))
    opinion = weighed.second_opinion
    assert not opinion.is_anchored and any("shift all others" in words for words in opinion.cautions)
    assert any("no T13" in words for words in opinion.cautions)
    assert weighed.confidence == pytest.approx(0.9 * 0.9 / (0.9 * 0.9 + 0.1 * 0.5))


def test_agreement_counts_less_where_the_search_has_doubts_of_its_own(volume):
    doubting = found(0.85, warnings=("The last ribs are short.",))
    assert asked(volume, labelled(volume), doubting).confidence < asked(volume, labelled(volume), found(0.85)).confidence


def test_a_shifted_row_of_names_makes_the_level_uncertain_with_both_answers(volume):
    finding = found(0.92)
    weighed = asked(volume, labelled(volume, shift=1), finding)
    assert weighed.second_opinion.verdict is Verdict.DISAGREES
    assert weighed.status is LevelStatus.UNCERTAIN and weighed.confidence <= 0.7
    ours, theirs = weighed.candidates
    assert ours.slice_index == finding.slice_index and "calls it L1" in ours.reason
    assert theirs.z_mm == pytest.approx(middle_mm("T11"), abs=1.0) and "called T12 by map.nii.gz" in theirs.reason
    assert ours.confidence > theirs.confidence and ours.confidence + theirs.confidence <= 1.0 + 1e-9
    assert "calls the vertebra at z 70.0 mm L1" in weighed.message and "z 100" in weighed.message


def test_a_map_whose_t12_lies_outside_the_scan_still_makes_it_uncertain():
    volume = spine_volume(slices=98)  # to z 94: T12 is the last one that is whole
    labels = labelled(volume, shift=1, without=("T11", "T10", "T9", "T8"))
    weighed = asked(volume, labels, found(0.92))
    assert weighed.status is LevelStatus.UNCERTAIN and len(weighed.candidates) == 1
    assert "shows no T12" in weighed.message
    assert weighed.candidates[0].confidence < 0.8
    cut = labelled(volume, shift=1, without=("T10", "T9", "T8"))  # of what it calls T12, 6 mm are in the scan
    weighed = asked(volume, cut, found(0.92))
    assert [c.z_mm for c in weighed.candidates] == [middle_mm("T12")] and "outside the scan" in weighed.message


def test_a_map_that_labels_nothing_there_changes_nothing(volume):
    finding = found(0.92)
    weighed = asked(volume, labelled(volume, without=ROW[3:]), finding)
    assert weighed.second_opinion.verdict is Verdict.SILENT
    assert replace(weighed, second_opinion=None).confidence == finding.confidence
    assert weighed.status is LevelStatus.FOUND and weighed.candidates == finding.candidates


def test_an_uncertain_level_stays_uncertain_and_its_candidates_are_weighed(volume):
    first, second = (
        LevelCandidate(middle_mm(n), round((middle_mm(n) + 100) / 2), (middle_mm(n) - 12, middle_mm(n) + 12), c, "why")
        for n, c in (("T12", 0.5), ("T11", 0.4))
    )
    finding = LevelFinding(
        LevelStatus.UNCERTAIN, "Uncertain.", first.slice_index, first.z_mm, first.body_z_mm, 0.5, candidates=(first, second)
    )
    weighed = asked(volume, labelled(volume, shift=1), finding)
    assert weighed.status is LevelStatus.UNCERTAIN
    assert [c.slice_index for c in weighed.candidates] == [second.slice_index, first.slice_index]
    assert weighed.slice_index == second.slice_index and weighed.confidence <= 0.7
    agreed = asked(volume, labelled(volume), finding)
    assert agreed.status is LevelStatus.UNCERTAIN and agreed.confidence > 0.5


def test_an_absent_t12_that_the_map_shows_becomes_uncertain(volume):
    absent = LevelFinding(LevelStatus.ABSENT, "T12 is not in the scan.", confidence=0.9)
    weighed = asked(volume, labelled(volume), absent)
    assert weighed.status is LevelStatus.UNCERTAIN
    assert weighed.z_mm == pytest.approx(middle_mm("T12"), abs=1.0) and "not in the scan" in weighed.message
    neither = asked(volume, labelled(volume, without=("T12", "T11", "T10", "T9", "T8")), absent)
    assert neither.status is LevelStatus.ABSENT and neither.second_opinion.verdict is Verdict.AGREES


def test_a_map_whose_twelfth_ribs_leave_another_vertebra_contradicts_itself(volume):
    labels = labelled(volume)
    with_ribs = labels.labels.copy()
    head = volume.nearest_slice(middle_mm("T11"))
    for label, columns in ((103, slice(41, 55)), (115, slice(5, 19))):
        with_ribs[head - 1 : head + 2, 28:31, columns] = label
    said = LabelMap(with_ribs, labels.names, labels.source)
    opinion = opinion_of(said, said.names, volume, found())
    assert any("contradicts itself" in words and "T11" in words for words in opinion.cautions)
    assert not opinion.is_anchored
