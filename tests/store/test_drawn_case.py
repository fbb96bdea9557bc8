"""What was saved comes back on screen as it was, or not at all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import trial

from napari_t12_bodycomp.errors import InputError, Refused
from napari_t12_bodycomp.model.worklist import WorklistQuery
from napari_t12_bodycomp.workflow import study
from napari_t12_bodycomp.workflow.drawn_case import OnScreen, current_drawing, restore
from napari_t12_bodycomp.workflow.seat import look, open_case, waiting_case
from napari_t12_bodycomp.workflow.session import Session


@pytest.fixture
def drawn(sqlite_trial):
    return sqlite_trial, trial.submitted(sqlite_trial)


def test_a_saved_drawing_comes_back_with_who_confirmed_its_level(drawn):
    t, case = drawn
    opened = open_case(t.rev, case.id)
    stored = current_drawing(t.rev, opened)
    session = Session("rev")
    session.open(trial.volume(case.series.series_instance_uid))
    restore(session, stored)
    assert np.array_equal(session.state.work.regions, stored.regions)
    assert session.state.level.confirmed_by == stored.version.level_confirmed_by
    saved = OnScreen.of(session.state)
    assert saved.is_as(OnScreen.of(session.state))
    session.edit("erase", stored.regions * 0)
    assert not saved.is_as(OnScreen.of(session.state))
    session.undo()
    assert saved.is_as(OnScreen.of(session.state))
    session.lock("not now")
    session.edit("erase", stored.regions * 0)
    session.undo()
    session.choose_level(1)
    assert saved.is_as(OnScreen.of(session.state)), "a locked session keeps everything as it is"


def test_a_weight_or_a_reason_typed_after_saving_is_a_change(drawn):
    t, case = drawn
    stored = current_drawing(t.ann, open_case(t.ann, case.id))
    session = Session("ann")
    session.open(trial.volume(case.series.series_instance_uid))
    restore(session, stored)
    saved = OnScreen.of(session.state)
    session.set_weight(71.0)
    assert not saved.is_as(OnScreen.of(session.state))
    session.set_weight(None)
    assert saved.is_as(OnScreen.of(session.state))
    session.choose_level(session.state.level.slice_index - 1)
    session.edit("draw", stored.regions)
    saved = OnScreen.of(session.state)
    session.set_level_reason("12th rib is short")
    assert not saved.is_as(OnScreen.of(session.state))


def test_a_scan_that_was_changed_since_is_not_drawn_on(drawn):
    t, case = drawn
    stored = current_drawing(t.ann, open_case(t.ann, case.id))
    scan = trial.volume(case.series.series_instance_uid)
    hu = scan.hu.copy()
    hu[stored.version.slice_index, 12, 12] += 1
    for other in (replace(scan, hu=hu), replace(scan, hu=scan.hu[:, :-1])):
        session = Session("ann")
        session.open(other)
        with pytest.raises(InputError, match="was drawn on is wanted"):
            restore(session, stored)
        assert session.state.work is None


def test_a_drawing_keeps_the_protocol_that_it_was_measured_by(sqlite_trial):
    t = sqlite_trial
    case, before = trial.approved(t), study.study_protocol(t.store).protocol
    assert study.change_protocol(t.lena, replace(before, slab_mm=0.0), "single slices") == 2
    assert current_drawing(t.ann, open_case(t.ann, case.id)).protocol == before


def test_the_next_case_is_one_that_waits_for_the_person(sqlite_trial):
    t = sqlite_trial
    first, second, third = trial.add_cases(t.lena, 3)
    sheet = look(t.ann, WorklistQuery())
    assert [row.id for row in sheet.page.rows] == [first.id, second.id, third.id]
    assert waiting_case(t.ann, WorklistQuery(), first.pseudonym) == second.id
    assert waiting_case(t.ann, WorklistQuery(), third.pseudonym) == first.id, "from the top again after the last"
    trial.submitted(t, t.ann, 4)
    assert waiting_case(t.rev, WorklistQuery(), "") == third.id + 1, "a reviewer's next case is one that waits for review"
    with pytest.raises(Refused, match="No case of the worklist waits"):
        waiting_case(t.ray, WorklistQuery(), "")
