"""HU preset, slab and what counts as what: written into every row."""

from __future__ import annotations

from dataclasses import replace

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QMenu, QToolButton

from napari_t12_bodycomp.gui import format as fmt
from napari_t12_bodycomp.gui import widgets
from napari_t12_bodycomp.gui.panel import Panel
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.tissue import PRESETS, HUPreset
from napari_t12_bodycomp.workflow.seat import SeatState
from napari_t12_bodycomp.workflow.session_state import SessionState

SLABS_MM = (0.0, 3.0, 5.0, 10.0)
OPTIONS = {
    "intercostals_are_muscle": "Intercostal muscles count as muscle",
    "crura_are_muscle": "Diaphragm and crura count as muscle",
    "thoracic_fat_is_visceral": "Fat above the diaphragm counts as visceral",
    "gas_rims_are_fat": "Rims of gas and stool count as visceral fat",
}


def preset_words(preset: HUPreset) -> str:
    """The windows of a preset with its source."""
    return (
        f"muscle {fmt.window(preset.muscle)}, visceral fat {fmt.window(preset.visceral_fat)}, subcutaneous fat "
        f"{fmt.window(preset.subcutaneous_fat)}, intermuscular fat {fmt.window(preset.intermuscular_fat)} HU\nSource: {preset.source}"
    )


def slab_words(slab_mm: float) -> str:
    return "single slice" if slab_mm == 0 else f"{slab_mm:g} mm slab"


class ProtocolPanel(Panel):
    """One line: preset, slab, options."""

    def _build(self) -> None:
        self.preset = QComboBox()
        for name, one in PRESETS.items():
            self.preset.addItem(name, name)
            self.preset.setItemData(self.preset.count() - 1, preset_words(one), Qt.ItemDataRole.ToolTipRole)
        self.slab = QComboBox()
        for slab_mm in SLABS_MM:
            self.slab.addItem(slab_words(slab_mm), slab_mm)
        self.slab.setToolTip("Slices thinner than this are averaged to about this thickness around the level")
        self.options = QToolButton()
        self.options.setText("options")
        self.options.setToolTip(
            "What counts as muscle and as visceral fat, written to the row; draft again (D) to follow a change, rims of gas and stool follow at once"
        )
        self.options.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.options)
        self.items = {name: menu.addAction(words) for name, words in OPTIONS.items()}
        for item in self.items.values():
            item.setCheckable(True)
        self.options.setMenu(menu)
        for box, letters in ((self.preset, 8), (self.slab, 9)):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(letters)
            box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.options.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.heading = widgets.label("INDICES", "heading")
        self.setLayout(widgets.row(self.heading, self.preset, self.slab, self.options, gap=5))

    def _connect(self) -> None:
        self.preset.activated.connect(lambda place: self._set(preset=PRESETS[self.preset.itemData(place)]))
        self.slab.activated.connect(lambda place: self._set(slab_mm=self.slab.itemData(place)))
        for name, item in self.items.items():
            item.triggered.connect(lambda on, n=name: self._set(**{n: on}))
        self.seat.changed.connect(self._on_seat)
        self._on_seat(None, self.seat.state)

    def _on_seat(self, old: SeatState | None, new: SeatState) -> None:
        """Cases of a study are measured by its protocol, and by no other."""
        if old is None or (old.opened is None) is not (new.opened is None):
            for widget in (self.preset, self.slab, self.options):
                widget.setEnabled(new.opened is None)
            self.heading.setText("INDICES" if new.opened is None else "PROTOCOL")
            self.heading.setToolTip(
                "" if new.opened is None else "The study's protocol. A lead changes it for all: t12-bodycomp study protocol"
            )

    def _set(self, **changes: object) -> None:
        self.session.set_protocol(replace(self.session.state.protocol, **changes))  # type: ignore[arg-type]

    def _redraw(self, old: SessionState | None, new: SessionState) -> None:
        if old is not None and old.protocol is new.protocol:
            return
        p: Protocol = new.protocol
        if self.preset.findData(p.preset.name) < 0:
            self.preset.addItem(p.preset.name, p.preset.name)
        self.preset.setCurrentIndex(self.preset.findData(p.preset.name))
        self.preset.setToolTip(f"HU windows: {preset_words(p.preset)}")
        place = self.slab.findData(p.slab_mm)
        if place < 0:
            self.slab.addItem(slab_words(p.slab_mm), p.slab_mm)
            place = self.slab.count() - 1
        self.slab.setCurrentIndex(place)
        for name, item in self.items.items():
            item.setChecked(getattr(p, name))
