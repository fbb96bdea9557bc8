"""napari's way in: a DICOM folder, a DICOM file, a zip of DICOM or a NIfTI becomes an image layer, if it is a CT scan; anything else is left alone."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

from napari_t12_bodycomp.errors import T12Error
from napari_t12_bodycomp.gui.layers import LayerData, ct_layer
from napari_t12_bodycomp.workflow.source import list_series, load_volume

SOURCE = "t12_source"
"""Key in a layer's metadata: where its volume was read from."""
PEEK = 25
"""Files looked at in a folder or zip before it counts as none of ours."""

Reader = Callable[[str | Sequence[str]], list[LayerData]]


def get_reader(path: str | Sequence[str]) -> Reader | None:
    """A reader for `path`, None where it holds no CT that can be measured."""
    if not isinstance(path, str):
        if len(path) != 1:
            return None
        path = path[0]
    if not _looks_readable(Path(path)):
        return None
    try:
        chosen = list_series(path).chosen
    except (T12Error, OSError):
        return None
    return None if chosen is None else read_ct


def read_ct(path: str | Sequence[str]) -> list[LayerData]:
    """The preselected CT of `path` as an image layer in mm."""
    if not isinstance(path, str):
        path = path[0]
    data, looks, kind = ct_layer(load_volume(path))
    return [(data, {**looks, "metadata": {**looks["metadata"], SOURCE: path}}, kind)]


def _looks_readable(path: Path) -> bool:
    if path.is_dir():
        files = (file for file in path.rglob("*") if file.is_file())
        return any(_is_dicom(file) for file in islice(files, PEEK))
    name = path.name.lower()
    if name.endswith((".nii", ".nii.gz")):
        return path.is_file()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for entry in islice((e for e in archive.infolist() if not e.is_dir()), PEEK):
                with archive.open(entry) as stream:
                    if stream.read(132)[128:] == b"DICM":
                        return True
        return False
    return path.is_file() and _is_dicom(path)


def _is_dicom(file: Path) -> bool:
    if file.suffix.lower() in (".dcm", ".dicom"):
        return True
    try:
        with file.open("rb") as stream:
            return stream.read(132)[128:] == b"DICM"
    except OSError:
        return False
