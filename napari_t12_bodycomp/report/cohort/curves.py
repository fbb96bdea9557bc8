"""Tables of the curves, the correlations and the raters."""

from __future__ import annotations

from collections.abc import Iterator

from napari_t12_bodycomp.model.cohort_analysis import CohortAnalysis, MarkerRoc, Sample
from napari_t12_bodycomp.report.cohort.sheet import NOTHING, Sheet, interval, number, p_cell, percent
from napari_t12_bodycomp.report.indices_csv import as_text, cell

_TIMES = {"d1": "day 1", "m1": "month 1"}


def samples(analysis: CohortAnalysis) -> Iterator[tuple[Sample, bool]]:
    """Every sample, and whether it holds pairs."""
    for place in analysis.places:
        yield place.sample, False
        if place.matched:
            yield place.matched.sample, True


def roc_table(analysis: CohortAnalysis) -> Sheet:
    """Areas and cut-offs; predictive values of pairs are left out, since one to one matching sets the share of events."""
    header: tuple[str, ...] = (
        "sample",
        "marker",
        "AUC (95% CI)",
        "p",
        "cut-off",
        "rule",
        "Youden index",
        "sensitivity, % (95% CI)",
        "specificity, % (95% CI)",
    )
    header += ("PPV, % (95% CI)", "NPV, % (95% CI)")
    rows, notes = [], []
    for sample, is_matched in samples(analysis):
        for found in sample.rocs:
            rows.append(_roc_row(analysis, sample, found, is_matched))
            notes += [f"{sample.title}, {found.marker}: {words}" for words in found.roc.warnings]
    event = analysis.plan.groups[0]
    notes = [
        f"The event is {event}: a patient on the side of the cut-off that the rule names is predicted to have it. Intervals of the areas are "
        "DeLong's, those of shares Wilson's. With the other group as the event the area is the same; sensitivity and specificity, PPV and NPV change places.",
        "Cut-offs are midpoints of neighbouring values, chosen and judged on the same patients: in other patients they will do worse.",
        *(
            ["Pairs are half events by design: PPV and NPV of a matched sample hold for no population and are not given."]
            if _any_pairs(analysis)
            else []
        ),
        *notes,
        *_auc_pairs(analysis),
        *_between(analysis),
    ]
    return Sheet("roc", "Receiver operating characteristic", header, tuple(rows), tuple(notes))


def _any_pairs(analysis: CohortAnalysis) -> bool:
    return any(is_matched for _, is_matched in samples(analysis))


def _roc_row(analysis: CohortAnalysis, sample: Sample, found: MarkerRoc, is_matched: bool) -> tuple[str, ...]:
    roc, marker = found.roc, analysis.variables[found.marker]
    area = f"{number(roc.auc)} ({interval(roc.ci)})"
    if roc.chosen is None:
        return (sample.title, marker.label, roc.why_empty or area, p_cell(roc.p), *[NOTHING] * 7)
    cut = roc.chosen
    shares = [percent(share.estimate, share.wilson) for share in (cut.sensitivity, cut.specificity)]
    values = [NOTHING] * 2 if is_matched else [percent(share.estimate, share.wilson) for share in (cut.ppv, cut.npv)]
    rule = f"{found.marker} {'>' if cut.is_high_positive else '<'} {number(cut.threshold)}"
    return (sample.title, marker.label, area, p_cell(roc.p), number(cut.threshold), rule, number(cut.youden), *shares, *values)


def _auc_pairs(analysis: CohortAnalysis) -> Iterator[str]:
    for sample, _ in samples(analysis):
        for pair in sample.auc_pairs:
            found = pair.comparison
            if found.why_empty:
                yield f"{sample.title}, {pair.first} and {pair.second}: {found.why_empty}."
                continue
            yield (
                f"{sample.title}: the area of {pair.first} less that of {pair.second} is {number(found.difference)} "
                f"({interval(found.difference_ci)}), p {_with_sign(found.p)} (DeLong, paired)."
            )


def _between(analysis: CohortAnalysis) -> Iterator[str]:
    for found in analysis.between:
        told = found.comparison
        if told.why_empty:
            yield f"{found.marker}, {found.first} and {found.second}: {told.why_empty}."
            continue
        yield (
            f"{found.marker}: the area in {found.first} less that in {found.second} is {number(told.difference)} "
            f"({interval(told.difference_ci)}), p {_with_sign(told.p)} (DeLong, unpaired)."
        )


def _with_sign(p: float | None) -> str:
    text = p_cell(p)
    return text if text.startswith("<") else f"= {text}"


def correlation_table(analysis: CohortAnalysis) -> Sheet:
    """Spearman's rho of each exposure with the change in RUSH."""
    rows, notes = [], []
    for sample, _ in samples(analysis):
        for name, found in sample.correlations.items():
            label = analysis.variables[name].label
            rows.append((sample.title, label, str(found.n), number(found.value), interval(found.ci_bonett_wright), p_cell(found.p)))
            notes += [f"{sample.title}, {name}: {found.why_empty or found.why_no_ci}." for _ in [0] if found.why_empty or found.why_no_ci]
    header: tuple[str, ...] = ("sample", "index", "n", "Spearman's rho", "95% CI", "p")
    method = "Intervals by Bonett and Wright (2000); p by t on n - 2 degrees of freedom."
    return Sheet("correlations", "Correlation with the change in RUSH from day 1 to month 1", header, tuple(rows), (method, *notes))


def rater_table(analysis: CohortAnalysis) -> Sheet:
    """Intraclass correlation of the raters' totals."""
    rows, notes = [], []
    for place in analysis.places:
        for found in place.raters:
            if found.why_empty:
                notes.append(f"{place.title}, {found.time}, {found.group}: {found.why_empty}.")
                continue
            cells = [f"{number(icc.value)} ({interval(icc.ci)})" for icc in (found.icc[form] for form in _FORMS)]
            time = _TIMES.get(found.time, found.time)
            rows.append((place.title, time, found.group, str(len(found.raters)), str(found.n_complete), *cells))
    header: tuple[str, ...] = ("patients", "time", "raters", "k", "n", *(f"{form} (95% CI)" for form in _FORMS))
    notes = [
        "ICC(2,1): agreement of a single rater, raters drawn from many; ICC(3,1): consistency of a single one of these raters; ICC(2,k): agreement "
        "of the mean of k raters (Shrout and Fleiss 1979). n patients were scored by every rater of the group.",
        *notes,
    ]
    return Sheet("rater_agreement", "Agreement of the raters of RUSH", header, tuple(rows), tuple(notes))


_FORMS = ("ICC(2,1)", "ICC(3,1)", "ICC(2,k)")


def roc_points_csv(analysis: CohortAnalysis) -> str:
    """Every corner of every curve, at full precision."""
    header: tuple[str, ...] = ("sample", "marker", "threshold", "true_positives", "false_positives", "sensitivity", "specificity")
    rows = [
        {
            "sample": cell(sample.title, ""),
            "marker": cell(found.marker, ""),
            **{name: _exact(getattr(point, name)) for name in header[2:]},
        }
        for sample, _ in samples(analysis)
        for found in sample.rocs
        for point in found.roc.points
    ]
    return as_text(header, rows)


def _exact(value: float | int) -> str:
    return repr(float(value)) if isinstance(value, float) else str(value)
