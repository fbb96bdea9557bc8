"""Find T12: the vertebra that bears the last pair of ribs, checked from the first rib and from the sacrum where they are in the scan."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from napari_t12_bodycomp.analysis import anatomy
from napari_t12_bodycomp.analysis.evidence import Witness, witnesses
from napari_t12_bodycomp.analysis.geometry import STEP_MM, Coarse, Points, Straight, coarse_grid, straighten
from napari_t12_bodycomp.analysis.labelling import Explanation, Likelihoods, Seen, explain, numbers_of, observe
from napari_t12_bodycomp.analysis.ribs import Track, axial_twist, find_tracks
from napari_t12_bodycomp.analysis.spine import find_canal
from napari_t12_bodycomp.analysis.vertebrae import Level, find_levels, pedicle_profile
from napari_t12_bodycomp.model.level import LevelCandidate, LevelFinding, LevelStatus, RibHint, Vertebra
from napari_t12_bodycomp.model.progress import Progress, no_progress
from napari_t12_bodycomp.model.volume import CTVolume

DISC_BELOW_FORAMEN_MM = 4.0
"""Discs lie 3 to 6 mm below the foramina's narrowest bone."""
BODY_V_MM = -22.0
HALF_DISC_MM = 3.0
MIN_SPAN_MM = 60.0
FOUND_CONFIDENCE = 0.75
ABSENT_BELOW = 0.12
THICK_MM = 7.0
MIN_TWIST = 0.045
"""Radians (2.6 degrees): smaller turns do not change what is seen."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """The spine of one scan: straightened, cut into levels, and what is seen on them."""

    coarse: Coarse
    straight: Straight
    levels: list[Level]
    seen: list[Seen]

    def body_z_mm(self, k: int) -> tuple[float, float]:
        """Lower and upper endplate of level `k`'s body (LPS z, mm)."""
        low, high = (s - DISC_BELOW_FORAMEN_MM / STEP_MM for s in (self.levels[k].low, self.levels[k].high))
        half = HALF_DISC_MM / STEP_MM
        return float(self.straight.point(low + half, BODY_V_MM, 0)[0]), float(self.straight.point(high - half, BODY_V_MM, 0)[0])

    def middle_z_mm(self, k: int) -> float:
        return float(np.mean(self.body_z_mm(k)))


def locate_t12(volume: CTVolume, progress: Progress = no_progress) -> LevelFinding:
    """Find the slice through the middle of T12's body.

    Parameters
    ----------
    volume : CTVolume
        int16 HU (Z, Y, X), caudal to cranial.
    progress : callable
        Told the share done; may raise `Cancelled`.

    Returns
    -------
    LevelFinding
        `found` only where the evidence agrees; `uncertain` with ranked candidates; `absent` where T12 is not in the scan.
    """
    progress(0.0, "reading the scan's outline")
    span = float(volume.z_mm[-1] - volume.z_mm[0])
    if len(volume.z_mm) < 5 or span < MIN_SPAN_MM:
        return _absent(f"T12 cannot be told from {len(volume.z_mm)} slices over {span:.0f} mm: no count of vertebrae is possible.")
    coarse = coarse_grid(volume)
    if coarse is None:
        return _absent("T12 is not in the scan: it shows no body.")
    progress(0.25, "following the spinal canal")
    canal = find_canal(coarse)
    if canal is None:
        return _absent("T12 is not in the scan: no spinal canal was seen.")
    progress(0.5, "straightening the spine")
    straight = straighten(coarse, canal)
    progress(0.65, "following ribs")
    tracks = find_tracks(straight)
    twist = axial_twist(tracks, len(canal))
    if np.abs(twist).max() > MIN_TWIST:
        progress(0.75, "turning the spine to face forward")
        straight = straighten(coarse, canal, twist)
        tracks = find_tracks(straight)
    progress(0.85, "finding vertebrae")
    levels = find_levels(pedicle_profile(straight))
    if len(levels) < 3:
        return _absent("T12 is not in the scan: fewer than three vertebrae were seen.", canal=coarse.to_source(canal))
    seen = observe(straight, levels, tracks)
    progress(0.9, "counting")
    return decide(volume, Column(coarse, straight, levels, seen))


def _absent(message: str, canal: Points | None = None) -> LevelFinding:
    return LevelFinding(LevelStatus.ABSENT, message, canal=canal)


