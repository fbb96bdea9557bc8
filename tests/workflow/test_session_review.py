"""What a session holds of a review: where the case stands, numbers that are not measured yet, and what a drawing is compared with."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from napari_t12_bodycomp.model.roi_map import Draft
from napari_t12_bodycomp.model.study import CaseState
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow.drawing import against_reference, reference, shown_slice
from napari_t12_bodycomp.workflow.session import Session
from napari_t12_bodycomp.workflow.session_state import Reference, Step

WHY = "The numbers wait for the decision."


@pytest.fixture
def session(small_volume: CTVolume, small_regions: npt.NDArray[np.uint8]) -> Session:
    """A drawing on slice 4, its level confirmed."""
    session = Session("anna")
    session.open(small_volume)
    session.set_height(160.0)
    session.choose_level(4)
    session.confirm_level()
    session.edit("paint", small_regions)
    return session


def test_hidden_numbers_are_not_measured_whatever_is_done(session: Session, small_regions: npt.NDArray[np.uint8]) -> None:
    measured = session.state.measurement
    assert measured is not None
    session.follow_study(CaseState.SUBMITTED, WHY)
    assert session.state.measurement is None
    for change in (
        lambda: session.edit("erase", small_regions * 0),
        session.undo,
        session.redo,
        lambda: session.preview(small_regions),
        lambda: session.set_height(150.0),
        lambda: session.set_protocol(session.state.protocol),
        lambda: session.choose_level(5),
        lambda: session.choose_level(4),
    ):
        change()
        assert session.state.measurement is None
    session.edit("paint", small_regions)
    session.set_height(160.0)
    session.follow_study(CaseState.APPROVED, "")
    assert session.state.measurement is not None and session.state.measurement.areas_cm2 == measured.areas_cm2


@pytest.mark.parametrize(
    ("stands", "step"),
    [
        (None, Step.DRAW),
        (CaseState.NEW, Step.DRAW),
        (CaseState.RETURNED, Step.DRAW),
        (CaseState.SUBMITTED, Step.REVIEW),
        (CaseState.APPROVED, Step.EXPORT),
    ],
)
def test_a_case_of_a_study_stands_where_the_study_says(session: Session, stands: CaseState | None, step: Step) -> None:
    session.follow_study(stands, "")
    assert session.state.step is step
    session.mark_saved()
    assert session.state.step is (Step.EXPORT if stands is None else step), "a saved version is not the end of a case of a study"


def test_another_scan_knows_nothing_of_the_study(session: Session, small_volume: CTVolume) -> None:
    session.follow_study(CaseState.SUBMITTED, WHY)
    session.set_reference(Reference("version 1", 4, session.state.work.regions))
    session.open(small_volume)
    state = session.state
    assert (state.case_state, state.numbers_hidden, state.reference, state.locked) == (None, "", None, "")


def test_a_drawing_is_compared_with_what_was_chosen_else_with_its_draft(session: Session, small_regions: npt.NDArray[np.uint8]) -> None:
    assert reference(session.state) is None and against_reference(session.state, small_regions) is None
    nothing = np.zeros(small_regions.shape, bool)
    session.set_judgement(Draft(small_regions, nothing, nothing), (), 4, session.state.protocol.slab_mm)
    draft = reference(session.state)
    assert draft is not None and draft.name == "automatic draft" and against_reference(session.state, small_regions).is_empty
    other = small_regions.copy()
    other[12:15, 12:20] = 0
    session.set_reference(Reference("version 1 by ben", 4, other))
    found = against_reference(session.state, small_regions)
    assert found is not None and found.gained.sum() == 24 and not found.lost.any()
    session.set_reference(Reference("version 2 by ben", 6, other))
    assert against_reference(session.state, small_regions) is None, "two slices are not compared"
    assert shown_slice(session.state) == 4
    session.set_tools(flicker=True)
    assert shown_slice(session.state) == 6
