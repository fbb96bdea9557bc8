"""After saving: what was written where."""

from __future__ import annotations

from napari_t12_bodycomp.gui import widgets
from napari_t12_bodycomp.gui.desk import DeskState
from napari_t12_bodycomp.gui.panel import Panel
from napari_t12_bodycomp.gui.widgets import ActionButton
from napari_t12_bodycomp.gui.words import export_words
from napari_t12_bodycomp.workflow.session_state import SessionState


class ExportPanel(Panel):
    """Where the row, the picture and the label maps are."""

    def _build(self) -> None:
        self.title = widgets.label("", "strong", wrap=True)
        self.files = widgets.label("", "muted", wrap=True)
        self.choose, self.again = ActionButton(self.actions, "choose_folder"), ActionButton(self.actions, "save", "Save again")
        self.setLayout(
            widgets.column(
                widgets.label("EXPORT", "heading"),
                self.title,
                self.files,
                widgets.row(self.choose, self.again, None),
            )
        )

    def _connect(self) -> None:
        self.desk.changed.connect(self._on_desk)

    def _on_desk(self, old: DeskState, new: DeskState) -> None:
        if old.out_folder != new.out_folder:
            self._show(self.session.state)

    def _redraw(self, old: SessionState | None, new: SessionState) -> None:
        told = ("saved", "level", "work", "case_state")
        if old is None or any(getattr(old, name) is not getattr(new, name) for name in told):
            self._show(new)

    def _show(self, new: SessionState) -> None:
        title, files = export_words(new, self.desk.state.out_folder)
        widgets.set_text(self.title, title)
        for button in (self.choose, self.again):
            button.setVisible(new.case_state is None)
        widgets.set_text(self.files, files, hide_empty=True)
