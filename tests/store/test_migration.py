"""A study that an older version of the program made is verified as it is, brought up to date, and goes on with its history intact."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
import trial
from trial import PASSWORD, Trial

from napari_t12_bodycomp.model.double_reading import Take
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.study import CaseState, Decision, Role, SeriesReference, Ticket
from napari_t12_bodycomp.model.subject import Subject
from napari_t12_bodycomp.store import accounts, cases, database, studies, tables, versions
from napari_t12_bodycomp.store.ledger import Writer, now
from napari_t12_bodycomp.store.studies import StudyStore
from napari_t12_bodycomp.workflow import case_view, review, study
from napari_t12_bodycomp.workflow.double_reading import adjudicate


def first_study(url: str) -> str:
    """A study with the first tables: its people, P-001 approved, P-002 drafted, P-003 new. The head of its audit."""
    store = StudyStore(database.open_engine(database.url_of(url)))
    with database.connected(store.engine, writing=True) as connection:
        database.migrate(connection, "0001")
        writer = Writer(connection, None, "study.create")
        options = {"keep_patient_ids": 0, "blind_review": 1, "pseudonym_key": secrets.token_bytes(32)}
        writer.insert(tables.study, name="Old", created_at=now(), **options)
        for name, roles in {"lena": {Role.LEAD}, **trial.PEOPLE}.items():
            accounts.insert(writer, name, accounts.hashed(PASSWORD), roles)
        studies.add_protocol(writer, Protocol(), "as the study began")
        writer.flush()
    with store.writing(1, "case.import") as writer:
        numbers = [f"P-{k:03d}" for k in range(1, 4)]
        cases.insert(writer, [cases.NewCase(n, Subject(), SeriesReference(f"1.2.{n[-1]}", "1.2", 1, "")) for n in numbers])
    for number in (1, 2):
        with store.writing(2, "case.save") as writer:
            case = cases.by_id(writer.connection, number)
            drawing = trial.result("ann")
            new = review.new_version(writer, case, drawing, versions.PackedRegions.of(drawing.regions), 5.0)
            version_id, _ = versions.insert(writer, case, 2, None, new, kept=False)
            cases.change(writer, case, current_version_id=version_id, state=CaseState.DRAFTED.value)
    with store.writing(2, "case.submit") as writer:
        cases.change(writer, cases.by_id(writer.connection, 1), state=CaseState.SUBMITTED.value)
    with store.writing(4, "case.approve") as writer:
        case = cases.by_id(writer.connection, 1)
        versions.add_review(writer, Ticket(1, 1, case.revision, "once"), 4, Decision.APPROVED)
        cases.change(writer, case, state=CaseState.APPROVED.value)
    head = store.verify().head
    store.close()
    return head


def people(store: StudyStore) -> Trial:
    return trial.seated(store)


def test_a_study_with_the_first_tables_is_brought_up_to_date_with_its_history(url: str) -> None:
    head = first_study(url)
    before = study.verify_study(url, head)
    assert before.findings == ()

    t = people(study.open_study(url))
    after = t.store.verify(head)
    assert after.findings == ()
    assert (after.head, after.length, after.rows) == (head, before.length, before.rows)
    with t.store.reading() as connection:
        assert database.revision_of(connection) == database.newest_revision() == "0002"

    # and everything that came later works on it
    assert study.study_counts(t.store).progress == "1 of 3 approved"
    assert (case_view.regions_of(t.store, 1, 1).regions == trial.regions()).all()
    review.submit(t.ann, 2, 1)
    case = trial.disagreeing(t, 4)
    adjudicate(t.rev, case.id, Take.SECOND)
    assert t.store.verify(head).findings == ()
    t.store.close()


def test_a_study_with_the_first_tables_that_was_changed_is_still_found_out(url: str) -> None:
    first_study(url)
    engine = database.open_engine(database.url_of(url))
    with database.connected(engine, writing=True) as connection:
        connection.exec_driver_sql("UPDATE accounts SET reviewer = 1 WHERE name = 'ann'")
    assert [f.sentence for f in study.verify_study(url).findings] == ["accounts row 2 was changed: reviewer is not what the audit says."]
    with database.connected(engine, writing=True) as connection:
        connection.exec_driver_sql("UPDATE accounts SET reviewer = 0 WHERE name = 'ann'")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0002'")
    found = {finding.table for finding in study.verify_study(url).findings}
    assert {"readings", "adjudications", "reading_plans", "sign_ins"} <= found
    engine.dispose()


@pytest.mark.parametrize("revision", ["0001", "9999"])
def test_a_study_of_now_does_not_pass_for_another_one(a_trial: Trial, revision: str) -> None:
    trial.disagreeing(a_trial)
    with database.connected(a_trial.store.engine, writing=True) as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")
    assert not a_trial.store.verify().is_clean


def test_a_backup_with_the_first_tables_is_restored_into_those_of_now(url: str, tmp_path: Path) -> None:
    old = str(tmp_path / "old.sqlite")
    head = first_study(old)
    where = url if "://" in url else str(tmp_path / "restored.sqlite")
    store = study.restore_study(old, where)
    found = store.verify(head)
    assert (found.findings, found.head) == ((), head)
    assert study.sign_in(store, "rev", PASSWORD).name == "rev"
    trial.disagreeing(people(store), 4)
    assert store.verify(head).is_clean
    store.close()
