"""The session: proposals, confirmation, drawing with undo, and what a change of protocol or height does."""

import math
from dataclasses import replace

import numpy as np
import pytest

from napari_t12_bodycomp.errors import LevelError, UsageError
from napari_t12_bodycomp.model.level import LevelCandidate, LevelFinding, LevelMethod, LevelStatus
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.roi_map import Draft
from napari_t12_bodycomp.model.tissue import Region, Tissue
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow.options import option_flags
from napari_t12_bodycomp.workflow.session import Session
from napari_t12_bodycomp.workflow.session_state import Step, why_not_final


@pytest.fixture
def volume():
    hu = np.full((6, 8, 10), 50, np.int16)
    hu[:, :, 5:] = -100
    return CTVolume(hu, np.arange(6) * 5.0, (10.0, 10.0))


@pytest.fixture
def session(volume):
    s = Session("anna")
    s.open(volume, "somewhere")
    return s


def found(index):
    return LevelFinding(LevelStatus.FOUND, "found", index, index * 5.0, (index * 5.0 - 10, index * 5.0 + 10), 0.95)


def drawn(value=Region.MUSCLE):
    regions = np.zeros((8, 10), np.uint8)
    regions[:, :5] = value
    return regions


def test_a_found_level_is_proposed_and_not_confirmed(session):
    session.set_finding(found(2))
    assert session.state.level.slice_index == 2 and not session.state.level.is_confirmed
    assert session.state.step is Step.LEVEL
    assert "not confirmed" in why_not_final(session.state)


def test_confirming_needs_a_name(volume):
    s = Session()
    s.open(volume)
    s.set_finding(found(2))
    with pytest.raises(LevelError, match="name"):
        s.confirm_level()


def test_an_uncertain_finding_sets_no_level_until_somebody_chooses(session):
    both = (LevelCandidate(10.0, 2, (0, 20), 0.5, "a"), LevelCandidate(15.0, 3, (5, 25), 0.4, "b"))
    session.set_finding(LevelFinding(LevelStatus.UNCERTAIN, "two", 2, 10.0, (0, 20), 0.5, candidates=both))
    assert session.state.level is None
    with pytest.raises(LevelError, match="candidate"):
        session.confirm_level()
    session.choose_level(3)
    session.confirm_level()
    assert session.state.level.method is LevelMethod.MANUAL and session.state.level.confirmed_by == "anna"


def test_the_second_candidate_of_a_found_level_is_a_persons_choice(session):
    both = (LevelCandidate(10.0, 2, (0, 20), 0.9, "a"), LevelCandidate(15.0, 3, (5, 25), 0.08, "b"))
    session.set_finding(LevelFinding(LevelStatus.FOUND, "one", 2, 10.0, (0, 20), 0.9, candidates=both))
    assert session.state.level.method is LevelMethod.AUTOMATIC
    session.choose_level(3)
    assert session.state.level.method is LevelMethod.MANUAL
    session.choose_level(2)
    assert session.state.level.method is LevelMethod.AUTOMATIC


def test_a_moved_level_is_manual_and_loses_its_confirmation(session):
    session.set_finding(found(2))
    session.confirm_level()
    session.choose_level(4)
    assert session.state.level.method is LevelMethod.MANUAL and not session.state.level.is_confirmed


def test_a_level_outside_the_scan_is_refused(session):
    with pytest.raises(UsageError):
        session.choose_level(6)


def test_undo_covers_the_draft_and_keeps_to_the_slice(session):
    session.choose_level(2)
    body = np.ones((8, 10), bool)
    session.set_draft(Draft(drawn(), body, ~body), (), 2, 5.0)
    session.edit("paint visceral", drawn(Region.VISCERAL))
    session.choose_level(3)
    assert session.undo() == ""
    session.choose_level(2)
    assert session.undo() == "paint visceral"
    assert session.undo() == "draft"
    assert session.state.work.is_empty and session.state.measurement is None
    assert session.redo() == "draft"
    assert (session.state.work.regions == drawn()).all()


def test_a_late_draft_waits_for_its_slice(session):
    session.choose_level(2)
    body = np.ones((8, 10), bool)
    session.set_draft(Draft(drawn(), body, ~body), (), 4, 5.0)
    assert session.state.work.is_empty
    session.choose_level(4)
    assert not session.state.work.is_empty


def test_numbers_follow_regions_and_height(session):
    session.choose_level(2)
    session.edit("paint muscle", drawn())
    m = session.state.measurement
    assert m.areas_cm2[Tissue.MUSCLE] == pytest.approx(40.0)
    assert math.isnan(m.indices["SMI"]) and "height" in m.why_empty["SMI"]
    session.set_height(200.0)
    assert session.state.measurement.indices["SMI"] == pytest.approx(10.0)
    session.set_height(None)
    assert math.isnan(session.state.measurement.indices["SMI"])


@pytest.mark.parametrize("cm", [0, 17, 1700])
def test_an_impossible_height_is_refused_and_changes_nothing(session, cm):
    with pytest.raises(UsageError, match="cm came"):
        session.set_height(cm)
    assert session.state.subject.height_m is None


