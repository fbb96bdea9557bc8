"""The napari layers of a case: made once, one in a pass of the event loop where there is time, and shown anew with other data."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import numpy.typing as npt
from napari import Viewer
from napari.layers import Image, Labels, Layer
from napari.utils.colormaps import DirectLabelColormap
from qtpy.QtCore import QTimer

from napari_t12_bodycomp.gui import layers
from napari_t12_bodycomp.gui.region_layer import RegionLayer

_NOWHERE: dict[str, Any] = {"scale": (1.0, 1.0, 1.0), "units": layers.UNITS, "axis_labels": layers.AXIS_LABELS, "metadata": {}}


EVERY_MS = 20
"""Between two layers that are made ahead, so that what else waits is done between them."""


class CaseLayers:
    """The four layers in napari's list, from below: the scan, its measured slice, the tissues and the regions to draw on.

    Parameters
    ----------
    on_made
        Called with each layer before it comes into the list.
    leading
        A context in which napari's slider may move without being followed.
    """

    def __init__(self, viewer: Viewer, on_made: Callable[[Layer], None], leading: Callable[[], AbstractContextManager[None]]) -> None:
        self._viewer, self._on_made, self._leading = viewer, on_made, leading
        self.window = "soft"
        if not viewer.layers:
            viewer.dims.ndim = 3  # its sliders are made now, and not while somebody waits for the scan
        self.ct: Image | None = None
        self.slab: Image | None = None
        self.tissues: Labels | None = None
        self.regions: RegionLayer | None = None
        self._soon = QTimer()
        self._soon.setSingleShot(True)
        self._soon.setInterval(EVERY_MS)
        self._soon.timeout.connect(self.prepare_next)

    def close(self) -> None:
        """Make no more."""
        self._soon.stop()

    def is_ours(self, layer: Layer) -> bool:
        """Whether `layer` is one of the four."""
        return any(layer is one for one in (self.ct, *self.drawn))

    def is_there(self, layer: Layer | None) -> bool:
        """Whether `layer` was made and nobody deleted it."""
        return layer is not None and layer in self._viewer.layers

    @property
    def drawn(self) -> tuple[Layer | None, ...]:
        """The three that belong to the drawing."""
        return self.slab, self.tissues, self.regions

    def prepare_soon(self) -> None:
        """Make the layers that are still missing, one after another: together they would keep the window waiting."""
        if not all(self.is_there(layer) for layer in (self.ct, *self.drawn)):
            self._soon.start()

    def prepare_next(self) -> None:
        """Make the lowest layer that is missing: hidden, with one empty pixel. The others follow."""
        with self._leading():
            self._prepare_next()
        self.prepare_soon()

    def _prepare_next(self) -> None:
        if self.ct is None or not self.is_there(self.ct):
            air = np.full((1, 1, 1), -1000, np.int16)
            self.add_ct(air, {"name": layers.NAMES["ct"], **_grey(self.window), **_NOWHERE, "visible": False})
        else:
            place = {"scale": self.ct.scale, "translate": self.ct.translate, **_named(self.ct), "metadata": {}, "visible": False}
            self.add_missing(np.zeros((1, 1, 1), np.int16), np.zeros((1, 1, 1), np.uint8), place, most=1)

    def add_ct(self, data: npt.NDArray[np.int16], looks: dict[str, Any]) -> None:
        """Make the scan's layer."""
        self.ct = Image(data, **looks)
        self._add(self.ct, 0)

    def add_missing(self, hu: npt.NDArray[np.int16], labels: npt.NDArray[np.uint8], place: dict[str, Any], most: int = 3) -> None:
        """Make the layers of the drawing that were not made yet, or that somebody deleted, each in its place from below, at most `most`."""
        if not self.is_there(self.slab) and most:
            self.slab, most = _new_slab(hu, self.window, place), most - 1
            self._add(self.slab, self._above(self.ct))
        if not self.is_there(self.tissues) and most:
            self.tissues, most = _new_tissues(labels, place), most - 1
            self._add(self.tissues, self._above(self.slab))
        if not self.is_there(self.regions) and most:
            self.regions = _new_regions(labels, place)
            self._add(self.regions, self._above(self.tissues))

    def _add(self, layer: Layer, position: int) -> None:
        layer.mouse_zoom = False
        self._on_made(layer)
        self._viewer.layers.insert(position, layer)

    def _above(self, layer: Layer | None) -> int:
        """The place just above `layer` in the list."""
        return int(self._viewer.layers.index(layer)) + 1 if self.is_there(layer) else len(self._viewer.layers)


def _grey(window: str) -> dict[str, Any]:
    return {"colormap": "gray", "contrast_limits": layers.limits(window), "interpolation2d": "linear"}


def _named(layer: Layer) -> dict[str, Any]:
    return {"units": layer.units, "axis_labels": layer.axis_labels}


def _new_slab(hu: npt.NDArray[np.int16], window: str, place: dict[str, Any]) -> Image:
    """The measured slice (1, Y, X), HU, by the display window `window`."""
    return Image(hu, name=layers.NAMES["slab"], **_grey(window), **place)


def _new_tissues(labels: npt.NDArray[np.uint8], place: dict[str, Any]) -> Labels:
    """Tissues (1, Y, X), which nobody draws on."""
    colours = DirectLabelColormap(color_dict=layers.tissue_colours())
    layer = Labels(labels.copy(), name=layers.NAMES["tissues"], colormap=colours, **place)
    layer.editable = False
    return layer


def _new_regions(labels: npt.NDArray[np.uint8], place: dict[str, Any]) -> RegionLayer:
    """Regions (1, Y, X) to draw on; they are seen as contours and tissues."""
    colours = DirectLabelColormap(color_dict=layers.region_colours())
    return RegionLayer(labels.copy(), name=layers.NAMES["regions"], colormap=colours, opacity=0.01, **place)


def renew(layer: Layer, data: npt.NDArray[Any], looks: dict[str, Any]) -> None:
    """Let a layer show other data at another place.

    napari fits its sliders to every change that it hears of, and so it hears of the last one only; but always of an image's data, of which it
    counts a histogram.
    """
    changes: list[tuple[str, Any]] = [] if layer.data is data else [("data", data)]
    changes += [(name, looks[name]) for name in ("scale", "translate") if not np.array_equal(getattr(layer, name), looks[name])]
    for n, (name, value) in enumerate(changes, 1):
        is_told = n == len(changes) or (name == "data" and isinstance(layer, Image))
        with nullcontext() if is_told else getattr(layer.events, name).blocker():
            setattr(layer, name, value)
    layer.metadata = looks["metadata"]


def show(layer: Layer | None, shown: bool) -> None:
    """Show or hide `layer`, where there is one."""
    if layer is not None and layer.visible is not shown:
        layer.visible = shown
