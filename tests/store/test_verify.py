"""Tampering: whatever single field of the file is changed, whatever row is inserted or taken away, verify finds it and says where."""

from __future__ import annotations

import contextlib
import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trial
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from trial import PASSWORD, Trial

from napari_t12_bodycomp.errors import InputError, Refused
from napari_t12_bodycomp.model.double_reading import Take
from napari_t12_bodycomp.model.study import ExclusionReason, SeriesReference
from napari_t12_bodycomp.model.subject import Subject
from napari_t12_bodycomp.store import cases, database, triggers
from napari_t12_bodycomp.store.tables import metadata
from napari_t12_bodycomp.store.verify import Finding, verify
from napari_t12_bodycomp.workflow import review
from napari_t12_bodycomp.workflow.double_reading import adjudicate
from napari_t12_bodycomp.workflow.study import lift_lock, set_options, sign_in, verify_study

SEED = 12


@pytest.fixture
def full(sqlite_trial: Trial, tmp_path: Path) -> Path:
    """A study in which every table holds rows, in one file without a log beside it and without its rules."""
    t = sqlite_trial
    set_options(t.lena, keep_patient_ids=True)
    with t.store.writing(1, "case.import") as writer:
        cases.insert(writer, [cases.NewCase("Q-1", Subject("PID-1"), SeriesReference("9.1", "9", 2, "/scans/1"), {"group": "a"})])
    trial.approved(t, 2)
    trial.submitted(t, t.ben, 3)
    review.return_case(t.rev, review.ticket_for(t.store, 3), "thin")
    review.add_comment(t.rev, 2, 1, "here", (1.5, 2.5))
    review.record_time(t.ann, 2, "draw", 10.0)
    trial.add_cases(t.lena, 1, 4)
    review.exclude(t.lena, 4, ExclusionReason.OTHER, "moved away")
    adjudicate(t.rev, trial.disagreeing(t, 5).id, Take.SECOND, "the wall")
    trial.coming_back(t, 6)
    with pytest.raises(Refused):
        sign_in(t.store, "ann", "not the password")
    lift_lock(t.lena, "ann")
    trial.add_cases(t.lena, 1, 7)
    review.assign(t.lena, [7], assessor="ann")
    assert t.store.verify().is_clean
    t.store.close()
    file = tmp_path / "full.sqlite"
    with sqlite3.connect(tmp_path / "study.sqlite") as source, sqlite3.connect(file) as sink:
        source.backup(sink)
        sink.execute("PRAGMA journal_mode = DELETE")
    return file


@pytest.fixture
def behind(full: Path) -> Iterator[Connection]:
    """A connection that nothing holds back: no rules, no checks, no foreign keys. What is done on it is never kept."""
    engine = database.open_engine(database.url_of(full))
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.execute("PRAGMA foreign_keys = OFF")
        raw.execute("PRAGMA ignore_check_constraints = ON")
        triggers.remove(connection)
        yield connection
        connection.rollback()
    engine.dispose()


@contextmanager
def passing(connection: Connection) -> Iterator[None]:
    """Whatever is done inside is taken back."""
    connection.exec_driver_sql("SAVEPOINT before")
    try:
        yield
    finally:
        connection.exec_driver_sql("ROLLBACK TO before")
        connection.exec_driver_sql("RELEASE before")


def found_in(connection: Connection, table: str) -> list[Finding]:
    """What verify says about `table`; that the rules are gone, it says about the schema."""
    return [f for f in verify(connection).findings if f.table == table]


def other_values(value: object, rng: random.Random) -> Iterator[object]:
    """Values of all kinds that are not `value`."""
    if value is None:
        yield from (0, 1.5, "x", b"x")
        return
    yield None
    if isinstance(value, int):
        yield from (value + 1, -value - 1, value + rng.randint(2, 10**6), str(value) + "x", bytes(str(value), "ascii"))
    elif isinstance(value, float):
        yield from (value + 1e-9 * max(1.0, abs(value)), -value - 1, rng.random(), "x")
    elif isinstance(value, bytes):
        at = rng.randrange(len(value)) if value else 0
        yield from (value[:at] + bytes([value[at] ^ (1 << rng.randrange(8))]) + value[at + 1 :], value[:-1], value + b"\0", b"")
    else:
        word = str(value)
        at = rng.randrange(len(word) + 1)
        yield from (word[:at] + rng.choice("x0 '\u00e9") + word[at:], word + " ", word.encode() + b"\xff", word.swapcase() + "y")


