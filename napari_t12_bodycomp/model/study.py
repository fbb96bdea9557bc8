"""The nouns of a study: people, cases, versions of a drawing, reviews. Records of what the store holds; never a name or a date of birth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.subject import Subject


class Role(StrEnum):
    LEAD = "lead"
    ASSESSOR = "assessor"
    REVIEWER = "reviewer"
    RATER = "rater"


class CaseState(StrEnum):
    NEW = "new"
    DRAFTED = "drafted"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    EXCLUDED = "excluded"


class ExclusionReason(StrEnum):
    """Why a screened patient is not in the study; the value is what the flow chart prints."""

    NO_CHEST_CT = "no chest CT"
    ARTEFACTS = "artefacts"
    REFUSED_SURGERY = "refused surgery"
    INCOMPLETE_FOLLOW_UP = "incomplete follow-up"
    OTHER = "other"


class Decision(StrEnum):
    """What a review row says happened to a version."""

    APPROVED = "approved"
    RETURNED = "returned"
    CORRECTED = "corrected"
    REOPENED = "reopened"


class SignIn(StrEnum):
    """What is noted of signing in: failures, the success that ends a row of them, and a lead's lifting of the lock."""

    FAILED = "failed"
    SUCCEEDED = "succeeded"
    LIFTED = "lifted"


@dataclass(frozen=True, slots=True)
class Account:
    """A person who works on the study; `name` is a sign-in name or code."""

    id: int
    name: str
    roles: frozenset[Role]
    disabled: bool = False

    def has(self, *roles: Role) -> bool:
        """Whether the account has one of `roles`."""
        return not self.roles.isdisjoint(roles)


@dataclass(frozen=True, slots=True)
class StudyRecord:
    """The study itself."""

    name: str
    created_at: str
    keep_patient_ids: bool
    blind_review: bool
    """Whether the reviewer sees no numbers before deciding."""


@dataclass(frozen=True, slots=True)
class ProtocolVersion:
    """A numbered version of the study's protocol; the highest number is the current one."""

    id: int
    number: int
    protocol: Protocol
    note: str
    created_at: str


@dataclass(frozen=True, slots=True)
class SeriesReference:
    """Which series a case is about and where its files were last seen; pixels stay there."""

    series_instance_uid: str
    study_instance_uid: str = ""
    acquisition_number: int | None = None
    path: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One patient's scan in the study.

    Parameters
    ----------
    pseudonym : str
        The case's name in worklist and export.
    revision : int
        Rises by one with every change of the case: who decides on an older one is told so.
    current_version, current_author : int, optional
        Number of the version that counts, and id of the account that drew it; None where nothing is drawn.
    assessor_id, reviewer_id : int, optional
        Who the case is assigned to; None where everybody may take it.
    """

    id: int
    pseudonym: str
    state: CaseState
    revision: int
    subject: Subject
    series: SeriesReference
    current_version: int | None = None
    current_version_id: int | None = None
    current_author: int | None = None
    assessor_id: int | None = None
    reviewer_id: int | None = None
    exclusion: ExclusionReason | None = None
    exclusion_note: str = ""
    covariates: Mapping[str, str] = field(default_factory=dict)
    updated_at: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """One saved drawing, without its pixels. Never changed once written.

    Parameters
    ----------
    base : int, optional
        Number of the version that it was drawn on; None for the first one.
    kept : bool
        Whether it was only put aside and never counts itself: it came too late (someone else saved on the same base), or is a second reading.
    checksum : str
        SHA-256 of the regions' pixels (uint8, row by row), in hexadecimal digits.
    """

    id: int
    number: int
    author_id: int
    author: str
    base: int | None
    kept: bool
    origin: str
    protocol_number: int
    slice_index: int
    z_mm: float
    level_method: str
    level_confirmed_by: str
    checksum: str
    active_seconds: float
    created_at: str


@dataclass(frozen=True, slots=True)
class Review:
    """What somebody decided on a version."""

    id: int
    case_id: int
    version: int
    account: str
    decision: Decision
    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class Comment:
    """A remark on a version; `row` and `column` (pixels) pin it to a point, None for a remark on the whole."""

    account: str
    version: int
    text: str
    row: float | None
    column: float | None
    at: str


@dataclass(frozen=True, slots=True, eq=False)
class StoredRegions:
    """The pixels of a version: uint8 (Y, X), `Region` values."""

    version: Version
    regions: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a reviewer had on screen: a decision is taken on exactly this, once.

    `nonce` makes it one: a decision with a nonce that the store knows is refused.
    """

    case_id: int
    version_id: int
    revision: int
    nonce: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One row of the audit: who changed which row of which table, when and in doing what; only columns that changed stand in it.

    `account` is "" where the program itself did it; `before` is None where the row is new.
    """

    id: int
    at: str
    account: str
    action: str
    table: str
    row_id: int
    before: Mapping[str, object] | None
    after: Mapping[str, object]
