"""What a label map of the vertebrae says about the T12 that was found, and what that is worth.

The two are not independent: where there are 11 or 13 pairs of ribs, a short last rib or a transitional vertebra, both may err alike. So agreement
adds little, and never more than `CEILING`; disagreement is a reason to look, whoever is right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from napari_t12_bodycomp.analysis.vertebra_labels import is_cut, labelled_vertebrae, rib_vertebra, shows_sacrum
from napari_t12_bodycomp.model.label_map import LabelMap
from napari_t12_bodycomp.model.label_schemes import KNOWS_VARIANTS, vertebra_of
from napari_t12_bodycomp.model.level import LevelCandidate, LevelFinding, LevelStatus, SecondOpinion, Verdict, Vertebra
from napari_t12_bodycomp.model.level_choice import is_vertebra
from napari_t12_bodycomp.model.volume import CTVolume

NAMES_IT = 0.9
"""How often a label map calls T12 by its name: one reader found 10 to 15% of about 100 TotalSegmentator cases mixed up (its issue 394)."""
NAMES_ANOTHER, NAMES_ANOTHER_LOOSE = 0.25, 0.5
"""How often it gives the name T12 to the vertebra that this search wrongly took: seldom where an end of the count is in the map; else, or where
this search has doubts of its own, both may be led astray by the same thing."""
CEILING, UNCERTAIN_CEILING = 0.98, 0.7
"""No agreement makes a level surer than this: 8% of people have 11 pairs of ribs. An uncertain level stays below the lower one."""
LISTED = 0.04
"""Candidates with less weight than this are not named."""


def opinion_of(labels: LabelMap, names: Mapping[int, str], volume: CTVolume, finding: LevelFinding) -> SecondOpinion:
    """What `labels` says about `finding`: the vertebra that it sees at the level found, and what speaks against trusting it."""
    vertebrae = labelled_vertebrae(labels, names, volume)
    anchors = [v for v in vertebrae if v.label in ("L5", "C1") and not is_cut(v, volume)]
    is_anchored = bool(anchors) or shows_sacrum(labels, names)
    cautions = []
    if not is_anchored:
        cautions.append(
            f"{labels.source} shows neither L5 nor the sacrum nor C1: one wrong name at the end of its row would shift all others with it."
        )
    if not KNOWS_VARIANTS.issubset(vertebra_of(name) or "" for name in names.values()):
        cautions.append(
            f"{labels.source} knows no T13 and no L6: where there are 13 pairs of ribs or 6 lumbar vertebrae, it must give one of them a wrong name."
        )
    bearer = rib_vertebra(labels, names, volume, 12, vertebrae) if vertebrae else None
    if bearer not in (None, "T12"):
        cautions.append(f"{labels.source} contradicts itself: its twelfth ribs leave the vertebra that it calls {bearer}.")
        is_anchored = False
    verdict, sentence = _verdict(labels.source, vertebrae, finding, volume)
    return SecondOpinion(labels.source, verdict, sentence, vertebrae, tuple(cautions), is_anchored)


def _verdict(source: str, vertebrae: Sequence[Vertebra], finding: LevelFinding, volume: CTVolume) -> tuple[Verdict, str]:
    theirs = next((v for v in vertebrae if v.label == "T12"), None)
    if not vertebrae:
        return Verdict.SILENT, f"{source} labels no vertebra in this scan."
    if finding.z_mm is None:
        if theirs is None:
            return Verdict.AGREES, f"{source} sees no T12 either: it labels {vertebrae[-1].label} to {vertebrae[0].label}."
        return Verdict.DISAGREES, f"{source} labels a T12, with its middle at z {theirs.z_mm:.1f} mm."
    here = _vertebra_at(vertebrae, finding.z_mm)
    if here is None:
        return Verdict.SILENT, f"{source} labels no vertebra at z {finding.z_mm:.1f} mm."
    if here.label == "T12":
        return Verdict.AGREES, f"{source} calls the same vertebra T12, with its middle at z {here.z_mm:.1f} mm."
    where = "shows no T12" if theirs is None else f"puts T12 at z {theirs.z_mm:.1f} mm"
    if theirs is not None and not _is_inside(theirs, volume):
        where += ", with its middle outside the scan"
    return Verdict.DISAGREES, f"{source} calls the vertebra at z {finding.z_mm:.1f} mm {here.label} and {where}."


def _vertebra_at(vertebrae: Sequence[Vertebra], z_mm: float) -> Vertebra | None:
    """The vertebra that z lies in, or nearest to; None further than half a body's height beyond the last one labelled."""
    nearest = min(vertebrae, key=lambda v: abs(v.z_mm - z_mm))
    half = max(10.0, (nearest.z_range_mm[1] - nearest.z_range_mm[0]) / 2 + 5.0)
    return nearest if abs(nearest.z_mm - z_mm) <= half else None


