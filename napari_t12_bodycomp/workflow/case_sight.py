"""A case as the person at the desk may see it: who is to read it blinded sees nothing of it, who draws it no second reading before submitting.

`workflow.case_view` reads for the program itself; whatever is shown to a person goes through here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from napari_t12_bodycomp.errors import Refused
from napari_t12_bodycomp.model import review as rules
from napari_t12_bodycomp.model.double_reading import AskedReading
from napari_t12_bodycomp.model.study import Account, AuditEntry, Case, Comment, Review, StoredRegions, Version
from napari_t12_bodycomp.store import accounts, cases, history, readings, versions
from napari_t12_bodycomp.workflow.study import Desk, refuse


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody may see of a case.

    Parameters
    ----------
    why_nothing : str
        Why nothing at all; "" where something.
    hidden_versions : frozenset of int
        Ids of the versions that they may not see yet.
    hidden_people : frozenset of int
        Ids of the accounts who drew those: what these did in the case is hidden with it.
    knows_of_readings : bool
        Whether they may know that the case is read twice.
    """

    actor: Account
    case: Case
    why_nothing: str
    hidden_versions: frozenset[int]
    hidden_people: frozenset[int]
    knows_of_readings: bool


def sight(connection: Any, actor: Account, case: Case, asked: list[AskedReading] | None = None) -> Sight:
    """What `actor` may see of `case` now; `asked` are its readings, where they were read already."""
    asked = readings.of_case(connection, case.id) if asked is None else asked
    hidden = rules.hidden_readings(actor, asked)
    return Sight(
        actor,
        case,
        rules.why_not_see(actor, asked),
        frozenset(reading.version_id for reading in hidden if reading.version_id is not None),
        frozenset(reading.reader_id for reading in hidden),
        rules.may_know_of(actor, asked),
    )


@contextmanager
def _looking(desk: Desk, case_id: int) -> Iterator[tuple[Any, Sight]]:
    """The connection and what the person at the desk may see; Refused where it is nothing."""
    with desk.store.reading() as connection:
        seen = sight(connection, accounts.by_id(connection, desk.account_id), cases.by_id(connection, case_id))
        refuse(seen.why_nothing)
        yield connection, seen


def _version(connection: Any, seen: Sight, number: int) -> Version:
    version = versions.one(connection, seen.case.id, number)
    if version.id in seen.hidden_versions:
        raise Refused(rules.HIDDEN_READING)
    return version


def seen_versions(desk: Desk, case_id: int) -> list[Version]:
    """The versions of a case, the oldest first. Refused to who is to read it blinded, as all of these are."""
    with _looking(desk, case_id) as (connection, seen):
        return [v for v in versions.of_case(connection, case_id) if v.id not in seen.hidden_versions]


def seen_regions(desk: Desk, case_id: int, version: int) -> StoredRegions:
    """The drawing of a version."""
    with _looking(desk, case_id) as (connection, seen):
        return versions.regions_of(connection, _version(connection, seen, version))


def seen_reviews(desk: Desk, case_id: int) -> list[Review]:
    """All decisions on a case, the oldest first."""
    with _looking(desk, case_id) as (connection, _):
        return versions.reviews_of(connection, case_id)


def seen_comments(desk: Desk, case_id: int) -> list[Comment]:
    """The remarks on a case, the oldest first."""
    with _looking(desk, case_id) as (connection, seen):
        hidden = {v.number for v in versions.of_case(connection, case_id) if v.id in seen.hidden_versions}
        return [comment for comment in versions.comments_of(connection, case_id) if comment.version not in hidden]


def seen_history(desk: Desk, case_id: int) -> list[AuditEntry]:
    """What happened to a case, the oldest first; for who may not know of a second reading, nothing of it stands there."""
    with _looking(desk, case_id) as (connection, seen):
        entries = history.of_case(connection, case_id)
        if seen.knows_of_readings:
            return entries
        names = _names(connection, seen)
        return [e for e in entries if e.account not in names and e.table != "readings" and not e.action.startswith("reading.")]


def _names(connection: Any, seen: Sight) -> set[str]:
    return {accounts.by_id(connection, number).name for number in seen.hidden_people}
