"""The workbench: one session, its picture and its panels in one napari window, and what each action does."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from napari import Viewer
from qtpy.QtCore import QSettings, QTimer
from qtpy.QtWidgets import QApplication

from napari_t12_bodycomp.errors import InputError, T12Error
from napari_t12_bodycomp.gui._reader import SOURCE
from napari_t12_bodycomp.gui.actions import Actions, changes_picture
from napari_t12_bodycomp.gui.active_time import ActiveTime
from napari_t12_bodycomp.gui.ask_files import AskFiles
from napari_t12_bodycomp.gui.canvas import Canvas
from napari_t12_bodycomp.gui.canvas_pins import CanvasPins
from napari_t12_bodycomp.gui.carry_flow import CarryFlow
from napari_t12_bodycomp.gui.case_deeds import CaseDeeds
from napari_t12_bodycomp.gui.case_flow import CaseFlow
from napari_t12_bodycomp.gui.case_moves import CaseMoves
from napari_t12_bodycomp.gui.desk import Desk
from napari_t12_bodycomp.gui.draw_actions import draw_actions
from napari_t12_bodycomp.gui.drops import Drops
from napari_t12_bodycomp.gui.errands import Errands
from napari_t12_bodycomp.gui.first_slice import FirstSlicePicture
from napari_t12_bodycomp.gui.help_keys import KeyHelp
from napari_t12_bodycomp.gui.jobs import Jobs
from napari_t12_bodycomp.gui.keys import Keys
from napari_t12_bodycomp.gui.level_actions import level_actions
from napari_t12_bodycomp.gui.level_flow import LevelFlow
from napari_t12_bodycomp.gui.pacs_page import PacsPage
from napari_t12_bodycomp.gui.reading_flow import ReadingFlow
from napari_t12_bodycomp.gui.review_flow import ReviewFlow
from napari_t12_bodycomp.gui.saving import Saving
from napari_t12_bodycomp.gui.sending import Sending
from napari_t12_bodycomp.gui.study_case import StudyCase
from napari_t12_bodycomp.gui.study_flow import StudyFlow
from napari_t12_bodycomp.gui.study_page import StudyPage
from napari_t12_bodycomp.gui.warm_up import warm_up
from napari_t12_bodycomp.gui.window_frame import WindowFrame
from napari_t12_bodycomp.workflow.autosave import Autosave
from napari_t12_bodycomp.workflow.seat import Seat
from napari_t12_bodycomp.workflow.session import Session

log = logging.getLogger(__name__)

_OPEN: WeakKeyDictionary[Viewer, Workbench] = WeakKeyDictionary()


class Workbench:
    """Everything that belongs to one window."""

    def __init__(self, viewer: Viewer, assessor: str = "", autosave_folder: Path | None = None) -> None:
        self.viewer = viewer
        warm_up()
        self.session = Session(assessor)
        self.actions = Actions()
        self.desk = Desk()
        self.jobs = Jobs(lambda sentence: self.desk.set(message=sentence, message_is_error=True))
        self.session.told.connect(lambda sentence: self.desk.set(message=sentence, message_is_error=False))
        self.saver = Autosave(self.session, autosave_folder)
        self.flow = CaseFlow(self.session, self.jobs, self.desk, self.saver)
        self.saving = Saving(self.session, self.desk, self.saver)
        self.seat = Seat()
        self.frame = WindowFrame(viewer)
        self.timer = ActiveTime(self.frame.main, lambda: self.moves.step())
        errands = Errands(lambda sentence: self.desk.set(message=sentence, message_is_error=True))
        self.study_case = StudyCase(self.seat, self.session, self.flow, self.jobs, self.desk, self.timer, errands)
        self.deeds = CaseDeeds(self.study_case)
        self.study = StudyFlow(self.seat, self.session, self.study_case, self.desk, errands)
        self.level_flow = LevelFlow(self.session, self.jobs, self.desk)
        self.carry = CarryFlow(self.session, self.jobs)
        self.settings = QSettings("napari-t12-bodycomp", "workbench")
        self.ask = AskFiles(self.frame.main, self.settings)
        self.keys = Keys(viewer, self.actions)
        self.canvas = Canvas(viewer, self.session, self.actions, self.keys.add_layer)
        self.sending = Sending(self.settings, self.seat, lambda sentence, failed: self.desk.set(message=sentence, message_is_error=failed))
        self.review = ReviewFlow(self.study_case, self.deeds, self.desk, CanvasPins(viewer, self.canvas.view, self.session, self.seat))
        self.review.on_approved = self.sending.send
        self.reading = ReadingFlow(self.study_case, self.deeds, self.review.compare_with)
        self.moves = CaseMoves(
            self.flow,
            self.saving,
            self.study_case,
            self.deeds,
            self.review,
            self.reading,
            self.canvas,
            self.actions,
            self.ask,
            self.settings,
        )
        self.drops = Drops(self.frame.picture, lambda: not self.frame.plain, lambda path: self.actions.trigger("open_path", path))
        self.first_slice = FirstSlicePicture(self.canvas.view.native, self.session, self.jobs)
        self.flow.first_slice.connect(self.first_slice.show_slice)
        self.help = KeyHelp(self.actions, self.canvas.view.native)
        self.study_page = StudyPage(self.frame.centre, self.seat, self.study, self.actions, self.settings, self.sending)
        self.pacs_page = PacsPage(self.frame.centre, self.actions, self.settings)
        self.study_case.on_shown = self._show_case
        self._connect()
        self._add_panels()
        self.frame.take_keys({self.actions.key(a.id) for a in self.actions})
        self.frame.show_plain(False)
        self.frame.fade_notices()
        self.frame.main.destroyed.connect(self._on_window_gone)
        viewer.layers.events.inserted.connect(self._on_inserted)
        viewer.dims.ndisplay = 2
        viewer.dims.events.ndisplay.connect(self._on_ndisplay)
        self._closed = False

    def _add_panels(self) -> None:
        from napari_t12_bodycomp.gui.footer import Footer
        from napari_t12_bodycomp.gui.main_widget import MainWidget
        from napari_t12_bodycomp.gui.reformats import Reformats
        from napari_t12_bodycomp.gui.theme import DOCK_WIDTH, REFORMAT_WIDTH

        self.panel = MainWidget(self.session, self.actions, self.jobs, self.desk, self.seat)
        self.frame.add_column("Reformats", Reformats(self.session, self.actions), REFORMAT_WIDTH)
        self.frame.add_column("T12 workbench", self.panel, DOCK_WIDTH)
        self.frame.add_footer(Footer(self.session, self.actions, self.jobs, self.desk, self.saver, seat=self.seat))

    def _connect(self) -> None:
        session, flow, canvas, actions = self.session, self.flow, self.canvas, self.actions
        does: dict[str, Callable[..., Any]] = {
            "open_folder": lambda: self._open(self.ask.scan_folder()),
            "open_file": lambda: self._open(self.ask.scan_file()),
            "open_path": flow.open_path,
            "open_series": flow.open_series,
            "open_pacs": self.pacs_page.toggle,
            "cancel": self.cancel,
            "study": self.study_page.toggle,
            "add_to_study": self.study_case.add_scan_on_screen,
            "open_case": self.study_case.open,
            "resume": flow.resume,
            "discard": flow.discard,
            "resume_case": flow.resume_case,
            "discard_case": flow.discard_case,
            "draft_again": flow.draft,
            "copy_slice": self.carry.from_other_slice,
            "copy_earlier": self.copy_earlier,
            "screenshot": self.screenshot,
            "plain_view": lambda: self.frame.show_plain(not self.frame.plain),
            "help": lambda: self.help.toggle(),
            "take_reading": self.reading.take,
            "draw_third": self.reading.draw_third,
        }
        does |= draw_actions(session, canvas) | level_actions(session, canvas, flow, self.level_flow, self.ask)
        does |= self.review.actions() | self.moves.actions()
        for action_id, function in does.items():
            actions.connect(action_id, self._guarded(self._on_sight(function) if changes_picture(action_id) else function))
        flow.opened.connect(self._on_opened)

    def _on_opened(self) -> None:
        if self.session.state.volume is not None:
            self._show_case()

    def _on_sight(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, as far as the picture is seen: nobody changes or hands in a case that something else lies over."""
        covers = ((self.study_page, "study", "study"), (self.pacs_page, "archive", "open_pacs"))

        def call(*arguments: Any) -> None:
            if self.session.state.volume is not None:
                for page, name, action_id in covers:
                    if page.isVisible():
                        raise InputError(f"The {name} lies over the picture: look at the case first ({self.actions.key(action_id)}).")
                if self.first_slice.isVisible():
                    raise InputError("Another scan is being read, and lies over the picture: wait, or cancel it.")
            function(*arguments)

        return call

    def _show_case(self) -> None:
        self.study_page.dismiss()
        self.canvas.view.native.setFocus()

    def _guarded(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, with what goes wrong told in one sentence."""

        def call(*arguments: Any) -> None:
            try:
                function(*arguments)
            except T12Error as error:
                self.desk.set(message=str(error), message_is_error=True)
            except Exception as error:  # the window's last line of defence: logged, told, and the work goes on
                log.exception("an action failed")
                sentence = f"That failed unexpectedly ({type(error).__name__}): the log says more; the drawing is as it was."
                self.desk.set(message=sentence, message_is_error=True)

        return call

    # -- what actions do ---------------------------------------------------------------------------------------------------------------

    def _open(self, path: str) -> None:
        if path:
            self.flow.open_path(path)

    def copy_earlier(self) -> None:
        """Ask for an earlier result of the same patient and copy its regions."""
        file = self.ask.earlier_result(self.desk.state.out_folder)
        if file:
            self.carry.from_earlier_visit(Path(file))

    def cancel(self) -> None:
        """Stop what runs."""
        if self.jobs.state.running:
            name = self.jobs.state.name
            self.jobs.cancel()
            self.desk.set(message=f"{name}: cancelled, nothing was changed.", message_is_error=False)

    def screenshot(self, file: str = "") -> None:
        """Save a picture of the window into `file`; ask for a name where none is given."""
        file = file or self.ask.picture()
        if file:
            QApplication.processEvents()
            self.frame.main.grab().save(file)

    # -- from napari's own menus -------------------------------------------------------------------------------------------------------

    def _on_inserted(self, event: Any) -> None:
        """A scan that came through napari's reader, by menu or dropped on the window, is opened as a case."""
        layer = event.value
        if SOURCE in layer.metadata and "volume" in layer.metadata:
            QTimer.singleShot(0, lambda: self._adopt(layer))

    def _adopt(self, layer: Any) -> None:
        self.flow.open_volume(layer.metadata["volume"], layer.metadata[SOURCE])
        if layer in self.viewer.layers:
            self.viewer.layers.remove(layer)

    def _on_ndisplay(self, event: Any = None) -> None:
        """Regions are drawn on one flat slice: napari's 3D view waits until the workbench is closed."""
        if self.viewer.dims.ndisplay == 3:
            self.viewer.dims.ndisplay = 2
            self.session.tell("The workbench measures one flat slice: napari's 3D view is there again when the workbench is closed.")

    # -- the end -----------------------------------------------------------------------------------------------------------------------

    def _on_window_gone(self) -> None:
        if not self._closed:
            self._closed = True
            self.saver.close()  # the last stroke first
            self.saving.close()
            self.jobs.close(1.0)
            self.pacs_page.flow.close(1.0)
            self.sending.close()
            self.review.close()
            self.reading.close()
            self.study.close()
            self.timer.close()

    def close(self) -> None:
        """Stop everything and give the window back to napari."""
        if self._closed:
            return
        self._closed = True
        self.frame.main.destroyed.disconnect(self._on_window_gone)
        self.viewer.layers.events.inserted.disconnect(self._on_inserted)
        self.jobs.close()
        self.saving.close()
        self.sending.close()
        self.review.close()
        self.reading.close()
        self.study_page.close_for_good()
        self.pacs_page.close_for_good()
        self.study.close()
        self.timer.close()
        self.saver.close()
        self.viewer.dims.events.ndisplay.disconnect(self._on_ndisplay)
        self.drops.close()
        self.first_slice.close_for_good()
        self.level_flow.close()
        self.flow.close()
        self.canvas.close()
        self.frame.close()
        self.keys.close()
        self.help.close()
        _OPEN.pop(self.viewer, None)
        for other in _OPEN.values():  # windows share their actions and menu entries, whose keys were just given back
            other.keys.take()
            other.frame.take_again()


def open_workbench(viewer: Viewer, assessor: str = "", autosave_folder: Path | None = None) -> Workbench:
    """The workbench of `viewer`: the one it has, or a new one."""
    found = _OPEN.get(viewer)
    if found is None:
        found = Workbench(viewer, assessor, autosave_folder)
        _OPEN[viewer] = found
    return found
