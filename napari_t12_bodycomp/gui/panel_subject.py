"""Height and weight with their source: from the header, or typed."""

from __future__ import annotations

from collections.abc import Callable

from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.gui import format as fmt
from napari_t12_bodycomp.gui import widgets
from napari_t12_bodycomp.gui.panel import Panel
from napari_t12_bodycomp.model.subject import Subject, ValueSource
from napari_t12_bodycomp.workflow.session_state import SessionState


class SubjectPanel(Panel):
    """Height, weight, and a sentence where a typed value is refused."""

    def _build(self) -> None:
        self.height_field = widgets.Field("Height in cm, 100 to 250; empty where unknown. The indices need it.", width=52)
        self.weight_field = widgets.Field(
            "Weight in kg, 20 to 400; empty where unknown. It is written to the row; no index needs it.", width=52
        )
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

    def _take(self, text: str, field: widgets.Field, take: Callable[[float | None], None], what: str) -> None:
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

    def _refuse(self, field: widgets.Field, sentence: str) -> None:
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
        widgets.set_look(self.height_source, "role", "beyond" if missing else "muted")
        widgets.set_text(self.weight_source, "" if subject.weight_kg is None else fmt.source(subject.weight_source))
