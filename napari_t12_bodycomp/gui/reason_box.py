"""A line for the reason of a level: ready-made reasons to pick, any other to type."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QKeyEvent, QWheelEvent
from qtpy.QtWidgets import QComboBox, QSizePolicy

from napari_t12_bodycomp.gui import widgets
from napari_t12_bodycomp.model.level_choice import MAX_REASON, READY_REASONS


class ReasonBox(QComboBox):
    """Hands on what was picked at once, and what was typed on Enter, Tab or a click elsewhere; Escape takes it back.

    Enter stays in the box: the window has an Enter of its own. The wheel scrolls the panel, never the reasons.
    """

    entered = Signal(str)

    def __init__(self, tip: str) -> None:
        super().__init__()
        self._shown, self._tip = "", tip
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.addItems(list(READY_REASONS))
        edit = self.lineEdit()
        edit.setMaxLength(MAX_REASON)
        edit.setPlaceholderText("pick or type a reason")
        edit.editingFinished.connect(self._hand_on)
        self.activated.connect(self._on_picked)
        self.show_reason("")

    def show_reason(self, text: str, missing: bool = False) -> None:
        """Show the reason that stands; `missing` marks the box where one is wanted."""
        if text != self._shown or not self.lineEdit().hasFocus():
            self._shown = text
            self.setCurrentIndex(self.findText(text))
            self.setEditText(text)
            self.lineEdit().setCursorPosition(0)
            for widget in (self, self.lineEdit()):
                widget.setToolTip(f"{self._tip}\n{text}".strip())
        widgets.set_look(self, "bad", "true" if missing else "false")

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._hand_on()
            self.clearFocus()
            event.accept()
        elif event.key() == Qt.Key.Key_Escape:
            self.setEditText(self._shown)
            self.clearFocus()
            event.accept()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        event.ignore()

    def _on_picked(self, place: int) -> None:
        self.setEditText(self.itemText(place))
        self._hand_on()

    def _hand_on(self) -> None:
        text = self.currentText().strip()
        if text != self._shown:
            self._shown = text
            self.entered.emit(text)
