"""What napari loads and computes with its first layers (pandas, the table of units, patterns of dashes) takes a second or two: it is done while
somebody still looks for a scan."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from napari.layers import Image
from vispy.visuals.line.dash_atlas import DashAtlas

from napari_t12_bodycomp.gui.region_layer import RegionLayer


def warm_up() -> threading.Thread:
    """Make the two kinds of layers, and what vispy keeps for lines, once on a thread of its own, and drop them."""
    thread = threading.Thread(target=_make_layers, name="warm up", daemon=True)
    thread.start()
    return thread


def _make_layers() -> None:
    looks: dict[str, Any] = {"scale": (5.0, 1.0, 1.0), "units": ("mm",) * 3, "axis_labels": ("z", "y", "x")}
    image = Image(np.zeros((2, 4, 4), np.int16), **looks)
    image.histogram  # noqa: B018 - loads its module
    RegionLayer(np.zeros((1, 4, 4), np.uint8), **looks)
    DashAtlas()
