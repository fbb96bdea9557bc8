"""Readings that were asked for, what came of them, and who decided between two."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, case, func, or_, select

from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.model.double_reading import (
    UNDECIDED,
    Adjudication,
    AskedReading,
    Difference,
    Limits,
    ReadingChoice,
    ReadingKind,
    ReadingPlan,
    ReadingState,
    Take,
)
from napari_t12_bodycomp.model.study import CaseState
from napari_t12_bodycomp.store import ledger
from napari_t12_bodycomp.store.ledger import Writer, canonical_json
from napari_t12_bodycomp.store.tables import accounts, adjudications, cases, reading_plans, readings, region_versions

_LIMITS = ("area_percent", "area_floor_cm2", "dice", "level_mm")


def add_plan(writer: Writer, choice: ReadingChoice, seed: int, n_cases: int, account_id: int) -> int:
    """Note how readings were chosen; the plan's id."""
    return writer.insert(
        reading_plans,
        double_percent=choice.double_percent,
        reread_percent=choice.reread_percent,
        washout_days=choice.washout_days,
        **{name: getattr(choice.limits, name) for name in _LIMITS},
        seed=seed,
        n_cases=n_cases,
        account_id=account_id,
        at=writer.at,
    )


def _plan(row: Row[Any]) -> ReadingPlan:
    limits = Limits(*(getattr(row, name) for name in _LIMITS))
    choice = ReadingChoice(row.double_percent, row.reread_percent, row.washout_days, limits, row.seed)
    return ReadingPlan(row.id, choice, row.n_cases, row.name, row.at)


def plans(connection: Connection) -> list[ReadingPlan]:
    """All plans, the oldest first."""
    query = select(reading_plans, accounts.c.name).join(accounts, accounts.c.id == reading_plans.c.account_id)
    return [_plan(row) for row in connection.execute(query.order_by(reading_plans.c.id))]


def plan(connection: Connection, plan_id: int) -> ReadingPlan:
    """The plan with the number `plan_id`."""
    query = select(reading_plans, accounts.c.name).join(accounts, accounts.c.id == reading_plans.c.account_id)
    return _plan(connection.execute(query.where(reading_plans.c.id == plan_id)).one())