def weigh(finding: LevelFinding, opinion: SecondOpinion, volume: CTVolume) -> LevelFinding:
    """The finding with the second opinion weighed in.

    Agreement raises the confidence within `CEILING`. Disagreement makes a level uncertain, with both answers among the candidates; also a level that
    was called absent. An uncertain level stays uncertain: its candidates are weighed anew, and a person chooses. A silent opinion changes nothing.
    """
    weighed = replace(finding, second_opinion=opinion)
    if opinion.verdict is Verdict.SILENT:
        return weighed
    if finding.status is LevelStatus.ABSENT:
        if opinion.t12 is None:
            return replace(weighed, evidence=(*finding.evidence, opinion.sentence))
        return _against_absent(weighed, opinion, opinion.t12, volume)
    candidates = _weighed(finding, opinion, volume)
    first = candidates[0]
    if finding.status is LevelStatus.FOUND and opinion.verdict is Verdict.AGREES:
        agreed = max(finding.confidence, min(first.confidence, CEILING))
        return replace(weighed, confidence=agreed, evidence=(*finding.evidence, opinion.sentence))
    if opinion.verdict is Verdict.AGREES:
        warnings: tuple[str, ...] = finding.warnings
        message = f"{finding.message.rstrip('.')}; {opinion.sentence}"
    else:
        warnings = (*finding.warnings, *opinion.cautions)
        message = f"It is uncertain which vertebra is T12 ({_places(candidates)}): {opinion.sentence}"
    return replace(
        weighed,
        status=LevelStatus.UNCERTAIN,
        message=message,
        slice_index=first.slice_index,
        z_mm=first.z_mm,
        body_z_mm=first.body_z_mm,
        confidence=min(first.confidence, UNCERTAIN_CEILING),
        warnings=warnings,
        candidates=candidates,
    )


def _weighed(finding: LevelFinding, opinion: SecondOpinion, volume: CTVolume) -> tuple[LevelCandidate, ...]:
    """Candidates after Bayes' rule, the likeliest first; the opinion's own T12 is added where none lies in it and its middle is in the scan."""
    loose = not opinion.is_anchored or bool(finding.warnings) or finding.status is LevelStatus.UNCERTAIN
    others = NAMES_ANOTHER_LOOSE if loose else NAMES_ANOTHER
    before = list(_own(finding))
    theirs = opinion.t12
    is_listed = theirs is not None and any(_is_named(c, theirs) for c in before)
    if theirs is not None and not is_listed and _is_inside(theirs, volume):
        is_listed = True
        rest = max(1.0 - sum(c.confidence for c in before), LISTED)
        before.append(_their_candidate(opinion, theirs, rest, volume))
    total = max(1.0, sum(c.confidence for c in before))
    unlisted = max(0.0, total - sum(c.confidence for c in before))
    weights = [c.confidence * (NAMES_IT if theirs is not None and _is_named(c, theirs) else others) for c in before]
    norm = sum(weights) + unlisted * (others if is_listed else NAMES_IT)
    after = [
        replace(c, confidence=w / norm, reason=_reason(c, opinion, theirs is not None and _is_named(c, theirs)))
        for c, w in zip(before, weights, strict=True)
    ]
    return tuple(sorted(after, key=lambda c: -c.confidence))


