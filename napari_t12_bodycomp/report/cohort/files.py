"""The analysis as files by name: tables, figures, numbers, and the report."""

from __future__ import annotations

from collections.abc import Mapping

from napari_t12_bodycomp.model.cohort_analysis import CohortAnalysis, Matched, Place
from napari_t12_bodycomp.report.cohort import curves, description, matching, regression
from napari_t12_bodycomp.report.cohort.flow_picture import flow_picture
from napari_t12_bodycomp.report.cohort.numbers_json import results_json
from napari_t12_bodycomp.report.cohort.page import Block, Section, page
from napari_t12_bodycomp.report.cohort.pictures import Picture, balance_plot, roc_curves, scatter
from napari_t12_bodycomp.report.cohort.sheet import Sheet, sheet_csv

RESULTS, REPORT = "results.json", "report.html"


def cohort_files(analysis: CohortAnalysis, title: str, *, with_figures: bool = True) -> dict[str, bytes]:
    """Every file by name; the report comes last, so that where it stands the others do too."""
    sections = _sections(analysis, with_figures=with_figures)
    files: dict[str, bytes] = {}
    for _, blocks in sections:
        for block in blocks:
            if isinstance(block, Sheet):
                files[f"{block.name}.csv"] = sheet_csv(block).encode()
            else:
                files |= {f"{block.name}.png": block.png, f"{block.name}.svg": block.svg}
    for place in analysis.places:
        if place.matched:
            files[f"pairs_{place.stem}.csv"] = matching.pairs_csv(place.matched).encode()
            files[f"propensity_{place.stem}.csv"] = matching.scores_csv(place.matched).encode()
    files["roc_points.csv"] = curves.roc_points_csv(analysis).encode()
    files[RESULTS] = results_json(analysis).encode()
    files[REPORT] = page(analysis, title, sections).encode()
    return files


def _sections(analysis: CohortAnalysis, *, with_figures: bool) -> list[Section]:
    places = analysis.places
    raters, correlations = curves.rater_table(analysis), curves.correlation_table(analysis)
    drawn = _figures(analysis) if with_figures else {}
    conditional = [regression.conditional(analysis, place, place.matched) for place in places if place.matched]
    found: list[Section] = [
        ("Enrolment", [matching.enrolment(analysis), *drawn.get("enrolment", []), matching.missing(analysis)]),
        ("Description and comparison", [description.description(analysis, place) for place in places]),
        ("Agreement of the raters", [raters] if raters.rows else []),
        ("Matching", [block for place in places if place.matched for block in _matching(analysis, place, place.matched, drawn)]),
        ("Conditional logistic regression", conditional),
        ("Logistic regression", [regression.logistic(analysis, place) for place in places]),
        ("Change in RUSH and the indices", [*drawn.get("correlations", []), correlations] if analysis.plan.has_change else []),
        ("ROC and cut-offs", [*drawn.get("roc", []), curves.roc_table(analysis)]),
    ]
    return [(heading, blocks) for heading, blocks in found if blocks]


def _matching(analysis: CohortAnalysis, place: Place, pairs: Matched, drawn: Mapping[str, list[Picture]]) -> list[Block]:
    tables = matching.balance(analysis, place, pairs), regression.alternatives(analysis, place, pairs)
    return [tables[0], *drawn.get(f"balance_{place.stem}", []), tables[1]]


def _figures(analysis: CohortAnalysis) -> dict[str, list[Picture]]:
    """The figures by name."""
    labels = {name: variable.title or name for name, variable in analysis.variables.items()}
    found = [flow_picture(analysis), scatter(analysis), roc_curves(analysis)]
    found += [balance_plot(place, place.matched, labels) for place in analysis.places if place.matched]
    return {picture.name: [picture] for picture in found if picture is not None}
