"""Conditional logistic regression on matched sets (1:1, 1:M, M:N) by the exact conditional likelihood.

statsmodels' ConditionalLogit is not used: it takes its second derivatives numerically, and by its default method can return its starting values
as if they were estimates.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.cohort.design import Design, Floats, Label, build, cells, is_missing, split_redundant
from napari_t12_bodycomp.cohort.matched_sets import ConditionalMaximum, MatchedSet, Ties, is_separated, maximum
from napari_t12_bodycomp.cohort.separation import culprits
from napari_t12_bodycomp.cohort.wald import chi2_p, coefficient, empty, term_test
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.regression import Coefficient, ConditionalFit, TermTest

METHOD = (
    "Conditional logistic regression by the {} conditional likelihood of the matched sets, over complete rows; Wald tests and 95% Wald "
    "intervals of the odds ratios; categories are compared with their stated reference; separation is looked for by linear programming."
)
_INFINITE = "its estimate is infinite"


def conditional_logistic(
    outcome: npt.ArrayLike,
    sets: npt.ArrayLike,
    predictors: Mapping[str, npt.ArrayLike],
    *,
    references: Mapping[str, str] | None = None,
    ties: Ties = "exact",
) -> ConditionalFit:
    """`outcome` (rows,), 1 the case and 0 the control, on the columns of `predictors` by name, within the matched `sets` (rows,).

    Rows with a missing value are left out and counted; a set that then lacks cases or controls tells nothing, and changes nothing. A predictor
    that varies in no set has no number, nor has anything where cases are separated completely, as in `logistic`. With one case in each set
    the three `ties` are the same; with several, "breslow" repeats programs that borrow Cox regression for this (SPSS COXREG), and is biased.

    Raises
    ------
    InputError, UsageError
        Where the columns are no such table, see `design.build`.
    """
    marks = cells(sets)
    if len(marks) != len(cells(outcome)):
        raise InputError(f"A set's mark is wanted for each of {len(cells(outcome))} rows, there are {len(marks)}.")
    has_mark = np.array([not is_missing(mark) for mark in marks], dtype=bool)
    design = build(outcome, predictors, references or {}, has_mark)
    groups = _groups([mark for mark, kept in zip(marks, design.kept, strict=True) if kept])
    informative = [rows for rows in groups if 0 < design.outcome[rows].sum() < len(rows)]
    patterns = Counter(f"{int(design.outcome[rows].sum())}:{int((1 - design.outcome[rows]).sum())}" for rows in informative)
    frame = partial(
        ConditionalFit,
        n=len(design.outcome),
        n_events=int(design.outcome.sum()),
        n_left_out=design.n_left_out,
        n_sets=len(groups),
        n_informative=len(informative),
        pattern=tuple(sorted(patterns.items())),
        method=METHOD.format({"exact": "exact", "efron": "approximate (Efron)", "breslow": "approximate (Breslow)"}[ties]),
    )
    if not informative:
        why = "no set holds both a case and a control with all values known: matched sets are compared within themselves"
        return frame(coefficients=tuple(empty(label, why) for label in design.labels), warnings=design.warnings, why_empty=why)
    reduced, redundant = split_redundant(design, _within(design, informative), "within any set")
    warnings = (*design.warnings, *redundant.values())
    if not reduced.labels:
        why = "no predictor varies within the sets: there is nothing to estimate"
        return frame(coefficients=_coefficients(design, reduced, None, redundant, why), warnings=warnings, why_empty=why)
    best = maximum(_sets(reduced, informative))
    separation = _separation(reduced, informative, best)
    if best is None:
        coefficients = _coefficients(design, reduced, None, redundant, separation)
        return frame(coefficients=coefficients, separation=separation, warnings=warnings, why_empty=separation)
    if ties != "exact":
        if separation:
            return frame(
                coefficients=_coefficients(design, reduced, None, redundant, separation), separation=separation, why_empty=separation
            )
        best = maximum(_sets(reduced, informative), ties)
        assert best is not None, "what is not separated has a top"
    df = len(reduced.labels)
    lr = max(0.0, 2 * (best.log_likelihood - best.null_log_likelihood))
    wald = None if best.is_separated else float(best.b @ np.linalg.solve(best.covariance, best.b))
    known = best.covariance[np.ix_(best.finite, best.finite)]
    return frame(
        coefficients=_coefficients(design, reduced, best, redundant, ""),
        terms=tuple(_term(reduced, informative, best, name, ties) for name in reduced.terms),
        covariance=tuple(tuple(float(v) for v in row) for row in known),
        log_likelihood=best.log_likelihood,
        null_log_likelihood=best.null_log_likelihood,
        lr=lr,
        lr_df=df,
        lr_p=chi2_p(lr, df),
        wald=wald,
        wald_p=None if wald is None else chi2_p(wald, df),
        score=best.score,
        score_p=chi2_p(best.score, df),
        separation=separation,
        warnings=(*warnings, *([separation] if separation else [])),
    )


def _groups(marks: Sequence[object]) -> list[npt.NDArray[np.intp]]:
    """The rows of each set, sets in the order of their first row."""
    found: dict[object, list[int]] = {}
    for row, mark in enumerate(marks):
        found.setdefault(mark, []).append(row)
    return [np.array(rows, dtype=np.intp) for rows in found.values()]


def _within(design: Design, groups: list[npt.NDArray[np.intp]]) -> Floats:
    """The rows of these sets, each set's mean taken out (rows, columns)."""
    return np.concatenate([design.matrix[rows] - design.matrix[rows].mean(axis=0) for rows in groups])


