"""Drawings and what is said about them: versions, measurements, reviews, comments, working time. All of it is only ever added to."""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Row, Select, and_, func, select

from napari_t12_bodycomp.errors import InputError, Refused, UsageError
from napari_t12_bodycomp.model.reading import Reading
from napari_t12_bodycomp.model.study import Case, Comment, Decision, Review, StoredRegions, Ticket, Version
from napari_t12_bodycomp.model.tissue import Tissue
from napari_t12_bodycomp.store.ledger import Writer, canonical_json
from napari_t12_bodycomp.store.tables import accounts, comments, levels, measurements, region_versions, reviews, timings

USED_TICKET = "This decision was taken already and counts once: open the case again to decide anew."


@dataclass(frozen=True, slots=True, eq=False)
class NewVersion:
    """A drawing to be saved.

    Parameters
    ----------
    packed : PackedRegions
        The regions, compressed before anybody has to wait.
    level : mapping
        Columns of `levels`.
    numbers : mapping of str to float
        Columns of `measurements`; NaN where unknown.
    cells : mapping of str to str
        The row of the table of measurements, without anything that tells who the patient is.
    """

    packed: PackedRegions
    level: Mapping[str, Any]
    numbers: Mapping[str, float]
    cells: Mapping[str, str]
    origin: str
    protocol_id: int
    active_seconds: float


@dataclass(frozen=True, slots=True)
class PackedRegions:
    """Regions as they are stored: compressed, with their SHA-256."""

    pixels: bytes
    rows: int
    columns: int
    checksum: str

    @classmethod
    def of(cls, regions: npt.NDArray[np.uint8]) -> PackedRegions:
        """Compress `regions`, uint8 (Y, X)."""
        raw = np.ascontiguousarray(regions).tobytes()
        rows, columns = regions.shape
        return cls(zlib.compress(raw, 6), rows, columns, hashlib.sha256(raw).hexdigest())


def insert(writer: Writer, case: Case, author: int, base: int | None, new: NewVersion, kept: bool) -> tuple[int, int]:
    """Add a version of a case's drawing with its level and numbers; its id and number."""
    level_id = writer.insert(levels, case_id=case.id, created_at=writer.at, **new.level)
    last = writer.connection.execute(select(func.max(region_versions.c.number)).where(region_versions.c.case_id == case.id)).scalar()
    number = (last or 0) + 1
    packed = new.packed
    version_id = writer.insert(
        region_versions,
        case_id=case.id,
        number=number,
        author_id=author,
        base=base,
        kept=int(kept),
        origin=new.origin,
        protocol_id=new.protocol_id,
        level_id=level_id,
        rows=packed.rows,
        columns=packed.columns,
        pixels=packed.pixels,
        checksum=packed.checksum,
        active_seconds=new.active_seconds,
        created_at=writer.at,
    )
    writer.insert(measurements, version_id=version_id, cells=canonical_json(dict(new.cells)), **new.numbers)
    return version_id, number


def _versions() -> Select[Any]:
    return (
        select(region_versions, levels, accounts.c.name.label("author"), region_versions.c.id.label("version_id"))
        .join(levels, levels.c.id == region_versions.c.level_id)
        .join(accounts, accounts.c.id == region_versions.c.author_id)
    )


def _version(row: Row[Any]) -> Version:
    m, v, at = row._mapping, region_versions.c, levels.c
    return Version(
        id=m["version_id"],
        number=m[v.number],
        author_id=m[v.author_id],
        author=m["author"],
        base=m[v.base],
        kept=bool(m[v.kept]),
        origin=m[v.origin],
        protocol_number=m[v.protocol_id],
        slice_index=m[at.slice_index],
        z_mm=m[at.z_mm],
        level_method=m[at.method],
        level_confirmed_by=m[at.confirmed_by],
        checksum=m[v.checksum],
        active_seconds=m[v.active_seconds],
        created_at=m[v.created_at],
    )


def of_case(connection: Connection, case_id: int) -> list[Version]:
    """All versions of a case, the oldest first."""
    query = _versions().where(region_versions.c.case_id == case_id).order_by(region_versions.c.number)
    return [_version(row) for row in connection.execute(query)]


def one(connection: Connection, case_id: int, number: int) -> Version:
    """Version `number` of a case; UsageError where there is none."""
    query = _versions().where(region_versions.c.case_id == case_id, region_versions.c.number == number)
    row = connection.execute(query).first()
    if row is None:
        raise UsageError(f"The number of a version is wanted, the case has no version {number}.")
    return _version(row)


def with_id(connection: Connection, version_id: int) -> Version:
    """The version with the id `version_id`."""
    return _version(connection.execute(_versions().where(region_versions.c.id == version_id)).one())


def copy(writer: Writer, case: Case, version_id: int) -> int:
    """Add a version once more, as its author drew it, on the current one of its case; the copy's id. It counts, whether or not the original did."""
    c = region_versions.c
    row = dict(writer.connection.execute(select(region_versions).where(c.id == version_id)).mappings().one())
    last = writer.connection.execute(select(func.max(c.number)).where(c.case_id == case.id)).scalar_one()
    row |= {"number": last + 1, "base": case.current_version, "kept": 0, "active_seconds": 0.0, "created_at": writer.at}
    copied = writer.insert(region_versions, **{name: value for name, value in row.items() if name != "id"})
    numbers = dict(writer.connection.execute(select(measurements).where(measurements.c.version_id == version_id)).mappings().one())
    writer.insert(measurements, **{name: value for name, value in numbers.items() if name != "id"} | {"version_id": copied})
    return copied


