"""Accounts: hashes, roles, passwords."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select
from trial import PASSWORD, Trial

from napari_t12_bodycomp.errors import Refused, UsageError
from napari_t12_bodycomp.model.study import Role
from napari_t12_bodycomp.store.tables import accounts
from napari_t12_bodycomp.workflow import study


def test_passwords_are_stored_as_argon2_hashes_of_their_own_salt(sqlite_trial: Trial) -> None:
    with sqlite_trial.store.reading() as connection:
        hashes = list(connection.execute(select(accounts.c.password_hash)).scalars())
    assert all(h.startswith("$argon2id$") for h in hashes)
    assert len(set(hashes)) == len(hashes)
    assert PasswordHasher().verify(hashes[0], PASSWORD)


def test_people_change_their_password_and_leads_that_of_others(a_trial: Trial) -> None:
    t = a_trial
    study.set_password(t.ann, "ann", "another password", PASSWORD)
    with pytest.raises(Refused, match="do not fit together"):
        study.sign_in(t.store, "ann", PASSWORD)
    assert study.sign_in(t.store, "ann", "another password").name == "ann"
    study.set_password(t.lena, "rev", "set by the lead", PASSWORD)
    assert study.sign_in(t.store, "rev", "set by the lead").name == "rev"
    with pytest.raises(UsageError, match="at least 8"):
        study.set_password(t.ann, "ann", "short", "another password")
    assert t.store.verify().is_clean


def test_a_disabled_account_is_enabled_again(a_trial: Trial) -> None:
    study.change_account(a_trial.lena, "ann", disabled=True)
    study.change_account(a_trial.lena, "ann", disabled=False, roles=[Role.ASSESSOR, Role.RATER])
    assert study.sign_in(a_trial.store, "ann", PASSWORD).name == "ann"
    assert next(a for a in study.everybody(a_trial.store) if a.name == "ann").roles == {Role.ASSESSOR, Role.RATER}


def test_a_second_lead_makes_the_first_one_free_to_go(a_trial: Trial) -> None:
    study.add_account(a_trial.lena, "leo", PASSWORD, [Role.LEAD])
    study.change_account(a_trial.lena, "lena", disabled=True)
    with pytest.raises(Refused, match="is disabled"):
        study.change_account(a_trial.lena, "ann", disabled=True)


def test_an_account_needs_a_role_and_a_name(sqlite_trial: Trial) -> None:
    with pytest.raises(UsageError, match="A role out of"):
        study.add_account(sqlite_trial.lena, "eve", PASSWORD, [])
    with pytest.raises(UsageError, match="1 to 80"):
        study.add_account(sqlite_trial.lena, "e\nve", PASSWORD, [Role.RATER])
