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


class Verdict(StrEnum):
    AGREES = "agrees"
    DISAGREES = "disagrees"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """What another program's label map says about the level.

    Parameters
    ----------
    source : str
        Who says it: a program's name, or the name of a file.
    verdict : Verdict
        Whether its T12 is the one found; silent where it labels nothing there.
    sentence : str
        The verdict in words.
    vertebrae : tuple of Vertebra
        What it labels, from caudal to cranial; z in LPS mm.
    cautions : tuple of str
        What speaks against trusting it, in sentences.
    is_anchored : bool
        Whether it sees an end of the count (C1, L5 or the sacrum, whole); without one, all its names may be shifted together.
    """

    source: str
    verdict: Verdict
    sentence: str
    vertebrae: tuple[Vertebra, ...] = ()
    cautions: tuple[str, ...] = ()
    is_anchored: bool = False

    @property
    def t12(self) -> Vertebra | None:
        """The vertebra that it calls T12; None where it shows none."""
        return next((v for v in self.vertebrae if v.label == "T12"), None)


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
    second_opinion: SecondOpinion | None = None

    def body_at(self, z_mm: float) -> tuple[float, float] | None:
        """The body that holds `z_mm`: T12's, else a candidate's, else that of any vertebra seen; None where z lies in none of them."""
        bodies = [self.body_z_mm, *(c.body_z_mm for c in self.candidates), *(v.z_range_mm for v in self.vertebrae)]
        return next((body for body in bodies if body is not None and body[0] <= z_mm <= body[1]), None)


@dataclass(frozen=True, slots=True)
class MeasuredLevel:
    """The slice that is measured, who put it there and why, and who confirmed it ("" = nobody yet).

    Parameters
    ----------
    reason : str
        Why a person took this slice, in a few words; "" where nobody did, or nobody said.
    candidate : str
        What a person took: ``"B"`` for the second candidate of an uncertain level, ``"T11"`` for a vertebra so named by the search, "" for neither.
    """

    slice_index: int
    z_mm: float
    method: LevelMethod
    confirmed_by: str = ""
    reason: str = ""
    candidate: str = ""

    @property
    def is_confirmed(self) -> bool:
        return bool(self.confirmed_by)
