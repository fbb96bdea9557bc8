"""Phantoms made once and kept on disk: several rounds of a benchmark then meet the same scans without painting them again."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

import numpy as np

import napari_t12_bodycomp.phantom as package
from napari_t12_bodycomp.phantom import Phantom, PhantomOptions, make_phantom
from napari_t12_bodycomp.phantom.build import phantom_from_pixels


@cache
def _source_digest() -> bytes:
    """Digest of the phantom's own source: any change of it makes every kept scan worthless."""
    digest = hashlib.sha256()
    for path in sorted(Path(package.__file__).parent.glob("*.py")):
        if path.stem != "population":  # draws options, and these are in the key themselves
            digest.update(path.name.encode() + path.read_bytes())
    return digest.digest()


def kept_path(options: PhantomOptions, folder: Path) -> Path:
    """Where the pixels of a phantom with these options lie in `folder`."""
    key = hashlib.sha256(_source_digest() + repr(options).encode()).hexdigest()[:24]
    return folder / f"seed{options.seed:05d}-{key}.npy"


def phantom_of(options: PhantomOptions, folder: Path | None = None) -> Phantom:
    """The phantom (without areas), from `folder` where it was made before, else made and kept there; None keeps nothing."""
    if folder is None:
        return make_phantom(options, with_areas=False)
    path = kept_path(options, folder)
    if path.exists():
        return phantom_from_pixels(options, np.load(path))
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"seed{options.seed:05d}-*.npy"):
        old.unlink(missing_ok=True)
    phantom = make_phantom(options, with_areas=False)
    part = path.with_suffix(f".{os.getpid()}.part")
    with part.open("wb") as file:
        np.save(file, phantom.volume.hu)
    part.replace(path)
    return phantom
