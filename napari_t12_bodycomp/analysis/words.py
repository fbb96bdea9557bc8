"""Evidence, warnings and doubts about a count, in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from napari_t12_bodycomp.analysis import anatomy
from napari_t12_bodycomp.analysis.column import Column
from napari_t12_bodycomp.analysis.evidence import End, Witness
from napari_t12_bodycomp.analysis.labelling import Explanation
from napari_t12_bodycomp.analysis.ribs import Track
from napari_t12_bodycomp.model.volume import CTVolume

THICK_MM = 7.0
SHORTEST_RIB_MM = 38.0
"""Paired ribs of 3.8 cm or more are thoracic, shorter ones transitional (Korean J Radiol 2018;19:1140)."""
EDGE_MM = 3.0
RIB_REACH_MM = 56.0
"""Transverse processes end nearer to the midline than this."""
ANOMALY_SHARE = 0.3
"""Share of all explanations with 11 or 13 rib pairs from which the level is uncertain."""


def evidence_in_words(column: Column, best: Explanation, witnesses: Sequence[Witness]) -> tuple[str, ...]:
    """One sentence for each end of the count: what is seen there, or that it is not in the scan."""
    tell = {End.FIRST_RIB: _first_rib, End.LAST_RIB: _last_rib, End.SACRUM: _sacrum}
    out = []
    for w in witnesses:
        if w.agrees:
            out.append(tell[w.end](column, best))
        elif not w.covered:
            out.append(f"The {w.end} is not wholly in the stretch of spine that could be followed.")
        else:
            out.append(f"The {w.end} {'speaks against' if w.conflicts else 'leans towards' if w.leans else 'does not settle'} the count.")
    return tuple(out)


def _first_rib(column: Column, e: Explanation) -> str:
    first = column.index_of(1, e)
    if first is None:
        return "The upper ribs shorten as the first ones do."
    bearing = [k for k in range(max(0, e.t12), first + 1) if column.ribs(k, e)]
    lowest = anatomy.name_of(12 - (min(bearing) - e.t12), e.lumbar) if bearing else "T1"
    return f"The first rib leaves T1 at z {column.middle_z_mm(first):.0f} mm; {len(bearing)} vertebrae with ribs were counted from it down to {lowest}."


def _mm(tracks: Sequence[Track], length: bool) -> str:
    parts = [
        f"{'left' if t.side > 0 else 'right'} {'over ' if t.cut else ''}{(t.rib_length_mm if length else t.reach_mm):.0f} mm"
        for t in sorted(tracks, key=lambda t: t.side)
    ]
    return ", ".join(parts) if parts else "none seen"


def _last_rib(column: Column, e: Explanation) -> str:
    k, below = column.index_of(e.pairs, e), column.index_of(e.pairs + 1, e)
    if k is None:
        return "The lowest ribs in the scan are not the last ones."
    name = anatomy.name_of(e.pairs, e.lumbar)
    says = f"The last ribs leave {name} at z {column.middle_z_mm(k):.0f} mm (length {_mm(column.ribs(k, e), True)})"
    if below is None:
        return says + "; the next vertebra down is not in the scan."
    return (
        says
        + f"; {anatomy.name_of(e.pairs + 1, e.lumbar)} below bears only processes (reaching {_mm(column.tracks(below, e), False)} from the midline)."
    )


def _sacrum(column: Column, e: Explanation) -> str:
    k = column.index_of(13 + e.lumbar, e)
    if k is None:
        return "The sacrum is not in the scan, and no vertebra looks like it."
    return f"The sacrum begins at z {column.body_z_mm(k)[1]:.0f} mm, with {e.lumbar} lumbar vertebrae between it and T12."


def warnings_in_words(volume: CTVolume, column: Column, best: Explanation, anomaly: float) -> tuple[str, ...]:
    """What a reader should know about the level even where it is found."""
    out = []
    if best.stump:
        out.append("The last ribs are short: they could be taken for lumbar processes, or T12 for L1.")
    if anomaly > 0.05 or best.pairs != 12:
        out.append(f"There may be {best.pairs if best.pairs != 12 else '11 or 13'} rib pairs instead of 12 (weight {anomaly:.0%}).")
    if best.lumbar != 5:
        out.append(f"{best.lumbar} lumbar vertebrae were counted instead of 5: a transitional vertebra is likely.")
    k = column.index_of(12, best)
    if k is not None:
        low, high = column.body_z_mm(k)
        if low < volume.z_mm[0] + EDGE_MM or high > volume.z_mm[-1] - EDGE_MM:
            out.append("T12 lies at the scan's edge: one of its endplates is not, or barely, in the scan.")
        ribs = column.ribs(k, best)
        if len(ribs) == 1:
            out.append(f"A rib of T12 was seen on the {'left' if ribs[0].side > 0 else 'right'} only.")
        if ribs and any(t.cut for t in ribs):
            out.append("The last ribs leave the scan, so that their length is not known.")
    return tuple(out)


def are_transitional(ribs: Sequence[Track]) -> bool:
    """Whether the last ribs, followed to their ends, are too short to make their vertebra a thoracic one."""
    return bool(ribs) and not any(t.cut for t in ribs) and sum(t.rib_length_mm for t in ribs) / len(ribs) < SHORTEST_RIB_MM


def ribs_below(column: Column, e: Explanation) -> str | None:
    """Name of a vertebra below the last ribs that seems to bear ribs on both sides as well, None where there is none."""
    for number in (e.pairs + 1, e.pairs + 2):
        k = column.index_of(number, e)
        if k is None or number > 12 + e.lumbar - 2:
            continue
        sides = [
            any(o.track.reach_mm > RIB_REACH_MM and o.track.slope < 0.1 and o.quality > 0.35 and o.depth_mm > -4 for o in options)
            for options in column.seen[k].options
        ]
        if all(sides):
            return anatomy.name_of(number, e.lumbar)
    return None


def doubts_in_words(
    volume: CTVolume, column: Column, best: Explanation, witnesses: Sequence[Witness], share: float, least: float, anomaly: float
) -> tuple[str, ...]:
    """Reasons that forbid `found`."""
    out = []
    for w in witnesses:
        if w.conflicts:
            out.append(f"the {w.end} speaks against the count")
        elif w.covered and not w.agrees and not (w.leans and any(other.is_strong for other in witnesses)):
            out.append(f"the {w.end} is in the scan but does not confirm the count")
    if not any(w.agrees for w in witnesses):
        out.append("neither the first rib nor the last rib nor the sacrum is clearly seen")
    k = column.index_of(12, best)
    if k is not None and best.pairs >= 12 and not column.ribs(k, best):
        out.append("no rib was followed at the vertebra counted as T12")
    last = column.index_of(best.pairs, best)
    if best.stump and last is not None and are_transitional(column.ribs(last, best)):
        out.append(f"the last ribs are shorter than {SHORTEST_RIB_MM:.0f} mm, which is neither clearly a rib nor a process")
    below = ribs_below(column, best)
    if below is not None:
        out.append(f"ribs may leave {below} too")
    if anomaly > ANOMALY_SHARE:
        out.append("there may be 11 or 13 rib pairs")
    if not 0 <= best.t12 < len(column.levels):
        out.append(f"the likeliest count puts T12 just {'below' if best.t12 < 0 else 'above'} the scan")
    elif share < least and not out:
        out.append("two counts fit nearly as well")
    elif not volume.z_mm[0] - 1.0 <= column.middle_z_mm(best.t12) <= volume.z_mm[-1] + 1.0:
        out.append("the middle of T12 lies at the scan's very end, or just beyond it")
    if np.isfinite(volume.slice_spacing_mm) and volume.slice_spacing_mm > THICK_MM:
        out.append(f"slices {volume.slice_spacing_mm:.0f} mm apart are too coarse for a count")
    return tuple(out)
