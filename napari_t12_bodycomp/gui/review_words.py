"""What the window says about versions, decisions and comments; no Qt in here."""

from __future__ import annotations

from datetime import datetime

from napari_t12_bodycomp.gui.format import ago, number
from napari_t12_bodycomp.model.level import LevelFinding, LevelMethod
from napari_t12_bodycomp.model.study import CaseState, Comment, Decision, Review, Version
from napari_t12_bodycomp.workflow.seat import OpenCase
from napari_t12_bodycomp.workflow.session_state import SessionState

CHANGED = "The drawing on screen is not the version to be decided on: save it as your correction, or undo what you changed."
NOTHING_DRAWN = "Nothing is saved in this case yet: there is nothing to decide on."


def since(at: str, now_s: float) -> str:
    """How long ago the moment `at` (ISO 8601) was at `now_s` (seconds since the epoch)."""
    return ago(max(0.0, now_s - datetime.fromisoformat(at).timestamp()))


def moment(at: str) -> str:
    """The moment `at` (ISO 8601) on this computer's clock, such as ``2026-03-01 14:05``."""
    return f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M}"


def version_name(version: Version) -> str:
    """What a version is called, such as ``version 2 by ann``."""
    return f"version {version.number} by {version.author}"


def current(opened: OpenCase) -> Version | None:
    """The version that is decided on."""
    return next((v for v in opened.versions if v.number == opened.base), None)


def what_became(version: Version, opened: OpenCase) -> str:
    """What a version is, or what was decided on it, in a word or two; "" for a plain one."""
    if opened.dispute is not None and version.id == opened.dispute.version_id:
        return "the second reading"
    if version.kept:
        return "put aside, does not count"
    decided = [r.decision.value for r in opened.reviews if r.version == version.number]
    return ", ".join(dict.fromkeys("a correction" if d == Decision.CORRECTED else d for d in decided))


def version_line(version: Version, opened: OpenCase, now_s: float) -> str:
    """One version in a list."""
    parts = [f"version {version.number}", version.author, since(version.created_at, now_s), what_became(version, opened)]
    return " · ".join(part for part in parts if part)


def drawn_words(opened: OpenCase, now_s: float) -> str:
    """Which version is on screen, who drew it and when."""
    version = current(opened)
    if version is None:
        return "Nothing is drawn in this case yet."
    became = what_became(version, opened)
    return f"Version {version.number} by {version.author} · {since(version.created_at, now_s)}" + (f" · {became}" if became else "")


def level_words(opened: OpenCase, state: SessionState) -> str:
    """On which slice the version was drawn, and how the level came there."""
    version = current(opened)
    if version is None or state.volume is None:
        return ""
    how = "as found" if version.level_method == LevelMethod.AUTOMATIC else "set by hand"
    return f"slice {version.slice_index + 1} / {len(state.volume.hu)} · z {number(version.z_mm)} mm · {how}"


def level_apart(opened: OpenCase, finding: LevelFinding | None) -> str:
    """How far the search is from the level that was drawn on, in a sentence; "" where it says the same, or nothing."""
    version = current(opened)
    if version is None or finding is None or finding.z_mm is None or finding.slice_index == version.slice_index:
        return ""
    away = finding.z_mm - version.z_mm
    return f"The search puts the middle of T12 {number(abs(away))} mm {'higher' if away > 0 else 'lower'}."


def decision_line(review: Review, now_s: float) -> str:
    """One decision with its reason."""
    said = f"{review.decision.value} by {review.account} · version {review.version} · {since(review.at, now_s)}"
    return f"{said[:1].upper()}{said[1:]}" + (f"\n“{review.reason}”" if review.reason else "")


def returned_words(opened: OpenCase | None, now_s: float) -> str:
    """Why the case came back to its assessor; "" where it did not."""
    if opened is None or opened.reading is not None or opened.case.state is not CaseState.RETURNED:
        return ""
    back = [r for r in opened.reviews if r.decision in (Decision.RETURNED, Decision.REOPENED)]
    if not back:
        return "The case was returned."
    last = back[-1]
    return f"{last.decision.value.title()} by {last.account} · {since(last.at, now_s)}\n“{last.reason}”"


def comment_line(place: int, comment: Comment, opened: OpenCase) -> str:
    """One comment in a list; `place` is its number, as on the picture."""
    old = "" if comment.version == opened.base else f" (version {comment.version})"
    where = "" if comment.row is not None else " on the whole"
    return f"{place} · {comment.account}{where}{old}: {comment.text}"


def slice_of(comment: Comment, opened: OpenCase) -> int | None:
    """The slice that a comment's version was drawn on."""
    return next((v.slice_index for v in opened.versions if v.number == comment.version), None)
