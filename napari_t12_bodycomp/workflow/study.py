"""A study at somebody's desk: made, opened, signed in to; its people and its protocol. No SQL here, and no window."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from napari_t12_bodycomp.errors import Refused
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.review import why_not_lead, why_not_work
from napari_t12_bodycomp.model.sign_in_rules import why_locked
from napari_t12_bodycomp.model.study import Account, ProtocolVersion, Role, SignIn, StudyRecord
from napari_t12_bodycomp.model.worklist import StudyCounts, WorklistPage, WorklistQuery
from napari_t12_bodycomp.store import accounts, cases, history, ledger, sign_ins, studies
from napari_t12_bodycomp.store.backup import backup, restore
from napari_t12_bodycomp.store.database import url_of
from napari_t12_bodycomp.store.ledger import Writer
from napari_t12_bodycomp.store.studies import StudyStore
from napari_t12_bodycomp.store.verify import Verification

DEFAULT_FILE = "study.t12.sqlite"


@dataclass(frozen=True, slots=True)
class Desk:
    """Somebody signed in to a study. What they may do is asked anew with every deed."""

    store: StudyStore
    account_id: int
    name: str


def create_study(
    where: str | Path, name: str, lead: str, password: str, protocol: Protocol | None = None, keep_patient_ids: bool = False
) -> Desk:
    """Make a study in a new SQLite file or an empty database, with its first lead, who is signed in."""
    store = studies.create(where, name, lead, password, protocol, keep_patient_ids)
    return sign_in(store, lead.strip(), password)


def open_study(where: str | Path) -> StudyStore:
    """Open the study in a file or database; InputError where there is none."""
    return studies.open_store(where)


def without_password(where: str) -> str:
    """The path or URL of a study as it may be kept: without the database's password."""
    if "://" not in where:
        return where
    return url_of(where).set(password=None).render_as_string()


def sign_in(store: StudyStore, name: str, password: str) -> Desk:
    """Take a seat. Refused where name and password do not fit together, too often did not, or the account is disabled."""
    _proven(store, name, password)
    with store.reading() as connection:
        account = accounts.by_name(connection, name)
    refuse(why_not_work(account))
    return Desk(store, account.id, account.name)


def refuse(sentence: str) -> None:
    """Raise `Refused` with `sentence` unless it is ""."""
    if sentence:
        raise Refused(sentence)


def acting(writer: Writer, desk: Desk) -> Account:
    """Who sits at the desk, as the account is now; Refused where it is disabled."""
    account = accounts.by_id(writer.connection, desk.account_id)
    refuse(why_not_work(account))
    return account


def check_own_password(desk: Desk, password: str) -> str:
    """The stored hash that `password` fits; Refused where it does not fit. Asked before the store is locked, since it takes time."""
    return _proven(desk.store, desk.name, password)


def _proven(store: StudyStore, name: str, password: str) -> str:
    """The stored hash that `password` fits. What does not fit is noted, and makes the account wait after some times."""
    with store.reading() as connection:
        stored = accounts.stored_hash(connection, name)
        account_id = sign_ins.id_of(connection, name)
        failures, last_at = (0, "") if account_id is None else sign_ins.streak(connection, account_id)
    refuse(why_locked(name, failures, last_at, ledger.now()))
    try:
        accounts.check_password(stored, password)
    except Refused:
        with store.writing(None, "account.sign_in_failed") as writer:
            sign_ins.note(writer, account_id, SignIn.FAILED)
        raise
    if failures:
        with store.writing(account_id, "account.sign_in") as writer:
            sign_ins.note(writer, account_id, SignIn.SUCCEEDED)
    return stored


def lift_lock(desk: Desk, name: str) -> None:
    """A lead lets somebody try again at once who typed too many wrong passwords."""
    with desk.store.writing(desk.account_id, "account.lift_lock") as writer:
        actor = acting(writer, desk)
        refuse(why_not_lead(actor, "lift a lock"))
        sign_ins.note(writer, accounts.by_name(writer.connection, name).id, SignIn.LIFTED, actor.id)


# -- people --------------------------------------------------------------------------------------------------------------------------------


def add_account(desk: Desk, name: str, password: str, roles: Iterable[Role]) -> Account:
    """A lead takes somebody in."""
    hashed = accounts.hashed(password)
    with desk.store.writing(desk.account_id, "account.add") as writer:
        refuse(why_not_lead(acting(writer, desk), "add an account"))
        number = accounts.insert(writer, name, hashed, roles)
        return accounts.by_id(writer.connection, number)


