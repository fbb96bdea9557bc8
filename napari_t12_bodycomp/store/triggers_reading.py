"""The rules of double reading and of signing in as triggers."""

from __future__ import annotations

from napari_t12_bodycomp.store.trigger import VERSION_OF_CASE, Trigger, not_able

_SINCE = "0002"
_UNDECIDED = (
    "EXISTS (SELECT 1 FROM readings g WHERE g.case_id = {case} AND g.kind = 'double' AND g.state IN ('waiting', 'drawn', 'disagrees'))"
)
_WAY = (
    "(OLD.state = 'waiting' AND NEW.state IN ('drawn', 'agrees', 'disagrees', 'withdrawn'))"
    " OR (OLD.state = 'drawn' AND NEW.state IN ('agrees', 'disagrees', 'withdrawn'))"
    " OR (OLD.state = 'disagrees' AND NEW.state = 'adjudicated' AND EXISTS (SELECT 1 FROM adjudications j WHERE j.reading_id = NEW.id))"
)


def _changed(*columns: str) -> str:
    """SQL: one of the columns holds another value than before."""
    return " OR ".join(f"NEW.{name} <> OLD.{name}" for name in columns)


def _rule(name: str, event: str, table: str, condition: str, sentence: str) -> Trigger:
    return Trigger(f"rule_{name}", event, table, condition, sentence, _SINCE)


READING_RULES: tuple[Trigger, ...] = (
    *(
        _rule(f"{name}_no_update", "UPDATE", name, "1 = 1", f"Rows of {name} are never changed.")
        for name in ("reading_plans", "adjudications", "sign_ins")
    ),
    _rule(
        "plans_lead",
        "INSERT",
        "reading_plans",
        not_able("NEW.account_id", "a.lead = 1"),
        "Only an enabled lead chooses cases for a second reading.",
    ),
    _rule(
        "readings_begin",
        "INSERT",
        "readings",
        "NEW.state <> 'waiting' OR NEW.version_id IS NOT NULL OR "
        + not_able("NEW.asked_by", "a.lead = 1")
        + " OR "
        + not_able("NEW.reader_id", "a.assessor = 1"),
        "A reading begins waiting: asked for by an enabled lead, of an enabled assessor.",
    ),
    _rule(
        "readings_once",
        "INSERT",
        "readings",
        "EXISTS (SELECT 1 FROM readings g WHERE g.case_id = NEW.case_id AND g.kind = NEW.kind AND g.state <> 'withdrawn')",
        "A case is read a second time once, and comes back once.",
    ),
    _rule(
        "readings_open",
        "INSERT",
        "readings",
        "EXISTS (SELECT 1 FROM cases c WHERE c.id = NEW.case_id AND (c.state = 'excluded' OR (c.state = 'approved' AND NEW.kind = 'double')))",
        "A second reading is asked for a case that is neither excluded nor approved.",
    ),
    _rule(
        "readings_same",
        "UPDATE",
        "readings",
        _changed("id", "case_id", "plan_id", "kind", "reader_id", "asked_by", "asked_at")
        + " OR (OLD.version_id IS NOT NULL AND (NEW.version_id IS NULL OR NEW.finished_at IS NULL OR "
        + _changed("version_id", "finished_at")
        + "))"
        " OR (OLD.state IN ('agrees', 'disagrees', 'adjudicated', 'withdrawn') AND (NEW.first_version_id IS NULL OR "
        + _changed("first_version_id", "first_reader_id", "differences")
        + "))",
        "A reading stays what it was asked for and what was drawn.",
    ),
    _rule(
        "readings_way",
        "UPDATE",
        "readings",
        f"NEW.state <> OLD.state AND NOT ({_WAY})",
        "A reading goes from state to state as the protocol says, not this way.",
    ),
    _rule(
        "readings_version",
        "UPDATE",
        "readings",
        "NEW.version_id IS NOT NULL AND OLD.version_id IS NULL AND (NEW.not_before IS NULL OR NEW.finished_at < NEW.not_before"
        f" OR NOT EXISTS ({VERSION_OF_CASE.format(column='version_id', case='case_id')} AND v.kept = 1 AND v.author_id = NEW.reader_id)"
        " OR EXISTS (SELECT 1 FROM cases c WHERE c.id = NEW.case_id AND (c.state = 'excluded' OR (c.state = 'approved' AND NEW.kind = 'double'))))",
        "A reading is drawn by its reader, when it is due, on a case that is neither excluded nor locked.",
    ),
    _rule(
        "readings_first",
        "UPDATE",
        "readings",
        "NEW.state IN ('agrees', 'disagrees') AND (NEW.version_id IS NULL OR NEW.first_version_id IS NULL OR NEW.version_id = NEW.first_version_id"
        f" OR NOT EXISTS ({VERSION_OF_CASE.format(column='first_version_id', case='case_id')} AND v.author_id = NEW.first_reader_id))",
        "Two readings are compared when both are there.",
    ),
    _rule(
        "reviews_reading",
        "INSERT",
        "reviews",
        f"NEW.decision <> 'reopened' AND {_UNDECIDED.format(case='NEW.case_id')}",
        "A case is decided on after its second reading and its adjudication.",
    ),
    _rule(
        "cases_reading",
        "UPDATE",
        "cases",
        f"NEW.state = 'approved' AND {_UNDECIDED.format(case='NEW.id')}",
        "A case is approved after its second reading and its adjudication.",
    ),
    _rule(
        "adjudications_reading",
        "INSERT",
        "adjudications",
        "NOT EXISTS (SELECT 1 FROM readings g JOIN cases c ON c.id = g.case_id WHERE g.id = NEW.reading_id AND g.case_id = NEW.case_id"
        " AND g.kind = 'double' AND g.state = 'disagrees' AND c.state = 'submitted')"
        f" OR NOT EXISTS ({VERSION_OF_CASE.format(column='version_id', case='case_id')} AND v.kept = 0)",
        "An adjudication is about a submitted case whose two readings disagree.",
    ),
    _rule(
        "adjudications_person",
        "INSERT",
        "adjudications",
        not_able("NEW.account_id", "a.reviewer = 1 OR a.lead = 1")
        + " OR EXISTS (SELECT 1 FROM readings g WHERE g.id = NEW.reading_id AND NEW.account_id IN (g.first_reader_id, g.reader_id))",
        "An enabled reviewer or lead adjudicates who is neither of the two readers.",
    ),
    _rule(
        "sign_ins_lift",
        "INSERT",
        "sign_ins",
        "NEW.outcome = 'lifted' AND " + not_able("NEW.by_id", "a.lead = 1"),
        "Only an enabled lead lifts a lock.",
    ),
)
