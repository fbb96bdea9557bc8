"""Binary logistic regression, with refusals in words where an estimate would be infinite or without meaning.

Sources: Hosmer DW, Lemeshow S, Sturdivant RX. Applied Logistic Regression, 3rd ed., Wiley 2013 (tests, intervals); Venzon DJ, Moolgavkar SH.
Appl Stat 1988;37:87-94 (profile likelihood); Nagelkerke NJD. Biometrika 1991;78:691-692 (R2); Peduzzi P et al. J Clin Epidemiol
1996;49:1373-1379 (10 events for each variable).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.cohort.design import Design, Label, build, split_redundant
from napari_t12_bodycomp.cohort.likelihood import Maximum, is_separated, maximum, profile_interval
from napari_t12_bodycomp.cohort.separation import culprits
from napari_t12_bodycomp.cohort.wald import chi2_p, coefficient, empty, term_test
from napari_t12_bodycomp.model.regression import INTERCEPT, Coefficient, LogisticFit, TermTest

EVENTS_PER_COEFFICIENT = 10
METHOD = (
    "Binary logistic regression by maximum likelihood over complete rows; Wald tests and 95% Wald intervals of the odds ratios, 95% "
    "profile-likelihood intervals; categories are compared with their stated reference; separation is looked for by linear programming."
)
_INFINITE = "its estimate is infinite"


def logistic(
    outcome: npt.ArrayLike, predictors: Mapping[str, npt.ArrayLike], *, references: Mapping[str, str] | None = None
) -> LogisticFit:
    """`outcome` (rows,), 1 the event and 0 not, on the columns of `predictors` by name, each (rows,).

    A column with text is a category, compared with the one in `references` or else the first in alphabetical order. NaN, None and "" are
    missing; a row with a missing value is left out whole, and counted. Where one outcome only is seen, or the outcomes are completely
    separated, there is no number, and `why_empty` says why; where separation is quasi-complete, the infinite estimates have none, and the
    others and the likelihood are their finite limits. A constant column and the later one of redundant columns have no number either.

    Raises
    ------
    InputError, UsageError
        Where the columns are no such table, see `design.build`.
    """
    design = build(outcome, predictors, references or {})
    y = design.outcome
    n, n_events = len(y), int(y.sum())
    frame = partial(LogisticFit, n=n, n_events=n_events, n_left_out=design.n_left_out, method=METHOD)
    if n_events in (0, n):
        seen = "no complete row" if n == 0 else f"the outcome is {y[0]:g} in all {n} complete rows"
        why = f"both outcomes are needed, but {seen}" if n else f"both outcomes are needed, but there is {seen}"
        return frame(coefficients=_without_numbers(design, why), warnings=design.warnings, why_empty=why)
    reduced, redundant = split_redundant(design)
    warnings = (*design.warnings, *redundant.values(), *_few_events(n, n_events, len(reduced.labels)))
    best = maximum(y, reduced.matrix)
    separation = _separation(reduced, best)
    if best is None:
        return frame(coefficients=_without_numbers(design, separation), separation=separation, warnings=warnings, why_empty=separation)
    null = n_events * math.log(n_events / n) + (n - n_events) * math.log(1 - n_events / n)
    lr = max(0.0, 2 * (best.log_likelihood - null)) if reduced.labels else 0.0
    coefficients = _coefficients(design, reduced, best, redundant)
    lost = [f"{row.name}: no profile-likelihood interval was found." for row in coefficients if row.ci and not row.profile_ci]
    cox_snell = -math.expm1(-lr / n)
    return frame(
        coefficients=coefficients,
        terms=tuple(_term(reduced, best, name) for name in reduced.terms),
        minus_2ll=-2 * best.log_likelihood,
        null_deviance=-2 * null,
        lr=lr,
        lr_df=len(reduced.labels),
        lr_p=chi2_p(lr, len(reduced.labels)),
        aic=2 * (len(reduced.labels) + 1) - 2 * best.log_likelihood,
        cox_snell_r2=cox_snell,
        nagelkerke_r2=cox_snell / -math.expm1(2 * null / n),
        separation=separation,
        warnings=(*warnings, *([separation] if separation else []), *(lost if reduced.labels else [])),
    )


def _without_numbers(design: Design, why: str) -> tuple[Coefficient, ...]:
    return tuple(empty(label, why) for label in (Label(INTERCEPT), *design.labels))


def _coefficients(design: Design, reduced: Design, best: Maximum, redundant: Mapping[Label, str]) -> tuple[Coefficient, ...]:
    """All rows of the table, those without a number with their reason."""
    found = {}
    for i, label in enumerate((Label(INTERCEPT), *reduced.labels)):
        if not best.finite[i]:
            found[label] = empty(label, _INFINITE)
            continue
        se = math.sqrt(best.covariance[i, i])
        profile = profile_interval(best, i, se) if reduced.labels else None
        found[label] = coefficient(label, float(best.b[i]), se, profile)
    return tuple(found[label] if label in found else empty(label, redundant[label]) for label in (Label(INTERCEPT), *design.labels))


def _term(design: Design, best: Maximum, name: str) -> TermTest:
    mine = design.indices_of([name])
    others = [i for i in range(len(design.labels)) if i not in mine]
    without = maximum(design.outcome, design.matrix[:, others])
    assert without is not None, "fewer columns cannot separate more"
    places = [i + 1 for i in mine]
    lr = max(0.0, 2 * (best.log_likelihood - without.log_likelihood))
    return term_test(name, best.b[places], best.covariance[np.ix_(places, places)], lr)


def _few_events(n: int, n_events: int, n_coefficients: int) -> list[str]:
    rarer = min(n_events, n - n_events)
    if not n_coefficients or rarer >= EVENTS_PER_COEFFICIENT * n_coefficients:
        return []
    return [
        f"{EVENTS_PER_COEFFICIENT} rows with the rarer outcome are wanted for each coefficient, there are {rarer / n_coefficients:.1f} "
        f"({rarer} for {n_coefficients}): estimates may be biased and unstable."
    ]


# -- separation in words -------------------------------------------------------------------------------------------------------------------


def _separation(design: Design, best: Maximum | None) -> str:
    """What separates the outcomes, in one sentence; "" where nothing does."""
    if best is not None and best.rest.all():
        return ""
    names = culprits(design.terms, lambda some: is_separated(design.outcome, design.matrix[:, design.indices_of(some)]))
    cells = [cell for name in names for cell in _empty_cells(design, name)]
    kind = "quasi-completely" if best else "completely"
    which = " and ".join(names) + (f" ({'; '.join(cells)})" if cells else "")
    rest = "no finite estimate exists" if kind == "completely" else "estimates that hang on it are infinite, the others are finite"
    return (
        f"The outcomes are separated {kind} by {which}: {rest}. Leave it out, join categories, or use a penalised (Firth) or exact method."
    )


def _empty_cells(design: Design, name: str) -> list[str]:
    """The cells of predictor by outcome that hold nobody, where the predictor has two values or categories."""
    found = []
    places = design.indices_of([name])
    groups = [(str(design.labels[i]), design.matrix[:, i] == 1) for i in places if design.labels[i].level]
    if groups:
        reference = design.labels[places[0]].reference
        groups.append((f"{name} = {reference}", ~np.any([inside for _, inside in groups], axis=0)))
    else:
        column = design.matrix[:, places[0]]
        values = np.unique(column)
        groups = [(f"{name} = {value:g}", column == value) for value in values] if len(values) == 2 else []
    for words, inside in groups:
        for outcome in (0, 1):
            if not (design.outcome[inside] == outcome).any():
                found.append(f"no row with {words} has outcome {outcome}")
    return found
