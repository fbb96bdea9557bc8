"""UIDs that follow from what they name: the same content has the same ones, so that sending it again makes no second instance in an archive."""

from __future__ import annotations

import hashlib
import uuid

from napari_t12_bodycomp.model.result import Result

_NAMESPACE = "napari-t12-bodycomp"


def uid_of(*parts: str) -> str:
    """A UID below 2.25 (a UUID of version 5) that follows from `parts` alone."""
    digest = hashlib.sha256("\0".join((_NAMESPACE, *parts)).encode()).digest()
    return f"2.25.{uuid.UUID(bytes=digest[:16], version=5).int}"


def scan_key(result: Result) -> str:
    """What tells the scan apart, whoever measured it: results of one scan share their series."""
    a = result.acquisition
    return f"{a.study_instance_uid}|{a.series_instance_uid}|{a.acquisition_number}"


def digest_uid(content: bytes) -> str:
    """The UID of what holds `content`, and of nothing else: two objects that differ in anything never share one."""
    return uid_of("instance", hashlib.sha256(content).hexdigest())
