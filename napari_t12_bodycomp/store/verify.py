"""Whether anybody changed the study behind the program's back: the audit is replayed and held against every row of every table."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, inspect

from napari_t12_bodycomp.store import triggers
from napari_t12_bodycomp.store.database import connected, known_revisions, migrate, newest_revision, open_engine, revision_of, url_of
from napari_t12_bodycomp.store.ledger import AUDIT_FIELDS, audit_hash, described
from napari_t12_bodycomp.store.tables import audit, content_at, metadata


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as the audit says: `row_id` 0 where it is about the table as a whole."""

    table: str
    row_id: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What `verify` found, and the audit's `length` and `head`: noted elsewhere, they also tell whether its end was cut off."""

    findings: tuple[Finding, ...]
    length: int
    head: str
    rows: int

    @property
    def is_clean(self) -> bool:
        return not self.findings


def verify(connection: Connection, noted_head: str = "") -> Verification:
    """Check the chain, every row against it, the drawings' checksums and the rules of the database.

    `noted_head` is a head that an earlier verification printed: it must still be in the chain. A study that an older version of this program
    made, and that nobody brought up to date, is held against what that version made.
    """
    chain = _Chain()
    revision = revision_of(connection)
    findings = []
    if revision not in known_revisions():
        findings.append(Finding("alembic_version", 0, "The revision of the tables was changed."))
        revision = newest_revision()
    assert revision is not None
    findings += _schema(connection, revision)
    if audit.name in inspect(connection).get_table_names():
        findings += chain.replay(connection)
    if noted_head and noted_head not in chain.hashes:
        findings.append(
            Finding("audit", 0, f"The noted head {noted_head[:12]}... is not in the chain: its end was cut off or written anew.")
        )
    standing = set(inspect(connection).get_table_names())
    key = _raw_key(connection) if "study" in standing else b""
    rows = 0
    for table in content_at(revision):
        if table.name not in standing:
            continue
        expected = chain.rows.pop(table.name, {})
        for row in _raw_rows(connection, table.name):
            rows += 1
            findings += _compare(table.name, row, expected.pop(row["id"], None), key)
        findings += [Finding(table.name, number, f"{table.name} row {number} is missing.") for number in sorted(expected)]
    for name in chain.rows:
        findings.append(Finding(name, 0, f"The audit speaks of a table {name!r} that does not exist."))
    return Verification(tuple(findings), chain.length, chain.head, rows)


class _Chain:
    """The audit, read from its beginning: what every row must be by now."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[int, dict[str, Any]]] = {}
        self.hashes: set[str] = set()
        self.length = 0
        self.head = ""

    def replay(self, connection: Connection) -> Iterator[Finding]:
        for row in _raw_rows(connection, "audit"):
            number = row["id"]
            if number != self.length + 1:
                yield Finding("audit", number, f"audit row {self.length + 1} is missing: row {number} follows row {self.length}.")
            elif row["previous_hash"] != self.head:
                yield Finding(
                    "audit", number, f"audit row {number} does not follow row {number - 1}: one of the two was changed or inserted."
                )
            if audit_hash([_plain(row[name]) for name in AUDIT_FIELDS]) != row["hash"]:
                yield Finding("audit", number, f"audit row {number} was changed: its hash does not fit.")
            self.length, self.head = number, row["hash"]
            self.hashes.add(row["hash"])
            yield from self._apply(row)

    def _apply(self, row: dict[str, Any]) -> Iterator[Finding]:
        try:
            before, after = (None if row[part] is None else json.loads(row[part]) for part in ("before", "after"))
            rows = self.rows.setdefault(row["table_name"], {})
            known = rows.setdefault(row["row_id"], {})
            if before is not None and any(known.get(name) != value for name, value in before.items()):
                yield Finding("audit", row["id"], f"audit row {row['id']} begins from other values than the rows before it left.")
            known.update(after or {})
        except (ValueError, TypeError, AttributeError):
            yield Finding("audit", row["id"], f"audit row {row['id']} cannot be read.")


def _compare(table: str, row: dict[str, Any], expected: dict[str, Any] | None, key: bytes) -> Iterator[Finding]:
    number = row["id"]
    if expected is None:
        yield Finding(table, number, f"{table} row {number} was inserted: the audit does not know it.")
        return
    told = described(table, row, key)
    changed = sorted(
        name
        for name in told.keys() | expected.keys()
        if told.get(name) != expected.get(name) or type(told.get(name)) is not type(expected.get(name))
    )
    if changed:
        yield Finding(table, number, f"{table} row {number} was changed: {', '.join(changed)} is not what the audit says.")
    if table == "region_versions" and not changed and not _is_whole(row):
        yield Finding(table, number, f"{table} row {number}: the drawing does not fit its checksum.")


def _is_whole(row: dict[str, Any]) -> bool:
    try:
        pixels = zlib.decompress(row["pixels"])
    except (zlib.error, TypeError):
        return False
    return bool(hashlib.sha256(pixels).hexdigest() == row["checksum"] and len(pixels) == row["rows"] * row["columns"])


def _schema(connection: Connection, revision: str) -> Iterator[Finding]:
    if connection.dialect.name == "sqlite":
        for (words,) in connection.exec_driver_sql("PRAGMA integrity_check"):
            if words != "ok":
                yield Finding("file", 0, f"The file is damaged: {words}.")
    for name in triggers.missing(connection, revision):
        yield Finding("schema", 0, f"The rule {name} was taken away or changed.")
    if connection.dialect.name == "sqlite":
        yield from _sqlite_schema(connection, revision)
    standing = set(inspect(connection).get_table_names())
    wanted = {table.name for table in (*content_at(revision), audit)}
    if connection.dialect.name != "sqlite":
        for name in sorted(standing - wanted - {"alembic_version"}):
            yield Finding(name, 0, f"There is a table {name!r} that the program did not make.")
    for name in sorted(wanted - standing):
        yield Finding(name, 0, f"The table {name!r} is missing.")


_DEFINITIONS = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"


@cache
def _definitions_of_a_new_study(revision: str) -> dict[str, str]:
    engine = open_engine(url_of(":memory:"))
    with connected(engine, writing=True) as fresh:
        migrate(fresh, revision)
        made = {row.name: row.sql for row in fresh.exec_driver_sql(_DEFINITIONS)}
    engine.dispose()
    return made


def _sqlite_schema(connection: Connection, revision: str) -> Iterator[Finding]:
    """What the file's tables, indexes and views are, against those of a new study."""
    expected = _definitions_of_a_new_study(revision)
    rules = {rule.name for rule in triggers.rules_at(revision)}
    for row in connection.exec_driver_sql(_DEFINITIONS):
        if row.name not in rules and expected.get(row.name) != row.sql:
            what = "was changed" if row.name in expected else "is none of the program's"
            yield Finding("schema", 0, f"The definition {row.name!r} in the file {what}.")


def _raw_key(connection: Connection) -> bytes:
    value = connection.exec_driver_sql("SELECT pseudonym_key FROM study").scalar()
    return value if isinstance(value, bytes) else b""


def _raw_rows(connection: Connection, table: str) -> Iterator[dict[str, Any]]:
    """Rows as they lie in the database, in the order of their ids, untouched by column types. Nothing is hidden by a conversion."""
    names = ", ".join(f'"{column.name}"' for column in metadata.tables[table].c)
    result = connection.exec_driver_sql(f'SELECT {names} FROM "{table}" ORDER BY id')
    for row in result.mappings():
        yield dict(row)


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value
