"""A study as one file, and back: every row as it is, from one moment. The same file goes back into SQLite or PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Table, insert, select

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.store import database, triggers
from napari_t12_bodycomp.store.studies import StudyStore, open_store
from napari_t12_bodycomp.store.tables import audit, content_at
from napari_t12_bodycomp.store.verify import verify

_BATCH = 1000


def backup(store: StudyStore, file: str | Path) -> Path:
    """Write the study into the new SQLite file `file`, whole or not at all, while others go on working."""
    target = Path(file)
    if target.exists():
        raise InputError(f"A new file is wanted for the backup, {target} exists already: name another one.")
    if not target.absolute().parent.is_dir():
        raise InputError(f"A file in an existing folder is wanted for the backup, {target} is in none: make the folder first.")
    partial = target.with_name(f"{target.name}.partial")
    database.remove_file(partial)
    engine = database.open_engine(database.url_of(partial))
    try:
        with store.reading() as source, database.connected(engine, writing=True) as sink:
            database.migrate(sink)
            _copy(source, sink)
        with engine.connect() as connection:
            connection.connection.driver_connection.execute("PRAGMA journal_mode = DELETE")  # type: ignore[union-attr]
        engine.dispose()
        partial.replace(target)
    finally:
        engine.dispose()
        database.remove_file(partial)
    return target


def restore(file: str | Path, where: str | Path) -> StudyStore:
    """Put the backup `file` into an empty database. InputError where the backup is not as its audit says; then nothing is left behind."""
    source_store = open_store(file, bring_up_to_date=False)
    url = database.url_of(where)
    store = StudyStore(database.open_engine(url))
    with database.new_file(url), store.closed_on_failure(), source_store.reading() as source:
        found = verify(source)
        if not found.is_clean:
            raise InputError(f"A backup as its audit says is wanted, this one was changed: {found.findings[0].sentence}")
        with database.connected(store.engine, writing=True) as sink:
            if not database.is_empty(sink):
                raise InputError("An empty database is wanted to restore into, this one holds tables already: name another one.")
            database.migrate(sink)
            _copy(source, sink)
    source_store.close()
    return store


def _copy(source: Connection, sink: Connection) -> None:
    triggers.remove(sink)
    for table in (*content_at(database.revision_of(source) or ""), audit):
        _copy_table(source, sink, table)
    triggers.install(sink, database.newest_revision())


def _copy_table(source: Connection, sink: Connection, table: Table) -> None:
    last = 0
    while True:
        part = source.execute(select(table).where(table.c.id > last).order_by(table.c.id).limit(_BATCH)).mappings().all()
        if not part:
            return
        sink.execute(insert(table), [dict(row) for row in part])
        last = part[-1]["id"]
