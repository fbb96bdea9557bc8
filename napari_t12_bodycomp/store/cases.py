"""Cases and where their scans are, the worklist and its counts."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.model.double_reading import ReadingKind
from napari_t12_bodycomp.model.study import Account, Case, CaseState, ExclusionReason, Role, SeriesReference
from napari_t12_bodycomp.model.subject import Subject, ValueSource
from napari_t12_bodycomp.model.worklist import StudyCounts, WorklistPage, WorklistQuery, WorklistRow
from napari_t12_bodycomp.store import readings, studies
from napari_t12_bodycomp.store.ledger import Writer, canonical_json
from napari_t12_bodycomp.store.tables import accounts, cases, region_versions, series


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case to be taken in. Without a pseudonym the subject's patient ID gives one, under the study's key."""

    pseudonym: str
    subject: Subject
    series: SeriesReference
    covariates: dict[str, str] = field(default_factory=dict)


def keyed_pseudonym(key: bytes, patient_id: str) -> str:
    """Twelve letters and digits that only the holder of `key` can make from `patient_id` again (HMAC-SHA256)."""
    digest = hmac.new(key, patient_id.encode(), hashlib.sha256).digest()
    return "T12-" + base64.b32encode(digest)[:12].decode()


def known_pseudonyms(connection: Connection, names: Iterable[str] | None = None) -> set[str]:
    """Which pseudonyms the study has, out of `names` where they are given."""
    query = select(cases.c.pseudonym)
    if names is None:
        return set(connection.execute(query).scalars())
    return {n for n in names if connection.execute(query.where(cases.c.pseudonym == n)).first()}


def known_series(connection: Connection) -> dict[tuple[str, int | None], str]:
    """Pseudonym by series UID and acquisition number, for series that have a UID."""
    joined = select(series, cases.c.pseudonym).join(cases, cases.c.id == series.c.case_id).where(series.c.series_instance_uid != "")
    return {(row.series_instance_uid, row.acquisition_number): row.pseudonym for row in connection.execute(joined)}


def known_paths(connection: Connection) -> dict[str, str]:
    """Pseudonym by path, for scans whose series nobody knows yet."""
    joined = select(series, cases.c.pseudonym).join(cases, cases.c.id == series.c.case_id)
    rows = connection.execute(joined.where(series.c.series_instance_uid == "", series.c.path != ""))
    return {row.path: row.pseudonym for row in rows}


def insert(writer: Writer, new: Sequence[NewCase]) -> list[int]:
    """Take cases in; their ids. A patient ID is stored only where the study keeps them."""
    keep = studies.record(writer.connection).keep_patient_ids
    key = studies.pseudonym_key(writer.connection)
    rows = [_case_values(case, key, keep, writer.at) for case in new]
    ids = writer.insert_many(cases, rows)
    writer.insert_many(series, [_series_values(case.series) | {"case_id": number} for case, number in zip(new, ids, strict=True)])
    return ids


def _case_values(case: NewCase, key: bytes, keep: bool, at: str) -> dict[str, Any]:
    subject = case.subject
    pseudonym = case.pseudonym or (keyed_pseudonym(key, subject.patient_id) if subject.patient_id else "")
    if not pseudonym:
        raise UsageError("A name for the case is wanted, and the scan has no patient ID to make one from: give one with --case-id.")
    return {
        "pseudonym": pseudonym,
        "patient_id": subject.patient_id if keep and subject.patient_id else None,
        "state": CaseState.NEW.value,
        "revision": 1,
        "covariates": canonical_json(case.covariates),
        "exclusion_note": "",
        "updated_at": at,
        **subject_values(subject),
    }


def subject_values(subject: Subject) -> dict[str, Any]:
    """The columns of a case that say who was scanned."""
    return {
        "sex": subject.sex,
        "age_years": subject.age_years,
        "height_m": subject.height_m,
        "height_source": subject.height_source.value,
        "weight_kg": subject.weight_kg,
        "weight_source": subject.weight_source.value,
    }


def _series_values(reference: SeriesReference) -> dict[str, Any]:
    names = ("series_instance_uid", "study_instance_uid", "acquisition_number", "path")
    return {name: getattr(reference, name) for name in names}


def references(connection: Connection) -> dict[int, SeriesReference]:
    """Series reference of every case, by its id."""
    return {
        row.case_id: SeriesReference(row.series_instance_uid, row.study_instance_uid, row.acquisition_number, row.path)
        for row in connection.execute(select(series).order_by(series.c.case_id))
    }


