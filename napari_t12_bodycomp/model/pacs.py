"""What is said about an archive (PACS): how to reach it, what to look for in it, what was found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol
from urllib.parse import urlsplit

from napari_t12_bodycomp.errors import UsageError

OWN_AE_TITLE = "T12BODYCOMP"
MOST_STUDIES = 2000
"""A search for studies gives up after so many answers and one more."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class NodeKind(StrEnum):
    """The two languages that archives speak."""

    DIMSE = "dimse"
    DICOMWEB = "dicomweb"


class Retrieval(StrEnum):
    """How images come over DIMSE: on the association that asks (C-GET), or on one that the archive opens to us (C-MOVE)."""

    GET = "get"
    MOVE = "move"


class Credential(StrEnum):
    """What a DICOMweb server wants to see."""

    NONE = "none"
    BASIC = "basic"
    BEARER = "bearer"


@dataclass(frozen=True, slots=True)
class Tls:
    """Certificates, as paths of PEM files; an empty `ca_file` stands for the system's authorities, no `cert_file` for no own certificate."""

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""

    def __post_init__(self) -> None:
        if bool(self.cert_file) != bool(self.key_file):
            raise UsageError("A certificate and its key are wanted together, one of them came: give both files, or neither.")


@dataclass(frozen=True, slots=True)
class Node:
    """One archive. Passwords and tokens are not in here.

    Parameters
    ----------
    name : str
        What it is called on this computer.
    host, port, ae_title : str, int, str
        DIMSE: its address and AE title.
    own_ae_title : str
        DIMSE: what this program calls itself.
    retrieval : Retrieval
        DIMSE: C-GET or C-MOVE.
    listen_address, listen_port : str, int
        C-MOVE: where this program waits for images; the archive must know it under `own_ae_title`. "" listens on every interface.
    url : str
        DICOMweb: the root of its services, such as ``https://pacs.example/dicom-web``.
    credential, user : Credential, str
        DICOMweb: how it knows us, and the user's name for ``basic``.
    tls : Tls, optional
        DIMSE: None for an open line. DICOMweb: the certificates for https.
    """

    name: str
    kind: NodeKind
    host: str = ""
    port: int = 0
    ae_title: str = ""
    own_ae_title: str = OWN_AE_TITLE
    retrieval: Retrieval = Retrieval.GET
    listen_address: str = ""
    listen_port: int = 0
    url: str = ""
    credential: Credential = Credential.NONE
    user: str = ""
    tls: Tls | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[\w.-]{1,64}", self.name):
            raise UsageError("A short name of letters, digits, '.', '-' and '_' is wanted for the archive: choose another name.")
        if self.kind is NodeKind.DIMSE:
            self._check_dimse()
        else:
            self._check_web()

    def _check_dimse(self) -> None:
        if not self.host or not 1 <= self.port <= 65535:
            raise UsageError("A host and a port from 1 to 65535 are wanted for a DICOM archive: give --host and --port.")
        for title in (self.ae_title, self.own_ae_title):
            if not 1 <= len(title.strip()) <= 16 or not title.isascii() or not title.isprintable() or "\\" in title:
                raise UsageError(f"An AE title of 1 to 16 plain characters is wanted, {title!r} came: ask the archive's administrators.")
        if self.retrieval is Retrieval.MOVE and not 1 <= self.listen_port <= 65535:
            raise UsageError("C-MOVE needs a port from 1 to 65535 on this computer for the images: give --listen-port.")

    def _check_web(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password or parts.query:
            raise UsageError("A URL such as https://pacs.example/dicom-web, without user or password in it, is wanted: give --url.")
        if self.credential is Credential.BASIC and not self.user:
            raise UsageError("A user's name is wanted for basic authentication: give --user.")
        if self.credential is not Credential.NONE and parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise UsageError("A password or token is sent over https only, the URL says http: give the archive's https URL.")

    @property
    def needs_secret(self) -> bool:
        return self.credential is not Credential.NONE

    @property
    def address(self) -> str:
        """Where it is, for a person."""
        return self.url if self.kind is NodeKind.DICOMWEB else f"{self.ae_title}@{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class StudyQuery:
    """What to look for; "" matches everything. Dates as YYYYMMDD; text may hold ``*`` and ``?``."""

    patient_id: str = ""
    date_from: str = ""
    date_to: str = ""
    description: str = ""
    modality: str = ""

    def __post_init__(self) -> None:
        for day in (self.date_from, self.date_to):
            if day and not _is_date(day):
                raise UsageError(f"A date as YYYYMMDD or YYYY-MM-DD is wanted, {day!r} came: give a day that the calendar has.")
        if self.date_from and self.date_to and self.date_from > self.date_to:
            raise UsageError("The first date is wanted first, it lies after the second: swap them.")
        if any("\\" in text for text in (self.patient_id, self.description, self.modality)):
            raise UsageError("A backslash separates values in DICOM and cannot be searched for: leave it out.")

    @property
    def dates(self) -> str:
        """As DICOM writes a range; "" for any date."""
        if self.date_from == self.date_to:
            return self.date_from
        return f"{self.date_from}-{self.date_to}"

    @property
    def is_empty(self) -> bool:
        """Whether everything matches."""
        return not (self.dates or any(text.strip("*") for text in (self.patient_id, self.description, self.modality)))


def _is_date(text: str) -> bool:
    if not re.fullmatch(r"\d{8}", text, re.ASCII):
        return False
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True


def anywhere(words: str) -> str:
    """`words` as a pattern that matches any text with these words in it; wildcards of a person's own are left as they are."""
    words = words.strip()
    return words if not words or "*" in words or "?" in words else f"*{words}*"


@dataclass(frozen=True, slots=True)
class FoundStudy:
    """A study in the archive; None or "" where it does not say. The patient's name is never asked for."""

    study_instance_uid: str
    patient_id: str = ""
    study_date: str = ""
    description: str = ""
    modalities: tuple[str, ...] = ()
    n_series: int | None = None
    n_images: int | None = None


@dataclass(frozen=True, slots=True)
class FoundSeries:
    """A series in the archive; None or "" where it does not say."""

    study_instance_uid: str
    series_instance_uid: str
    number: int | None = None
    modality: str = ""
    description: str = ""
    body_part: str = ""
    n_images: int | None = None


@dataclass(frozen=True, slots=True)
class Instance:
    """One object of a series, by its SOP Instance UID; `sop_class` is "" where the archive does not say."""

    uid: str
    sop_class: str = ""


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What a retrieval came to: `n_images` of the archive's list lie in the folder, `n_fetched` of them came now."""

    n_images: int
    n_fetched: int
    n_interruptions: int = 0


class Stop(Protocol):
    """Asked often: raises `Cancelled` where the person wants no more."""

    def __call__(self) -> None: ...
