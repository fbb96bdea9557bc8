"""What the window says in each state, in sentences; no Qt in here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from napari_t12_bodycomp.gui.format import ago, index_value, number
from napari_t12_bodycomp.model.level import LevelFinding, LevelMethod, LevelStatus
from napari_t12_bodycomp.model.measurement import Measurement
from napari_t12_bodycomp.model.sensitivity import LevelSensitivity
from napari_t12_bodycomp.model.study import CaseState
from napari_t12_bodycomp.model.tissue import Tissue
from napari_t12_bodycomp.model.tissue_opinion import TissueOpinion
from napari_t12_bodycomp.workflow.seat import OpenCase, SeatState
from napari_t12_bodycomp.workflow.session_state import SessionState, Step, has_work, why_not_confirmable, why_not_final

STEP_TITLES = {Step.OPEN: "Open", Step.LEVEL: "Level", Step.DRAW: "Draw", Step.REVIEW: "Review", Step.EXPORT: "Export"}


@dataclass(frozen=True, slots=True)
class NextAction:
    """The one thing to do now: the action, the words on its button, and why it cannot be done ("" where it can)."""

    action_id: str
    text: str
    why_not: str = ""


def next_action(state: SessionState, seat: SeatState | None = None) -> NextAction:
    """The next action of the case's state; `seat` is who is signed in to which study, if anybody."""
    opened = None if seat is None else seat.opened
    if state.volume is None:
        return NextAction("next", "Next case") if seat is not None and seat.is_signed_in else NextAction("open_folder", "Open a scan")
    if opened is not None and opened.is_review and not state.locked:
        return NextAction("save", "Save correction", why_not_final(state))
    if opened is not None and (settled := _settled(opened, bool(state.locked))) is not None:
        return settled
    if state.level is None and state.finding is not None and state.finding.status is LevelStatus.ABSENT:
        return NextAction("open_folder", "Another scan") if opened is None else NextAction("next", "Next case")
    if not _is_confirmed(state, opened):
        return NextAction("confirm_level", "Confirm level", why_not_confirmable(state))
    if state.work is None or state.work.is_empty:
        return NextAction("draft_again", "Draft the regions")
    if opened is not None:
        words = "Hand in reading" if opened.reading is not None else "Hand in" if opened.dispute is not None else "Submit"
        return NextAction("submit", words, why_not_final(state))
    if not state.saved:
        return NextAction("save", "Save result", why_not_final(state))
    return NextAction("next", "Next case")


def _is_confirmed(state: SessionState, opened: OpenCase | None) -> bool:
    """Whether the level is confirmed; by the person at the screen, where they draw a third reading."""
    if state.level is None or not state.level.is_confirmed:
        return False
    return opened is None or opened.dispute is None or state.level.confirmed_by == state.assessor


def _settled(opened: OpenCase, is_locked: bool) -> NextAction | None:
    """What to do with a case that is not for the person at the screen to draw; None where it is."""
    if opened.reading is not None or (opened.dispute is not None and not is_locked):
        return None
    if opened.is_review:
        return NextAction("submit", "Approve")
    if opened.why_not_draw or opened.case.state is CaseState.SUBMITTED:
        return NextAction("next", "Next case")
    return None


def step_state(step: Step, now: Step) -> str:
    """``done``, ``now`` or ``later``, seen from the step that the case stands at."""
    order = list(Step)
    if now is Step.EXPORT:
        return "done" if step is not Step.EXPORT else "now"
    here = order.index(now)
    place = order.index(step)
    return "done" if place < here else "now" if place == here else "later"


def level_title(state: SessionState, locating: bool = False) -> str:
    """One line about T12: searched, found, uncertain, absent, set by hand, confirmed."""
    level, finding = state.level, state.finding
    if state.volume is None:
        return "No case is open"
    if level is not None and level.is_confirmed:
        return f"T12 mid-body confirmed by {level.confirmed_by}"
    if level is not None and level.method is LevelMethod.MANUAL:
        return "Level set by hand, not confirmed"
    if finding is None:
        return "Searching for T12 …" if locating else "T12 was not searched for"
    if finding.status is LevelStatus.FOUND:
        return f"T12 found · confidence {number(finding.confidence * 100, 0)} %"
    if finding.status is LevelStatus.UNCERTAIN:
        n = len(finding.candidates)
        return f"T12 is uncertain: {n} candidates" if n > 1 else "T12 is uncertain"
    return absent_words(finding)


def absent_words(finding: LevelFinding) -> str:
    """That T12 is not there, or no more than that it was not found: without a count nobody knows where the scan lies."""
    return "T12 is not in this scan" if finding.confidence > 0 else "T12 was not found in this scan"


def level_place(state: SessionState) -> str:
    """Where the level lies: slice, z and how it came there; "" without level."""
    volume, level = state.volume, state.level
    if volume is None or level is None:
        return ""
    how = "proposed" if level.method is LevelMethod.AUTOMATIC else "set by hand"
    return f"slice {level.slice_index + 1} / {len(volume.hu)} · z {number(level.z_mm)} mm · {how}"


def level_way_out(state: SessionState) -> str:
    """What to do where the search gave no level; "" elsewhere."""
    if state.finding is None or state.level is not None:
        return ""
    if state.finding.status is LevelStatus.ABSENT:
        return "Open another series or scan. If you can see T12 here, drag the level line to its middle, or go there and press Shift+L."
    if state.finding.status is LevelStatus.UNCERTAIN:
        return "Choose the candidate that you can defend, or drag the level line to the middle of T12. Then confirm."
    return ""