def move_series(writer: Writer, case_id: int, path: str) -> None:
    """Note where the files of a case are now."""
    number = writer.connection.execute(select(series.c.id).where(series.c.case_id == case_id)).scalar_one()
    writer.update(series, number, path=path)


def change(writer: Writer, case: Case, **changes: Any) -> None:
    """Change columns of a case; its revision rises by one."""
    writer.update(cases, case.id, **changes, revision=case.revision + 1, updated_at=writer.at)


def give(writer: Writer, case_id: int, revision: int, assessor_id: int) -> None:
    """Assign the case at `revision` to an assessor: one of many, without reading each of them whole."""
    writer.update(cases, case_id, assessor_id=assessor_id, revision=revision + 1, updated_at=writer.at)


def _whole_cases() -> Select[Any]:
    version = region_versions
    return (
        select(cases, series, version.c.number.label("version_number"), version.c.author_id.label("version_author"))
        .join(series, series.c.case_id == cases.c.id)
        .join(version, version.c.id == cases.c.current_version_id, isouter=True)
    )


def by_id(connection: Connection, case_id: int) -> Case:
    """The case as it is now; UsageError where there is none."""
    row = connection.execute(_whole_cases().where(cases.c.id == case_id)).mappings().first()
    if row is None:
        raise UsageError(f"The number of a case is wanted, there is no case {case_id}.")
    return _case(row)


def by_name(connection: Connection, pseudonym: str) -> Case:
    """The case called `pseudonym`; UsageError where there is none."""
    row = connection.execute(_whole_cases().where(cases.c.pseudonym == pseudonym)).mappings().first()
    if row is None:
        raise UsageError(f"The name of a case is wanted, there is no {pseudonym!r} in this study: list them with t12-bodycomp study list.")
    return _case(row)


def _case(row: RowMapping) -> Case:
    c, s = cases.c, series.c
    subject = Subject(
        "",
        row[c.sex],
        row[c.age_years],
        row[c.height_m],
        ValueSource(row[c.height_source]),
        row[c.weight_kg],
        ValueSource(row[c.weight_source]),
    )
    return Case(
        id=row[c.id],
        pseudonym=row[c.pseudonym],
        state=CaseState(row[c.state]),
        revision=row[c.revision],
        subject=subject,
        series=SeriesReference(row[s.series_instance_uid], row[s.study_instance_uid], row[s.acquisition_number], row[s.path]),
        current_version=row["version_number"],
        current_version_id=row[c.current_version_id],
        current_author=row["version_author"],
        assessor_id=row[c.assessor_id],
        reviewer_id=row[c.reviewer_id],
        exclusion=ExclusionReason(row[c.exclusion]) if row[c.exclusion] else None,
        exclusion_note=row[c.exclusion_note],
        covariates=json.loads(row[c.covariates]),
        updated_at=row[c.updated_at],
    )


# -- worklist ------------------------------------------------------------------------------------------------------------------------------


def page(connection: Connection, query: WorklistQuery) -> WorklistPage:
    """One page of the worklist."""
    assessor, reviewer = aliased(accounts, name="assessor"), aliased(accounts, name="reviewer")
    order = {
        "pseudonym": cases.c.pseudonym,
        "state": cases.c.state,
        "updated_at": cases.c.updated_at,
        "id": cases.c.id,
        "assessor": cases.c.assessor_id,
        "reviewer": cases.c.reviewer_id,
    }[query.sort]
    keys = [order, cases.c.pseudonym] if query.sort != "pseudonym" else [order]
    conditions = _conditions(query)
    total = connection.execute(select(func.count()).select_from(cases).where(*conditions)).scalar_one()
    wanted = (
        select(cases.c.id)
        .where(*conditions)
        .order_by(*((k.desc() if query.descending else k) for k in keys))
        .offset(query.offset)
        .limit(query.limit)
    )
    ids = list(connection.execute(wanted).scalars())
    columns = (cases.c.id, cases.c.pseudonym, cases.c.state, cases.c.exclusion, cases.c.updated_at, region_versions.c.number)
    lines = (
        select(*columns, assessor.c.name.label("assessor"), reviewer.c.name.label("reviewer"))
        .join(assessor, assessor.c.id == cases.c.assessor_id, isouter=True)
        .join(reviewer, reviewer.c.id == cases.c.reviewer_id, isouter=True)
        .join(region_versions, region_versions.c.id == cases.c.current_version_id, isouter=True)
        .where(cases.c.id.in_(ids))
    )
    found = {row.id: row for row in connection.execute(lines)} if ids else {}
    rows = tuple(
        WorklistRow(r.id, r.pseudonym, CaseState(r.state), r.assessor or "", r.reviewer or "", r.number, r.exclusion or "", r.updated_at)
        for r in (found[number] for number in ids)
    )
    return WorklistPage(rows, total, query.offset)


