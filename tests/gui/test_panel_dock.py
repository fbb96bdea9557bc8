"""The dock: each state has its sentence and its way out, and clicks become session calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QMimeData, Qt, QUrl
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QLineEdit, QWidget

from napari_t12_bodycomp.errors import LevelError
from napari_t12_bodycomp.gui import theme
from napari_t12_bodycomp.gui.actions import Actions
from napari_t12_bodycomp.gui.canvas_overlay import overlay_words
from napari_t12_bodycomp.gui.desk import Desk
from napari_t12_bodycomp.gui.drops import dropped_path
from napari_t12_bodycomp.gui.format import UNKNOWN
from napari_t12_bodycomp.gui.jobs import Jobs, JobState
from napari_t12_bodycomp.gui.main_widget import MainWidget
from napari_t12_bodycomp.model.level import (
    LevelCandidate,
    LevelFinding,
    LevelMethod,
    LevelStatus,
    MeasuredLevel,
    SecondOpinion,
    Verdict,
    Vertebra,
)
from napari_t12_bodycomp.model.quality import QualityFlag
from napari_t12_bodycomp.model.roi_map import Draft
from napari_t12_bodycomp.model.series import SeriesOffer
from napari_t12_bodycomp.model.subject import Subject, ValueSource
from napari_t12_bodycomp.model.tissue import PRESETS, Region
from napari_t12_bodycomp.model.tools import Tool
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow.autosave import Unfinished
from napari_t12_bodycomp.workflow.session import Session
from napari_t12_bodycomp.workflow.session_state import Step, why_not_confirmable

FOUND = LevelFinding(
    LevelStatus.FOUND, "T12 bears the last ribs.", 4, -680.0, (-692.0, -668.0), 0.93, ("Last ribs 84 mm long.",), ("11 rib pairs.",)
)
UNCERTAIN = LevelFinding(
    LevelStatus.UNCERTAIN,
    "The lowest ribs are short.",
    4,
    -680.0,
    (-692.0, -668.0),
    0.5,
    candidates=(
        LevelCandidate(-680.0, 4, (-692.0, -668.0), 0.5, "It bears the last long ribs."),
        LevelCandidate(-690.0, 2, (-700.0, -680.0), 0.4, "It has short ribs."),
    ),
)
ABSENT = LevelFinding(LevelStatus.ABSENT, "The scan ends at T5.", confidence=0.98)


@dataclass
class Dock:
    session: Session
    actions: Actions
    jobs: Jobs
    desk: Desk
    widget: MainWidget
    asked: list[tuple[object, ...]]

    def says(self, sentence: str) -> bool:
        """Whether a visible label holds `sentence`."""
        QApplication.processEvents()
        return any(sentence in label.text() for label in self.widget.findChildren(QLabel) if label.isVisibleTo(self.widget))


@pytest.fixture
def dock(qtbot: QtBot) -> Iterator[Dock]:
    session, actions, desk = Session(), Actions(), Desk()
    jobs = Jobs(session.tell)
    widget = MainWidget(session, actions, jobs, desk)
    qtbot.addWidget(widget)
    widget.resize(theme.DOCK_WIDTH, 940)
    widget.show()
    asked: list[tuple[object, ...]] = []
    for action_id in (*(a.id for a in actions), "open_path", "open_series", "resume_case", "discard_case"):
        actions.connect(action_id, lambda *arguments, name=action_id: asked.append((name, *arguments)))
    yield Dock(session, actions, jobs, desk, widget, asked)
    jobs.close()


def _opened(dock: Dock, volume: CTVolume, finding: LevelFinding | None = FOUND, assessor: str = "anna") -> None:
    dock.session.open(volume, "somewhere")
    if assessor:
        dock.session.set_assessor(assessor)
    if finding is not None:
        dock.session.set_finding(finding)


def _click(qtbot: QtBot, button: object) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


# -- no case, series, unfinished work ----------------------------------------------------------------------------------------------------


def test_without_a_case_the_dock_says_how_to_open_one(dock: Dock, qtbot: QtBot) -> None:
    assert dock.says("Drop a scan here")
    assert not dock.widget.stats.isVisible()
    assert dock.widget.save.next.text() == "Open a scan"
    _click(qtbot, dock.widget.save.next)
    assert dock.asked == [("open_folder",)]


def test_a_dropped_folder_is_opened(dock: Dock, tmp_path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/x"), QUrl.fromLocalFile(str(tmp_path))])
    assert Path(dropped_path(data)) == tmp_path
    dock.widget.case.drop.dropped.emit(str(tmp_path))
    assert dock.asked == [("open_path", str(tmp_path))]


def _offer(description: str, refusal: str = "") -> SeriesOffer:
    return SeriesOffer(
        "1." + description, "1", None, description, "CT", 60, 5.0, 5.0, "B", 120.0, None, (-800.0, -500.0), "axial", refusal=refusal
    )


def test_several_series_say_why_one_was_chosen_and_another_is_one_click_away(dock: Dock, qtbot: QtBot, small_volume: CTVolume) -> None:
    thin, thick, scout = _offer("thin"), _offer("thick"), _offer("scout", "A localizer is not measured: choose an axial series.")
    dock.desk.set(path="x", offers=(thick, thin, scout), chosen=0, reason="The most suitable of 2 axial CT volumes.")
    _opened(dock, small_volume)
    dock.widget.show_step(Step.OPEN)
    assert dock.says("The most suitable of 2 axial CT volumes.")
    assert dock.says("A localizer is not measured")
    buttons = [dock.widget.case._series_column.itemAt(k).widget() for k in range(3)]
    assert [b.isChecked() for b in buttons] == [True, False, False]
    _click(qtbot, buttons[2])
    assert dock.asked == []
    _click(qtbot, buttons[1])
    assert dock.asked == [("open_series", thin)]


def test_unfinished_work_is_offered_and_may_be_discarded(dock: Dock, qtbot: QtBot, small_volume: CTVolume) -> None:
    level = MeasuredLevel(4, -680.0, LevelMethod.AUTOMATIC)
    found = Unfinished(Path("a.npz"), "/data/case-7", "anna", level, Subject(), 5.0, np.zeros((2, 2), np.uint8), (), (), 0.0)
    dock.desk.set(unfinished=(found,))
    assert dock.says("case-7")
    assert dock.says("by anna on slice 5")
    dock.desk.set(resumable=found)
    assert dock.says("Unfinished work on this case was found")
    _click(qtbot, dock.widget.resume.resume)
    _click(qtbot, dock.widget.resume.discard)
    assert dock.asked == [("resume",), ("discard",)]
    dock.desk.set(resumable=None)
    assert not dock.widget.resume.isVisible()


def test_a_running_job_shows_its_words_and_can_be_cancelled(dock: Dock, qtbot: QtBot) -> None:
    dock.jobs._set(JobState("Reading the scan", 0.4, "120 of 275 slices"))
    assert dock.says("Reading the scan: 120 of 275 slices")
    assert dock.widget.job.bar.value() == 400
    _click(qtbot, dock.widget.job.cancel)
    assert dock.asked == [("cancel",)]
    dock.jobs._set(JobState())
    assert not dock.widget.job.isVisible()


# -- level -------------------------------------------------------------------------------------------------------------------------------


def test_a_found_level_shows_confidence_evidence_and_warnings(dock: Dock, small_volume: CTVolume) -> None:
    _opened(dock, small_volume)
    for sentence in ("T12 found · confidence 93 %", "Last ribs 84 mm long.", "11 rib pairs.", "slice 5 / 9 · z −680.0 mm · proposed"):
        assert dock.says(sentence)
    assert dock.widget.save.next.text() == "Confirm level"
    assert dock.widget.save.next.isEnabled()


def test_a_click_on_a_candidate_sets_the_level(dock: Dock, qtbot: QtBot, small_volume: CTVolume) -> None:
    _opened(dock, small_volume, UNCERTAIN)
    assert dock.session.state.level is None
    assert dock.says("T12 is uncertain: 2 candidates")
    assert dock.says("It has short ribs.")
    _click(qtbot, dock.widget.level.cards[1])
    level = dock.session.state.level
    assert level is not None
    assert (level.slice_index, level.method, level.is_confirmed) == (2, LevelMethod.MANUAL, False)
    assert [card.isChecked() for card in dock.widget.level.cards] == [False, True]
    assert (level.candidate, level.reason) == ("B", "It has short ribs.")
    assert dock.widget.level.reason.currentText() == "It has short ribs."
    assert why_not_confirmable(dock.session.state) == ""


def test_every_candidate_is_one_click_away_however_many(dock: Dock, qtbot: QtBot, small_volume: CTVolume) -> None:
    many = tuple(LevelCandidate(-700.0 + 7 * n, n, (-703.0 + 7 * n, -697.0 + 7 * n), 0.2, f"reason {n}") for n in range(5))
    _opened(dock, small_volume, replace(UNCERTAIN, candidates=many))
    assert [card.isVisibleTo(dock.widget) for card in dock.widget.level.cards] == [True] * 5
    _click(qtbot, dock.widget.level.cards[4])
    assert (dock.session.state.level.slice_index, dock.session.state.level.candidate) == (4, "E")


def test_a_candidate_without_a_reason_is_not_confirmed_and_one_pick_is_enough(dock: Dock, qtbot: QtBot, small_volume: CTVolume) -> None:
    _opened(dock, small_volume, UNCERTAIN)
    _click(qtbot, dock.widget.level.cards[0])
    box = dock.widget.level.reason
    box.lineEdit().clear()
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert dock.session.state.level.reason == "" and box.property("bad") == "true"
    assert not dock.widget.save.next.isEnabled() and dock.says("Say in a few words why this candidate is T12")
    box.setCurrentIndex(box.findText("counted from the sacrum"))
    box.activated.emit(box.currentIndex())
    assert dock.session.state.level.reason == "counted from the sacrum" and box.property("bad") == "false"
    assert dock.widget.save.next.isEnabled()


def test_a_typed_reason_is_kept_and_escape_takes_it_back(dock: Dock, qtbot: QtBot, small_volume: CTVolume) -> None:
    _opened(dock, small_volume)
    assert not dock.widget.level.reason.isVisibleTo(dock.widget)
    dock.session.choose_level(6)
    box = dock.widget.level.reason
    assert box.isVisibleTo(dock.widget) and dock.widget.save.next.isEnabled()
    qtbot.keyClicks(box.lineEdit(), "moved off a metal streak")
    assert dock.session.state.level.reason == ""
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert dock.session.state.level.reason == "moved off a metal streak"
    dock.session.confirm_level()
    assert dock.session.state.level.confirmed_by == "anna" and dock.session.state.level.reason == "moved off a metal streak"
    box.lineEdit().setText("no")
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    assert dock.session.state.level.reason == "moved off a metal streak" == box.currentText()


def test_the_neighbours_of_a_found_t12_are_named_and_asked_for(dock: Dock, qtbot: QtBot, small_volume: CTVolume) -> None:
    row = (("L1", -695.0), ("T12", -680.0), ("T11", -668.0))
    seen = tuple(Vertebra(name, z, (z - 5, z + 5), (20.0, 20.0)) for name, z in row)
    _opened(dock, small_volume, replace(FOUND, vertebrae=seen))
    level = dock.widget.level
    assert (level.down.text(), level.up.text()) == ("▾ L1", "▴ T11") and level.up.isEnabled()
    _click(qtbot, level.up)
    assert dock.asked == [("vertebra_up",)]
    dock.session.view(small_volume.nearest_slice(-668.0))
    assert (level.down.text(), level.up.isEnabled()) == ("▾ T12", False)


def test_a_second_opinion_is_said_with_what_speaks_against_it(dock: Dock, qtbot: QtBot, small_volume: CTVolume) -> None:
    _opened(dock, small_volume)
    _click(qtbot, dock.widget.level.ask)
    _click(qtbot, dock.widget.level.ask_file)
    assert dock.asked == [("second_opinion",), ("opinion_file",)]
    opinion = SecondOpinion("map.nii.gz", Verdict.DISAGREES, "map.nii.gz calls it L1.", (), ("It knows no T13.",))
    dock.session.weigh_again(replace(UNCERTAIN, second_opinion=opinion))
    assert dock.session.state.level is None  # the proposal is withdrawn
    assert dock.says("Second opinion: map.nii.gz calls it L1.")
    assert dock.widget.level.opinion.toolTip() == "It knows no T13."
    dock.session.choose_level(2)
    dock.session.confirm_level()
    dock.session.weigh_again(replace(FOUND, second_opinion=opinion))
    assert dock.session.state.level.confirmed_by == "anna"  # what a person chose stays


def test_without_a_count_t12_is_only_said_not_to_be_found(dock: Dock, small_volume: CTVolume) -> None:
    _opened(dock, small_volume, LevelFinding(LevelStatus.ABSENT, "T12 cannot be told from 4 slices over 15 mm."))
    assert dock.says("T12 was not found in this scan") and not dock.says("T12 is not in this scan")
    assert "".join(t for t, _ in overlay_words(dock.session.state).where).endswith("T12 was not found in this scan")


def test_an_absent_t12_is_said_with_a_way_out_and_cannot_be_confirmed(dock: Dock, qtbot: QtBot, small_volume: CTVolume) -> None:
    _opened(dock, small_volume, ABSENT)
    assert dock.says("T12 is not in this scan")
    assert dock.says("The scan ends at T5.")
    assert dock.says("Open another series or scan.")
    with pytest.raises(LevelError):
        dock.session.confirm_level()
    assert dock.widget.save.next.text() == "Another scan"
    _click(qtbot, dock.widget.save.next)
    assert dock.asked == [("open_folder",)]
    assert not dock.widget.stats.isVisible()


def test_confirming_needs_an_assessor_and_says_so(dock: Dock, qtbot: QtBot, small_volume: CTVolume) -> None:
    _opened(dock, small_volume, assessor="")
    assert not dock.widget.save.next.isEnabled()
    assert dock.says("Type the assessor's name or code first")
    with pytest.raises(LevelError, match="assessor"):
        dock.session.confirm_level()
    qtbot.keyClicks(dock.widget.level.assessor, "anna")
    qtbot.keyClick(dock.widget.level.assessor, Qt.Key.Key_Return)
    assert dock.session.state.assessor == "anna"
    assert why_not_confirmable(dock.session.state) == ""
    _click(qtbot, dock.widget.save.next)
    assert dock.asked == [("confirm_level",)]


def test_enter_in_a_field_does_not_reach_the_window(dock: Dock, qtbot: QtBot, small_volume: CTVolume) -> None:
    reached: list[int] = []

    class Window(QWidget):
        def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
            reached.append(event.key())

    window = Window()
    dock.widget.setParent(window)
    _opened(dock, small_volume, assessor="")
    for field, typed in ((dock.widget.level.assessor, "anna"), (dock.widget.subject.height_field, "162")):
        qtbot.keyClicks(field, typed)
        qtbot.keyClick(field, Qt.Key.Key_Return)
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert dock.session.state.assessor == "anna"
    assert reached == []
    dock.widget.setParent(None)


def test_a_level_set_by_hand_is_called_so(dock: Dock, small_volume: CTVolume) -> None:
    _opened(dock, small_volume)
    dock.session.choose_level(6)
    assert dock.says("Level set by hand, not confirmed")
    dock.session.confirm_level()
    dock.widget.show_step(Step.LEVEL)
    assert dock.says("T12 mid-body confirmed by anna")


# -- draw --------------------------------------------------------------------------------------------------------------------------------


def _drawn(dock: Dock, volume: CTVolume, regions: np.ndarray) -> None:
    _opened(dock, volume)
    dock.session.confirm_level()
    dock.session.edit("paint muscle", regions)


def test_the_step_follows_the_case_and_another_step_can_be_looked_at(
    dock: Dock, qtbot: QtBot, small_volume: CTVolume, small_regions: np.ndarray
) -> None:
    assert dock.widget.shown_step is Step.OPEN
    _drawn(dock, small_volume, small_regions)
    assert dock.widget.shown_step is Step.DRAW
    _click(qtbot, dock.widget.steps._buttons[Step.LEVEL])
    assert dock.widget.level.isVisible()
    assert not dock.widget.draw.isVisible()
    dock.session.mark_saved()
    assert dock.widget.shown_step is Step.EXPORT
    assert dock.says("This measurement is saved.")
    assert dock.widget.save.next.text() == "Next case"


def test_tools_show_the_state_and_ask_for_actions(dock: Dock, qtbot: QtBot, small_volume: CTVolume, small_regions: np.ndarray) -> None:
    _drawn(dock, small_volume, small_regions)
    draw = dock.widget.draw
    dock.session.set_tools(tool=Tool.POLYGON, hu_lock=False, brush_mm=9.5)
    assert draw.tools[Tool.POLYGON].isChecked()
    assert not draw.tools[Tool.BRUSH].isChecked()
    assert not draw.lock.isChecked()
    assert draw.brush_words.text() == "9.5 mm"
    _click(qtbot, draw.tools[Tool.BRUSH])
    _click(qtbot, draw.regions[Region.VISCERAL].choose)
    _click(qtbot, draw.undo)
    assert dock.asked == [("tool_brush",), ("region_visceral",), ("undo",)]
    assert "paint muscle" in draw.undo.toolTip()


def test_the_tool_at_hand_stays_marked_when_its_button_is_clicked_again(
    dock: Dock, qtbot: QtBot, small_volume: CTVolume, small_regions: np.ndarray
) -> None:
    _drawn(dock, small_volume, small_regions)
    dock.session.set_tools(tool=Tool.BRUSH)
    _click(qtbot, dock.widget.draw.tools[Tool.BRUSH])
    assert dock.widget.draw.tools[Tool.BRUSH].isChecked()


def test_the_brush_slider_and_the_padlocks_change_the_tools(
    dock: Dock, qtbot: QtBot, small_volume: CTVolume, small_regions: np.ndarray
) -> None:
    _drawn(dock, small_volume, small_regions)
    dock.widget.draw.brush.setValue(25)
    assert dock.session.state.tools.brush_mm == 12.5
    _click(qtbot, dock.widget.draw.regions[Region.MUSCLE].protect)
    assert dock.session.state.tools.protected == {Region.MUSCLE}
    _click(qtbot, dock.widget.draw.regions[Region.MUSCLE].protect)
    assert dock.session.state.tools.protected == frozenset()


def test_every_button_has_a_tooltip(dock: Dock, small_volume: CTVolume, small_regions: np.ndarray) -> None:
    _drawn(dock, small_volume, small_regions)
    controls = [w for kind in (QAbstractButton, QLineEdit, QComboBox) for w in dock.widget.findChildren(kind)]
    assert len(controls) > 25
    assert [w.text() if hasattr(w, "text") else w for w in controls if not w.toolTip()] == []


# -- numbers -----------------------------------------------------------------------------------------------------------------------------


def test_numbers_follow_the_drawing(dock: Dock, small_volume: CTVolume, small_regions: np.ndarray) -> None:
    _drawn(dock, small_volume, small_regions)
    stats = dock.widget.stats
    assert stats.cells["muscle", 2].text() == "2.6"  # 400 pixels of 0.64 mm2 are 2.56 cm2
    assert stats.cells["visceral_fat", 3].text() == "−90.0"
    dock.session.set_height(160)
    assert stats.cards["SMI"].value.text() == "1.0"  # 2.56 / 1.6^2
    less = small_regions.copy()
    less[less == Region.MUSCLE] = 0
    dock.session.edit("erase", less)
    assert stats.cells["muscle", 2].text() == UNKNOWN
    assert dock.says("SMI: The muscle region is not drawn yet.")


def test_a_missing_height_leaves_indices_empty_and_says_why(dock: Dock, small_volume: CTVolume, small_regions: np.ndarray) -> None:
    _drawn(dock, small_volume, small_regions)
    assert [dock.widget.stats.cards[name].value.text() for name in ("SMI", "VFI", "SFI")] == [UNKNOWN] * 3
    assert dock.widget.stats.cards["VSR"].value.text() != UNKNOWN
    assert dock.says("SMI, VFI, SFI: The height is unknown: type it in to get this index.")
    dock.session.set_height(160)
    assert not dock.says("The height is unknown")


@pytest.mark.parametrize("typed", ["17", "0", "1700", "tall"])
def test_an_impossible_height_is_refused_and_the_old_one_kept(dock: Dock, qtbot: QtBot, small_volume: CTVolume, typed: str) -> None:
    _opened(dock, small_volume)
    dock.session.set_height(162)
    field = dock.widget.subject.height_field
    field.clear()
    qtbot.keyClicks(field, typed)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert dock.session.state.subject.height_m == pytest.approx(1.62)
    assert dock.says("The value before is kept.")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "162"


def test_a_typed_height_is_taken_with_its_source(dock: Dock, qtbot: QtBot, small_volume: CTVolume) -> None:
    _opened(dock, small_volume)
    field = dock.widget.subject.height_field
    qtbot.keyClicks(field, "163,5")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    subject = dock.session.state.subject
    assert subject.height_m == pytest.approx(1.635)
    assert subject.height_source is ValueSource.TYPED
    assert dock.says("typed")


def test_the_preset_is_chosen_by_name_and_shown_with_its_windows(dock: Dock, small_volume: CTVolume) -> None:
    _opened(dock, small_volume)
    protocol = dock.widget.protocol
    protocol.preset.activated.emit(protocol.preset.findData("alberta"))
    assert dock.session.state.protocol.preset is PRESETS["alberta"]
    assert dock.widget.stats.cells["subcutaneous_fat", 4].text() == "−190 … −30"
    assert "TomoVision" in protocol.preset.toolTip()
    before = dock.session.state.protocol
    for name, item in protocol.items.items():
        assert item.isChecked() == getattr(before, name)
        item.trigger()
        assert getattr(dock.session.state.protocol, name) != getattr(before, name)


def test_no_cut_offs_are_chosen_until_a_person_does_and_then_they_stand_beside_the_index(
    dock: Dock, small_volume: CTVolume, small_regions: np.ndarray
) -> None:
    _drawn(dock, small_volume, small_regions)
    dock.session.set_height(160)
    assert dock.session.state.cutoffs == ""
    assert not dock.widget.stats.cards["SMI"].judgement.isVisible()
    choice = dock.widget.cutoffs.choice
    choice.activated.emit(choice.findData("kjr-2019"))
    assert dock.widget.stats.cards["SMI"].judgement.text() == "< 28.07"
    assert dock.says("SMI is below 28.07 cm2/m2 (both sexes, kjr-2019).")
    assert dock.says("Source: Korean J Radiol 2019")
    choice.activated.emit(0)
    assert not dock.says("28.07")


def test_flags_and_doubts_are_said_in_words(dock: Dock, small_volume: CTVolume, small_regions: np.ndarray) -> None:
    _opened(dock, small_volume)
    body = small_regions > 0
    flags = (QualityFlag("fov_truncated", "The field of view cuts the body."),)
    dock.session.set_draft(Draft(small_regions, body, ~body, ("Check the front wall.",)), flags, 4, 5.0)
    assert dock.says("• The field of view cuts the body.\n• Check the front wall.")
    assert not dock.says("Nothing to note")


# -- saving ------------------------------------------------------------------------------------------------------------------------------


def test_save_is_the_next_action_once_the_level_is_confirmed(
    dock: Dock, qtbot: QtBot, small_volume: CTVolume, small_regions: np.ndarray
) -> None:
    _drawn(dock, small_volume, small_regions)
    assert dock.widget.save.next.text() == "Save result"
    _click(qtbot, dock.widget.save.next)
    assert dock.asked == [("save",)]


def test_a_refusal_is_shown_with_the_draft_as_a_way_out(dock: Dock, qtbot: QtBot, small_volume: CTVolume, tmp_path: Path) -> None:
    _opened(dock, small_volume)
    dock.desk.set(message="The level is not confirmed.", message_is_error=True, offer_draft=True, out_folder=tmp_path)
    assert dock.says("The level is not confirmed.")
    assert tmp_path.name in dock.widget.save.folder.text()
    _click(qtbot, dock.widget.save.draft)
    assert dock.asked == [("save_draft",)]


def test_what_was_said_about_one_level_does_not_outlive_it(dock: Dock, small_volume: CTVolume) -> None:
    _opened(dock, small_volume)
    dock.session.confirm_level()
    dock.desk.set(message="Level confirmed by anna.", message_is_error=False)
    assert dock.says("Level confirmed by anna.")
    dock.session.choose_level(6)
    assert not dock.says("Level confirmed by anna.")


@pytest.mark.parametrize("finding", [FOUND, UNCERTAIN, ABSENT])
def test_nothing_needs_a_scroll_bar_at_1080_px(
    dock: Dock, qtbot: QtBot, small_volume: CTVolume, small_regions: np.ndarray, finding: LevelFinding
) -> None:
    dock.widget.resize(theme.DOCK_WIDTH, 1000)
    for step in Step:
        _opened(dock, small_volume, finding)
        if finding is FOUND:
            dock.session.edit("paint", small_regions)
            dock.session.choose_cutoffs("insights-2021")
        dock.widget.show_step(step)
        qtbot.wait(20)
        assert dock.widget.scroll.verticalScrollBar().maximum() == 0
        assert dock.widget.scroll.widget().layout().minimumSize().width() <= theme.DOCK_WIDTH
