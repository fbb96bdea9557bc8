"""A table of cases comes into the study: read, said what is wrong with it, and taken in on request."""

from __future__ import annotations

from qtpy.QtWidgets import QFileDialog, QWidget

from napari_t12_bodycomp.errors import T12Error
from napari_t12_bodycomp.gui import widgets
from napari_t12_bodycomp.gui.study_flow import StudyFlow
from napari_t12_bodycomp.model.case_list import CaseList

SHOWN_BAD_ROWS = 12


class WorklistImport(QWidget):
    """What a list of cases would bring, with buttons to take it in or leave it."""

    def __init__(self, study: StudyFlow) -> None:
        super().__init__()
        self._study, self._file = study, ""
        self.words = widgets.label("", "note", wrap=True)
        self.take_in = widgets.button("Take them in", "Take all cases of the list in, or none", self._take_in)
        self.take_in.setProperty("role", "primary")
        leave = widgets.button("Leave it", "Take nothing in", lambda: self.show_list(None, ""))
        self.setLayout(widgets.column(self.words, widgets.row(self.take_in, leave, None), gap=10))
        self.hide()

    def choose(self) -> None:
        """Ask for a list of cases and check it."""
        file, _ = QFileDialog.getOpenFileName(self, "A list of cases", "", "Tables (*.csv);;All files (*)")
        if file:
            self.check(file)

    def check(self, file: str) -> None:
        """Read a list of cases and show what is wrong with it, or how many cases it would take in."""
        try:
            self._study.check_list(file, lambda listed: self.show_list(listed, file))
        except T12Error as error:
            self._study.tell(str(error))

    def show_list(self, listed: CaseList | None, file: str) -> None:
        """Show what was read from `file`; None shows nothing."""
        self._file = file
        self.setVisible(listed is not None)
        if listed is None:
            return
        self.take_in.setVisible(not listed.bad)
        widgets.set_look(self.words, "role", "warning" if listed.bad else "note")
        if not listed.bad:
            said = f"The list is good: {len(listed.cases)} cases would be taken in."
        else:
            rows = [f"line {row.line}: {row.sentence}" for row in listed.bad[:SHOWN_BAD_ROWS]]
            more = len(listed.bad) - len(rows)
            rest = [f"… and {more} more: t12-bodycomp study add --dry-run names all of them."] if more else []
            head = f"{len(listed.bad)} of {len(listed.bad) + len(listed.cases)} rows are bad; nothing is taken in until all are good:"
            said = "\n".join([head, *rows, *rest])
        widgets.set_text(self.words, said)

    def _take_in(self) -> None:
        self._study.import_list(self._file, lambda: self.show_list(None, ""))
