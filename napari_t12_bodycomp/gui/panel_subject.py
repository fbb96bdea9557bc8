"""Height and weight with their source: from the header, or typed."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QFocusEvent, QKeyEvent
from qtpy.QtWidgets import QLineEdit

from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.gui import format as fmt
from napari_t12_bodycomp.gui import widgets
from napari_t12_bodycomp.gui.panel import Panel
from napari_t12_bodycomp.model.subject import Subject, ValueSource
from napari_t12_bodycomp.workflow.session import SessionState


class NumberField(QLineEdit):
    """A field that hands on what was typed on Enter, Tab or a click elsewhere, and takes it back on Escape."""

    entered = Signal(str)

    def __init__(self, tip: str) -> None:
        super().__init__()
        self._shown = ""
        self.setFixedWidth(52)
        self.setToolTip(tip)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)

    def show_value(self, text: str) -> None:
        """Show the accepted value."""
        self._shown = text
        self.setText(text)
        widgets.set_look(self, "bad", "false")

    def refuse(self) -> None:
        """Mark what stands there as refused."""
        widgets.set_look(self, "bad", "true")

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._hand_on()
            event.accept()
        elif event.key() == Qt.Key.Key_Escape:
            self.show_value(self._shown)
            self.clearFocus()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        super().focusOutEvent(event)
        self._hand_on()

    def _hand_on(self) -> None:
        if self.text() != self._shown:
            self.entered.emit(self.text())


class SubjectPanel(Panel):
    """Height, weight, and a sentence where a typed value is refused."""

    def _build(self) -> None:
        self.height_field = NumberField("Height in cm, 100 to 250; empty where unknown. The indices need it.")
        self.weight_field = NumberField("Weight in kg, 20 to 400; empty where unknown. It is written to the row; no index needs it.")
        self.height_source = widgets.label("", "muted")
        self.weight_source = widgets.label("", "muted")
        self.problem = widgets.label("", "error", wrap=True)
        self.problem.hide()
        self.setLayout(
            widgets.column(
                widgets.label("HEIGHT · WEIGHT", "heading"),
                widgets.row(
                    self.height_field,
                    widgets.label("cm"),
                    self.height_source,
                    None,
                    self.weight_field,
                    widgets.label("kg"),
                    self.weight_source,
                    gap=4,
                ),
                self.problem,
            )
        )

    def _connect(self) -> None:
        self.height_field.entered.connect(lambda text: self._take(text, self.height_field, self.session.set_height, "height in cm"))
        self.weight_field.entered.connect(lambda text: self._take(text, self.weight_field, self.session.set_weight, "weight in kg"))

    def _take(self, text: str, field: NumberField, take: Callable[[float | None], None], what: str) -> None:
        try:
            value = fmt.parse_number(text)
        except ValueError:
            return self._refuse(field, f"A {what} is wanted, {text.strip()!r} came: type a number, or leave the field empty.")
        try:
            take(value)
        except UsageError as error:
            return self._refuse(field, str(error))
        widgets.set_text(self.problem, "", hide_empty=True)
        self._show(self.session.state.subject)
        field.clearFocus()
        return None

    def _refuse(self, field: NumberField, sentence: str) -> None:
        field.refuse()
        widgets.set_text(self.problem, f"{sentence} The value before is kept.", hide_empty=True)

    def _redraw(self, old: SessionState | None, new: SessionState) -> None:
        if old is None or old.subject is not new.subject:
            self._show(new.subject)
        if old is None or old.volume is not new.volume:
            widgets.set_text(self.problem, "", hide_empty=True)

    def _show(self, subject: Subject) -> None:
        self.height_field.show_value(fmt.height_cm(subject))
        self.weight_field.show_value(fmt.weight_kg(subject))
        missing = subject.height_source is ValueSource.UNKNOWN
        widgets.set_text(self.height_source, "missing" if missing else fmt.source(subject.height_source))
        widgets.set_text(self.weight_source, "" if subject.weight_kg is None else fmt.source(subject.weight_source))
