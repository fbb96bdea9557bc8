"""The analysis as files by name: tables, figures, numbers, and the report."""

from __future__ import annotations

from napari_t12_bodycomp.model.cohort_analysis import CohortAnalysis
from napari_t12_bodycomp.report.cohort import curves, description, matching, regression
from napari_t12_bodycomp.report.cohort.flow_picture import flow_picture
from napari_t12_bodycomp.report.cohort.numbers_json import results_json
from napari_t12_bodycomp.report.cohort.page import Block, Section, page
from napari_t12_bodycomp.report.cohort.pictures import Picture, balance_plot, roc_curves, scatter
from napari_t12_bodycomp.report.cohort.sheet import Sheet, sheet_csv

RESULTS, REPORT = "results.json", "report.html"


def cohort_files(analysis: CohortAnalysis, title: str) -> dict[str, bytes]:
    """Every file by name; the report comes last, so that where it stands the others do too."""
    sections = _sections(analysis)
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


def _sections(analysis: CohortAnalysis) -> list[Section]:
    places = analysis.places
    labels = {name: variable.title or name for name, variable in analysis.variables.items()}
    balance: list[Block] = []
    for place in places:
        if place.matched:
            balance += [matching.balance(analysis, place, place.matched), balance_plot(place, place.matched, labels)]
            balance.append(regression.alternatives(analysis, place, place.matched))
    conditional = [regression.conditional(analysis, place, place.matched) for place in places if place.matched]
    raters = curves.rater_table(analysis)
    correlations: list[Sheet | Picture | None] = [scatter(analysis), curves.correlation_table(analysis)]
    found: list[Section] = [
        ("Enrolment", [matching.enrolment(analysis), flow_picture(analysis), matching.missing(analysis)]),
        ("Description and comparison", [description.description(analysis, place) for place in places]),
        ("Agreement of the raters", [raters] if raters.rows else []),
        ("Matching", balance),
        ("Conditional logistic regression", conditional),
        ("Logistic regression", [regression.logistic(analysis, place) for place in places]),
        ("Change in RUSH and the indices", [block for block in correlations if block is not None and analysis.plan.has_change]),
        ("ROC and cut-offs", [roc_curves(analysis), curves.roc_table(analysis)]),
    ]
    return [(heading, blocks) for heading, blocks in found if blocks]
