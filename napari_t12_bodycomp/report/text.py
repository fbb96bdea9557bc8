"""What the command line prints for people."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from napari_t12_bodycomp.model.level import LevelFinding
from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.series import SeriesList, SeriesOffer
from napari_t12_bodycomp.model.tissue import Tissue
from napari_t12_bodycomp.model.tissue_opinion import TissueOpinion


def shown(value: float | None, digits: int = 1, unit: str = "") -> str:
    """`value` with its unit, "unknown" where it is."""
    return "unknown" if value is None or not math.isfinite(value) else f"{value:.{digits}f} {unit}".rstrip()


def table(rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> str:
    """Rows as aligned columns; those numbered in `right` are set flush right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ("  ".join(t.rjust(w) if i in right else t.ljust(w) for i, (t, w) in enumerate(zip(row, widths, strict=True))) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def series_table(found: SeriesList) -> str:
    """What an input offers, the preselected one marked."""
    head = ("", "description", "acq", "slices", "thickness", "spacing", "z from..to (mm)", "kernel", "kVp", "contrast", "series UID")
    rows = [head, *(_offer_row(o, o is found.chosen or o == found.chosen) for o in found.offers)]
    refused = [f"  {o.description or 'series without a description'}: {o.refusal}" for o in found.offers if o.refusal]
    parts = [table(rows, frozenset({3, 4, 5, 8})), found.reason]
    return "\n\n".join([*parts, "Not to be measured:\n" + "\n".join(refused)] if refused else parts)


def _offer_row(offer: SeriesOffer, is_chosen: bool) -> tuple[str, ...]:
    low_high = offer.extent_z_mm
    return (
        ">" if is_chosen else "",
        " ".join(filter(None, [offer.description or "-", offer.modality if offer.modality != "CT" else "", offer.orientation])),
        "" if offer.acquisition_number is None else str(offer.acquisition_number),
        str(offer.n_slices),
        "" if offer.slice_thickness_mm is None else f"{offer.slice_thickness_mm:g} mm",
        "" if offer.spacing_mm is None else f"{offer.spacing_mm:.3g} mm",
        "" if low_high is None else f"{low_high[0]:.1f}..{low_high[1]:.1f}",
        offer.kernel,
        "" if offer.kvp is None else f"{offer.kvp:g}",
        offer.contrast or "",
        offer.series_instance_uid,
    )


def locate_text(finding: LevelFinding) -> str:
    """What was found, with the evidence."""
    lines = [finding.message]
    if finding.z_mm is not None and finding.body_z_mm is not None:
        lines.append(
            f"slice {finding.slice_index}, z {finding.z_mm:.1f} mm; body from {finding.body_z_mm[0]:.1f} to {finding.body_z_mm[1]:.1f} mm; "
            f"confidence {finding.confidence:.2f}"
        )
    asked = finding.second_opinion
    lines += [f"  + {words}" for words in finding.evidence if asked is None or words != asked.sentence]
    lines += opinion_lines(finding)
    lines += [f"  ! {words}" for words in finding.warnings]
    lines += [f"  ? z {c.z_mm:.1f} mm ({c.confidence:.2f}): {c.reason}" for c in finding.candidates]
    return "\n".join(lines)


def opinion_lines(finding: LevelFinding) -> list[str]:
    """What a second opinion says, and what speaks against trusting it; nothing where none was asked."""
    asked = finding.second_opinion
    if asked is None:
        return []
    return [
        f"  = second opinion ({asked.verdict.value}): {asked.sentence}",
        *(f"      {c}" for c in asked.cautions if c not in finding.warnings),
    ]


def _tissue_opinion_lines(result: Result, tissues: TissueOpinion) -> list[str]:
    m = result.measurement
    rows = [(f"second opinion: {tissues.source}", "area", "measured", "overlap (Dice)")]
    rows += [
        (t.title, shown(area, 1, "cm2"), shown(m.areas_cm2[t], 1, "cm2"), shown(tissues.dice[t], 3))
        for t, area in tissues.areas_cm2.items()
    ]
    return ["", table(rows, frozenset({1, 2, 3})), "For information: nothing of it is in the numbers above."]


def _candidate(candidate: str) -> str:
    return f"candidate {candidate}" if len(candidate) == 1 else f"the vertebra counted as {candidate}"


def measure_text(result: Result, files: Mapping[str, Path], tissues: TissueOpinion | None = None) -> str:
    """The numbers of a measurement, what a reader must know about them, and where the files are."""
    m, level = result.measurement, result.level
    made = {"draft": "the automatic draft, corrected by nobody", "drawn": "drawn or corrected by hand"}
    who = f"confirmed by {level.confirmed_by}" if level.is_confirmed else "not confirmed by anybody"
    rows = [("tissue", "area", "mean HU")]
    rows += [(t.title, shown(m.areas_cm2[t], 1, "cm2"), shown(m.mean_hu[t])) for t in Tissue]
    units = {"VSR": ""}
    numbers = [(name, shown(value, 2, units.get(name, "cm2/m2")), m.why_empty.get(name, "")) for name, value in m.indices.items()]
    because = (
        [f"Level set by hand{' on ' + _candidate(level.candidate) if level.candidate else ''}: {level.reason}"] if level.reason else []
    )
    lines = [
        f"Slice {level.slice_index}, z {level.z_mm:.1f} mm, {level.method.value} level, {who}; preset {m.protocol.preset.name}",
        *because,
        f"Regions: {made.get(result.regions_origin, 'not known who made them')}",
        "",
        table(rows, frozenset({1, 2})),
        "",
        table(numbers, frozenset({1})),
    ]
    if result.finding is not None and result.finding.second_opinion is not None:
        lines += ["", *(line.strip() for line in opinion_lines(result.finding))]
    if tissues is not None:
        lines += _tissue_opinion_lines(result, tissues)
    if result.quality:
        lines += ["", *(f"! {flag.sentence}" for flag in result.quality)]
    return "\n".join([*lines, "", *(f"{name}: {path}" for name, path in files.items())])
