"""The rules alone: who may do what with a case in which state, and the states' ways."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from napari_t12_bodycomp.model import review
from napari_t12_bodycomp.model.activity import active_seconds
from napari_t12_bodycomp.model.study import Account, Case, CaseState, ExclusionReason, Role, SeriesReference
from napari_t12_bodycomp.model.subject import Subject

EVERYTHING = frozenset(Role)


def case(state: CaseState, author: int | None = 2, **facts: int) -> Case:
    return Case(1, "P-1", state, 3, Subject(), SeriesReference("1.2.3"), 1, 7, author, **facts)


def account(*roles: Role, number: int = 1, disabled: bool = False) -> Account:
    return Account(number, "ann", frozenset(roles), disabled)


RULES: dict[str, tuple[Callable[[Account, Case], str], set[Role], set[CaseState]]] = {
    "save": (
        review.why_not_save,
        {Role.ASSESSOR},
        {CaseState.NEW, CaseState.DRAFTED, CaseState.RETURNED},
    ),
    "approve": (review.why_not_approve, {Role.REVIEWER}, {CaseState.SUBMITTED}),
    "correct": (review.why_not_correct, {Role.REVIEWER}, {CaseState.SUBMITTED}),
    "return": (lambda a, c: review.why_not_return(a, c, "why"), {Role.REVIEWER}, {CaseState.SUBMITTED}),
    "reopen": (lambda a, c: review.why_not_reopen(a, c, "why"), {Role.LEAD}, {CaseState.APPROVED}),
    "include": (review.why_not_include, {Role.LEAD}, {CaseState.EXCLUDED}),
    "exclude": (
        lambda a, c: review.why_not_exclude(a, c, ExclusionReason.ARTEFACTS, ""),
        {Role.LEAD, Role.ASSESSOR},
        set(CaseState) - {CaseState.APPROVED, CaseState.EXCLUDED},
    ),
}
"""By deed: the rule, the roles of which one is needed, and the states in which it is done."""


@pytest.mark.parametrize("deed", RULES)
@pytest.mark.parametrize("state", CaseState)
@pytest.mark.parametrize("role", Role)
def test_a_deed_is_allowed_to_its_roles_in_its_states_alone(deed: str, state: CaseState, role: Role) -> None:
    rule, roles, states = RULES[deed]
    sentence = rule(account(role), case(state))
    if deed == "save" and state is CaseState.SUBMITTED:
        assert (sentence == "") == (role is Role.REVIEWER)  # a correction
    else:
        assert (sentence == "") == (role in roles and state in states)
    assert sentence == "" or sentence.endswith((".", ":"))


@pytest.mark.parametrize("deed", RULES)
def test_a_disabled_account_does_nothing(deed: str) -> None:
    rule, _, states = RULES[deed]
    assert "is disabled" in rule(account(*EVERYTHING, disabled=True), case(sorted(states)[0]))


def test_nobody_with_whatever_roles_approves_what_they_drew() -> None:
    assert "somebody else" in review.why_not_approve(account(*EVERYTHING), case(CaseState.SUBMITTED, author=1))


def test_a_case_of_somebody_else_is_left_alone() -> None:
    assert "another assessor" in review.why_not_save(account(Role.ASSESSOR), case(CaseState.NEW, assessor_id=9))
    assert "another reviewer" in review.why_not_approve(account(Role.REVIEWER), case(CaseState.SUBMITTED, reviewer_id=9))


def test_only_its_author_submits_a_version() -> None:
    assert review.why_not_submit(account(Role.ASSESSOR), case(CaseState.DRAFTED, author=1)) == ""
    assert "somebody else" in review.why_not_submit(account(Role.ASSESSOR), case(CaseState.DRAFTED, author=2))


def test_an_approved_case_leaves_its_state_through_the_return_alone() -> None:
    assert review.TRANSITIONS[CaseState.APPROVED] == {CaseState.RETURNED}
    assert [s for s in CaseState if CaseState.APPROVED in review.TRANSITIONS[s]] == [CaseState.SUBMITTED]


def test_idle_time_does_not_count() -> None:
    assert active_seconds([0, 10, 40, 200, 230]) == 70
    assert active_seconds([230, 0, 40, 10, 200], idle_after_s=30) == 70
    assert active_seconds([5]) == active_seconds([]) == 0
