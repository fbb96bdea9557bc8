"""UIDs that follow from a result: the same result has the same ones, so that writing it again makes no second instance in an archive."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import fields

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


def result_key(result: Result) -> str:
    """A digest of all that the result says: anything that changes in it makes another instance."""
    parts = [scan_key(result), result.sop_instance_uid, result.regions.tobytes().hex(), repr(result.level), repr(result.subject)]
    m = result.measurement
    parts += [f"{field.name}={getattr(m, field.name)!r}" for field in fields(m)]
    parts += [repr(flag) for flag in result.quality]
    parts += [result.assessor, result.reviewer, result.reviewed_at, result.status, result.software_version, result.regions_origin]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