def decide(volume: CTVolume, column: Column) -> LevelFinding:
    """Weigh all explanations of the column and say what they come to."""
    likelihoods = Likelihoods(column.seen)
    explanations = explain(column.levels, likelihoods)
    best = explanations[0]
    shares: dict[int, float] = {}
    for e in explanations:
        shares[e.t12] = shares.get(e.t12, 0.0) + float(np.exp(e.log_weight))
    inside = {k: p for k, p in shares.items() if _inside(volume, column, k)}
    witness = witnesses(column.levels, likelihoods, best)
    seen = LevelFinding(
        LevelStatus.ABSENT,
        "",
        evidence=_evidence(column, best, witness),
        vertebrae=_vertebrae(column, best),
        ribs=_ribs(column, best),
        canal=column.coarse.to_source(np.asarray(column.straight.origin)),
        rib_pairs_seen=sum(len(_ribs_at(column, best, k)) == 2 for k in range(len(column.levels))),
    )
    if sum(inside.values()) < ABSENT_BELOW or (best.t12 not in inside and shares[best.t12] > 0.6):
        where = "below" if best.t12 <= 0 else "above"
        message = f"T12 is not in the scan: by the count it lies {where} it."
        return replace(seen, message=message, confidence=1 - sum(inside.values()))
    candidates = tuple(
        _candidate(volume, column, k, p, explanations)
        for k, p in sorted(inside.items(), key=lambda item: -item[1])
        if p >= 0.04 or p == max(inside.values())
    )
    first = candidates[0]
    warnings, doubts = _warnings(volume, column, best, witness, explanations)
    confidence = min(first.confidence, 0.98)
    if first.confidence < FOUND_CONFIDENCE:
        doubts = (f"the best count reaches only {first.confidence:.0%}", *doubts)
    status = LevelStatus.UNCERTAIN if doubts else LevelStatus.FOUND
    if doubts:
        confidence = min(confidence, 0.7)
    message = (
        f"T12 found: the middle of its body lies at z {first.z_mm:.1f} mm."
        if status is LevelStatus.FOUND
        else f"It is uncertain which vertebra is T12: {'; '.join(doubts)}."
    )
    return replace(
        seen,
        status=status,
        message=message,
        slice_index=first.slice_index,
        z_mm=first.z_mm,
        body_z_mm=first.body_z_mm,
        confidence=confidence,
        warnings=warnings,
        candidates=candidates,
    )


def _inside(volume: CTVolume, column: Column, k: int) -> bool:
    if not 0 <= k < len(column.levels):
        return False
    z = column.middle_z_mm(k)
    return bool(volume.z_mm[0] - 1.0 <= z <= volume.z_mm[-1] + 1.0)


def _ribs_at(column: Column, e: Explanation, k: int) -> list[Track]:
    """The ribs of level `k` as `e` explains it, none where it bears none."""
    number = int(numbers_of(len(column.levels), e.t12)[k])
    kind = anatomy.kind_of(number, e.pairs, e.lumbar, e.stump)
    return [t for t in column.seen[k].tracks(kind) if t is not None] if kind.is_rib else []


def _candidate(volume: CTVolume, column: Column, k: int, p: float, explanations: list[Explanation]) -> LevelCandidate:
    z = column.middle_z_mm(k)
    e = next(e for e in explanations if e.t12 == k)
    reason = f"{e.pairs} rib pairs" + (", the last one short" if e.stump else "") + f", {e.lumbar} lumbar vertebrae"
    return LevelCandidate(z, volume.nearest_slice(z), column.body_z_mm(k), float(p), reason)


def _vertebrae(column: Column, best: Explanation) -> tuple[Vertebra, ...]:
    out = []
    for k, number in enumerate(numbers_of(len(column.levels), best.t12)):
        body = column.body_z_mm(k)
        middle = column.levels[k].middle - DISC_BELOW_FORAMEN_MM / STEP_MM
        centre = column.coarse.to_source(column.straight.point(middle, BODY_V_MM, 0))
        seen = column.seen[k]
        ribs = None if not all(seen.visible) else bool(_ribs_at(column, best, k))
        label = anatomy.name_of(int(number), best.lumbar)
        out.append(Vertebra(label, float(np.mean(body)), body, (float(centre[1]), float(centre[2])), ribs))
    return tuple(out)


def _ribs(column: Column, best: Explanation) -> tuple[RibHint, ...]:
    hints = []
    for k, number in enumerate(numbers_of(len(column.levels), best.t12)):
        for track in _ribs_at(column, best, k):
            points = np.array([column.straight.point(s, v, track.side * u) for s, v, u in track.points])
            side = "left" if track.side > 0 else "right"
            hints.append(RibHint(f"{number}", side, track.length_mm, column.coarse.to_source(points)))
    return tuple(hints)


def _evidence(column: Column, best: Explanation, witness: list[Witness]) -> tuple[str, ...]:
    says = []
    for w in witness:
        if not w.covered and not w.agrees:
            says.append(f"The {w.end} is not in the scan.")
        else:
            says.append(f"The {w.end} {'agrees with' if w.agrees else 'contradicts' if w.conflicts else 'does not settle'} the count.")
    return tuple(says)


def _warnings(
    volume: CTVolume, column: Column, best: Explanation, witness: list[Witness], explanations: list[Explanation]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Sentences for the reader, and the doubts that forbid `found`."""
    warnings, doubts = [], []
    for w in witness:
        if w.conflicts:
            doubts.append(f"the {w.end} speaks against the count")
        elif w.covered and not w.agrees:
            doubts.append(f"the {w.end} should be seen but does not confirm the count")
    if not any(w.agrees for w in witness):
        doubts.append("no end of the count is clearly seen")
    other = sum(float(np.exp(e.log_weight)) for e in explanations if e.pairs != 12)
    if other > 0.3:
        doubts.append("there may be 11 or 13 rib pairs")
    if best.stump:
        warnings.append("The last ribs are short: they could be taken for lumbar processes.")
    k = best.t12
    if 0 <= k < len(column.levels):
        low, high = column.body_z_mm(k)
        if low < volume.z_mm[0] + 3 or high > volume.z_mm[-1] - 3:
            warnings.append("T12 lies at the scan's edge.")
        if len(_ribs_at(column, best, k)) == 1:
            warnings.append("The last rib was seen on one side only.")
    if volume.slice_spacing_mm > THICK_MM:
        doubts.append(f"slices {volume.slice_spacing_mm:.0f} mm apart are too coarse for a count")
    return tuple(warnings), tuple(doubts)
