"""What tables are made of: the metadata that they stand in, and the kinds of column that they share."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, MetaData, Text

SINCE = "since"
"""Key in a table's `info`: the revision that brought it; without one, the first."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def id_() -> Column[int]:
    """The number of a row."""
    return Column("id", Integer, primary_key=True, autoincrement=False)


def text(name: str, default: str | None = None) -> Column[str]:
    """A column of text that is never NULL."""
    return Column(name, Text, nullable=False, server_default=default)


def flag(name: str) -> Column[int]:
    """A column of 0 and 1, which `flags` checks."""
    return Column(name, Integer, nullable=False)


def ref(name: str, table: str, nullable: bool = False) -> Column[int]:
    """A column that names a row of `table`."""
    return Column(name, Integer, ForeignKey(f"{table}.id"), nullable=nullable)


def flags(*names: str) -> list[CheckConstraint]:
    """The checks of columns that hold 0 or 1."""
    return [CheckConstraint(f"{name} IN (0, 1)", name=name) for name in names]


def one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    """The check of a column that holds one of `values`."""
    return CheckConstraint(f"{column} IN ({', '.join(repr(v.value) for v in values)})", name=column)
