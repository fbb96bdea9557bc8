"""Sample data: a synthetic chest CT with known answers."""

from __future__ import annotations

from napari_t12_bodycomp.gui._reader import SOURCE
from napari_t12_bodycomp.gui.layers import LayerData, ct_layer
from napari_t12_bodycomp.phantom import make_phantom


def phantom() -> list[LayerData]:
    """The phantom as an image layer in mm."""
    data, looks, kind = ct_layer(make_phantom(with_areas=False).volume)
    return [(data, {**looks, "name": "Phantom CT", "metadata": {**looks["metadata"], SOURCE: ""}}, kind)]
