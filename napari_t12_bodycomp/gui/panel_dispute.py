"""Two readings that disagree: in what, and which of them counts."""

from __future__ import annotations

from qtpy.QtWidgets import QPushButton

from napari_t12_bodycomp.gui import widgets
from napari_t12_bodycomp.gui.flow_row import FlowRow
from napari_t12_bodycomp.gui.format import number
from napari_t12_bodycomp.gui.panel import Panel
from napari_t12_bodycomp.gui.widgets import ActionButton
from napari_t12_bodycomp.model.double_reading import Difference, Take
from napari_t12_bodycomp.workflow.seat import SeatState
from napari_t12_bodycomp.workflow.session_state import SessionState

QUANTITIES = {
    "muscle_area_percent": "muscle area",
    "visceral_fat_area_percent": "visceral fat area",
    "subcutaneous_fat_area_percent": "subcutaneous fat area",
    "intermuscular_fat_area_percent": "intermuscular fat area",
    "muscle_dice": "muscle region",
    "visceral_dice": "visceral region",
    "subcutaneous_dice": "subcutaneous region",
    "level_mm": "level",
}


def difference_words(difference: Difference) -> str:
    """How far two readings are apart in one quantity, such as ``muscle area: 12.4% apart``."""
    name = QUANTITIES.get(difference.quantity, difference.quantity)
    if difference.value is None:
        return f"{name}: known to one reading alone"
    if difference.quantity.endswith("_dice"):
        return f"{name}: Dice {number(difference.value, 2)}"
    unit = " mm" if difference.quantity.endswith("_mm") else "%"
    return f"{name}: {number(difference.value)}{unit} apart"


class DisputePanel(Panel):
    """In the review step: what the readings disagree in, and the three ways out."""

    def _build(self) -> None:
        self.words = widgets.label("", "warning", wrap=True)
        self.hint = widgets.label("On screen is the first reading, compared with the second: hold F to see it.", "muted", wrap=True)
        self.first, self.second = QPushButton(), QPushButton()
        self.third = ActionButton(self.actions, "draw_third")
        self.first.setToolTip("Let the reading on screen count")
        self.second.setToolTip("Let the other reading count")
        self.setLayout(
            widgets.column(widgets.label("TWO READINGS", "heading"), self.words, self.hint, FlowRow([self.first, self.second, self.third]))
        )

    def _connect(self) -> None:
        self.first.clicked.connect(lambda: self.actions.trigger("take_reading", Take.FIRST))
        self.second.clicked.connect(lambda: self.actions.trigger("take_reading", Take.SECOND))
        self.seat.changed.connect(self._on_seat)
        self._on_seat(None, self.seat.state)

    def _on_seat(self, old: SeatState | None, new: SeatState) -> None:
        if old is not None and old.opened is new.opened:
            return
        dispute = None if new.opened is None else new.opened.dispute
        self.setVisible(dispute is not None)
        if dispute is None or new.opened is None:
            return
        beyond = [difference_words(d) for d in dispute.differences if d.is_beyond]
        widgets.set_text(self.words, "\n".join(["They are further apart than the study allows:", *beyond]))
        authors = {version.id: version.author for version in new.opened.versions}
        for button, version, place in ((self.first, dispute.first_version_id, "first"), (self.second, dispute.version_id, "second")):
            author = authors.get(version or 0, "")
            button.setText(f"Take the {place}" + (f" · {author}" if author else ""))

    def _redraw(self, old: SessionState | None, new: SessionState) -> None:
        """The seat knows, the session does not."""
