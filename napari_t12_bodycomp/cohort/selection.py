"""From univariable models to the multivariable one: who enters, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from napari_t12_bodycomp.model.regression import Candidate, ConditionalFit, LogisticFit, Selection

THRESHOLD = 0.2
"""A univariable p below it lets a predictor enter (the study, section on multivariable regression)."""


def select(fit: Callable[[Sequence[str]], LogisticFit | ConditionalFit], names: Sequence[str], threshold: float = THRESHOLD) -> Selection:
    """`fit` is called with one name at a time, then with all names that enter: those with p < `threshold`.

    The p is Wald's where the predictor has one coefficient, the likelihood ratio's where it has several. A predictor whose estimate is
    infinite or not defined has no p that could decide, and does not enter; its `why` says so.
    """
    candidates = tuple(_candidate(name, fit([name]), threshold) for name in names)
    entered = [candidate.name for candidate in candidates if candidate.enters]
    return Selection(
        threshold=threshold,
        candidates=candidates,
        multivariable=fit(entered) if entered else None,
        why_empty="" if entered else f"no predictor has a univariable p below {threshold:g}",
        method=f"Predictors with a univariable p < {threshold:g} enter (Wald's p; the likelihood ratio's for several coefficients).",
    )


def _candidate(name: str, fit: LogisticFit | ConditionalFit, threshold: float) -> Candidate:
    term = next((term for term in fit.terms if term.name == name), None)
    if term is None or term.why_empty:
        reasons = [row.why_empty for row in fit.coefficients if row.name == name and row.why_empty]
        why = fit.separation or fit.why_empty or (reasons[0] if reasons else "there is no estimate")
        return Candidate(name, fit, None, "", False, f"does not enter: {why}")
    p, test = (term.wald_p, "Wald") if term.df == 1 else (term.lr_p, "likelihood ratio")
    assert p is not None, "a term without a reason has its tests"
    enters = p < threshold
    return Candidate(
        name, fit, p, test, enters, f"{'enters' if enters else 'does not enter'}: p = {p:.3g} ({test}), {threshold:g} is the limit"
    )