def test_any_single_field_that_is_changed_is_found(behind: Connection) -> None:
    rng = random.Random(SEED)
    missed, tried = [], 0
    for table in metadata.tables.values():
        rows = behind.exec_driver_sql(f'SELECT rowid AS place, * FROM "{table.name}"').mappings().all()
        assert rows, f"{table.name} is empty: the test would not see it"
        assert found_in(behind, table.name) == []
        for column in table.c:
            row = rng.choice(rows)
            for value in other_values(row[column.name], rng):
                with passing(behind):
                    try:
                        behind.exec_driver_sql(f'UPDATE "{table.name}" SET "{column.name}" = ? WHERE rowid = ?', (value, row["place"]))
                    except DBAPIError:  # the file itself does not take this value
                        continue
                    is_there = (
                        f'SELECT 1 FROM "{table.name}" WHERE rowid = ? AND "{column.name}" IS ? AND typeof("{column.name}") = typeof(?)'
                    )
                    old = row[column.name]
                    if behind.exec_driver_sql(is_there, (row["place"], old, old)).first():
                        continue  # the file made the old value of it again
                    tried += 1
                    if not found_in(behind, table.name):
                        missed.append((table.name, column.name, old, value))
    assert missed == []
    assert tried > 300


def test_every_row_that_is_taken_away_is_named(behind: Connection) -> None:
    for table in metadata.tables:
        for (number,) in behind.exec_driver_sql(f'SELECT id FROM "{table}"').all()[:3]:
            with passing(behind):
                behind.exec_driver_sql(f'DELETE FROM "{table}" WHERE id = ?', (number,))
                found = found_in(behind, table)
                assert any(f"row {number} is missing" in f.sentence for f in found) or (table == "audit" and not found), (table, number)


def test_every_row_that_is_inserted_is_named(behind: Connection) -> None:
    unique = {"pseudonym", "case_id", "version_id", "reading_id", "nonce", "name", "number"}
    for table in metadata.tables.values():
        columns = ", ".join("9999" if c.name == "id" or (c.name in unique and c.table.name != "study") else f'"{c.name}"' for c in table.c)
        with passing(behind):
            behind.exec_driver_sql(f'INSERT INTO "{table.name}" SELECT {columns} FROM "{table.name}" ORDER BY id DESC LIMIT 1')
            assert [f for f in found_in(behind, table.name) if f.row_id == 9999], table.name


def test_a_rule_that_is_taken_away_is_named(full: Path) -> None:
    with sqlite3.connect(full) as connection:
        connection.execute("DROP TRIGGER rule_reviews_own")
    assert [f.sentence for f in verify_study(full).findings] == ["The rule rule_reviews_own was taken away or changed."]


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("CREATE TABLE more (id INTEGER)", "The definition 'more' in the file is none of the program's."),
        ("CREATE VIEW shown AS SELECT * FROM cases", "The definition 'shown' in the file is none of the program's."),
        ("CREATE TRIGGER extra AFTER UPDATE ON cases BEGIN SELECT 1; END", "The definition 'extra' in the file is none of the program's."),
        ("ALTER TABLE cases ADD COLUMN nick TEXT", "The definition 'cases' in the file was changed."),
    ],
)
def test_a_definition_that_is_changed_or_added_is_named(full: Path, statement: str, sentence: str) -> None:
    with contextlib.closing(sqlite3.connect(full)) as connection:
        connection.execute(statement)
        connection.commit()
    assert sentence in [f.sentence for f in verify_study(full).findings]


def test_rows_that_changed_places_are_found(behind: Connection) -> None:
    """Two numbers swapped between rows: each of them is known, at another place."""
    first, second = behind.exec_driver_sql("SELECT version_id FROM measurements ORDER BY id LIMIT 2").scalars()
    for old, new in ((first, -1), (second, first), (-1, second)):
        behind.exec_driver_sql("UPDATE measurements SET version_id = ? WHERE version_id = ?", (new, old))
    assert len(found_in(behind, "measurements")) == 2


