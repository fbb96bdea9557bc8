"""Opening: drop a scan, choose among its series, resume unfinished work."""

from __future__ import annotations

import time
from pathlib import PurePath

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from qtpy.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from napari_t12_bodycomp.gui import theme, widgets
from napari_t12_bodycomp.gui.case_words import case_facts, offer_facts, offer_title, unfinished_words
from napari_t12_bodycomp.gui.desk import DeskState
from napari_t12_bodycomp.gui.drops import dropped_path
from napari_t12_bodycomp.gui.panel import Panel
from napari_t12_bodycomp.gui.widgets import ActionButton
from napari_t12_bodycomp.workflow.session_state import SessionState

MAX_SERIES = 8
MAX_UNFINISHED = 4


class DropBox(QFrame):
    """Takes a folder or file that is dropped on it."""

    dropped = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self.setObjectName("dropbox")
        self._show(False)

    def _show(self, over: bool) -> None:
        edge = theme.BLUE_LIGHT if over else theme.EDGE
        self.setStyleSheet(f"QFrame#dropbox {{ border: 1px dashed {edge}; border-radius: 6px; background: {theme.SUNKEN}; }}")

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        if dropped_path(event.mimeData()):
            event.acceptProposedAction()
            self._show(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802 - Qt's name
        self._show(False)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        self._show(False)
        path = dropped_path(event.mimeData())
        if path:
            event.acceptProposedAction()
            self.dropped.emit(path)


class SeriesButton(widgets.CardButton):
    """One series on offer: what it is, and why it is or is not measured."""

    def __init__(self, title: str, facts: str, enabled: bool, chosen: bool) -> None:
        super().__init__(
            widgets.label(title, "strong" if enabled else "muted", wrap=True),
            widgets.label(facts, "muted", wrap=True),
        )
        self.setChecked(chosen)
        self.setEnabled(enabled)
        self.setToolTip("This series is open" if chosen else "Open this series" if enabled else facts)


class CasePanel(Panel):
    """No case: where to begin. A case: what is open, and what else the input offers."""

    def _build(self) -> None:
        self.drop = DropBox()
        self.drop.setLayout(
            widgets.column(
                widgets.label("Drop a scan here", "strong"),
                widgets.label("A folder of DICOM files, one DICOM file, a zip or tar of them, or a NIfTI file.", "muted", wrap=True),
                widgets.row(
                    ActionButton(self.actions, "open_folder", show_key=False),
                    ActionButton(self.actions, "open_file"),
                    ActionButton(self.actions, "open_pacs"),
                    None,
                ),
                margins=(12, 10, 12, 10),
            )
        )
        self.facts = widgets.label("", "", wrap=True)
        self.reason = widgets.label("", "note", wrap=True)
        self._series = QWidget()
        self._series_column = QVBoxLayout(self._series)
        self._series_column.setContentsMargins(0, 0, 0, 0)
        self._series_column.setSpacing(4)
        self.series_heading = widgets.label("SERIES IN THIS INPUT", "heading")
        self._unfinished = QWidget()
        self._unfinished_column = QVBoxLayout(self._unfinished)
        self._unfinished_column.setContentsMargins(0, 0, 0, 0)
        self.setLayout(
            widgets.column(
                self.facts,
                self.drop,
                self.series_heading,
                self.reason,
                self._series,
                self._unfinished,
            )
        )

    def _connect(self) -> None:
        self.drop.dropped.connect(lambda path: self.actions.trigger("open_path", path))
        self.desk.changed.connect(self._on_desk)
        self._on_desk(None, self.desk.state)

    def _on_desk(self, old: DeskState | None, new: DeskState) -> None:
        if old is None or (old.offers, old.chosen, old.reason) != (new.offers, new.chosen, new.reason):
            self._show_series(new)
        if old is None or old.unfinished is not new.unfinished:
            self._show_unfinished(new)

    def _show_series(self, new: DeskState) -> None:
        _clear(self._series_column)
        several = len(new.offers) > 1 or (new.offers and new.chosen < 0)
        self.series_heading.setVisible(bool(several))
        widgets.set_text(self.reason, new.reason if new.offers or new.reason else "", hide_empty=True)
        for place, offer in enumerate(new.offers[:MAX_SERIES] if several else ()):
            button = SeriesButton(offer_title(offer), offer_facts(offer), offer.is_measurable, place == new.chosen)
            button.clicked.connect(lambda _=False, o=offer, p=place: self._on_series(o, p))
            self._series_column.addWidget(button)
        rest = len(new.offers) - MAX_SERIES
        if several and rest > 0:
            self._series_column.addWidget(widgets.label(f"and {rest} more that suit less", "muted"))

    def _on_series(self, offer: object, place: int) -> None:
        if place != self.desk.state.chosen:
            self.actions.trigger("open_series", offer)

    def _show_unfinished(self, new: DeskState) -> None:
        _clear(self._unfinished_column)
        if new.unfinished:
            self._unfinished_column.addWidget(widgets.label("UNFINISHED WORK", "heading"))
        for found in new.unfinished[:MAX_UNFINISHED]:
            folder = widgets.label(PurePath(found.source.split("::")[0]).name or "unknown scan", "strong", wrap=True)
            about = widgets.label(unfinished_words(found, time.time()), "muted", wrap=True)
            folder.setToolTip(found.source)
            resume, discard = QPushButton("Resume"), QPushButton("Discard")
            resume.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            discard.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            resume.setToolTip("Open the scan and go on where the work stopped")
            discard.setToolTip("Throw this unfinished work away")
            resume.clicked.connect(lambda _=False, f=found: self.actions.trigger("resume_case", f))
            discard.clicked.connect(lambda _=False, f=found: self.actions.trigger("discard_case", f))
            line = QWidget()
            inside = widgets.row(widgets.column(folder, about, gap=0), resume, discard)
            inside.setStretch(0, 1)
            line.setLayout(inside)
            self._unfinished_column.addWidget(line)

    def _redraw(self, old: SessionState | None, new: SessionState) -> None:
        if old is None or old.volume is not new.volume:
            widgets.set_text(self.facts, case_facts(new), hide_empty=True)
            self._unfinished.setVisible(new.volume is None)


def _clear(layout: QVBoxLayout) -> None:
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item is not None else None
        if widget is not None:
            widget.setParent(None)
            widget.deleteLater()