def _own(finding: LevelFinding) -> tuple[LevelCandidate, ...]:
    """The candidates of the search; for a level that was found, that level with its confidence and whatever else was weighed."""
    assert finding.z_mm is not None and finding.slice_index is not None and finding.body_z_mm is not None
    if finding.status is LevelStatus.UNCERTAIN and finding.candidates:
        return finding.candidates
    reason = finding.candidates[0].reason if finding.candidates else "found by the search"
    first = LevelCandidate(finding.z_mm, finding.slice_index, finding.body_z_mm, finding.confidence, reason)
    rest = [c for c in finding.candidates[1:] if c.slice_index != first.slice_index]
    share = (1.0 - first.confidence) / max(sum(c.confidence for c in rest), 1.0 - first.confidence, 1e-9)
    return (first, *(replace(c, confidence=c.confidence * share) for c in rest))


def _is_named(candidate: LevelCandidate, theirs: Vertebra) -> bool:
    """Whether the candidate's middle lies in the body that the opinion calls T12."""
    half = max(10.0, (theirs.z_range_mm[1] - theirs.z_range_mm[0]) / 2)
    return theirs.z_range_mm[0] <= candidate.z_mm <= theirs.z_range_mm[1] or abs(candidate.z_mm - theirs.z_mm) <= half


def _is_inside(vertebra: Vertebra, volume: CTVolume) -> bool:
    """Whether the middle of a body is in the scan, so that its slice could be measured."""
    return bool(volume.z_mm[0] - 1.0 <= vertebra.z_mm <= volume.z_mm[-1] + 1.0)


def _their_candidate(opinion: SecondOpinion, theirs: Vertebra, share: float, volume: CTVolume) -> LevelCandidate:
    seen = [v.label for v in opinion.vertebrae if is_vertebra(v.label)]
    reason = f"called T12 by {opinion.source}, which labels {seen[-1]} to {seen[0]}"
    return LevelCandidate(theirs.z_mm, volume.nearest_slice(theirs.z_mm), theirs.z_range_mm, share, reason)


def _reason(candidate: LevelCandidate, opinion: SecondOpinion, is_named: bool) -> str:
    if opinion.source in candidate.reason:
        return candidate.reason
    here = _vertebra_at(opinion.vertebrae, candidate.z_mm)
    if is_named:
        return f"{candidate.reason}; {opinion.source} calls it T12 too"
    return f"{candidate.reason}; {opinion.source} calls it {here.label}" if here is not None else candidate.reason


def _against_absent(finding: LevelFinding, opinion: SecondOpinion, theirs: Vertebra, volume: CTVolume) -> LevelFinding:
    if not _is_inside(theirs, volume):
        return replace(finding, evidence=(*finding.evidence, opinion.sentence))
    candidate = _their_candidate(opinion, theirs, max(1.0 - finding.confidence, LISTED), volume)
    return replace(
        finding,
        status=LevelStatus.UNCERTAIN,
        message=f"It is uncertain whether T12 is in the scan: {opinion.sentence} Of the search itself: {finding.message}",
        slice_index=candidate.slice_index,
        z_mm=candidate.z_mm,
        body_z_mm=candidate.body_z_mm,
        confidence=min(candidate.confidence, UNCERTAIN_CEILING),
        warnings=(*finding.warnings, *opinion.cautions),
        candidates=(candidate,),
    )


def _places(candidates: Sequence[LevelCandidate]) -> str:
    return " or ".join(
        [f"z {c.z_mm:.0f} mm" for c in candidates[:2]] if len(candidates) > 1 else [f"z {candidates[0].z_mm:.0f} mm", "another"]
    )
