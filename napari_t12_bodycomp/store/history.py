"""The audit as it is read: what happened to a case, and whether anything happened at all."""

from __future__ import annotations

import json

from sqlalchemy import Connection, and_, func, or_, select

from napari_t12_bodycomp.model.study import AuditEntry
from napari_t12_bodycomp.store.tables import CONTENT, accounts, audit, cases, measurements, region_versions


def latest_change(connection: Connection) -> int:
    """Number of the last audit row: as long as it stays the same, nothing has changed."""
    return connection.execute(select(func.max(audit.c.id))).scalar() or 0


def of_case(connection: Connection, case_id: int) -> list[AuditEntry]:
    """Everything that happened to a case, its drawings and the decisions on it, the oldest first."""
    own = [and_(audit.c.table_name == cases.name, audit.c.row_id == case_id)]
    for table in CONTENT:
        if "case_id" in table.c:
            rows = select(table.c.id).where(table.c.case_id == case_id)
            own.append(and_(audit.c.table_name == table.name, audit.c.row_id.in_(rows)))
    versions = select(region_versions.c.id).where(region_versions.c.case_id == case_id)
    measured = select(measurements.c.id).where(measurements.c.version_id.in_(versions))
    own.append(and_(audit.c.table_name == measurements.name, audit.c.row_id.in_(measured)))
    query = (
        select(audit, accounts.c.name)
        .join(accounts, accounts.c.id == audit.c.account_id, isouter=True)
        .where(or_(*own))
        .order_by(audit.c.id)
    )
    return [
        AuditEntry(
            row.id,
            row.at,
            row.name or "",
            row.action,
            row.table_name,
            row.row_id,
            None if row.before is None else json.loads(row.before),
            json.loads(row.after),
        )
        for row in connection.execute(query)
    ]
