"""Who works on the study: accounts with roles and argon2 password hashes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import Connection, Row, func, select

from napari_t12_bodycomp.errors import Refused, UsageError
from napari_t12_bodycomp.model.study import Account, Role
from napari_t12_bodycomp.store.ledger import Writer
from napari_t12_bodycomp.store.tables import accounts

MIN_PASSWORD = 8
_HASHER = PasswordHasher()  # argon2id with the library's own parameters (RFC 9106, low memory)
_WRONG = "Name and password do not fit together: type them again."


def hashed(password: str) -> str:
    """The argon2id hash of `password`; UsageError where it is too short."""
    if len(password) < MIN_PASSWORD:
        raise UsageError(f"A password of at least {MIN_PASSWORD} characters is wanted, {len(password)} came: choose a longer one.")
    return _HASHER.hash(password)


@cache
def _nobody() -> str:
    """A hash to try passwords of unknown names on, so that they take as long as others."""
    return _HASHER.hash("nobody at all")


def _fits(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (Argon2Error, InvalidHashError):
        return False


def insert(writer: Writer, name: str, password_hash: str, roles: Iterable[Role]) -> int:
    """Add an account; its id. Refused where the name is taken."""
    name = _checked_name(name)
    wanted = set(roles)
    if not wanted:
        raise UsageError(f"A role out of {', '.join(Role)} is wanted, none came.")
    if writer.connection.execute(select(accounts.c.id).where(func.lower(accounts.c.name) == name.lower())).first():
        raise Refused(f"A new name is wanted, an account {name!r} exists already: choose another one.")
    flags = {role.value: int(role in wanted) for role in Role}
    return writer.insert(accounts, name=name, password_hash=password_hash, disabled=0, created_at=writer.at, **flags)


def _checked_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > 80 or not name.isprintable():
        raise UsageError("A sign-in name or code of 1 to 80 characters is wanted.")
    return name


def change(
    writer: Writer,
    account: Account,
    roles: Iterable[Role] | None = None,
    disabled: bool | None = None,
    password_hash: str | None = None,
) -> None:
    """Change roles, ability or password of an account; Refused where no enabled lead would be left."""
    changes: dict[str, object] = {}
    if roles is not None:
        wanted = set(roles)
        changes |= {role.value: int(role in wanted) for role in Role}
    if disabled is not None:
        changes["disabled"] = int(disabled)
    if password_hash is not None:
        changes["password_hash"] = password_hash
    writer.update(accounts, account.id, **changes)
    left = writer.connection.execute(select(accounts.c.id).where(accounts.c.lead == 1, accounts.c.disabled == 0).limit(1)).first()
    if left is None:
        raise Refused("A study needs an enabled lead, this is its last one: make somebody else a lead first.")


def _account(row: Row[tuple[object, ...]]) -> Account:
    return Account(row.id, row.name, frozenset(role for role in Role if getattr(row, role.value)), bool(row.disabled))


def by_id(connection: Connection, account_id: int) -> Account:
    """The account as it is now."""
    row = connection.execute(select(accounts).where(accounts.c.id == account_id)).first()
    if row is None:
        raise Refused("The account is not in this study: sign in again.")
    return _account(row)


def by_name(connection: Connection, name: str) -> Account:
    """The account called `name`; UsageError where there is none."""
    row = connection.execute(select(accounts).where(accounts.c.name == name)).first()
    if row is None:
        raise UsageError(f"The name of an account is wanted, there is no {name!r} in this study: list them with t12-bodycomp study user.")
    return _account(row)


def everybody(connection: Connection) -> list[Account]:
    """All accounts, in the order in which they were made."""
    return [_account(row) for row in connection.execute(select(accounts).order_by(accounts.c.id))]


def stored_hash(connection: Connection, name: str) -> str:
    """The password hash of the account called `name`; that of nobody where there is none."""
    found = connection.execute(select(accounts.c.password_hash).where(accounts.c.name == name)).scalar()
    return _nobody() if found is None else str(found)


def check_password(stored: str, password: str) -> None:
    """Refused where `password` is not the one that `stored` was made of. Takes a tenth of a second or so, and memory, on purpose."""
    if not _fits(stored, password):
        raise Refused(_WRONG)
