"""Regression tables, as the study's Tables 3 and 5 lay them out; where there is no number, the reason stands in its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from napari_t12_bodycomp.model.cohort_analysis import Alternative, CohortAnalysis, Matched, Place
from napari_t12_bodycomp.model.cohort_variables import Variable
from napari_t12_bodycomp.model.regression import INTERCEPT, Coefficient, ConditionalFit, LogisticFit
from napari_t12_bodycomp.report.cohort.sheet import NOTHING, Sheet, interval, number, p_cell

Fit = LogisticFit | ConditionalFit


def conditional(analysis: CohortAnalysis, place: Place, pairs: Matched) -> Sheet:
    """The conditional model of the pairs, each predictor alone, and the same predictors in all patients without matching."""
    header: tuple[str, ...] = (
        "factor",
        "B",
        "SE",
        "Wald",
        "OR",
        "95% CI",
        "p",
        "OR alone",
        "95% CI alone",
        "p alone",
        "OR unmatched",
        "95% CI unmatched",
        "p unmatched",
    )
    rows = []
    for row in pairs.conditional.coefficients:
        alone, plain = _same(pairs.univariable[row.name], row), _same(pairs.unmatched_model, row)
        rows.append(
            (_factor(row, analysis.variables), number(row.b), number(row.se), number(row.wald), *_odds(row), *_odds(alone), *_odds(plain))
        )
    fit = pairs.conditional
    notes = [
        f"Odds ratios are of {analysis.plan.groups[0]}, for one unit more.",
        f"{fit.n_sets} pairs, {fit.n_informative} of them with all values known on both sides; {_global(fit)}.",
        "Alone: conditional model of this predictor. Unmatched: ordinary logistic regression of the same predictors on all "
        f"{pairs.unmatched_model.n} patients of the centre.",
        *_warnings(pairs.conditional),
        *(f"{name} alone: {words}" for name, one in pairs.univariable.items() for words in _warnings(one)),
        *(f"Unmatched: {words}" for words in _warnings(pairs.unmatched_model)),
    ]
    title = f"{place.title}: conditional logistic regression on the pairs"
    return Sheet(f"conditional_logistic_{place.stem}", title, header, tuple(rows), tuple(notes))


def logistic(analysis: CohortAnalysis, place: Place) -> Sheet:
    """Univariable models, who enters, the multivariable model, and the one of all candidates."""
    found = place.regressions
    header: tuple[str, ...] = ("factor", "OR", "95% CI", "p", "enters", "OR multivariable", "95% CI multivariable", "p multivariable")
    header += ("OR all candidates", "95% CI all candidates", "p all candidates", "VIF")
    rows = []
    multi = found.selection.multivariable
    for candidate in found.selection.candidates:
        for row in [c for c in candidate.fit.coefficients if c.name == candidate.name]:
            joint = _same(multi, row) if multi and candidate.enters else None
            vif = found.inflation.get(candidate.name) if candidate.enters else None
            cells = (_odds(row), ("yes" if candidate.enters else "no",), _odds(joint), _odds(_same(found.full, row)))
            rows.append((_factor(row, analysis.variables), *(cell for group in cells for cell in group), number(vif, 2)))
    for row in _extra(multi or found.full, found.adjusted_for):
        shared = _odds(row) if multi else _odds(None)
        rows.append((_factor(row, analysis.variables), *_odds(None), "in each model", *shared, *_odds(_same(found.full, row)), NOTHING))
    notes = [
        f"Odds ratios are of {analysis.plan.groups[0]}, for one unit more or against the reference named.",
        found.selection.method,
        *([f"Every model holds {found.adjusted_for}."] if found.adjusted_for else []),
        *(f"{c.name} {c.why}." for c in found.selection.candidates if not c.enters),
        *([f"No multivariable model: {found.selection.why_empty}."] if found.selection.why_empty else []),
        *(
            [f"Multivariable model: n = {multi.n}, events {multi.n_events}, left out {multi.n_left_out}; {_global(multi)}."]
            if multi
            else []
        ),
        "VIF: variance inflation factor in the multivariable model; above 5 two predictors tell nearly the same.",
        *(f"Multivariable model: {words}" for words in (_warnings(multi) if multi else [])),
        *(f"Model of all candidates: {words}" for words in _warnings(found.full)),
        *(f"{c.name} alone: {words}" for c in found.selection.candidates for words in _warnings(c.fit)),
    ]
    title = f"{place.title}: univariable and multivariable logistic regression"
    return Sheet(f"logistic_{place.stem}", title, header, tuple(rows), tuple(dict.fromkeys(notes)))


def alternatives(analysis: CohortAnalysis, place: Place, pairs: Matched) -> Sheet:
    """What other ways of matching would have given."""
    predictors = [row.name for row in pairs.conditional.coefficients]
    header: tuple[str, ...] = (
        "way of matching",
        "pairs",
        "largest SMD after",
        *(f"OR {name} (95% CI)" for name in dict.fromkeys(predictors)),
    )
    rows = [_alternative_row(one, list(dict.fromkeys(predictors))) for one in pairs.alternatives]
    notes = (
        "Each row is a whole matching with its own conditional model: how far the odds ratios move shows what hangs on the choice.",
        "SMD: absolute standardised difference, pooled SD.",
    )
    return Sheet(f"matching_alternatives_{place.stem}", f"{place.title}: other ways of matching", header, tuple(rows), notes)


def _alternative_row(one: Alternative, names: Sequence[str]) -> tuple[str, ...]:
    if one.conditional is None:
        return (one.name, str(one.n_pairs), NOTHING, *[one.why_empty] * len(names))
    by_name = {row.name: row for row in one.conditional.coefficients}
    return (one.name, str(one.n_pairs), number(one.largest_difference), *(_short_odds(by_name[name]) for name in names))


def _short_odds(row: Coefficient) -> str:
    return row.why_empty if row.odds_ratio is None else f"{number(row.odds_ratio)} ({interval(row.ci)})"


def _same(fit: Fit, row: Coefficient) -> Coefficient | None:
    return next((c for c in fit.coefficients if (c.name, c.level) == (row.name, row.level)), None)


def _extra(fit: Fit, name: str) -> Iterator[Coefficient]:
    return (row for row in fit.coefficients if name and row.name == name)


def _odds(row: Coefficient | None) -> tuple[str, str, str]:
    """Odds ratio, interval and p; the reason in place of the first where there is none."""
    if row is None:
        return NOTHING, NOTHING, NOTHING
    if row.odds_ratio is None:
        return row.why_empty, NOTHING, NOTHING
    return number(row.odds_ratio), interval(row.ci), p_cell(row.p)


def _factor(row: Coefficient, variables: Mapping[str, Variable]) -> str:
    label = variables[row.name].label if row.name in variables else row.name
    return f"{label}: {row.level} against {row.reference}" if row.level else label


def _global(fit: Fit) -> str:
    if fit.lr is None:
        return fit.why_empty
    return f"likelihood ratio {number(fit.lr, 2)} on {fit.lr_df} df, p {p_cell(fit.lr_p)}".replace("p 0", "p = 0")


def _warnings(*fits: Fit) -> list[str]:
    found = [words for fit in fits for words in (*fit.warnings, *([fit.why_empty] if fit.why_empty else []))]
    return [words for words in dict.fromkeys(found) if INTERCEPT not in words]
