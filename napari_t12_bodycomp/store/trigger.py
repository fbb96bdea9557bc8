"""One rule as a trigger. One text serves SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trigger:
    """Refuse `event` (INSERT, UPDATE or DELETE) on `table` with `sentence` where `condition`, in SQL over NEW and OLD, is true.

    `since` is the revision of the tables that brought the rule.
    """

    name: str
    event: str
    table: str
    condition: str
    sentence: str
    since: str = "0001"

    def sqlite(self) -> str:
        text = self.sentence.replace("'", "''")
        return (
            f"CREATE TRIGGER {self.name} BEFORE {self.event} ON {self.table} FOR EACH ROW WHEN {self.condition} "
            f"BEGIN SELECT RAISE(ABORT, '{text}'); END"
        )

    def body(self) -> str:
        """The rule in PL/pgSQL."""
        text = self.sentence.replace("'", "''")
        row = "OLD" if self.event == "DELETE" else "NEW"
        return (
            f" BEGIN IF {self.condition} THEN RAISE EXCEPTION USING MESSAGE = '{text}', ERRCODE = 'integrity_constraint_violation'; END IF; "
            f"RETURN {row}; END "
        )

    def postgresql(self) -> tuple[str, str]:
        return (
            f"CREATE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS $rule${self.body()}$rule$",
            f"CREATE TRIGGER {self.name} BEFORE {self.event} ON {self.table} FOR EACH ROW EXECUTE FUNCTION {self.name}()",
        )


VERSION_OF_CASE = "SELECT 1 FROM region_versions v WHERE v.id = NEW.{column} AND v.case_id = NEW.{case}"
"""SQL: the version that a column names, where it is one of the case's own."""


def not_able(account: str, roles: str) -> str:
    """SQL: `account` is not an enabled account `a` with `roles`."""
    return f"NOT EXISTS (SELECT 1 FROM accounts a WHERE a.id = {account} AND a.disabled = 0 AND ({roles}))"