def regions_of(connection: Connection, version: Version) -> StoredRegions:
    """The pixels of a version; InputError where they are not what was saved."""
    c = region_versions.c
    row = connection.execute(select(c.pixels, c.rows, c.columns).where(c.id == version.id)).one()
    try:
        raw = zlib.decompress(row.pixels)
    except zlib.error as error:
        raise InputError(_damaged(version)) from error
    if hashlib.sha256(raw).hexdigest() != version.checksum:
        raise InputError(_damaged(version))
    return StoredRegions(version, np.frombuffer(raw, np.uint8).reshape(row.rows, row.columns).copy())


def drawers_of(connection: Connection, version_id: int) -> frozenset[int]:
    """Ids of all who saved the drawing of a version in its case, to the pixel."""
    version, same = region_versions, region_versions.alias("same")
    query = (
        select(same.c.author_id)
        .join(version, and_(version.c.case_id == same.c.case_id, version.c.checksum == same.c.checksum))
        .where(version.c.id == version_id)
    )
    return frozenset(connection.execute(query).scalars())


def _damaged(version: Version) -> str:
    return f"Version {version.number} does not fit its checksum: run t12-bodycomp study verify, and restore a backup."


def cells_of(connection: Connection, version_id: int) -> dict[str, str]:
    """The row of the table of measurements that was saved with a version."""
    text = connection.execute(select(measurements.c.cells).where(measurements.c.version_id == version_id)).scalar_one()
    cells: dict[str, str] = json.loads(text)
    return cells


def numbers_of(connection: Connection, version_id: int) -> dict[str, float | None]:
    """Areas, indices and mean HU of a version, None where unknown."""
    row = connection.execute(select(measurements).where(measurements.c.version_id == version_id)).mappings().one()
    return {name: row[name] for name in row if name not in ("id", "version_id", "cells")}


_INDEX_COLUMNS = {"SMI": "smi_cm2_m2", "VFI": "vfi_cm2_m2", "SFI": "sfi_cm2_m2", "VSR": "vsr"}


def reading_of(connection: Connection, case_name: str, version_id: int) -> Reading:
    """A version as a reading that can be set beside another one; without tissues, which need the scan."""
    version = with_id(connection, version_id)
    numbers = {name: math.nan if value is None else value for name, value in numbers_of(connection, version_id).items()}
    cells = cells_of(connection, version_id)
    return Reading(
        case_name,
        version.author,
        {tissue: numbers[f"{tissue.key}_area_cm2"] for tissue in Tissue},
        {index: numbers[column] for index, column in _INDEX_COLUMNS.items()},
        numbers["smd_hu"],
        regions_of(connection, version).regions,
        None,
        (float(cells["pixel_spacing_row_mm"]), float(cells["pixel_spacing_column_mm"])),
        version.z_mm,
    )


def is_used(connection: Connection, ticket: Ticket) -> bool:
    """Whether a decision was taken with this ticket already."""
    return connection.execute(select(reviews.c.id).where(reviews.c.nonce == ticket.nonce)).first() is not None


def add_review(writer: Writer, ticket: Ticket, account_id: int, decision: Decision, reason: str = "") -> int:
    """Note a decision. Refused where the ticket was used before."""
    if is_used(writer.connection, ticket):
        raise Refused(USED_TICKET)
    return writer.insert(
        reviews,
        case_id=ticket.case_id,
        version_id=ticket.version_id,
        account_id=account_id,
        decision=decision.value,
        reason=reason,
        case_revision=ticket.revision,
        nonce=ticket.nonce,
        at=writer.at,
    )


def reviews_of(connection: Connection, case_id: int) -> list[Review]:
    """All decisions on a case, the oldest first."""
    query = (
        select(reviews, region_versions.c.number, accounts.c.name)
        .join(region_versions, region_versions.c.id == reviews.c.version_id)
        .join(accounts, accounts.c.id == reviews.c.account_id)
        .where(reviews.c.case_id == case_id)
        .order_by(reviews.c.id)
    )
    return [Review(r.id, case_id, r.number, r.name, Decision(r.decision), r.reason, r.at) for r in connection.execute(query)]


def add_comment(writer: Writer, case_id: int, version_id: int, account_id: int, text: str, point: tuple[float, float] | None) -> int:
    """Pin a remark to a point (row, column) of a version, or to all of it."""
    row, column = point or (None, None)
    at = {"at_row": row, "at_column": column, "at": writer.at}
    return writer.insert(comments, case_id=case_id, version_id=version_id, account_id=account_id, text=text, **at)


def comments_of(connection: Connection, case_id: int) -> list[Comment]:
    """All remarks on a case, the oldest first."""
    query = (
        select(comments, region_versions.c.number, accounts.c.name)
        .join(region_versions, region_versions.c.id == comments.c.version_id)
        .join(accounts, accounts.c.id == comments.c.account_id)
        .where(comments.c.case_id == case_id)
        .order_by(comments.c.id)
    )
    return [Comment(r.name, r.number, r.text, r.at_row, r.at_column, r.at) for r in connection.execute(query)]


def add_timing(writer: Writer, case_id: int, account_id: int, step: str, active_seconds: float) -> int:
    """Note how long somebody worked on a step of a case, idle time left out."""
    return writer.insert(timings, case_id=case_id, account_id=account_id, step=step, active_seconds=active_seconds, at=writer.at)
