"""The same tests on SQLite and on a real PostgreSQL that they start themselves."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import postgres
import pytest
import trial
from argon2 import PasswordHasher

from napari_t12_bodycomp.store import accounts
from napari_t12_bodycomp.workflow.study import backup_study, open_study, restore_study


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind."""
    if request.param == "sqlite":
        return str(tmp_path / "study.sqlite")
    return postgres.new_database(request.getfixturevalue("postgres_url"))


@pytest.fixture(autouse=True, scope="session")
def quick_passwords() -> Iterator[None]:
    """argon2 with the least work it takes: the tests sign in hundreds of times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, quick_passwords: None) -> Path:
    """A study with its people in an SQLite file, to be copied."""
    file = tmp_path_factory.mktemp("template") / "study.sqlite"
    trial.make_trial(str(file)).store.close()
    return file


@pytest.fixture(scope="session")
def backup_file(sqlite_template: Path) -> Path:
    """The same as a backup."""
    store = open_study(sqlite_template)
    file = backup_study(store, sqlite_template.with_name("backup.sqlite"))
    store.close()
    return file


@pytest.fixture(scope="session")
def postgres_place(postgres_url: str) -> str:
    """One PostgreSQL database, which each test empties and fills from the backup."""
    return postgres.new_database(postgres_url)


@pytest.fixture
def sqlite_trial(sqlite_template: Path, tmp_path: Path) -> Iterator[trial.Trial]:
    """A study with its people in an SQLite file, `study.sqlite` in the test's folder."""
    made = trial.seated(open_study(shutil.copy(sqlite_template, tmp_path / "study.sqlite")))
    yield made
    made.store.close()


@pytest.fixture
def postgres_trial(postgres_place: str, backup_file: Path) -> Iterator[trial.Trial]:
    """A study with its people on PostgreSQL."""
    postgres.emptied(postgres_place)
    made = trial.seated(restore_study(backup_file, postgres_place))
    yield made
    made.store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def a_trial(request: pytest.FixtureRequest) -> trial.Trial:
    """A study with its people, on either database."""
    made: trial.Trial = request.getfixturevalue("sqlite_trial" if request.param == "sqlite" else "postgres_trial")
    return made