def insert(writer: Writer, asked_by: int, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Ask for readings; their ids. Each row names case_id, plan_id, kind, first_reader_id, reader_id, not_before and first_version_id."""
    common = {"state": ReadingState.WAITING.value, "asked_by": asked_by, "asked_at": writer.at, "differences": "[]", "note": ""}
    return writer.insert_many(readings, [common | dict(row) for row in rows])


def case_states(connection: Connection) -> dict[int, tuple[str, CaseState]]:
    """Name and state of the cases that have readings, by id."""
    query = select(cases.c.id, cases.c.pseudonym, cases.c.state).where(cases.c.id.in_(select(readings.c.case_id)))
    return {number: (name, CaseState(state)) for number, name, state in connection.execute(query)}


def change(writer: Writer, reading: AskedReading, **changes: Any) -> None:
    """Change columns of a reading."""
    writer.update(readings, reading.id, **changes)


def differences_text(differences: Sequence[Difference]) -> str:
    """The differences as they are stored."""
    return canonical_json([[d.quantity, d.value, d.is_beyond] for d in differences])


def _reading(row: Row[Any]) -> AskedReading:
    return AskedReading(
        row.id,
        row.case_id,
        row.plan_id,
        ReadingKind(row.kind),
        ReadingState(row.state),
        row.first_reader_id,
        row.reader_id,
        row.asked_at,
        row.not_before,
        row.first_version_id,
        row.version_id,
        row.finished_at,
        tuple(Difference(*parts) for parts in json.loads(row.differences)),
    )


def by_id(connection: Connection, reading_id: int) -> AskedReading:
    """The reading with the number `reading_id`; UsageError where there is none."""
    row = connection.execute(select(readings).where(readings.c.id == reading_id)).first()
    if row is None:
        raise UsageError(
            f"The number of a reading is wanted, there is no reading {reading_id}: list them with t12-bodycomp study readings."
        )
    return _reading(row)


def of_case(connection: Connection, case_id: int) -> list[AskedReading]:
    """All readings of a case, the oldest first; withdrawn ones too."""
    return [_reading(row) for row in connection.execute(select(readings).where(readings.c.case_id == case_id).order_by(readings.c.id))]


def of_plan(connection: Connection, plan_id: int) -> list[AskedReading]:
    """The readings that a plan chose, in the order in which it did."""
    return [_reading(row) for row in connection.execute(select(readings).where(readings.c.plan_id == plan_id).order_by(readings.c.id))]


def everything(connection: Connection) -> list[AskedReading]:
    """All readings of the study, in the order in which they were asked for."""
    return [_reading(row) for row in connection.execute(select(readings).order_by(readings.c.id))]


def standing(connection: Connection) -> dict[int, set[ReadingKind]]:
    """Which kinds of reading each case has, withdrawn ones aside; cases without any are left out."""
    found: dict[int, set[ReadingKind]] = {}
    query = select(readings.c.case_id, readings.c.kind).where(readings.c.state != ReadingState.WITHDRAWN.value)
    for case_id, kind in connection.execute(query):
        found.setdefault(case_id, set()).add(ReadingKind(kind))
    return found


def candidates(connection: Connection) -> list[Row[Any]]:
    """Cases that are not excluded, in the order of their ids: id, state, revision, people, current version with its author and time."""
    version = region_versions
    columns = (cases.c.id, cases.c.state, cases.c.revision, cases.c.assessor_id, cases.c.reviewer_id, cases.c.current_version_id)
    query = (
        select(*columns, version.c.author_id, version.c.created_at)
        .join(version, version.c.id == cases.c.current_version_id, isouter=True)
        .where(cases.c.state != CaseState.EXCLUDED.value)
        .order_by(cases.c.id)
    )
    return list(connection.execute(query))


def load(connection: Connection) -> dict[int, int]:
    """How many readings wait for, or were drawn by, each account."""
    query = (
        select(readings.c.reader_id, func.count()).where(readings.c.state != ReadingState.WITHDRAWN.value).group_by(readings.c.reader_id)
    )
    return {account: n for account, n in connection.execute(query)}  # noqa: C416


def adjudicate(writer: Writer, reading: AskedReading, account_id: int, take: Take, reason: str, version_id: int) -> int:
    """Note which drawing was taken; `version_id` is the one that counts."""
    values = {"reading_id": reading.id, "case_id": reading.case_id, "account_id": account_id, "take": take.value}
    return writer.insert(adjudications, **values, reason=reason, version_id=version_id, at=writer.at)


def adjudications_by_reading(connection: Connection) -> dict[int, Adjudication]:
    """All adjudications, by the reading that they are about."""
    query = (
        select(adjudications, accounts.c.name, region_versions.c.number)
        .join(accounts, accounts.c.id == adjudications.c.account_id)
        .join(region_versions, region_versions.c.id == adjudications.c.version_id)
    )
    return {r.reading_id: Adjudication(r.reading_id, r.name, Take(r.take), r.reason, r.number, r.at) for r in connection.execute(query)}


# -- what waits ----------------------------------------------------------------------------------------------------------------------------


def due(account_id: int | None = None) -> Any:
    """SQL condition: the reading may be drawn now, by `account_id` or whomever."""
    whose = [] if account_id is None else [readings.c.reader_id == account_id]
    return and_(readings.c.state == ReadingState.WAITING.value, *whose, readings.c.not_before <= ledger.now())


def later(account_id: int | None = None) -> Any:
    """SQL condition: the reading waits for its first one, or for the end of its wash-out."""
    whose = [] if account_id is None else [readings.c.reader_id == account_id]
    not_yet = or_(readings.c.not_before.is_(None), readings.c.not_before > ledger.now())
    return and_(readings.c.state == ReadingState.WAITING.value, *whose, not_yet)


def disagreeing(account_id: int | None = None) -> Any:
    """SQL condition: the reading waits for its adjudication, by `account_id` (who is none of its readers) or whomever."""
    others = [] if account_id is None else [readings.c.reader_id != account_id, readings.c.first_reader_id != account_id]
    return and_(readings.c.state == ReadingState.DISAGREES.value, readings.c.kind == ReadingKind.DOUBLE.value, *others)


def undecided() -> Any:
    """SQL condition: nobody decides on the reading's case yet."""
    return and_(readings.c.kind == ReadingKind.DOUBLE.value, readings.c.state.in_(sorted(UNDECIDED)))


def unfinished() -> Any:
    """SQL condition: one of the two readings is not there yet, and whoever draws it must not see the other."""
    states = [ReadingState.WAITING.value, ReadingState.DRAWN.value]
    return and_(readings.c.kind == ReadingKind.DOUBLE.value, readings.c.state.in_(states))


def waits_for(account_id: int) -> Any:
    """SQL condition: the reading is asked of `account_id` and not drawn."""
    return and_(readings.c.state == ReadingState.WAITING.value, readings.c.reader_id == account_id)


def hidden_from(account_id: int) -> Any:
    """SQL condition: what was made of the reading's case is hidden from `account_id`, who is to read it; as in `model.review.why_blind`."""
    handed_in = or_(readings.c.kind == ReadingKind.DOUBLE.value, readings.c.not_before.is_not(None))
    return and_(waits_for(account_id), handed_in)


def of_kind(kind: ReadingKind) -> Any:
    """SQL condition: the reading is of this kind."""
    return readings.c.kind == kind.value


def hidden_cases(connection: Connection, account_id: int) -> frozenset[int]:
    """Ids of the cases that the account is to read apart from others."""
    return frozenset(connection.execute(case_ids(hidden_from(account_id))).scalars())


def case_ids(condition: Any) -> Any:
    """SQL: ids of the cases, excluded ones too, with a reading that fits `condition`."""
    return select(readings.c.case_id).where(condition)


def exists(condition: Any) -> Any:
    """SQL condition on a case: it has a reading that fits `condition`."""
    return select(readings.c.id).where(readings.c.case_id == cases.c.id, condition).exists()


def count(connection: Connection, *conditions: Any) -> list[int]:
    """How many undecided readings fit each of `conditions`, on cases that are not excluded."""
    excluded = select(cases.c.id).where(cases.c.state == CaseState.EXCLUDED.value)
    query = select(*(func.count(case((condition, 1))) for condition in conditions))
    return list(connection.execute(query.where(readings.c.state.in_(sorted(UNDECIDED)), readings.c.case_id.not_in(excluded))).one())


def n_unfinished(connection: Connection, states: Iterable[CaseState]) -> int:
    """How many cases in `states` wait for one of their two readings."""
    query = select(func.count()).select_from(readings).join(cases, cases.c.id == readings.c.case_id)
    return connection.execute(query.where(unfinished(), cases.c.state.in_(sorted(states)))).scalar_one()