def following(connection: Connection, query: WorklistQuery, pseudonym: str) -> int | None:
    """Id of the first case after `pseudonym`, in the order of names, that the filters of `query` leave; None where there is none."""
    later = select(cases.c.id).where(*_conditions(query), cases.c.pseudonym > pseudonym).order_by(cases.c.pseudonym).limit(1)
    return connection.execute(later).scalar()


def waiting(connection: Connection, query: WorklistQuery, actor: Account, pseudonym: str) -> int | None:
    """Id of the first case after `pseudonym`, among those that `query` leaves, that waits for `actor`; None where none does.

    To be drawn, to be read unseen, to be decided on, or to be adjudicated.
    """
    state = cases.c.state.concat("")  # no index by state: the first in the order of names is found by that order
    has, to_read = readings.exists, readings.waits_for(actor.id)
    ways = [and_(state != CaseState.EXCLUDED, has(readings.due(actor.id)))]
    if actor.has(Role.ASSESSOR):
        own = or_(cases.c.assessor_id.is_(None), cases.c.assessor_id == actor.id)
        unseen = has(and_(to_read, readings.of_kind(ReadingKind.DOUBLE)))
        ways.append(and_(state.in_([CaseState.NEW, CaseState.DRAFTED, CaseState.RETURNED]), own, ~unseen))
    if actor.has(Role.REVIEWER):
        own = or_(cases.c.reviewer_id.is_(None), cases.c.reviewer_id == actor.id)
        theirs = region_versions.c.author_id != actor.id
        ways.append(and_(state == CaseState.SUBMITTED, own, theirs, ~has(readings.undecided()), ~has(to_read)))
    if actor.has(Role.REVIEWER, Role.LEAD):
        ways.append(and_(state == CaseState.SUBMITTED, has(readings.disagreeing(actor.id))))
    later = (
        select(cases.c.id)
        .join(region_versions, region_versions.c.id == cases.c.current_version_id, isouter=True)
        .where(*_conditions(query), cases.c.pseudonym > pseudonym, or_(*ways))
        .order_by(cases.c.pseudonym)
        .limit(1)
    )
    return connection.execute(later).scalar()


def _conditions(query: WorklistQuery) -> list[Any]:
    conditions: list[Any] = []
    if query.states:
        conditions.append(cases.c.state.in_(sorted(query.states)))
    if query.search:
        conditions.append(func.lower(cases.c.pseudonym).contains(query.search.lower(), autoescape=True))
    for column, wanted in ((cases.c.assessor_id, query.assessor_id), (cases.c.reviewer_id, query.reviewer_id)):
        if wanted is not None:
            conditions.append(column.is_(None) if wanted == 0 else column == wanted)
    for condition, account in ((readings.due, query.reading_by), (readings.disagreeing, query.adjudication_by)):
        if account is not None:
            conditions += [cases.c.id.in_(readings.case_ids(condition(account or None))), cases.c.state != CaseState.EXCLUDED.value]
    return conditions


def counts(connection: Connection) -> StudyCounts:
    """How many cases stand in each state, and how many are excluded for each reason."""
    by_state = connection.execute(select(cases.c.state, func.count()).group_by(cases.c.state)).all()
    excluded = select(cases.c.exclusion, func.count()).where(cases.c.state == CaseState.EXCLUDED.value).group_by(cases.c.exclusion)
    by_reason = connection.execute(excluded).all()
    return StudyCounts(
        {CaseState(state): n for state, n in by_state},
        {str(reason): n for reason, n in by_reason},
        *readings.count(connection, readings.due(), readings.later(), readings.disagreeing()),
    )


def ids_in(connection: Connection, states: Iterable[CaseState]) -> list[int]:
    """Ids of the cases in `states`, by pseudonym, without those whose second reading is not there yet."""
    shown = cases.c.id.not_in(readings.case_ids(readings.unfinished()))
    query = select(cases.c.id).where(cases.c.state.in_(sorted(states)), shown).order_by(cases.c.pseudonym)
    return list(connection.execute(query).scalars())
