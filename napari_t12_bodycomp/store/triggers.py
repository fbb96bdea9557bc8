"""The rules of the study as triggers, so that they hold against whoever goes around the program. One text for SQLite and PostgreSQL.

They say again what `model.review` says; `store verify` notices one that was taken away.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from napari_t12_bodycomp.model.review import TRANSITIONS
from napari_t12_bodycomp.store.tables import metadata, since
from napari_t12_bodycomp.store.trigger import VERSION_OF_CASE, Trigger, not_able
from napari_t12_bodycomp.store.triggers_reading import READING_RULES


def _one_of(names: Iterable[str]) -> str:
    return "(" + ", ".join(f"'{name}'" for name in sorted(names)) + ")"


def _transition() -> str:
    return " OR ".join(f"(OLD.state = '{old}' AND NEW.state IN {_one_of(news)})" for old, news in TRANSITIONS.items())


_APPEND_ONLY = ("levels", "region_versions", "measurements", "reviews", "comments", "timings", "audit")

RULES: tuple[Trigger, ...] = (
    *(
        Trigger(f"rule_{t.name}_no_delete", "DELETE", t.name, "1 = 1", f"Rows of {t.name} are never deleted.", since(t))
        for t in metadata.sorted_tables
    ),
    *(Trigger(f"rule_{name}_no_update", "UPDATE", name, "1 = 1", f"Rows of {name} are never changed.") for name in _APPEND_ONLY),
    Trigger(
        "rule_audit_chain",
        "INSERT",
        "audit",
        "NEW.id <> COALESCE((SELECT MAX(id) FROM audit), 0) + 1"
        " OR NEW.previous_hash <> COALESCE((SELECT hash FROM audit WHERE id = NEW.id - 1), '')",
        "The audit is a chain: a row goes to its end.",
    ),
    Trigger(
        "rule_protocols_frozen",
        "UPDATE",
        "protocols",
        "EXISTS (SELECT 1 FROM reviews r WHERE r.decision = 'approved')",
        "The protocol is frozen since the first approval: add a new version of it.",
    ),
    Trigger("rule_cases_begin_new", "INSERT", "cases", "NEW.state <> 'new' OR NEW.revision <> 1", "A case begins as new."),
    Trigger(
        "rule_cases_revision",
        "UPDATE",
        "cases",
        "NEW.revision <> OLD.revision + 1 OR NEW.id <> OLD.id OR NEW.pseudonym <> OLD.pseudonym",
        "The case has changed meanwhile: its revision rises by one with every change.",
    ),
    Trigger(
        "rule_cases_locked",
        "UPDATE",
        "cases",
        "OLD.state = 'approved' AND (NEW.state = 'approved' OR NEW.current_version_id <> OLD.current_version_id"
        " OR COALESCE(NEW.height_m, 0) <> COALESCE(OLD.height_m, 0) OR COALESCE(NEW.weight_kg, 0) <> COALESCE(OLD.weight_kg, 0)"
        " OR NOT EXISTS (SELECT 1 FROM reviews r WHERE r.case_id = OLD.id AND r.decision = 'reopened' AND r.case_revision = OLD.revision))",
        "The case is approved and locked: only a lead reopens it, with a reason.",
    ),
    Trigger(
        "rule_cases_way",
        "UPDATE",
        "cases",
        f"NEW.state <> OLD.state AND NOT ({_transition()})",
        "A case goes from state to state as the protocol says, not this way.",
    ),
    Trigger(
        "rule_cases_version",
        "UPDATE",
        "cases",
        "(NEW.current_version_id IS NULL AND (OLD.current_version_id IS NOT NULL OR NEW.state IN ('drafted', 'submitted', 'returned', 'approved')))"
        f" OR (NEW.current_version_id IS NOT NULL AND NOT EXISTS ({VERSION_OF_CASE.format(column='current_version_id', case='id')} AND v.kept = 0))",
        "The version that counts must be one of this case's own.",
    ),
    Trigger(
        "rule_cases_approval",
        "UPDATE",
        "cases",
        "NEW.state = 'approved' AND (NEW.current_version_id <> OLD.current_version_id OR NOT EXISTS ("
        "SELECT 1 FROM reviews r JOIN region_versions v ON v.id = r.version_id WHERE r.case_id = NEW.id AND r.version_id = NEW.current_version_id"
        " AND r.decision = 'approved' AND r.case_revision = OLD.revision AND r.account_id <> v.author_id))",
        "A case is approved by somebody who did not draw it, and not otherwise.",
    ),
    Trigger(
        "rule_versions_locked",
        "INSERT",
        "region_versions",
        "NEW.kept = 0 AND EXISTS (SELECT 1 FROM cases c WHERE c.id = NEW.case_id AND c.state IN ('approved', 'excluded'))",
        "The case is approved or excluded: no version is added.",
    ),
    Trigger(
        "rule_versions_author",
        "INSERT",
        "region_versions",
        not_able("NEW.author_id", "a.assessor = 1 OR a.reviewer = 1"),
        "A version is drawn by an enabled assessor or reviewer.",
    ),
    Trigger(
        "rule_reviews_version",
        "INSERT",
        "reviews",
        f"NOT EXISTS ({VERSION_OF_CASE.format(column='version_id', case='case_id')})",
        "A review is about a version of its own case.",
    ),
    Trigger(
        "rule_reviews_reviewer",
        "INSERT",
        "reviews",
        "NEW.decision <> 'reopened' AND " + not_able("NEW.account_id", "a.reviewer = 1"),
        "A decision is taken by an enabled reviewer.",
    ),
    Trigger(
        "rule_reviews_lead",
        "INSERT",
        "reviews",
        "NEW.decision = 'reopened' AND " + not_able("NEW.account_id", "a.lead = 1"),
        "Only an enabled lead reopens a case.",
    ),
    Trigger(
        "rule_reviews_own",
        "INSERT",
        "reviews",
        "NEW.decision = 'approved' AND EXISTS (SELECT 1 FROM region_versions v JOIN region_versions w"
        " ON w.case_id = v.case_id AND w.checksum = v.checksum WHERE v.id = NEW.version_id AND w.author_id = NEW.account_id)",
        "Nobody approves a version that they drew.",
    ),
    Trigger(
        "rule_reviews_confirmed",
        "INSERT",
        "reviews",
        "NEW.decision = 'approved' AND NOT EXISTS (SELECT 1 FROM region_versions v JOIN levels l ON l.id = v.level_id"
        " WHERE v.id = NEW.version_id AND l.confirmed_by <> '')",
        "A version is approved with a confirmed level only.",
        "0002",
    ),
    Trigger(
        "rule_reviews_current",
        "INSERT",
        "reviews",
        "NOT EXISTS (SELECT 1 FROM cases c WHERE c.id = NEW.case_id AND c.revision = NEW.case_revision"
        " AND c.state = CASE NEW.decision WHEN 'reopened' THEN 'approved' ELSE 'submitted' END"
        " AND (c.current_version_id = NEW.version_id OR NEW.decision = 'corrected'))",
        "A decision is taken on the current version of a case that waits for it.",
    ),
    *READING_RULES,
)


def rules_at(revision: str | None) -> tuple[Trigger, ...]:
    """The rules of the tables at `revision`."""
    return tuple(rule for rule in RULES if rule.since <= (revision or ""))


def install(connection: Connection, revision: str) -> None:
    """Put all rules of `revision` in place."""
    for rule in rules_at(revision):
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(rule.sqlite())
        else:
            for statement in rule.postgresql():
                connection.exec_driver_sql(statement)


def remove(connection: Connection) -> None:
    """Take all rules away, for a migration or a restore."""
    for rule in RULES:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {rule.name}")
        else:
            connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {rule.name}() CASCADE")


def missing(connection: Connection, revision: str) -> list[str]:
    """Names of rules of `revision` that are not in place as they should be."""
    on_sqlite = connection.dialect.name == "sqlite"
    found = {name: text for name, text in connection.exec_driver_sql(_STANDING[on_sqlite])}  # noqa: C416
    return [rule.name for rule in rules_at(revision) if found.get(rule.name) != (rule.sqlite() if on_sqlite else rule.body())]


_STANDING = {
    True: "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    False: "SELECT t.tgname, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid AND p.proname = t.tgname WHERE t.tgenabled <> 'D'",
}
