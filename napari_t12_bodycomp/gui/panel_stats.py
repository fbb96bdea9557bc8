"""The numbers, live: four indices large, a table of tissues, and why anything is empty."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFrame, QGridLayout, QLabel, QSizePolicy, QWidget

from napari_t12_bodycomp.gui import format as fmt
from napari_t12_bodycomp.gui import widgets
from napari_t12_bodycomp.gui.desk import DeskState
from napari_t12_bodycomp.gui.judged import Judgement, judged
from napari_t12_bodycomp.gui.panel import Panel
from napari_t12_bodycomp.gui.widgets import ActionButton
from napari_t12_bodycomp.gui.words import compared_words, empty_reasons, index_around, index_compared_words
from napari_t12_bodycomp.model.measurement import INDEX_NAMES, Measurement
from napari_t12_bodycomp.model.sensitivity import LevelSensitivity
from napari_t12_bodycomp.model.tissue import LOW_ATTENUATION_MUSCLE, Tissue
from napari_t12_bodycomp.workflow.sensitivity import OFFSETS_MM
from napari_t12_bodycomp.workflow.session_state import SessionState

ROW_PX = 20


class IndexCard(QFrame):
    """One index: its value large, its name and unit small."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.name = name
        self.value = widgets.label(fmt.UNKNOWN, "big")
        self.caption = widgets.label(f"{name} {fmt.INDEX_UNITS[name]}".strip(), "muted")
        self.judgement = widgets.label("", "muted")
        self.judgement.hide()
        self.around = widgets.label("", "muted")
        self.around.hide()
        inside = widgets.column(self.value, self.caption, self.judgement, self.around, gap=1, margins=(8, 5, 4, 5))
        inside.addStretch(1)
        self.setLayout(inside)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def show_value(self, value: float, why: str) -> None:
        """Show the index, or a dash whose tooltip says why."""
        widgets.set_text(self.value, fmt.index_value(self.name, value))
        self.setToolTip(why or fmt.INDEX_TITLES[self.name])

    def show_around(self, around: LevelSensitivity | None) -> None:
        """Show the index 5 mm lower and higher and its mean over the body; None takes it away."""
        words = "" if around is None else index_around(around, self.name)
        widgets.set_text(self.around, words, hide_empty=True)
        self.around.setToolTip("" if around is None else index_compared_words(around, self.name))

    def show_judgement(self, short: Judgement | None) -> None:
        """Show how the value stands to the chosen cut-off, None where there is none."""
        widgets.set_text(self.judgement, "" if short is None else short.text, hide_empty=True)
        widgets.set_look(self.judgement, "role", "beyond" if short is not None and short.beyond else "muted")
        self.judgement.setToolTip("" if short is None else short.sentence)