def _sets(design: Design, groups: list[npt.NDArray[np.intp]]) -> list[MatchedSet]:
    is_case = design.outcome > 0.5
    return [MatchedSet(design.matrix[rows[is_case[rows]]], design.matrix[rows[~is_case[rows]]]) for rows in groups]


def _coefficients(
    design: Design, reduced: Design, best: ConditionalMaximum | None, redundant: Mapping[Label, str], why: str
) -> tuple[Coefficient, ...]:
    """All rows of the table, those without a number with their reason: `why` where there is no model."""
    found = {}
    for i, label in enumerate(reduced.labels):
        if best is None or not best.finite[i]:
            found[label] = empty(label, why or _INFINITE)
        else:
            found[label] = coefficient(label, float(best.b[i]), math.sqrt(best.covariance[i, i]))
    return tuple(found[label] if label in found else empty(label, redundant[label]) for label in design.labels)


def _term(design: Design, groups: list[npt.NDArray[np.intp]], best: ConditionalMaximum, name: str, ties: Ties) -> TermTest:
    mine = design.indices_of([name])
    others = [i for i in range(len(design.labels)) if i not in mine]
    without = maximum(_sets(design.columns(others), groups), ties) if others else None
    log_likelihood = without.log_likelihood if without else best.null_log_likelihood
    lr = max(0.0, 2 * (best.log_likelihood - log_likelihood))
    return term_test(name, best.b[mine], best.covariance[np.ix_(mine, mine)], lr)


def _separation(design: Design, groups: list[npt.NDArray[np.intp]], best: ConditionalMaximum | None) -> str:
    """What separates cases from controls, in one sentence; "" where nothing does."""
    if best is not None and not best.is_separated:
        return ""

    def test(names: object) -> bool:
        places = design.indices_of(names)  # type: ignore[arg-type]
        return bool(places) and is_separated(_sets(design.columns(places), groups))

    kind, rest = ("quasi-completely", "estimates that hang on it are infinite, the others are finite")
    if best is None:
        kind, rest = "completely", "no finite estimate exists (complete separation)"
    which = " and ".join(culprits(design.terms, test))
    return f"Cases are separated from the controls of their sets {kind} by {which}: {rest}. Leave it out, or join categories."
