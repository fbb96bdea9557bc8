"""What a reviewer does in the window: decide, correct, compare, comment. Every call to the database runs as an errand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.gui.canvas_pins import CanvasPins
from napari_t12_bodycomp.gui.case_deeds import CaseDeeds
from napari_t12_bodycomp.gui.desk import Desk as Around
from napari_t12_bodycomp.gui.review_words import CHANGED, NOTHING_DRAWN, slice_of, version_name
from napari_t12_bodycomp.gui.study_case import StudyCase
from napari_t12_bodycomp.model.study import Case, CaseState, Ticket
from napari_t12_bodycomp.workflow import autosave, case_sight, drawing, review
from napari_t12_bodycomp.workflow.seat import OpenCase, SeatState
from napari_t12_bodycomp.workflow.session_state import Reference
from napari_t12_bodycomp.workflow.study import Desk


class ReviewFlow:
    """Moves the review of the case on screen; the session is told where that case stands in its study."""

    def __init__(self, case: StudyCase, deeds: CaseDeeds, around: Around, pins: CanvasPins) -> None:
        self.case, self.deeds, self.around, self.pins = case, deeds, around, pins
        self.seat, self.session, self.errands = case.seat, case.session, case.errands
        self._came_from: int | None = None
        self.on_approved: Callable[[Desk, Case], None] = lambda desk, case: None
        pins.typed.connect(self.pin_comment)
        case.flow.opened.connect(self._follow)
        self.seat.changed.connect(self._on_seat)

    def close(self) -> None:
        """Stop following the case."""
        self.case.flow.opened.disconnect(self._follow)
        self.seat.changed.disconnect(self._on_seat)
        self.pins.close_for_good()

    def actions(self) -> dict[str, Callable[..., Any]]:
        """Who carries each of these actions out."""
        return {
            "return_case": lambda: self._ask("return"),
            "correct": self.correct,
            "reopen_case": self.ask_reopen,
            "stop_asking": self.stop_asking,
            "sign_off": self.sign_off,
            "send_back": self.send_back,
            "unlock": self.reopen,
            "comment": self.pins.ask,
            "add_comment": self.add_comment,
            "go_to_comment": self.go_to_comment,
            "compare_with": self.compare_with,
            "flicker": self.flicker,
        }

    def _follow(self) -> None:
        opened = self.seat.state.opened
        if opened is None:
            self.session.follow_study(None, "")
        else:  # who reads a case apart from others is not told where it stands
            state = opened.case.state if opened.reading is None else CaseState.NEW
            self.session.follow_study(state, opened.numbers_hidden)

    def _on_seat(self, old: SeatState, new: SeatState) -> None:
        if old.opened is new.opened:
            return
        before, after = (None if s.opened is None else (s.opened.case.id, s.opened.case.state) for s in (old, new))
        if before != after:
            self.stop_asking()
        self._follow()

    # -- deciding ----------------------------------------------------------------------------------------------------------------------

    def ask_password(self) -> None:
        """Show the line for the password that signs the version off."""
        self._ask("password")

    def _ask(self, what: str) -> None:
        self._to_decide()
        self.around.set(asking="", message="", message_is_error=False)
        self.around.set(asking=what)

    def stop_asking(self) -> None:
        """Put away what asks for a password or a reason."""
        if self.around.state.asking:
            self.around.set(asking="")
            self.pins.focus_picture()

    def _on_screen(self) -> tuple[Desk, OpenCase]:
        desk, opened = self.seat.state.desk, self.seat.state.opened
        if desk is None or opened is None:
            raise InputError("No case of a study is open: sign in and choose one from the worklist.")
        return desk, opened

    def _to_decide(self) -> tuple[Desk, OpenCase, Ticket]:
        """Who decides on what; InputError where nothing may be decided."""
        desk, opened = self._on_screen()
        if opened.why_not_decide:
            raise InputError(opened.why_not_decide)
        if opened.ticket is None:
            raise InputError(NOTHING_DRAWN)
        self._check_scan(opened)
        if self.session.state.work is None or self.case.is_changed:
            raise InputError(CHANGED)
        return desk, opened, opened.ticket

    def _check_scan(self, opened: OpenCase) -> None:
        """InputError where the scan on screen is not the one that was drawn on: the session is locked for that."""
        if self.session.state.locked not in ("", self.case.why_locked(opened)):
            raise InputError(self.session.state.locked)

    def sign_off(self, password: str) -> None:
        """Approve the version on screen; `password` is asked of the database and kept nowhere."""
        desk, opened, ticket = self._to_decide()
        if not password:
            raise InputError("Your password is wanted to sign off, none came: type it.")
        secret = [password]
        said = f"{opened.case.pseudonym} is approved. Next case: N."

        def signed() -> None:
            self.stop_asking()
            self.on_approved(desk, opened.case)

        self.deeds.deed("Signing off", lambda: review.approve(desk, ticket, secret.pop()), said, signed)

    def send_back(self, reason: str) -> None:
        """Return the case to its assessor, who reads `reason`."""
        desk, opened, ticket = self._to_decide()
        if not reason.strip():
            raise InputError("A reason is wanted for returning a case, none came: say what is to be changed.")
        said = f"{opened.case.pseudonym} is returned. Next case: N."
        self.deeds.deed("Returning", lambda: review.return_case(desk, ticket, reason.strip()), said, self.stop_asking)

    def correct(self) -> None:
        """Let the reviewer change the drawing; asked again before anything was changed, look at it only."""
        _, opened = self._on_screen()
        if not opened.is_review:
            raise InputError(opened.why_not_decide)
        self._check_scan(opened)
        if self.session.state.locked:
            self.stop_asking()
            self.case.correct()
            now = self.session.state
            if now.volume is not None and not now.locked:
                self.around.set(resumable=autosave.unfinished_for(now.volume, self.case.flow.saver.folder, now.task))
        elif self.case.is_changed:
            raise InputError(CHANGED)
        else:
            self.session.lock(self.case.why_locked(opened))

    def ask_reopen(self) -> None:
        """Show the line for the reason to unlock an approved case."""
        self._on_screen()
        self.around.set(asking="")
        self.around.set(asking="reopen")

    def reopen(self, reason: str) -> None:
        """Unlock the approved case on screen, as a lead."""
        desk, opened = self._on_screen()
        ticket = opened.ticket
        if ticket is None:
            raise InputError(NOTHING_DRAWN)
        if not reason.strip():
            raise InputError("A reason is wanted for reopening a case, none came: say why.")
        said = f"{opened.case.pseudonym} is open again and waits for its assessor."
        self.deeds.deed("Reopening", lambda: review.reopen(desk, ticket, reason.strip()), said, self.stop_asking)

    # -- comments ----------------------------------------------------------------------------------------------------------------------

    def pin_comment(self, text: str, point: tuple[float, float]) -> None:
        """Pin a comment to a point (row, column in pixels) of the version on screen."""
        self.add_comment(text, point)

    def add_comment(self, text: str, point: tuple[float, float] | None = None) -> None:
        """Note a comment on the version on screen."""
        desk, opened = self._on_screen()
        if opened.base is None:
            raise InputError("A comment belongs to a saved drawing, none is there yet: save first.")
        if not text.strip():
            return
        number, version = opened.case.id, opened.base
        self.errands.run("Commenting", lambda: review.add_comment(desk, number, version, text.strip(), point), lambda _: self.case.look())

    def go_to_comment(self, place: int) -> None:
        """Show the slice and the point of the comment with the number `place`."""
        _, opened = self._on_screen()
        where = slice_of(opened.comments[place - 1], opened)
        if where is not None:
            self.session.view(where)
        self.pins.pick(place)

    # -- comparing ---------------------------------------------------------------------------------------------------------------------

    def compare_with(self, number: int | None) -> None:
        """Compare with version `number`; None for the automatic draft."""
        desk, opened = self._on_screen()
        version = next((v for v in opened.versions if v.number == number), None)
        if version is None:
            self.session.set_reference(None)
            return

        def fetched(found: Any) -> None:
            on_screen = self.seat.state.opened
            if on_screen is not None and on_screen.case.id == opened.case.id:
                self.session.set_reference(Reference(version_name(version), version.slice_index, found.regions))

        self.errands.run("Fetching a version", lambda: case_sight.seen_regions(desk, opened.case.id, version.number), fetched)

    def flicker(self, held: bool = False) -> None:
        """Show the reference instead of the drawing while the key is held, on the slice that it was drawn on."""
        state = self.session.state
        other = drawing.reference(state)
        if not held:
            self.session.set_tools(flicker=False)
            if self._came_from is not None:
                self.session.view(self._came_from)
            self._came_from = None
        elif other is None:
            self.session.tell("There is no automatic draft of this slice to show: draft it first; the step can be undone.")
        else:
            if other.slice_index != state.view_index:
                self._came_from = state.view_index
                self.session.view(other.slice_index)
            self.session.set_tools(flicker=True)
