"""What the study's pages say, and how old a change is; no Qt in here."""

from __future__ import annotations

from datetime import UTC, datetime

from napari_t12_bodycomp.gui.format import ago
from napari_t12_bodycomp.gui.theme import BLUE_LIGHT, FAINT, GOOD, MUTED, RAISED, WARN_TEXT
from napari_t12_bodycomp.model.study import Account, CaseState
from napari_t12_bodycomp.model.worklist import StudyCounts, WorklistPage, WorklistRow

STATE_TITLES = {
    CaseState.NEW: "new",
    CaseState.DRAFTED: "drafted",
    CaseState.SUBMITTED: "in review",
    CaseState.RETURNED: "returned",
    CaseState.APPROVED: "approved",
    CaseState.EXCLUDED: "excluded",
}
STATE_COLOURS = {
    CaseState.NEW: FAINT,
    CaseState.DRAFTED: MUTED,
    CaseState.SUBMITTED: BLUE_LIGHT,
    CaseState.RETURNED: WARN_TEXT,
    CaseState.APPROVED: GOOD,
    CaseState.EXCLUDED: RAISED,
}
BAR_ORDER = (CaseState.APPROVED, CaseState.SUBMITTED, CaseState.RETURNED, CaseState.DRAFTED, CaseState.NEW)
"""The states in the progress bar, the finished ones first; excluded cases are not in it."""


def state_words(row: WorklistRow) -> str:
    """The state of a case in the table; an exclusion with its reason."""
    return f"excluded: {row.exclusion}" if row.exclusion else STATE_TITLES[row.state]


def changed_words(at: str, now: datetime | None = None) -> str:
    """How long ago the case changed, from a time in ISO 8601; "" where it cannot be read."""
    try:
        then = datetime.fromisoformat(at)
    except ValueError:
        return ""
    return ago(max(0.0, ((now or datetime.now(UTC)) - then).total_seconds()))


def seat_words(account: Account) -> str:
    """Who is signed in, with roles."""
    return f"{account.name} · {', '.join(sorted(role.value for role in account.roles))}"


def progress_words(counts: StudyCounts) -> str:
    """How far the study has come, in one line."""
    by = counts.by_state
    rest = [
        f"{n} {words}"
        for n, words in (
            (by.get(CaseState.SUBMITTED, 0), "waiting for review"),
            (by.get(CaseState.RETURNED, 0), "returned"),
            (by.get(CaseState.DRAFTED, 0), "drafted"),
            (by.get(CaseState.NEW, 0), "new"),
            (counts.excluded, "excluded"),
        )
        if n
    ]
    return " · ".join([counts.progress, *rest])


def page_words(page: WorklistPage) -> str:
    """Which cases of how many are on the page."""
    if not page.total:
        return "no case fits the filters"
    return f"{page.first + 1}–{page.first + len(page.rows)} of {page.total}"
