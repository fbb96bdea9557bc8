"""The one way in which rows are written: each change goes into the audit, and each audit row is chained to the one before by its hash."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Float, Integer, LargeBinary, Table, func, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from napari_t12_bodycomp.errors import Refused
from napari_t12_bodycomp.store.tables import HIDDEN, audit

Values = Mapping[str, Any]
AUDIT_FIELDS = ("id", "at", "account_id", "action", "table_name", "row_id", "before", "after", "previous_hash")
_BATCH = 2000


def now() -> str:
    """UTC in ISO 8601, to the microsecond."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def canonical_json(value: Any) -> str:
    """`value` as JSON in one spelling: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def normal_row(table: Table, values: Values) -> dict[str, Any]:
    """`values` as the database gives them back: numbers of the column's type, NaN as None, text without NUL."""
    return {name: _normal(table, name, value) for name, value in values.items()}


def _normal(table: Table, name: str, value: Any) -> Any:
    if value is None:
        return None
    kind = table.c[name].type
    if isinstance(kind, Float):
        return float(value) + 0.0 if math.isfinite(value) else None
    if isinstance(kind, Integer):
        return int(value)
    if isinstance(kind, LargeBinary):
        return bytes(value)
    return str(value).replace("\x00", "")


def described(table_name: str, row: Values, key: bytes) -> dict[str, Any]:
    """`row` as the audit tells it: hidden columns as digests, a patient ID under the study's key."""
    return {name: _told(f"{table_name}.{name}", value, key) for name, value in row.items()}


def _told(column: str, value: Any, key: bytes) -> Any:
    if value is None:
        return None
    if column in HIDDEN or isinstance(value, bytes | memoryview):
        content = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode("utf-8", "surrogatepass")
        if column == "cases.patient_id":
            return "hmac:" + hmac.new(key, content, hashlib.sha256).hexdigest()
        return "sha256:" + hashlib.sha256(content).hexdigest()
    return value


def audit_hash(fields: Sequence[Any]) -> str:
    """SHA-256 over the fields `AUDIT_FIELDS` of an audit row, in that order."""
    return hashlib.sha256(canonical_json(list(fields)).encode()).hexdigest()


class Writer:
    """Writes rows within one transaction on behalf of one account; what goes around it, the audit does not know.

    The audit rows are written by `flush`, all at once, before the transaction ends.

    Parameters
    ----------
    who : int or None
        The account; None while there is none yet.
    action : str
        What is being done, such as ``case.approve``.
    """

    def __init__(self, connection: Connection, who: int | None, action: str, key: bytes = b"") -> None:
        self.connection = connection
        self.who = who
        self.action = action
        self.at = now()
        self._key = key
        self._waiting: list[dict[str, Any]] = []
        last = connection.execute(select(audit.c.id, audit.c.hash).order_by(audit.c.id.desc()).limit(1)).first()
        self._last_id: int = last.id if last else 0
        self._last_hash: str = last.hash if last else ""

    def insert(self, table: Table, **values: Any) -> int:
        """Add one row; its id."""
        return self.insert_many(table, [values])[0]

    def insert_many(self, table: Table, rows: Sequence[Values]) -> list[int]:
        """Add rows; their ids, which count on from the last one."""
        first = (self.connection.execute(select(func.max(table.c.id))).scalar() or 0) + 1
        blank = dict.fromkeys(table.c.keys())
        whole = [normal_row(table, blank | dict(row) | {"id": first + k}) for k, row in enumerate(rows)]
        for start in range(0, len(whole), _BATCH):
            part = whole[start : start + _BATCH]
            self._run(insert(table), part)
            self._chain([(table.name, row["id"], None, described(table.name, row, self._key)) for row in part])
        return [row["id"] for row in whole]

    def update(self, table: Table, row_id: int, **changes: Any) -> None:
        """Change one row; nothing happens where nothing changes."""
        old = self.connection.execute(select(table).where(table.c.id == row_id)).mappings().one()
        new = {name: value for name, value in normal_row(table, changes).items() if old[name] != value}
        if not new:
            return
        self._run(update(table).where(table.c.id == row_id).values(**new), None)
        before = described(table.name, {name: old[name] for name in new}, self._key)
        self._chain([(table.name, row_id, before, described(table.name, new, self._key))])

    def _chain(self, changes: Sequence[tuple[str, int, Values | None, Values]]) -> None:
        for table_name, row_id, before, after in changes:
            told = [None if part is None else canonical_json(part) for part in (before, after)]
            fields = (self._last_id + 1, self.at, self.who, self.action, table_name, row_id, *told, self._last_hash)
            self._last_id, self._last_hash = self._last_id + 1, audit_hash(fields)
            self._waiting.append(dict(zip(AUDIT_FIELDS, fields, strict=True)) | {"hash": self._last_hash})
        if len(self._waiting) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Write the audit rows that wait."""
        if self._waiting:
            self._run(insert(audit), self._waiting)
            self._waiting = []

    def _run(self, statement: Any, rows: Sequence[Values] | None) -> None:
        """Execute, with a broken rule of the database as `Refused`."""
        try:
            self.connection.execute(statement, rows) if rows is not None else self.connection.execute(statement)
        except IntegrityError as error:
            raise Refused(refusal(error)) from error


def refusal(error: IntegrityError | OperationalError) -> str:
    """The sentence of the rule that the database held against a change."""
    diagnostic = getattr(error.orig, "diag", None)
    words = str((diagnostic.message_primary if diagnostic is not None else None) or error.orig)
    return words if words.endswith(".") else f"The study's database refuses this ({words}): open the case again and look at it."
