"""Results that somebody approved here go to an archive, where that is asked for, while the work goes on."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QSettings

from napari_t12_bodycomp.errors import T12Error
from napari_t12_bodycomp.gui.errands import Errands, sentence_of
from napari_t12_bodycomp.model.study import Case
from napari_t12_bodycomp.workflow.pacs_nodes import known_nodes, node_named
from napari_t12_bodycomp.workflow.sending import send_approved
from napari_t12_bodycomp.workflow.study import Desk

_KEY = "send_approved_to"


class Sending:
    """Sends one case after another; `tell` gets a sentence and whether it says that something failed."""

    def __init__(self, settings: QSettings, tell: Callable[[str, bool], None]) -> None:
        self._settings, self._tell = settings, tell
        self.errands = Errands(lambda sentence: tell(sentence, True))

    def close(self) -> None:
        """Finish what is being sent."""
        self.errands.close(60.0)

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
        name = self.target
        if not name:
            return

        def failed(error: Exception) -> None:
            again = f"Send them with t12-bodycomp study send {case.pseudonym} --to {name}."
            self._tell(f"{case.pseudonym} is approved, but its results did not reach {name}: {sentence_of(error, 'Sending')} {again}", True)

        self.errands.run(
            "Sending",
            lambda: send_approved(desk.store, case.id, node_named(name)),
            lambda count: self._tell(f"{case.pseudonym} is approved, and {count} results are in {name}. Next case: N.", False),
            failed,
        )
