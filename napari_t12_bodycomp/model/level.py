"""Vertebral levels: what was found, how sure, and what a person confirmed. z is DICOM LPS mm, slice 0 the most caudal one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt


class LevelStatus(StrEnum):
    FOUND = "found"
    UNCERTAIN = "uncertain"
    ABSENT = "absent"


class LevelMethod(StrEnum):
    AUTOMATIC = "automatic"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Vertebra:
    """One vertebral body: `z_mm` its middle, `z_range_mm` its lower and upper endplate, `centre_yx` the body's (row, column) there."""

    label: str
    z_mm: float
    z_range_mm: tuple[float, float]
    centre_yx: tuple[float, float]
    has_ribs: bool | None = None
    """True or False where both sides could be seen; None where they could not."""


@dataclass(frozen=True, slots=True, eq=False)
class RibHint:
    """One rib's course for display: `points` is (N, 3) as (z in mm, row, column), from the spine outward."""

    label: str
    side: str
    length_mm: float
    points: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LevelCandidate:
    """One defensible answer to "where is T12", with the reasons for it."""

    z_mm: float
    slice_index: int
    body_z_mm: tuple[float, float]
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class LevelFinding:
    """What the search for T12 found.

    `slice_index`, `z_mm` and `body_z_mm` are None unless `status` is found or uncertain; for uncertain they are those of the first
    candidate.
    `canal` is (N, 3): (z in mm, row, column) of the spinal canal's centre from caudal to cranial, None where no spine was seen.
    """

    status: LevelStatus
    message: str
    slice_index: int | None = None
    z_mm: float | None = None
    body_z_mm: tuple[float, float] | None = None
    confidence: float = 0.0
    evidence: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    vertebrae: tuple[Vertebra, ...] = ()
    rib_pairs_seen: int | None = None
    candidates: tuple[LevelCandidate, ...] = ()
    ribs: tuple[RibHint, ...] = ()
    canal: npt.NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True)
class MeasuredLevel:
    """The slice that is measured, who put it there and who confirmed it ("" = nobody yet)."""

    slice_index: int
    z_mm: float
    method: LevelMethod
    confirmed_by: str = ""

    @property
    def is_confirmed(self) -> bool:
        return bool(self.confirmed_by)
