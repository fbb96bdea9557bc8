"""What napari loads with its first layer (pandas, the table of units) takes a second: it is loaded while somebody still looks for a scan."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from napari.layers import Image

from napari_t12_bodycomp.gui.region_layer import RegionLayer


def warm_up() -> threading.Thread:
    """Make the two kinds of layers once, on a thread of its own, and drop them."""
    thread = threading.Thread(target=_make_layers, name="warm up", daemon=True)
    thread.start()
    return thread


def _make_layers() -> None:
    looks: dict[str, Any] = {"scale": (5.0, 1.0, 1.0), "units": ("mm",) * 3, "axis_labels": ("z", "y", "x")}
    Image(np.zeros((2, 4, 4), np.int16), **looks)
    RegionLayer(np.zeros((1, 4, 4), np.uint8), **looks)
