"""A study's store: made, opened, read and written. Whatever else the store knows works inside one of its transactions."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from napari_t12_bodycomp.errors import InputError, Refused, UsageError
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.study import ProtocolVersion, Role, StudyRecord
from napari_t12_bodycomp.model.tissue import Tissue, preset
from napari_t12_bodycomp.store import accounts, database
from napari_t12_bodycomp.store.ledger import Writer, canonical_json, now
from napari_t12_bodycomp.store.tables import PROTOCOL_OPTIONS, cases, protocols, reviews, study
from napari_t12_bodycomp.store.verify import Verification, verify

__all__ = ["StudyStore", "add_protocol", "create", "current_protocol", "open_store", "protocol_versions", "record", "set_keep_patient_ids"]


class StudyStore:
    """One study in one database; safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A snapshot: everything read inside belongs to one moment."""
        with database.connected(self.engine) as connection:
            yield connection

    @contextmanager
    def writing(self, who: int | None, action: str) -> Iterator[Writer]:
        """The only writer, until the block ends: all of it is kept, or none of it where it raises."""
        with database.connected(self.engine, writing=True) as connection:
            key = connection.execute(select(study.c.pseudonym_key)).scalar() or b""
            writer = Writer(connection, who, action, bytes(key))
            yield writer
            writer.flush()

    @contextmanager
    def closed_on_failure(self) -> Iterator[None]:
        """Let go of the database where what is done inside fails."""
        try:
            yield
        except BaseException:
            self.close()
            raise

    def verify(self, noted_head: str = "") -> Verification:
        """Whether every row is as the audit says; see `store.verify`."""
        with self.reading() as connection:
            return verify(connection, noted_head)

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


def create(
    where: str | Path, name: str, lead: str, password: str, protocol: Protocol | None = None, keep_patient_ids: bool = False
) -> StudyStore:
    """Make a study with its first lead in an empty database, all of it or nothing.

    Raises
    ------
    InputError
        Where the database holds something already, or cannot be reached.
    """
    url = database.url_of(where)
    if not name.strip():
        raise UsageError("A name for the study is wanted, none came.")
    hashed = accounts.hashed(password)
    store = StudyStore(database.open_engine(url))
    with database.new_file(url), store.closed_on_failure(), database.connected(store.engine, writing=True) as connection:
        if not database.is_empty(connection):
            raise InputError("An empty database is wanted, this one holds tables already: open the study in it, or name another database.")
        database.migrate(connection)
        writer = Writer(connection, None, "study.create")
        values = {"name": name, "created_at": now(), "keep_patient_ids": int(keep_patient_ids), "blind_review": 1}
        writer.insert(study, pseudonym_key=secrets.token_bytes(32), **values)
        writer.who = accounts.insert(writer, lead, hashed, {Role.LEAD})
        add_protocol(writer, protocol or Protocol(), "as the study began")
        writer.flush()
    return store


def open_store(where: str | Path, bring_up_to_date: bool = True) -> StudyStore:
    """Open an existing study and bring its tables up to date; InputError where there is none."""
    url = database.url_of(where)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        what = "is a folder" if Path(url.database or "").is_dir() else "does not exist"
        raise InputError(f"A study is wanted, {url.database} {what}: check the path, or make one with t12-bodycomp study create.")
    store = StudyStore(database.open_engine(url))
    try:
        with database.connected(store.engine) as connection:
            revision = database.revision_of(connection)
    except InputError:
        raise
    except Exception as error:  # a file that is no database
        raise InputError(
            f"A study is wanted, the database holds something else ({type(error).__name__}): check the path or URL."
        ) from error
    if revision is None:
        raise InputError("A study is wanted, the database holds none: make one with t12-bodycomp study create.")
    if bring_up_to_date and revision != database.newest_revision():
        with database.connected(store.engine, writing=True) as connection:
            database.migrate(connection)
    return store


def record(connection: Connection) -> StudyRecord:
    """The study itself."""
    row = connection.execute(select(study)).one()
    return StudyRecord(row.name, row.created_at, bool(row.keep_patient_ids), bool(row.blind_review))


def pseudonym_key(connection: Connection) -> bytes:
    """The key that pseudonyms are made with."""
    return bytes(connection.execute(select(study.c.pseudonym_key)).scalar_one())


def set_keep_patient_ids(writer: Writer, keep: bool) -> None:
    """Whether patient IDs are stored from now on; turning it off takes away those that are."""
    writer.update(study, 1, keep_patient_ids=int(keep))
    if keep:
        return
    held = select(cases.c.id, cases.c.revision, cases.c.state).where(cases.c.patient_id.is_not(None))
    rows = writer.connection.execute(held).all()
    if any(row.state == "approved" for row in rows):
        raise Refused("Cases with patient IDs are approved and locked: reopen them first, or keep the IDs.")
    for row in rows:
        writer.update(cases, row.id, patient_id=None, revision=row.revision + 1)


def set_blind_review(writer: Writer, blind: bool) -> None:
    """Whether reviewers decide before they see the numbers."""
    writer.update(study, 1, blind_review=int(blind))


def _protocol_values(protocol: Protocol) -> dict[str, object]:
    windows = {t.key: [protocol.preset.window(t).low, protocol.preset.window(t).high] for t in Tissue}
    options = ("slab_mm", *PROTOCOL_OPTIONS)
    return {name: getattr(protocol, name) for name in options} | {"preset": protocol.preset.name, "windows_hu": canonical_json(windows)}


def add_protocol(writer: Writer, protocol: Protocol, note: str) -> int:
    """Add a version of the protocol, which is the current one from now on; its number."""
    return writer.insert(protocols, note=note, created_at=writer.at, **_protocol_values(protocol))


def change_protocol(writer: Writer, protocol: Protocol, note: str) -> int:
    """Change the protocol: the current version itself while no case was ever approved, a new version after that; its number."""
    current = current_protocol(writer.connection)
    if is_protocol_frozen(writer.connection):
        return add_protocol(writer, protocol, note)
    writer.update(protocols, current.id, note=note, **_protocol_values(protocol))
    return current.number


def is_protocol_frozen(connection: Connection) -> bool:
    """Whether a case was ever approved."""
    return connection.execute(select(reviews.c.id).where(reviews.c.decision == "approved").limit(1)).first() is not None


def protocol_versions(connection: Connection) -> list[ProtocolVersion]:
    """All versions of the protocol, the oldest first. InputError where a preset's bounds are not those of this program."""
    found = []
    for row in connection.execute(select(protocols).order_by(protocols.c.id)):
        options = {name: bool(getattr(row, name)) for name in PROTOCOL_OPTIONS}
        protocol = Protocol(preset(row.preset), row.slab_mm, **options)
        if _protocol_values(protocol)["windows_hu"] != row.windows_hu:
            raise InputError(
                f"The preset {row.preset!r} of the study has other HU bounds than this program's: use the version that made it."
            )
        found.append(ProtocolVersion(row.id, row.id, protocol, row.note, row.created_at))
    return found


def current_protocol(connection: Connection) -> ProtocolVersion:
    """The version of the protocol that new drawings are measured by."""
    return protocol_versions(connection)[-1]
