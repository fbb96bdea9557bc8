"""What is noted of signing in: wrong passwords, the right one after them, and a lead's lifting of a lock. Never a password."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from napari_t12_bodycomp.model.study import SignIn
from napari_t12_bodycomp.store.ledger import Writer
from napari_t12_bodycomp.store.tables import accounts, sign_ins


def note(writer: Writer, account_id: int | None, outcome: SignIn, by_id: int | None = None) -> None:
    """Note an `outcome`; `account_id` None where there is no account of the name that was typed, which is kept nowhere."""
    writer.insert(sign_ins, account_id=account_id, outcome=outcome.value, by_id=by_id, at=writer.at)


def id_of(connection: Connection, name: str) -> int | None:
    """The account called `name`; None where there is none."""
    return connection.execute(select(accounts.c.id).where(accounts.c.name == name)).scalar()


def streak(connection: Connection, account_id: int) -> tuple[int, str]:
    """How many wrong passwords came in a row for an account, and when the last one did."""
    own = sign_ins.c.account_id == account_id
    ended = connection.execute(select(func.max(sign_ins.c.id)).where(own, sign_ins.c.outcome != SignIn.FAILED.value)).scalar() or 0
    row = connection.execute(select(func.count(), func.max(sign_ins.c.at)).where(own, sign_ins.c.id > ended)).one()
    return row[0], row[1] or ""
