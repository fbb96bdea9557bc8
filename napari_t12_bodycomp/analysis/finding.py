"""From all explanations of the spine to one answer: found, uncertain with ranked candidates, or absent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from napari_t12_bodycomp.analysis import anatomy
from napari_t12_bodycomp.analysis.column import Column
from napari_t12_bodycomp.analysis.evidence import End, Witness, ask_witnesses
from napari_t12_bodycomp.analysis.labelling import Explanation, Likelihoods, explain
from napari_t12_bodycomp.analysis.words import doubts_in_words, evidence_in_words, warnings_in_words
from napari_t12_bodycomp.model.level import LevelCandidate, LevelFinding, LevelStatus
from napari_t12_bodycomp.model.volume import CTVolume

FOUND_SHARE = 0.75
ABSENT_SHARE = 0.12
NEAR_SHARE, NEAR_SHARE_UNCONFIRMED = 0.03, 0.01
"""Where the count puts T12 next to the scan: the weight inside it that forbids `absent`; less is enough where ribs are seen and no end agrees."""
LISTED_SHARE = 0.04
UNCERTAIN_CONFIDENCE = 0.7
EDGE_SPREADS, EDGE_MM = 1.5, 3.0
"""A middle no farther beyond the scan's end than so many of its own standard deviations, or 3 mm, may well be in it: a candidate, never found."""
CEILING_BOTH_ENDS, CEILING_SHORT_RIBS = 0.98, 0.85
CEILING_ONE_END = {End.FIRST_RIB: 0.95, End.LAST_RIB: 0.89, End.SACRUM: 0.87}
"""Confidence is at most this where two ends agree, where the last ribs are short, and where one end stands alone: of 1340 people 8.4% had 11 or 13 rib pairs,
which the last ribs alone cannot tell, about as many had 4 or 6 lumbar vertebrae, and few have a rib on C7."""


def decide(volume: CTVolume, column: Column) -> LevelFinding:
    """Weigh all explanations of the column and say what they come to."""
    likelihoods = Likelihoods(column.seen)
    explanations = explain(column.levels, likelihoods)
    best = explanations[0]
    witnesses = ask_witnesses(column.levels, likelihoods, best)
    seen = LevelFinding(
        LevelStatus.ABSENT,
        "",
        evidence=evidence_in_words(column, best, witnesses),
        vertebrae=column.vertebrae(best),
        ribs=column.rib_hints(best),
        canal=column.canal(),
        rib_pairs_seen=sum(len(column.ribs(k, best)) == 2 for k in range(len(column.levels))),
    )
    shares = shares_of(explanations)
    inside = {k: p for k, p in shares.items() if _inside(volume, column, k)}
    total = sum(inside.values())
    any_ribs = any(column.ribs(k, best) for k in range(len(column.levels)))
    if _is_absent(inside, shares, best, witnesses, len(column.levels), any_ribs):
        sure = any(w.agrees for w in witnesses)
        return replace(
            seen, message=_where(column, best, sure), confidence=min(1 - total, CEILING_BOTH_ENDS if sure else UNCERTAIN_CONFIDENCE)
        )
    other = _without_short_ribs(best)
    candidates = tuple(
        LevelCandidate(
            column.middle_z_mm(k), volume.nearest_slice(column.middle_z_mm(k)), column.body_z_mm(k), p, reason_for(k, explanations)
        )
        for k, p in sorted(inside.items(), key=lambda item: -item[1])
        if p >= LISTED_SHARE or p == max(inside.values()) or k == other
    )
    first = candidates[0]
    anomaly = sum(float(np.exp(e.log_weight)) for e in explanations if e.pairs != 12)
    doubts = doubts_in_words(volume, column, best, witnesses, first.confidence, FOUND_SHARE, anomaly)
    spread = max(1.5 * column.spread_mm(max(inside, key=lambda k: inside[k])), volume.slice_spacing_mm / 2, 1.0)
    return replace(
        seen,
        status=LevelStatus.UNCERTAIN if doubts else LevelStatus.FOUND,
        message=_doubtful(candidates, doubts)
        if doubts
        else f"T12 found: the middle of its body lies at z {first.z_mm:.1f} mm, give or take {spread:.0f} mm.",
        slice_index=first.slice_index,
        z_mm=first.z_mm,
        body_z_mm=first.body_z_mm,
        confidence=min(first.confidence, UNCERTAIN_CONFIDENCE if doubts else _ceiling(best, witnesses)),
        warnings=warnings_in_words(volume, column, best, anomaly),
        candidates=candidates,
    )