def change_account(desk: Desk, name: str, roles: Iterable[Role] | None = None, disabled: bool | None = None) -> Account:
    """A lead gives somebody other roles, disables or enables them."""
    with desk.store.writing(desk.account_id, "account.change") as writer:
        refuse(why_not_lead(acting(writer, desk), "change an account"))
        account = accounts.by_name(writer.connection, name)
        accounts.change(writer, account, roles, disabled)
        return accounts.by_id(writer.connection, account.id)


def set_password(desk: Desk, name: str, new_password: str, own_password: str) -> None:
    """Somebody chooses a new password, or a lead sets one for them; either proves by `own_password` to be the one signed in."""
    stored = check_own_password(desk, own_password)
    hashed = accounts.hashed(new_password)
    with desk.store.writing(desk.account_id, "account.password") as writer:
        actor = acting(writer, desk)
        still_same_password(writer, desk, stored)
        account = accounts.by_name(writer.connection, name)
        if account.id != actor.id:
            refuse(why_not_lead(actor, "set somebody else's password"))
        accounts.change(writer, account, password_hash=hashed)


def still_same_password(writer: Writer, desk: Desk, stored: str) -> None:
    """Refused where the password was changed since it was checked."""
    if accounts.stored_hash(writer.connection, desk.name) != stored:
        raise Refused("The password was changed meanwhile: sign in again.")


def everybody(store: StudyStore) -> list[Account]:
    """All accounts of the study."""
    with store.reading() as connection:
        return accounts.everybody(connection)


# -- study and protocol --------------------------------------------------------------------------------------------------------------------


def study_record(store: StudyStore) -> StudyRecord:
    """The study itself."""
    with store.reading() as connection:
        return studies.record(connection)


def study_protocol(store: StudyStore) -> ProtocolVersion:
    """The version of the protocol that drawings are measured by now."""
    with store.reading() as connection:
        return studies.current_protocol(connection)


def protocol_versions(store: StudyStore) -> list[ProtocolVersion]:
    """All versions of the protocol, the oldest first."""
    with store.reading() as connection:
        return studies.protocol_versions(connection)


def change_protocol(desk: Desk, protocol: Protocol, note: str) -> int:
    """A lead changes the protocol: itself before the first approval, as a new version after it; the version's number."""
    with desk.store.writing(desk.account_id, "protocol.change") as writer:
        refuse(why_not_lead(acting(writer, desk), "change the protocol"))
        if not note.strip():
            raise Refused("A note is wanted with a change of the protocol, none came: say why.")
        return studies.change_protocol(writer, protocol, note)


def set_options(desk: Desk, keep_patient_ids: bool | None = None, blind_review: bool | None = None) -> None:
    """A lead turns the keeping of patient IDs, or blinded review, on or off."""
    with desk.store.writing(desk.account_id, "study.options") as writer:
        refuse(why_not_lead(acting(writer, desk), "change the study's options"))
        if keep_patient_ids is not None:
            studies.set_keep_patient_ids(writer, keep_patient_ids)
        if blind_review is not None:
            studies.set_blind_review(writer, blind_review)


# -- worklist ------------------------------------------------------------------------------------------------------------------------------


def worklist(store: StudyStore, query: WorklistQuery) -> WorklistPage:
    """One page of the worklist."""
    with store.reading() as connection:
        return cases.page(connection, query)


def study_counts(store: StudyStore) -> StudyCounts:
    """How many cases stand where, for progress and flow chart."""
    with store.reading() as connection:
        return cases.counts(connection)


def next_case(store: StudyStore, query: WorklistQuery, after: str = "") -> int | None:
    """Id of the case that comes next after the one called `after` among those that the filters of `query` leave; None after the last."""
    with store.reading() as connection:
        return cases.following(connection, query, after)


def latest_change(store: StudyStore) -> int:
    """A number that rises with every change of the study, by whomever: a window that shows the worklist asks it now and then."""
    with store.reading() as connection:
        return history.latest_change(connection)


# -- keeping -------------------------------------------------------------------------------------------------------------------------------


def verify_study(where: str | Path, noted_head: str = "") -> Verification:
    """Whether every row of a study is as its audit says; nothing is brought up to date before."""
    store = studies.open_store(where, bring_up_to_date=False)
    try:
        return store.verify(noted_head)
    finally:
        store.close()


def backup_study(store: StudyStore, file: str | Path) -> Path:
    """Write the whole study into one new file, from one moment, while others go on working."""
    return backup(store, file)


def restore_study(file: str | Path, where: str | Path) -> StudyStore:
    """Put a backup into a new file or an empty database; InputError where the backup is not as its audit says."""
    return restore(file, where)
