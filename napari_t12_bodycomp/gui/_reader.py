"""napari's way in: a DICOM folder, a DICOM file, a zip or tar of DICOM, or a NIfTI becomes an image layer, if it is a CT scan; anything else is left alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from napari_t12_bodycomp.errors import T12Error
from napari_t12_bodycomp.gui.layers import LayerData, ct_layer
from napari_t12_bodycomp.workflow.source import list_series, load_volume, looks_like_a_scan

SOURCE = "t12_source"
"""Key in a layer's metadata: where its volume was read from."""
PEEK = 25
"""Files looked at in a folder or archive before it counts as none of ours."""

Reader = Callable[[str | Sequence[str]], list[LayerData]]


def get_reader(path: str | Sequence[str]) -> Reader | None:
    """A reader for `path`, None where it holds no CT that can be measured."""
    if not isinstance(path, str):
        if len(path) != 1:
            return None
        path = path[0]
    try:
        chosen = list_series(path).chosen if looks_like_a_scan(path, PEEK) else None
    except (T12Error, OSError):
        return None
    return None if chosen is None else read_ct


def read_ct(path: str | Sequence[str]) -> list[LayerData]:
    """The preselected CT of `path` as an image layer in mm."""
    if not isinstance(path, str):
        path = path[0]
    data, looks, kind = ct_layer(load_volume(path))
    return [(data, {**looks, "metadata": {**looks["metadata"], SOURCE: path}}, kind)]