def _is_absent(
    inside: dict[int, float], shares: dict[int, float], best: Explanation, witnesses: Sequence[Witness], n: int, any_ribs: bool
) -> bool:
    """Whether the count puts T12 outside; a count that fewer than two ends confirm must leave little doubt of it where T12 would be next to the scan."""
    total = sum(inside.values())
    near = max(-best.t12, best.t12 - n + 1) < 2
    agreeing = sum(w.agrees for w in witnesses)
    enough = NEAR_SHARE if agreeing or not any_ribs else NEAR_SHARE_UNCONFIRMED
    if near and agreeing < 2 and total > enough:
        return False
    return total < ABSENT_SHARE or (best.t12 not in inside and shares[best.t12] > 0.6)


def shares_of(explanations: Sequence[Explanation]) -> dict[int, float]:
    """How much weight says that level k is T12.

    Where there are not 12 rib pairs, "T12" has two defensible meanings, the twelfth from T1 and the one that bears the last ribs: each gets half.
    """
    shares: dict[int, float] = {}
    for e in explanations:
        weight = float(np.exp(e.log_weight))
        other = e.t12 + 12 - e.pairs
        for k in (e.t12, other):
            shares[k] = shares.get(k, 0.0) + weight / 2
    return shares


def _ceiling(best: Explanation, witnesses: Sequence[Witness]) -> float:
    agreeing = [w.end for w in witnesses if w.agrees]
    ceiling = CEILING_ONE_END[agreeing[0]] if len(agreeing) == 1 else CEILING_BOTH_ENDS
    return min(ceiling, CEILING_SHORT_RIBS) if best.stump else ceiling


def _without_short_ribs(best: Explanation) -> int | None:
    """The level that is T12 for a reader who takes the short last ribs for processes; None where they are not short."""
    return best.t12 + 1 if best.stump and best.pairs == 12 else None


def _inside(volume: CTVolume, column: Column, k: int) -> bool:
    if not 0 <= k < len(column.levels):
        return False
    beyond = max(volume.z_mm[0] - column.middle_z_mm(k), column.middle_z_mm(k) - volume.z_mm[-1])
    return bool(beyond <= max(EDGE_SPREADS * column.spread_mm(k), EDGE_MM))


def _where(column: Column, best: Explanation, sure: bool) -> str:
    n = len(column.levels)
    low, high = (anatomy.name_of(12 - (k - best.t12), best.lumbar) for k in (0, n - 1))
    side = "below" if best.t12 < n / 2 else "above"
    if sure:
        return f"The middle of T12 is not in the scan: it shows {high} to {low}, by the count, and T12 lies {side} it."
    return f"T12 was not found: no end of the count is clearly seen, and most likely the scan shows {high} to {low}, with T12 {side} it."


def reason_for(k: int, explanations: Sequence[Explanation]) -> str:
    """Why level `k` may be T12: the likeliest explanation that says so, with the label that the vertebra bears where it is another.

    `explanations` come best first; vertebrae are labelled by the best of them.
    """
    best = explanations[0]
    e = next(e for e in explanations if k in (e.t12, e.t12 + 12 - e.pairs))
    reason = f"{e.pairs} rib pairs{', the last ones short' if e.stump else ''}, {e.lumbar} lumbar vertebrae"
    if e.pairs != 12:
        reason += ": the twelfth vertebra from T1" if k == e.t12 else ": the vertebra with the last ribs"
    return reason if k == best.t12 else f"{reason} (labelled {anatomy.name_of(12 - (k - best.t12), best.lumbar)})"


def _doubtful(candidates: Sequence[LevelCandidate], doubts: Sequence[str]) -> str:
    where = " or ".join(f"z {c.z_mm:.0f} mm" for c in candidates[:2])
    return f"It is uncertain which vertebra is T12 ({where}): {'; '.join(doubts)}."
