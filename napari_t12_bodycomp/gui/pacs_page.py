"""The archive over the picture: search by ID, date and description, pick a series, retrieve it, open it. The same key shows and hides it."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import QEvent, QObject, QSettings, Qt, QTimer
from qtpy.QtWidgets import QComboBox, QFileDialog, QInputDialog, QLineEdit, QProgressBar, QStackedWidget, QVBoxLayout, QWidget

from napari_t12_bodycomp.errors import T12Error
from napari_t12_bodycomp.gui import theme, widgets
from napari_t12_bodycomp.gui.actions import Actions
from napari_t12_bodycomp.gui.jobs import JobState
from napari_t12_bodycomp.gui.pacs_flow import PacsFlow, PacsState
from napari_t12_bodycomp.gui.pacs_node_form import NodeForm
from napari_t12_bodycomp.gui.pacs_search import SearchFields
from napari_t12_bodycomp.gui.pacs_tables import RowsTable
from napari_t12_bodycomp.gui.pacs_words import (
    SERIES_COLUMNS,
    STUDY_COLUMNS,
    more_words,
    reason_words,
    series_cells,
    study_cells,
)
from napari_t12_bodycomp.gui.widgets import ActionButton

MAX_ROWS = 500
SHOWN_EVERY_MS = 200


class PacsPage(QWidget):
    """Covers `picture` while it is shown."""

    def __init__(self, picture: QWidget, actions: Actions, settings: QSettings) -> None:
        super().__init__(picture)
        self._picture, self._actions, self._settings = picture, actions, settings
        folder = str(settings.value("scans_folder", "") or "")
        self.flow = PacsFlow(self._ask_secret, self._open, Path(folder) if folder else None)
        self.setObjectName("t12study")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setStyleSheet(theme.stylesheet())
        self._build()
        self.flow.changed.connect(self._redraw)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SHOWN_EVERY_MS)
        self._soon.timeout.connect(self._show_progress)
        self.flow.looking.changed.connect(self._on_job)
        self.flow.fetching.changed.connect(self._on_job)
        picture.installEventFilter(self)
        self._redraw(None, self.flow.state)
        self.hide()

    # -- layout ------------------------------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.studies = RowsTable(STUDY_COLUMNS, "Studies that match, the latest first; Enter retrieves and opens the series to prefer")
        self.series = RowsTable(SERIES_COLUMNS, "The series of the study; Enter or a double click retrieves and opens one")
        self.reason = widgets.label("", "note", wrap=True)
        self.trouble = widgets.label("", "error", wrap=True)
        self.message = widgets.label("", "note", wrap=True)
        self.form = NodeForm(self._on_node, lambda: self.stack.setCurrentIndex(0))
        self.find = widgets.button("Search", "Search the archive (Enter)", self.search)
        self.find.setProperty("role", "primary")
        self.fields = SearchFields(self.search, self.find)
        main = QWidget()
        main.setLayout(
            widgets.column(
                self._head(), self.fields, self.trouble, self.message, self.studies,
                widgets.label("SERIES OF THE STUDY", "heading"), self.series, self.reason, self._foot(), gap=10, margins=(18, 16, 18, 14),
            )
        )  # fmt: skip
        centred = QWidget()
        layout = widgets.column(widgets.row(None, self.form, None))
        layout.insertStretch(0, 2)
        layout.addStretch(3)
        centred.setLayout(layout)
        self.stack = QStackedWidget()
        self.stack.addWidget(main)
        self.stack.addWidget(centred)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stack)
        self.studies.picked.connect(self._on_study)
        self.series.picked.connect(self._on_series)
        self.studies.taken.connect(lambda _: self._take())
        self.series.taken.connect(lambda _: self._take())

    def _head(self) -> QWidget:
        self.node = QComboBox()
        self.node.setMinimumWidth(170)
        self.node.setToolTip("The archive to search")
        self.node.activated.connect(lambda _: self.flow.choose_node(self.node.currentText()))
        check = widgets.button("Check", "Ask whether the archive answers", self.flow.echo)
        add = widgets.button("Add …", "Add an archive, or change one by giving its name again", self._show_form)
        self.forget = widgets.button("Forget", "Forget this archive and its password", self._forget)
        back = ActionButton(self._actions, "open_pacs", "Back to the picture", show_key=True)
        row = QWidget()
        row.setLayout(widgets.row(widgets.label("From the PACS", "big"), self.node, check, add, self.forget, None, back, gap=10))
        return row

    def _foot(self) -> QWidget:
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.words = widgets.label("", "muted")
        self.words.setFixedWidth(360)
        self.place = widgets.button("", "Choose the folder that scans from archives are kept in", self._choose_folder)
        self.place.setProperty("role", "link")
        self.stop = widgets.button("Cancel", "Stop; images that came are kept", self.flow.cancel)
        self.get = widgets.button(
            "Retrieve and open", "Bring the series onto this computer and open it as a case (Enter in the lists)", self.flow.retrieve
        )
        self.get.setProperty("role", "primary")
        row = QWidget()
        row.setLayout(widgets.column(self.bar, widgets.row(self.words, None, self.place, self.stop, self.get, gap=10)))
        self._show_folder()
        return row

    # -- showing and hiding ------------------------------------------------------------------------------------------------------------

    def toggle(self) -> None:
        """Show or hide the page."""
        if self.isVisible():
            self.dismiss()
        else:
            self.appear()

    def appear(self) -> None:
        """Cover the picture."""
        self.flow.read_nodes(str(self._settings.value("pacs_node", "")))
        self.stack.setCurrentIndex(0 if self.flow.state.nodes else 1)
        self.setGeometry(self._picture.rect())
        self.show()
        self.raise_()
        (self.fields.patient_id if self.flow.state.nodes else self.form.fields["name"]).setFocus()

    def dismiss(self) -> None:
        """Show the picture again; a retrieval goes on."""
        self.hide()

    def close_for_good(self) -> None:
        """Stop everything and leave the picture as it was."""
        self._picture.removeEventFilter(self)
        self.flow.close()
        self.hide()
        self.deleteLater()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        if event is not None and event.type() == QEvent.Type.Resize:
            self.setGeometry(self._picture.rect())
        return False

    # -- what is asked for -------------------------------------------------------------------------------------------------------------

    def search(self) -> None:
        """Search for what stands in the fields."""
        try:
            self.flow.search(self.fields.query())
        except T12Error as error:
            self.flow.set(message=str(error), is_error=True)

    def _take(self) -> None:
        """Retrieve the series that is picked, once it is known and as long as none is on its way."""
        if self.get.isEnabled():
            self.flow.retrieve()

    def _hand_on(self) -> None:
        """After a search the keys belong to its result, unless the person types on: Enter takes, the arrows choose."""
        if self.fields.is_waiting:
            (self.studies if len(self.flow.state.studies or ()) > 1 else self.series).setFocus()

    def _on_study(self, row: int) -> None:
        self.flow.look_into((self.flow.state.studies or ())[row].study_instance_uid)

    def _on_series(self, row: int) -> None:
        if self.flow.state.series is not None:
            self.flow.pick(self.flow.state.series.offers[row])

    def _on_node(self, node: object, secret: str) -> None:
        self.flow.add_node(node, secret)  # type: ignore[arg-type]
        self.stack.setCurrentIndex(0)
        self.fields.patient_id.setFocus()

    def _show_form(self) -> None:
        self.stack.setCurrentIndex(1)
        self.form.fields["name"].setFocus()

    def _forget(self) -> None:
        try:
            self.flow.remove_node()
        except T12Error as error:
            self.flow.set(message=str(error), is_error=True)

    def _ask_secret(self, words: str) -> str:
        secret, given = QInputDialog.getText(self, "Password", words, QLineEdit.EchoMode.Password)
        return secret if given else ""

    def _open(self, folder: str) -> None:
        self.dismiss()
        self._actions.trigger("open_path", folder)

    def _choose_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Keep scans from archives in", str(self.flow.folder))
        if folder:
            self.flow.folder = Path(folder)
            self._settings.setValue("scans_folder", folder)
            self._show_folder()

    # -- what is shown -----------------------------------------------------------------------------------------------------------------

    def _show_folder(self) -> None:
        self.place.setText(f"kept in {self.flow.folder.name}")
        self.place.setToolTip(f"Scans from archives are kept in {self.flow.folder}; choose another folder")

    def _redraw(self, old: PacsState | None, new: PacsState) -> None:
        if old is None or (old.nodes, old.node) != (new.nodes, new.node):
            self._show_nodes(new)
        if old is None or old.studies is not new.studies:
            self.studies.show_rows([study_cells(study) for study in (new.studies or ())[:MAX_ROWS]])
        if new.studies and new.study and (old is None or old.study != new.study or old.studies is not new.studies):
            self._mark_study(new)
        if old is None or old.series is not new.series:
            self._show_series(new)
            if new.series is not None:
                self._hand_on()
        widgets.set_text(self.reason, reason_words(new.series, new.picked), hide_empty=True)
        widgets.set_text(self.trouble, new.message if new.is_error else "", hide_empty=True)
        widgets.set_text(self.message, "" if new.is_error else new.message or more_words(len(new.studies or ()), MAX_ROWS), hide_empty=True)
        self._enable()

    def _show_nodes(self, new: PacsState) -> None:
        self.node.clear()
        self.node.addItems([node.name for node in new.nodes])
        self.node.setCurrentText(new.node)
        for number, node in enumerate(new.nodes):
            self.node.setItemData(number, node.address, Qt.ItemDataRole.ToolTipRole)
        if new.node:
            self._settings.setValue("pacs_node", new.node)

    def _mark_study(self, new: PacsState) -> None:
        uids = [study.study_instance_uid for study in (new.studies or ())[:MAX_ROWS]]
        if new.study in uids and self.studies.currentIndex().row() != uids.index(new.study):
            self.studies.show_rows(self.studies.rows.cells, uids.index(new.study))

    def _show_series(self, new: PacsState) -> None:
        found = new.series
        offers = found.offers if found is not None else ()
        chosen = offers.index(found.chosen) if found is not None and found.chosen is not None else -1
        self.series.show_rows(
            [series_cells(offer, place == chosen) for place, offer in enumerate(offers)],
            chosen,
            [chosen] if chosen >= 0 else [],
            [place for place, offer in enumerate(offers) if offer.refusal],
        )

    def _on_job(self, state: JobState) -> None:
        """Show the first and the last word at once, others a few times a second: each repaint over the picture costs."""
        if not state.running or not self.stop.isEnabled():
            self._show_progress()
        elif not self._soon.isActive():
            self._soon.start()

    def _show_progress(self) -> None:
        fetching, looking = self.flow.fetching.state, self.flow.looking.state
        state = fetching if fetching.running else looking
        self.bar.setValue(round(1000 * state.share))
        widgets.set_text(self.words, f"{state.name}: {state.words}" if state.running and state.words != state.name else state.name)
        self._enable()

    def _enable(self) -> None:
        fetching, looking = self.flow.fetching.state.running, self.flow.looking.state.running
        self.get.setEnabled(self.flow.state.picked is not None and not fetching)
        self.stop.setEnabled(fetching or looking)
        self.find.setEnabled(bool(self.flow.state.node))
        self.forget.setEnabled(bool(self.flow.state.node))
