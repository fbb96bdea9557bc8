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
from napari_t12_bodycomp.workflow.study import open_study


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server for the session; tests that need it are skipped where there is none."""
    try:
        running = postgres.server()
        url = running.__enter__()
    except postgres.NoServer as error:
        pytest.skip(f"no PostgreSQL: {error}")
    yield url
    running.__exit__(None, None, None)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind."""
    if request.param == "sqlite":
        return str(tmp_path / "study.sqlite")
    return postgres.new_database(request.getfixturevalue("postgres_url"))


@pytest.fixture
def postgres_database(postgres_url: str) -> str:
    """An empty PostgreSQL database."""
    return postgres.new_database(postgres_url)


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
def postgres_template(postgres_url: str, quick_passwords: None) -> str:
    """The same on PostgreSQL."""
    url = postgres.new_database(postgres_url)
    trial.make_trial(url).store.close()
    return url


@pytest.fixture
def sqlite_trial(sqlite_template: Path, tmp_path: Path) -> Iterator[trial.Trial]:
    """A study with its people in an SQLite file, `study.sqlite` in the test's folder."""
    made = trial.seated(open_study(shutil.copy(sqlite_template, tmp_path / "study.sqlite")))
    yield made
    made.store.close()


@pytest.fixture
def postgres_trial(postgres_url: str, postgres_template: str) -> Iterator[trial.Trial]:
    """A study with its people on PostgreSQL."""
    made = trial.seated(open_study(postgres.new_database(postgres_url, postgres_template)))
    yield made
    made.store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def a_trial(request: pytest.FixtureRequest) -> trial.Trial:
    """A study with its people, on either database."""
    made: trial.Trial = request.getfixturevalue("sqlite_trial" if request.param == "sqlite" else "postgres_trial")
    return made
