"""Who may do what with a case: pure functions, one a deed. Each returns "" where it is allowed, else the sentence that says why not.

The store's triggers hold the same rules against whoever goes around the program.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from napari_t12_bodycomp.model.double_reading import AskedReading, ReadingKind, ReadingState
from napari_t12_bodycomp.model.study import Account, Case, CaseState, ExclusionReason, Role

TRANSITIONS: dict[CaseState, frozenset[CaseState]] = {
    CaseState.NEW: frozenset({CaseState.DRAFTED, CaseState.EXCLUDED}),
    CaseState.DRAFTED: frozenset({CaseState.SUBMITTED, CaseState.EXCLUDED}),
    CaseState.SUBMITTED: frozenset({CaseState.APPROVED, CaseState.RETURNED, CaseState.EXCLUDED}),
    CaseState.RETURNED: frozenset({CaseState.SUBMITTED, CaseState.EXCLUDED}),
    CaseState.APPROVED: frozenset({CaseState.RETURNED}),
    CaseState.EXCLUDED: frozenset({CaseState.NEW, CaseState.DRAFTED}),
}
"""Where a case may go from each state. Approved leads back only through a lead who reopens it."""

RETURN_REASONS = (
    "level: another vertebra is T12",
    "level: not the middle of the body",
    "muscle: rib or costal cartilage is in it",
    "muscle: intercostals or diaphragm are in it",
    "muscle: a part is missing",
    "inner wall: cuts into muscle",
    "inner wall: fat of the cavity is missing",
    "skin, breast gland or the table is in the fat",
    "see the comments",
)
"""Reasons for returning a case that the window offers; any other may be typed."""

LOCKED = "The case is approved and locked: ask a lead to reopen it, with a reason."
EXCLUDED = "The case is excluded from the study: ask a lead to take it in again."


def why_not_work(actor: Account) -> str:
    """Why `actor` may do nothing at all."""
    return "" if not actor.disabled else f"The account {actor.name!r} is disabled: ask a lead to enable it."


def why_not_lead(actor: Account, deed: str) -> str:
    """Why `actor` may not do what only a lead does; `deed` continues the sentence 'Only a lead may ...'."""
    return why_not_work(actor) or ("" if actor.has(Role.LEAD) else f"Only a lead may {deed}: ask one.")


def why_not_save(actor: Account, case: Case) -> str:
    """Why `actor` may not save a new version of the drawing of `case`."""
    if sentence := why_not_work(actor):
        return sentence
    if case.state is CaseState.APPROVED:
        return LOCKED
    if case.state is CaseState.EXCLUDED:
        return EXCLUDED
    if case.state is CaseState.SUBMITTED:
        return why_not_correct(actor, case)
    if not actor.has(Role.ASSESSOR):
        return f"Drawing needs the role assessor, the account {actor.name!r} does not have it: ask a lead."
    if case.assessor_id not in (None, actor.id):
        return "The case is assigned to another assessor: take one of yours, or ask a lead to assign it to you."
    return ""


def why_not_submit(actor: Account, case: Case) -> str:
    """Why `actor` may not hand `case` in for review."""
    if sentence := why_not_work(actor):
        return sentence
    if case.state is CaseState.APPROVED:
        return LOCKED
    if case.state is CaseState.EXCLUDED:
        return EXCLUDED
    if case.state is CaseState.SUBMITTED:
        return "The case is submitted already: it waits for its review."
    if not actor.has(Role.ASSESSOR):
        return f"Submitting needs the role assessor, the account {actor.name!r} does not have it: ask a lead."
    if case.current_author is None:
        return "Nothing is drawn yet: draft or draw the regions and save them, then submit."
    if case.current_author != actor.id:
        return "The current version was drawn by somebody else: whoever drew it submits it, or save a version of your own first."
    return ""


def _why_not_review(actor: Account, case: Case, deed: str) -> str:
    if sentence := why_not_work(actor):
        return sentence
    if not actor.has(Role.REVIEWER):
        return f"{deed} needs the role reviewer, the account {actor.name!r} does not have it: ask a lead."
    if case.state is CaseState.APPROVED:
        return LOCKED
    if case.state is not CaseState.SUBMITTED:
        return f"A submitted case is wanted, this one is {case.state.value}: wait until its assessor submits it."
    if case.reviewer_id not in (None, actor.id):
        return "The case is assigned to another reviewer: take one of yours, or ask a lead to assign it to you."
    return ""


def why_not_approve(actor: Account, case: Case, drawers: frozenset[int] = frozenset()) -> str:
    """Why `actor` may not approve the current version of `case`.

    `drawers` are the ids of all who saved this very drawing in the case: it stays one's own where somebody else saved it again.
    """
    if sentence := _why_not_review(actor, case, "Approving"):
        return sentence
    if actor.id in drawers | {case.current_author}:
        return "You drew this version yourself: somebody else must approve it."
    return ""


def why_not_return(actor: Account, case: Case, reason: str) -> str:
    """Why `actor` may not send `case` back with `reason`."""
    if sentence := _why_not_review(actor, case, "Returning"):
        return sentence
    return "" if reason.strip() else "A reason is wanted for returning a case, none came: say what is to be changed."


def why_not_correct(actor: Account, case: Case) -> str:
    """Why `actor` may not save a corrected version of the submitted `case`."""
    return _why_not_review(actor, case, "Correcting a submitted case")


def why_not_reopen(actor: Account, case: Case, reason: str) -> str:
    """Why `actor` may not unlock the approved `case`."""
    if sentence := why_not_lead(actor, "reopen an approved case"):
        return sentence
    if case.state is not CaseState.APPROVED:
        return f"An approved case is wanted, this one is {case.state.value}: there is nothing to reopen."
    return "" if reason.strip() else "A reason is wanted for reopening a case, none came: say why."


def why_not_exclude(actor: Account, case: Case, reason: ExclusionReason, note: str) -> str:
    """Why `actor` may not take `case` out of the study."""
    if sentence := why_not_work(actor):
        return sentence
    if not actor.has(Role.LEAD, Role.ASSESSOR):
        return f"Excluding a case needs the role lead or assessor, the account {actor.name!r} has neither: ask a lead."
    if case.state is CaseState.APPROVED:
        return LOCKED
    if case.state is CaseState.EXCLUDED:
        return "The case is excluded already."
    if reason is ExclusionReason.OTHER and not note.strip():
        return "A note is wanted with the reason 'other', none came: say why the case is excluded."
    return ""


def why_not_include(actor: Account, case: Case) -> str:
    """Why `actor` may not take the excluded `case` in again."""
    if sentence := why_not_lead(actor, "take an excluded case in again"):
        return sentence
    return "" if case.state is CaseState.EXCLUDED else f"An excluded case is wanted, this one is {case.state.value}."


def why_stale(case: Case, version_id: int, revision: int) -> str:
    """Why a decision on version `version_id` at `revision` is about something that is no longer there."""
    if case.current_version_id == version_id and case.revision == revision:
        return ""
    return "The case has changed since you opened it: open it again and look at the current version before you decide."


def why_not_confirmed_by(actor: Account, confirmed_by: str, base_confirmed_by: str) -> str:
    """Why a level that is said to be confirmed by `confirmed_by` may not be saved by `actor`: one confirms for oneself, or keeps the base's."""
    if confirmed_by in ("", actor.name, base_confirmed_by):
        return ""
    return f"The level is said to be confirmed by {confirmed_by!r}, you are {actor.name!r}: look at the level and confirm it yourself."


