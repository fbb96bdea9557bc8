"""A study goes into one file and comes back, on either database, with its whole history."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import postgres
import pytest
import trial
from trial import PASSWORD, Trial

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.study import CaseState
from napari_t12_bodycomp.workflow import case_view, review
from napari_t12_bodycomp.workflow.study import backup_study, restore_study, sign_in, study_counts


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind to restore into."""
    return (
        str(tmp_path / "restored.sqlite") if request.param == "sqlite" else postgres.new_database(request.getfixturevalue("postgres_url"))
    )


def test_a_study_comes_back_from_its_backup_and_goes_on(a_trial: Trial, empty: str, tmp_path: Path) -> None:
    trial.approved(a_trial, 1)
    trial.submitted(a_trial, a_trial.ann, 2)
    before = a_trial.store.verify()
    file = backup_study(a_trial.store, tmp_path / "backup.sqlite")
    assert sorted(p.name for p in tmp_path.glob("backup*")) == ["backup.sqlite"]
    trial.add_cases(a_trial.lena, 1, 3)  # later than the backup

    store = restore_study(file, empty)
    after = store.verify()
    assert after.is_clean
    assert (after.head, after.length, after.rows) == (before.head, before.length, before.rows)
    assert study_counts(store).screened == 2
    assert (case_view.regions_of(store, 1, 1).regions == trial.regions()).all()
    rev = sign_in(store, "rev", PASSWORD)
    assert review.approve(rev, review.ticket_for(store, 2), PASSWORD).state is CaseState.APPROVED
    assert store.verify().is_clean
    store.close()


def test_a_changed_backup_is_not_restored(sqlite_trial: Trial, tmp_path: Path) -> None:
    trial.approved(sqlite_trial)
    file = backup_study(sqlite_trial.store, tmp_path / "backup.sqlite")
    with sqlite3.connect(file) as connection:
        connection.execute("DROP TRIGGER rule_measurements_no_update")
        connection.execute("UPDATE measurements SET smd_hu = 60")
    with pytest.raises(InputError, match="this one was changed"):
        restore_study(file, tmp_path / "restored.sqlite")
    assert not (tmp_path / "restored.sqlite").exists()


def test_nothing_is_overwritten(sqlite_trial: Trial, tmp_path: Path) -> None:
    file = backup_study(sqlite_trial.store, tmp_path / "backup.sqlite")
    with pytest.raises(InputError, match="exists already"):
        backup_study(sqlite_trial.store, file)
    with pytest.raises(InputError, match="exists already"):
        restore_study(file, tmp_path / "study.sqlite")
    with pytest.raises(InputError, match="does not exist"):
        restore_study(tmp_path / "none.sqlite", tmp_path / "other.sqlite")
    shutil.copy(file, tmp_path / "copied.sqlite")