def test_a_history_that_was_cut_off_is_found_by_a_noted_head(behind: Connection) -> None:
    """Whoever takes back the last deed with its audit row leaves a sound study, one deed younger; a head noted elsewhere gives it away."""
    head = verify(behind).head
    last = behind.exec_driver_sql("SELECT id, table_name, row_id, before FROM audit ORDER BY id DESC LIMIT 1").one()
    assert last.table_name == "cases"
    behind.exec_driver_sql("DELETE FROM audit WHERE id = ?", (last.id,))
    assert [f.row_id for f in found_in(behind, "cases")] == [last.row_id]
    before = json.loads(last.before)
    changes = ", ".join(f"{name} = ?" for name in before)
    behind.exec_driver_sql(f"UPDATE cases SET {changes} WHERE id = ?", (*before.values(), last.row_id))
    assert found_in(behind, "cases") == []
    assert any("noted head" in f.sentence for f in verify(behind, head).findings)


def test_the_revision_of_the_tables_is_looked_at(full: Path) -> None:
    with sqlite3.connect(full) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    assert not verify_study(full).is_clean


def test_what_is_no_study_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        verify_study(tmp_path / "none.sqlite")
    (tmp_path / "text.sqlite").write_text("this is no database, however long it may be" * 100)
    with pytest.raises(InputError, match="is damaged, or no study"):
        verify_study(tmp_path / "text.sqlite")


def contents(file: Path) -> list[str] | None:
    """Everything that the file says; None where it cannot be read."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.text_factory = bytes
        try:
            names = [name.decode() for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
            return [str(connection.execute(f'SELECT * FROM "{name}" ORDER BY rowid').fetchall()) for name in names]
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            return None


def test_a_flipped_bit_anywhere_in_the_file_is_found_or_changes_nothing(full: Path, tmp_path: Path) -> None:
    rng = random.Random(SEED)
    whole, before = full.read_bytes(), contents(full)
    copy = tmp_path / "flipped.sqlite"
    outcomes = set()
    for _ in range(40):
        at = rng.randrange(100, len(whole))
        copy.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << rng.randrange(8))]) + whole[at + 1 :])
        try:
            clean = verify_study(copy).is_clean
        except InputError:
            clean = False
        outcomes.add(clean)
        assert not clean or contents(copy) == before, at
        for beside in tmp_path.glob("flipped.sqlite-*"):
            beside.unlink()
    assert False in outcomes


def test_tampering_on_postgresql_is_found_too(postgres_trial: Trial) -> None:
    trial.approved(postgres_trial)
    engine = postgres_trial.store.engine
    for statement in (
        "UPDATE cases SET height_m = 1.71",
        "UPDATE measurements SET smd_hu = smd_hu + 0.001",
        "UPDATE audit SET at = at || ' ' WHERE id = 5",
        "UPDATE region_versions SET pixels = pixels || '\\x00'",
        "DELETE FROM reviews",
        "INSERT INTO timings VALUES (1, 1, 1, 'draw', 1, 'now')",
    ):
        with engine.connect() as connection:
            triggers.remove(connection)
            connection.execute(text(statement))
            triggers.install(connection, database.newest_revision())
            findings = verify(connection).findings
            connection.rollback()
        assert findings, statement
    assert postgres_trial.store.verify().is_clean
    with database.connected(engine, writing=True) as connection:
        connection.exec_driver_sql("ALTER TABLE reviews DISABLE TRIGGER rule_reviews_own")
    assert [f.sentence for f in postgres_trial.store.verify().findings] == ["The rule rule_reviews_own was taken away or changed."]


def test_secrets_are_not_in_the_audit(full: Path) -> None:
    with sqlite3.connect(full) as connection:
        told = "\n".join(str(row) for row in connection.execute("SELECT before, after FROM audit"))
        stored = connection.execute("SELECT patient_id FROM cases WHERE patient_id IS NOT NULL").fetchall()
    assert stored == [("PID-1",)]
    assert "PID-1" not in told
    assert "argon2" not in told
    assert PASSWORD not in full.read_bytes().decode("latin-1")
