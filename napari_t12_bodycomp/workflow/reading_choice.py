"""Which cases are read twice, and by whom: drawn at random by a recorded seed, the work shared evenly."""

from __future__ import annotations

import math
import random
import secrets
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from napari_t12_bodycomp.errors import Refused
from napari_t12_bodycomp.model import reading_rules as rules
from napari_t12_bodycomp.model.double_reading import AskedReading, Limits, ReadingChoice, ReadingKind, ReadingPlan
from napari_t12_bodycomp.model.review import why_not_lead
from napari_t12_bodycomp.model.study import CaseState, Role
from napari_t12_bodycomp.store import accounts, cases, readings, versions
from napari_t12_bodycomp.workflow.comparing import days_after
from napari_t12_bodycomp.workflow.study import Desk, acting, refuse

_HANDED_IN = (CaseState.SUBMITTED.value, CaseState.APPROVED.value)


def choose_readings(desk: Desk, choice: ReadingChoice) -> tuple[ReadingPlan, list[AskedReading]]:
    """A lead chooses shares of the cases at random, for a second assessor and to come back to the same one; the plan and the new readings.

    The shares are of all cases that are not excluded; what was asked for before counts, so that the same call again only fills up for cases
    that came in later. A case without an assessor gets one. Nobody reads a second time what they drew or are to review, where others can.
    """
    with desk.store.writing(desk.account_id, "reading.choose") as writer:
        actor = acting(writer, desk)
        refuse(why_not_lead(actor, "choose cases for a second reading"))
        seed = secrets.randbelow(2**31) if choice.seed is None else choice.seed
        found = readings.candidates(writer.connection)
        people = [a.id for a in accounts.everybody(writer.connection) if a.has(Role.ASSESSOR) and not a.disabled]
        if len(people) < (2 if choice.double_percent else 1):
            raise Refused("Two enabled assessors are wanted for double reading, and one for a re-read: add accounts first.")
        plan_id = readings.add_plan(writer, choice, seed, len(found), actor.id)
        deal = _Deal(random.Random(seed), people, Counter(readings.load(writer.connection)), choice.washout_days, writer.at)
        standing = readings.standing(writer.connection)
        rows: list[dict[str, Any]] = []
        for kind, percent in ((ReadingKind.DOUBLE, choice.double_percent), (ReadingKind.REREAD, choice.reread_percent)):
            have = sum(kind in standing.get(row.id, ()) for row in found)
            eligible = [row for row in found if kind not in standing.get(row.id, ()) and deal.is_eligible(kind, row)]
            wanted = math.ceil(percent / 100 * len(found) - 1e-9) - have
            for row in deal.rng.sample(eligible, min(max(wanted, 0), len(eligible))):
                rows.append({"plan_id": plan_id, **deal.reading(kind, row)})
        revisions = {row.id: row.revision for row in found}
        for case_id, assessor in deal.newly_assigned.items():
            cases.give(writer, case_id, revisions[case_id], assessor)
        readings.insert(writer, actor.id, rows)
        return readings.plan(writer.connection, plan_id), readings.of_plan(writer.connection, plan_id)


@dataclass(slots=True)
class _Deal:
    """Deals cases out to readers: whoever has the fewest gets the next one, chance decides between equals."""

    rng: random.Random
    people: list[int]
    readings: Counter[int]
    washout_days: int
    at: str
    firsts: Counter[int] = field(default_factory=Counter)
    newly_assigned: dict[int, int] = field(default_factory=dict)

    def is_eligible(self, kind: ReadingKind, row: Any) -> bool:
        """Whether a reading of this kind can be asked of the case."""
        if kind is ReadingKind.DOUBLE:
            return row.state != CaseState.APPROVED.value and bool(self._seconds(row, self._first(row)))
        reader = self._first(row)
        return reader is None or reader in self.people

    def reading(self, kind: ReadingKind, row: Any) -> dict[str, Any]:
        """The columns of the reading that is asked for."""
        first = self._first(row)
        if first is None:
            first = self._next(self.people, self.firsts)
            self.newly_assigned[row.id] = first
        second = first if kind is ReadingKind.REREAD else self._next(self._seconds(row, first), self.readings)
        return _columns(kind, row.id, first, second, row, self.washout_days, self.at)

    def _first(self, row: Any) -> int | None:
        """Who reads the case first: who handed it in, else its assessor, else who has begun it; None where it is nobody's."""
        if row.state in _HANDED_IN:
            return int(row.author_id)
        first = row.assessor_id or row.author_id or self.newly_assigned.get(row.id)
        return None if first is None else int(first)

    def _seconds(self, row: Any, first: int | None) -> list[int]:
        """Who can be the second reader: nobody who drew the case, and its reviewer only where there is nobody else."""
        others = [p for p in self.people if p not in (first, row.author_id)]
        return [p for p in others if p != row.reviewer_id] or others

    def _next(self, people: Iterable[int], load: Counter[int]) -> int:
        chosen = min(people, key=lambda person: (load[person], self.rng.random()))
        load[chosen] += 1
        return chosen


def _columns(kind: ReadingKind, case_id: int, first: int, second: int, row: Any, washout_days: int, at: str) -> dict[str, Any]:
    handed_in = row.state in _HANDED_IN
    comes_back = days_after(row.created_at, washout_days) if handed_in else None
    return {
        "case_id": case_id,
        "kind": kind.value,
        "first_reader_id": first,
        "reader_id": second,
        "first_version_id": row.current_version_id if handed_in else None,
        "not_before": comes_back if kind is ReadingKind.REREAD else at,
    }


def ask_reading(
    desk: Desk, case_id: int, kind: ReadingKind, reader: str, limits: Limits | None = None, washout_days: int = 30
) -> AskedReading:
    """A lead asks for the reading of one case by `reader`; the study's last limits hold unless others are given."""
    with desk.store.writing(desk.account_id, "reading.ask") as writer:
        actor, case = acting(writer, desk), cases.by_id(writer.connection, case_id)
        refuse(rules.why_not_ask(actor, case, kind, readings.of_case(writer.connection, case_id)))
        person = accounts.by_name(writer.connection, reader)
        (row,) = (row for row in readings.candidates(writer.connection) if row.id == case_id)
        first = row.author_id if row.state in _HANDED_IN else row.assessor_id or row.author_id
        if first is None:
            raise Refused("A case with an assessor is wanted, this one has none: assign it first.")
        drawers = frozenset(version.author_id for version in versions.of_case(writer.connection, case_id))
        refuse(rules.why_not_reader(kind, first, person, drawers))
        if limits is None:
            limits = next((plan.choice.limits for plan in reversed(readings.plans(writer.connection))), Limits())
        plan_id = readings.add_plan(writer, ReadingChoice(0.0, 0.0, washout_days, limits), 0, 1, actor.id)
        columns = _columns(kind, case_id, first, person.id, row, washout_days, writer.at)
        (number,) = readings.insert(writer, actor.id, [{"plan_id": plan_id, **columns}])
        return readings.by_id(writer.connection, number)
