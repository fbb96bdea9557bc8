"""The napari layers of a drawing: made, and shown anew with other data."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Image, Labels, Layer
from napari.utils.colormaps import DirectLabelColormap

from napari_t12_bodycomp.gui import layers
from napari_t12_bodycomp.gui.region_layer import RegionLayer


def new_slab(hu: npt.NDArray[np.int16], window: str, place: dict[str, Any]) -> Image:
    """The measured slice (1, Y, X), HU, by the display window `window`."""
    looks = {"colormap": "gray", "contrast_limits": layers.limits(window), "interpolation2d": "linear"}
    return Image(hu, name=layers.NAMES["slab"], **looks, **place)


def new_tissues(labels: npt.NDArray[np.uint8], place: dict[str, Any]) -> Labels:
    """Tissues (1, Y, X), which nobody draws on."""
    colours = DirectLabelColormap(color_dict=layers.tissue_colours())
    layer = Labels(labels.copy(), name=layers.NAMES["tissues"], colormap=colours, **place)
    layer.editable = False
    return layer


def new_regions(labels: npt.NDArray[np.uint8], place: dict[str, Any]) -> RegionLayer:
    """Regions (1, Y, X) to draw on; they are seen as contours and tissues."""
    colours = DirectLabelColormap(color_dict=layers.region_colours())
    return RegionLayer(labels.copy(), name=layers.NAMES["regions"], colormap=colours, opacity=0.01, **place)


def renew(layer: Layer, data: npt.NDArray[Any], looks: dict[str, Any]) -> None:
    """Let a layer show other data at another place."""
    if layer.data.shape != data.shape or layer.data is not data:
        layer.data = data
    layer.scale, layer.translate, layer.metadata = looks["scale"], looks["translate"], looks["metadata"]
    layer.visible = True
