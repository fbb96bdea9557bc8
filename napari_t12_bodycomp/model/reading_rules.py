"""Who may do what in double reading: pure functions like those of `model.review`; "" where it is allowed, else the sentence that says why not."""

from __future__ import annotations

from collections.abc import Iterable

from napari_t12_bodycomp.model.double_reading import AskedReading, ReadingKind, ReadingState, Take
from napari_t12_bodycomp.model.review import EXCLUDED, LOCKED, why_not_lead, why_not_work
from napari_t12_bodycomp.model.study import Account, Case, CaseState, Role


def why_not_ask(actor: Account, case: Case, kind: ReadingKind, readings: Iterable[AskedReading]) -> str:
    """Why `actor` may not ask for a reading of `case`; `readings` are those that were asked for before."""
    if sentence := why_not_lead(actor, "ask for a second reading"):
        return sentence
    if case.state is CaseState.EXCLUDED:
        return EXCLUDED
    if case.state is CaseState.APPROVED and kind is ReadingKind.DOUBLE:
        return LOCKED
    if any(reading.kind is kind and reading.state is not ReadingState.WITHDRAWN for reading in readings):
        return "Such a reading of this case was asked for already: withdraw that one first, or choose another case."
    return ""


def why_not_reader(kind: ReadingKind, first_reader_id: int, reader: Account, drawers: frozenset[int] = frozenset()) -> str:
    """Why `reader` may not read a case that is, or will be, first read by `first_reader_id`; `drawers` are all who drew in it."""
    if reader.disabled or not reader.has(Role.ASSESSOR):
        return f"An enabled assessor is wanted, {reader.name!r} is none: choose another account."
    if kind is ReadingKind.DOUBLE and reader.id == first_reader_id:
        return "The second reader must be somebody else than the first: choose another assessor."
    if kind is ReadingKind.DOUBLE and reader.id in drawers:
        return f"{reader.name!r} has drawn in this case already and cannot read it unseen: choose another assessor."
    if kind is ReadingKind.REREAD and reader.id != first_reader_id:
        return f"A case comes back to who read it first, {reader.name!r} did not: choose that account, or ask for a double reading."
    return ""


def why_not_own(account_id: int, readings: Iterable[AskedReading]) -> str:
    """Why the account may not be, or act as, the assessor of a case with these `readings`: it is their second reader."""
    second = any(r.is_undecided and r.reader_id == account_id for r in readings)
    return "The second reader of a case does not make its first drawing too: leave it to its assessor." if second else ""


def why_not_read(actor: Account, case: Case, reading: AskedReading | None, now: str) -> str:
    """Why `actor` may not save their `reading` of `case` at the time `now` (UTC, ISO 8601); None where none was asked of them."""
    if sentence := why_not_work(actor):
        return sentence
    if reading is None:
        return "No reading of this case is asked of you: list yours with t12-bodycomp study readings."
    if not actor.has(Role.ASSESSOR):
        return f"Drawing needs the role assessor, the account {actor.name!r} does not have it: ask a lead."
    if case.state is CaseState.EXCLUDED:
        return EXCLUDED
    if reading.state is ReadingState.WITHDRAWN:
        return "This reading was withdrawn: nothing is to be drawn."
    if reading.state is not ReadingState.WAITING:
        return "Your reading of this case is finished and stays as it is."
    if reading.not_before is None:
        return "Your first reading of this case is not handed in yet: it comes back to you after that."
    if now < reading.not_before:
        return f"This case comes back to you on {reading.not_before[:10]}, not before: wait until the wash-out is over."
    return ""


def why_not_read_level(actor: Account, confirmed_by: str) -> str:
    """Why a reading with a level confirmed by `confirmed_by` is not finished."""
    if confirmed_by == actor.name:
        return ""
    return "You have not confirmed the level of your reading: look at the evidence, confirm it, then save."


def why_not_adjudicate(actor: Account, case: Case, reading: AskedReading | None, take: Take, has_drawing: bool) -> str:
    """Why `actor` may not decide between the two readings of `case`; `reading` None where none waits for that."""
    if sentence := why_not_work(actor):
        return sentence
    if not actor.has(Role.REVIEWER, Role.LEAD):
        return f"Adjudicating needs the role reviewer or lead, the account {actor.name!r} has neither: ask a lead."
    if reading is None:
        return "No two readings of this case wait for a decision between them: there is nothing to adjudicate."
    if actor.id in (reading.first_reader_id, reading.reader_id):
        return "You are one of the two readers of this case: somebody else must adjudicate."
    if case.state is CaseState.EXCLUDED:
        return EXCLUDED
    if case.state is not CaseState.SUBMITTED:
        return f"A submitted case is wanted, this one is {case.state.value}: wait until its assessor submits it."
    if (take is Take.THIRD) != has_drawing:
        return "A third reading is wanted with its drawing, the first or second without one: draw, or take one of the two."
    if take is Take.THIRD and not actor.has(Role.REVIEWER, Role.ASSESSOR):
        return f"Drawing needs the role assessor or reviewer, the account {actor.name!r} has neither: ask a lead."
    return ""


def why_not_withdraw(actor: Account, reading: AskedReading, reason: str) -> str:
    """Why `actor` may not take back that `reading` was asked for."""
    if sentence := why_not_lead(actor, "withdraw a reading"):
        return sentence
    if reading.state not in (ReadingState.WAITING, ReadingState.DRAWN):
        return "A reading that waits is wanted, this one is finished: it stays."
    return "" if reason.strip() else "A reason is wanted for withdrawing a reading, none came: say why."
