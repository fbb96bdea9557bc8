"""Two people save the same case at once: no drawing is lost, and the loser is told."""

from __future__ import annotations

import threading

import racing
import trial
from sqlalchemy import Engine
from trial import PASSWORD, Trial

from napari_t12_bodycomp.errors import Refused
from napari_t12_bodycomp.model.study import CaseState
from napari_t12_bodycomp.workflow import case_view, review
from napari_t12_bodycomp.workflow.study import Desk, open_study

ROUNDS = 30


def url_of(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False) if engine.dialect.name == "postgresql" else str(engine.url.database)


def test_the_loser_keeps_the_drawing_as_a_version_and_is_told(a_trial: Trial) -> None:
    (case,) = trial.add_cases(a_trial.lena)
    url = url_of(a_trial.store.engine)
    outcome = racing.race(url, case.id, ROUNDS)
    assert racing.losses(url, case.id, ROUNDS, outcome) == []
    assert all("yours is kept as version" in message for message in outcome.messages)


def test_of_two_reviewers_who_approve_at_once_one_does(a_trial: Trial) -> None:
    case = trial.submitted(a_trial)
    ticket = [review.ticket_for(a_trial.store, case.id) for _ in range(2)]
    url = url_of(a_trial.store.engine)
    barrier = threading.Barrier(2)
    said: list[str] = []

    def client(desk: Desk, which: int) -> None:
        store = open_study(url)
        barrier.wait(timeout=60)
        try:
            said.append(review.approve(Desk(store, desk.account_id, desk.name), ticket[which], PASSWORD).state.value)
        except Refused as refusal:
            said.append(str(refusal))
        store.close()

    clients = [threading.Thread(target=client, args=(desk, k)) for k, desk in enumerate((a_trial.rev, a_trial.ben))]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    assert sorted(said) == ["The case is approved and locked: ask a lead to reopen it, with a reason.", CaseState.APPROVED.value]
    assert len(case_view.reviews_of(a_trial.store, case.id)) == 1
    assert a_trial.store.verify().is_clean


def test_a_drawing_that_meets_an_approved_case_is_put_aside(a_trial: Trial) -> None:
    """Whoever drew on, while the case was corrected and approved, keeps the drawing; the approved result stays."""
    case = trial.submitted(a_trial)
    second = review.save_version(a_trial.ben, case.id, 1, trial.result("ben", 19))
    review.approve(a_trial.rev, review.ticket_for(a_trial.store, case.id), PASSWORD)
    try:
        review.save_version(a_trial.ann, case.id, 1, trial.result("ann", 18))
    except Refused as refusal:
        assert "yours is kept as version 3" in str(refusal)
    else:
        raise AssertionError("a late drawing counted")
    now = case_view.case_by_id(a_trial.store, case.id)
    assert (now.state, now.current_version) == (CaseState.APPROVED, second.number)
    assert [v.kept for v in case_view.versions_of(a_trial.store, case.id)] == [False, False, True]
