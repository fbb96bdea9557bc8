"""The database behind a study: where it is, how it is opened, and how its tables are made and brought up to date."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, NoSuchModuleError, OperationalError

from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.store import triggers
from napari_t12_bodycomp.store.tables import metadata

WRITING = "t12_writing"
BUSY_MS = 30_000
_LOCK = 0x54313242
"""Key of the PostgreSQL advisory lock that makes writers wait for each other."""


def url_of(text: str | Path) -> URL:
    """`text` as a database URL: one that is given as such, else the path of an SQLite file."""
    if isinstance(text, str) and "://" in text:
        try:
            url = make_url(text)
        except (ArgumentError, ValueError) as error:
            raise UsageError("A database URL such as postgresql+psycopg://user@host/name, or the path of a file, is wanted.") from error
        if url.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
            raise UsageError(
                f"A URL of sqlite:// or postgresql+psycopg:// is wanted, {url.drivername!r} came: other databases are not supported."
            )
        return url
    return URL.create("sqlite", database=str(text))


def open_engine(url: URL) -> Engine:
    """An engine for `url`; SQLite in WAL mode with every commit on disk before it counts."""
    try:
        engine = create_engine(url, **({} if url.get_backend_name() == "sqlite" else {"pool_pre_ping": True, "pool_size": 2}))
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise UsageError('PostgreSQL needs psycopg, which is not installed here: pip install "napari-t12-bodycomp[postgres]".') from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, record: object) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_sqlite
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")  # broken text is for verify to find
    for pragma in (f"busy_timeout = {BUSY_MS}", "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(WRITING) else "BEGIN")


@contextmanager
def connected(engine: Engine, writing: bool = False) -> Iterator[Connection]:
    """One transaction: a snapshot for reading, or the only writer for writing. InputError where the database cannot be reached."""
    options: dict[str, Any] = {WRITING: writing}
    if engine.dialect.name == "postgresql" and not writing:
        options["isolation_level"] = "REPEATABLE READ"
    try:
        with engine.connect() as raw:
            connection = raw.execution_options(**options)
            with connection.begin():
                if writing and engine.dialect.name == "postgresql":
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
                yield connection
    except OperationalError as error:
        raise InputError(_sentence(engine, error)) from error
    except DatabaseError as error:
        if type(error.orig) is not sqlite3.DatabaseError:
            raise
        raise InputError(f"{engine.url.database} is damaged, or no study ({error.orig}): restore a backup.") from error


def _sentence(engine: Engine, error: DBAPIError) -> str:
    words = str(error.orig).lower()
    where = "the study's database" if engine.dialect.name == "postgresql" else f"{engine.url.database}"
    begins = where[:1].upper() + where[1:]
    if "locked" in words:
        return f"{begins} is held by another program for more than {BUSY_MS // 1000} s: close it and try again; nothing was changed."
    if "readonly" in words or "permission" in words or "unable to open" in words:
        return f"{begins} cannot be opened for this: check the path and the right to read and write there."
    if "full" in words or "no space" in words:
        return f"The disk of {where} is full: free some space and try again; nothing was changed."
    return (
        f"{begins} cannot be reached or used ({type(error.orig).__name__}): check the URL, and that the server runs; nothing was changed."
    )


@contextmanager
def new_file(url: URL) -> Iterator[None]:
    """Make a study in a new SQLite file: refused where it holds something, taken away again where the making fails. Servers pass through.

    A file without any table, as a program that was killed leaves it, counts as new.
    """
    if url.get_backend_name() != "sqlite":
        yield
        return
    if not url.database or url.database == ":memory:":
        raise UsageError("The path of a file is wanted for an SQLite study, none came.")
    file = Path(url.database)
    if not file.absolute().parent.is_dir():
        raise InputError(f"A file in an existing folder is wanted, {file} is in none: make the folder first.")
    if file.exists() and not _holds_nothing(file):
        raise InputError(f"A new file is wanted, {file} exists already: open the study in it, or name another file.")
    try:
        yield
    except BaseException:
        remove_file(file)
        raise


def _holds_nothing(file: Path) -> bool:
    if not file.is_file() or not file.stat().st_size:
        return file.is_file()
    try:
        with contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None
    except sqlite3.Error:
        return False


def remove_file(file: Path) -> None:
    """Take away an SQLite file with its log."""
    for name in (file.name, f"{file.name}-wal", f"{file.name}-shm"):
        file.with_name(name).unlink(missing_ok=True)


def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return ScriptDirectory.from_config(config)


def newest_revision() -> str:
    """The revision of the tables that this program works with."""
    revision = _scripts().get_current_head()
    assert revision is not None
    return revision


def revision_of(connection: Connection) -> str | None:
    """The revision that the database's tables have; None where it holds no study."""
    return MigrationContext.configure(connection).get_current_revision()


def known_revisions() -> frozenset[str]:
    """The revisions of the tables that this program knows, old ones included."""
    return frozenset(script.revision for script in _scripts().walk_revisions())


def migrate(connection: Connection, to: str | None = None) -> None:
    """Bring the tables up to date (or to the revision `to`), rules included; InputError where a newer program made them."""
    scripts = _scripts()
    wanted = to or newest_revision()
    now = revision_of(connection)
    if now == wanted:
        return
    if now is not None and now not in known_revisions():
        raise InputError("The study was made by a newer version of this program: update the program and open it again.")

    def steps(revision: Any, context: Any) -> Any:
        return scripts._upgrade_revs(wanted, revision)

    triggers.remove(connection)
    with EnvironmentContext(Config(), scripts, fn=steps) as environment:
        environment.configure(connection=connection, target_metadata=metadata, transaction_per_migration=False)
        environment.run_migrations()
    triggers.install(connection, wanted)


def is_empty(connection: Connection) -> bool:
    """Whether the database holds no table at all."""
    return not inspect(connection).get_table_names()
