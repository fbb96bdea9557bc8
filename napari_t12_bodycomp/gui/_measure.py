"""A small panel for plain napari: measures any Labels layer on a CT layer, without the workbench and without changing either."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from magicgui.widgets import ComboBox, Container, Label, LineEdit, PushButton, Table, create_widget
from napari.layers import Image, Labels

from napari_t12_bodycomp.errors import InputError, T12Error, UsageError
from napari_t12_bodycomp.gui.layers import HIDDEN, PLACE
from napari_t12_bodycomp.model.measurement import Measurement
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.subject import Subject
from napari_t12_bodycomp.model.tissue import DEFAULT_PRESET, PRESETS, Region, preset
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow.table import measure_slice, measurement_frame


def labels_on_slice(volume: CTVolume, labels: Labels) -> tuple[int, npt.NDArray[np.uint8]]:
    """The one slice that `labels` marks, and its regions (uint8, (Y, X)); InputError where it does not mark just one slice of `volume`."""
    data = np.asarray(labels.data)
    place = labels.metadata.get(PLACE)
    if place is not None and place[0] is volume and data.shape == (1, *volume.shape[1:]):
        index, regions = int(place[1]), data[0]
    elif data.shape == volume.shape:
        marked = np.flatnonzero(data.any(axis=(1, 2)))
        if len(marked) != 1:
            raise InputError(f"Labels on one slice are wanted, {len(marked)} slices are marked: keep the T12 slice only.")
        index, regions = int(marked[0]), data[marked[0]]
    else:
        raise InputError(f"Labels of the scan's own shape {volume.shape} are wanted, {data.shape} came: make the layer from the CT layer.")
    other = np.setdiff1d(regions, (0, *Region))
    if other.size:
        raise InputError(f"The labels 1 muscle, 2 visceral and 3 subcutaneous are wanted, {other[0]} came: relabel the layer.")
    return index, regions.astype(np.uint8)


def measure_layer(ct: Image | None, labels: Labels | None, height_cm: str, preset_name: str) -> Measurement:
    """Measure what `labels` marks on `ct`; an empty `height_cm` is unknown. T12Error says in a sentence what is missing."""
    if ct is None or not isinstance(ct.metadata.get("volume"), CTVolume):
        raise InputError("A CT layer opened with this plugin is wanted, which knows its spacing: open the scan with it first.")
    if labels is None:
        raise InputError("A Labels layer is wanted, none came: draw the regions first.")
    if why := labels.metadata.get(HIDDEN, lambda: "")():
        raise InputError(why)
    volume: CTVolume = ct.metadata["volume"]
    index, regions = labels_on_slice(volume, labels)
    return measure_slice(volume, index, regions, _height_m(height_cm, volume.subject), Protocol(preset(preset_name)))


def _height_m(typed: str, subject: Subject) -> float | None:
    if not typed.strip():
        return subject.height_m
    try:
        height_m = float(typed.replace(",", ".")) / 100
    except ValueError:
        raise UsageError(f"A height in cm is wanted, {typed!r} came: type a number such as 165.") from None
    return Subject(height_m=height_m).height_m


class MeasureLayer(Container):
    """Choose a CT layer, a Labels layer, a height and a preset; Measure shows the numbers."""

    def __init__(self) -> None:
        self.ct: Any = create_widget(annotation=Image, label="CT")
        self.regions: Any = create_widget(
            annotation=Labels, label="regions", options={"tooltip": "1 muscle, 2 visceral, 3 subcutaneous, on one slice"}
        )
        self.height_cm = LineEdit(label="height (cm)", tooltip="Empty: the scan's own, or unknown")
        self.hu_preset = ComboBox(
            label="HU preset", choices=list(PRESETS), value=DEFAULT_PRESET, tooltip="Which HU windows the tissues have"
        )
        self.button = PushButton(text="Measure", tooltip="Measure the marked regions on the CT")
        self.said = Label(value="")
        self.table = Table()
        super().__init__(widgets=[self.ct, self.regions, self.height_cm, self.hu_preset, self.button, self.said, self.table])
        self.table.read_only = True
        self.button.changed.connect(self._on_measure)

    def _on_measure(self, _: Any = None) -> None:
        try:
            frame = measurement_frame(measure_layer(self.ct.value, self.regions.value, self.height_cm.value, self.hu_preset.value))
        except T12Error as error:
            self.said.value = str(error)
            self.table.clear()
            return
        self.said.value = "Not confirmed by anybody: for the record, use the T12 workbench."
        shown = frame.assign(value=["unknown" if np.isnan(v) else f"{v:.2f}" for v in frame["value"]])
        self.table.value = shown.to_dict("list")