class StatsPanel(Panel):
    """Indices and tissues of the measured slice."""

    def _build(self) -> None:
        self.cards = {name: IndexCard(name) for name in INDEX_NAMES}
        self.why = widgets.label("", "muted", wrap=True)
        self.cells: dict[tuple[str, int], QLabel] = {}
        self.table = QWidget()
        self.table.setLayout(self._table())
        self.setLayout(widgets.column(widgets.row(*self.cards.values()), self.why, self.table))

    def _table(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(0, 2, 0, 0)
        grid.setHorizontalSpacing(7)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(1, 1)
        for place, title in ((2, "area cm²"), (3, "mean HU")):
            grid.addWidget(widgets.label(title, "muted"), 0, place, self._side(place))
        self.last_heading = widgets.label("", "muted")
        grid.addWidget(self.last_heading, 0, 4, self._side(4))
        self.compare = ActionButton(self.actions, "compare_levels")
        self.compare.setCheckable(True)
        self.compare.setStyleSheet("padding: 0 4px; min-height: 14px; font-size: 11px;")
        grid.addLayout(widgets.row(widgets.label("tissue", "muted"), self.compare, None), 0, 1)
        rows = [(t.key, t.title, t.colour) for t in Tissue]
        rows.append(("low", "low-attenuation muscle", ""))
        for number, (key, title, colour) in enumerate(rows, 1):
            grid.addWidget(widgets.line(), 2 * number - 1, 0, 1, 5)
            if colour:
                dot = QLabel()
                dot.setPixmap(widgets.dot_icon(colour).pixmap(10, 10))
                grid.addWidget(dot, 2 * number, 0)
            name = widgets.label(title, "" if colour else "muted")
            name.setMinimumHeight(ROW_PX)
            grid.addWidget(name, 2 * number, 1)
            for place in (2, 3, 4):
                cell = widgets.label(fmt.UNKNOWN, "muted" if place == 4 or not colour else "")
                self.cells[key, place] = cell
                grid.addWidget(cell, 2 * number, place, self._side(place))
        return grid

    @staticmethod
    def _side(place: int) -> Qt.AlignmentFlag:
        return (Qt.AlignmentFlag.AlignLeft if place < 2 else Qt.AlignmentFlag.AlignRight) | Qt.AlignmentFlag.AlignVCenter

    def _connect(self) -> None:
        self.desk.changed.connect(self._on_desk)
        self._on_desk(self.desk.state, self.desk.state)

    def _on_desk(self, _: DeskState, desk: DeskState) -> None:
        self.compare.setChecked(desk.compares_levels)

    def _redraw(self, old: SessionState | None, new: SessionState) -> None:
        if old is None or old.protocol is not new.protocol or old.sensitivity is not new.sensitivity:
            self._show_last_column(new)
        told = ("measurement", "work", "numbers_hidden")
        if old is None or any(getattr(old, name) is not getattr(new, name) for name in told):
            self._show_numbers(new)
        if old is None or (old.cutoffs, old.subject.sex) != (new.cutoffs, new.subject.sex) or old.measurement is not new.measurement:
            for name, card in self.cards.items():
                card.show_judgement(judged(new, name))

    def _show_last_column(self, new: SessionState) -> None:
        """HU windows, or the changes 5 mm lower and higher where they were asked for."""
        preset, around = new.protocol.preset, new.sensitivity
        windows = {t.key: fmt.window(preset.window(t)) for t in Tissue} | {"low": fmt.window(LOW_ATTENUATION_MUSCLE)}
        widgets.set_text(self.last_heading, "HU window" if around is None else "−5 / +5 mm")
        for card in self.cards.values():
            card.show_around(around)
        for key, words in windows.items():
            widgets.set_text(self.cells[key, 4], words if around is None else "")
            self.cells[key, 4].setToolTip("")
        if around is not None:
            for tissue in Tissue:
                changes = [around.change_percent(tissue, offset) for offset in OFFSETS_MM]
                widgets.set_text(self.cells[tissue.key, 4], " / ".join(fmt.change(c) for c in changes))
                self.cells[tissue.key, 4].setToolTip(compared_words(around, tissue))

    def _show_numbers(self, new: SessionState) -> None:
        m = new.measurement
        why = dict(m.why_empty) if m is not None else {}
        for name, card in self.cards.items():
            unknown = new.numbers_hidden or "Nothing is drawn yet."
            card.show_value(float("nan") if m is None else m.indices[name], why.get(name, "" if m else unknown))
        if new.numbers_hidden:
            words = new.numbers_hidden
        elif m is None:
            words = "Nothing is drawn on the level's slice yet." if new.level is not None else ""
        else:
            words = "\n".join(empty_reasons(why))
        widgets.set_text(self.why, words, hide_empty=True)
        for tissue in Tissue:
            self._show_row(tissue.key, m.areas_cm2[tissue] if m else None, m.mean_hu[tissue] if m else None)
        self._show_low(m)

    def _show_row(self, key: str, area: float | None, mean: float | None) -> None:
        widgets.set_text(self.cells[key, 2], fmt.number(area))
        widgets.set_text(self.cells[key, 3], fmt.number(mean))

    def _show_low(self, m: Measurement | None) -> None:
        muscle = m.areas_cm2[Tissue.MUSCLE] if m else float("nan")
        low = m.low_attenuation_muscle_cm2 if m else float("nan")
        widgets.set_text(self.cells["low", 2], fmt.number(low))
        share = fmt.number(100 * low / muscle, 0) if muscle > 0 else fmt.UNKNOWN
        widgets.set_text(self.cells["low", 3], f"{share} %" if share != fmt.UNKNOWN else share)
        self.cells["low", 3].setToolTip("Share of the skeletal muscle's area")
