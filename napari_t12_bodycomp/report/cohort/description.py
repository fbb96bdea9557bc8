"""The patients' description and the comparison of the groups, as the study's Tables 1, 2 and 4 lay them out."""

from __future__ import annotations

from collections.abc import Mapping

from napari_t12_bodycomp.model.cohort_analysis import CohortAnalysis, Place, Sample
from napari_t12_bodycomp.model.cohort_variables import YES, Form, Part, Variable
from napari_t12_bodycomp.model.comparison import Comparison, Procedure
from napari_t12_bodycomp.model.description import Kind
from napari_t12_bodycomp.report.cohort.sheet import NOTHING, Sheet, p_cell

_SHORT = {
    Procedure.STUDENT: "t test",
    Procedure.WELCH: "Welch's t test",
    Procedure.MANN_WHITNEY: "Mann-Whitney",
    Procedure.PEARSON: "chi-square",
    Procedure.FISHER: "Fisher's exact",
    Procedure.NONE: "none",
}


def description(analysis: CohortAnalysis, place: Place) -> Sheet:
    """All variables of one place by group, before matching and, where there are pairs, after it."""
    samples = [place.sample, *([place.matched.sample] if place.matched else [])]
    header = ["variable"]
    for sample in samples:
        suffix = ", matched" if sample is not place.sample else ""
        header += [f"{group} (n = {n}){suffix}" for group, n in zip(analysis.plan.groups, sample.groups, strict=True)]
        header += [f"p{suffix}", f"test{suffix}"]
    rows: list[list[str]] = []
    heads = set()
    for part in Part:
        names = [name for name in place.sample.comparisons if analysis.variables[name].part is part]
        if not names:
            continue
        heads.add(len(rows))
        rows.append([part.value or "Others", *[""] * (len(header) - 1)])
        for name in names:
            rows += _rows(analysis.variables[name], samples)
    return Sheet(
        f"description_{place.stem}",
        f"{place.title}: description and comparison of the groups",
        tuple(header),
        tuple(map(tuple, rows)),
        tuple(_notes(samples, analysis.variables)),
        frozenset(heads),
    )


def _rows(of: Variable, samples: list[Sample]) -> list[list[str]]:
    found = [sample.comparisons.get(of.name) for sample in samples]
    if of.form in (Form.NUMBER, Form.WHOLE):
        return [[_title(of, found), *(cell for one in found for cell in _number_cells(of, one))]]
    if of.form is Form.YES_NO:
        return [[f"{of.label}, n (%)", *(cell for one in found for cell in [*_level_cells(one, YES), *_test_cells(one)])]]
    levels = dict.fromkeys(count.level for one in found if one for count in one.description.categories[0].counts)
    head = [f"{of.label}, n (%)", *(cell for one in found for cell in ["", "", *_test_cells(one)])]
    return [head, *([f"  {_words(level)}", *(c for one in found for c in [*_level_cells(one, level), "", ""])] for level in levels)]


def _title(of: Variable, found: list[Comparison | None]) -> str:
    forms = list(dict.fromkeys(one.description.form.value for one in found if one))
    return f"{of.label}; {' / '.join(forms)}" if forms else of.label


def _number_cells(of: Variable, one: Comparison | None) -> list[str]:
    if one is None:
        return [NOTHING] * 4
    form = one.description.form
    return [*(summary.text(form, of.decimals) for summary in one.description.numbers), *_test_cells(one)]


def _level_cells(one: Comparison | None, level: str) -> list[str]:
    if one is None or not _has(one, level):
        return [NOTHING] * 2
    return [summary.text(level) for summary in one.description.categories]


def _test_cells(one: Comparison | None) -> list[str]:
    return [NOTHING, NOTHING] if one is None else [p_cell(one.p), _SHORT[one.test]]


def _has(one: Comparison | None, level: str) -> bool:
    if one is None or one.description.kind is not Kind.CATEGORIES:
        return False
    return any(count.level == level for count in one.description.categories[0].counts)


def _words(level: str) -> str:
    return level.replace("_", " ")


def _notes(samples: list[Sample], variables: Mapping[str, Variable]) -> list[str]:
    """What could not be tested, and what is missing."""
    found = []
    for sample in samples:
        for name, one in sample.comparisons.items():
            title = variables[name].title or name
            if one.test is Procedure.NONE:
                found.append(f"{sample.title}, {title}: no test, {one.why}.")
            found += [f"{sample.title}: {remark}" for remark in one.description.remarks]
    return found