def test_changes_are_announced_with_both_states(session):
    seen = []
    session.changed.connect(lambda old, new: seen.append((old.view_index, new.view_index)))
    session.view(1)
    session.view(1)
    assert seen == [(3, 1)]


def test_another_assessor_must_confirm_anew(session):
    session.set_finding(found(2))
    session.confirm_level()
    session.set_assessor("bert")
    assert not session.state.level.is_confirmed


def test_a_reason_is_kept_with_the_level_and_taken_into_the_confirmation(session):
    both = (LevelCandidate(10.0, 2, (0, 12), 0.5, "a"), LevelCandidate(15.0, 3, (13, 25), 0.4, "b"))
    session.set_finding(LevelFinding(LevelStatus.UNCERTAIN, "two", 2, 10.0, (0, 12), 0.5, candidates=both))
    session.choose_level(3)
    assert (session.state.level.candidate, session.state.level.reason) == ("B", "b")
    session.set_level_reason("")
    with pytest.raises(LevelError, match="why this candidate"):
        session.confirm_level()
    session.set_level_reason("counted from\nT1")
    session.confirm_level()
    level = session.state.level
    assert (level.confirmed_by, level.reason, level.candidate) == ("anna", "counted from T1", "B")


def test_an_automatic_level_has_no_reason_of_a_person(session):
    session.set_finding(found(2))
    session.set_level_reason("because")
    assert session.state.level.reason == ""


def test_a_second_opinion_withdraws_a_proposal_that_became_doubtful_and_leaves_what_a_person_chose(session):
    session.set_finding(found(2))
    session.edit("paint", drawn())
    doubtful = LevelFinding(LevelStatus.UNCERTAIN, "two", 2, 10.0, (0, 20), 0.5)
    session.weigh_again(doubtful)
    assert session.state.level is None and session.state.work is None and session.state.measurement is None
    session.choose_level(2)
    assert (session.state.work.regions == drawn()).all()  # what was drawn there is still there
    session.set_level_reason("seen")
    session.weigh_again(doubtful)
    assert session.state.level.slice_index == 2


def test_the_letter_of_a_candidate_follows_when_the_candidates_are_weighed_anew(session):
    first, second = LevelCandidate(10.0, 2, (0, 12), 0.5, "a"), LevelCandidate(15.0, 3, (13, 25), 0.4, "b")
    session.set_finding(LevelFinding(LevelStatus.UNCERTAIN, "two", 2, 10.0, (0, 12), 0.5, candidates=(first, second)))
    session.choose_level(3)
    session.confirm_level()
    session.weigh_again(LevelFinding(LevelStatus.UNCERTAIN, "two", 3, 15.0, (13, 25), 0.6, candidates=(second, first)))
    level = session.state.level
    assert (level.slice_index, level.candidate, level.reason, level.confirmed_by) == (3, "A", "b", "anna")


def without_intercostals():
    return Protocol(intercostals_are_muscle=False)


def codes(session):
    state = session.state
    return [f.code for f in option_flags(state.protocol, state.work.draft, state.work.follows)]


def drafted(session, value=Region.MUSCLE):
    """Take a draft made by the session's own protocol."""
    nothing = np.zeros((8, 10), bool)
    draft = Draft(drawn(value), nothing, nothing, protocol=session.state.protocol, thoracic=~nothing)
    session.set_draft(draft, (), 2, session.state.protocol.slab_mm)


def test_taking_a_new_draft_back_brings_back_what_the_old_one_counted(session):
    session.set_finding(found(2))
    drafted(session)
    session.set_protocol(without_intercostals())
    assert codes(session) == ["intercostals_not_redrafted"]
    drafted(session, Region.SUBCUTANEOUS)
    assert codes(session) == []
    session.undo()
    assert codes(session) == ["intercostals_not_redrafted"]
    session.redo()
    assert codes(session) == []
    session.set_protocol(Protocol())
    assert codes(session) == ["intercostals_not_redrafted"]
    session.undo()
    assert codes(session) == []


def test_a_judgement_tells_the_fat_above_the_diaphragm_too(session):
    session.set_finding(found(2))
    session.edit("paint", drawn(Region.MUSCLE) + np.flip(drawn(Region.VISCERAL), 1))
    assert math.isnan(session.state.measurement.thoracic_fat_cm2)
    nothing = np.zeros((8, 10), bool)
    session.set_judgement(Draft(drawn(), nothing, nothing, protocol=Protocol(), thoracic=~nothing), (), 2, 5.0)
    assert session.state.measurement.thoracic_fat_cm2 == pytest.approx(40.0)


def test_a_slab_no_thicker_than_its_slice_is_that_slice_with_its_drawing(session):
    session.choose_level(2)
    session.edit("paint muscle", drawn())
    work = session.state.work
    session.set_protocol(replace(session.state.protocol, slab_mm=0.0))
    assert work.axial.indices == (2,) and session.state.work is work and session.state.measurement.protocol.slab_mm == 0.0
