"""Opening, making and bringing up to date: the migrations make the tables that the program works with."""

from __future__ import annotations

import sqlite3
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest
import trial
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select
from trial import PASSWORD, Trial

from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.study import SeriesReference
from napari_t12_bodycomp.model.subject import Subject
from napari_t12_bodycomp.model.tissue import preset
from napari_t12_bodycomp.store import cases, database, tables
from napari_t12_bodycomp.store.cases import NewCase
from napari_t12_bodycomp.store.tables import metadata
from napari_t12_bodycomp.workflow import case_view, review
from napari_t12_bodycomp.workflow.study import change_protocol, create_study, open_study, protocol_versions, set_options, study_record


def test_the_migrations_make_the_tables_of_the_program(a_trial: Trial) -> None:
    with a_trial.store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        assert database.revision_of(connection) == database.newest_revision()


def test_a_study_is_one_sqlite_file_in_wal_mode_made_in_one_step(tmp_path: Path) -> None:
    file = tmp_path / "study.sqlite"
    create_study(file, "Trial", "lena", PASSWORD).store.close()
    with sqlite3.connect(file) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert study_record(open_study(file)).name == "Trial"


def test_a_failed_creation_leaves_nothing(url: str) -> None:
    with pytest.raises(UsageError, match="at least 8 characters"):
        create_study(url, "Trial", "lena", "short")
    with pytest.raises(UsageError, match="1 to 80 characters"):
        create_study(url, "Trial", "  ", PASSWORD)
    with pytest.raises(InputError, match="A study is wanted"):
        open_study(url)
    assert create_study(url, "Trial", "lena", PASSWORD).name == "lena"


def test_a_second_study_does_not_go_into_the_same_database(url: str) -> None:
    create_study(url, "Trial", "lena", PASSWORD)
    with pytest.raises(InputError, match=r"exists already|holds tables already"):
        create_study(url, "Other", "lena", PASSWORD)


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ("mysql://host/name", "other databases are not supported"),
        ("postgresql://host/name", "postgresql\\+psycopg:// is wanted"),
        ("://", "A database URL"),
    ],
)
def test_other_databases_are_refused(where: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        open_study(where)


def test_a_server_that_is_not_there_is_said_without_the_password() -> None:
    with pytest.raises(InputError, match="cannot be reached") as caught:
        open_study("postgresql+psycopg://study:secret@127.0.0.1:1/none")
    assert "secret" not in str(caught.value)


def test_a_newer_study_is_not_touched(tmp_path: Path) -> None:
    file = tmp_path / "study.sqlite"
    create_study(file, "Trial", "lena", PASSWORD).store.close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(InputError, match="newer version"):
        open_study(file)


def test_the_protocol_changes_in_place_until_the_first_approval_and_as_a_new_version_after_it(a_trial: Trial) -> None:
    t = a_trial
    alberta, uniform = Protocol(preset("alberta")), Protocol(preset("uniform"), 0.0, False)
    assert change_protocol(t.lena, Protocol(slab_mm=3.0), "thinner") == 1
    assert change_protocol(t.lena, Protocol(), "as it was") == 1
    trial.approved(t)
    assert change_protocol(t.lena, alberta, "the other windows") == 2
    assert change_protocol(t.lena, uniform, "one window") == 3
    assert [v.protocol for v in protocol_versions(t.store)] == [Protocol(), alberta, uniform]
    (case,) = trial.add_cases(t.lena, 1, 2)
    saved = review.save_version(t.ann, case.id, None, trial.result("ann", protocol=uniform))
    assert saved.protocol_number == 3
    assert case_view.versions_of(t.store, 1)[0].protocol_number == 1
    assert t.store.verify().is_clean


def test_a_study_keeps_every_field_of_the_protocol(a_trial: Trial) -> None:
    for field in fields(Protocol):
        usual = getattr(Protocol(), field.name)
        other = not usual if isinstance(usual, bool) else 3.0 if field.name == "slab_mm" else preset("uniform")
        changed = replace(Protocol(), **{field.name: other})
        change_protocol(a_trial.lena, changed, field.name)
        assert protocol_versions(a_trial.store)[-1].protocol == changed, field.name


def test_patient_ids_are_stored_only_while_the_lead_wants_it(sqlite_trial: Trial) -> None:
    t = sqlite_trial

    def add(patient: str) -> None:
        with t.store.writing(1, "case.import") as writer:
            cases.insert(writer, [NewCase("", Subject(patient), SeriesReference("", "", None, "/x"))])

    def stored() -> list[str | None]:
        with t.store.reading() as connection:
            return list(connection.execute(select(tables.cases.c.patient_id).order_by(tables.cases.c.id)).scalars())

    add("PID-1")
    set_options(t.lena, keep_patient_ids=True)
    add("PID-2")
    assert stored() == [None, "PID-2"]
    set_options(t.lena, keep_patient_ids=False)
    assert stored() == [None, None]
    with t.store.reading() as connection:
        one, two = (cases.by_id(connection, n).pseudonym for n in (1, 2))
    assert one != two
    assert one.startswith("T12-")
    assert t.store.verify().is_clean


def test_without_the_driver_postgresql_is_refused_with_the_line_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UsageError, match=r"napari-t12-bodycomp\[postgres\]"):
        open_study("postgresql+psycopg://study@127.0.0.1:1/none")
