"""Neighbours and second opinions in a real window."""

from __future__ import annotations

import importlib.util
import threading
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog

from napari_t12_bodycomp.gui import level_flow
from napari_t12_bodycomp.model.level import LevelMethod, LevelStatus, Verdict, Vertebra
from napari_t12_bodycomp.model.volume import CTVolume

ROW = {"L1": -98.0, "T12": -85.0, "T11": -72.0}


@pytest.fixture
def counted(case):
    """The small case with three vertebrae counted, 13 mm apart."""
    seen = tuple(Vertebra(name, z, (z - 6, z + 6), (20.0, 30.0)) for name, z in ROW.items())
    case.session.weigh_again(replace(case.session.state.finding, vertebrae=seen))
    return case


def bone_map(path, volume: CTVolume, names: dict[str, float]) -> str:
    """A label map of boxes 10 mm high at z, labelled as TotalSegmentator 2 does, with its label table."""
    label_of = {"L1": 31, "T12": 32, "T11": 33}
    labels = np.zeros(volume.shape, np.uint8)
    for name, z in names.items():
        labels[np.ix_(np.abs(volume.z_mm - z) <= 5.0, range(14, 26), range(20, 40))] = label_of[name]
    dy, dx = volume.pixel_spacing_mm
    affine = np.diag([-dx, -dy, volume.slice_spacing_mm, 1.0])
    affine[:3, 3] = -volume.origin_xy_mm[0], -volume.origin_xy_mm[1], volume.z_mm[0]
    image = nib.Nifti1Image(labels.transpose(2, 1, 0), affine)
    table = "".join(f'<Label Key="{n}" Red="0" Alpha="1"><![CDATA[vertebrae_{name}]]></Label>' for name, n in label_of.items())
    image.header.extensions.append(nib.nifti1.Nifti1Extension(0, f"<CaretExtension>{table}</CaretExtension>".encode()))
    nib.save(image, path)
    return str(path)


def test_the_next_vertebra_is_one_key_away_and_taking_it_names_it(counted, hand):
    session = counted.session
    hand.key(Qt.Key.Key_PageUp, Qt.KeyboardModifier.ShiftModifier)
    assert session.state.view_index == 6 and session.state.level.slice_index == 3
    hand.key(Qt.Key.Key_PageUp, Qt.KeyboardModifier.ShiftModifier)
    assert session.state.view_index == 6 and "No vertebra was seen above" in counted.desk.state.message
    hand.key(Qt.Key.Key_PageDown, Qt.KeyboardModifier.ShiftModifier)
    hand.key(Qt.Key.Key_PageDown, Qt.KeyboardModifier.ShiftModifier)
    assert session.state.view_index == 0
    counted.actions.trigger("set_level_here")
    level = session.state.level
    assert (level.method, level.candidate, level.reason) == (LevelMethod.MANUAL, "L1", "")


def test_a_file_that_disagrees_makes_the_level_uncertain_with_both_answers(counted, qtbot, tmp_path, monkeypatch):
    volume = counted.session.state.volume
    file = bone_map(tmp_path / "map.nii.gz", volume, {"L1": -85.0, "T12": -74.0})
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *arguments: (file, ""))
    qtbot.mouseClick(counted.panel.level.ask_file, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: counted.session.state.finding.second_opinion is not None)
    state = counted.session.state
    assert state.finding.status is LevelStatus.UNCERTAIN and state.level is None and state.work is None
    assert "calls the vertebra at z -85.0 mm L1" in counted.desk.state.message and counted.desk.state.message_is_error
    assert len(counted.panel.level.cards) == 2
    qtbot.mouseClick(counted.panel.level.cards[1], Qt.MouseButton.LeftButton)
    level = counted.session.state.level
    assert level.candidate == "B" and "called T12 by map.nii.gz" in level.reason
    counted.actions.trigger("confirm_level")
    assert counted.session.state.level.confirmed_by == "anna"


def test_a_file_that_agrees_raises_the_confidence_and_leaves_the_proposal(counted, qtbot, tmp_path):
    volume = counted.session.state.volume
    counted.level_flow.ask_opinion(bone_map(tmp_path / "map.nii.gz", volume, {"L1": -98.0, "T12": -85.0, "T11": -72.0}))
    qtbot.waitUntil(lambda: counted.session.state.finding.second_opinion is not None)
    finding = counted.session.state.finding
    assert finding.second_opinion.verdict is Verdict.AGREES and 0.9 < finding.confidence < 0.98
    assert counted.session.state.level.slice_index == 3


def test_a_map_of_tissues_is_told_in_words_and_changes_nothing(counted, qtbot, tmp_path):
    session = counted.session
    volume = session.state.volume
    labels = np.zeros(volume.shape, np.uint8)
    labels[:, 4:36, 30:56], labels[:, 4:36, 4:10], labels[:, 4:36, 10:30] = 3, 1, 2  # muscle; fat outside; fat inside
    dy, dx = volume.pixel_spacing_mm
    affine = np.diag([-dx, -dy, volume.slice_spacing_mm, 1.0])
    affine[:3, 3] = -volume.origin_xy_mm[0], -volume.origin_xy_mm[1], volume.z_mm[0]
    nib.save(nib.Nifti1Image(labels.transpose(2, 1, 0), affine), tmp_path / "tissues.nii.gz")
    counted.level_flow.ask_opinion(str(tmp_path / "tissues.nii.gz"))
    qtbot.waitUntil(lambda: "once regions are drawn" in counted.desk.state.message)
    regions = np.zeros((40, 60), np.uint8)
    regions[4:36, 30:43] = 1  # half of the muscle
    session.edit("paint", regions)
    before = session.state
    counted.level_flow.ask_opinion(str(tmp_path / "tissues.nii.gz"))
    qtbot.waitUntil(lambda: "For information" in counted.desk.state.message)
    assert "skeletal muscle 16.6 against 8.3 cm² (Dice 0.67)" in counted.desk.state.message
    assert session.state.measurement is before.measurement and session.state.finding is before.finding


def test_asking_is_a_job_that_can_be_cancelled(counted, qtbot, monkeypatch):
    stopped = threading.Event()

    def ask(volume, finding, asked, progress):
        try:
            for _ in range(500):
                progress(0.3, "TotalSegmentator: labelling")
                stopped.wait(0.01)
        except BaseException:
            stopped.set()
            raise

    monkeypatch.setattr(level_flow, "ask", ask)
    monkeypatch.setattr(level_flow, "check_asked", lambda asked: None)
    qtbot.mouseClick(counted.panel.level.ask, Qt.MouseButton.LeftButton)
    assert counted.jobs.state.name == level_flow.ASKING and not counted.panel.level.ask.isEnabled()
    qtbot.waitUntil(lambda: counted.jobs.state.words == "TotalSegmentator: labelling")
    counted.actions.trigger("cancel")
    qtbot.waitUntil(stopped.is_set)
    assert counted.session.state.finding.second_opinion is None and counted.panel.level.ask.isEnabled()


@pytest.mark.skipif(importlib.util.find_spec("totalsegmentator") is not None, reason="TotalSegmentator is installed here")
def test_why_it_cannot_be_asked_is_said(counted, qtbot):
    qtbot.mouseClick(counted.panel.level.ask, Qt.MouseButton.LeftButton)
    assert "not installed" in counted.desk.state.message and counted.desk.state.message_is_error