def ribs_seen(finding: LevelFinding | None) -> str:
    """What the coronal picture says about ribs; "" where they were not counted."""
    if finding is None or finding.rib_pairs_seen is None:
        return ""
    n = finding.rib_pairs_seen
    return f"{n} rib pair{'' if n == 1 else 's'} seen"


def empty_reasons(why_empty: dict[str, str]) -> list[str]:
    """The distinct reasons for empty indices, with the indices that they explain."""
    by_reason: dict[str, list[str]] = {}
    for name, why in why_empty.items():
        by_reason.setdefault(why, []).append(name)
    return [f"{', '.join(names)}: {why}" for why, names in by_reason.items()]


_NO_CASE_KEYS = [("open_folder", "open"), ("study", "study"), ("help", "help")]


def study_words(seat: SeatState) -> str:
    """How far the study has come, and how many cases wait for review; "" where nobody is signed in."""
    if seat.sheet is None:
        return ""
    waiting = seat.sheet.counts.by_state.get(CaseState.SUBMITTED, 0)
    return f"{seat.sheet.counts.progress} · {waiting} waiting for review"


def keys_now(state: SessionState, seat: SeatState | None = None) -> list[tuple[str, str]]:
    """The actions whose keys matter in this state, each with a word or two."""
    opened = None if seat is None else seat.opened
    if state.volume is None:
        return [("next", "next case"), ("study", "worklist"), ("help", "help")] if seat and seat.is_signed_in else _NO_CASE_KEYS
    if opened is not None and opened.is_review and not state.locked:
        return [("save", "save correction"), ("undo", "undo"), ("hide_overlay", "hide"), ("flicker", "flicker"), ("help", "help")]
    if opened is not None and opened.is_review:
        return [("submit", "approve"), ("point_back", "return"), ("comment", "comment"), ("flicker", "flicker"), ("help", "help")]
    if opened is not None and state.locked:
        return [("next", "next case"), ("study", "worklist"), ("go_to_level", "T12 level"), ("help", "help")]
    if state.step is Step.LEVEL:
        return [("confirm_level", "confirm"), ("go_to_level", "T12 level"), ("slice_up", "slices"), ("help", "help")]
    if opened is not None:
        return [("submit", "submit"), ("next", "next case"), ("undo", "undo"), ("hide_overlay", "hide"), ("help", "help")]
    if state.step is Step.DRAW:
        return [("save", "save"), ("undo", "undo"), ("hide_overlay", "hide"), ("go_to_level", "T12 level"), ("help", "help")]
    return [("next", "next case"), ("go_to_level", "T12 level"), ("help", "help")]


def kept_words(state: SessionState, seconds_since_edit: float, autosaving: bool) -> str:
    """Whether the drawing is kept; "" where there is nothing to keep."""
    if state.saved:
        return "result saved"
    if not autosaving or not has_work(state):
        return ""
    return f"work kept {ago(seconds_since_edit)}"


def export_words(state: SessionState, folder: Path | None) -> tuple[str, str]:
    """Whether this measurement was saved, and what an export holds."""
    if state.case_state is not None:
        is_approved = state.case_state is CaseState.APPROVED
        title = "Approved: it is part of the study's export." if is_approved else "Not approved yet: the study's export leaves it out."
        return title, "t12-bodycomp study export writes all approved cases into one table."
    holds = "indices.csv (one row), overlay picture, regions and tissues as NIfTI"
    where = "" if folder is None else f" in {folder}"
    if state.saved:
        return "This measurement is saved.", f"{holds}{where}"
    why = why_not_final(state)
    return ("Not saved yet." if not why else f"Not saved yet. {why}"), f"An export writes {holds}{where}."


def compared_words(around: LevelSensitivity, tissue: Tissue) -> str:
    """What the change of a tissue's area around the level means."""
    here = number(around.reference.areas_cm2[tissue])
    said = f"Area of {tissue.title} 5 mm lower and 5 mm higher, against {here} cm² at the level. Automatic drafts are compared with each other: "
    said += "corrections by hand are not in it."
    return " ".join([said, *(why for name, why in around.why_missing.items() if name != "body")])


def index_around(around: LevelSensitivity, name: str) -> str:
    """An index 5 mm higher, 5 mm lower and as mean over the body, one under the other."""
    lower, higher = (index_value(name, around.index_at(name, offset)) for offset in (-5.0, 5.0))
    return f"+5 mm {higher}\n−5 mm {lower}\nbody {index_value(name, around.body_indices[name])}"


def index_compared_words(around: LevelSensitivity, name: str) -> str:
    """What the three numbers under an index are."""
    here = index_value(name, around.reference.indices[name])
    said = (
        f"{name} 5 mm lower and 5 mm higher, and its mean over the body of T12 ({around.body_slices} slices), against {here} at the level. "
    )
    return " ".join([f"{said}All from automatic drafts: corrections by hand are not in it.", *around.why_missing.values()])


def tissue_opinion_words(beside: TissueOpinion, measured: Measurement) -> str:
    """How another program's tissues lie to the measured ones, in one sentence."""
    parts = (
        f"{t.title} {number(area)} against {number(measured.areas_cm2[t])} cm² (Dice {number(beside.dice[t], 2)})"
        for t, area in beside.areas_cm2.items()
    )
    return f"{beside.source}: {', '.join(parts)}. For information: no number was changed."
