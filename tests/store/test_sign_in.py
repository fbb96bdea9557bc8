"""Wrong passwords are noted, and too many of them make an account wait; a lead lets it in again. Never a password is kept."""

from __future__ import annotations

import pytest
import trial
from sqlalchemy import select
from trial import PASSWORD, Trial

from napari_t12_bodycomp.errors import Refused
from napari_t12_bodycomp.store.tables import audit, sign_ins
from napari_t12_bodycomp.workflow import review, study

WRONG = "open sesame, please"


def fail(t: Trial, name: str, times: int) -> None:
    for _ in range(times):
        with pytest.raises(Refused, match="do not fit together"):
            study.sign_in(t.store, name, WRONG)


def noted(t: Trial) -> list[tuple[int | None, str]]:
    with t.store.reading() as connection:
        rows = connection.execute(select(sign_ins.c.account_id, sign_ins.c.outcome).order_by(sign_ins.c.id))
        return [(account, outcome) for account, outcome in rows]


def test_what_fails_is_in_the_audit_without_the_password_or_a_name_that_nobody_has(a_trial: Trial) -> None:
    t = a_trial
    fail(t, "ann", 2)
    fail(t, "annabel", 1)
    assert study.sign_in(t.store, "ann", PASSWORD).name == "ann"
    study.sign_in(t.store, "ann", PASSWORD)  # a success after a success is not noted
    assert noted(t) == [(2, "failed"), (2, "failed"), (None, "failed"), (2, "succeeded")]
    with t.store.reading() as connection:
        told = connection.execute(select(audit.c.account_id, audit.c.action, audit.c.after).where(audit.c.table_name == "sign_ins")).all()
    assert [(row.account_id, row.action) for row in told] == [(None, "account.sign_in_failed")] * 3 + [(2, "account.sign_in")]
    assert not any(word in row.after for row in told for word in (WRONG, PASSWORD, "annabel"))
    assert t.store.verify().is_clean


def test_five_wrong_passwords_make_an_account_wait_and_others_go_on(a_trial: Trial) -> None:
    t = a_trial
    with trial.on("2030-01-01"):
        fail(t, "ann", 5)
        for _ in range(2):  # trying on while locked neither helps nor makes it longer
            with pytest.raises(Refused, match="wait until 12:01:00 UTC"):
                study.sign_in(t.store, "ann", PASSWORD)
        assert study.sign_in(t.store, "ben", PASSWORD).name == "ben"
    with trial.on("2030-01-02"):
        fail(t, "ann", 1)
        with pytest.raises(Refused, match=r"6 wrong passwords.*12:02:00"):
            study.sign_in(t.store, "ann", PASSWORD)
    with trial.on("2030-01-03"):
        study.sign_in(t.store, "ann", PASSWORD)
        fail(t, "ann", 4)
        study.sign_in(t.store, "ann", PASSWORD)
    assert t.store.verify().is_clean


def test_a_lead_lifts_the_lock(a_trial: Trial) -> None:
    t = a_trial
    fail(t, "ann", 5)
    study.lift_lock(t.lena, "ann")
    assert study.sign_in(t.store, "ann", PASSWORD).name == "ann"
    assert noted(t)[-1] == (2, "lifted")
    assert t.store.verify().is_clean


def test_guessing_at_the_sign_off_counts_too(a_trial: Trial) -> None:
    t = a_trial
    case = trial.submitted(t)
    for _ in range(5):
        with pytest.raises(Refused, match="do not fit together"):
            review.approve(t.rev, review.ticket_for(t.store, case.id), WRONG)
    with pytest.raises(Refused, match="5 wrong passwords came for 'rev'"):
        review.approve(t.rev, review.ticket_for(t.store, case.id), PASSWORD)
    with pytest.raises(Refused, match="5 wrong passwords came for 'rev'"):
        study.sign_in(t.store, "rev", PASSWORD)
