"""Keys that mean something else for a case of a study, a review, a reading and a lone scan: next, save, hand in, back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from qtpy.QtCore import QSettings

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.gui.actions import Actions
from napari_t12_bodycomp.gui.ask_files import AskFiles
from napari_t12_bodycomp.gui.canvas import Canvas
from napari_t12_bodycomp.gui.case_deeds import CaseDeeds
from napari_t12_bodycomp.gui.case_flow import CaseFlow
from napari_t12_bodycomp.gui.reading_flow import ONCE, ReadingFlow
from napari_t12_bodycomp.gui.review_flow import ReviewFlow
from napari_t12_bodycomp.gui.saving import Saving
from napari_t12_bodycomp.gui.study_case import StudyCase


class CaseMoves:
    """Sends such a key to whom it is for, as the case on screen stands."""

    def __init__(
        self,
        flow: CaseFlow,
        saving: Saving,
        case: StudyCase,
        deeds: CaseDeeds,
        review: ReviewFlow,
        reading: ReadingFlow,
        canvas: Canvas,
        actions: Actions,
        ask: AskFiles,
        settings: QSettings,
    ) -> None:
        self._flow, self._saving, self._case, self._deeds = flow, saving, case, deeds
        self._review, self._reading = review, reading
        self._canvas, self._actions, self._ask, self._settings = canvas, actions, ask, settings
        self._seat, self._session, self._desk = case.seat, case.session, case.around
        folder = settings.value("out_folder", "")
        self._desk.set(out_folder=Path(str(folder)) if folder else None)

    def actions(self) -> dict[str, Callable[..., Any]]:
        """Who carries each of these actions out."""
        return {
            "next": self.next_case,
            "save": self.save,
            "save_draft": lambda: self.save(as_draft=True),
            "submit": self.submit,
            "point_back": self.point_back,
            "choose_folder": self.ask_out_folder,
        }

    def next_case(self) -> None:
        """Open the next case: that of the study where one is signed in to, else unfinished work, else ask."""
        if self._seat.state.is_signed_in:
            self._case.next()
            return
        waiting = [u for u in self._desk.state.unfinished if u.source]
        if self._session.state.volume is None and waiting:
            self._flow.resume_case(waiting[0])
        elif folder := self._ask.scan_folder():
            self._flow.open_path(folder)

    def save(self, as_draft: bool = False) -> None:
        """Save a case of the study as a version; anything else into the remembered folder, which is asked for the first time."""
        opened = self._seat.state.opened
        if opened is not None:
            if opened.reading is not None or opened.dispute is not None:
                raise InputError(ONCE)
            self._deeds.save()
            return
        if self._desk.state.out_folder is None:
            self.ask_out_folder()
        if self._desk.state.out_folder is not None:
            self._saving.save(self._desk.state.out_folder, as_draft)

    def submit(self) -> None:
        """Hand the case of the study in; a reviewer approves it, a second reader hands the reading in."""
        opened = self._seat.state.opened
        if opened is not None and opened.reading is not None:
            self._reading.hand_in()
        elif opened is not None and opened.dispute is not None:
            self._reading.hand_in_third()
        elif opened is not None and opened.is_review:
            self._review.ask_password()
        elif opened is None:
            self._session.tell("Only a case of a study is submitted: sign in and choose one from the worklist.")
        else:
            self._deeds.submit()

    def point_back(self) -> None:
        """Take the last point of what is being drawn away; where a reviewer looks on, return the case."""
        opened = self._seat.state.opened
        if opened is not None and opened.is_review and self._session.state.locked:
            self._actions.trigger("return_case")
        else:
            self._canvas.tools.take_back()

    def ask_out_folder(self) -> None:
        """Ask where results go and remember it."""
        folder = self._ask.results_folder(self._desk.state.out_folder)
        if folder:
            self.set_out_folder(Path(folder))

    def set_out_folder(self, folder: Path) -> None:
        """Write results into `folder` from now on."""
        self._settings.setValue("out_folder", str(folder))
        self._desk.set(out_folder=folder)

    def step(self) -> str:
        """What is worked on now: a step of the case, ``reading`` or ``review``."""
        opened = self._seat.state.opened
        if opened is not None and opened.reading is not None:
            return "reading"
        return "review" if opened is not None and (opened.is_review or opened.dispute) else self._session.state.step.value
