"""What a study has measured, case by case, ready to be written as a table."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from napari_t12_bodycomp.model.study import CaseState, Decision
from napari_t12_bodycomp.store import readings
from napari_t12_bodycomp.store.tables import accounts, cases, measurements, region_versions, reviews


@dataclass(frozen=True, slots=True)
class CaseResult:
    """The current drawing of a case with its numbers; `reviewer` and `reviewed_at` are "" unless it is approved."""

    pseudonym: str
    patient_id: str
    state: CaseState
    version: int
    protocol_number: int
    assessor: str
    reviewer: str
    reviewed_at: str
    cells: dict[str, str]
    covariates: dict[str, str]


def results(connection: Connection, states: Iterable[CaseState]) -> list[CaseResult]:
    """Results of the cases in `states` that have a drawing, by pseudonym, without those whose second reading is not there yet."""
    last = (
        select(func.max(reviews.c.id).label("id"))
        .where(reviews.c.decision == Decision.APPROVED.value)
        .group_by(reviews.c.case_id)
        .subquery("last_approval")
    )
    signed = select(reviews.c.version_id, reviews.c.at, accounts.c.name.label("reviewer")).join(
        accounts, accounts.c.id == reviews.c.account_id
    )
    approval = signed.where(reviews.c.id.in_(select(last.c.id))).subquery("approval")
    author = accounts.alias("author")
    version = region_versions
    query = (
        select(
            *(cases.c[name] for name in ("pseudonym", "patient_id", "state", "covariates")),
            *(version.c[name] for name in ("number", "protocol_id")),
            author.c.name.label("author"),
            measurements.c.cells,
            approval.c.reviewer,
            approval.c.at,
        )
        .join(version, version.c.id == cases.c.current_version_id)
        .join(measurements, measurements.c.version_id == version.c.id)
        .join(author, author.c.id == version.c.author_id)
        .join(approval, approval.c.version_id == version.c.id, isouter=True)
        .where(cases.c.state.in_(sorted(states)), cases.c.id.not_in(readings.case_ids(readings.unfinished())))
        .order_by(cases.c.pseudonym)
    )
    return [_result(row) for row in connection.execute(query)]


def _result(row: Any) -> CaseResult:
    state = CaseState(row.state)
    reviewer, at = (row.reviewer, row.at) if state is CaseState.APPROVED else ("", "")
    return CaseResult(
        row.pseudonym,
        row.patient_id or "",
        state,
        row.number,
        row.protocol_id,
        row.author,
        reviewer or "",
        at or "",
        json.loads(row.cells),
        json.loads(row.covariates),
    )
