"""Lines that are sent off with Enter and given up with Escape; leaving one sends nothing."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QKeyEvent, QWheelEvent
from qtpy.QtWidgets import QComboBox, QLineEdit, QSizePolicy

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class SendLine(QLineEdit):
    """Emits what was typed and empties itself at once. `secret` shows dots."""

    sent = Signal(str)
    given_up = Signal()

    def __init__(self, hint: str, tip: str = "", secret: bool = False, most: int = 2000) -> None:
        super().__init__()
        self.setPlaceholderText(hint)
        self.setToolTip(tip)
        self.setMaxLength(most)
        if secret:
            self.setEchoMode(QLineEdit.EchoMode.Password)

    def send(self) -> None:
        """Hand on what stands there."""
        text = self.text()
        self.clear()
        self.sent.emit(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() in _ENTER:
            self.send()
            event.accept()
        elif event.key() == Qt.Key.Key_Escape:
            self.clear()
            self.given_up.emit()
            event.accept()
        else:
            super().keyPressEvent(event)


class ReasonLine(QComboBox):
    """A line with ready-made reasons to pick; a picked one may be changed before Enter sends it."""

    sent = Signal(str)
    given_up = Signal()

    def __init__(self, reasons: Sequence[str], hint: str, tip: str, most: int = 500) -> None:
        super().__init__()
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.addItems(list(reasons))
        self.lineEdit().setMaxLength(most)
        self.lineEdit().setPlaceholderText(hint)
        for widget in (self, self.lineEdit()):
            widget.setToolTip(tip)
        self.clear_text()

    def clear_text(self) -> None:
        """Empty the line."""
        self.setCurrentIndex(-1)
        self.setEditText("")

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() in _ENTER:
            self.sent.emit(self.currentText().strip())
            event.accept()
        elif event.key() == Qt.Key.Key_Escape:
            self.clear_text()
            self.given_up.emit()
            event.accept()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        event.ignore()
