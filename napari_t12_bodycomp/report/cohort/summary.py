"""The analysis in a few lines, for the terminal and for other programs."""

from __future__ import annotations

from typing import Any

from napari_t12_bodycomp.model.cohort_analysis import CohortAnalysis, Place
from napari_t12_bodycomp.report.cohort.sheet import interval, number, p_cell


def summary_json(analysis: CohortAnalysis) -> dict[str, Any]:
    """The main numbers of each place; everything is in results.json."""
    return {
        "outcome": analysis.plan.outcome,
        "patients": analysis.flow.n_included,
        "findings": [finding.sentence for finding in analysis.findings],
        "left_out": list(analysis.left_out),
        "places": {place.key: _place_json(place) for place in analysis.places},
    }


def _place_json(place: Place) -> dict[str, Any]:
    return {
        "title": place.title,
        "patients": place.sample.n,
        "events": place.sample.groups[0],
        "pairs": len(place.matched.matching.pairs) if place.matched else None,
        "auc": {found.marker: found.roc.auc for found in place.sample.rocs},
        "odds_ratios": {row.name if not row.level else f"{row.name}: {row.level}": row.odds_ratio for row in _rows(place)},
    }


def _rows(place: Place) -> list[Any]:
    """The rows of the place's main model: of the pairs where there are some, else the multivariable one."""
    model = place.matched.conditional if place.matched else place.regressions.selection.multivariable
    return [] if model is None else [row for row in model.coefficients if row.name != "(Intercept)"]


def summary_text(analysis: CohortAnalysis) -> str:
    """A paragraph a place."""
    lines = [f"{analysis.flow.n_included} patients; outcome: {analysis.plan.outcome}"]
    lines += [f"! {finding.sentence}" for finding in analysis.findings]
    for place in analysis.places:
        events, others = place.sample.groups
        pairs = f", {len(place.matched.matching.pairs)} pairs" if place.matched else ""
        lines.append(f"{place.title}: {events} with the event, {others} without{pairs}")
        for found in place.sample.rocs:
            lines.append(f"  AUC {found.marker} {number(found.roc.auc)} ({interval(found.roc.ci)})")
        model = "pairs" if place.matched else "multivariable"
        for row in _rows(place):
            name = f"{row.name}: {row.level}" if row.level else row.name
            words = f"OR {number(row.odds_ratio)} ({interval(row.ci)}), p {p_cell(row.p)}" if row.odds_ratio is not None else row.why_empty
            lines.append(f"  {model}, {name}: {words}")
    return "\n".join(lines)
