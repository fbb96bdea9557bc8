"""The analysis in a few lines, for the terminal and for other programs."""

from __future__ import annotations

from typing import Any

from napari_t12_bodycomp.model.cohort_analysis import CohortAnalysis, Place
from napari_t12_bodycomp.model.regression import INTERCEPT, Coefficient
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


def _rows(place: Place) -> list[Coefficient]:
    """The rows of the place's main model: of the pairs where there are some, else the multivariable one."""
    model = place.matched.conditional if place.matched else place.regressions.selection.multivariable
    return [] if model is None else [row for row in model.coefficients if row.name != INTERCEPT]


def summary_text(analysis: CohortAnalysis) -> str:
    """What was found odd, and the main numbers, a line a place and model."""
    lines = [f"{analysis.flow.n_included} patients; outcome: {analysis.plan.outcome}"]
    lines += [f"! {finding.sentence}" for finding in analysis.findings]
    return "\n".join([*lines, *in_short(analysis)])


def in_short(analysis: CohortAnalysis) -> list[str]:
    """The main numbers of each place: who has the event, how well the markers tell, what stays in the main model."""
    lines = []
    for place in analysis.places:
        events, others = place.sample.groups
        pairs = f"; {len(place.matched.matching.pairs)} pairs" if place.matched else ""
        lines.append(
            f"{place.title}: {events} of {events + others} ({100 * events / (events + others):.1f}%) have {analysis.plan.groups[0]}{pairs}."
        )
        areas = [f"{found.marker} {number(found.roc.auc)} ({interval(found.roc.ci)})" for found in place.sample.rocs]
        lines.append(f"{place.title}, AUC: {'; '.join(areas)}.")
        rhos = [f"{name} {number(found.value)}" for name, found in place.sample.correlations.items()]
        lines += [f"{place.title}, Spearman's rho with the change in RUSH: {'; '.join(rhos)}."] if rhos else []
        model = "conditional model of the pairs" if place.matched else "multivariable model"
        lines += [f"{place.title}, odds ratios of the {model}: {'; '.join(map(_odds_text, rows))}."] if (rows := _rows(place)) else []
    return lines


def _odds_text(row: Coefficient) -> str:
    name = f"{row.name} {row.level} against {row.reference}:" if row.level else row.name
    if row.odds_ratio is None:
        return f"{name} – {row.why_empty}"
    p = p_cell(row.p)
    return f"{name} {number(row.odds_ratio)} ({interval(row.ci)}, p {p if p.startswith('<') else f'= {p}'})"