def why_not_assign(actor: Account, case: Case, people: Mapping[str, int | None]) -> str:
    """Why `actor` may not assign `case`; `people` has the new `assessor_id` and `reviewer_id`, as far as they change."""
    if sentence := why_not_work(actor):
        return sentence
    if case.state is CaseState.APPROVED:
        return LOCKED
    if actor.has(Role.LEAD):
        return ""
    free = {"assessor_id": case.assessor_id, "reviewer_id": case.reviewer_id}
    if all(person == actor.id and free[column] in (None, actor.id) for column, person in people.items()):
        return ""
    return "Only a lead may assign cases to others or take them from somebody: take a free one, or ask a lead."


def why_not_numbers(actor: Account, case: Case, blind: bool) -> str:
    """Why `actor` may not see the numbers of `case` yet: in a blinded review, who is to decide on a drawing sees them afterwards."""
    if sentence := why_not_work(actor):
        return sentence
    if blind and case.state is CaseState.SUBMITTED and actor.has(Role.REVIEWER) and case.current_author != actor.id:
        return "The review is blinded: the numbers are shown once you have decided."
    return ""


# -- what is seen --------------------------------------------------------------------------------------------------------------------------


def why_not_look(actor: Account) -> str:
    """Why `actor` may look into no case: a rater scores radiographs, blinded to everything else."""
    if sentence := why_not_work(actor):
        return sentence
    if actor.has(Role.LEAD, Role.ASSESSOR, Role.REVIEWER):
        return ""
    return "A rater scores radiographs and sees the names of the cases alone: ask a lead for another role."


def why_not_see(actor: Account, readings: Iterable[AskedReading]) -> str:
    """Why `actor` may not see what was drawn, measured, decided and said in a case with these `readings`."""
    return why_not_look(actor) or why_blind(actor, readings)


def why_blind(actor: Account, readings: Iterable[AskedReading]) -> str:
    """Why what others made of a case with these `readings` is hidden from `actor`: who is to read it sees it afterwards.

    A case that comes back to its assessor is hidden from them from the moment they hand it in, until it is returned.
    """
    for reading in readings:
        if reading.reader_id != actor.id or reading.state is not ReadingState.WAITING:
            continue
        if reading.kind is ReadingKind.DOUBLE:
            return "You are to read this case without seeing what others made of it: that is shown once your reading is saved."
        if reading.not_before is not None:
            return "You are to read this case again without seeing your first reading: that is shown once your second one is saved."
    return ""


HIDDEN_READING = "The second reading is shown once the first one is submitted."


def hidden_readings(actor: Account, readings: Iterable[AskedReading]) -> tuple[AskedReading, ...]:
    """The readings that `actor` may not see yet: an assessor sees a second reading once the first one is submitted."""
    return tuple(r for r in readings if r.state is ReadingState.DRAWN and r.reader_id != actor.id and actor.has(Role.ASSESSOR))


def may_know_of(actor: Account, readings: Iterable[AskedReading]) -> bool:
    """Whether `actor` may know that `readings` of a case were asked for: who draws with a second reader in mind draws otherwise."""
    is_open = any(reading.state in (ReadingState.WAITING, ReadingState.DRAWN) for reading in readings)
    return not is_open or actor.has(Role.LEAD) or not actor.has(Role.ASSESSOR)


def why_undecided(readings: Iterable[AskedReading]) -> str:
    """Why nobody may approve, return or correct a case with these `readings` yet."""
    open_ones = [reading for reading in readings if reading.is_undecided]
    if any(reading.needs_adjudication for reading in open_ones):
        return "The two readings of this case disagree: it waits until somebody adjudicates."
    return "The case waits for its second reading: decide on it after that." if open_ones else ""
