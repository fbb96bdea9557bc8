"""What a person may take as the level, and the reasons that are at hand for it."""

from __future__ import annotations

import re
from dataclasses import replace

from napari_t12_bodycomp.model.level import LevelFinding, LevelMethod, LevelStatus, MeasuredLevel, Vertebra

READY_REASONS = (
    "counted from T1",
    "counted from the sacrum",
    "12th rib is short",
    "11 rib pairs: vertebra with the last ribs",
    "11 rib pairs: twelfth vertebra from T1",
    "13 rib pairs: twelfth vertebra from T1",
    "moved to the middle of the body",
    "earlier scan of the same patient",
)
"""Reasons that the window offers; any other may be typed."""

MAX_REASON = 200
"""Letters that a reason may have: it is a cell of a table."""


def tidy_reason(text: str) -> str:
    """`text` on one line, without what cannot be printed, cut to `MAX_REASON` letters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:MAX_REASON]


def candidate_letter(position: int) -> str:
    """A, B, C ... for candidates, the same in panel, pictures and table."""
    return chr(ord("A") + position)


def is_vertebra(label: str) -> bool:
    """Whether `label` names a vertebra; a count carried on into the skull gives names that do not exist, such as C0."""
    return re.fullmatch(r"C[1-7]|T([1-9]|1[0-3])|L[1-6]|S[1-5]", label) is not None


def chosen_by_hand(finding: LevelFinding | None, slice_index: int, z_mm: float, reason: str = "") -> MeasuredLevel:
    """A level that a person put on a slice, with the candidate or the vertebra that it lies in.

    Without a `reason`, that of the candidate is taken where the search was uncertain: the person took it over with the candidate.
    """
    candidate, why = "", ""
    if finding is not None and finding.status is LevelStatus.UNCERTAIN:
        inside = [
            (n, c) for n, c in enumerate(finding.candidates) if c.body_z_mm[0] <= z_mm <= c.body_z_mm[1] or c.slice_index == slice_index
        ]
        if inside:
            place, taken = min(inside, key=lambda one: (one[1].slice_index != slice_index, abs(one[1].z_mm - z_mm)))
            candidate, why = candidate_letter(place), taken.reason
    if finding is not None and not candidate:
        candidate = next((v.label for v in finding.vertebrae if v.z_range_mm[0] <= z_mm <= v.z_range_mm[1] and is_vertebra(v.label)), "")
    return MeasuredLevel(slice_index, z_mm, LevelMethod.MANUAL, reason=tidy_reason(reason) or tidy_reason(why), candidate=candidate)


def lettered(level: MeasuredLevel | None, finding: LevelFinding) -> MeasuredLevel | None:
    """`level` with the candidate or vertebra that it is in `finding`: letters follow the order of the candidates."""
    if level is None or level.method is not LevelMethod.MANUAL:
        return level
    return replace(level, candidate=chosen_by_hand(finding, level.slice_index, level.z_mm).candidate)


def needs_reason(level: MeasuredLevel, finding: LevelFinding | None) -> bool:
    """Whether the level lacks a reason that it must have: a person took one candidate of several defensible ones."""
    if finding is None or finding.status is not LevelStatus.UNCERTAIN or level.reason:
        return False
    letters = {candidate_letter(n) for n in range(len(finding.candidates))}
    return level.method is LevelMethod.MANUAL and level.candidate in letters


def candidates_in_words(finding: LevelFinding | None) -> str:
    """All candidates of an uncertain level in one cell: letter, z in mm, weight and reason; "" for any other level."""
    if finding is None or finding.status is not LevelStatus.UNCERTAIN:
        return ""
    return "; ".join(f"{candidate_letter(n)} z {c.z_mm:.1f} mm ({c.confidence:.2f}): {c.reason}" for n, c in enumerate(finding.candidates))


def neighbour(finding: LevelFinding | None, z_mm: float, step: int) -> Vertebra | None:
    """The next vertebra seen from `z_mm` (LPS): towards the head for `step` 1, towards the feet for -1; None where there is none."""
    if finding is None:
        return None
    beyond = [v for v in finding.vertebrae if is_vertebra(v.label) and (v.z_mm - z_mm) * step > 0 and not _holds(v, z_mm)]
    return min(beyond, key=lambda v: abs(v.z_mm - z_mm), default=None)


def _holds(vertebra: Vertebra, z_mm: float) -> bool:
    return vertebra.z_range_mm[0] <= z_mm <= vertebra.z_range_mm[1]
