"""Results that somebody approved here go to an archive, where that is asked for, while the work goes on and after the next start."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QSettings

from napari_t12_bodycomp.errors import Refused, T12Error
from napari_t12_bodycomp.gui.errands import Errands, sentence_of
from napari_t12_bodycomp.model.study import Case
from napari_t12_bodycomp.workflow import outbox
from napari_t12_bodycomp.workflow.outbox import Unsent
from napari_t12_bodycomp.workflow.pacs_nodes import known_nodes, node_named
from napari_t12_bodycomp.workflow.seat import Seat, SeatState, hidden_cases
from napari_t12_bodycomp.workflow.sending import send_approved
from napari_t12_bodycomp.workflow.study import Desk

_KEY = "send_approved_to"


class Sending:
    """Sends one case after another; `tell` gets a sentence and whether it says that something failed.

    A case stands in the outbox from its approval until the archive has its results; what stands there is sent again by whoever sits down at
    the study next. So a window that closes waits for nothing, and nothing is lost: results that are sent twice stay the same.
    A case that this person is to read apart from others is not named to them: they would learn that it is approved.
    """

    def __init__(self, settings: QSettings, seat: Seat, tell: Callable[[str, bool], None]) -> None:
        self._settings, self._seat, self._tell = settings, seat, tell
        self.errands = Errands(lambda sentence: tell(sentence, True))
        seat.changed.connect(self._on_seat)

    def close(self) -> None:
        """Wait for nothing: what is being sent stands in the outbox."""
        self._seat.changed.disconnect(self._on_seat)
        self.errands.close(0.0)

    @property
    def target(self) -> str:
        """Name of the archive that approved results go to; "" for none."""
        return str(self._settings.value(_KEY, ""))

    @target.setter
    def target(self, name: str) -> None:
        self._settings.setValue(_KEY, name)

    @staticmethod
    def choices() -> list[str]:
        """Names of the archives that this computer knows; none where their list cannot be read."""
        try:
            return [node.name for node in known_nodes()]
        except T12Error:
            return []

    def send(self, desk: Desk, case: Case) -> None:
        """Send the results of a case that was just approved, where an archive is chosen."""
        if self.target:
            unsent = Unsent(outbox.study_key(self._seat.state.where), case.pseudonym, case.id, self.target)
            try:
                outbox.remember(unsent)
            except T12Error as error:  # they are sent all the same
                self._tell(str(error), True)
            self._send(desk, unsent)

    def _on_seat(self, old: SeatState, new: SeatState) -> None:
        """Somebody sat down: look what was not sent yet."""
        desk, where = new.desk, new.where
        if desk is not None and old.desk is not desk:
            self.errands.run(
                "Looking for what was not sent",
                lambda: (outbox.unsent_of(where), hidden_cases(desk)),
                lambda found: self._take_up(desk, *found),
            )

    def _take_up(self, desk: Desk, waiting: tuple[Unsent, ...], hidden: frozenset[int]) -> None:
        """Send what waits for the archive that is still chosen, and say what stays."""
        if self._seat.state.desk is not desk:
            return
        going = [unsent for unsent in waiting if unsent.archive == self.target]
        for unsent in going:
            self._send(desk, unsent, unsent.case_id not in hidden)
        left = [unsent for unsent in waiting if unsent not in going]
        if going:
            names = _names([unsent.pseudonym for unsent in going if unsent.case_id not in hidden], len(going))
            self._tell(f"Approved results were not sent to {self.target} yet, those of {names}: they are being sent now.", False)
        elif left:
            names = _names([f"{one.pseudonym} to {one.archive}" for one in left if one.case_id not in hidden], len(left))
            self._tell(f"Approved results were not sent yet ({names}): t12-bodycomp study send does it.", True)

    def _send(self, desk: Desk, unsent: Unsent, is_named: bool = True) -> None:
        name, case = unsent.archive, unsent.pseudonym if is_named else "A case"

        def work() -> int:
            try:
                count = send_approved(desk.store, unsent.case_id, node_named(name))
            except Refused:  # no longer approved: there is nothing to send
                outbox.forget(unsent)
                raise
            outbox.forget(unsent)
            return count

        def failed(error: Exception) -> None:
            again = f"Send them with t12-bodycomp study send {unsent.pseudonym if is_named else 'CASE'} --to {name}."
            self._tell(f"{case} is approved, but its results did not reach {name}: {sentence_of(error, 'Sending')} {again}", True)

        self.errands.run(
            "Sending",
            work,
            lambda count: self._tell(f"{case} is approved, and {count} results are in {name}. Next case: N.", False),
            failed,
        )


def _names(named: list[str], of: int) -> str:
    """What is named, and how many more there are."""
    more = of - len(named)
    return ", ".join([*named, *([f"{more} {'more' if named else 'case' if more == 1 else 'cases'}"] if more else [])])
