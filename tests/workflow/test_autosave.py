"""Autosave: what was drawn comes back after the program was killed."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from napari_t12_bodycomp.model.level import LevelFinding, LevelMethod, LevelStatus, MeasuredLevel
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.quality import QualityFlag
from napari_t12_bodycomp.model.roi_map import Draft
from napari_t12_bodycomp.model.tissue import PRESETS
from napari_t12_bodycomp.model.volume import Acquisition, CTVolume
from napari_t12_bodycomp.workflow import autosave
from napari_t12_bodycomp.workflow.session import Session


def volume():
    return CTVolume(np.full((5, 6, 7), 40, np.int16), np.arange(5) * 5.0, (1.0, 1.0), acquisition=Acquisition(series_instance_uid="1.2.3"))


def painted(n):
    regions = np.zeros((6, 7), np.uint8)
    regions.ravel()[:n] = 1
    return regions


def work_on(folder):
    session = Session("anna")
    saver = autosave.Autosave(session, folder)
    session.open(volume(), "/scans/one")
    session.choose_level(2)
    session.confirm_level()
    session.set_height(170.0)
    return session, saver


def test_work_comes_back_with_its_undo_steps(tmp_path):
    session, saver = work_on(tmp_path)
    for n in (3, 5, 9):
        session.edit(f"stroke {n}", painted(n))
    session.undo()
    saver.close()

    found = autosave.unfinished(tmp_path)[0]
    assert found.source == "/scans/one"
    again = Session()
    again.open(volume())
    autosave.resume(again, found)
    assert (again.state.work.regions == painted(5)).all()
    assert again.state.level.confirmed_by == "anna" and again.state.subject.height_m == pytest.approx(1.7)
    assert again.redo() == "stroke 9"
    assert [again.undo() for _ in range(3)] == ["stroke 9", "stroke 5", "stroke 3"]


def test_work_comes_back_under_the_protocol_it_was_measured_by(tmp_path):
    session, saver = work_on(tmp_path)
    protocol = Protocol(PRESETS["alberta"], slab_mm=0.0, intercostals_are_muscle=False)
    session.set_protocol(protocol)
    session.edit("stroke", painted(3))
    saver.close()
    again = Session("anna")
    again.open(volume())
    autosave.resume(again, autosave.unfinished_for(volume(), tmp_path))
    assert again.state.protocol == protocol and (again.state.work.regions == painted(3)).all()


def test_a_level_confirmed_by_another_must_be_confirmed_anew(tmp_path):
    session, saver = work_on(tmp_path)
    session.edit("stroke", painted(3))
    saver.close()
    again = Session("bert")
    again.open(volume())
    autosave.resume(again, autosave.unfinished_for(volume(), tmp_path))
    assert not again.state.level.is_confirmed


def test_exported_work_is_no_longer_unfinished(tmp_path):
    session, saver = work_on(tmp_path)
    session.edit("stroke", painted(3))
    saver.flush()
    assert autosave.unfinished_for(volume(), tmp_path) is not None
    session.mark_saved()
    assert autosave.unfinished(tmp_path) == []
    body = painted(9) > 0
    session.set_judgement(Draft(painted(9), body, ~body), (QualityFlag("noise_high", "Noisy."),), 2, 5.0)
    saver.flush()
    assert (session.state.work.regions == painted(3)).all() and session.state.work.quality[0].code == "noise_high"
    assert autosave.unfinished(tmp_path) == []
    saver.close()


def test_a_torn_file_is_passed_over(tmp_path):
    session, saver = work_on(tmp_path)
    session.edit("stroke", painted(3))
    saver.close()
    file = next(tmp_path.glob("*.npz"))
    file.write_bytes(file.read_bytes()[:100])
    assert autosave.unfinished(tmp_path) == [] and autosave.unfinished_for(volume(), tmp_path) is None


KILLED = """
import sys, time
from pathlib import Path
sys.path.insert(0, {here!r})
from test_autosave import work_on, painted
session, saver = work_on(Path({folder!r}))
for n in range(1, 40):
    session.edit(f"stroke {{n}}", painted(n))
    saver.flush()
    print(n, flush=True)
