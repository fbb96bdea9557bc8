"""A label map of the whole scan that another program made, on the scan's own grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class LabelMap:
    """Labels with their names.

    Parameters
    ----------
    labels : integer array (Z, Y, X)
        0 for nothing; the same way round as `CTVolume.hu`.
    names : mapping of int to str
        What each label stands for, as its maker calls it (``vertebrae_T12``); empty where the file does not say.
    source : str
        Who made it: a program's name, or the name of a file.
    """

    labels: npt.NDArray[Any]
    names: Mapping[int, str] = field(default_factory=dict)
    source: str = ""
    present: tuple[int, ...] = field(init=False)
    """The labels that occur."""

    def __post_init__(self) -> None:
        if self.labels.ndim != 3 or self.labels.dtype.kind not in "iu":
            raise ValueError(f"labels must be an integer array (Z, Y, X), not {self.labels.dtype} {self.labels.shape}")
        here: set[int] = set()
        for plane in self.labels:
            here.update(np.unique(plane).tolist())
        if min(here, default=0) < 0:
            raise ValueError("labels must not be negative")
        object.__setattr__(self, "present", tuple(sorted(here - {0})))