"""


def test_a_killed_program_loses_at_most_the_last_stroke(tmp_path):
    from pathlib import Path

    code = KILLED.format(here=str(Path(__file__).parent), folder=str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as run:
        done = 0
        while done < 12:
            done = int(run.stdout.readline())
        os.kill(run.pid, signal.SIGKILL)
        rest = run.stdout.read().split()
    done = int(rest[-1]) if rest else done
    found = autosave.unfinished(tmp_path)[0]
    assert int(found.regions.sum()) in (done, done + 1)


def test_the_reason_of_a_level_comes_back_and_older_files_have_none(tmp_path):
    session, saver = work_on(tmp_path)
    session.set_level_reason("counted from T1")
    session.edit("stroke", painted(3))
    saver.close()
    (kept,) = autosave.unfinished(tmp_path)
    assert kept.level.reason == "counted from T1"

    with np.load(kept.file) as data:
        arrays = dict(data)
    facts = json.loads(arrays["facts"].tobytes())
    facts["level"] = facts["level"][:4]
    arrays["facts"] = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    np.savez_compressed(kept.file, **arrays)
    (older,) = autosave.unfinished(tmp_path)
    assert older.level.slice_index == 2 and (older.level.reason, older.level.candidate) == ("", "")


def test_what_the_regions_were_made_by_comes_back_with_every_step(tmp_path):
    session, saver = work_on(tmp_path)
    nothing = np.zeros((6, 7), bool)
    for n, included in ((3, True), (9, False)):
        session.set_protocol(Protocol(intercostals_are_muscle=included))
        session.set_draft(Draft(painted(n), nothing, nothing, protocol=session.state.protocol), (), 2, 5.0)
    session.undo()  # the first draft under the second protocol
    saver.close()
    again = Session("anna")
    again.open(volume())
    autosave.resume(again, autosave.unfinished(tmp_path)[0])
    again.set_judgement(Draft(painted(9), nothing, nothing, protocol=again.state.protocol), (), 2, 5.0)
    assert not again.state.protocol.intercostals_are_muscle and again.state.work.follows.intercostals_are_muscle
    again.redo()
    assert not again.state.work.follows.intercostals_are_muscle


def test_work_for_a_task_of_a_study_comes_back_to_that_task_alone(tmp_path):
    session = Session("anna")
    saver = autosave.Autosave(session, tmp_path)
    for task, n in (("case 1, anna", 3), ("reading 4, anna", 5), ("", 9)):
        session.open(volume(), "/scans/one", task)
        session.choose_level(2)
        session.edit("stroke", painted(n))
        saver.flush()
    saver.close()
    for task, n in (("case 1, anna", 3), ("reading 4, anna", 5), ("", 9)):
        assert (autosave.unfinished_for(volume(), tmp_path, task).regions == painted(n)).all()
    assert autosave.unfinished_for(volume(), tmp_path, "case 1, bert") is None
    assert [u.task for u in autosave.unfinished(tmp_path)] == [""], "work of a study is offered where its case is opened"


def test_a_draft_that_nobody_touched_is_no_unfinished_work(tmp_path):
    session = Session("anna")
    saver = autosave.Autosave(session, tmp_path)
    session.open(volume(), "/scans/one")
    session.set_finding(LevelFinding(LevelStatus.FOUND, "found", 2, 10.0, (5.0, 15.0), 0.9))
    nothing = np.zeros((6, 7), bool)
    session.set_draft(Draft(painted(9), nothing, nothing), (), 2, 5.0)
    saver.flush()
    assert autosave.unfinished(tmp_path) == []
    session.edit("stroke", painted(5))
    saver.close()
    assert len(autosave.unfinished(tmp_path)) == 1


def test_a_correction_that_is_resumed_keeps_the_level_that_it_began_with(tmp_path):
    session = Session("rita")
    saver = autosave.Autosave(session, tmp_path)
    drawn = MeasuredLevel(2, 10.0, LevelMethod.MANUAL, "anna")
    session.open(volume(), "/scans/one", "case 1, rita")
    session.restore_level(drawn, confirmed_by="anna")
    session.edit("stroke", painted(3))
    saver.close()
    found = autosave.unfinished_for(volume(), tmp_path, "case 1, rita")
    for begins_with, confirmed_by in ((drawn, "anna"), (None, "")):
        again = Session("rita")
        again.open(volume(), "/scans/one", "case 1, rita")
        if begins_with is not None:
            again.restore_level(begins_with, confirmed_by="anna")
        autosave.resume(again, found)
        assert again.state.level.confirmed_by == confirmed_by and (again.state.work.regions == painted(3)).all()
